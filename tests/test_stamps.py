"""Time stamps: a real authority vouches for checkpoints, and whatever it does, checkpoints go on."""

import hashlib
import re
import shlex
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from factcheck.errors import Misconfigured, Unavailable
from factcheck.followers import stamper
from factcheck.followers.publisher import Publisher
from factcheck.followers.stamper import Stamper
from factcheck.log import remote
from factcheck.log.verification import Fault
from factcheck.log.vouching import stamps
from factcheck.log.vouching.stamps import Vouched
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import Guard, networks
from factcheck.settings import Settings
from factcheck.storage.tables.logbook import LogCheckpoint, LogStamp
from tests.authority import Authority
from tests.desk import Desk, lift_guards
from tests.receiver import Answer, Receiver, receiving
from tests.serving import SECRET, Served
from tests.test_cli import Shell
from tests.test_signing_order import served

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "verify" / "time-stamps.md"
HERE = Guard(networks("127.0.0.0/8"), http=True)
ENTRIES = re.compile(r"The checkpoint of (\d+) entries was stamped at (\S+)\.")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "ours")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "other", "Somebody else")


class Stamped:
    """A desk whose checkpoints an authority stamps."""

    def __init__(self, desk: Desk, folder: Path, receiver: Receiver) -> None:
        self.desk, self.receiver = desk, receiver
        self.publisher = Publisher(desk.database, folder)
        self.counted: list[str] = []
        outbound = Outbound(HERE, deadline=2.0)
        self.stamper = Stamper(desk.database, folder, receiver.url, outbound, self.counted.append)

    def publish(self) -> str:
        """Have a claim added and a checkpoint signed, and return its note."""
        self.desk.claim()
        note = self.publisher.publish()
        assert note is not None
        return note

    def stored(self) -> list[tuple[int, bytes]]:
        with self.desk.database.reading() as connection:
            return [(row.size, row.response) for row in connection.execute(select(LogStamp.size, LogStamp.response))]

    def examined(self, authority: Authority | None) -> list[Vouched | Fault]:
        roots = stamps.read_roots(authority.roots.read_bytes()) if authority else []
        with self.desk.database.reading_one_moment() as connection, Session(connection) as session:
            return list(stamps.examined(session, roots))

    def tamper(self, statement: str, **values: object) -> None:
        with self.desk.database.writing() as session:
            lift_guards(session)
            session.execute(text(statement), values)


@pytest.fixture
def stamped(desk: Desk, authority: Authority, tmp_path: Path) -> Iterator[Stamped]:
    with receiving(authority.answer) as receiver:
        yield Stamped(desk, tmp_path / "log", receiver)


# ── Asking


def test_a_checkpoint_is_stamped_once_and_the_stamp_is_kept_as_it_came(stamped: Stamped, authority: Authority) -> None:
    note = stamped.publish()
    told = ENTRIES.fullmatch(stamped.stamper.stamp())
    assert told is not None
    assert stamped.stamper.stamp() == f"The checkpoint of {told[1]} entries already has a time stamp."
    assert (len(stamped.receiver.requests), stamped.counted, stamped.stamper.due()) == (1, ["stamped"], False)
    assert hashlib.sha256(note.encode()).digest() in stamped.receiver.requests[0].body
    assert stamped.stored() == [(int(told[1]), (authority.folder / "response").read_bytes())]
    assert stamped.examined(authority) == [Vouched(int(told[1]), told[2])]
    stamped.publish()
    assert stamped.stamper.due()


def test_no_transaction_is_open_while_the_server_is_asked(desk: Desk, authority: Authority, tmp_path: Path) -> None:
    """The server has a claim added before it answers: with SQLite that would wait for whoever writes."""
    with receiving() as receiver:
        stamped = Stamped(desk, tmp_path / "log", receiver)
        receiver.answer = lambda request: (desk.claim(), authority.answer(request))[1]
        stamped.publish()
        stamped.stamper.stamp()
        assert len(stamped.stored()) == 1


