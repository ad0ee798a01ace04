"""A cluster on loopback: PostgreSQL nodes under Patroni, which keeps its leader's key in etcd.

Needs Debian's package etcd-server (taken out of `apt-get download` when it is not installed) and the network, to
install Patroni into an environment of its own. Everything lies in one temporary folder, and root runs it as nobody.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import postgres

LOCK = Path(__file__).with_name("patroni.lock")
TTL = 20  # seconds until a leader that is silent is none; Patroni takes no less
LOOP = 3
USER = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to be run by root
STARTS = 120


class NotThere(RuntimeError):
    """Something that the run needs cannot be had on this machine."""


def until(what: str, there: Callable[[], Any], seconds: float = STARTS) -> Any:
    """Ask every 0.2 seconds until the answer is true, and return it. Raises TimeoutError with `what`."""
    ends = time.monotonic() + seconds
    while not (found := there()):
        if time.monotonic() > ends:
            raise TimeoutError(f"{what}: not within {seconds:g} s.")
        time.sleep(0.2)
    return found


def free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def children(pid: int) -> list[int]:
    """Return the processes below one, the nearest first."""
    try:
        below = [
            int(each)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for each in (task / "children").read_text(encoding="ascii").split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return below + [each for child in below for each in children(child)]


def send(signal_number: int, *pids: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal_number)
        except ProcessLookupError:
            continue  # it was quicker


@dataclass
class Node:
    """One PostgreSQL with its Patroni."""

    name: str
    folder: Path
    port: int
    api: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def postmaster(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        except (FileNotFoundError, IndexError):
            return None

    def senders(self) -> list[int]:
        """Return the processes that send what was written to the standbys, the synchronous one's last.

        To be stopped in this order: no other standby must have more than the one that becomes the leader, or it has to
        be rewound before anything can be written, which takes its time and is not what is measured.
        """
        query = "SELECT pid FROM pg_stat_replication ORDER BY sync_state IN ('sync', 'quorum')"
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres") as connection:
            return [row[0] for row in connection.execute(query)]

    def kill(self) -> None:
        """Kill Patroni, the postmaster and all that runs below it: none has a moment left to say anything."""
        assert self.process is not None
        postmaster = self.postmaster()
        below = [postmaster, *children(postmaster)] if postmaster else []
        send(signal.SIGKILL, self.process.pid, *below)
        self.process.wait()
        self.process = None


@dataclass
class Cluster:
    """Nodes that elect a leader. `synchronous`: nothing is acknowledged that only the leader has."""

    folder: Path
    synchronous: bool
    environment: dict[str, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    etcd: subprocess.Popen[bytes] | None = None

    @property
    def hosts(self) -> str:
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    @property
    def mode(self) -> str:
        return "synchronous" if self.synchronous else "asynchronous"

    def url(self, attributes: str) -> str:
        return f"postgresql://postgres@{self.hosts}/postgres?target_session_attrs={attributes}"

    def members(self) -> list[dict[str, Any]]:
        """Return what the cluster says of itself, by any node that answers; nothing when none does."""
        for node in self.nodes:
            if node.process is None:
                continue
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{node.api}/cluster", timeout=5) as answer:
                    members: list[dict[str, Any]] = json.load(answer).get("members", [])
                    return members
            except (urllib.error.URLError, OSError, ValueError):
                continue
        return []

    def leader(self) -> Node | None:
        """Return the running leader."""
        for member in self.members():
            if member["role"] == "leader" and member["state"] == "running":
                return next(node for node in self.nodes if node.name == member["name"])
        return None

    def whole(self) -> bool:
        """Say whether there is a leader, every other node follows it, and one does so synchronously where one must."""
        states = [(member["role"], member["state"]) for member in self.members()]
        followers = [role for role, state in states if state == "streaming"]
        leads = ("leader", "running") in states
        return leads and len(followers) == len(self.nodes) - 1 and self.synchronous == ("sync_standby" in followers)

    def start_node(self, node: Node, program: Path) -> None:
        with (node.folder / "patroni.log").open("ab") as log:
            node.process = subprocess.Popen(
                [program, node.folder / "patroni.json"], stdout=log, stderr=log, cwd=node.folder,
                env=self.environment, user=USER, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        for node in self.nodes:
            if node.process is not None:
                node.kill()
        if self.etcd is not None:
            self.etcd.kill()
            self.etcd.wait()


@dataclass(frozen=True)
class Programs:
    """Where what a cluster consists of lies."""

    etcd: Path
    patroni: Path
    postgresql: Path


@contextmanager
def programs() -> Iterator[Programs]:
    """Find or fetch what a cluster needs. Raises NotThere."""
    binaries = postgres.programs()
    if binaries is None or not (binaries / "pg_rewind").exists() or not (binaries / "pg_basebackup").exists():
        raise NotThere("No PostgreSQL with pg_basebackup and pg_rewind: on Debian, apt install postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="factcheck-patroni-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield Programs(_etcd(folder), _patroni(folder), binaries)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _etcd(folder: Path) -> Path:
    found = shutil.which("etcd")
    if found:
        return Path(found)
    try:
        subprocess.run(["apt-get", "download", "etcd-server"], cwd=folder, check=True, capture_output=True)
        (package,) = folder.glob("etcd-server_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder / "etcd"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise NotThere("No etcd: on Debian, apt install etcd-server.") from error
    return folder / "etcd/usr/bin/etcd"


def _patroni(folder: Path) -> Path:
    environment = folder / "environment"
    own = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([_interpreter(), "-m", "venv", "--without-pip", environment], check=True, capture_output=True)
        subprocess.run(
            [*own, "--python", environment / "bin/python", "install", "--require-hashes", "-r", LOCK],
            check=True, capture_output=True,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise NotThere(f"Patroni cannot be installed: {error.stderr.decode(errors='replace')}") from error
    return environment / "bin/patroni"


def _interpreter() -> str:
    """Return a Python that the nodes' user may run: root's own often lies where nobody else may look."""
    for each in (sys.executable, "/usr/bin/python3"):
        try:
            subprocess.run([each, "-c", "import venv"], user=USER, cwd="/", check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return each
    raise NotThere("There is no Python that an unprivileged user may run: on Debian, apt install python3.")


@contextmanager
def cluster(found: Programs, *, synchronous: bool, size: int = 3) -> Iterator[Cluster]:
    """Yield a running cluster; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="factcheck-cluster-", dir="/tmp"))
    made = Cluster(folder, synchronous, {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)})
    client, peer, *ports = free_ports(2 + 2 * size)
    try:
        for number in range(size):
            node = Node(f"node{number + 1}", folder / f"node{number + 1}", ports[2 * number], ports[2 * number + 1])
            node.folder.mkdir()
            (node.folder / "patroni.json").write_text(
                json.dumps(_configuration(node, client, found.postgresql, synchronous)), encoding="utf-8"
            )
            made.nodes.append(node)
        for each in (folder, *(node.folder for node in made.nodes)):
            if USER:
                shutil.chown(each, USER)
        _start_etcd(made, found.etcd, client, peer)
        for node in made.nodes:
            made.start_node(node, found.patroni)
        until("A leader with its standbys", made.whole)
        yield made
    except TimeoutError as error:
        logs = "".join((node.folder / "patroni.log").read_text(errors="replace")[-2000:] for node in made.nodes)
        raise RuntimeError(f"{error}\n{logs}") from error
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _start_etcd(made: Cluster, program: Path, client: int, peer: int) -> None:
    own, others = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    with (made.folder / "etcd.log").open("wb") as log:
        made.etcd = subprocess.Popen(
            [program, "--name", "one", "--data-dir", made.folder / "etcd", "--initial-cluster", f"one={others}",
             "--listen-client-urls", own, "--advertise-client-urls", own,
             "--listen-peer-urls", others, "--initial-advertise-peer-urls", others],
            stdout=log, stderr=log, env=made.environment, user=USER,
        )  # fmt: skip

    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"{own}/health", timeout=2) as answer:
                return b"true" in answer.read()
        except (urllib.error.URLError, OSError):
            return False

    until("etcd", healthy)


