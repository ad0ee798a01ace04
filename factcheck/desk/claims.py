"""Claims: enter, amend, withdraw. Verdicts are given in `reviews`; an edit may take one back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import second_opinions
from factcheck.desk.access import blindness, masking, unknown
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents, entering, new_claims, room
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.anchors import Anchoring
from factcheck.desk.claim_state.locks import hold_sources, lock_claims, share_sources, tombstone, withdrawn
from factcheck.desk.claim_state.new_claims import ArticleSeen
from factcheck.desk.claim_state.reopening import reopen, reopen_if_unfounded
from factcheck.desk.claim_state.rows import CURRENT, HOP_FIELDS, columns_of, content_of, stored
from factcheck.desk.claim_state.texts import Texts, wording
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.amending import EDITION, amended
from factcheck.rules.roles import Role
from factcheck.rules.sources import SYMMETRIC
from factcheck.rules.status import Question
from factcheck.schemas.base import load_patched
from factcheck.schemas.claims import HOPS, ClaimIn
from factcheck.storage.locking import locked_whole
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.attribution import Hop, Quote, QuoteRole
from factcheck.storage.tables.claims import Claim, ClaimVersion, Relation
from factcheck.storage.tables.logbook import Redaction
from factcheck.storage.tables.people import Person

Json = dict[str, Any]


@action(Role.CONTRIBUTOR)
def add(session: Session, actor: Actor, /, *, article_id: str, texts: Texts | None = None, **fields: Any) -> Claim:
    """Enter a claim (the fields of ClaimIn) and return it. `texts` may know where its quotes stand.

    Raises Invalid for an article or source that is not there and for quotes without a single place in the
    newest snapshot, Clash when the external id is taken.
    """
    article = session.scalar(select(Article).where(Article.id == article_id).with_for_update(read=True))
    if article is None:
        raise Invalid(message("The article does not exist."), flaws=[Flaw(unknown.ARTICLE, "/article_id")])
    sources = hold_sources(session, _references(fields["attribution"]))
    _demand_free(session, fields["external_id"])
    seen = ArticleSeen(article.id, article.title, article.url, wording(article))
    claim = new_claims.prepared(session, fields, [], seen, texts or Texts())
    entering.enter(session, actor, [claim], sources)
    return session.scalars(select(Claim).where(Claim.id == claim.id)).one()


def lock_ahead(
    session: Session, source_ids: Iterable[str | None], *, article_id: str | None = None, claim_id: str | None = None
) -> None:
    """Take the locks of `add` and `amend` ahead, for a transaction that enters sources first.

    Entering a source takes the lock of the log's head, which comes after those of articles and sources: see `locks`.
    """
    if article_id is not None:
        session.execute(select(Article.id).where(Article.id == article_id).with_for_update(read=True))
    share_sources(session, source_ids)
    if claim_id is not None:
        lock_claims(session, [claim_id])


@action(Role.CONTRIBUTOR)
def amend(
    session: Session, actor: Actor, /, claim_id: str, *, patch: Json, seen: Precondition, texts: Texts | None = None
) -> Claim:
    """Apply a merge patch to a claim and return it. A verdict on what is amended goes back to `in_review`.

    `texts` may know where its quotes stand.
    """
    if "attribution" in patch:
        # Sources are locked before claims: see `locks`. What is wrong with the chain is told further down.
        share_sources(session, _named_in(patch["attribution"]))
    state = claim_states.locked(session, claim_id)
    claim: Claim = state.claim
    blindness.demand_seen(session, actor, claim, seen)

    size = len(claim.document)
    before_fields, before_quotes = stored(state)
    before = content_of(before_fields, before_quotes)
    fields = load_patched(ClaimIn(exclude=["article_id"]), _as_input(before), patch)
    if "attribution" in patch:
        hold_sources(session, _references(fields["attribution"]))
    article = session.scalars(select(Article).where(Article.id == claim.article_id)).one()
    anchoring = Anchoring(session, wording(article), texts or Texts())
    own = [row for row in before_quotes if row["role"] == QuoteRole.CLAIM]
    in_chain = [row for row in before_quotes if row["role"] != QuoteRole.CLAIM]
    if "quotes" in patch:
        own = anchoring.claim_quotes(fields["quotes"])
    if "attribution" in patch:
        in_chain = anchoring.hop_quotes(fields["attribution"])
    anchoring.finish()
    quotes = own + in_chain

    changes = revisions.differences(before, content_of(fields, quotes))
    if not changes:
        return claim
    if fields["external_id"] != claim.external_id:
        _demand_free(session, fields["external_id"])
    changed = {change["field"] for change in changes}
    reopened: dict[Question, str] = {}
    for question in Question:
        if (about := amended(question, changed)) and (moves := reopen(session, state, question, _why(about))):
            changes += moves
            reopened[question] = _why(about)
    entry = revisions.append_of_claim(
        session, actor, claim, "amend", changes, edition=EDITION, facts=facts.of_reopening(reopened)
    )
    for column, value in columns_of(fields).items():
        setattr(claim, column, value)
    session.flush()
    if changed.intersection(("quotes", "attribution")):
        session.execute(delete(Quote).where(Quote.claim_id == claim.id))
        session.execute(delete(Hop).where(Hop.claim_id == claim.id))
        _write_parts(session, claim.id, fields["attribution"], quotes)
    if changed.intersection(("tags", "attribution")):
        documents.relink(session, [claim.id])
    documents.render(session, [claim.id], entry)
    room.demand_for_json(claim, size)
    return claim


@action(Role.CONTRIBUTOR)
def withdraw(session: Session, actor: Actor, /, claim_id: str, *, reason: str, seen: Precondition = ANY) -> None:
    """Withdraw a claim: it answers with its tombstone from now on, and keeps its history.

    Whoever entered it may; anyone else needs the role of an analyst. Claims that a relation to it kept
    `disputed` are reopened, each by a revision of its own.
    """
    related = lock_with_related(session, claim_id)
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    if claim.entered_by_id != actor.id:
        actor.demand(Role.ANALYST)
    blindness.demand_seen(session, actor, claim, seen)
    changes = [{"field": "withdrawn", "before": False, "after": True}]
    changes += second_opinions.lapse(session, state, *Question)
    entry = revisions.append_of_claim(session, actor, claim, "withdraw", changes, reason)
    claim.withdrawn_at, claim.withdrawn_reason, claim.withdrawn_by_id = entry.at, reason, actor.id
    documents.store(session, [(state, entry)])
    # The JSON of one that was withdrawn before shows the relation too; that of a redacted one stays empty.
    shown = Claim.id.in_(related), Claim.id.not_in(select(Redaction.claim_id))
    others = session.scalars(select(Claim).where(*shown).order_by(Claim.id)).all()
    for other in claim_states.load(session.connection(), others):
        if other.claim.withdrawn_at is None:
            why = "Reopened: a claim that it was in conflict with was withdrawn."
            entry = reopen_if_unfounded(session, actor, other, why) or entry
        documents.store(session, [(other, entry)])


def get(connection: Connection, claim_id: str, viewer: Actor | None) -> tuple[bytes, str]:
    """Return a claim's JSON as `viewer` sees it and its ETag. Raises NotFound, or Withdrawn with the tombstone.

    One query; one more where a second opinion is open that the viewer might have to give.
    """
    row = connection.execute(_DOCUMENT, {"id": claim_id}).first()
    if row is None:
        raise NotFound(unknown.CLAIM)
    if row.withdrawn_at is not None:
        raise _tombstone(connection, claim_id, viewer)
    if row.second_opinion_at is None and viewer is not None:
        return row.document, row.etag
    return masking.document(connection, viewer, claim_id, row)


def get_as_of(connection: Connection, claim_id: str, instant: Any, viewer: Actor | None) -> tuple[bytes, str]:
    """Return a claim's JSON as it stood at an instant, and the ETag that it had then."""
    row = connection.execute(
        select(
            Claim.seq,
            Claim.document,
            Claim.etag,
            Claim.changed_index,
            Claim.withdrawn_at,
            Claim.created_at,
            Claim.updated_at,
        ).where(Claim.id == claim_id)
    ).first()
    if row is None:
        raise NotFound(unknown.CLAIM)
    if instant < row.created_at:
        raise NotFound(message("The claim did not exist at that time."))
    if row.withdrawn_at is not None and row.withdrawn_at <= instant:
        raise _tombstone(connection, claim_id, viewer)
    if row.updated_at <= instant:
        return masking.document(connection, viewer, claim_id, row)
    version = connection.execute(
        select(ClaimVersion.document, ClaimVersion.etag, ClaimVersion.changed_index)
        .where(ClaimVersion.claim_seq == row.seq, ClaimVersion.from_at <= instant)
        .order_by(ClaimVersion.from_at.desc(), ClaimVersion.changed_index.desc())
        .limit(1)
    ).one()
    return masking.document(connection, viewer, claim_id, version)