LIES: dict[str, tuple[Callable[[Authority], Answer], str]] = {
    "down": (lambda _: lambda _: 503, "it responded with 503"),
    "redirect": (lambda _: lambda _: (302, {"Location": "http://127.0.0.1/"}, b""), "it responded with 302"),
    "nonsense": (lambda _: lambda _: (200, {}, b"<html>A captive portal</html>"), "it is not a time-stamp response"),
    "nothing": (lambda _: lambda _: (200, {}, b""), "it is not a time-stamp response"),
    "endless": (lambda _: lambda _: (200, {}, b"0" * 100_000), "has more than 65536 bytes"),
    "cut off": (
        lambda it: lambda request: (200, {}, it.response(request.body)[:-9]),
        "it is not a time-stamp response",
    ),
    "a replay": (lambda it: lambda _: (200, {}, it.response(query_of(b"this note"))), "it has another nonce"),
    "of something else": (
        lambda it: lambda request: (200, {}, it.response(exchanged(request.body))),
        "it is of something else than the SHA-256 of this checkpoint",
    ),
    "refused": (
        lambda it: lambda request: (200, {}, it.response(request.body.replace(SHA256_OID, SHA384_OID))),
        "granted none (status 2",
    ),
}
SHA256_OID, SHA384_OID = bytes.fromhex("0609608648016503040201"), bytes.fromhex("0609608648016503040202")


def query_of(data: bytes) -> bytes:
    return stamps.request(data.decode()).as_bytes()


def exchanged(query: bytes) -> bytes:
    """Return a query for another digest, under the same nonce."""
    at = query.index(SHA256_OID) + len(SHA256_OID) + 4  # behind the NULL of the algorithm and the octets' header
    return query[:at] + bytes(32) + query[at + 32 :]


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_gives_no_stamp_leaves_checkpoints_alone(
    desk: Desk, authority: Authority, tmp_path: Path, lie: str
) -> None:
    answer, told = LIES[lie]
    with receiving(answer(authority)) as receiver:
        stamped = Stamped(desk, tmp_path / "log", receiver)
        stamped.publish()
        with pytest.raises(Unavailable, match=r"^The time-stamp server gave no time stamp: ") as error:
            stamped.stamper.stamp()
        assert told in error.value.detail
        assert (stamped.stored(), stamped.counted, stamped.stamper.due()) == ([], ["failed"], True)
        receiver.answer = authority.answer
        newer = stamped.publish()
        stamped.stamper.stamp()
        [(size, _)] = stamped.stored()
        assert f"\n{size}\n" in newer
        assert stamped.counted == ["failed", "stamped"]


def test_a_server_that_never_answers_is_given_up(desk: Desk, tmp_path: Path) -> None:
    over = threading.Event()
    try:
        with receiving(lambda _: (over.wait(30) and 500) or 500) as receiver:
            stamped = Stamped(desk, tmp_path / "log", receiver)
            stamped.stamper.outbound = Outbound(HERE, deadline=0.2)
            stamped.publish()
            with pytest.raises(Unavailable, match=r"No answer within 0\.2 seconds\.$"):
                stamped.stamper.stamp()
            assert stamped.publish()
            over.set()
    finally:
        over.set()


def test_a_private_network_must_be_allowed(desk: Desk, authority: Authority, tmp_path: Path) -> None:
    """By the setting that allows it for webhooks. TLS is not demanded: the answer is signed."""
    with receiving(authority.answer) as receiver:
        given = {"tsa_url": receiver.url, "log_folder": str(tmp_path / "log"), "secret_key": SECRET}
        assert stamper.of_settings(Settings(**{**given, "tsa_url": ""}), desk.database) is None
        Publisher(desk.database, tmp_path / "log").publish()
        refused = stamper.of_settings(Settings(**given), desk.database)
        allowed = stamper.of_settings(Settings(**given, outbound_allow="127.0.0.0/8"), desk.database)
        assert refused is not None
        assert allowed is not None
        with pytest.raises(Unavailable, match=r"does not send to the network address 127\.0\.0\.1: this machine\.$"):
            refused.stamp()
        assert receiver.requests == []
        assert ENTRIES.fullmatch(allowed.stamp())


def test_the_server_stamps_on_its_own(stamped: Stamped) -> None:
    """Of two processes, one asks. What fails first is tried again."""
    asked = threading.Event()
    answer = stamped.receiver.answer

    def note(request: object) -> object:
        try:
            return answer(request)  # type: ignore[arg-type]
        finally:
            asked.set()

    stamped.receiver.answer = note  # type: ignore[assignment]
    other = Stamper(stamped.desk.database, stamped.publisher.folder, stamped.receiver.url, stamped.stamper.outbound)
    stamped.publish()
    threads = [stamped.stamper.start(), other.start()]
    try:
        assert asked.wait(30)
    finally:
        stamped.stamper.stop()
        other.stop()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert (len(stamped.stored()), len(stamped.receiver.requests)) == (1, 1)


