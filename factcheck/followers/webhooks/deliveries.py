"""Deliver the messages of webhooks: at least once each, never again once an answer of 2xx was recorded.

The log is the outbox, so that an action writes nothing for webhooks. One *turn* sends what is due to one webhook, a
message at a time in the order of the log:

- an attempt is recorded, in a transaction of its own, before the next begins. Whatever dies in between, the message is
  sent again under the same id;
- a message that fails is set aside (`webhook_messages`), and one that was never tried is sent next: if that arrives,
  the receiver is well and the turn goes on; if it fails too, the receiver is down, and is left alone for a while that
  grows;
- what was set aside while it was down is due at once when something arrives again, in the order of the log.

So a receiver that is down holds up nobody else and gets everything when it is back, and a message that it cannot take
holds up no later one. No transaction is open while a request runs.
"""

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import attempts, webhooks
from factcheck.desk import webhook_views as views
from factcheck.desk.access import owners
from factcheck.desk.attempts import Attempt
from factcheck.desk.claim_state.documents import dumped
from factcheck.errors import Unavailable
from factcheck.followers.webhooks import backlog, messages
from factcheck.log.actors import ANY, Actor, Precondition
from factcheck.log.clock import now, stamp
from factcheck.log.ids import random_id
from factcheck.outbound.requests import Outbound
from factcheck.rules import webhooks as rules
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import Disabled, Outcome
from factcheck.storage.engine.database import Database

log = structlog.get_logger("factcheck.webhooks")
WORKERS = 16  # receivers that are sent to at a time
EVERY = 1.0  # seconds between looks at the log
TURN = 100  # attempts of one turn, so that a long backlog lets others in
SCANNED = 200  # entries of the log that are looked at together
DOWN = 2  # failures in a row by which a receiver is down
RECORDING = 60  # times that recording an attempt is tried while the database cannot answer


@dataclass(frozen=True)
class Due:
    """A message to be sent now, and how often it was tried before."""

    message: messages.Message
    tried: int


