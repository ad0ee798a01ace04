"""Kill the leader of a cluster again and again under load: `make failover`.

A real `factcheck serve` writes to a cluster of three under Patroni, in strict synchronous mode, and reads from its
standbys. Clients write and read without pause; a write that was not acknowledged is sent again under its key until it
is. Each time the leader is killed with everything below it, every other time after its senders were stopped for a
while, so that it has what no standby has. Afterwards every acknowledged write must be on the new leader, once, and the
log must verify.

The control is the same with asynchronous replication, and must lose acknowledged writes.
"""

import argparse
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import requests

from torture import patroni
from torture.patroni import Cluster, Programs

WRITERS = 6
READERS = 2
HELD = 2.0  # seconds for which nothing leaves the leader before it is killed
AGAIN = 0.25  # seconds before a client sends again what was not acknowledged
LONGEST = 60  # seconds that a client waits for an answer: more means that it hung
REQUIRED = 30  # seconds until writes flow again
GAP = 5  # seconds without a read that succeeds


@dataclass
class Tally:
    """What the clients saw."""

    written: dict[str, str] = field(default_factory=dict)  # acknowledged: a source's id by its name
    answers: Counter[str] = field(default_factory=Counter)
    writes: list[tuple[float, float]] = field(default_factory=list)  # began and ended, of those acknowledged
    reads: list[float] = field(default_factory=list)  # when each that succeeded ended
    longest: float = 0.0

    def first_write_after(self, moment: float) -> float | None:
        return min((ended for began, ended in self.writes if began > moment), default=None)


