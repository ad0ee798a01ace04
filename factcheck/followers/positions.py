"""How far everything that follows the log has come, whatever keeps its position."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from factcheck.followers.progress import Progress
from factcheck.followers.readers import LogReader
from factcheck.storage.tables.logbook import LogCheckpoint, LogHead
from factcheck.storage.tables.webhooks import Webhook


def progress(connection: Connection, followings: dict[str, LogReader]) -> Iterator[Progress]:
    """Yield the progress of each follower, of the publication of checkpoints and of the webhooks."""
    for following in followings.values():
        yield following.progress(connection)
    yield of_publication(connection)
    yield of_webhooks(connection)


def of_publication(connection: Connection) -> Progress:
    """Return the last log index that a signed checkpoint covers, -1 for none, and how many entries come after it."""
    size = connection.execute(select(LogHead.size)).scalar_one()
    epoch = select(func.max(LogCheckpoint.epoch)).scalar_subquery()
    signed = connection.execute(select(func.max(LogCheckpoint.size)).where(LogCheckpoint.epoch == epoch)).scalar() or 0
    return Progress("publication", signed - 1, max(size - signed, 0))


def of_webhooks(connection: Connection) -> Progress:
    """Return up to which log index every active webhook was tried, and how many entries come after it."""
    size = connection.execute(select(LogHead.size)).scalar_one()
    slowest = connection.execute(select(func.min(Webhook.position)).where(Webhook.disabled_at.is_(None))).scalar()
    position = size - 1 if slowest is None else slowest
    return Progress("webhooks", position, max(size - 1 - position, 0))