class Deliverer:
    """Sends what is due. `clock`, `spread` (0 to 1, of the jitter) and the outbound are given by tests.

    `held` says whether this process still is the one that delivers; `at` is called at each step, for tests that end the
    process there.
    """

    def __init__(
        self,
        database: Database,
        desk: webhooks.Desk,
        base_url: str,
        outbound: Outbound,
        *,
        clock: Callable[[], datetime] = now,
        spread: Callable[[], float] = random.random,
        held: Callable[[], bool] = lambda: True,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.database, self.desk, self.base_url, self.outbound = database, desk, base_url, outbound
        self._clock, self._spread, self._held, self._at = clock, spread, held, at
        self._stop = threading.Event()

    # --- when

    def stop(self) -> None:
        """End `run` and every turn, after the attempts that are under way."""
        self._stop.set()

    def run(self) -> None:
        """Deliver until `stop`, or until this process is not the one that delivers any more."""
        turns: dict[int, Future[int]] = {}
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook") as pool:
            while not self._stop.is_set():
                try:
                    due = self.due()
                except Unavailable as error:
                    log.warning("webhooks_wait", detail=error.detail)
                    due = []
                turns = {seq: turn for seq, turn in turns.items() if not _over(turn)}
                turns |= {seq: pool.submit(self.turn, seq) for seq in due if seq not in turns}
                self._demand_held()
                self._stop.wait(EVERY)

    def drain(self) -> int:
        """Deliver until nothing is due now; return how many attempts that took."""
        made = 0
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook") as pool:
            while not self._stop.is_set() and (due := self.due()):
                self._demand_held()
                made += sum(pool.map(self.turn, due))
        return made

    def _demand_held(self) -> None:
        if not self._held():
            self.stop()
            raise Unavailable("The lock was lost: another process may deliver now.")

    def due(self) -> list[int]:
        """Return the webhooks that have something to do now: one query."""
        with self.database.reading() as connection:
            return backlog.due(connection, self._clock())

    # --- one webhook

    def turn(self, seq: int) -> int:
        """Send what is due to one webhook; return how many attempts were made."""
        made = streak = 0
        arrived, asked = False, None
        failed: set[int] = set()
        while made < TURN and not self._stop.is_set() and self._held():
            with self.database.reading() as connection:
                webhook = backlog.with_owner(connection, seq)
                if webhook is None or webhook.disabled_at is not None:
                    return made
                secrets = self._usable(webhook)
                if secrets is None:
                    return made
                # After a failure what was never tried goes first: it tells a bad message from a bad receiver.
                found = self._next(connection, webhook, failed, untried_first=streak > 0)
            if found is None:
                break
            self._at("made")
            outcome = self._sent(webhook, secrets, found.message)
            self._at("sent")
            made += 1
            streak = 0 if outcome.succeeded else streak + 1
            arrived, asked = arrived or outcome.succeeded, outcome.retry_after
            if not outcome.succeeded:
                failed.add(found.message.log_index)
            self._recorded(seq, found, outcome, down=streak >= DOWN)
            self._at("recorded")
            if streak >= DOWN:
                return made
        if streak and not arrived and not self._stop.is_set():
            moment, spread = self._clock(), self._spread()
            self._write(lambda session: attempts.pause(session, seq, moment, asked, spread))
        return made

    def _usable(self, webhook: Any) -> list[bytes] | None:
        """Return the secrets to sign with; None, and the webhook is turned off, where its owner or the key is gone.

        Whether the owner may have a webhook is asked for each message: their rights are those of that moment.
        """
        secrets = webhooks.secrets_of(webhook, self.desk, self._clock())
        why = owners.ended(webhook.owner_disabled_at, webhook.owner_role)
        if why is None and secrets is not None:
            return secrets
        moment = self._clock()
        if why is None:
            self._write(lambda session: attempts.disable(session, webhook.seq, moment, Disabled.KEY))
        else:
            self._write(lambda session: owners.end_webhook(session, webhook.seq, moment))
        return None

    def _next(self, connection: Connection, webhook: Any, failed: set[int], *, untried_first: bool) -> Due | None:
        found = self._untried(connection, webhook) if untried_first else None
        return found or self._waiting(connection, webhook, failed) or self._untried(connection, webhook)

    def _waiting(self, connection: Connection, webhook: Any, failed: set[int]) -> Due | None:
        """Return the first message that is to be sent again now; drop those that its owner's filters do not want now.

        What is hidden from the owner since then counts as they see it: otherwise a filter by status would tell of it.
        """
        for row in backlog.waiting(connection, webhook.seq, self._clock(), failed):
            message = messages.of(connection, _owner(webhook), row.log_index, self.base_url)
            if message is not None and self._wants(connection, webhook, message):
                return Due(message, row.attempts)
            self._drop(webhook.seq, row.log_index)
        return None

    def _untried(self, connection: Connection, webhook: Any) -> Due | None:
        """Return the first message behind the webhook's place, and move the place over what is not wanted."""
        position, limit = webhook.position, 1  # most often the next one is wanted
        while not self._stop.is_set():
            made = messages.after(connection, _owner(webhook), position, limit, self.base_url)
            wanted = next((each for each in made if self._wants(connection, webhook, each)), None)
            if wanted is not None:
                return Due(wanted, 0)
            if not made:
                return None
            position, limit = made[-1].log_index, SCANNED
            self._advance(webhook.seq, position)
        return None

    def _drop(self, seq: int, log_index: int) -> None:
        self._write(lambda session: backlog.drop(session, seq, log_index))

    def _advance(self, seq: int, upto: int) -> None:
        self._write(lambda session: backlog.advance(session, seq, upto))

    def _wants(self, connection: Connection, webhook: Any, message: messages.Message) -> bool:
        filters = webhook.filters
        if filters["sources"]:
            filters = {**filters, "sources": messages.canonical(connection, filters["sources"])}
        return rules.wants(filters, message.facts)

    def _sent(self, webhook: Any, secrets: list[bytes], message: messages.Message) -> Outcome:
        sent_id = rules.message_id(webhook.id, message.log_index)
        return self.outbound.post(webhook.url, self._signed(secrets, sent_id, message.body), message.body)

    def _signed(self, secrets: list[bytes], sent_id: str, body: bytes) -> dict[str, str]:
        return rules.headers(secrets, sent_id, int(self._clock().timestamp()), body)

    # --- what became of it

    def _recorded(self, seq: int, due: Due, outcome: Outcome, *, down: bool) -> None:
        attempt = Attempt(due.message.log_index, due.tried, self._clock(), outcome, self._spread())
        self._write(lambda session: attempts.record(session, seq, attempt, down=down))

    def _write(self, work: Callable[[Session], object]) -> None:
        """Write, again and again while the database cannot answer: what is not recorded is sent once more."""
        for left in reversed(range(RECORDING)):
            try:
                with self.database.writing() as session:
                    work(session)
                return
            except Unavailable:
                if not left or self._stop.wait(EVERY):
                    raise

    # --- tests

    def test(self, actor: Actor, webhook_id: str, seen: Precondition = ANY) -> dict[str, Any]:
        """Send a test message now and return the attempt's JSON. One that arrives ends the pause of a receiver.

        Raises NotFound, and Stale; Invalid and the like are outcomes here.
        """
        with self.database.reading() as connection:
            seen.demand(views.etag(views.get(connection, actor, webhook_id)))
            webhook = backlog.with_owner_by_id(connection, webhook_id)
        secrets = webhooks.secrets_of(webhook, self.desk, self._clock()) or []
        sent_id = f"msg_test_{random_id()}"
        body = dumped({"type": rules.TEST, "timestamp": stamp(self._clock()), "data": {"webhook_id": webhook_id}})
        if secrets:
            outcome = self.outbound.post(webhook.url, self._signed(secrets, sent_id, body), body)
        else:
            outcome = Outcome(None, "The desk's key was changed: give the webhook a new secret.", 0)
        with self.database.writing() as session:
            row = webhooks.locked(session, webhook_id)
            if outcome.succeeded and row.failures:
                webhooks.resume(session, row, self._clock())
            noted = attempts.note(session, row, sent_id, None, 1, self._clock(), outcome)
            hidden = views.outcomes_hidden(session.connection(), actor, row)
            return views.delivery_json(noted, hidden=hidden)


def _over(turn: Future[int]) -> bool:
    if not turn.done():
        return False
    with suppress(Unavailable):  # the attempt that was not recorded is made again
        turn.result()
    return True


def _owner(webhook: Any) -> Actor:
    return Actor(webhook.owner_id, webhook.owner_name, Role(webhook.owner_role), webhook.owner_mark)
