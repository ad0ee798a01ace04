"""How mail is handed over: TLS, logging in, what no header can hold, the settings, and the command."""

import os
import signal
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.desk.team.mail import Begun
from factcheck.errors import Misconfigured
from factcheck.log.actors import Actor
from factcheck.mailing.letters import Letters
from factcheck.outbound.mail import Failure, NotSent, Post
from factcheck.rules.roles import Role
from factcheck.rules.team.mailing import is_address, line
from factcheck.rules.team.notifying import Delivery
from factcheck.setting_values import mail_server, sender
from factcheck.settings import Settings, described
from tests import commands
from tests.desk import SECRET, Desk
from tests.mail_server import PASSWORD, USER, MailServer, server_context, taking_mail, text_of
from tests.test_mail import ADDRESS, BASE, FROM
from tests.test_notifications import HERE, comment, told

LETTERS = Letters("The desk", "desk@example.org", BASE, SECRET)
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"


def row(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "mentioned", "by": {"id": "1", "name": "Ama"}, "about": "A claim.", "comment_id": "c", "claim_id": "d",
        "article_id": None, **fields,
    }  # fmt: skip


def begun(address: str = ADDRESS, language: str | None = None) -> Begun:
    return Begun(Actor("p", "Ama", Role.READER, "m"), address, language, Delivery.AT_ONCE, {}, 7)


def letter(**fields: Any) -> EmailMessage:
    return LETTERS.notifications(begun(), [row(**fields)])


