"""The server that takes the desk's mail: one connection for several messages, and what it answers."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import EmailPolicy
from enum import StrEnum
from types import TracebackType
from typing import Self, cast
from urllib.parse import urlsplit

from factcheck.setting_values import MailServer, mail_server
from factcheck.settings import Settings

TIMEOUT = 120.0  # seconds for each answer of the server: some look into a mail before they take it
# What a server says to a recipient of the desk itself: log in first, too weak, not allowed to relay.
OF_THE_DESK = (530, 535, 538, 554)
POLICY = b"5.7."  # the enhanced codes that say the same (RFC 3463, section 3.8)


class Failure(StrEnum):
    REFUSED = "refused"  # this message, for good
    POSTPONED = "postponed"  # this message, for now
    DOWN = "down"  # the server takes no message


class NotSent(Exception):
    """The server did not take a message, as far as is known. `reason` has no address and no secret in it."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(f"{failure}: {reason}")
        self.failure, self.reason = failure, reason


class Post:
    """A way to send mail. As a context manager, it leaves the server at its end."""

    def __init__(self, server: MailServer, host: str, timeout: float = TIMEOUT) -> None:
        self._server, self._timeout = server, timeout
        # The library would ask the resolver for this host's name, for as long as that takes.
        self._host = f"[{host}]" if ":" in host else host
        self._smtp: smtplib.SMTP | None = None

    @classmethod
    def of(cls, settings: Settings, timeout: float = TIMEOUT) -> "Post | None":
        """Return the way that the settings name, if they do."""
        if not settings.smtp_url:
            return None
        return cls(mail_server(settings.smtp_url), urlsplit(settings.base_url).hostname or "localhost", timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Leave the server; another message connects again."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def send(self, letter: EmailMessage) -> None:
        """Hand over a message. Raises NotSent; then it is not known for sure that nobody gets it."""
        [to] = (address.addr_spec for address in letter["To"].addresses)
        sender = letter["From"].addresses[0].addr_spec
        try:
            smtp = self._connected()
            far = not to.isascii()
            if far and not smtp.has_extn("smtputf8"):
                raise NotSent(Failure.REFUSED, "the mail server takes ASCII addresses alone")
            told = letter.as_bytes(policy=cast(EmailPolicy, letter.policy).clone(utf8=far))
            smtp.sendmail(sender, [to], told, ["SMTPUTF8", "BODY=8BITMIME"] if far else ())
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            of_the_desk = code in OF_THE_DESK or said.startswith(POLICY)
            raise self._of_message(code, for_good=code >= 500 and not of_the_desk) from error
        except smtplib.SMTPDataError as error:
            raise self._of_message(error.smtp_code, for_good=error.smtp_code >= 500) from error
        except (smtplib.SMTPException, OSError) as error:
            self.leave()
            raise NotSent(Failure.DOWN, _reason(error)) from error

    def _of_message(self, code: int, *, for_good: bool) -> NotSent:
        if code == 421:  # the server closes the connection
            self.leave()
            return NotSent(Failure.DOWN, f"answer {code}")
        return NotSent(Failure.REFUSED if for_good else Failure.POSTPONED, f"answer {code}")

    def _connected(self) -> smtplib.SMTP:
        """Return a connection. One that the server has closed meanwhile is opened again."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._smtp.noop()[0] == 250:
                    return self._smtp
            self.leave()
        smtp = self._open()
        try:
            self._enter(smtp)
        except BaseException:  # no message goes over a connection that is not as it must be
            smtp.close()
            raise
        self._smtp = smtp
        return smtp

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.scheme == "smtps":
            trust = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, self._host, timeout=self._timeout, context=trust)
        return smtplib.SMTP(server.host, server.port, self._host, timeout=self._timeout)

    def _enter(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._server.scheme == "smtp" and self._server.starttls:
            if not smtp.has_extn("starttls"):
                raise NotSent(Failure.DOWN, "the mail server offers no STARTTLS")
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if self._server.user:
            smtp.login(self._server.user, self._server.password)


def _reason(error: Exception) -> str:
    """Say what went wrong. What a server says may repeat an address or a name."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}, answer {error.smtp_code}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    said = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
