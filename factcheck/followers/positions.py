"""How far those follow the log who keep their position in tables of their own: the publisher and the webhooks."""

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from factcheck.storage.tables.logbook import LogCheckpoint, LogHead
from factcheck.storage.tables.webhooks import Webhook


def of_publication(connection: Connection) -> tuple[int, int]:
    """Return the last log index that a signed checkpoint covers, -1 for none, and how many entries come after it."""
    size = connection.execute(select(LogHead.size)).scalar_one()
    epoch = select(func.max(LogCheckpoint.epoch)).scalar_subquery()
    signed = connection.execute(select(func.max(LogCheckpoint.size)).where(LogCheckpoint.epoch == epoch)).scalar() or 0
    return signed - 1, max(size - signed, 0)


def of_webhooks(connection: Connection) -> tuple[int, int]:
    """Return up to which log index every active webhook was tried, and how many entries come after it."""
    size = connection.execute(select(LogHead.size)).scalar_one()
    slowest = connection.execute(select(func.min(Webhook.position)).where(Webhook.disabled_at.is_(None))).scalar()
    position = size - 1 if slowest is None else slowest
    return position, max(size - 1 - position, 0)
