"""When tokens and browser sessions were last used.

Whoever reads must not wait for somebody who writes. So a use is remembered here at once, and written by a thread of its
own within EVERY seconds, unless the database already has one of the last hour: a token that is used all the time costs
one write an hour. A process that ends loses the uses that it has not written yet.
"""

import threading
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from factcheck.desk.access.callers import Credential
from factcheck.desk.claim_state.connected import batches
from factcheck.errors import FactcheckError
from factcheck.log.clock import now
from factcheck.storage.engine import authorization_lock
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.people import BrowserSession, Token

log = structlog.get_logger("factcheck.uses")
EVERY = 60.0  # seconds
PRECISION = timedelta(hours=1)


class Uses:
    """The uses of credentials by one process. `note` may be called by any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mutex = threading.Lock()
        self._noted: dict[Credential, datetime] = {}
        self._stop = threading.Event()

    def note(self, credential: Credential) -> None:
        """Remember that a credential, which is good, is used now."""
        with self._mutex:
            self._noted[credential] = now()

    def write(self) -> None:
        """Write what was noted. What was not written because of an error is still noted."""
        with self._mutex:
            noted, self._noted = self._noted, {}
        try:
            for kind in (Token, BrowserSession):
                self._write(kind, {each.digest: at for each, at in noted.items() if each.kind is kind})
        except (FactcheckError, SQLAlchemyError):
            with self._mutex:
                self._noted = noted | self._noted
            raise

    def _write(self, kind: type[Token] | type[BrowserSession], used: dict[bytes, datetime]) -> None:
        for digests in batches(used):
            latest = now() - PRECISION
            behind = kind.digest.in_(digests), or_(kind.last_used_at.is_(None), kind.last_used_at < latest)
            with self._database.reading_primary() as connection:
                found = sorted(connection.scalars(select(kind.digest).where(*behind)))
            if found:
                rows: list[dict[str, Any]] = [{"used": each, "at": used[each]} for each in found]
                with self._database.writing() as session:
                    authorization_lock.share(session)  # whoever revokes tokens locks them in another order
                    session.connection().execute(_WRITE[kind], rows)

    def run(self) -> None:
        """Write every EVERY seconds, until `stop`."""
        while not self._stop.wait(EVERY):
            try:
                self.write()
            except (FactcheckError, SQLAlchemyError) as error:  # such as of a schema that is not upgraded yet
                log.warning("uses_not_written", detail=str(error))

    def start(self) -> None:
        threading.Thread(target=self.run, name="uses", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()


_WRITE = {
    kind: update(kind).where(kind.digest == bindparam("used")).values(last_used_at=bindparam("at", type_=Instant))
    for kind in (Token, BrowserSession)
}
