"""Every action there is: what it writes into the log, who may do it, and that the checkup finds whatever is amiss."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from string import ascii_uppercase
from typing import Any

import orjson
import pytest
import time_machine
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from factcheck import desk as desk_package
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
    webhooks,
)
from factcheck.desk.access import browser_sessions
from factcheck.desk.access.callers import digest
from factcheck.desk.capturing import captures, evidence_links, feeds, images, inbox, occurrences, watches
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.capturing.pictures import TakenImage
from factcheck.desk.identity import judgments, source_relations
from factcheck.desk.publishing import correction_requests, rating_scales, report_drafts, reports, site_pages
from factcheck.desk.redactions import articles as redacted_articles
from factcheck.desk.redactions import comments as redacted_comments
from factcheck.desk.redactions import correction_requests as redacted_requests
from factcheck.desk.redactions import people as redacted_people
from factcheck.desk.redactions import relations as redacted_relations
from factcheck.desk.redactions import reports as redacted_reports
from factcheck.desk.redactions import source_relations as redacted_source_relations
from factcheck.desk.redactions import sources as redacted_sources
from factcheck.desk.redactions.archived import captures as redacted_captures
from factcheck.desk.redactions.archived import images as redacted_images
from factcheck.desk.team import (
    accounts,
    assignments,
    browsers,
    comments,
    filters,
    links,
    mail,
    notifications,
    profiles,
    renaming,
    tokens,
)
from factcheck.errors import Forbidden
from factcheck.exchange import imports
from factcheck.extraction.running import Extract, Picture
from factcheck.inspection import checkup, comparing, rebuilding
from factcheck.log.actors import ACTIONS, ANY, Actor
from factcheck.log.ids import new_id
from factcheck.rules.addresses import Guard
from factcheck.rules.roles import Role
from factcheck.rules.team.filtering import FilteredList
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import CitedOccurrenceIn, EvidenceIn
from factcheck.schemas.imports import record
from factcheck.schemas.publishing.ratings import RatingScaleIn
from factcheck.schemas.publishing.reports import ReportIn
from factcheck.schemas.publishing.site_pages import SitePageIn
from factcheck.schemas.sources import SourceIn
from factcheck.schemas.webhooks import WebhookIn
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.attribution import Hop, Quote
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import LogHead, Redaction, Revision, RevisionContent
from factcheck.storage.tables.people import BrowserSession
from tests.conftest import Copies
from tests.desk import TEXT, lift_guards
from tests.everything import REPORT, SCALE, SITE_PAGE
from tests.examining import claim_faults

for module in pkgutil.walk_packages(desk_package.__path__, f"{desk_package.__name__}."):
    importlib.import_module(module.name)

REASON = "The stadium holds 30,000 people."
REGIONS = map("".join, product(ascii_uppercase, repeat=2))
ORDER = list(Role)
Action = Callable[[Session, Actor], object]


class Undo(Exception):
    """Raised at the end of a transaction that is to leave nothing."""


@dataclass
class Scene:
    """A desk with one person of each role, and things to do actions with, all of them entered by the contributor."""

    database: Database
    people: dict[Role, Actor] = field(default_factory=dict)
    made: int = 0

    def do(self, action: Action, by: Role) -> Any:
        with self.database.writing() as session:
            return action(session, self.people[by])

    def name(self) -> str:
        self.made += 1
        return f"Somebody {self.made}"

    def source(self) -> str:
        fields = load(SourceIn(), {"name": self.name(), "kind": "person"})
        made: dict[str, Any] = self.do(lambda s, a: sources.add(s, a, **fields), Role.CONTRIBUTOR)
        return str(made["id"])

    def article(self) -> str:
        made = self.do(lambda s, a: articles.add(s, a, text=TEXT, title=self.name()), Role.CONTRIBUTOR)
        return str(made["id"])

    def claim_fields(self, **given: Any) -> dict[str, Any]:
        body = {
            "article_id": given.pop("article_id", None) or self.article(),
            "text": "Up to a million people were present.",
            "kind": "factual",
            "quotes": [{"exact": "up to a million people were present"}],
            **given,
        }
        return load(ClaimIn(), body)

    def claim(self, **given: Any) -> str:
        fields = self.claim_fields(**given)
        return str(self.do(lambda s, a: claims.add(s, a, **fields).id, Role.CONTRIBUTOR))

    def evidence(self, claim_id: str, stance: str = "refutes") -> str:
        made = self.do(lambda s, a: evidence.add(s, a, claim_id, **proof(stance)), Role.CONTRIBUTOR)
        return str(made["id"])

    def decide(self, claim_id: str, status: str, question: str = "content") -> None:
        self.do(
            lambda s, a: reviews.decide(s, a, claim_id, status=status, question=question, reason=REASON, seen=ANY),
            Role.ANALYST,
        )

    def person(self) -> str:
        name = self.name()
        self.do(lambda s, a: people.add(s, a, name=name, role=Role.READER), Role.ADMIN)
        return name

    def log(self) -> list[Any]:
        with self.database.reading() as connection:
            return list(
                connection.execute(
                    select(*Revision.__table__.columns, Revision.action.label("action")).order_by(Revision.log_index)
                )
            )

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self.database.reading() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in Base.metadata.sorted_tables
            }

    def faults(self) -> list[str]:
        with self.database.writing() as session:
            found = list(checkup.log_faults(session))
            found += claim_faults(session)
        return [f"{fault.subject}: {fault.detail}" for fault in found]


def proof(stance: str) -> dict[str, Any]:
    return load(EvidenceIn(), {"stance": stance, "url": "https://example.org/stadium"})


@contextmanager
def open_scene(copies: Copies) -> Iterator[Scene]:
    url = copies.copy("migrated")
    scene = Scene(Database(url))
    try:
        with scene.database.writing() as session:
            operator = people.operator(session)
            for role in Role:
                scene.people[role] = people.add(session, operator, name=f"Test {role}", role=role)
        yield scene
    finally:
        scene.database.close()
        copies.forget(url)


@pytest.fixture(scope="module")
def shared(copies: Copies) -> Iterator[Scene]:
    """One desk for the actions of this module: each finds it whole and leaves it whole."""
    with open_scene(copies) as scene:
        yield scene


@pytest.fixture
def scene(copies: Copies) -> Iterator[Scene]:
    with open_scene(copies) as scene:
        yield scene


# ── One row for each action: what to do it with, and the revisions that it must append ──────────────────────────────


def add_source(scene: Scene) -> Action:
    fields = load(SourceIn(), {"name": "Rally organizers", "kind": "group"})
    return lambda s, a: sources.add(s, a, **fields)


def amend_source(scene: Scene) -> Action:
    source_id = scene.source()
    hop = {"source_id": source_id, "directness": "direct"}
    scene.claim(attribution=[hop])
    scene.claim(attribution=[{**hop, "source_id": scene.source(), "on_behalf_of_id": source_id}])
    return lambda s, a: sources.amend(s, a, source_id, patch={"name": "Another name"}, seen=ANY)


def merge_sources(scene: Scene) -> Action:
    source_id, into = scene.source(), scene.source()
    scene.claim(attribution=[{"source_id": source_id, "directness": "direct"}])
    return lambda s, a: sources.merge(s, a, source_id, into=into, reason=REASON)


def judge_sources(scene: Scene) -> Action:
    source_id, other_id = scene.source(), scene.source()
    scene.claim(attribution=[{"source_id": source_id, "directness": "direct"}])
    return lambda s, a: judgments.judge(s, a, source_id, other_id=other_id, judgment="same", reason=REASON)


def relate_sources(scene: Scene) -> Action:
    source_id, other_id = scene.source(), scene.source()
    return lambda s, a: source_relations.add(s, a, source_id, kind="owns", other_id=other_id)


def related_sources(scene: Scene) -> tuple[str, str]:
    source_id, other_id = scene.source(), scene.source()
    fields = {"kind": "owns", "other_id": other_id, "note": "A note."}
    made = scene.do(lambda s, a: source_relations.add(s, a, source_id, **fields), Role.CONTRIBUTOR)
    return source_id, made["id"]


def part_sources(scene: Scene) -> Action:
    source_id, relation_id = related_sources(scene)
    return lambda s, a: source_relations.withdraw(s, a, source_id, relation_id, reason=REASON)


def redact_source_relation(scene: Scene) -> Action:
    source_id, relation_id = related_sources(scene)
    return lambda s, a: redacted_source_relations.redact_note(s, a, source_id, relation_id, reason=REASON)


def add_article(scene: Scene) -> Action:
    return lambda s, a: articles.add(s, a, text=TEXT, title="A rally")


def captured_page() -> CapturedPage:
    extract = Extract(text="Thousands gathered.", title="A rally", published_on="2023-11-06")
    return CapturedPage("https://news.invalid/a", datetime(2026, 11, 29, tzinfo=UTC), None, None, extract)


def add_capture(scene: Scene) -> Action:
    return lambda s, a: captures.add(s, a, captured_page())


def redact_capture(scene: Scene) -> Action:
    capture_id = scene.do(add_capture(scene), Role.CONTRIBUTOR)["id"]
    return lambda s, a: redacted_captures.redact(s, a, capture_id, reason=REASON)


def taken_image(scene: Scene) -> tuple[str, TakenImage]:
    article_id = str(scene.do(add_article(scene), Role.CONTRIBUTOR)["id"])
    picture = Picture("image/png", 1, 1, "8000000000000000")
    return article_id, TakenImage(new_id(), None, picture, 70, "a" * 64, "b" * 64)


def add_image(scene: Scene) -> Action:
    article_id, image = taken_image(scene)
    return lambda s, a: images.add(s, a, image, article_id=article_id, alt="A crowd")


def redact_image(scene: Scene) -> Action:
    image_id = scene.do(add_image(scene), Role.CONTRIBUTOR)["id"]
    return lambda s, a: redacted_images.redact(s, a, image_id, reason=REASON)


def watched_article(scene: Scene) -> str:
    fields = {"text": TEXT, "title": "A rally", "url": f"https://news.invalid/{scene.name().replace(' ', '')}"}
    return str(scene.do(lambda s, a: articles.add(s, a, **fields), Role.CONTRIBUTOR)["id"])


def watch_article(scene: Scene) -> Action:
    article_id = watched_article(scene)
    return lambda s, a: watches.watch(s, a, article_id, every=timedelta(hours=6), until=None, seen=ANY)


def unwatch_article(scene: Scene) -> Action:
    article_id = watched_article(scene)
    every = timedelta(hours=6)
    scene.do(lambda s, a: watches.watch(s, a, article_id, every=every, until=None, seen=ANY), Role.ANALYST)
    return lambda s, a: watches.unwatch(s, a, article_id)


def amend_article(scene: Scene) -> Action:
    article_id = scene.article()
    scene.claim(article_id=article_id)
    return lambda s, a: articles.amend(s, a, article_id, patch={"title": "Another title"}, seen=ANY)


def add_claim(scene: Scene) -> Action:
    fields = scene.claim_fields(attribution=[{"source_id": scene.source(), "directness": "direct"}], tags=["rally"])
    return lambda s, a: claims.add(s, a, **fields)


def amend_claim(scene: Scene) -> Action:
    claim_id = scene.claim(attribution=[{"source_id": scene.source(), "directness": "direct"}])
    scene.decide(claim_id, "unverifiable")
    scene.decide(claim_id, "verified", "attribution")
    patch = {"text": "A million came.", "attribution": [], "tags": ["rally"]}  # reopens both questions, in one revision
    return lambda s, a: claims.amend(s, a, claim_id, patch=patch, seen=ANY)


def redact_claim(scene: Scene) -> Action:
    claim_id, disputed = scene.claim(), scene.claim()
    scene.do(
        lambda s, a: relations.add(s, a, claim_id, kind="contradicts", other_id=disputed, note=None), Role.CONTRIBUTOR
    )
    scene.decide(disputed, "disputed")
    return lambda s, a: redaction.redact(s, a, claim_id, reason=REASON)


def redact_text(scene: Scene) -> Action:
    article_id = scene.article()
    scene.claim(article_id=article_id)
    return lambda s, a: redacted_articles.redact_text(s, a, article_id, reason=REASON)


def redact_claims(scene: Scene) -> Action:
    article_id = scene.article()
    claim_id = scene.claim(article_id=article_id)
    return lambda s, a: redacted_articles.redact_claims(s, a, article_id, [claim_id], reason=REASON)


def redact_source(scene: Scene) -> Action:
    source_id = scene.source()
    scene.claim(attribution=[{"source_id": source_id, "directness": "direct"}])
    return lambda s, a: redacted_sources.redact(s, a, source_id, reason=REASON)


def erase_person(scene: Scene) -> Action:
    name = scene.person()
    return lambda s, a: redacted_people.erase(s, a, name=name, reason=REASON)


def redact_note(scene: Scene) -> Action:
    claim_id, other = scene.claim(), scene.claim()
    made = scene.do(
        lambda s, a: relations.add(s, a, claim_id, kind="restates", other_id=other, note="A note."), Role.CONTRIBUTOR
    )
    return lambda s, a: redacted_relations.redact_note(s, a, claim_id, made["id"], reason=REASON)


def withdraw_claim(scene: Scene) -> Action:
    article_id = scene.article()
    claim_id, disputed, founded, undecided = (scene.claim(article_id=article_id) for _ in range(4))
    for kind, other_id in (("contradicts", disputed), ("in_tension_with", founded), ("contradicts", undecided)):
        scene.do(
            lambda s, a, kind=kind, other=other_id: relations.add(s, a, claim_id, kind=kind, other_id=other, note=None),
            Role.CONTRIBUTOR,
        )
    scene.evidence(founded, "context")
    for other_id in (disputed, founded):
        scene.decide(other_id, "disputed")
    return lambda s, a: claims.withdraw(s, a, claim_id, reason=REASON)


def add_evidence(scene: Scene) -> Action:
    claim_id = scene.claim()
    return lambda s, a: evidence.add(s, a, claim_id, **proof("supports"))


def feed_of(scene: Scene) -> str:
    fields: Any = {"url": f"https://news.invalid/{scene.name().replace(' ', '')}", "title": None}
    return str(scene.do(lambda s, a: feeds.add(s, a, **fields, every=timedelta(hours=1)), Role.ANALYST)["id"])


def add_feed(scene: Scene) -> Action:
    url = f"https://news.invalid/{scene.name().replace(' ', '')}"
    return lambda s, a: feeds.add(s, a, url=url, title=None, every=timedelta(hours=1))


def remove_feed(scene: Scene) -> Action:
    feed_id = feed_of(scene)
    return lambda s, a: feeds.remove(s, a, feed_id)


def scale_of(scene: Scene) -> str:
    fields = load(RatingScaleIn(), SCALE)
    return str(scene.do(lambda s, a: rating_scales.add(s, a, **fields), Role.ADMIN)["id"])


def add_scale(_scene: Scene) -> Action:
    return lambda s, a: rating_scales.add(s, a, **load(RatingScaleIn(), SCALE))


def translate_scale(scene: Scene) -> Action:
    scale_id = scale_of(scene)
    labels = {rating["key"]: "Mot" for rating in SCALE["ratings"]}
    return lambda s, a: rating_scales.translate(s, a, scale_id, language="fr", labels=labels, definitions={})


def withdraw_scale(scene: Scene) -> Action:
    scale_id = scale_of(scene)
    return lambda s, a: rating_scales.withdraw(s, a, scale_id, reason="We have another one.")


def new_site_page() -> dict[str, Any]:
    """Return a page in a language that no other one has."""
    return load(SitePageIn(), {**SITE_PAGE, "language": f"en-{next(REGIONS)}"})


def site_page_of(scene: Scene) -> str:
    fields = new_site_page()
    return str(scene.do(lambda s, a: site_pages.add(s, a, **fields), Role.ADMIN)["id"])


def add_site_page(_scene: Scene) -> Action:
    return lambda s, a: site_pages.add(s, a, **new_site_page())


def amend_site_page(scene: Scene) -> Action:
    page_id = site_page_of(scene)
    return lambda s, a: site_pages.amend(s, a, page_id, patch={"title": "How we ask"}, seen=ANY)


def withdraw_site_page(scene: Scene) -> Action:
    page_id = site_page_of(scene)
    return lambda s, a: site_pages.withdraw(s, a, page_id, reason="We have another one.")


def report_of(scene: Scene) -> str:
    fields = load(ReportIn(), REPORT)
    return str(scene.do(lambda s, a: reports.add(s, a, **fields), Role.ANALYST)["id"])


def add_report(_scene: Scene) -> Action:
    return lambda s, a: reports.add(s, a, **load(ReportIn(), REPORT))


def save_report(scene: Scene) -> Action:
    report_id = report_of(scene)
    return lambda s, a: reports.save(s, a, report_id, patch={"title": "Counted again"}, seen=ANY)


def move_report(scene: Scene) -> Action:
    report_id = report_of(scene)
    return lambda s, a: reports.move(s, a, report_id, to="submitted", seen=ANY)


def redact_report(scene: Scene) -> Action:
    report_id = report_of(scene)
    return lambda s, a: redacted_reports.redact(s, a, report_id, reason="A court asked.")


def published_report(scene: Scene) -> str:
    def publish(session: Session, actor: Actor) -> str:
        report_id = reports.add(session, actor, **load(ReportIn(), REPORT))["id"]
        for to in ("submitted", "approved", "published"):
            reports.move(session, actor, report_id, to=to, seen=ANY)
        return str(report_id)

    return str(scene.do(publish, Role.ANALYST))


def receive_request(scene: Scene) -> Action:
    report_id = published_report(scene)
    return lambda s, a: correction_requests.receive(s, a, text="No.", url=None, report_id=report_id, claim_id=None)


def request_of(scene: Scene) -> str:
    return str(scene.do(receive_request(scene), Role.ADMIN)["id"])


def answer_request(scene: Scene) -> Action:
    request_id = request_of(scene)
    return lambda s, a: correction_requests.answer(s, a, request_id, text="We looked again.")


def redact_request(scene: Scene) -> Action:
    request_id = request_of(scene)
    return lambda s, a: redacted_requests.redact(s, a, request_id, reason="A court asked.")


def keep_report_draft(scene: Scene) -> Action:
    report_id = report_of(scene)
    return lambda s, a: report_drafts.keep(s, a, report_id, version=1, title="Counted", summary=None, text="It was.")


def discard_report_draft(scene: Scene) -> Action:
    report_id = report_of(scene)
    scene.do(
        lambda s, a: report_drafts.keep(s, a, report_id, version=1, title="C", summary=None, text="It."), Role.ANALYST
    )
    return lambda s, a: report_drafts.discard(s, a, report_id)


def assign_claim(scene: Scene) -> Action:
    claim_id, person = scene.claim(), scene.people[Role.ANALYST]
    return lambda s, a: assignments.assign(s, a, claim_id, person_id=person.id)


def release_claim(scene: Scene) -> Action:
    claim_id, person = scene.claim(), scene.people[Role.ANALYST]
    scene.do(lambda s, a: assignments.assign(s, a, claim_id, person_id=person.id), Role.ANALYST)
    return lambda s, a: assignments.release(s, a, claim_id)


def commented(scene: Scene) -> str:
    claim_id = scene.claim()
    made = scene.do(lambda s, a: comments.add(s, a, claim_id=claim_id, text="Is it so?"), Role.CONTRIBUTOR)
    return str(made["id"])


def add_comment(scene: Scene) -> Action:
    claim_id, person = scene.claim(), scene.people[Role.ANALYST]
    return lambda s, a: comments.add(s, a, claim_id=claim_id, text="Is it so?", mentions=[person.id])


def edit_comment(scene: Scene) -> Action:
    comment_id = commented(scene)
    return lambda s, a: comments.edit(s, a, comment_id, patch={"text": "Is it?"}, seen=ANY)


def withdraw_comment(scene: Scene) -> Action:
    comment_id = commented(scene)
    return lambda s, a: comments.withdraw(s, a, comment_id, reason="It was answered.")


def save_filter(_: Scene) -> Action:
    fields = {"filtered": FilteredList.CLAIMS, "name": "Disputed", "query": "status=disputed"}
    return lambda s, a: filters.save(s, a, **fields)


def remove_filter(scene: Scene) -> Action:
    save = save_filter(scene)
    made = {role: scene.do(save, role)["id"] for role in Role}
    return lambda s, a: filters.remove(s, a, made[a.role])


def choose_preferences(scene: Scene) -> Action:
    chosen = {"language": "fr", "time_zone": None, "email": "ama@example.org"}
    return lambda s, a: profiles.choose(s, a, a.id, chosen=chosen)


def choose_mail(_: Scene) -> Action:
    return lambda s, a: mail.choose(s, a, chosen={"mentioned": "at_once", "assigned": "never"})


def see_notifications(_: Scene) -> Action:
    return lambda s, a: notifications.see(s, a, seen_index=0)


def redact_comment(scene: Scene) -> Action:
    comment_id = commented(scene)
    return lambda s, a: redacted_comments.redact(s, a, comment_id, reason="A court asked.")


def dismiss_item(scene: Scene) -> Action:
    item = captures.Item(feed_of(scene), "An item", None, "a" * 64, "b" * 64)
    made = scene.do(lambda s, a: captures.add(s, a, captured_page(), item), Role.CONTRIBUTOR)
    return lambda s, a: inbox.dismiss(s, a, made["id"], reason=None)


def check_link(scene: Scene) -> Action:
    claim_id = scene.claim()
    url = "https://news.invalid/a"
    piece = load(EvidenceIn(), {"stance": "context", "url": url})
    scene.do(lambda s, a: evidence.add(s, a, claim_id, **piece), Role.CONTRIBUTOR)
    return lambda s, a: evidence_links.record(s, a, claim_id, url=url, error="http_404")


def capture_evidence(scene: Scene) -> Action:
    claim_id = scene.claim()
    evidence_id = scene.evidence(claim_id)
    return lambda s, a: evidence.add_capture(s, a, claim_id, evidence_id, page=captured_page())


def withdraw_evidence(scene: Scene) -> Action:
    claim_id = scene.claim()
    evidence_id = scene.evidence(claim_id)
    scene.decide(claim_id, "refuted")  # reopened by the same revision
    return lambda s, a: evidence.withdraw(s, a, claim_id, evidence_id, reason=REASON)


def add_occurrence(scene: Scene) -> Action:
    claim_id = scene.claim()
    fields = load(CitedOccurrenceIn(), {"kind": "speech", "place": "Niamey", "said_on": "2023-08-26"})
    return lambda s, a: occurrences.add(s, a, claim_id, **fields)


def withdraw_occurrence(scene: Scene) -> Action:
    claim_id = scene.claim()
    fields = load(CitedOccurrenceIn(), {"kind": "social_post", "account": "@somebody"})
    made = scene.do(lambda s, a: occurrences.add(s, a, claim_id, **fields), Role.CONTRIBUTOR)
    return lambda s, a: occurrences.withdraw(s, a, claim_id, made["id"], reason=REASON)


def add_relation(scene: Scene) -> Action:
    claim_id, other_id = scene.claim(), scene.claim()
    return lambda s, a: relations.add(s, a, claim_id, kind="contradicts", other_id=other_id, note=None)


def decide(scene: Scene) -> Action:
    claim_id = scene.claim()
    fields = {"status": "disputed", "reason": REASON, "evidence": [proof("context"), proof("refutes")]}
    return lambda s, a: reviews.decide(s, a, claim_id, seen=ANY, **fields)


def undo_decision(scene: Scene) -> Action:
    claim_id = scene.claim()
    fields = {"status": "unverifiable", "reason": REASON, "seen": ANY}
    review = scene.do(lambda s, a: reviews.decide(s, a, claim_id, **fields), Role.ANALYST)
    return lambda s, a: undo.undo(s, a, claim_id, review["id"], seen=ANY)


def ask_second_opinion(scene: Scene) -> Action:
    claim_id = scene.claim()
    scene.decide(claim_id, "unverifiable")
    return lambda s, a: second_opinions.ask(s, a, claim_id)


def add_snapshot(scene: Scene) -> Action:
    article_id = scene.article()
    scene.claim(article_id=article_id)
    new = snapshots.NewText(article_id, TEXT.replace("up to a million", "up to a thousand"))
    return lambda s, a: snapshots.add(s, a, new)


def confirm_quotes(scene: Scene) -> Action:
    article_id = scene.article()
    claim_id = scene.claim(article_id=article_id)
    new = snapshots.NewText(article_id, TEXT.replace("up to a million", "up to a thousand"))
    scene.do(lambda s, a: snapshots.add(s, a, new), Role.CONTRIBUTOR)
    return lambda s, a: snapshots.confirm(s, a, claim_id, seen=ANY, reason=REASON)


def enter_lines(scene: Scene) -> Action:
    name = scene.name()
    source = {"type": "source", "external_id": name, "name": name, "kind": "person"}
    article = {"type": "article", "external_id": name, "title": name, "text": TEXT, "outlet_id": name}
    claim = {
        "type": "claim", "external_id": name, "article_id": name, "text": "They left early.", "kind": "factual",
        "quotes": [{"exact": "The organizers left early."}], "tags": ["rally"],
        "attribution": [{"source_id": name, "directness": "direct"}], "evidence": [{"stance": "context", "title": "?"}],
    }  # fmt: skip
    lines = [record(number, line) for number, line in enumerate((source, article, claim), 1)]
    return lambda s, a: imports.enter(s, a, lines)


def add_person(scene: Scene) -> Action:
    name = scene.name()
    return lambda s, a: people.add(s, a, name=name, role=Role.READER)


def disable_person(scene: Scene) -> Action:
    name = scene.person()
    scene.do(lambda s, a: people.issue_token(s, a, name=name), Role.ADMIN)
    return lambda s, a: people.disable(s, a, name=name, reason=REASON)


def set_display_name(scene: Scene) -> Action:
    name = scene.person()
    return lambda s, a: people.set_display_name(s, a, name=name, display_name="The fact-check team")


def rename_person(scene: Scene) -> Action:
    name, other = scene.person(), scene.name()
    return lambda s, a: renaming.rename(s, a, name=name, new_name=other, reason=REASON)


def issue_token(scene: Scene) -> Action:
    name = scene.person()
    return lambda s, a: people.issue_token(s, a, name=name, lasts=timedelta(days=1))


def enable_person(scene: Scene) -> Action:
    name = scene.person()
    scene.do(lambda s, a: people.disable(s, a, name=name), Role.ADMIN)
    return lambda s, a: people.enable(s, a, name=name, reason=REASON)


def add_profile(scene: Scene) -> Action:
    name = scene.name()
    return lambda s, a: profiles.add(s, a, name=name, role="analyst")


def amend_profile(scene: Scene) -> Action:
    person_id = person_called(scene, scene.person())
    changes = {"role": "analyst", "display_name": "The team", "active": False, "reason": REASON}
    return lambda s, a: profiles.amend(s, a, person_id, changes=changes, seen=ANY)


def issue_own_token(_: Scene) -> Action:
    return lambda s, a: tokens.issue(s, a, a.id, label="A script")


def revoke_token(scene: Scene) -> Action:
    made = {role: scene.do(lambda s, a: tokens.issue(s, a, a.id)["id"], role) for role in Role}
    return lambda s, a: tokens.revoke(s, a, a.id, made[a.role])


def issue_link(scene: Scene) -> Action:
    person_id = person_called(scene, scene.person())
    return lambda s, a: links.issue(s, a, person_id)


def end_session(scene: Scene) -> Action:
    made = {}
    for role in Role:
        with scene.database.writing() as session:
            secret = people.issue_login_link(session, people.operator(session), name=f"Test {role}")
            fresh = browser_sessions.enter_by_link(session, secret, "A browser")
            sought = select(BrowserSession.id).where(BrowserSession.digest == digest(fresh))
            made[role] = session.execute(sought).scalar_one()
    return lambda s, a: browsers.end(s, a, a.id, made[a.role])


def bind_account(scene: Scene) -> Action:
    person_id, subject = person_called(scene, scene.person()), scene.name()
    return lambda s, a: accounts.bind(s, a, person_id, issuer="https://id.invalid", subject=subject)


def unbind_account(scene: Scene) -> Action:
    account = scene.do(bind_account(scene), Role.ADMIN)
    person_id = account["links"]["person"].rpartition("/")[2]
    return lambda s, a: accounts.unbind(s, a, person_id, account["id"])


def person_called(scene: Scene, name: str) -> str:
    with scene.database.reading() as connection:
        return people.known(connection, name).id


def issue_login_link(scene: Scene) -> Action:
    name = scene.person()
    return lambda s, a: people.issue_login_link(s, a, name=name)


def revoke_ways_in(scene: Scene) -> Action:
    name = scene.person()
    scene.do(lambda s, a: people.issue_token(s, a, name=name), Role.ADMIN)
    return lambda s, a: people.revoke(s, a, name=name, reason=REASON)


def give_role(scene: Scene) -> Action:
    name = scene.person()
    return lambda s, a: people.give_role(s, a, name=name, role=Role.ANALYST, reason=REASON)


HOOKS = webhooks.Desk("a key for tests that nobody else uses", Guard())


def webhook(scene: Scene) -> str:
    return str(scene.do(add_webhook(scene), Role.ADMIN)["id"])


def add_webhook(scene: Scene) -> Action:
    fields = load(WebhookIn(), {"url": "https://receiver.example/hook", "events": ["claim.*"]})
    return lambda s, a: webhooks.add(s, a, desk=HOOKS, **fields)


def amend_webhook(scene: Scene) -> Action:
    webhook_id = webhook(scene)
    return lambda s, a: webhooks.amend(s, a, webhook_id, patch={"enabled": False}, seen=ANY, desk=HOOKS)


def rotate_webhook(scene: Scene) -> Action:
    webhook_id = webhook(scene)
    return lambda s, a: webhooks.rotate(s, a, webhook_id, desk=HOOKS)


def remove_webhook(scene: Scene) -> Action:
    webhook_id = webhook(scene)
    return lambda s, a: webhooks.remove(s, a, webhook_id)


# The action, the role that it takes, how to set it up, and what it says in the log: as (subject, action) in order.
TABLE: dict[str, tuple[str, Callable[[Scene], Action], list[tuple[str, str]]]] = {
    "articles.add": ("contributor", add_article, [("article", "add")]),
    "articles.amend": ("contributor", amend_article, [("article", "amend")]),
    "articles.redact_claims": ("admin", redact_claims, [("claim", "redact_part")]),
    "articles.redact_text": ("admin", redact_text, [("article", "redact"), ("claim", "redact_part")]),
    "assignments.assign": ("analyst", assign_claim, [("assignment", "assign")]),
    "assignments.release": ("analyst", release_claim, [("assignment", "release")]),
    "images.add": ("contributor", add_image, [("image", "add")]),
    "images.redact": ("admin", redact_image, [("image", "redact")]),
    "captures.add": ("contributor", add_capture, [("capture", "add")]),
    "captures.redact": ("admin", redact_capture, [("capture", "redact")]),
    "claims.add": ("contributor", add_claim, [("claim", "add")]),
    "claims.amend": ("contributor", amend_claim, [("claim", "amend")]),
    "claims.withdraw": ("contributor", withdraw_claim, [("claim", "withdraw"), ("claim", "reopen")]),
    "comments.add": ("contributor", add_comment, [("comment", "add")]),
    "comments.edit": ("contributor", edit_comment, [("comment", "edit")]),
    "comments.redact": ("admin", redact_comment, [("comment", "redact")]),
    "comments.withdraw": ("contributor", withdraw_comment, [("comment", "withdraw")]),
    "evidence.add": ("contributor", add_evidence, [("claim", "add_evidence")]),
    "feeds.add": ("analyst", add_feed, [("feed", "add")]),
    "feeds.remove": ("analyst", remove_feed, [("feed", "remove")]),
    "site_pages.add": ("admin", add_site_page, [("site_page", "add")]),
    "site_pages.amend": ("admin", amend_site_page, [("site_page", "amend")]),
    "site_pages.withdraw": ("admin", withdraw_site_page, [("site_page", "withdraw")]),
    "rating_scales.add": ("admin", add_scale, [("rating_scale", "add")]),
    "rating_scales.translate": ("admin", translate_scale, [("rating_scale", "translate")]),
    "rating_scales.withdraw": ("admin", withdraw_scale, [("rating_scale", "withdraw")]),
    "reports.add": ("analyst", add_report, [("report", "add")]),
    "reports.save": ("analyst", save_report, [("report", "save")]),
    "reports.move": ("analyst", move_report, [("report", "move")]),
    "correction_requests.receive": ("admin", receive_request, [("correction_request", "receive")]),
    "correction_requests.answer": ("analyst", answer_request, [("correction_request", "answer")]),
    "correction_requests.redact": ("admin", redact_request, [("correction_request", "redact")]),
    "reports.redact": ("admin", redact_report, [("report", "redact")]),
    "report_drafts.keep": ("analyst", keep_report_draft, []),
    "report_drafts.discard": ("analyst", discard_report_draft, []),
    "inbox.dismiss": ("contributor", dismiss_item, [("capture", "dismiss")]),
    "evidence_links.record": ("contributor", check_link, [("claim", "check_evidence")]),
    "evidence.add_capture": ("contributor", capture_evidence, [("capture", "add"), ("claim", "capture_evidence")]),
    "evidence.withdraw": ("contributor", withdraw_evidence, [("claim", "withdraw_evidence")]),
    "occurrences.add": ("contributor", add_occurrence, [("claim", "add_occurrence")]),
    "occurrences.withdraw": ("contributor", withdraw_occurrence, [("claim", "withdraw_occurrence")]),
    "imports.enter": ("contributor", enter_lines, [("source", "add"), ("article", "add"), ("claim", "add")]),
    # Who has seen what is nobody's business.
    "filters.save": ("reader", save_filter, []),
    "filters.remove": ("reader", remove_filter, []),
    "profiles.choose": ("reader", choose_preferences, []),
    "notifications.see": ("reader", see_notifications, []),
    "mail.choose": ("reader", choose_mail, []),
    "people.erase": ("admin", erase_person, [("person", "redact")]),
    "judgments.judge": ("analyst", judge_sources, [("source", "judge")]),
    "people.add": ("admin", add_person, [("person", "add")]),
    "accounts.bind": ("admin", bind_account, [("person", "bind_account")]),
    "accounts.unbind": ("admin", unbind_account, [("person", "unbind_account")]),
    "browsers.end": ("reader", end_session, [("person", "end_session")]),
    "links.issue": ("admin", issue_link, [("person", "issue_login_link")]),
    "people.disable": ("admin", disable_person, [("person", "disable")]),
    "people.enable": ("admin", enable_person, [("person", "enable")]),
    "people.issue_login_link": ("admin", issue_login_link, [("person", "issue_login_link")]),
    "people.issue_token": ("admin", issue_token, [("person", "issue_token")]),
    "people.give_role": ("admin", give_role, [("person", "give_role")]),
    "people.set_display_name": ("admin", set_display_name, [("person", "set_display_name")]),
    "people.revoke": ("admin", revoke_ways_in, [("person", "revoke")]),
    "profiles.add": ("admin", add_profile, [("person", "add")]),
    "profiles.amend": (
        "admin",
        amend_profile,
        [("person", "give_role"), ("person", "set_display_name"), ("person", "disable")],
    ),
    "renaming.rename": ("admin", rename_person, [("person", "rename")]),
    "redaction.redact": ("admin", redact_claim, [("claim", "redact"), ("claim", "reopen")]),
    "relations.redact_note": ("admin", redact_note, [("claim", "redact_part")]),
    "relations.add": ("contributor", add_relation, [("claim", "relate")]),
    "reviews.decide": ("analyst", decide, [("claim", "review")]),
    "second_opinions.ask": ("analyst", ask_second_opinion, [("claim", "ask_second_opinion")]),
    "snapshots.add": ("contributor", add_snapshot, [("article", "add_snapshot"), ("claim", "find_quotes")]),
    "snapshots.confirm": ("analyst", confirm_quotes, [("claim", "confirm_quotes")]),
    "source_relations.add": ("contributor", relate_sources, [("source", "relate")]),
    "source_relations.withdraw": ("contributor", part_sources, [("source", "withdraw_relation")]),
    "source_relations.redact_note": ("admin", redact_source_relation, [("source", "redact_part")]),
    "sources.add": ("contributor", add_source, [("source", "add")]),
    "sources.redact": ("admin", redact_source, [("source", "redact")]),
    "sources.amend": ("contributor", amend_source, [("source", "amend")]),
    "sources.merge": ("admin", merge_sources, [("source", "judge")]),
    "undo.undo": ("analyst", undo_decision, [("claim", "undo")]),
    "watches.unwatch": ("analyst", unwatch_article, [("article", "unwatch")]),
    "watches.watch": ("analyst", watch_article, [("article", "watch")]),
    "tokens.issue": ("reader", issue_own_token, [("person", "issue_token")]),
    "tokens.revoke": ("reader", revoke_token, [("person", "revoke_token")]),
    "webhooks.add": ("admin", add_webhook, [("person", "add_webhook")]),
    "webhooks.amend": ("admin", amend_webhook, [("person", "amend_webhook")]),
    "webhooks.remove": ("admin", remove_webhook, [("person", "remove_webhook")]),
    "webhooks.rotate": ("admin", rotate_webhook, [("person", "rotate_webhook_secret")]),
}


def test_every_action_has_its_row_here() -> None:
    assert {name: str(action.role) for name, action in ACTIONS.items()} == {name: row[0] for name, row in TABLE.items()}


@pytest.mark.parametrize("name", TABLE)
def test_an_action_is_in_the_log_and_takes_its_role(shared: Scene, name: str) -> None:
    role, prepare, expected = Role(TABLE[name][0]), *TABLE[name][1:]
    action = prepare(shared)
    before, counted = shared.log(), shared.counts()

    if role is not Role.READER:  # nobody has less
        with pytest.raises(Forbidden) as caught:
            shared.do(action, ORDER[ORDER.index(role) - 1])
        assert caught.value.extra == {"role": str(role)}
        assert (shared.log(), shared.counts()) == (before, counted)

    shared.do(action, role)
    after = shared.log()
    appended = after[len(before) :]
    assert after[: len(before)] == before
    assert [(entry.subject_kind, entry.action) for entry in appended] == expected
    assert {entry.actor_id for entry in appended} == ({shared.people[role].id} if expected else set())
    assert [entry.log_index for entry in after] == list(range(len(after)))
    with shared.database.reading() as connection:
        redacted = set(connection.execute(select(Redaction.claim_id)).scalars())
    kept = [entry for entry in after if entry.subject_id not in redacted or entry.action == "redact"]
    assert shared.counts()["revision_contents"] == len(kept)
    assert shared.faults() == []


def test_somebody_elses_things_are_withdrawn_by_analysts_alone(scene: Scene) -> None:
    with scene.database.writing() as session:
        operator = people.operator(session)
        other = people.add(session, operator, name="Another contributor", role=Role.CONTRIBUTOR)
    claim_id = scene.claim()
    evidence_id = scene.evidence(claim_id)
    before, counted = scene.log(), scene.counts()
    for action in (
        lambda s: evidence.withdraw(s, other, claim_id, evidence_id, reason=REASON),
        lambda s: claims.withdraw(s, other, claim_id, reason=REASON),
    ):
        with pytest.raises(Forbidden), scene.database.writing() as session:
            action(session)
    assert (scene.log(), scene.counts()) == (before, counted)
    scene.do(lambda s, a: evidence.withdraw(s, a, claim_id, evidence_id, reason=REASON), Role.ANALYST)
    scene.do(lambda s, a: claims.withdraw(s, a, claim_id, reason=REASON), Role.ANALYST)
    assert len(scene.log()) == len(before) + 2


def test_the_same_again_is_no_action(scene: Scene) -> None:
    claim_id, source_id, article_id = scene.claim(), scene.source(), scene.article()
    before, counted = scene.log(), scene.counts()
    scene.do(lambda s, a: claims.amend(s, a, claim_id, patch={"kind": "factual"}, seen=ANY), Role.CONTRIBUTOR)
    scene.do(lambda s, a: sources.amend(s, a, source_id, patch={"aliases": []}, seen=ANY), Role.CONTRIBUTOR)
    scene.do(lambda s, a: articles.amend(s, a, article_id, patch={"author": None}, seen=ANY), Role.CONTRIBUTOR)
    assert (scene.log(), scene.counts()) == (before, counted)


def test_what_is_rolled_back_gives_its_numbers_back(scene: Scene) -> None:
    before, counted = scene.log(), scene.counts()
    merge = merge_sources(scene)
    prepared, counted = scene.log(), scene.counts()

    for action in (merge, add_source(scene)):
        with suppress(Undo), scene.database.writing() as session:
            action(session, scene.people[Role.ADMIN])
            assert len(list(session.execute(select(Revision.log_index)))) > len(prepared)
            raise Undo
        assert (scene.log(), scene.counts()) == (prepared, counted)
    scene.do(merge, Role.ADMIN)
    assert [entry.log_index for entry in scene.log()] == list(range(len(prepared) + 1))
    assert scene.log()[: len(before)] == before
    assert scene.faults() == []


def test_the_logs_time_never_goes_back(scene: Scene) -> None:
    claim_id = scene.claim()
    real = scene.log()[-1].at
    with time_machine.travel(real + timedelta(days=3), tick=False):
        scene.evidence(claim_id)
    ahead = scene.log()[-1].at
    assert ahead == real + timedelta(days=3)
    for elsewhen in (real - timedelta(days=365), ahead - timedelta(microseconds=1), datetime(1970, 1, 2, tzinfo=UTC)):
        with time_machine.travel(elsewhen, tick=False):
            scene.decide(claim_id, "in_review")
            scene.decide(claim_id, "unverified")
        assert [entry.at for entry in scene.log()[-2:]] == [ahead, ahead]
    with time_machine.travel(ahead + timedelta(seconds=1), tick=False):
        scene.evidence(claim_id)
    times = [entry.at for entry in scene.log()]
    assert times == sorted(times)
    assert times[-1] == ahead + timedelta(seconds=1)
    with scene.database.reading() as connection:
        claim = connection.execute(select(Claim.created_at, Claim.updated_at).where(Claim.id == claim_id)).one()
        head = connection.execute(select(LogHead.size, LogHead.last_at)).one()
    assert (claim.updated_at, head) == (times[-1], (len(times), times[-1]))
    assert scene.faults() == []


# ── The checkup ─────────────────────────────────────────────────────────────────────────────────────────────────


def found_after(scene: Scene, *changes: Any, mend: bool = False) -> list[checkup.Fault]:
    """Change the tables behind the desk's back, look, and undo it. Each change must hit one row, or proves nothing."""
    found: list[checkup.Fault] = []
    with suppress(Undo), scene.database.writing() as session:
        lift_guards(session)
        for change in changes:
            assert session.execute(change, execution_options={"synchronize_session": False}).rowcount == 1
        found += checkup.log_faults(session)
        found += claim_faults(session, mend=mend)
        raise Undo
    return found


