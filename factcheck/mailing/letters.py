"""What mails say. Each is plain text, in the language of whoever gets it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from factcheck.catalogues import Speech, said, speech_for
from factcheck.desk.team.mail import Begun
from factcheck.log.clock import now
from factcheck.mailing.unsubscribing import token_of
from factcheck.messages import Message, message, plural
from factcheck.rules.team.mailing import line
from factcheck.rules.team.notifying import sentence
from factcheck.setting_values import sender
from factcheck.settings import Settings

Json = dict[str, Any]
MOST = 50  # notifications in one mail; a last line says that there are more
WHOLE = ("List-Unsubscribe",)  # headers that have a URL


class _Policy(EmailPolicy):
    """The usual form of mail, but for URLs in headers: the library would encode one that is longer than a line."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}" if name in WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii") if name in WHOLE else super().fold_binary(name, value)


# Text is encoded, so that no server on the way has to know more than ASCII.
POLICY = _Policy(linesep="\r\n", cte_type="7bit", raise_on_defect=False)


@dataclass(frozen=True)
class Letters:
    """Writes the mails of a desk: from whom, under which URL the desk is, and the key that signs links."""

    name: str
    address: str
    base: str
    secret_key: str

    @classmethod
    def of(cls, settings: Settings) -> "Letters":
        name, address = sender(settings.mail_from)
        host = urlsplit(settings.base_url).hostname or "factcheck"
        return cls(name or settings.desk_name or host, address, settings.base_url, settings.secret_key)

    def notifications(self, mail: Begun, rows: Sequence[Json], *, more: bool = False) -> EmailMessage:
        """Write a mail with notifications, which are given newest first. `more` says that there are others."""
        speech = speech_for(mail.language)
        subject = _sentence(rows[0]) if len(rows) == 1 else plural(
            "{count} new notification", "{count} new notifications", len(rows)
        )  # fmt: skip
        blocks = [self._block(row, speech) for row in reversed(rows)]
        if more:
            blocks.insert(0, [said(message("These are the newest. There are more on the desk:"), speech), self._list])
        out = f"{self.base}/unsubscribe/{token_of(self.secret_key, mail.person.id)}"
        foot = (
            (message("All notifications:"), self._list),
            (message("Choose what is mailed to you:"), f"{self._list}/choices"),
            (message("Stop these mails:"), out),
        )
        blocks.append([part for text, url in foot for part in (said(text, speech), url)])
        letter = self._letter(mail.address, said(subject, speech), blocks, speech)
        letter["Message-ID"] = self._id(f"{mail.person.id} {mail.last} {mail.delivery}")
        letter["List-Unsubscribe"] = f"<{out}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return letter

    def login_link(self, address: str, language: str | None, secret: str) -> EmailMessage:
        """Write a mail with a link that logs somebody in."""
        speech = speech_for(language)
        blocks = [
            [
                said(message("This link logs you in to {desk} once, within a day:", desk=self.name), speech),
                f"{self.base}/login/{secret}",
            ],
            [said(message("Anybody who has the link can use it. Do not forward this mail."), speech)],
        ]
        letter = self._letter(address, said(message("Your login link"), speech), blocks, speech)
        letter["Message-ID"] = self._id(f"login {secret}")
        return letter

    @property
    def _list(self) -> str:
        return f"{self.base}/notifications"

    def _block(self, row: Json, speech: Speech) -> list[str]:
        return [line(said(_sentence(row), speech)), line(row["about"]), f"{self.base}{_page(row)}"]

    def _letter(self, to: str, subject: str, blocks: Sequence[Sequence[str]], speech: Speech) -> EmailMessage:
        letter = EmailMessage(policy=POLICY)
        letter["From"] = _address(self.address, self.name)
        letter["To"] = _address(to)
        letter["Subject"] = _literal(subject)
        letter["Date"] = format_datetime(now())
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content("\n\n".join("\n".join(block) for block in blocks) + "\n")
        letter["Content-Language"] = speech.tag
        return letter

    def _id(self, what: str) -> str:
        """Return what a mail is known by: the same for the same mail, and it tells nothing of whom it is for."""
        known = hashlib.sha256(f"{self.secret_key} {self.base} {what}".encode()).hexdigest()[:40]
        return f"<{known}@{self.address.rpartition('@')[2]}>"


def _address(written: str, name: str = "") -> Address:
    user, _, host = written.rpartition("@")
    return Address(_literal(name), user, host)


def _literal(text: str) -> str:
    """Return a text as one line that a header holds as it is: the library would decode what looks encoded to it."""
    return line(text).replace("=?", "= ?")


def _sentence(row: Json) -> Message:
    return sentence(row["kind"], row["by"] and row["by"]["name"])


def _page(row: Json) -> str:
    """Return the path of the page that a notification is about."""
    if row["comment_id"]:
        return f"/comments/{row['comment_id']}"
    return f"/claims/{row['claim_id']}" if row["claim_id"] else f"/articles/{row['article_id']}"