def post(server: MailServer, login: str = "", query: str = "", scheme: str = "smtp") -> Post:
    return Post(mail_server(f"{scheme}://{login and login + '@'}127.0.0.1:{server.port}{query}"), "localhost", 5.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for this machine that is its own authority, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A mail server")])
    begins = datetime.now(UTC) - timedelta(hours=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return str(folder / "certificate.pem"), str(folder / "key.pem")


@pytest.fixture
def secure(certificate: tuple[str, str]) -> Iterator[MailServer]:
    """A server that takes nothing before STARTTLS and a login."""
    context = server_context(*certificate)
    options = {"tls_context": context, "require_starttls": True, "auth_required": True, "auth_require_tls": True}
    with taking_mail(**options) as found:
        yield found


def test_starttls_and_a_login(
    secure: MailServer, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    with post(secure, LOGIN) as way:
        way.send(letter())
        way.send(letter())
    assert (len(secure.raw), secure.logins) == (2, 1)  # both over one connection
    with pytest.raises(NotSent) as wrong, post(secure, f"{quote(USER, safe='')}:wrong") as way:
        way.send(letter())
    assert wrong.value.failure is Failure.DOWN
    assert PASSWORD not in str(wrong.value)
    assert len(secure.raw) == 2


def test_a_certificate_that_nobody_vouches_for_gets_nothing(secure: MailServer) -> None:
    way = post(secure, LOGIN)
    for _ in range(2):
        with pytest.raises(NotSent) as refused, way:
            way.send(letter())
        assert (refused.value.failure, "CERTIFICATE_VERIFY_FAILED" in refused.value.reason) == (Failure.DOWN, True)
    assert (secure.raw, secure.logins) == ([], 0)


def test_starttls_is_required_unless_it_is_switched_off() -> None:
    with taking_mail() as server:
        way = post(server)
        for _ in range(2):  # the connection without TLS is not used later either
            with pytest.raises(NotSent) as refused:
                way.send(letter())
            assert refused.value.reason == "the mail server offers no STARTTLS"
        assert server.raw == []
        with post(server, query="?starttls=off") as way:
            way.send(letter())
        assert len(server.raw) == 1


def test_tls_from_the_start(certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    with taking_mail(ssl_context=server_context(*certificate)) as server:
        with post(server, scheme="smtps") as way:
            way.send(letter())
        assert len(server.raw) == 1
        with pytest.raises(NotSent), post(server, query="?starttls=off") as way:
            way.send(letter())
    assert ssl.HAS_TLSv1_2


def test_a_connection_that_the_server_closed_is_opened_again() -> None:
    with taking_mail() as server:
        way = post(server, query="?starttls=off")
        way.send(letter())
        port = server.port
    with taking_mail(port) as server:
        way.send(letter())
        way.leave()
        assert len(server.raw) == 1
    with pytest.raises(NotSent) as gone:
        way.send(letter())
    assert (gone.value.failure, gone.value.reason) == (Failure.DOWN, "ConnectionRefusedError: Connection refused")


def test_addresses_of_other_scripts() -> None:
    with taking_mail() as server, post(server, query="?starttls=off") as way:
        way.send(LETTERS.notifications(begun("jürgen@exämple.org"), [row()]))
        assert server.recipients == [["jürgen@exämple.org"]]
        assert "jürgen@exämple.org".encode() in server.raw[0]
        assert b"/unsubscribe/" in server.raw[0]


# ── What a header holds ─────────────────────────────────────────────────────────────────────────────────────────────

HEADERS = {
    "From", "To", "Subject", "Date", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    "Content-Language", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "X-Peer", "X-MailFrom", "X-RcptTo",
}  # fmt: skip


@pytest.mark.parametrize(
    "address", ["=?utf-8?q?=29?=x@b.org", "=?utf-8?q?x=0d=0aX-A=3ab?=@evil.example", "a@=?utf-8?q?b?=.org"]
)
def test_an_address_that_a_header_would_decode_is_none(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(ValueError, match="an address"):
        sender(address)


INJECTED = (
    "Ama\r\nBcc: victim@example.org", "Ama\nBcc: victim@example.org\n\nAnother body", "Ama\rBcc: v@example.org",
    "Ama\u2028Bcc: v@example.org", "Ama\x0bBcc: v@example.org", "Ama\x85Bcc: v@example.org",
    "=?utf-8?q?Ama=0D=0ABcc=3A_v=40example=2Eorg?=", "Ama\x00", "\u202eamA", "<script>", "é" * 300,
)  # fmt: skip


@pytest.mark.parametrize("name", INJECTED)
def test_no_name_adds_a_header(name: str) -> None:
    with taking_mail() as server, post(server, query="?starttls=off") as way:
        way.send(letter(by={"id": "1", "name": name}, about=name))
    [taken], [raw] = server.letters, server.raw
    assert set(taken.keys()) <= HEADERS
    assert server.recipients == [[ADDRESS]]
    assert raw.isascii()
    assert all(len(each) <= 998 for each in raw.splitlines())
    assert "\u202e" not in text_of(taken)
    assert taken["List-Unsubscribe"].startswith(f"<{BASE}/unsubscribe/")
    assert "\n" not in str(taken["Subject"])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_whatever_a_text_is_it_makes_a_mail(text: str) -> None:
    made = letter(by={"id": "1", "name": text}, about=text).as_bytes()
    assert made.count(b"\r\n\r\n") >= 1
    head = made.partition(b"\r\n\r\n")[0]
    names = [each.partition(b":")[0].decode() for each in head.split(b"\r\n") if each[:1] not in (b" ", b"\t")]
    assert sorted(names) == sorted(set(names) & HEADERS)
    assert len(line(text)) <= 160


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.emails(), st.text(max_size=20).map(lambda text: f"{text}@example.org"), st.text(max_size=30)))
def test_whatever_passes_for_an_address_is_one_to_the_library(text: str) -> None:
    if is_address(text):
        made = LETTERS.notifications(begun(text), [row()])
        [to] = made["To"].addresses
        assert to.addr_spec == text


# ── Settings ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 587, "", "", True)),
        ("smtp://u%40x:p%3Aw@mail.example.org:25", ("smtp", "mail.example.org", 25, "u@x", "p:w", True)),
        ("smtps://u:p@mail.example.org/", ("smtps", "mail.example.org", 465, "u", "p", True)),
        ("smtp://[::1]:2525?starttls=off", ("smtp", "::1", 2525, "", "", False)),
    ],
)
def test_the_url_of_a_server(url: str, read: tuple[Any, ...]) -> None:
    assert tuple(mail_server(url)) == read


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org", "http://mail.example.org", "smtp://", "smtp://mail.example.org:0", "smtp://mail:x",
        "smtp://mail.example.org/path", "smtp://mail.example.org?tls=off", "smtp://mail.example.org?starttls=on",
        "smtps://mail.example.org?starttls=off", "smtp://u@mail.example.org", "smtp://u:p%C3%A4@mail.example.org",
        "smtp://mail.example.org#x", "smtp://[::1",
    ],
)  # fmt: skip
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"FACTCHECK_SMTP_URL must be .*URL|FACTCHECK_SMTP_URL must be smtp"):
        Settings.from_environment({"FACTCHECK_SMTP_URL": url, "FACTCHECK_MAIL_FROM": FROM, "FACTCHECK_BASE_URL": BASE})


