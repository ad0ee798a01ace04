"""`python -m torture NAME …`: run one torture and print its figures; exit 1 when one is not reached."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from factcheck.storage import schema
from factcheck.storage.engine.postgresql import IDLE
from tests import postgres, quick
from torture import (
    alarms,
    budget,
    concurrency,
    connections,
    cost,
    damage,
    faults,
    followers,
    forgeries,
    freshness,
    keys,
    kills,
    power,
    rebuilt,
    searching,
    shares,
    tampering,
)
from torture.figures import quiet, tell
from torture.places import Place, Postgres, folder_of_its_own, private_postgres

DATABASES = ("sqlite", "postgresql")
SEVERAL = {"sqlite": (), "postgresql": ("--workers", "2")}  # words of `serve`; one process serves an embedded database
Fresh = Callable[..., Place]


@contextmanager
def database(engine: str, within: str = "/tmp") -> Iterator[tuple[Path, Fresh, Postgres | None]]:
    """Yield a folder, a function that makes a new migrated database there, and the server if there is one."""
    with folder_of_its_own(within) as folder:
        if engine == "sqlite":
            made = iter(range(1_000_000))
            there = below(folder, "databases")
            yield folder, lambda **given: Place(f"sqlite:///{there}/{next(made)}.db", **given), None
        else:
            with private_postgres() as server:
                yield folder, lambda **given: Place(server.fresh(), **given), server


def below(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def run_concurrency(engine: str, operations: int) -> bool:
    given = {"claims": concurrency.CLAIMS, "sources": concurrency.SOURCES}
    with database(engine) as (folder, fresh, _):
        run = concurrency.storm(fresh(**given), below(folder, "whole"), operations)
        control = concurrency.storm(fresh(**given), below(folder, "control"), min(operations, 2000), without="versions")
    return tell(f"concurrency, {engine}", concurrency.figures(run, control, operations))


def run_keys(engine: str, number: int) -> bool:
    with database(engine) as (folder, fresh, _):
        run = keys.pour(fresh(), below(folder, "whole"), number)
        control = keys.pour(fresh(), below(folder, "control"), min(number, 500), stripped=True)
    return tell(f"idempotency keys, {engine}", keys.figures(run, control))


def run_kills(engine: str, number: int) -> bool:
    with database(engine) as (folder, fresh, postgres_server):
        run = kills.die(fresh(), below(folder, "whole"), number, postgres=postgres_server)
        control = kills.die(fresh(), below(folder, "control"), min(number, 5), without="commits")
    return tell(f"kill -9, {engine}", kills.figures(run, control))


def run_power(engine: str, cuts: int) -> bool:
    if engine != "sqlite":
        return True  # PostgreSQL's own power cuts are PostgreSQL's own tests'
    with folder_of_its_own() as folder:
        run = _cut(below(folder, "whole"), "", cuts)
        control = _cut(below(folder, "control"), "syncs", cuts)
    return tell("power cuts, sqlite", power.figures(run, control))


def _cut(folder: Path, without: str, cuts: int) -> power.Cuts:
    watched = below(folder, "watched")
    place = Place(f"sqlite:///{watched}/desk.db")
    before, trace = power.record(place, folder, _shim(folder), max(60, cuts // 5), without=without)
    return power.cut(before, trace, watched, min(cuts, 200) if without else cuts)


def _shim(folder: Path) -> Path:
    made = power.shim(folder)
    if made is None:
        sys.exit("This needs a C compiler, on Linux: apt install gcc libc6-dev")
    return made


def run_faults(engine: str, _number: int) -> bool:
    with database(engine) as (folder, fresh, server):
        runs: dict[str, Callable[[], list[str]]] = {}
        if server is None:
            preload = _shim(folder)
            for name in faults.OF_THE_DISK:
                runs[name] = partial(faults.of_the_disk, name, fresh(), below(folder, name), preload)
            runs["disk full, under standard error too"] = partial(
                faults.of_the_disk, "disk full", fresh(), below(folder, "all"), preload, everything=True
            )
            runs["read-only at start"] = partial(
                faults.unwritable_at_start, fresh(), below(folder, "unwritable"), preload
            )
        else:
            runs["stopped at start"] = partial(faults.stopped_at_start, fresh(), below(folder, "start"), server)
            runs["stopped meanwhile"] = partial(faults.stopped_meanwhile, fresh(), below(folder, "meanwhile"), server)
        runs["held by somebody else, pool used up"] = partial(faults.held, fresh(), below(folder, "held"))
        return tell(f"faults, {engine}", faults.figures(runs))


def run_damage(engine: str, most: int) -> bool:
    with database(engine) as (folder, _, server):
        desks = damage.Desks(folder, server.maintenance if server else None)
        results = damage.all_tried(engine == "sqlite", desks, most)
    return tell(f"damage, {engine}", damage.figures(results, min(most, 300)))


def run_tampering(engine: str, rows: int) -> bool:
    with folder_of_its_own() as folder, database(engine) as (_, _, server):
        url = server.fresh() if server else f"sqlite:///{folder}/desk.db"
        results = tampering.tampered(url, below(folder, "log"), rows)
    return tell(f"tampering, {engine}", tampering.figures(results))


def run_forgeries(engine: str, number: int, seed: int) -> bool:
    with database(engine) as (folder, _, server):
        url = server.fresh() if server else f"sqlite:///{folder}/desk.db"
        random = Random(seed)
        head = forgeries.desk(url, below(folder, "log"), random)
        done = forgeries.forge(url, head, random, number)
    return tell(f"random forgeries, {engine}", forgeries.figures(done, number))


def run_alarms(engine: str, number: int, seed: int) -> bool:
    with database(engine) as (folder, _, server):
        template = server.fresh() if server else f"sqlite:///{folder}/template.db"
        schema.upgrade(template)
        done = alarms.listen(lambda: _copied(template, server), folder, number, seed)
    return tell(f"logs of random actions, {engine}", alarms.figures(done, number))


def _copied(template: str, server: Postgres | None) -> str:
    """Return a copy of a database; of an embedded one always the same file, which it takes the place of."""
    if server:
        return postgres.create(server.maintenance, template)
    file = Path(template.removeprefix("sqlite:///"))
    for left in file.parent.glob("copy.*"):
        left.unlink()
    return f"sqlite:///{shutil.copy(file, file.with_name('copy.db'))}"


def run_rebuilt(engine: str, claims: int) -> bool:
    """From a database of this kind into one of the other kind, and back."""
    with folder_of_its_own() as folder, private_postgres() as server:
        urls = {"sqlite": iter(f"sqlite:///{folder}/{n}.db" for n in count()), "postgresql": iter(server.fresh, None)}
        other = next(name for name in DATABASES if name != engine)
        done = rebuilt.round_trip(next(urls[engine]), [next(urls[other]), next(urls[engine])], folder, claims)
    return tell(f"desks rebuilt from their logs, {engine} and back", rebuilt.figures(done, claims))


def run_cost(engine: str, turns: int) -> bool:
    with database(engine) as (folder, fresh, _):
        ratios = cost.measure(lambda: fresh(claims=1), folder, turns)
    return tell(f"what the protections cost, {engine}", cost.figures(ratios))


def run_budget(engine: str, requests: int) -> bool:
    # Processor time and memory are measured, so nothing needs to wait for a disk.
    with database(engine, quick.folder()) as (folder, fresh, _):
        run, redactions = budget.spend(fresh().url, folder, requests)
    return tell(f"the budget of a request, {engine}", budget.figures(run, redactions, requests))


def run_connections(engine: str, seconds: int) -> bool:
    if engine != "postgresql":
        return True  # nobody counts the connections to a file
    workers = 4
    with folder_of_its_own() as folder, private_postgres(connections=100) as server:
        place = Place(server.fresh(), claims=500)
        run = connections.crowd(
            place, folder, workers=workers, readers=192, writers=64, seconds=seconds, idle=IDLE + 15
        )
    for name, code, _, errors in run.refused_commands:
        print(f"  {name}: exit code {code}: {errors}")
    for detail, number in run.unexplained.items():
        print(f"  {number} times 503: {detail}")
    return tell(f"connections, {engine}", connections.figures(run, workers, seconds))


def run_shares(engine: str, turns: int) -> bool:
    with database(engine) as (folder, fresh, _):
        found = shares.measure(fresh(claims=500), folder, turns, 3)
    return tell(f"writers beside readers, {engine}", shares.figures(found))


def run_followers(engine: str, number: int) -> bool:
    words = SEVERAL[engine]
    with database(engine) as (folder, fresh, _):
        run = followers.die(fresh(), below(folder, "whole"), number, words=words)
        control = followers.die(fresh(), below(folder, "control"), min(number, 8), words=words, without="positions")
    for each in (*run.lost[:5], *run.twice[:5], *run.faults[:5]):
        print(f"  {each}")
    return tell(f"kill -9 of the process that follows, {engine}", followers.figures(run, control, number))


def run_freshness(engine: str, writes: int) -> bool:
    words = SEVERAL[engine]
    with database(engine) as (folder, fresh, _):
        run = freshness.measure(fresh(), below(folder, "whole"), writes, words=words)
        control = freshness.measure(fresh(), below(folder, "control"), min(writes, 100), words=words, without="waits")
    for each in run.stale[:10]:
        print(f"  {each}")
    return tell(f"answers after a write, {engine}", freshness.figures(run, control, writes))


def run_search(engine: str, searches: int) -> bool:
    with database(engine) as (folder, fresh, _):
        run = searching.compare(fresh(), folder, searches, claims_made=20 * searches, actions=2 * searches)
    return tell(f"search against a scan, {engine}", searching.figures(run))


NAMES: dict[str, tuple[Callable[[str, int], bool], int]] = {
    "connections": (run_connections, 60),
    "shares": (run_shares, 5),
    "concurrency": (run_concurrency, 100_000),
    "keys": (run_keys, 10_000),
    "kills": (run_kills, 200),
    "power": (run_power, 2000),
    "faults": (run_faults, 1),
    "cost": (run_cost, 40),
    "damage": (run_damage, 10_000),
    "budget": (run_budget, 200),
    "followers": (run_followers, 50),
    "freshness": (run_freshness, 2000),
    "tampering": (run_tampering, 25),
    "rebuilt": (run_rebuilt, 20_000),
    "search": (run_search, 500),
}
SEEDED: dict[str, tuple[Callable[[str, int, int], bool], int]] = {
    "forgeries": (run_forgeries, 10_000),
    "alarms": (run_alarms, 1000),
}


def _with_seed(run: Callable[[str, int, int], bool], seed: int) -> Callable[[str, int], bool]:
    return lambda engine, number: run(engine, number, seed)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, *SEEDED, "all"])
    parser.add_argument("--database", choices=DATABASES, help="both by default")
    parser.add_argument(
        "--operations",
        "--requests",
        type=int,
        help="how many writes, keys, kills, cuts, turns, kinds, rows, or requests to each operation; or seconds",
    )
    parser.add_argument("--seed", type=int, default=6962, help=f"of the random numbers, in {' and '.join(SEEDED)}")
    given = parser.parse_args()
    quiet()
    held = True
    runs = NAMES | {name: (_with_seed(run, given.seed), usual) for name, (run, usual) in SEEDED.items()}
    for name in runs if given.name == "all" else [given.name]:
        run, usual = runs[name]
        for engine in [given.database] if given.database else DATABASES:
            held = run(engine, given.operations or usual) and held
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