def test_a_stamp_is_never_changed_or_deleted(stamped: Stamped) -> None:
    stamped.publish()
    stamped.stamper.stamp()
    for statement in ("DELETE FROM log_stamps", "UPDATE log_stamps SET epoch = epoch"):
        with pytest.raises(Exception, match="never changed"), stamped.desk.database.writing() as session:
            session.execute(text(statement))
    assert len(stamped.stored()) == 1


# ── Verifying


def test_a_stamp_of_another_authority_or_that_was_changed_is_named(
    stamped: Stamped, authority: Authority, stranger: Authority
) -> None:
    stamped.publish()
    stamped.stamper.stamp()
    [(size, _)] = stamped.stored()
    [good] = stamped.examined(authority)
    assert isinstance(good, Vouched)
    assert stamped.examined(None) == [good]
    [strange] = stamped.examined(stranger)
    assert isinstance(strange, Fault)
    assert strange.told().startswith(f"time stamp of {size} entries: It is not valid: its signature is not of an")

    cases = {
        "UPDATE log_stamps SET stamped_at = :value": ("2020-01-01 00:00:00+00:00", "the desk says 2020-01-01T00"),
        "UPDATE log_checkpoints SET note = :value": ("Another note.", "it is of something else than the SHA-256"),
        "UPDATE log_stamps SET response = :value": (b"no stamp", "it is not a time-stamp response"),
    }
    for statement, (value, told) in cases.items():
        stamped.tamper(statement, value=value)
        [found] = stamped.examined(authority)
        assert isinstance(found, Fault)
        assert told in found.detail, statement
        assert [isinstance(each, Fault) for each in stamped.examined(None)] == [True], statement


def test_a_signature_that_was_changed_is_named(stamped: Stamped, authority: Authority) -> None:
    stamped.publish()
    stamped.stamper.stamp()
    [(_, response)] = stamped.stored()
    stamped.tamper("UPDATE log_stamps SET response = :value", value=response[:-1] + bytes([response[-1] ^ 1]))
    [found] = stamped.examined(authority)
    assert isinstance(found, Fault)
    assert "its signature is not of an authority of the given roots" in found.detail


def test_roots_must_be_certificates() -> None:
    with pytest.raises(Misconfigured, match="must contain certificates in PEM"):
        stamps.read_roots(b"no certificate")


# ── What is served


def test_stamps_are_served_to_everybody_newest_first(stamped: Stamped) -> None:
    desk, notes = stamped.desk, []
    for _ in range(3):
        notes.append(stamped.publish())
        stamped.stamper.stamp()
    stamped.publish()  # without a stamp
    first = desk.get("/v1/log/stamps?limit=2", by=None).json
    rest = desk.get(f"/v1/log/stamps?limit=2&cursor={first['next_cursor']}", by=None).json
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    items = [*first["items"], *rest["items"]]
    assert [each["size"] for each in items] == sorted((size for size, _ in stamped.stored()), reverse=True)
    for item, note in zip(items, reversed(notes), strict=True):
        checkpoint = desk.get(item["links"]["checkpoint"], by=None)
        response = desk.get(item["links"]["stamp"], by=None)
        assert checkpoint.get_data(as_text=True) == note
        assert (response.content_type, (item["size"], response.data) in stamped.stored()) == (
            "application/timestamp-reply",
            True,
        )
        assert "immutable" in checkpoint.headers["Cache-Control"]
        assert "immutable" in response.headers["Cache-Control"]
    for path in ("/log/stamps/1/1", "/log/checkpoints/2/1", f"/log/stamps/9007199254740991/{items[0]['size']}"):
        assert desk.get(path, by=None).status_code == 404, path


