"""Which entries of the log take back something that readers may have seen, so that no dump may have it any more."""

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.engine import Connection

from factcheck.storage.tables.logbook import Revision, SubjectKind
from factcheck.storage.tables.publishing import PublicationClaim

IN_NO_DUMP = (
    SubjectKind.ASSIGNMENT,
    SubjectKind.CAPTURE,
    SubjectKind.COMMENT,
    SubjectKind.CORRECTION_REQUEST,
    SubjectKind.FEED,
    SubjectKind.IMAGE,
)


def takes_back(connection: Connection, after: int) -> bool:
    """Say whether an entry of the log behind this one takes back something that readers may have seen."""
    wanted = select(exists().where(Revision.log_index > after, _TAKES_BACK))
    return bool(connection.execute(wanted).scalar_one())


_was_published = exists().where(PublicationClaim.claim_id == Revision.subject_id)
# A person may take back their display name, which is in the claims.
_TAKES_BACK = or_(
    and_(
        Revision.action.in_(("redact", "redact_part")),
        Revision.subject_kind.not_in(IN_NO_DUMP),
    ),
    and_(Revision.action == "set_display_name", Revision.subject_kind == SubjectKind.PERSON),
    and_(Revision.action == "retract", Revision.subject_kind == SubjectKind.REPORT),
    and_(Revision.action == "withdraw", Revision.subject_kind == SubjectKind.CLAIM, _was_published),
)
