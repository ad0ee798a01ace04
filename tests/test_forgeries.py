"""Forgeries that a verification once did not see, by somebody with all rights to the database, and what names them."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.followers.publisher import Publisher
from factcheck.inspection.checkup import TAMPERED
from factcheck.inspection.mending import WITNESS
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.attribution import Hop, Quote
from factcheck.storage.tables.claims import Claim, ClaimSource, ClaimTag, ClaimVersion, Relation
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.reviews import Review, SecondOpinion
from factcheck.storage.tables.sources import Source
from tests.desk import Desk
from tests.examining import claim_faults
from torture.furnished import catch_up
from torture.tampering import Tamperer, all_rights, render_again
from torture.varied import vary

CLAIM_REDACTED = (Revision.action == "redact", Revision.subject_kind == SubjectKind.CLAIM)

Forgery = Callable[[Session], list[str]]  # returns words of which a line of the report must have all


@contextmanager
def ready(desk: Desk, folder: Path) -> Iterator[Tamperer]:
    """Yield somebody with all rights, on a desk with every kind of action behind it."""
    vary(desk.database)
    catch_up(desk.database, folder)
    publisher = Publisher(desk.database, folder)
    publisher.publish()
    signed = publisher.signed()
    assert signed is not None
    with closing(Tamperer(desk.database.url, signed.checkpoint(), Random(1), 1)) as tamperer:
        yield tamperer


def decided(session: Session) -> Any:
    """Return a claim with verdicts on both questions and earlier versions."""
    both = Claim.status == "verified", Claim.attribution_status == "verified", Claim.external_id.like("varied-%")
    return session.scalars(select(Claim).where(*both).order_by(Claim.seq).limit(1)).one()


def another_reviewer(session: Session) -> list[str]:
    claim = decided(session)
    other = session.scalar(select(Person.id).where(Person.name == "Test analyst"))
    session.execute(update(Claim).where(Claim.id == claim.id).values(reviewed_by_id=other))
    return [f"claim {claim.id}, revision ", ", log index ", "claims.reviewed_by_id: "]


def another_reason_of_an_attribution_check(session: Session) -> list[str]:
    claim = decided(session)
    session.execute(update(Claim).where(Claim.id == claim.id).values(attribution_reason="It was never checked."))
    return [f"claim {claim.id}, revision ", "claims.attribution_reason: ", "It was never checked."]


def two_analysts_exchanged_everywhere(session: Session) -> list[str]:
    """Their names, marks and rights change places: every entry of the one seems to be of the other."""
    one, other = session.scalars(
        select(Person).where(Person.name.in_(("Test analyst", "Third"))).order_by(Person.name)
    ).all()
    columns = ("name", "folded_name", "display_name", "role", "created_at")
    have = [{name: getattr(person, name) for name in columns} for person in (one, other)]
    session.execute(update(Person).where(Person.id == one.id).values(name="x", folded_name="x"))
    for person, values in zip((other, one), have, strict=True):
        session.execute(update(Person).where(Person.id == person.id).values(**values))
    return [f"person {one.id}, revision ", "people.name: "]


def two_marks_exchanged_in_every_entry(session: Session) -> list[str]:
    """The people's ids change places in all tables, and their marks with them: each entry still fits its row."""
    one, other = session.scalars(
        select(Person).where(Person.name.in_(("Test analyst", "Third"))).order_by(Person.name)
    ).all()
    marks = one.mark, other.mark
    session.execute(update(Person).where(Person.id == one.id).values(mark=other.id))
    session.execute(update(Person).where(Person.id == other.id).values(mark=marks[0]))
    session.execute(update(Person).where(Person.id == one.id).values(mark=marks[1]))
    swap = {one.id: other.id, other.id: one.id}
    for table, columns in (
        (Revision, ("actor_id",)), (Review, ("reviewer_id",)), (Evidence, ("added_by_id", "withdrawn_by_id")),
        (Claim, ("entered_by_id", "reviewed_by_id", "attribution_reviewed_by_id", "withdrawn_by_id")),
        (Relation, ("added_by_id",)), (SecondOpinion, ("asked_by_id", "first_reviewer_id", "reviewer_id")),
    ):  # fmt: skip
        model: Any = table
        key = next(iter(model.__table__.primary_key))
        for at, *people in session.execute(select(key, *(getattr(model, name) for name in columns))).all():
            values = {name: swap.get(person, person) for name, person in zip(columns, people, strict=True)}
            session.execute(update(model).where(key == at).values(**values))
    return [f"person {one.id}, revision ", "people.mark: "]


