"""`python -m torture.unguarded serve`: the desk with one of its protections taken away, named in TORTURE_WITHOUT.

For the runs that must fail: a torture that finds nothing wrong here finds nothing wrong anywhere. The product has no
switch for any of it; what is taken away is put in its place here, in the processes of this server alone.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from factcheck import cli
from factcheck.cli import serving
from factcheck.followers.audit import AuditChanges, AuditFollower
from factcheck.followers.base import Following
from factcheck.followers.progress import AsOf
from factcheck.followers.readers import BATCH
from factcheck.log.actors import Precondition
from factcheck.storage.engine import authorization_lock
from factcheck.storage.engine import database as storage
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.translation import Translated
from factcheck.web import context
from factcheck.web.edge import entrance, heads
from factcheck.web.edge.uploads import Uploads

EVERY = 20  # actions that come together before they are committed


def versions() -> None:
    """Take whatever version a client has seen for the newest: If-Match is read and not compared."""

    def demand(self: Precondition, current: str) -> None: ...

    Precondition.demand = demand  # type: ignore[method-assign]


def commits() -> None:
    """Answer when an action is done and commit later: what PostgreSQL calls synchronous_commit = off, and worse."""
    lock, held = threading.RLock(), dict[int, tuple[Session, int]]()

    @contextmanager
    def writing(self: Database, **_told: Any) -> Iterator[Session]:
        with lock, Translated():
            session, actions = held.get(id(self), (None, 0))
            if session is None:
                session = Session(self._write_engine, expire_on_commit=False)
            held[id(self)] = session, actions + 1
            with session.begin_nested():
                yield session
            session.flush()
            if actions + 1 == EVERY:
                session.commit()
                session.close()
                del held[id(self)]

    Database.writing = writing  # type: ignore[method-assign]


def syncs() -> None:
    """Let SQLite sync at checkpoints alone: synchronous = NORMAL."""
    made = storage._sqlite

    def normal(url: str, *, readers: int, checkpoints: bool = True) -> Engine:
        engine = made(url, readers=readers, checkpoints=checkpoints)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA synchronous = NORMAL")

        return engine

    storage._sqlite = normal


def _put(module: Any, name: str, other: Any) -> None:
    getattr(module, name)  # or there would be nothing to take away
    setattr(module, name, other)


def guards() -> None:
    """Look at nothing that comes in, lock nobody's rights, compare no versions, and wait for every body.

    Who asks is still found out, and what they send is still validated: an answer could not be given without.
    """
    versions()
    for module, name in (
        (heads, "look"),
        (heads, "demand_small"),
        (context, "refuse_parameters"),
        (entrance, "refuse_other_sites"),
    ):
        _put(module, name, lambda *_asked: None)
    _put(authorization_lock, "share", lambda _session: None)
    _put(serving, "Uploads", partial(Uploads, within=inf))


def waits() -> None:
    """Answer what depends on a follower at once, and say that it has reached the log's end."""

    def at_once(self: Following, _seconds: float = 0) -> AsOf:
        with self.database.reading_primary() as connection:
            return AsOf(self.place(connection).size - 1, behind=False)

    _put(Following, "wait", at_once)


def positions() -> None:
    """Move a follower's position in one transaction, and write what it derives a moment later in the next."""
    made = Following.__init__

    class Late(AuditFollower):
        def __init__(self, database: Database) -> None:
            self.database = database

        def write(self, session: Session, changes: AuditChanges) -> None:
            def later() -> None:
                time.sleep(0.1)
                with self.database.writing(long=True) as another:
                    AuditFollower.write(self, another, changes)

            storage.afterwards(session, later)

    def init(self: Following, database: Database, _follower: Any, batch: int = BATCH) -> None:
        made(self, database, Late(database), batch)

    _put(Following, "__init__", init)


WITHOUT: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (versions, commits, syncs, guards, waits, positions)
}


def application() -> Any:
    """Make the application: what each process of the server calls."""
    WITHOUT[os.environ["TORTURE_WITHOUT"]]()
    return cli.application()


def main() -> None:
    made = serving.run

    def run(_: str, host: str, port: int, workers: int, lines: list[str]) -> None:
        made("torture.unguarded:application", host, port, workers, lines)

    serving.run = run  # type: ignore[assignment]
    sys.argv[0] = "factcheck"
    cli.main()


if __name__ == "__main__":
    main()