def told(faults: list[checkup.Fault]) -> list[str]:
    return [f"{fault.subject}: {fault.detail}" for fault in faults]


def altered(claim_id: str, **values: Any) -> Any:
    return update(Claim).where(Claim.id == claim_id).values(**values)


def columns(found: list[checkup.Fault]) -> list[tuple[str, str]]:
    """Return of each fault what it is about and which column or table it names."""
    return [(fault.subject, fault.detail.partition(": ")[0]) for fault in found]


def test_a_withdrawn_claim_is_told_that_the_other_of_a_conflict_was_withdrawn_too(scene: Scene) -> None:
    """Its JSON is kept, and the checkup and `log verify` compare it with what its rows give."""
    one, other = scene.claim(), scene.claim()
    scene.do(lambda s, a: relations.add(s, a, one, kind="contradicts", other_id=other, note=None), Role.CONTRIBUTOR)
    for claim_id in (one, other):
        scene.do(lambda s, a, each=claim_id: claims.withdraw(s, a, each, reason=REASON), Role.CONTRIBUTOR)
        assert scene.faults() == []


def test_the_checkup_finds_a_status_that_nobody_decided(shared: Scene) -> None:
    claim_id = shared.claim()
    shared.decide(claim_id, "verified", "attribution")
    assert told(found_after(shared)) == []
    assert told(found_after(shared, altered(claim_id, status="verified"))) == [
        f"claim {claim_id}: claims.status: It is “verified”, not “unverified”.",
    ]
    assert told(found_after(shared, altered(claim_id, attribution_status="refuted"))) == [
        f"claim {claim_id}: claims.attribution_status: It is “refuted”, not “verified”.",
    ]


