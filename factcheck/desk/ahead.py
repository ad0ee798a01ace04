"""What a deed that changes one claim reads before it takes the lock of the log's head, behind which all writers wait.

The claim is locked by then, and so does whoever changes what its JSON is made of, but for who published its article:
a merge of sources changes that without asking. Where the log tells of an entry that is not about a claim between the
reading and the head's lock, or of more than SLOTS entries, the claim's parts are read again.
"""

from collections.abc import Callable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck.desk import revisions, states
from factcheck.desk.actors import Actor
from factcheck.desk.documents import Known
from factcheck.desk.parts import Parts
from factcheck.desk.revisions import Entry
from factcheck.storage.logbook import LogHead, Revision, SubjectKind
from factcheck.storage.models import Claim
from factcheck.storage.reads import Read, sent

SLOTS = 16  # entries that are looked at; after more of them the parts are read again


class Ahead:
    """What was read ahead of one claim, whose lock is held, and of whom its JSON will name.

    `previous` is the log index of the claim's last entry. Of a claim that is to get new `parts` they are left out.
    """

    def __init__(self, session: Session, actor: Actor, claim: Claim, *, parts: bool = True) -> None:
        self._connection, self._claim = session.connection(), claim
        self._parts: Parts | None = None
        # The log's size first: each read sees what was committed before it.
        first = _SIZE, {"kind": SubjectKind.CLAIM, "id": claim.id, "number": claim.revision}
        if parts:
            self._parts = Parts(self._connection, [claim], before=first, people={actor.id: actor.name})
            [head] = self._parts.before
        else:
            head = _SIZE.first(self._connection, first[1])
        self._size, self.previous = head.size, head.previous

    def again(self, entry: Entry) -> Callable[[], Known]:
        """Ask what the audit keeps of the claim, behind the deed's `entry`, and whether what was read still holds.

        Inside a block of `together`: call what it returns after that block.
        """
        between = range(self._size, entry.log_index)
        few = len(between) <= SLOTS
        asks = self._parts and between and few
        # The same statement whatever their number: one with bounds, the server would plan anew each time.
        slots = {slot: between[min(at, len(between) - 1)] for at, slot in enumerate(_SLOTS)} if asks else {}
        answers = sent(self._connection, (_ABOUT_OTHERS, slots) if asks else None, *states.asked(self._claim))

        def known() -> Known:
            others, audits, held = answers()
            return Known(self._parts if few and not others else None, states.as_kept(audits, held))

        return known


_SIZE = Read(select(LogHead.size, revisions.PREVIOUS.scalar_subquery().label("previous")))
_SLOTS = [f"at_{slot}" for slot in range(SLOTS)]
_ABOUT_OTHERS = Read(
    select(Revision.log_index)
    .where(Revision.log_index.in_([bindparam(slot) for slot in _SLOTS]), Revision.subject_kind != SubjectKind.CLAIM)
    .limit(1)
)