def test_an_auditor_verifies_one_with_openssl_alone(
    stamped: Stamped, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    """By the document's own commands, in its order, with this desk's address in them."""
    stamped.publish()
    stamped.stamper.stamp()
    [(size, _)] = stamped.stored()
    commands = re.findall(r"^(?:curl|openssl) .*$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert [shlex.split(command)[0] for command in commands] == ["curl", "curl", "curl", "openssl", "openssl"]
    listed, *fetched, verify, show = commands
    (tmp_path / "roots.pem").write_bytes(authority.roots.read_bytes())

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)

    with served(stamped.desk.app) as port:
        here = [each.replace("https://desk.example", f"http://127.0.0.1:{port}") for each in (listed, *fetched)]
        assert f'"/log/stamps/1/{size}"' in run(here[0]).stdout
        for command in here[1:]:
            assert run(command.replace("/1/250", f"/1/{size}")).returncode == 0
    good = run(verify)
    assert (good.returncode, "Verification: OK" in good.stdout + good.stderr) == (0, True)
    assert "Time stamp: " in run(show).stdout
    (tmp_path / "roots.pem").write_bytes(stranger.roots.read_bytes())
    assert run(verify).returncode == 1
    (tmp_path / "roots.pem").write_bytes(authority.roots.read_bytes())
    (tmp_path / "checkpoint").write_bytes((tmp_path / "checkpoint").read_bytes() + b"\n")
    assert run(verify).returncode == 1


def test_stamps_are_verified_from_outside(stamped: Stamped, authority: Authority, stranger: Authority) -> None:
    desk = stamped.desk
    desk.app.extensions["factcheck.publisher"] = stamped.publisher
    for _ in range(2):
        stamped.publish()
        stamped.stamper.stamp()
    stamped.publish()
    with served(desk.app) as port:

        def verified(by: Authority) -> tuple[list[Vouched], list[Fault]]:
            vouched: list[Vouched] = []
            roots = stamps.read_roots(by.roots.read_bytes())
            with closing(remote.Site(f"http://127.0.0.1:{port}")) as site:
                *_, done = remote.verified(remote.ServedLog(site), [], roots, vouched)
            return vouched, done.faults

        vouched, faults = verified(authority)
        assert (faults, vouched) == ([], stamped.examined(authority))
        assert [each.size for each in vouched] == [size for size, _ in stamped.stored()]
        assert [fault.subject for fault in verified(stranger)[1]] == [
            f"time stamp of {size} entries" for size, _ in reversed(stamped.stored())
        ]
        with desk.database.reading() as connection:
            note = connection.execute(select(LogCheckpoint.note).order_by(LogCheckpoint.size).limit(1)).scalar_one()
        other = note.replace("\n\n", "\nextra\n\n", 1)
        stamped.tamper("UPDATE log_checkpoints SET note = :value WHERE note = :note", value=other, note=note)
        _, faults = verified(authority)
        assert [fault.subject.rpartition(" of ")[0] for fault in faults] == ["time stamp", "checkpoint"]


# ── The program


def test_the_command_has_a_checkpoint_stamped_and_tells_the_time(
    tmp_path: Path, authority: Authority, stranger: Authority
) -> None:
    shell = Shell(tmp_path, {"outbound_allow": "127.0.0.0/8"})
    shell.done("seed")
    assert shell.failed("log", "stamp") == "factcheck: FACTCHECK_TSA_URL is not set: it names the time-stamp server."
    with receiving(authority.answer) as receiver:
        shell.settings["tsa_url"] = receiver.url
        told = ENTRIES.search(shell.done("log", "stamp"))
    assert told is not None
    good = shell.run("log", "verify", "--tsa-roots", str(authority.roots))
    assert (good.returncode, good.stdout) == (0, "")
    assert f"1 time stamp verified.\nThe first {told[1]} entries existed at {told[2]}.\n" in good.stderr
    verified = shell.json("log", "verify", "--tsa-roots", str(authority.roots))
    assert verified["time_stamps"] == [{"size": int(told[1]), "at": told[2]}]
    assert "time_stamps" not in shell.json("log", "verify")
    assert "existed at" not in shell.run("log", "verify").stderr  # no signature of a stamp was checked
    bad = shell.run("log", "verify", "--tsa-roots", str(stranger.roots))
    assert (bad.returncode, bad.stdout.startswith(f"time stamp of {told[1]} entries: It is not valid: ")) == (1, True)
    (tmp_path / "roots").write_bytes(b"no certificate")
    assert "must contain certificates in PEM" in shell.failed("log", "verify", "--tsa-roots", "roots")
    shell.done("log", "rebuild", "--into", f"sqlite:///{tmp_path}/new.db")
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT size FROM log_stamps").fetchall() == [(int(told[1]),)]


@pytest.mark.slow
def test_a_server_has_its_checkpoints_stamped_and_counts_them(tmp_path: Path, authority: Authority) -> None:
    with receiving(authority.answer) as receiver:
        settings = {"FACTCHECK_TSA_URL": receiver.url, "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.0/8"}
        server = Served(tmp_path, **settings)
        try:
            server.wait()
            end = time.monotonic() + server.DEADLINE
            with closing(remote.Site(f"http://127.0.0.1:{server.port}")) as site:
                while not (found := site.json("/v1/log/stamps")["items"]):
                    assert time.monotonic() < end, server.log.read_text()
                metrics = site.get("/metrics").decode()
            assert len(found) == 1
            assert 'factcheck_time_stamps_total{outcome="stamped"} 1.0' in metrics
            assert 'factcheck_time_stamps_total{outcome="failed"} 0.0' in metrics
        finally:
            server.stop()
