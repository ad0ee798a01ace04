"""The followers whose tables follow from the log alone, so that a rebuild proves them."""

from collections.abc import Callable

from factcheck.followers import audit, notifications, statistics
from factcheck.followers.base import Follower
from factcheck.followers.publishing import corrections

FOLLOWERS: tuple[Callable[[], Follower], ...] = (
    audit.AuditFollower,
    statistics.StatisticsFollower,
    notifications.NotificationsFollower,
    corrections.CorrectionsFollower,
)
# The name of the follower that derives a table.
DERIVED_BY = {
    table.__tablename__: name
    for name, tables in (
        (audit.AuditFollower.name, audit.TABLES),
        (statistics.StatisticsFollower.name, statistics.TABLES),
        (notifications.NotificationsFollower.name, notifications.TABLES),
        (corrections.CorrectionsFollower.name, corrections.TABLES),
    )
    for table in tables
}