def test_what_mail_needs_is_demanded_and_secrets_are_hidden(tmp_path: Path) -> None:
    whole = {
        "FACTCHECK_DATABASE_URL": f"sqlite:///{tmp_path}/desk.db", "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_SMTP_URL": "smtp://user:secret@mail.example.org", "FACTCHECK_MAIL_FROM": FROM,
        "FACTCHECK_BASE_URL": BASE,
    }  # fmt: skip
    for missing in ("FACTCHECK_MAIL_FROM", "FACTCHECK_BASE_URL"):
        with pytest.raises(Misconfigured, match=f"{missing} is required with FACTCHECK_SMTP_URL"):
            Settings.from_environment({name: value for name, value in whole.items() if name != missing})
    for bad in ("desk", "a@b, c@d", "Desk <desk>", "Desk\n<desk@example.org>", "jürgen@example.org"):
        with pytest.raises(Misconfigured, match="FACTCHECK_MAIL_FROM must be an address"):
            Settings.from_environment({**whole, "FACTCHECK_MAIL_FROM": bad})
    for bad in ("https://dêsk.example.org", "https://desk.example.org/a b", "https://desk.example.org/<b>"):
        with pytest.raises(Misconfigured, match="FACTCHECK_BASE_URL must be of ASCII characters"):
            Settings.from_environment({**whole, "FACTCHECK_BASE_URL": bad})
    found = Settings.from_environment(whole)
    assert "secret" not in repr(found)
    [shown] = [each for each in described(found) if each["name"] == "FACTCHECK_SMTP_URL"]
    assert shown["value"] == "smtp://(hidden)@mail.example.org"
    file = tmp_path / "url"
    file.write_text(whole.pop("FACTCHECK_SMTP_URL"), encoding="utf-8")
    assert Settings.from_environment({**whole, "FACTCHECK_SMTP_URL_FILE": str(file)}).smtp_url == found.smtp_url
    assert (Letters.of(found).name, Letters.of(found).address) == ("The desk", "desk@example.org")


# ── The command ─────────────────────────────────────────────────────────────────────────────────────────────────────


def mentioned(desk: Desk, tmp_path: Path) -> dict[str, str]:
    """Have something mailed at once to the reader, and return the environment of a process of the desk."""
    there = desk.claim()["links"]["self"]
    body = {"email": ADDRESS}
    assert desk.patch(f"/v1/people/{desk.people['reader']}", body, etag="*", by="reader").status_code == 200
    assert desk.patch(f"{HERE}/choices", {"mentioned": "at_once"}, by="reader").status_code == 200
    comment(desk, there, "analyst", "Look.", "reader")
    told(desk, "reader")
    return {
        "FACTCHECK_DATABASE_URL": desk.settings.database_url, "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"), "PYTHONUTF8": "1",
    }  # fmt: skip


def sending(server: MailServer) -> dict[str, str]:
    return {"FACTCHECK_SMTP_URL": server.url, "FACTCHECK_MAIL_FROM": FROM, "FACTCHECK_BASE_URL": BASE}


def test_a_process_that_is_killed_sends_the_same_mail_again(desk: Desk, tmp_path: Path) -> None:
    """SIGKILL, when the server has taken the mail and the process does not know it yet."""
    with taking_mail() as server:
        environment = mentioned(desk, tmp_path) | sending(server)

        def begun() -> commands.Command:
            return commands.Command(["mail", "run"], cwd=tmp_path, env=environment)

        process = begun()
        server.taken = lambda: os.kill(process.pid, signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        server.taken = None
        process = begun()
        until = time.monotonic() + 60
        while len(server.raw) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0
        first, second = server.letters
        assert (first["Message-ID"], text_of(first)) == (second["Message-ID"], text_of(second))


def test_the_command_sends_what_is_due_and_ends(desk: Desk, tmp_path: Path) -> None:
    environment = mentioned(desk, tmp_path)

    def run() -> tuple[int, str]:
        ended = commands.run("mail", "run", "--once", cwd=tmp_path, env=environment)
        return ended.returncode, ended.stderr.decode().splitlines()[-1]

    assert run() == (1, "factcheck: FACTCHECK_SMTP_URL is required to send mail.")
    with taking_mail() as server:
        environment |= sending(server)
        server.refuse[ADDRESS] = "450 Later"
        assert run() == (1, "1 mail not sent. The log lines say why.")
        server.refuse.clear()
        assert run() == (0, "1 mail sent.")
        assert run() == (0, "0 mails sent.")
        assert server.recipients == [[ADDRESS]]
