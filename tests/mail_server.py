"""A mail server on this machine, which keeps what it takes and refuses what a test says."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "desk@example.org", "p@ss:word/"


@dataclass
class MailServer:
    """What arrived, raw and parsed, and what is to be answered: by the address of a recipient, or to all data."""

    port: int
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    data: str | None = None
    taken: Callable[[], object] | None = None  # called before a mail that was taken is answered
    logins: int = 0

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(each, policy=policy.default) for each in self.raw]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?starttls=off"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data is not None:
            return self.data
        self.raw.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        self.senders.append(envelope.mail_from)
        if self.taken is not None:
            self.taken()
        return "250 OK"

    def log_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins += good
        return AuthResult(success=good)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def taking_mail(port: int | None = None, **options: Any) -> Iterator[MailServer]:
    """Take mail on this machine; `options` are those of aiosmtpd."""
    server = MailServer(port or free_port())
    if "auth_required" in options:
        options["authenticator"] = server.log_in
    controller = Controller(server, hostname="127.0.0.1", port=server.port, enable_SMTPUTF8=True, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body()
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
