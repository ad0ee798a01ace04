"""`log verify --url`: what a desk shows to everybody is compared with its log, by a program that sees nothing else."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from factcheck.errors import NotFound, Unavailable
from factcheck.followers.publisher import Publisher
from factcheck.inspection import upkeep
from factcheck.inspection.outside import Outside
from factcheck.inspection.public_log import PublicLog
from factcheck.log import remote
from factcheck.log.remote import ServedLog, Site
from factcheck.storage.scratch import scratch
from factcheck.storage.tables.articles import Snapshot
from factcheck.storage.tables.claims import Claim, ClaimSource, ClaimTag
from factcheck.storage.tables.logbook import LogHead, Revision, RevisionContent
from tests.conftest import Copies
from tests.desk import Desk, lift_guards
from tests.serving import Served
from tests.test_attesting import age, attested
from tests.test_cli import Shell
from tests.test_signing_order import served
from torture.varied import vary

CLAIM = "niger-2023-11-06/C15"
PIECE = {"stance": "refutes", "title": "The police's count"}


class Public:
    """A desk that everybody can read, and whoever verifies it from outside."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        self.publisher = Publisher(desk.database, folder)
        settings = desk.app.extensions["factcheck.settings"]
        desk.app.extensions["factcheck.settings"] = replace(settings, public_read=True)
        desk.app.extensions["factcheck.publisher"] = self.publisher

    @contextmanager
    def outside(
        self, token: str | None = None, site: type[Site] = Site, wait: Callable[[float], None] = lambda _: None
    ) -> Iterator[Outside]:
        """Read the log, and yield what verifies the rest."""
        with (
            served(self.desk.app) as port,
            scratch() as database,
            closing(site(f"http://127.0.0.1:{port}", token)) as reader,
        ):
            public = PublicLog(database)
            log = ServedLog(reader, [], public.take)
            *_, done = remote.verified(log)
            assert done.faults == []
            yield Outside(log, public, done, wait)

    def faults(self, token: str | None = None) -> list[str]:
        self.publisher.publish()
        with self.outside(token) as outside:
            *_, done = outside.run()
            assert outside.left_out == set()
            return [fault.told() for fault in done.faults]

    @contextmanager
    def tampering(self) -> Iterator[Session]:
        with self.desk.database.writing() as session:
            lift_guards(session)
            yield session

    def claim(self) -> Any:
        with self.desk.database.reading() as connection:
            return connection.execute(select(*Claim.__table__.columns).where(Claim.external_id == CLAIM)).one()


@pytest.fixture
def public(seeded: Desk, tmp_path: Path) -> Public:
    return Public(seeded, tmp_path / "log")


# ── No false alarms


def test_a_desk_on_which_everything_was_done_is_as_its_log_says(public: Public) -> None:
    vary(public.desk.database)
    public.publisher.publish()
    with public.outside() as outside:
        *_, done = outside.run()
        assert ([fault.told() for fault in done.faults], outside.left_out) == ([], set())
        listed = public.desk.get("/v1/claims?count=true", by=None).json["total"]
        assert (outside.claims, done.done) == (listed, done.total)
        assert done.entries == outside.log.size > 100


def test_with_a_token_people_are_compared_too(public: Public) -> None:
    vary(public.desk.database)
    token = public.desk.tokens["admin"]
    assert public.faults(token) == []
    claim = public.claim()
    for _ in range(2):
        public.desk.made(f"/v1/claims/{claim.id}/evidence", PIECE)
    index = public.desk.changes()[-1]["log_index"]
    with public.tampering() as session:
        others = update(Revision).where(Revision.log_index == index)
        session.execute(others.values(actor_id=public.desk.people["reader"]))
    assert public.faults() == []  # who did it is not public
    [told] = public.faults(token)
    assert told == f"claim {claim.id}, revision {claim.revision + 2}, log index {index}: {UNFIT}"