def get_many(connection: Connection, claim_ids: Sequence[str], viewer: Actor | None) -> dict[str, bytes]:
    """Return the JSON of those of these claims that stand, by their ids, as `viewer` sees it."""
    rows = connection.execute(
        select(Claim.id, Claim.document, Claim.changed_index, Claim.second_opinion_at).where(
            Claim.id.in_(claim_ids), Claim.withdrawn_at.is_(None)
        )
    ).all()
    return dict(zip([row.id for row in rows], masking.documents(connection, viewer, rows), strict=True))


def demand_there(connection: Connection, claim_id: str, viewer: Actor | None, *, active: bool) -> None:
    """Raise NotFound when there is no such claim and, if it must stand, Withdrawn when it does not."""
    row = connection.execute(select(Claim.withdrawn_at).where(Claim.id == claim_id)).first()
    if row is None:
        raise NotFound(unknown.CLAIM)
    if active and row.withdrawn_at is not None:
        raise _tombstone(connection, claim_id, viewer)


_DOCUMENT = select(Claim.document, Claim.etag, Claim.changed_index, Claim.second_opinion_at, Claim.withdrawn_at).where(
    Claim.id == bindparam("id")
)


def _tombstone(connection: Connection, claim_id: str, viewer: Actor | None) -> Exception:
    row = connection.execute(
        select(Claim.id, Claim.withdrawn_at, Claim.withdrawn_reason, Claim.withdrawn_by_id, Person.name)
        .join(Person, Person.id == Claim.withdrawn_by_id)
        .where(Claim.id == claim_id)
    ).one()
    [shown] = masking.masked(connection, viewer, View.TOMBSTONE, [tombstone(row, row.name)])
    return withdrawn(shown)


