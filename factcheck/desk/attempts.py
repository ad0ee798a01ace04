"""What became of an attempt to send a webhook's message, and when the next one is: recorded before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from factcheck.desk import webhooks
from factcheck.rules import webhooks as rules
from factcheck.rules.webhooks import ATTEMPTS, DISABLED_AFTER, Disabled, Outcome
from factcheck.storage.tables.webhooks import Webhook, WebhookDelivery, WebhookMessage

log = structlog.get_logger("factcheck.webhooks")
RETAINED = 200  # attempts of each webhook
LONGEST_WAIT = 86_400  # seconds that a receiver may ask for by Retry-After


@dataclass(frozen=True)
class Attempt:
    """One attempt: of the message of which entry, how often that was tried before, when, and what came of it.

    `spread` (0 to 1) says how much of the jitter is added to what has to be waited for.
    """

    log_index: int
    tried: int
    moment: datetime
    outcome: Outcome
    spread: float

    def wait(self, failures: int) -> timedelta:
        return _wait(failures, self.outcome.retry_after, self.spread)


def record(session: Session, seq: int, attempt: Attempt, *, down: bool) -> None:
    """Keep an attempt; `down` says that the receiver is to be left alone for a while."""
    webhook = locked(session, seq)
    if webhook is None:  # removed while the request ran
        return
    moment, outcome = attempt.moment, attempt.outcome
    webhook.position = max(webhook.position, attempt.log_index)
    row = session.get(WebhookMessage, (seq, attempt.log_index))
    given_up = False
    if outcome.succeeded:
        if row is not None:
            session.delete(row)
            session.flush()
        if webhook.failures:
            webhooks.resume(session, webhook, moment)
        webhook.failing_since, webhook.last_success_at = None, moment
    else:
        webhook.failing_since = webhook.failing_since or moment
        given_up = _set_aside(session, webhook, row, attempt)
    sent_id = rules.message_id(webhook.id, attempt.log_index)
    note(session, webhook, sent_id, attempt.log_index, attempt.tried + 1, moment, outcome, given_up=given_up)
    if outcome.status == 410:
        _disable(webhook, moment, Disabled.GONE)
    elif down:
        _pause(webhook, moment, attempt.wait(webhook.failures + 1))


def _set_aside(session: Session, webhook: Webhook, row: WebhookMessage | None, attempt: Attempt) -> bool:
    """Keep a message for later; say whether it is given up instead, because others arrive and it does not."""
    attempts = attempt.tried + 1
    next_at = attempt.moment + attempt.wait(attempts)
    if row is None:
        values = {"webhook_seq": webhook.seq, "log_index": attempt.log_index, "first_at": attempt.moment}
        session.add(WebhookMessage(**values, attempts=attempts, next_at=next_at))
        return False
    if attempts >= ATTEMPTS and webhook.last_success_at is not None and webhook.last_success_at > row.first_at:
        session.delete(row)
        webhook.failing_since = None
        return True
    row.attempts, row.next_at = attempts, next_at
    return False


def pause(session: Session, seq: int, moment: datetime, retry_after: int | None, spread: float) -> None:
    """Leave a receiver alone for a while."""
    webhook = locked(session, seq)
    if webhook is not None:
        _pause(webhook, moment, _wait(webhook.failures + 1, retry_after, spread))


def disable(session: Session, seq: int, moment: datetime, why: Disabled) -> None:
    """Turn a webhook off, which no attempt says: the list of attempts gets a line that does."""
    webhook = locked(session, seq)
    if webhook is not None:
        turn_off(session, webhook, moment, why)


def turn_off(session: Session, webhook: Webhook, moment: datetime, why: Disabled) -> None:
    """Turn a webhook off that is on, and say why in the list of its attempts. The caller has the row's lock."""
    if webhook.disabled_at is None:
        _disable(webhook, moment, why)
        note(session, webhook, "", None, 0, moment, Outcome(None, f"Turned off: {rules.WHY[why]}.", 0))


def _pause(webhook: Webhook, moment: datetime, wait: timedelta) -> None:
    """Set the end of the pause; there is none for a receiver that has failed for days."""
    webhook.failures += 1
    webhook.resume_at = moment + wait
    if webhook.failing_since is not None and moment - webhook.failing_since >= DISABLED_AFTER:
        _disable(webhook, moment, Disabled.FAILING)


def _disable(webhook: Webhook, moment: datetime, why: Disabled) -> None:
    if webhook.disabled_at is None:
        webhook.disabled_at, webhook.disabled_for = moment, why
        log.warning("webhook_disabled", webhook=webhook.id, reason=str(why))


def _wait(failures: int, retry_after: int | None, spread: float) -> timedelta:
    asked = timedelta(seconds=min(retry_after or 0, LONGEST_WAIT))
    return max(asked, rules.delay(failures, spread))


def locked(session: Session, seq: int) -> Webhook | None:
    """Return a webhook's row, locked until the commit; None when it was removed."""
    return session.scalar(select(Webhook).where(Webhook.seq == seq).with_for_update())


def note(
    session: Session,
    webhook: Webhook,
    sent_id: str,
    log_index: int | None,
    attempt: int,
    moment: datetime,
    outcome: Outcome,
    *,
    given_up: bool = False,
) -> WebhookDelivery:
    """Keep an attempt among the newest, and let go of the oldest."""
    webhook.attempts += 1
    noted = WebhookDelivery(
        webhook_seq=webhook.seq,
        number=webhook.attempts,
        message_id=sent_id,
        log_index=log_index,
        attempt=attempt,
        at=moment,
        milliseconds=outcome.milliseconds,
        status=outcome.status,
        error=outcome.error,
        given_up=given_up,
    )
    session.add(noted)
    oldest = webhook.attempts - RETAINED
    if oldest > 0:
        of_old = (WebhookDelivery.webhook_seq == webhook.seq, WebhookDelivery.number <= oldest)
        session.execute(delete(WebhookDelivery).where(*of_old), execution_options={"synchronize_session": False})
    return noted
