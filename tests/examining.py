"""What `factcheck doctor` finds when it compares a desk with its log, in a session that a test has open."""

from contextlib import nullcontext

from sqlalchemy.orm import Session

from factcheck.inspection import mending
from factcheck.inspection.checkup import Fault
from factcheck.log.verification import Progress


def claim_faults(session: Session, *, mend: bool = False) -> list[Fault]:
    """Return every difference; with `mend`, what can be mended is, in this session."""
    session.flush()
    writing = (lambda: nullcontext(session)) if mend else None
    return [fault for faults in mending.looked_over(session, Progress(), writing) for fault in faults]
