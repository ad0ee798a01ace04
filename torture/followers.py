"""Kill -9 of the process that follows, under load: what follows is then compared with what a rebuild gives.

Several clients write what the audit derives something from, and a worker is killed at a time that chance chooses. On
PostgreSQL another worker takes over, on SQLite the server starts its worker again. A kill counts when it was the worker
that follows: on PostgreSQL, the one whose connection held the follower's lock.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import text

from factcheck.errors import Unavailable
from factcheck.followers.audit import AuditFollower, checking
from factcheck.followers.base import Following
from factcheck.followers.progress import Place as Reached
from factcheck.rules.roles import Role
from factcheck.storage.engine.database import Database
from tests.derived import everything
from torture.concurrency import at_once
from torture.editors import Editor, enter_article
from torture.figures import Figure, at_least, none, under
from torture.places import Place
from torture.serving import Server, served

CLIENTS = 4
PATIENCE = 60.0  # seconds until somebody follows again
TAKEN_OVER = 20.0  # seconds: a worker is started again after one, and imports the program
_HOLDER = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'"
    " AND (classid::bigint << 32) | objid::bigint = :lock"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass
class Kills:
    """What a run came to. `kills` are those of the process that followed, `pending` those with entries to take in."""

    kills: int = 0
    others: int = 0
    pending: int = 0
    writes: int = 0
    entries: int = 0
    takeovers: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def die(place: Place, folder: Path, kills: int, *, words: Sequence[str] = (), without: str = "") -> Kills:
    """Kill the process that follows this many times, and compare what is there with a rebuild."""
    run, random = Kills(), Random(kills)
    with closing(Database(place.url)) as database:
        following = Following(database, AuditFollower())
        with served(Server(place.url, folder, words=words, without=without)) as server:
            article = enter_article(server.port, place.tokens[Role.ANALYST])
            with _load(server, place, article, run):
                while run.kills < kills:
                    time.sleep(random.uniform(0.1, 0.6))  # how far the follower is, is left to chance
                    _kill_one(random, server, following, run)
            _until_reached(following, _reached(following).size)
        _compare(following, run)
    return run


def _kill_one(random: Random, server: Server, following: Following, run: Kills) -> None:
    """Kill one worker, and wait until somebody follows what was in the log at that moment."""
    holder = _holder(following.database)
    workers = server.workers()
    if not workers or holder is None:
        return  # it is being started
    os.kill(random.choice(workers), signal.SIGKILL)
    then, began = _reached(following), time.monotonic()
    _until_reached(following, then.size + 1)  # one entry more than were there: load goes on, and is followed
    if following.database.embedded or _holder(following.database) != holder:
        run.kills += 1
        run.pending += then.position < then.size
        run.takeovers.append(time.monotonic() - began)
    else:
        run.others += 1


def _holder(database: Database) -> int | None:
    """Return the process of PostgreSQL whose connection holds the follower's lock; 0 on SQLite, where one serves."""
    if database.embedded:
        return 0
    with database.reading_primary() as connection:
        holder: int | None = connection.execute(_HOLDER, {"lock": AuditFollower.lock.value}).scalar()
    return holder


def _reached(following: Following) -> Reached:
    with following.database.reading_primary() as connection:
        return following.place(connection)


def _until_reached(following: Following, wanted: int) -> None:
    until = time.monotonic() + PATIENCE
    while _reached(following).position < wanted:
        if time.monotonic() > until:
            raise Unavailable(f"Nobody follows: {_reached(following)}, and {wanted} entries are to be taken in.")
        time.sleep(0.01)


@contextmanager
def _load(server: Server, place: Place, article: str, run: Kills) -> Iterator[None]:
    """Let clients write while the block runs. A server that is killed answers nothing: they begin another claim."""
    stop = threading.Event()
    done = Counter[int]()

    def write(number: int) -> None:
        for _ in Editor(server.port, place.tokens[Role.ANALYST], article, lambda: not stop.is_set()).steps():
            done[number] += 1

    thread = threading.Thread(target=at_once, args=([lambda number=at: write(number) for at in range(CLIENTS)],))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        run.writes = done.total()


def _compare(following: Following, run: Kills) -> None:
    """Compare what was followed with the tables, and with what a rebuild gives."""
    followed = _rows(following, run)
    following.start_over()
    following.catch_up()
    rebuilt = _rows(following, run)
    run.lost += sorted((rebuilt - followed).elements())
    run.twice += sorted((followed - rebuilt).elements())
    run.entries = _reached(following).position


def _rows(following: Following, run: Kills) -> Counter[str]:
    with following.database.reading_one_moment() as connection:
        run.faults += [f"{subject}: {detail}" for subject, detail in checking.all_faults(connection)]
        rows = everything(connection)
    return Counter(f"{table} {row}" for table, found in rows.items() for row in found)


def figures(run: Kills, control: Kills, kills: int) -> list[Figure]:
    return [
        at_least(f"kills of the process that follows ({run.others} of others)", run.kills, kills),
        at_least("  while entries were to be taken in", run.pending, kills // 3),
        at_least(f"  writes acknowledged; {run.entries} entries followed", run.writes, kills),
        none("derived rows lost", len(run.lost), len(control.lost)),
        none("derived rows that a rebuild does not give", len(run.twice)),
        none("findings and counts that the tables do not give", len(run.faults)),
        under("the slowest until somebody followed again", max(run.takeovers), TAKEN_OVER, "s"),
    ]
