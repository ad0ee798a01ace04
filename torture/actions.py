"""Random actions on a desk, each in a transaction of its own, as clients send them."""

from contextlib import suppress
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import (
    articles,
    claims,
    evidence,
    people,
    redaction,
    relations,
    reviews,
    second_opinions,
    snapshots,
    sources,
    undo,
)
from factcheck.desk.capturing import occurrences
from factcheck.desk.identity import judgments, source_relations
from factcheck.desk.team import renaming
from factcheck.errors import Clash, Forbidden, Invalid, Merged, NotFound, Withdrawn
from factcheck.log.actors import ANY, Actor, as_actor
from factcheck.rules.identity.relations import SourceRelationKind
from factcheck.rules.roles import Role
from factcheck.rules.status import Status
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import CitedOccurrenceIn, EvidenceIn
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.reviews import Review
from factcheck.storage.tables.sources import SourceRelation
from tests.desk import TEXT

WORDS = ("present", "thousands", "solidarity", "left early")


REFUSED = (Clash, Forbidden, Invalid, Merged, NotFound, Withdrawn)
USUAL, KINDS = 8, 19
Things = dict[str, list[str]]


def work(database: Database, random: Random, actions: int, *, rare: bool = True) -> None:
    """Do random actions of two people, the `rare` ones too; those that a rule refuses are left out."""
    with database.writing() as session:
        operator = people.operator(session)
        names = [f"Analyst {random.random()}" for _ in range(2)]
        actors = [people.add(session, operator, name=name, role=Role.ADMIN) for name in names]
        ids = [actor.id for actor in actors]
        kinds = ("group", "person", "outlet")
        things: Things = {
            "sources": [
                sources.add(session, actors[0], name=f"A {kind}", kind=kind, aliases=[], same_as=[])["id"]
                for kind in kinds
            ],
            "articles": [articles.add(session, actors[0], title="An article", text=TEXT)["id"]],
            "claims": [],
            "people": names,
        }
    for n in range(actions):
        kind = random.randrange(KINDS if rare else USUAL) if len(things["claims"]) > 1 else 0
        with suppress(*REFUSED), database.writing() as session:
            actor = as_actor(session.get_one(Person, random.choice(ids)))  # who may have another name by now
            if kind < USUAL:
                _usual(session, actor, random, kind, n, things)
            else:
                _rare(session, actor, random, kind, n, things)


def _usual(session: Session, actor: Actor, random: Random, kind: int, n: int, things: Things) -> None:
    source = random.choice(things["sources"])
    if kind == 0:
        hop = {"source_id": source, "directness": "indirect", "interested": random.choice([True, False, None])}
        body = {
            "article_id": things["articles"][0], "text": f"Claim {n}.", "kind": random.choice(["factual", "opinion"]),
            "quotes": [{"exact": random.choice(WORDS)}] if n % 2 else [{"exact": "people", "prefix": "million "}],
            "attribution": random.choice([[], [hop], [hop, {**hop, "note": "a note"}]]), "tags": [f"tag{n % 3}"],
        }  # fmt: skip
        things["claims"].append(claims.add(session, actor, **load(ClaimIn(), body)).id)
        return
    claim = random.choice(things["claims"])
    piece = load(EvidenceIn(), {"stance": random.choice(["supports", "refutes", "context"]), "title": f"Piece {n}"})
    if kind == 1:
        evidence.add(session, actor, claim, **piece)
    elif kind == 2:
        claims.amend(session, actor, claim, patch={"text": f"Words {n}.", "tags": [f"t{n}"]}, seen=ANY)
    elif kind == 3:
        item = session.scalar(
            select(Evidence.id).where(Evidence.claim_id == claim, Evidence.withdrawn_at.is_(None)).limit(1)
        )
        if item:
            evidence.withdraw(session, actor, claim, item, reason="It was wrong.")
        else:
            _occur(session, actor, claim, n)
    elif kind == 4:
        relation = random.choice(["contradicts", "restates", "in_tension_with"])
        other = next(each for each in things["claims"] if each != claim)
        relations.add(session, actor, claim, kind=relation, other_id=other, note=None)
    elif kind == 5:
        sources.amend(session, actor, source, patch={"name": f"Name {n}"}, seen=ANY)
    else:
        status = random.choice([str(status) for status in Status])
        given = [piece] if random.random() < 0.7 else []
        question = random.choice(["content", "attribution"])
        reason = f"A reason that is long enough {n}."
        reviews.decide(session, actor, claim, status=status, seen=ANY, question=question, reason=reason, evidence=given)


