"""All followers there are."""

from pathlib import Path
from threading import Lock

from factcheck.followers.audit import AuditFollower
from factcheck.followers.base import Following
from factcheck.followers.beside import Beside
from factcheck.followers.duplicates import DuplicatesFollower
from factcheck.followers.indexed import IndexedFollowing
from factcheck.followers.notifications import NotificationsFollower
from factcheck.followers.publishing.corrections import CorrectionsFollower
from factcheck.followers.readers import LogReader
from factcheck.followers.search import engine
from factcheck.followers.search.following import SearchFollowing
from factcheck.followers.source_pairs import SourcePairsFollower
from factcheck.followers.statistics import StatisticsFollower
from factcheck.storage.engine.database import Database

NAMES = (
    AuditFollower.name,
    StatisticsFollower.name,
    NotificationsFollower.name,
    CorrectionsFollower.name,
    engine.NAME,
    DuplicatesFollower.name,
    SourcePairsFollower.name,
)


def followings(database: Database, index: Path) -> dict[str, LogReader]:
    """Return every follower of a database, by its name; `index` is the folder of its search index."""
    of_log, search = from_log(database), searching(database, index)
    asking, turn = (DuplicatesFollower(), SourcePairsFollower()), Lock()
    indexed = [IndexedFollowing(database, each, search, of_log[0], turn) for each in asking]
    return {each.name: each for each in (*of_log, search, *indexed)}


def from_log(database: Database) -> tuple[Following, ...]:
    """Return the followers that derive tables from the log alone: the audit, and the others beside it."""
    turn = Lock()
    audit = Following(database, AuditFollower(), turn=turn)
    beside = (StatisticsFollower(), NotificationsFollower(), CorrectionsFollower())
    return audit, *(Beside(database, each, audit, turn) for each in beside)


def auditing(database: Database) -> Following:
    """Return the audit of a database."""
    return Following(database, AuditFollower())


def searching(database: Database, index: Path) -> SearchFollowing:
    """Return the search index of a database, in a folder."""
    return SearchFollowing(database, index)