class Load:
    """Clients that write and read until they are stopped."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.headers = address, {"Authorization": f"Bearer {token}"}
        self.tally, self._lock, self._stop = Tally(), threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(WRITERS)]
        self._threads += [threading.Thread(target=self._read, daemon=True) for _ in range(READERS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * LONGEST)

    def acknowledged(self) -> dict[str, str]:
        with self._lock:
            return dict(self.tally.written)

    def _ask(self, session: requests.Session, method: str, path: str, **options: Any) -> requests.Response | None:
        began = time.monotonic()
        told, answer = "", None
        try:
            answer = session.request(method, self.address + path, timeout=LONGEST, **options)
            problem = answer.json().get("type", "") if answer.status_code >= 400 else ""
            told = f"{method} {answer.status_code} {problem.removeprefix('/problems/')}".strip()
        except requests.Timeout:
            told = f"{method} hung"
        except requests.RequestException as error:
            told = f"{method} {type(error).__name__}"
        with self._lock:
            self.tally.answers[told] += 1
            self.tally.longest = max(self.tally.longest, time.monotonic() - began)
        return answer

    def _write(self, number: int) -> None:
        session = requests.Session()
        session.headers.update(self.headers)
        for count in itertools.count():
            name = f"Writer {number}, source {count}"
            body = {"name": name, "kind": "document"}
            while not self._stop.is_set():
                began = time.monotonic()
                headers = {"Idempotency-Key": f"{number}-{count}"}
                answer = self._ask(session, "POST", "/v1/sources", json=body, headers=headers)
                if answer is not None and answer.status_code == 201:
                    with self._lock:
                        self.tally.written[name] = answer.json()["id"]
                        self.tally.writes.append((began, time.monotonic()))
                    break
                self._stop.wait(AGAIN)
            if self._stop.is_set():
                return

    def _read(self) -> None:
        session = requests.Session()
        session.headers.update(self.headers)
        while not self._stop.is_set():
            answer = self._ask(session, "GET", "/v1/sources?limit=5")
            if answer is not None and answer.status_code == 200:
                with self._lock:
                    self.tally.reads.append(time.monotonic())
                self._stop.wait(0.02)
            else:
                self._stop.wait(0.1)


@dataclass
class Outcome:
    """What one run came to."""

    kills: int = 0
    acknowledged: int = 0
    lost: set[str] = field(default_factory=set)
    doubled: int = 0
    back: list[float] = field(default_factory=list)  # seconds from each kill to the next acknowledged write
    read_gap: float = 0.0
    longest: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    log_is_clean: bool = False
    log_told: str = ""

    @property
    def wrong(self) -> int:
        """Return how many answers were neither good nor a 503: accidents, and clients left hanging."""
        return sum(n for told, n in self.answers.items() if not told.endswith((" 200", " 201")) and " 503 " not in told)


@contextmanager
def served(cluster: Cluster, folder: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Serve a new desk on the cluster; yield its address, a contributor's token, and the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")} | {
        "FACTCHECK_DATABASE_URL": cluster.url("read-write"),
        "FACTCHECK_READ_DATABASE_URL": cluster.url("prefer-standby"),
        "FACTCHECK_SECRET_KEY": "only for this one run of the cluster",
        "FACTCHECK_LOG_FOLDER": str(folder / "log"),
    }
    command(environment, "db", "upgrade")
    token = json.loads(command(environment, "people", "add", "Writer", "--role", "contributor", "--json"))["token"]
    (port,) = patroni.free_ports(1)
    with (folder / "served.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "factcheck", "serve", "--port", str(port), "--workers", "2"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{address}/readyz", timeout=5).status_code == 200
        return False

    try:
        patroni.until("The desk", ready)
        yield address, token, environment
    finally:
        server.terminate()
        try:
            server.wait(60)
        finally:
            server.kill()
            server.wait()


def command(environment: dict[str, str], *words: str) -> str:
    """Run a command of factcheck and return what it printed. Raises RuntimeError with what it complained of."""
    done = subprocess.run([sys.executable, "-m", "factcheck", *words], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"factcheck {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def rounds(programs: Programs, cluster: Cluster, load: Load, kills: int, outcome: Outcome) -> None:
    """Kill the leader so many times, each time when the cluster is whole again."""
    for number in range(kills):
        patroni.until("The cluster to be whole", cluster.whole)
        leader = cluster.leader()
        assert leader is not None
        held = number % 2 == 1 or not cluster.synchronous
        senders = leader.senders() if held else []
        before = len(load.acknowledged())
        patroni.send(signal.SIGSTOP, *senders)
        time.sleep(HELD)  # what is acknowledged now has left the leader, or the mode is not what it should be
        during = len(load.acknowledged()) - before
        leader.kill()
        killed = time.monotonic()
        patroni.until("Writes", partial(load.tally.first_write_after, killed))
        first = load.tally.first_write_after(killed)
        assert first is not None
        outcome.back.append(first - killed)
        outcome.kills += 1
        told = "senders stopped, " if held else ""
        print(f"  kill {number + 1}: {leader.name}, {told}{during} acknowledged in the {HELD:g} s before;"
              f" writes again after {first - killed:.1f} s", flush=True)  # fmt: skip
        cluster.start_node(leader, programs.patroni)
    patroni.until("The cluster to be whole", cluster.whole)


def judge(cluster: Cluster, acknowledged: dict[str, str], outcome: Outcome) -> None:
    """Compare what was acknowledged with what the leader has."""
    with psycopg.connect(cluster.url("read-write")) as connection:
        there = {str(row[0]): row[1] for row in connection.execute("SELECT id, name FROM sources")}
    outcome.acknowledged = len(acknowledged)
    outcome.lost = {name for name, key in acknowledged.items() if there.get(key) != name}
    outcome.doubled = len(there) - len(set(there.values()))


def run(programs: Programs, *, synchronous: bool, kills: int, logs: Path | None = None) -> Outcome:
    """Run one cluster under load through so many deaths of its leader."""
    outcome = Outcome()
    with patroni.cluster(programs, synchronous=synchronous) as cluster, TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with served(cluster, folder) as (address, token, environment):
                with Load(address, token) as load:
                    patroni.until("The first writes", lambda: len(load.acknowledged()) > WRITERS)
                    rounds(programs, cluster, load, kills, outcome)
                tally = load.tally
                outcome.read_gap = max(after - before for before, after in itertools.pairwise(tally.reads))
                outcome.longest, outcome.answers = tally.longest, tally.answers
                judge(cluster, tally.written, outcome)
            try:
                outcome.log_told = command(environment, "log", "verify", "--json")
                outcome.log_is_clean = not json.loads(outcome.log_told)["faults"]
            except RuntimeError as error:
                outcome.log_told = str(error)
        finally:
            for file in (
                (folder / "served.log", *(node.folder / "patroni.log" for node in cluster.nodes)) if logs else ()
            ):
                assert logs is not None
                (logs / f"{cluster.mode}-{file.parent.name}-{file.name}").write_bytes(file.read_bytes())
    return outcome


def figures(kept: Outcome, control: Outcome) -> list[tuple[str, str, str, str, bool]]:
    """Return each figure: what, reached, required, in the control, and whether both are as they must be."""

    def clean(outcome: Outcome) -> str:
        return "clean" if outcome.log_is_clean else "does not verify"

    return [
        ("leaders killed", str(kept.kills), str(kept.kills), str(control.kills), True),
        ("acknowledged writes", str(kept.acknowledged), "", str(control.acknowledged), kept.acknowledged > 0),
        ("acknowledged writes lost", str(len(kept.lost)), "0", str(len(control.lost)),
         not kept.lost and bool(control.lost)),
        ("writes doubled", str(kept.doubled), "0", str(control.doubled), kept.doubled == 0),
        ("the log", clean(kept), "clean", clean(control), kept.log_is_clean and not control.log_is_clean),
        ("longest until writes flow again", f"{max(kept.back):.1f} s", f"{REQUIRED} s", f"{max(control.back):.1f} s",
         max(kept.back) <= REQUIRED),
        ("longest gap between reads", f"{kept.read_gap:.1f} s", f"{GAP} s", f"{control.read_gap:.1f} s",
         kept.read_gap <= GAP),
        ("longest request", f"{kept.longest:.1f} s", f"{LONGEST} s", f"{control.longest:.1f} s",
         kept.longest < LONGEST),
        ("answers but 200, 201 and 503", str(kept.wrong), "0", str(control.wrong), kept.wrong == 0),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture.failover", description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="how often the leader is killed")
    parser.add_argument("--control-kills", type=int, default=2, help="how often in the control")
    parser.add_argument("--logs", type=Path, help="a folder to put the logs of the desk and of the nodes in")
    told = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # the cluster is taken down all the same
    try:
        with patroni.programs() as programs:
            print("Strict synchronous mode:", flush=True)
            kept = run(programs, synchronous=True, kills=told.kills, logs=told.logs)
            print("Control, asynchronous mode:", flush=True)
            control = run(programs, synchronous=False, kills=told.control_kills, logs=told.logs)
    except patroni.NotThere as error:
        print(error, file=sys.stderr)
        return 1
    rows = figures(kept, control)
    print(f"\n{'':32} {'reached':>16} {'required':>9} {'control':>16}")
    for what, reached, required, other, good in rows:
        print(f"{what:32} {reached:>16} {required:>9} {other:>16}{'' if good else '   NOT REACHED'}")
    for name, outcome in (("kept", kept), ("control", control)):
        print(f"\n{name}: " + ", ".join(f"{number} x {answer}" for answer, number in outcome.answers.most_common()))
        print(f"log verify: {outcome.log_told.strip()[-300:]}")
    return 0 if all(good for *_, good in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
