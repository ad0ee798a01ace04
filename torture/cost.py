"""What the protections cost a normal read and a normal write: the same requests with them and without, in turn.

Taken away are those that look at every request or every action (see `guards` in `unguarded`); a limit on requests,
which is off by default, is on beside them. How safe a commit is on its disk is not counted among them: that was never
less.
"""

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from factcheck.rules.roles import Role
from torture.client import Client
from torture.figures import Figure
from torture.places import Place
from torture.serving import Server, served

READS, WRITES = 200, 25  # in a turn
MOST = 1.10
LIMIT = {"FACTCHECK_RATE_LIMIT": "1000000/second"}
Turn = Callable[[], None]


def measure(place: Callable[[], Place], folder: Path, turns: int) -> dict[str, float]:
    """Return, for reads and writes, the time with the protections divided by that without.

    Of the medians of `turns` turns; each side has a server and a database of its own, and the sides take turns.
    """
    with ExitStack() as stack:
        sides: list[dict[str, Turn]] = []
        for name, without, settings in (("with", "", LIMIT), ("without", "guards", {})):
            there = place()
            (folder / name).mkdir()
            server = stack.enter_context(
                served(Server(there.url, folder / name, without=without, environment=settings))
            )
            client = Client(server.port, there.tokens[Role.ANALYST])
            stack.callback(client.close)
            sides.append(requests(client, there.claims[0]))
        took: dict[str, list[list[float]]] = {kind: [[], []] for kind in sides[0]}
        for turn in range(-2, turns):  # the first two are not counted
            for at in (0, 1) if turn % 2 else (1, 0):
                for kind, work in sides[at].items():
                    begun = time.perf_counter()
                    work()
                    if turn >= 0:
                        took[kind][at].append(time.perf_counter() - begun)
    return {kind: statistics.median(one) / statistics.median(other) for kind, (one, other) in took.items()}


def requests(client: Client, claim: str) -> dict[str, Turn]:
    """Return a turn of each kind of request."""
    path = f"/v1/claims/{claim}"

    def read() -> None:
        for _ in range(READS):
            _demand(client.send("GET", path).status, 200)

    newest = client.send("GET", path)

    def write() -> None:
        nonlocal newest
        for _ in range(WRITES):
            text = f"Up to a million people were present, {newest.json['revision']}."
            newest = client.send("PATCH", path, {"text": text}, If_Match=newest.etag)
            _demand(newest.status, 200)

    return {"a read": read, "a write": write}


def _demand(status: int, wanted: int) -> None:
    if status != wanted:
        raise RuntimeError(f"{status} in place of {wanted}")


def figures(ratios: dict[str, float]) -> list[Figure]:
    return [
        Figure(f"{kind}, with its protections ÷ without", f"{ratio:.2f}", f"<= {MOST:.2f}", ratio <= MOST)
        for kind, ratio in ratios.items()
    ]