def a_claim_removed_with_all_that_hangs_on_it(session: Session) -> list[str]:
    claim = decided(session)
    for part in (Quote, Hop, Evidence, Review, SecondOpinion, Relation):
        session.execute(delete(part).where(part.claim_id == claim.id))
    for listed in (ClaimTag, ClaimSource, ClaimVersion):
        session.execute(delete(listed).where(listed.claim_seq == claim.seq))
    session.execute(delete(Claim).where(Claim.id == claim.id))
    return [f"claim {claim.id}, revision ", "claims: The row is missing."]


def all_article_texts_removed(session: Session) -> list[str]:
    session.execute(delete(Snapshot))
    article = session.scalars(select(Article.id).order_by(Article.seq).limit(1)).one()
    return [f"article {article}, revision 1, ", "snapshots: The row is missing."]


def an_earlier_answer_changed(session: Session) -> list[str]:
    """What `as_of` gives, with an ETag that fits."""
    version = session.scalars(select(ClaimVersion).order_by(ClaimVersion.claim_seq, ClaimVersion.changed_index)).first()
    assert version is not None
    document = documents.dumped(orjson.loads(version.document) | {"text": "It was always so."})
    claim = session.scalar(select(Claim.id).where(Claim.seq == version.claim_seq))
    where = ClaimVersion.claim_seq == version.claim_seq, ClaimVersion.changed_index == version.changed_index
    session.execute(update(ClaimVersion).where(*where).values(document=document, etag=documents.etag_of(document)))
    return [f"claim {claim}, revision ", "claim_versions.document: "]


def a_back_dated_verdict(session: Session) -> list[str]:
    claim = decided(session)
    session.execute(update(Claim).where(Claim.id == claim.id).values(reviewed_at=claim.created_at))
    session.execute(update(Review).where(Review.claim_id == claim.id).values(reviewed_at=claim.created_at))
    return [f"claim {claim.id}, revision ", "reviews.reviewed_at: "]


def another_reason_of_a_withdrawal(session: Session) -> list[str]:
    claim = session.scalars(select(Claim).where(Claim.withdrawn_reason == "Entered twice.")).one()
    session.execute(update(Claim).where(Claim.id == claim.id).values(withdrawn_reason="A complaint came."))
    return [f"claim {claim.id}, revision ", "claims.withdrawn_reason: "]


def another_first_verdict_of_a_second_opinion(session: Session) -> list[str]:
    opinion = session.scalars(select(SecondOpinion).order_by(SecondOpinion.log_index)).first()
    assert opinion is not None
    other = "refuted" if opinion.first_status != "refuted" else "verified"
    session.execute(update(SecondOpinion).where(SecondOpinion.id == opinion.id).values(first_status=other))
    return [f"claim {opinion.claim_id}, revision ", "second_opinions.first_status: "]


def tags_removed_from_a_list(session: Session) -> list[str]:
    claim = decided(session)
    session.execute(delete(ClaimTag).where(ClaimTag.claim_seq == claim.seq))
    return [f"claim {claim.id}, revision ", "claim_tags: ", "The row is missing."]


def sources_removed_from_a_list(session: Session) -> list[str]:
    claim = decided(session)
    session.execute(delete(ClaimSource).where(ClaimSource.claim_seq == claim.seq))
    return [f"claim {claim.id}, revision ", "claim_sources: ", "The row is missing."]


def a_source_told_as_another_one(session: Session) -> list[str]:
    source, other = session.scalars(select(Source).order_by(Source.seq).limit(2)).all()
    session.execute(update(Source).where(Source.id == source.id).values(canonical_id=other.id))
    return [f"source {source.id}, revision ", "sources.canonical_id: "]


def content_that_is_there_again_after_a_redaction(session: Session) -> list[str]:
    """Whoever kept the content and its salt can put them back: they are what the entry commits to."""
    redacted = session.scalar(select(Revision.subject_id).where(*CLAIM_REDACTED).limit(1))
    index = session.scalars(select(Revision.log_index).where(Revision.subject_id == redacted).limit(1)).one()
    session.execute(text("INSERT INTO revision_contents (log_index, salt, content) SELECT :at, salt, content"
                         " FROM revision_contents LIMIT 1"), {"at": index})  # fmt: skip
    assert session.scalar(select(func.count()).where(RevisionContent.log_index == index)) == 1
    return [f"claim {redacted}", f"log index {index}"]


def the_content_of_the_entry_that_redacts_removed(session: Session) -> list[str]:
    """It says what remains of the claim."""
    claim, index = session.execute(
        select(Revision.subject_id, Revision.log_index).where(*CLAIM_REDACTED).limit(1)
    ).one()
    session.execute(delete(RevisionContent).where(RevisionContent.log_index == index))
    return [f"claim {claim}, revision ", f", log index {index}: Its content is gone, and no redaction says so."]