def lock_with_related(session: Session, claim_id: str) -> set[str]:
    """Lock a claim and those that show a relation to it, and return these."""
    outgoing = select(Relation.other_id).where(Relation.claim_id == claim_id, Relation.kind.in_(SYMMETRIC))
    incoming = select(Relation.claim_id).where(Relation.other_id == claim_id)
    related = outgoing.union(incoming)
    return locked_whole(session, lambda: {claim_id, *session.scalars(related)}, lock_claims) - {claim_id}


def _named_in(chain: Any) -> list[Any]:
    """Return whatever stands where a chain names its sources, of a chain that nothing has validated yet."""
    hops = [hop for hop in chain[:HOPS] if isinstance(hop, dict)] if isinstance(chain, list) else []
    return [hop.get(name) for hop in hops for name in ("source_id", "on_behalf_of_id")]


def _references(chain: list[Json]) -> Mapping[str, str | None]:
    return {
        f"/attribution/{at}/{name}": hop[name]
        for at, hop in enumerate(chain)
        for name in ("source_id", "on_behalf_of_id")
    }


def _as_input(content: Json) -> Json:
    """Return content as a client would send it: quotes by their positions."""

    def sent(quotes: list[Json]) -> list[Json]:
        return [{name: quote[name] for name in ("exact", "start", "end")} for quote in quotes]

    return {name: value for name, value in content.items() if name != CURRENT} | {
        "quotes": sent(content["quotes"]),
        "attribution": [
            hop | {"source_quotes": sent(hop["source_quotes"]), "cue_quotes": sent(hop["cue_quotes"])}
            for hop in content["attribution"]
        ],
    }


def _write_parts(session: Session, claim_id: str, chain: list[Json], quotes: list[Json]) -> None:
    if quotes:
        session.execute(insert(Quote), [{"claim_id": claim_id, **row} for row in quotes])
    if chain:
        session.execute(
            insert(Hop),
            [
                {"claim_id": claim_id, "position": at, **{name: hop[name] for name in HOP_FIELDS}}
                for at, hop in enumerate(chain)
            ],
        )


def _why(fields: list[str]) -> str:
    return f"Reopened: the claim's {' and '.join(fields)} {'was' if len(fields) == 1 else 'were'} edited."


def _demand_free(session: Session, external_id: str | None) -> None:
    taken = external_id and session.scalar(select(Claim.id).where(Claim.external_id == external_id))
    if taken:
        raise Clash(message("Another claim has the external id “{external_id}”.", external_id=external_id), id=taken)
