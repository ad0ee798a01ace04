"""Erasure of a person: of their names. What they did stays, under the mark that stands for them in the log."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import answers, callers, owners
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.redactions import claims, comments, restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash
from factcheck.log import facts, revisions
from factcheck.log.actors import Actor, action
from factcheck.messages import message
from factcheck.rules.redacting import Renaming
from factcheck.rules.roles import Role
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.people import BrowserSession, KeptAnswer, LoginLink, Person, ProviderAccount, Token
from factcheck.storage.tables.preferences import MailChoice, MailMark, Preference, SavedFilter
from factcheck.storage.tables.publishing import ReportDraft
from factcheck.storage.tables.webhooks import Webhook, WebhookDelivery, WebhookMessage

WHY = "The name of somebody whom it shows was erased."
GONE = ("display_name", "token_label", "account")  # fields of entries that are emptied
WHY_MENTIONED = "The name of somebody whom it mentions was erased."
Json = dict[str, Any]


@action(Role.ADMIN, alone=True)
def erase(session: Session, actor: Actor, /, *, name: str, reason: str) -> str:
    """Erase a person's names everywhere, and return the name that stands for them from now on.

    The person is disabled; their tokens, sessions and login links end, and their webhooks and accounts are removed. The
    log keeps what they did, under their mark. The reason goes into the log and stays. Raises Clash for the operator,
    and for somebody who is erased already.
    """
    authorization_lock.take_alone(session)
    owners.lock_webhooks(session, people.folded_name(name))
    person = people.locked(session, name)
    if person.folded_name == people.OPERATOR:
        raise Clash(message("The operator cannot be erased, because the shell needs this account."))
    if person.redacted_index is not None:
        raise Clash(message("The name of this person is already redacted."))
    labels = session.scalars(select(Token.label).where(Token.person_id == person.id)).all()
    erased = f"(redacted {person.id.rpartition('-')[2]})"
    names = _names(session, person, erased)
    demand_silent(reason, [*names, person.display_name, *labels])
    showing = claims.that_ever_showed(session, [person.id])
    lock_claims(session, showing)
    restated = restating.without(session, SubjectKind.PERSON, person.id, lambda content: _nameless(content, names))
    changes = [] if person.disabled_at else [{"field": "disabled", "before": False, "after": True}]
    person.revision += 1
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "redact", changes, reason,
        facts=facts.of_restated(restated),
    )  # fmt: skip
    restating.write(session, entry, restated)
    person.name, person.folded_name, person.display_name = erased, people.folded_name(erased), None
    person.disabled_at, person.redacted_index = person.disabled_at or entry.at, entry.log_index
    callers.forget_with(session)
    people.end_ways_in(session, person.id, entry.at)
    session.execute(update(Token).where(Token.person_id == person.id).values(label=None))
    for theirs in (
        LoginLink,
        BrowserSession,
        ProviderAccount,
        Preference,
        MailChoice,
        MailMark,
        SavedFilter,
        ReportDraft,
    ):
        session.execute(delete(theirs).where(theirs.person_id == person.id))
    owned = select(Webhook.seq).where(Webhook.owner_id == person.id)
    for sent in (WebhookMessage, WebhookDelivery):
        session.execute(delete(sent).where(sent.webhook_seq.in_(owned)))
    session.execute(delete(Webhook).where(Webhook.owner_id == person.id))
    renaming = Renaming({person.id: names})
    claims.scrub(session, actor, showing, lambda _: renaming, WHY)
    own = [name for name in names if not _is_of_somebody(session, name)]  # others may have an earlier name by now
    comments.rename(session, actor, person.id, own, erased, WHY_MENTIONED)
    answers.empty(session, [person.id], showing)
    session.execute(update(KeptAnswer).where(KeptAnswer.person_id == person.id).values(answers.EMPTY))
    return erased


def _names(session: Session, person: Person, erased: str) -> dict[str, str]:
    """Return what takes the place of each name that a person ever had.

    Two names become two: between them, claims' JSON changed.
    """
    found = {person.name: erased}
    renamed = Revision.subject_kind == SubjectKind.PERSON, Revision.subject_id == person.id, Revision.action == "rename"
    contents = select(RevisionContent.content).join(Revision, Revision.log_index == RevisionContent.log_index)
    for content in session.scalars(contents.where(*renamed).order_by(Revision.log_index)):
        for change in orjson.loads(content)["changes"]:
            found.setdefault(change["before"], f"{erased[:-1]}, {len(found) + 1})")
    return found


def _is_of_somebody(session: Session, name: str) -> bool:
    return session.scalar(select(Person.id).where(Person.folded_name == people.folded_name(name))) is not None


def _nameless(content: Json, names: Mapping[str, str]) -> Json:
    """Return the content of an entry about a person without their names, and without its reason."""
    return content | {"changes": [_without(change, names) for change in content["changes"]], "reason": None}


def _without(change: Json, names: Mapping[str, str]) -> Json:
    field = change["field"]
    if field == "name":
        return change | {side: change[side] and names[change[side]] for side in ("before", "after")}
    return change | {"before": None, "after": None} if field in GONE else change