def _occur(session: Session, actor: Actor, claim: str, n: int) -> None:
    """Add an occurrence to a claim, or withdraw the one that it has."""
    active = select(Occurrence.id).where(Occurrence.claim_id == claim, Occurrence.withdrawn_at.is_(None))
    item = session.scalar(active.limit(1))
    if item:
        occurrences.withdraw(session, actor, claim, item, reason="It was wrong.")
    else:
        said = {"kind": "video", "place": f"Place {n}", "said_on": "2023-08-25", "timecode": "00:12:34"}
        occurrences.add(session, actor, claim, **load(CitedOccurrenceIn(), said))


def _rare(session: Session, actor: Actor, random: Random, kind: int, n: int, things: Things) -> None:
    claim, article = random.choice(things["claims"]), things["articles"][0]
    if kind == 8:
        claims.withdraw(session, actor, claim, reason="Entered twice.")
    elif kind == 9 and random.random() < 0.5:
        redaction.redact(session, actor, claim, reason="A person asked.")
    elif kind == 10 and random.random() < 0.5:
        one, other = random.sample(things["sources"], 2)
        judgment = random.choice(["same", "same", "different", "unsure", "merge"])
        if judgment == "merge":
            sources.merge(session, actor, one, into=other, reason="One and the same.")
        else:
            judgments.judge(session, actor, one, other_id=other, judgment=judgment, reason="Somebody asked them.")
    elif kind == 11:
        articles.amend(session, actor, article, patch={"title": f"Title {n}"}, seen=ANY)
    elif kind == 12:
        last = select(Review.id).where(Review.claim_id == claim, Review.reviewer_id == actor.id)
        review = session.scalar(last.order_by(Review.log_index.desc()).limit(1))
        if review:
            undo.undo(session, actor, claim, review, seen=ANY)
    elif kind in (13, 14):
        question = random.choice(["content", "attribution"])
        second_opinions.ask(session, actor, claim, question=question, note=f"Look again {n}.")
    elif kind == 15:
        text = TEXT.replace("thousands", random.choice(["thousands", "a few thousands", "hundreds"])) + f" Later: {n}."
        snapshots.add(session, actor, snapshots.NewText(article, text))
    elif kind in (16, 17):
        _relate_sources(session, actor, random, n, things)
    else:
        name = random.choice(things["people"])
        if random.random() < 0.5:
            people.set_display_name(session, actor, name=name, display_name=f"Desk {n}")
        else:
            things["people"].remove(name)
            things["people"].append(f"Person {n}")
            renaming.rename(session, actor, name=name, new_name=f"Person {n}", reason=f"They asked, {n}.")


def _relate_sources(session: Session, actor: Actor, random: Random, n: int, things: Things) -> None:
    """Relate two sources, or withdraw the newest of their relations."""
    active = select(SourceRelation).where(SourceRelation.withdrawn_index.is_(None))
    last = session.scalar(active.order_by(SourceRelation.log_index.desc()).limit(1))
    if last is not None and random.random() < 0.3:
        source_relations.withdraw(session, actor, last.source_id, last.id, reason="It was wrong.")
        return
    one, other = random.sample(things["sources"], 2)
    kind = random.choice(list(SourceRelationKind))
    since = random.choice([None, "2019", "2026-01-01"])
    source_relations.add(session, actor, one, kind=kind, other_id=other, since=since, note=f"Note {n}.")
