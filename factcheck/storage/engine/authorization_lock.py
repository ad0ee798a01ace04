"""Who may: one lock that everybody who writes shares, and that a change of anybody's rights takes alone.

PostgreSQL only; SQLite's writers queue up anyway. Row locks would not do: those who share one can go on sharing it for
ever while somebody waits to change the row, so whoever holds a stolen token could write on and never be shut out. This
one is a queue: who comes after the change waits for it.
"""

from sqlalchemy.orm import Session

from factcheck.storage.engine.advisory_locks import AdvisoryLock, until_commit

_SHARE = until_commit(AdvisoryLock.AUTHORIZATION, shared=True)
_ALONE = until_commit(AdvisoryLock.AUTHORIZATION)


def share(session: Session) -> None:
    """Keep everybody's rights as they are until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_SHARE)


def take_alone(session: Session) -> None:
    """Wait until nobody writes any more, and keep them out until this transaction ends.

    The first lock of its transaction: those who are waited for may wait for any other.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_ALONE)
