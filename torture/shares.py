"""Writers beside many readers: how much of what they reach alone they still reach."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from factcheck.rules.roles import Role
from torture.figures import Figure, at_least, none
from torture.places import Place
from torture.serving import Server, served
from torture.traffic import Answers, Kind, request, run

READERS = 60
LEAST = 0.12  # of what writers reach alone; before writes had places of their own it was 0.03 to 0.08


@dataclass
class Shares:
    """Requests a second, for each turn: of writers alone, of readers alone, and of both side by side."""

    alone: list[float] = field(default_factory=list)
    reading_alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    reading_beside: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def kept(self) -> float:
        """The part of their rate that writers keep beside readers: the median of the turns."""
        return median(beside / alone for alone, beside in zip(self.alone, self.beside, strict=True))


def measure(place: Place, folder: Path, turns: int, seconds: float, *, writers: int = 1) -> Shares:
    """Let writers and readers send requests alone and side by side, in turns: other load falls on all alike."""
    found = Shares()
    with served(Server(place.url, folder)) as server:
        write, read = _requests(place)
        writing, reading = Kind("writes", writers, write), Kind("reads", READERS, read)
        run(server.port, [writing, reading], seconds / 2)  # what is compiled at its first use is compiled now
        for _ in range(turns):
            _note(found, run(server.port, [writing], seconds), found.alone)
            _note(found, run(server.port, [reading], seconds), None, found.reading_alone)
            _note(found, run(server.port, [writing, reading], seconds), found.beside, found.reading_beside)
    return found


def _note(
    found: Shares, answers: dict[str, Answers], writes: list[float] | None, reads: list[float] | None = None
) -> None:
    for name, rates in (("writes", writes), ("reads", reads)):
        if rates is not None:
            rates.append(answers[name].rate)
    found.failed += sum(each.statuses.total() - each.done for each in answers.values())


def _requests(place: Place) -> tuple[Callable[[], bytes], Callable[[], bytes]]:
    token, numbers = place.tokens[Role.ANALYST], itertools.count()
    # As tools ask, every second for one claim.
    lists = ("/v1/claims", "/v1/claims?q=people&limit=20", "/v1/claims?count=true", "/v1/sources")
    ones = itertools.cycle(f"/v1/claims/{each}" for each in place.claims)
    paths = itertools.chain.from_iterable(zip(ones, itertools.cycle(lists), strict=False))

    def write() -> bytes:
        return request("POST", "/v1/sources", token, {"name": f"Source {next(numbers)}", "kind": "group"})

    return write, lambda: request("GET", next(paths), token)


def figures(found: Shares) -> list[Figure]:
    return [
        at_least("writes a second alone", int(median(found.alone)), 1),
        at_least(f"writes a second beside {READERS} readers", int(median(found.beside)), 1),
        Figure("the part that writers keep", f"{found.kept:.2f}", f">= {LEAST}", found.kept >= LEAST),
        at_least("reads a second alone", int(median(found.reading_alone)), 1),
        at_least("reads a second beside the writer", int(median(found.reading_beside)), 1),
        none("requests that failed", found.failed),
    ]
