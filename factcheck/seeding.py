"""Load seeds/: the first desk, through the same actions as everyone's work, so that it is in the log like all else.

The files have the API's own shape. Where a field holds an id, it holds the `external_id` of another seed.
What is there already is left as it is, whatever became of it: loading twice changes nothing.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import articles, claims, evidence, people, relations, reviews, sources
from factcheck.log.actors import ANY, Actor, as_actor
from factcheck.rules.roles import Role
from factcheck.schemas.articles import ArticleIn
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import EvidenceIn
from factcheck.schemas.reviews import RelationIn, ReviewIn
from factcheck.schemas.sources import SourceIn
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source

PACKAGE = Path(__file__).resolve().parent
# Inside the wheel the folder lies in the package, in a checkout beside it.
FOLDER = next(folder for folder in (PACKAGE / "seeds", PACKAGE.parent / "seeds") if folder.is_dir())
REFERENCES: dict[str, type[Source] | type[Article] | type[Claim]] = {
    "source_id": Source,
    "origin_id": Source,
    "on_behalf_of_id": Source,
    "outlet_id": Source,
    "article_id": Article,
    "claim_id": Claim,
}
Json = dict[str, Any]


def seed(session: Session) -> Counter[str]:
    """Load all seeds in this transaction and return how many of each noun were new."""
    counts: Counter[str] = Counter()
    actor = _people(session, counts)
    for fields in _read("sources"):
        if _id(session, Source, fields["external_id"]) is None:
            sources.add(session, actor, **load(SourceIn(), fields))
            counts["sources"] += 1
    for fields in _read("articles"):
        if _id(session, Article, fields["external_id"]) is None:
            fields["text"] = (FOLDER / fields.pop("text_file")).read_text(encoding="utf-8")
            articles.add(session, actor, **load(ArticleIn(), _resolved(session, fields)))
            counts["articles"] += 1
    fresh: dict[str, str] = {}
    for fields in _read("claims"):
        if _id(session, Claim, fields["external_id"]) is None:
            claim = claims.add(session, actor, **load(ClaimIn(), _resolved(session, fields)))
            fresh[fields["external_id"]] = claim.id
            counts["claims"] += 1
    # Everything else hangs on a claim, and came with it the first time.
    for claim_id, fields in _of("relations", fresh):
        related = load(RelationIn(), _resolved(session, fields))
        relations.add(
            session, actor, claim_id, kind=related["kind"], other_id=related["claim_id"], note=related["note"]
        )
        counts["relations"] += 1
    for claim_id, fields in _of("evidence", fresh):
        evidence.add(session, actor, claim_id, **load(EvidenceIn(), _resolved(session, fields)))
        counts["evidence"] += 1
    for claim_id, fields in _of("reviews", fresh):
        reviews.decide(session, actor, claim_id, seen=ANY, **load(ReviewIn(), _resolved(session, fields)))
        counts["reviews"] += 1
    return counts


def first_person() -> str:
    """Return the name of the person who enters the seeds."""
    return str(_read("people")[0]["name"])


def _people(session: Session, counts: Counter[str]) -> Actor:
    actor = None
    for fields in _read("people"):
        person = session.scalar(select(Person).where(Person.folded_name == people.folded_name(fields["name"])))
        if person is None:
            entered = people.add(session, people.operator(session), name=fields["name"], role=Role(fields["role"]))
            counts["people"] += 1
        else:
            entered = as_actor(person)
        actor = actor or entered
    assert actor is not None
    return actor


def _read(name: str) -> list[Json]:
    rows: list[Json] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def _of(name: str, fresh: dict[str, str]) -> list[tuple[str, Json]]:
    """Return the rows that hang on a new claim, with that claim's id."""
    return [(fresh[claim], row) for row in _read(name) if (claim := row.pop("claim")) in fresh]


def _resolved(session: Session, value: Any) -> Any:
    """Put ids where a seed names another one."""
    if isinstance(value, list):
        return [_resolved(session, item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _id(session, REFERENCES[name], item)
        if name in REFERENCES and item is not None
        else _resolved(session, item)
        for name, item in value.items()
    }


def _id(session: Session, table: type[Source] | type[Article] | type[Claim], external_id: str) -> str | None:
    return session.scalar(select(table.id).where(table.external_id == external_id))
