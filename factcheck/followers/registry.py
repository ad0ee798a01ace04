"""All followers there are."""

from factcheck.followers.audit import AuditFollower
from factcheck.followers.base import Follower, Following
from factcheck.storage.engine.database import Database

FOLLOWERS: tuple[Follower, ...] = (AuditFollower(),)


def followings(database: Database) -> dict[str, Following]:
    """Return every follower of a database, by its name."""
    return {follower.name: Following(database, follower) for follower in FOLLOWERS}
