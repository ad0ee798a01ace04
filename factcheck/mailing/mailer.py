"""Mail what is new to those who chose that: at once, or once a day.

One mail at a time. No transaction is open while one is sent. It is noted before that a mail is on its way, and up to
which entry of the log it tells; and afterwards, that it was sent. Whatever dies in between, the same mail is sent again
under the same Message-ID, and what came meanwhile is left to the next one.
"""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from factcheck.desk.team import mail
from factcheck.desk.team.mail import Begun
from factcheck.errors import FactcheckError, Unavailable
from factcheck.log.clock import now
from factcheck.mailing.letters import MOST, Letters
from factcheck.outbound.mail import Failure, NotSent, Post
from factcheck.queries.team import notifications
from factcheck.rules.team.notifying import Delivery
from factcheck.storage.engine.database import Database

Json = dict[str, Any]
log = structlog.get_logger("factcheck.mail")
EVERY = 5.0  # seconds between two looks: what arrives in between goes together
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)  # after failures, each wait twice as long
SENT = "sent"


class Waits:
    """How long to leave something alone after it failed, by what failed."""

    def __init__(self) -> None:
        self._until: dict[object, tuple[datetime, timedelta]] = {}

    def over(self, what: object, moment: datetime) -> bool:
        return what not in self._until or self._until[what][0] <= moment

    def failed(self, what: object, moment: datetime) -> None:
        wait = min(self._until[what][1] * 2, LONGEST_WAIT) if what in self._until else FIRST_WAIT
        self._until[what] = moment + wait, wait

    def went_well(self, what: object) -> None:
        self._until.pop(what, None)


class Mailer:
    """Sends what is due. `held` says whether this process still is the one that sends; `clock` and `wait` are given by
    tests, and `at` is called between two steps, for tests that do something there.
    """

    def __init__(
        self,
        database: Database,
        post: Post,
        letters: Letters,
        *,
        clock: Callable[[], datetime] = now,
        wait: Callable[[float], object] | None = None,
        held: Callable[[], bool] = lambda: True,
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.database, self._post, self._letters = database, post, letters
        self._clock, self._held, self._at = clock, held, at
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self._waits = Waits()

    def stop(self) -> None:
        """End `run` and `drain` after the mail that is under way."""
        self._stop.set()

    def run(self) -> None:
        """Send what is due until `stop`, or until this process is not the one that sends any more."""
        while not self._stop.is_set():
            try:
                self.drain()
            except FactcheckError as error:
                if not self._held():
                    raise
                log.warning("mailing_waits", detail=error.detail)
            self._wait(EVERY)

    def drain(self) -> Counter[str]:
        """Send what is due now, and return how many mails were sent, refused, postponed, or found the server down."""
        outcomes: Counter[str] = Counter()
        moment = self._clock()
        if not self._waits.over(Post, moment):
            return outcomes
        with self.database.reading_primary() as connection:
            due = mail.due(connection, moment)
        with self._post:
            for person_id, delivery in due:
                if self._stop.is_set() or outcomes[Failure.DOWN]:
                    break
                if self._waits.over((person_id, delivery), moment):
                    outcomes += Counter(self._mail(person_id, delivery, moment))
        return outcomes

    def _mail(self, person_id: str, delivery: Delivery, moment: datetime) -> list[str]:
        """Send a mail, if there is anything to say, and return what came of it."""
        if not self._held():
            self.stop()
            raise Unavailable("The lock was lost: another process may send mail now.")
        with self.database.writing() as session:
            begun = mail.begin(session, person_id, delivery, moment)
        if begun is None:
            return []
        self._at("begun")
        with self.database.reading_primary() as connection:
            if not mail.derived(connection, begun.last):
                return []  # the notifications are derived again just now: this mail comes when they are there
            found = notifications.between(connection, begun.person, begun.after, begun.last, MOST + 1)
        outcomes = [self._sent(begun, found)] if found else []
        if not {Failure.DOWN, Failure.POSTPONED}.intersection(outcomes):
            self._at("sent")
            with self.database.writing() as session:
                mail.done(session, begun)
        return outcomes

    def _sent(self, begun: Begun, found: list[Json]) -> str:
        """Send a mail with what was found, and return what came of it."""
        which = (begun.person.id, begun.delivery)
        try:
            letter = self._letters.notifications(begun, found[:MOST], more=len(found) > MOST)
        except Exception:  # a fault of ours in one letter: the others are sent
            log.error("mail_unwritten", person=begun.person.id, delivery=str(begun.delivery), exc_info=True)
            self._waits.failed(which, self._clock())
            return str(Failure.POSTPONED)
        try:
            self._post.send(letter)
        except NotSent as error:
            told = {"person": begun.person.id, "delivery": str(begun.delivery), "reason": error.reason}
            log.warning(f"mail_{error.failure}", message_id=letter["Message-ID"], **told)
            if error.failure is Failure.REFUSED:
                self._waits.went_well(which)
            else:
                self._waits.failed(which, self._clock())  # another mail is tried first, if it was this one's fault
            if error.failure is Failure.DOWN:
                self._waits.failed(Post, self._clock())
            return str(error.failure)
        self._waits.went_well(which)
        self._waits.went_well(Post)
        log.info("mail_sent", message_id=letter["Message-ID"], person=begun.person.id, delivery=str(begun.delivery))
        return SENT
