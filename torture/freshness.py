"""An answer after a write shows it: each write is followed at once by reads of everything that the audit derives.

After each write, its client asks for the findings of the claim, the record of the source and the counts of the queue,
each on another connection, so that any worker may answer. An answer that lacks the write must say so (`behind`, or the
page's notice), and `as_of_log_index` must not be before the write's `Log-Index`.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from factcheck.rules.roles import Role
from torture.client import Answer, Client
from torture.concurrency import at_once
from torture.editors import Editor, Step, enter_article
from torture.figures import Figure, at_least, exactly, none
from torture.places import Place
from torture.serving import Server, served

CLIENTS = 4
READS = ("audit", "queue", "record")
COUNTS = re.compile(r'aria-label="Claims by status: ([^"]+)"')
NOTICE = "does not show the newest changes yet"


@dataclass
class Freshness:
    """What a run came to. `stale` are answers that lack a write and do not say so."""

    writes: int = 0
    reads: Counter[str] = field(default_factory=Counter)
    behind: Counter[str] = field(default_factory=Counter)
    stale: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    @classmethod
    def of_all(cls, runs: Iterable["Freshness"]) -> "Freshness":
        """Return what the runs of all clients came to together."""
        whole = cls()
        for run in runs:
            whole.writes += run.writes
            whole.reads += run.reads
            whole.behind += run.behind
            whole.stale += run.stale
            whole.refused += run.refused
            whole.waits += run.waits
        return whole


class Written:
    """How many claims and verdicts all clients know to be written: the queue must not count fewer."""

    def __init__(self) -> None:
        self._lock, self._counts = threading.Lock(), Counter[str]()

    def add(self, action: str) -> None:
        with self._lock:
            self._counts[action] += 1

    def now(self) -> Counter[str]:
        with self._lock:
            return self._counts.copy()


def measure(
    place: Place, folder: Path, writes: int, *, words: Sequence[str] = (), clients: int = CLIENTS, without: str = ""
) -> Freshness:
    """Write this often, and read after each write."""
    written, tickets, token = Written(), iter(range(writes)), place.tokens[Role.ANALYST]
    with served(Server(place.url, folder, words=words, without=without)) as server:
        article = enter_article(server.port, token)
        readers = [_Reader(server.port, token, article, written, tickets) for _ in range(clients)]
        at_once([reader.work for reader in readers])
    return Freshness.of_all([reader.run for reader in readers])


class _Reader:
    """Reads after each step of an editor."""

    def __init__(self, port: int, token: str, article: str, written: Written, tickets: Iterator[int]) -> None:
        self._port, self._token, self._written = port, token, written
        self._editor = Editor(port, token, article, lambda: next(tickets, None) is not None)
        self.run = Freshness()

    def work(self) -> None:
        for step in self._editor.steps():
            self.run.writes += 1
            self._written.add(step.action)
            sure = self._written.now()
            self._findings(step)
            self._record(step)
            self._queue(sure)
        self.run.refused.update(self._editor.refused)

    def _findings(self, step: Step) -> None:
        query = f"claim={step.claim}" if step.claim else "limit=1"
        answer = self._read(f"/v1/audit/findings?{query}")
        if answer is not None:
            kinds = {item["kind"] for item in answer.json["items"]} if step.claim else set()
            right = kinds >= step.shown.there and not kinds & step.shown.gone
            self._note("audit", answer.json, step.index, "" if right else f"findings are {sorted(kinds)}")

    def _record(self, step: Step) -> None:
        answer = self._read(f"/v1/sources/{step.source}/record")
        if answer is not None:
            role, status = step.shown.record or ("as_origin", "")
            counts = answer.json[role]["counts"]
            right = counts.get(status, 0) == sum(counts.values()) == (1 if step.claim else 0)
            self._note("record", answer.json, step.index, "" if right else f"{role} is {counts}, not 1 {status}")

    def _queue(self, sure: Counter[str]) -> None:
        answer = self._read("/", Accept="text/html")
        if answer is not None:
            text = answer.body.decode()
            found = COUNTS.search(text)
            counts = _counts(found[1]) if found else Counter[str]()
            right = counts.total() >= sure["claim"] and counts["verified"] >= sure["verdict"]
            told = {"behind": True} if NOTICE in text else {}
            self._note("queue", told, None, "" if right else f"{dict(counts)} are fewer than {dict(sure)}")

    def _read(self, path: str, **headers: str) -> Answer | None:
        began = time.perf_counter()
        with closing(Client(self._port, self._token)) as client:
            answer = client.send("GET", path, **headers)
        self.run.waits.append(time.perf_counter() - began)
        if answer.status == 200:
            return answer
        self.run.refused[answer.status] += 1
        return None

    def _note(self, what: str, told: dict[str, Any], index: int | None, lacks: str) -> None:
        """Note an answer: `lacks` says what of the write is not in it."""
        self.run.reads[what] += 1
        if told.get("behind"):
            self.run.behind[what] += 1
            return
        if index is not None and told["as_of_log_index"] < index:
            lacks = f"as of {told['as_of_log_index']}; {lacks}"
        if lacks:
            self.run.stale.append(f"{what} after entry {index}: {lacks}")


def _counts(label: str) -> Counter[str]:
    """Read `3 unverified, 0 in review, …`."""
    pieces = [piece.partition(" ") for piece in label.split(", ")]
    return Counter({status: int(number) for number, _, status in pieces})


def figures(run: Freshness, control: Freshness, writes: int) -> list[Figure]:
    """Return what must hold. How often an answer said that it was behind, and how long reads took, is only told."""
    waits = sorted(run.waits)
    typical, slowest = (f"{each * 1000:.0f} ms" for each in (median(waits), waits[len(waits) * 99 // 100]))
    return [
        exactly("writes", run.writes, writes),
        *(at_least(f"  each followed by a read: {what}", run.reads[what], writes) for what in READS),
        none("answers that lack a write and do not say so", len(run.stale), len(control.stale)),
        none("requests that were refused", run.refused.total()),
        Figure("answers that said that they were behind", run.behind.total(), "any number", True),
        Figure("a read, the median", typical, "any", True),
        Figure("a read, 99 of 100 within", slowest, "any", True),
    ]