def _configuration(node: Node, etcd: int, binaries: Path, synchronous: bool) -> dict[str, Any]:
    """Return Patroni's configuration of a node; JSON is YAML."""
    shared = {
        "ttl": TTL,
        "loop_wait": LOOP,
        "retry_timeout": 5,
        "synchronous_mode": synchronous,
        "synchronous_mode_strict": synchronous,
        # Not 0: then no standby of a busy leader would ever do. In synchronous mode the one that has everything is
        # chosen whatever this says; in the control it must not keep a standby that lags from becoming the leader.
        "maximum_lag_on_failover": 1 << 30,
        "postgresql": {
            "use_pg_rewind": True,
            "parameters": {"wal_log_hints": "on", "max_connections": 100, "wal_keep_size": "256MB"},
        },
    }
    local = f"127.0.0.1:{node.port}"
    return {
        "scope": "desk",
        "name": node.name,
        "restapi": {"listen": f"127.0.0.1:{node.api}", "connect_address": f"127.0.0.1:{node.api}"},
        "etcd3": {"host": f"127.0.0.1:{etcd}"},
        "bootstrap": {"dcs": shared, "initdb": [{"encoding": "UTF8"}, "no-sync"]},
        "postgresql": {
            "listen": local,
            "connect_address": local,
            "data_dir": str(node.data),
            "bin_dir": str(binaries),
            "pgpass": str(node.folder / "pgpass"),
            "authentication": {
                "superuser": {"username": "postgres"},
                "replication": {"username": "replicator"},
                "rewind": {"username": "postgres"},
            },
            "parameters": {"unix_socket_directories": str(node.folder)},
            "pg_hba": ["local all all trust", "host all all 127.0.0.1/32 trust",
                       "host replication all 127.0.0.1/32 trust"],
        },
    }  # fmt: skip