def test_the_checkup_finds_a_claim_that_nobody_withdrew(shared: Scene) -> None:
    claim_id = shared.claim()
    gone = altered(claim_id, withdrawn_at=Claim.updated_at, withdrawn_reason="Gone.")
    assert (f"claim {claim_id}", "claims.withdrawn_at") in columns(found_after(shared, gone))
    shared.do(lambda s, a: claims.withdraw(s, a, claim_id, reason=REASON), Role.CONTRIBUTOR)
    back = altered(claim_id, withdrawn_at=None, withdrawn_reason=None)
    assert (f"claim {claim_id}", "claims.withdrawn_at") in columns(found_after(shared, back))


def test_the_checkup_finds_a_second_opinion_that_nobody_asked_for(shared: Scene) -> None:
    claim_id = shared.claim()
    shared.decide(claim_id, "unverifiable")
    asked = altered(claim_id, second_opinion_at=Claim.updated_at)
    assert columns(found_after(shared, asked)) == [(f"claim {claim_id}", "claims.second_opinion_at")]
    shared.do(lambda s, a: second_opinions.ask(s, a, claim_id), Role.ANALYST)
    gone = altered(claim_id, second_opinion_at=None)
    assert columns(found_after(shared, gone)) == [(f"claim {claim_id}", "claims.second_opinion_at")]