def an_entry_moved_to_another_index(session: Session) -> list[str]:
    row = session.execute(
        select(Revision.log_index, Revision.subject_kind, Revision.subject_id).where(Revision.log_index == 20)
    ).one()
    session.execute(text("DROP TABLE IF EXISTS moved"))
    session.execute(text("CREATE TABLE moved AS SELECT * FROM revision_contents WHERE log_index = 20"))
    session.execute(text("DELETE FROM revision_contents WHERE log_index = 20"))
    session.execute(text("UPDATE revisions SET log_index = 1000000 WHERE log_index = 20"))
    session.execute(
        text("INSERT INTO revision_contents (log_index, salt, content) SELECT 1000000, salt, content FROM moved")
    )
    return [f"{row.subject_kind} {row.subject_id}, revision ", "log index 1000000: It is at place "]


def a_content_without_an_entry(session: Session) -> list[str]:
    session.execute(text("INSERT INTO revision_contents (log_index, salt, content) SELECT 1000000, salt, content"
                         " FROM revision_contents WHERE log_index = 20"))  # fmt: skip
    return ["log: revision_contents, log index 1000000: It is the content of no entry."]


FORGERIES: list[Forgery] = [
    another_reviewer, another_reason_of_an_attribution_check, two_analysts_exchanged_everywhere,
    two_marks_exchanged_in_every_entry, a_claim_removed_with_all_that_hangs_on_it, all_article_texts_removed,
    an_earlier_answer_changed, a_back_dated_verdict, another_reason_of_a_withdrawal,
    another_first_verdict_of_a_second_opinion, tags_removed_from_a_list, sources_removed_from_a_list,
    a_source_told_as_another_one, content_that_is_there_again_after_a_redaction,
    a_content_without_an_entry, the_content_of_the_entry_that_redacts_removed, an_entry_moved_to_another_index,
]  # fmt: skip


@pytest.mark.slow
def test_every_forgery_is_named_with_and_without_the_json_rendered_again(seeded: Desk, tmp_path: Path) -> None:
    with ready(seeded, tmp_path / "log") as tamperer:
        with all_rights(tamperer.url) as session:
            assert tamperer.report(session) == []
        missed = []
        for forgery in FORGERIES:
            for again in (False, True):
                with all_rights(tamperer.url) as session:
                    words = forgery(session)
                    if again:
                        render_again(session)
                    report = tamperer.report(session)
                if not any(all(word in line for word in words) for line in report):
                    missed.append((forgery.__name__, again, words, report[:5]))
        assert missed == []


@pytest.mark.slow
def test_each_change_of_some_columns_is_named(seeded: Desk, tmp_path: Path) -> None:
    """`python -m torture tampering` does it with every column of every table."""
    with ready(seeded, tmp_path / "log") as tamperer:
        results = tamperer.run(lambda table: table in ("redactions", "claim_tags"))
    assert results.missed == []
    assert sum(results.tried.values()) >= 15


@pytest.mark.slow
def test_mending_writes_what_is_derived_and_nothing_that_the_log_says(seeded: Desk, tmp_path: Path) -> None:
    """A list's row and a source's place come back; a claim that was removed, and one with a forged reviewer, do not."""
    with ready(seeded, tmp_path / "log") as tamperer, all_rights(tamperer.url) as session:
        before = session.scalars(select(Source.canonical_id).order_by(Source.seq)).all()
        a_source_told_as_another_one(session)
        listed = session.scalars(select(Claim).where(Claim.external_id == "varied-2")).one()
        session.execute(delete(ClaimTag).where(ClaimTag.claim_seq == listed.seq))
        removed = a_claim_removed_with_all_that_hangs_on_it(session)[0].removesuffix(", revision ")
        forged = decided(session)
        another_reviewer(session)  # of the same claim
        session.execute(update(Claim).where(Claim.id == forged.id).values(origin_interested=None))
        found = claim_faults(session, mend=True)
        mended = {fault.subject for fault in found if fault.mended}
        assert f"claim {listed.id}" in mended
        assert mended.isdisjoint({removed, f"claim {forged.id}"})
        left = {fault.detail.partition(":")[0]: fault.mend for fault in found if fault.subject == f"claim {forged.id}"}
        assert left == {"claims.reviewed_by_id": TAMPERED, "claims.origin_interested": WITNESS}
        assert session.scalars(select(Source.canonical_id).order_by(Source.seq)).all() == before
        assert session.scalar(select(func.count()).where(Claim.id == removed.removeprefix("claim "))) == 0
        again = claim_faults(session)
        assert {fault.subject for fault in again} == {removed, f"claim {forged.id}"}
        assert not any(fault.mended for fault in again)