def test_a_claim_with_a_blind_second_opinion_is_left_out_for_whoever_gives_it(public: Public) -> None:
    desk, claim = public.desk, public.claim()
    desk.made(f"/v1/claims/{claim.id}/second-opinion", {"note": "A close call."}, by="analyst")
    public.publisher.publish()
    with public.outside(desk.tokens["admin"]) as outside:
        *_, done = outside.run()
        assert ([fault.told() for fault in done.faults], outside.left_out) == ([], {claim.id})
    assert public.faults() == []


@pytest.mark.slow
def test_an_older_desk_raises_no_alarm(public: Public) -> None:
    vary(public.desk.database, redacting=False)
    age(public.desk.database)
    assert list(upkeep.renew(public.desk.database))
    assert attested(public.desk.database) > 0
    assert public.faults() == []


# ── What is named

UNFIT = "What /v1/changes shows is not what the entry says."
Tamper = Callable[[Session, Any], object]


def rewritten(session: Session, claim: Any, old: bytes, new: bytes) -> None:
    assert old in claim.document
    session.execute(update(Claim).where(Claim.id == claim.id).values(document=claim.document.replace(old, new)))


def doubled(session: Session, claim: Any) -> None:
    other = {
        "id": STRANGE,
        "seq": 10_000,
        "external_id": None,
        "document": claim.document.replace(claim.id.encode(), STRANGE.encode()),
    }
    session.execute(insert(Claim), dict(claim._mapping) | other)


def retold(session: Session, claim: Any) -> None:
    """Write another text into the content of the entry that adds the claim."""
    content = session.get(RevisionContent, claim.seq)
    assert content is not None
    changed = orjson.loads(content.content)
    changed["changes"] = [
        each | {"after": "Another text."} if each["field"] == "text" else each for each in changed["changes"]
    ]
    session.execute(
        update(RevisionContent).where(RevisionContent.log_index == claim.seq).values(content=orjson.dumps(changed))
    )


def withdrawn(session: Session, claim: Any) -> None:
    values = {"withdrawn_at": claim.created_at, "withdrawn_reason": "Gone.", "withdrawn_by_id": claim.entered_by_id}
    session.execute(update(Claim).where(Claim.id == claim.id).values(**values))