def test_the_checkup_finds_a_deleted_revision(shared: Scene) -> None:
    claim_id = shared.claim()
    shared.evidence(claim_id)
    shared.evidence(claim_id)
    size = len(shared.log())
    for place, index in zip(("first", "middle", "last"), range(size - 3, size), strict=True):
        content = delete(RevisionContent).where(RevisionContent.log_index == index)
        revision = delete(Revision).where(Revision.log_index == index)
        [head, *others] = told(found_after(shared, content, revision))
        assert head.startswith(f"log: The head says {size} revisions; there are {size - 1}, from index 0")
        # When the head is made to fit, the number of the last entry or that of the claim is a witness still.
        fitted = told(found_after(shared, content, revision, update(LogHead).values(size=size - 1)))
        witness = f"claim {claim_id}: claims.revision: It is “3”" if place == "last" else "log: The head says"
        assert any(fault.startswith(witness) for fault in fitted), fitted
        if place != "last":
            assert f"claim {claim_id}: It has 2 revisions, the last numbered 3." in others


def test_the_checkup_finds_a_rewritten_revision(shared: Scene) -> None:
    claim_id = shared.claim()
    shared.decide(claim_id, "unverifiable")
    content = RevisionContent.log_index == shared.log()[-1].log_index
    with shared.database.reading() as connection:
        said = orjson.loads(connection.execute(select(RevisionContent.content).where(content)).scalar_one())
    changes = said["changes"]
    assert changes[0] == {"field": "status", "before": "unverified", "after": "unverifiable"}
    forged = orjson.dumps({**said, "changes": [{**changes[0], "after": "refuted"}, *changes[1:]]})
    said_otherwise = told(found_after(shared, update(RevisionContent).where(content).values(content=forged)))
    assert f"claim {claim_id}: claims.status: It is “unverifiable”, not “refuted”." in said_otherwise


