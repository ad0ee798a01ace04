"""32 clients who edit, review, withdraw and merge at once, over HTTP, in races for the same versions."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from factcheck.rules.roles import Role
from torture import reading
from torture.client import Answer, Client, Marks
from torture.figures import Figure, at_least, none
from torture.history import Fault, Kind, Outcome, Write, check, count
from torture.places import Place
from torture.serving import Server, served

CLIENTS = 32
CLAIMS, SOURCES = 24, 12  # few, so that everybody wants the same ones
CONSEQUENCES = ("reopen",)  # of a withdrawal, for claims in conflict with the withdrawn one
EVIDENCE = {"url": "https://example.org/count", "title": "A count"}
STANCES = {"verified": "supports", "refuted": "refutes", "disputed": "context"}


@dataclass
class Pool:
    """What there is to work on, as far as the clients know: withdrawn and merged things are taken out."""

    claims: list[str]
    sources: list[str]
    article: str
    quote: dict[str, Any]
    everything: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.everything |= {("claim", each) for each in self.claims} | {("source", each) for each in self.sources}

    def one(self, random: Random, kind: str) -> str:
        with self.lock:
            return random.choice(self.claims if kind == "claim" else self.sources)

    def put(self, kind: str, each: str) -> None:
        with self.lock:
            (self.claims if kind == "claim" else self.sources).append(each)
            self.everything.add((kind, each))

    def take(self, kind: str, each: str) -> None:
        with self.lock:
            ids = self.claims if kind == "claim" else self.sources
            if each in ids:
                ids.remove(each)


class Worker:
    """One client: each operation is one request to write, on a version that it read a moment before."""

    def __init__(self, place: Place, port: int, pool: Pool, marks: Marks, seed: int) -> None:
        self.pool, self.marks, self.random = pool, marks, Random(seed)
        self.analyst = Client(port, place.tokens[Role.ANALYST])
        self.admin = Client(port, place.tokens[Role.ADMIN])
        self.writes: list[Write] = []
        self.answers: Counter[int] = Counter()
        actions: tuple[tuple[Callable[[str], Write | None], int], ...] = (
            (self.amend, 40), (self.review, 30), (self.add_evidence, 8), (self.rename, 8), (self.relate, 4),
            (self.merge, 4), (self.withdraw, 6),
        )  # fmt: skip
        self._actions, self._weights = zip(*actions, strict=True)

    def work(self, operations: int) -> None:
        while len(self.writes) < operations:
            (action,) = self.random.choices(self._actions, self._weights)
            write = action(self.marks.take())
            if write is not None:
                self.writes.append(write)
        self.analyst.close()
        self.admin.close()

    def amend(self, mark: str) -> Write | None:
        text = {"text": f"Up to a million people were present, says {mark}."}
        return self._on_version("claim", mark, "amend", partial(self._patch, text))

    def rename(self, mark: str) -> Write | None:
        return self._on_version("source", mark, "amend", partial(self._patch, {"name": f"Rally organizers {mark}"}))

    def _patch(self, body: dict[str, Any], path: str, etag: str) -> Answer:
        return self.analyst.send("PATCH", path, body, If_Match=etag)

    def review(self, mark: str) -> Write | None:
        status = self.random.choice(("in_review", "verified", "disputed", "refuted", "unverifiable"))
        body: dict[str, Any] = {"status": status, "reason": f"Decided by {mark} on what was read."}
        if status in STANCES:
            body["evidence"] = [{**EVIDENCE, "stance": STANCES[status]}]

        def decide(path: str, etag: str) -> Answer:
            return self.analyst.send("POST", f"{path}/reviews", body, If_Match=etag)

        return self._on_version("claim", mark, "review", decide)

    def add_evidence(self, mark: str) -> Write:
        claim = self.pool.one(self.random, "claim")
        body = {**EVIDENCE, "stance": "context", "title": f"A count, {mark}"}
        return self._written(self.analyst.send("POST", f"/v1/claims/{claim}/evidence", body), mark, ("add_evidence",))

    def relate(self, mark: str) -> Write:
        """Set two claims against each other: the withdrawal of one then reopens the other."""
        one, other = self.pool.one(self.random, "claim"), self.pool.one(self.random, "claim")
        body = {"kind": "contradicts", "claim_id": other, "note": mark}
        return self._written(self.analyst.send("POST", f"/v1/claims/{one}/relations", body), mark, ("relate",))

    def withdraw(self, mark: str) -> Write:
        """Withdraw a claim; put a new one in its place first, so that there are always as many."""
        claim, entered = self.pool.one(self.random, "claim"), self.marks.take()
        body = {
            "article_id": self.pool.article, "kind": "factual", "quotes": [self.pool.quote],
            "text": f"Thousands were there, says {entered}.",
            "attribution": [{"source_id": self.pool.one(self.random, "source"), "cue": "says", "directness": "direct"}],
        }  # fmt: skip
        self._entered("claim", self.analyst.send("POST", "/v1/claims", body), entered)
        self.pool.take("claim", claim)
        answer = self.analyst.send("POST", f"/v1/claims/{claim}/withdrawal", {"reason": f"Withdrawn by {mark}."})
        return self._written(answer, mark, ("withdraw",))

    def merge(self, mark: str) -> Write | None:
        """Merge one source into another; put a new one in its place first."""
        source, into, entered = (*(self.pool.one(self.random, "source") for _ in range(2)), self.marks.take())
        if source == into:
            return None
        body = {"name": f"Rally organizers {entered}", "kind": "group"}
        self._entered("source", self.analyst.send("POST", "/v1/sources", body), entered)
        self.pool.take("source", source)
        answer = self.admin.send("POST", f"/v1/sources/{source}/merge", {"into": into, "reason": f"Merged by {mark}."})
        return self._written(answer, mark, ("judge",))

    def _entered(self, kind: str, answer: Answer, mark: str) -> None:
        self.writes.append(self._written(answer, mark, ("add",)))
        if answer.outcome is Outcome.OK:
            self.pool.put(kind, answer.json["id"])
        elif answer.status == 422:
            raise RuntimeError(f"{kind}: {answer.body!r}")

    def _on_version(self, kind: str, mark: str, action: str, write: Callable[[str, str], Answer]) -> Write | None:
        path = f"/v1/{kind}s/{self.pool.one(self.random, kind)}"
        read = self.analyst.send("GET", path)
        if read.status != 200:
            if read.status not in (301, 410):
                self.answers[read.status] += 1
            return None
        return self._written(write(path, read.etag), mark, (action,), read.json["revision"])

    def _written(self, answer: Answer, mark: str, actions: tuple[str, ...], seen: int | None = None) -> Write:
        self.answers[answer.status] += 1
        return Write(mark, answer.outcome, actions, seen)


@dataclass(frozen=True)
class Storm:
    """What a run came to."""

    writes: list[Write]
    answers: Counter[int]
    faults: list[Fault]
    verified: int  # exit code of `log verify`
    deadlocks: int  # told in the server's log

    def of(self, *kinds: Kind) -> int:
        return count(self.faults, *kinds)


def storm(place: Place, folder: Path, operations: int, *, clients: int = CLIENTS, without: str = "") -> Storm:
    """Let the clients work until they have sent this many writes, and check the history."""
    with served(Server(place.url, folder, without=without)) as server:
        reader = Client(server.port, place.tokens[Role.ADMIN])
        begin = len(reading.entries(reader))
        first = reading.demanded(reader.send("GET", f"/v1/claims/{place.claims[0]}")).json
        quote = {name: first["quotes"][0][name] for name in ("exact", "start", "end")}
        pool, marks = Pool(list(place.claims), list(place.sources), first["article"]["id"], quote), Marks()
        workers = [Worker(place, server.port, pool, marks, seed) for seed in range(clients)]
        at_once([partial(worker.work, -(-operations // clients)) for worker in workers])
        writes = [write for worker in workers for write in worker.writes]
        shown = reading.shown(
            reader, *([each for kind, each in pool.everything if kind == wanted] for wanted in ("claim", "source"))
        )
        log = reading.entries(reader)
        reader.close()
        verifying = server.command("log", "verify")
        if verified := verifying.returncode:
            print(verifying.stdout, verifying.stderr)
        told = [line for line in server.written().splitlines() if "deadlock detected" in line]
        print(*told, sep="\n")
        deadlocks = len(told)
    faults = check(log, writes, begin=begin, consequences=CONSEQUENCES, shown=shown)
    return Storm(writes, sum((worker.answers for worker in workers), Counter()), faults, verified, deadlocks)


def at_once(works: list[Callable[[], None]]) -> None:
    """Do all of these at the same time, and raise what one of them raised."""
    raised: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  told by the caller's thread
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def figures(run: Storm, control: Storm, operations: int) -> list[Figure]:
    outcomes = Counter(write.outcome for write in run.writes)
    races = run.answers[412]
    return [
        at_least("writes sent", len(run.writes), operations),
        at_least(f"  acknowledged ({outcomes[Outcome.UNKNOWN]} unknown)", outcomes[Outcome.OK], operations // 10),
        at_least("  lost a race for a version (412)", races, operations // 100),
        none("acknowledged writes lost", run.of(Kind.LOST), control.of(Kind.LOST)),
        none("versions made on one that was not the newest", run.of(Kind.FORK), control.of(Kind.FORK)),
        none("writes done twice", run.of(Kind.DOUBLED)),
        none("entries that nobody asked for", run.of(Kind.PHANTOM)),
        none("gaps in the log's numbers", run.of(Kind.GAP)),
        none("things that show something else than the log", run.of(Kind.SHOWN)),
        none(f"answers 500 ({run.answers[503]} x 503)", run.answers[500]),
        none("deadlocks of the database", run.deadlocks),
        none("`log verify` (exit code)", run.verified),
    ]
