"""What a webhook's message is: its types, who wants it, how it is signed, when it is sent again.

By the Standard Webhooks specification, version 1.0.0 (https://www.standardwebhooks.com).
"""

import base64
import hmac
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from factcheck.messages import message

# Each type is the kind of a thing and the action, as the entry of the log has them.
EVENTS = (
    "article.add",
    "article.add_snapshot",
    "article.amend",
    "article.redact",
    "article.unwatch",
    "article.watch",
    "assignment.assign",
    "assignment.redact_part",
    "assignment.release",
    "capture.add",
    "capture.dismiss",
    "capture.make_article",
    "capture.redact",
    "claim.add",
    "claim.add_evidence",
    "claim.add_occurrence",
    "claim.amend",
    "claim.ask_second_opinion",
    "claim.capture_evidence",
    "claim.check_evidence",
    "claim.confirm_quotes",
    "claim.find_quotes",
    "claim.redact",
    "claim.redact_part",
    "claim.relate",
    "claim.reopen",
    "claim.review",
    "claim.second_opinion",
    "claim.undo",
    "claim.withdraw",
    "claim.withdraw_evidence",
    "claim.withdraw_occurrence",
    "comment.add",
    "comment.edit",
    "comment.redact",
    "comment.redact_part",
    "comment.withdraw",
    "correction_request.answer",
    "correction_request.receive",
    "correction_request.redact",
    "correction_request.redact_part",
    "feed.add",
    "feed.move",
    "feed.remove",
    "image.add",
    "image.redact",
    "log.new_epoch",
    "person.add",
    "person.add_webhook",
    "person.amend_webhook",
    "person.bind_account",
    "person.disable",
    "person.enable",
    "person.end_session",
    "person.give_role",
    "person.issue_login_link",
    "person.issue_token",
    "person.redact",
    "person.remove_webhook",
    "person.rename",
    "person.revoke",
    "person.revoke_token",
    "person.rotate_webhook_secret",
    "person.set_display_name",
    "person.unbind_account",
    "rating_scale.add",
    "rating_scale.translate",
    "rating_scale.withdraw",
    "report.add",
    "report.move",
    "report.publish",
    "report.redact",
    "report.retract",
    "report.save",
    "site_page.add",
    "site_page.amend",
    "site_page.withdraw",
    "source.add",
    "source.amend",
    "source.judge",
    "source.redact",
    "source.redact_part",
    "source.relate",
    "source.withdraw_relation",
)
EARLIER = ("source.merge", "source.take_over")  # what earlier versions wrote; filters may still name it
TEST = "webhook.test"
# After these a claim has no tags and sources to go by, and whoever keeps a copy of it must hear of them.
ENDINGS = ("claim.withdraw", "claim.redact")

SECRET_PREFIX = "whsec_"  # noqa: S105 - the specification's
OLD_SIGNS_FOR = timedelta(hours=24)  # after a secret was changed
# Between one attempt and the next, as the specification recommends; the last again and again.
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400))
JITTER = 0.2  # of a delay, at most, is added to it
ATTEMPTS = len(DELAYS) + 1  # of one message, while others arrive
DISABLED_AFTER = timedelta(days=5)  # of failing without one success


class Disabled(StrEnum):
    """Why a webhook is sent nothing."""

    PAUSED = "paused"  # somebody turned it off
    FAILING = "failing"  # it failed for DISABLED_AFTER
    GONE = "gone"  # the receiver answered 410
    OWNER = "owner"  # whoever it belongs to was disabled
    ROLE = "role"  # whoever it belongs to has a role that may not have webhooks
    REVOKED = "revoked"  # the tokens of whoever it belongs to were revoked
    KEY = "key"  # its secret cannot be made any more: the desk's key was changed


WHY = {
    Disabled.PAUSED: message("somebody turned it off"),
    Disabled.FAILING: message("it failed for five days"),
    Disabled.GONE: message("its receiver responded with 410 Gone"),
    Disabled.OWNER: message("its owner was disabled"),
    Disabled.ROLE: message("its owner is no longer an admin"),
    Disabled.REVOKED: message("its owner's tokens were revoked"),
    Disabled.KEY: message("the desk's key was changed"),
}


@dataclass(frozen=True)
class Facts:
    """What filters go by: of one entry, as its webhook's owner may see it."""

    type: str
    status: str | None = None
    attribution_status: str | None = None
    articles: Set[str] = frozenset()
    tags: Set[str] = frozenset()
    sources: Set[str] = frozenset()


ATTEST = "attest"  # an entry in which nothing happens: the log states what an earlier version stored


def wants(filters: Mapping[str, Sequence[str]], facts: Facts) -> bool:
    """Say whether an entry passes every filter that is given; an empty one lets all pass."""
    kind, _, action = facts.type.partition(".")
    if action == ATTEST:
        return False
    if filters["events"] and not {facts.type, f"{kind}.*"}.intersection(filters["events"]):
        return False
    if filters["statuses"] and facts.status not in filters["statuses"]:
        return False
    if filters["attribution_statuses"] and facts.attribution_status not in filters["attribution_statuses"]:
        return False
    if filters["articles"] and facts.articles.isdisjoint(filters["articles"]):
        return False
    if facts.type in ENDINGS:
        return True
    return all(
        not wanted or not have.isdisjoint(wanted)
        for wanted, have in ((filters["tags"], facts.tags), (filters["sources"], facts.sources))
    )


FILTERS = ("events", "statuses", "attribution_statuses", "articles", "tags", "sources")


@dataclass(frozen=True)
class Outcome:
    """What became of a request: an answer's status, or why there was none. `retry_after` is in seconds."""

    status: int | None
    error: str | None
    milliseconds: int
    retry_after: int | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def message_id(webhook_id: str, log_index: int) -> str:
    """Return the id of a message: the same however often it is sent, another for each webhook and entry."""
    return f"msg_{webhook_id.replace('-', '')}_{log_index}"


def secret_of(key: str, webhook_id: str, number: int) -> bytes:
    """Work out a webhook's secret from the desk's own key; `number` counts its secrets from 1. 32 bytes."""
    return hmac.digest(key.encode(), f"factcheck/webhook-secret/v1 {webhook_id} {number}".encode(), "sha256")


def written_secret(secret: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signature(secrets: Sequence[bytes], sent_id: str, seconds: int, body: bytes) -> str:
    """Return the header `webhook-signature`: one signature for each secret, the newest first."""
    signed = f"{sent_id}.{seconds}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}" for secret in secrets)


def delay(failures: int, spread: float) -> timedelta:
    """Return how long to wait after so many failures in a row; `spread` from 0 to 1 says how much is added."""
    return DELAYS[min(failures, len(DELAYS)) - 1] * (1 + JITTER * spread)


def headers(secrets: Sequence[bytes], sent_id: str, seconds: int, body: bytes) -> dict[str, Any]:
    """Return the headers of one attempt. The time is that of the attempt, so that a receiver can refuse old ones."""
    return {
        "Content-Type": "application/json",
        "webhook-id": sent_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secrets, sent_id, seconds, body),
    }