LAST = "claim {claim}, revision {number}, log index {index}"
STRANGE = "01890000-0000-7000-8000-000000000000"
# Each with what is told, where {claim}, {number} and {index} are those of the claim's last entry.
TAMPERED: dict[str, tuple[Tamper, str]] = {
    "another verdict": (
        lambda session, claim: rewritten(session, claim, b'"status":"disputed"', b'"status":"refuted"'),
        f"{LAST}: Its public JSON is not what the log says: status.",
    ),
    "another text": (
        lambda session, claim: rewritten(session, claim, orjson.dumps(claim.text), b'"Another text."'),
        f"{LAST}: Its public JSON is not what the log says: text.",
    ),
    "another content": (
        retold,
        f"{LAST}: Its public JSON is not what the log says: text.",
    ),
    "another claim": (doubled, f"claim {STRANGE}: The log does not know it."),
    "a claim that is gone": (
        withdrawn,
        f"{LAST}: The desk does not show it, and the log says that it is there.",
    ),
    "a list by status": (
        lambda session, claim: session.execute(update(Claim).where(Claim.id == claim.id).values(status="refuted")),
        f"{LAST}: It is missing from the list of claims by status=disputed.",
    ),
    "a list by tag": (
        lambda session, claim: session.execute(delete(ClaimTag).where(ClaimTag.claim_seq == claim.seq)),
        f"{LAST}: It is missing from the list of claims by tag=",
    ),
    "a list by source": (
        lambda session, claim: session.execute(delete(ClaimSource).where(ClaimSource.claim_seq == claim.seq)),
        f"{LAST}: It is missing from the list of claims by source=",
    ),
    "another time": (
        lambda session, claim: session.execute(
            update(Revision).where(Revision.log_index == claim.seq).values(at=claim.created_at - timedelta(days=1))
        ),
        "claim {claim}, revision 1, log index {seq}: " + UNFIT,
    ),
    "another article's text": (
        lambda session, claim: session.execute(
            update(Snapshot).where(Snapshot.article_id == claim.article_id).values(text=Snapshot.text + " More.")
        ),
        "article {article}: The text of snapshot 1 does not have the hash that the log says.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("tampered", TAMPERED)
def test_what_was_changed_in_the_database_is_named(public: Public, tampered: str) -> None:
    tamper, told = TAMPERED[tampered]
    public.publisher.publish()
    claim = public.claim()
    with public.tampering() as session:
        tamper(session, claim)
    place = {
        "claim": claim.id,
        "number": claim.revision,
        "index": claim.changed_index,
        "seq": claim.seq,
        "article": claim.article_id,
    }
    found = public.faults()
    assert [each for each in found if each.startswith(told.format(**place))], found
    # What hangs on it is named as well, and nothing else.
    about = {claim.id, claim.article_id, STRANGE}
    assert [each for each in found if not any(each_id in each for each_id in about)] == []


def test_a_log_that_was_changed_is_named_and_nothing_is_compared_with_it(public: Public) -> None:
    public.publisher.publish()
    with public.tampering() as session:
        session.execute(update(Revision).where(Revision.log_index == 3).values(leaf=b"{}"))
    with served(public.desk.app) as port, closing(Site(f"http://127.0.0.1:{port}")) as site:
        *_, done = remote.verified(ServedLog(site))
    assert "log, log index 3: The entry is not an entry of this log." in [fault.told() for fault in done.faults]


# ── While people write


class Meddling(Site):
    """A site on which `action` is done when a path is first requested."""

    path, action = "", staticmethod(lambda: None)

    def ask(self, path: str) -> tuple[int, bytes]:
        if path.startswith(self.path) and type(self).path:
            type(self).path = ""
            type(self).action()
        return super().ask(path)


@pytest.mark.parametrize(
    "path", ["/v1/claims?sort=created_at&limit", "/v1/claims?sort=created_at&status", "/v1/articles?"]
)
def test_what_is_written_meanwhile_raises_no_alarm(public: Public, path: str) -> None:
    """The publisher signs it while the walk waits for that."""
    desk, claim = public.desk, public.claim()
    public.publisher.publish()

    def work() -> None:
        desk.made(f"/v1/claims/{claim.id}/evidence", PIECE)
        desk.patch(f"/v1/articles/{claim.article_id}", {"title": "Another title"}, etag="*")
        desk.claim()

    class Site(Meddling):
        pass

    Site.path, Site.action = path, staticmethod(work)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        public.publisher.publish()

    with public.outside(site=Site, wait=wait) as outside:
        size = outside.log.size
        *_, done = outside.run()
        assert Site.path == ""
        assert ([fault.told() for fault in done.faults], outside.left_out) == ([], set())
        assert outside.log.size > size or path == "/v1/articles?"


def test_a_claim_whose_change_is_never_signed_is_left_out(public: Public) -> None:
    desk, claim = public.desk, public.claim()
    public.publisher.publish()
    with public.outside() as outside:
        desk.made(f"/v1/claims/{claim.id}/evidence", PIECE)
        *_, done = outside.run()
        assert ([fault.told() for fault in done.faults], outside.left_out) == ([], {claim.id})


# ── Manners


class Server:
    """A server that keeps connections open and answers as a test says."""

    def __init__(self, answer: Callable[[int], tuple[int, dict[str, str], bytes]]) -> None:
        self.connections: set[Any] = set()
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.connections.add(self.client_address)
                outer.asked += 1
                status, headers, body = answer(outer.asked)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "Server":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


def test_it_keeps_one_connection_and_waits_when_it_is_told_to() -> None:
    waited: list[float] = []
    busy = {2: (429, {"Retry-After": "7"}, b"{}"), 3: (503, {"Retry-After": "100000"}, b"{}")}
    with Server(lambda asked: busy.get(asked, (200, {}, b'{"n": 1}'))) as server:
        with closing(Site(server.url, wait=waited.append)) as site:
            assert [site.json("/v1/claims") for _ in range(3)] == [{"n": 1}] * 3
        assert (server.asked, waited, len(server.connections)) == (5, [7, remote.LONGEST_WAIT], 1)


def test_a_connection_that_the_server_closes_is_opened_again() -> None:
    with Server(lambda _: (200, {"Connection": "close"}, b"[]")) as server, closing(Site(server.url)) as site:
        assert [site.get("/log/key") for _ in range(3)] == [b"[]"] * 3
        assert len(server.connections) == 3


def test_a_server_that_never_lets_one_in_is_given_up() -> None:
    waited: list[float] = []
    with (
        Server(lambda _: (429, {"Retry-After": "1"}, b"")) as server,
        closing(Site(server.url, wait=waited.append)) as site,
        pytest.raises(NotFound, match="responds with 429"),
    ):
        site.get("/log/key")
    assert waited == [1] * (remote.WAITS - 1)
    with closing(Site(server.url)) as site, pytest.raises(Unavailable, match="does not respond"):
        site.get("/log/key")
    for url in ("ftp://desk.example", "desk.example", "http://", "http://desk.example:http", "http://[::1"):
        with pytest.raises(NotFound, match="must begin with http"):
            Site(url)


# ── The program


@pytest.mark.slow
def test_the_program_verifies_a_server_and_names_what_was_changed_behind_it(copies: Copies, tmp_path: Path) -> None:
    url = copies.copy("seeded")
    server = Served(tmp_path, url, FACTCHECK_PUBLIC_READ="on")
    try:
        server.wait()
        with server.writing() as session:
            size = session.execute(select(LogHead.size)).scalar_one()
        address = f"http://127.0.0.1:{server.port}"
        end = time.monotonic() + server.DEADLINE
        with closing(Site(address)) as site:
            while f"\n{size}\n" not in site.ask("/log/checkpoint")[1].decode():
                assert time.monotonic() < end, server.log.read_text()
        good = server.command("log", "verify", "--url", address, "--json")
        claims = len(json.loads(good.stdout.decode() or "{}").get("left_out", "none"))
        assert (good.returncode, claims) == (0, 0), good.stderr
        assert json.loads(good.stdout)["claims"] > 30
        with server.writing() as session:
            claim = session.scalars(select(Claim).where(Claim.external_id == CLAIM)).one()
            rewritten(session, claim, orjson.dumps(claim.text), b'"Another text."')
            named = claim.id
        bad = server.command("log", "verify", "--url", address)
        assert (
            bad.returncode,
            re.findall(r"^claim (\S+), revision 2, log index", bad.stdout.decode(), re.MULTILINE),
        ) == (
            1,
            [named],
        ), bad.stdout
        assert f"{size} entries checked, 1 fault." in bad.stderr.decode()
    finally:
        server.stop()
        copies.forget(url)


def test_a_desk_that_is_not_public_needs_a_token(desk: Desk, tmp_path: Path) -> None:
    public = Public(desk, tmp_path / "log")
    desk.app.extensions["factcheck.settings"] = replace(desk.app.extensions["factcheck.settings"], public_read=False)
    desk.claim()
    public.publisher.publish()
    shell = Shell(tmp_path, {})
    with served(desk.app) as port:
        words = ("log", "verify", "--url", f"http://127.0.0.1:{port}")
        told = shell.run(*words)
        assert (told.returncode, "Only the log was checked" in told.stderr) == (0, True)
        assert shell.json(*words)["claims"] is None
        assert shell.json(*words, "--token", desk.tokens["reader"])["claims"] == 1
        shell.settings["token"] = desk.tokens["reader"]
        assert "1 claim compared with the log, 0 left out." in shell.run(*words).stderr