def test_the_checkup_finds_an_altered_document(shared: Scene) -> None:
    claim_id = shared.claim(attribution=[{"source_id": shared.source(), "directness": "direct", "cue": "claiming"}])
    with shared.database.reading() as connection:
        stored = connection.execute(select(Claim.document).where(Claim.id == claim_id)).scalar_one()
    forged = stored.replace(b"a million", b"a billion")
    assert forged != stored
    assert told(found_after(shared)) == []
    for change, column in (
        (altered(claim_id, document=forged), "claims.document"),
        (altered(claim_id, etag="forged"), "claims.etag"),
        (altered(claim_id, text="Another text."), "claims.text"),
        (update(Hop).where(Hop.claim_id == claim_id).values(cue="proving"), "hops.cue"),
        (update(Quote).where(Quote.claim_id == claim_id).values(exact="a billion people"), "quotes.exact"),
    ):
        assert columns(found_after(shared, change)) == [(f"claim {claim_id}", column)]


def test_the_checkup_looks_at_every_claim(shared: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [shared.claim() for _ in range(5)]
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    monkeypatch.setattr(comparing, "ROWS", 2)
    forged = [altered(claim_id, document=b"{}") for claim_id in made]
    assert columns(found_after(shared, *forged)) == [(f"claim {claim_id}", "claims.document") for claim_id in made]


def test_mending_renders_again_and_hides_nothing(shared: Scene) -> None:
    stale, forged = shared.claim(), shared.claim()
    changes = (altered(stale, document=b"{}"), altered(forged, status="verified"))
    found = found_after(shared, *changes, mend=True)
    assert [(fault.subject, fault.mended) for fault in found] == [(f"claim {forged}", False), (f"claim {stale}", True)]
    for change in changes:
        with shared.database.writing() as session:
            session.execute(change)
    with shared.database.writing() as session:
        claim_faults(session, mend=True)
    # What was stored for the forged one still says what was decided: a witness, and it stays.
    assert shared.faults() == told(found[:1])
    with shared.database.writing() as session:
        session.execute(altered(forged, status="unverified"))
    assert shared.faults() == []
