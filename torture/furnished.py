"""A small desk that has at least one row in every table."""

from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from factcheck import seeding
from factcheck.desk import (
    articles,
    claims,
    evidence,
    people,
    redaction,
    relations,
    reviews,
    second_opinions,
    sources,
    webhooks,
)
from factcheck.desk.access import browser_sessions
from factcheck.desk.access.answers import Key, recall
from factcheck.desk.capturing import captures, evidence_links, feeds, images, made_of, occurrences, watches
from factcheck.desk.capturing.captures import Item
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.capturing.pictures import TakenImage
from factcheck.desk.identity import source_relations
from factcheck.desk.publishing import correction_requests, rating_scales, report_drafts, reports, site_pages
from factcheck.desk.redactions import comments as redacted_comments
from factcheck.desk.team import accounts, assignments, comments, filters, mail, notifications, profiles
from factcheck.extraction.running import Extract, Picture
from factcheck.followers.publisher import Publisher
from factcheck.followers.registry import followings
from factcheck.inspection import upkeep
from factcheck.log import transparency
from factcheck.log.actors import ANY, Actor
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.log.vouching import stamps
from factcheck.outbound.requests import guard_of
from factcheck.rules.roles import Role
from factcheck.rules.team.filtering import FilteredList
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import CitedOccurrenceIn, EvidenceIn
from factcheck.schemas.publishing.ratings import RatingScaleIn
from factcheck.schemas.publishing.reports import ReportIn
from factcheck.schemas.publishing.site_pages import SitePageIn
from factcheck.schemas.webhooks import WebhookIn
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import LogCheckpoint, LogStamp
from factcheck.storage.tables.webhooks import Webhook, WebhookDelivery, WebhookMessage
from tests.authority import Authority
from tests.everything import REPORT, SCALE, SITE_PAGE

A_TILE = 256  # entries, of which a subtree is kept


def furnish(url: str, log_folder: Path, secret: str) -> None:
    """Make the desk, and sign its log with a key in a folder."""
    schema.upgrade(url)
    database = Database(url)
    list(upkeep.renew(database))  # as it is between two upgrades
    try:
        with database.writing() as session:
            list(seeding.seed(session))
            _work(session, secret, url)
        catch_up(database, log_folder)
        Publisher(database, log_folder).publish()
        _stamp(database, log_folder.with_name(f"{log_folder.name}-authority"))
        with database.writing() as session:
            transparency.keep_verification(session, A_TILE, 0)
            empty = [
                table.name
                for table in Base.metadata.sorted_tables
                if not session.scalar(select(func.count()).select_from(table))
            ]
        assert empty == [], f"nothing is in {', '.join(empty)}"
    finally:
        database.close()


def _stamp(database: Database, folder: Path) -> None:
    """Have the published checkpoint stamped by an authority that openssl plays."""
    with database.reading() as connection:
        published = connection.execute(select(LogCheckpoint.epoch, LogCheckpoint.size, LogCheckpoint.note)).one()
    asked = stamps.request(published.note)
    response = Authority(folder).response(asked.as_bytes())
    at = stamps.answered(response, asked)
    row = {"epoch": published.epoch, "size": published.size, "response": response, "stamped_at": at}
    with database.writing() as session:
        session.execute(insert(LogStamp), row)


def catch_up(database: Database, folder: Path) -> None:
    """Let all followers reach the log's end, with the search index in a folder."""
    with ExitStack() as stack:
        for following in followings(database, folder / "index").values():
            stack.enter_context(closing(following)).catch_up()


def _work(session: Session, secret: str, url: str) -> None:
    operator = people.operator(session)
    first, second = (people.add(session, operator, name=name, role=Role.ADMIN) for name in ("First", "Second"))
    people.issue_token(session, operator, name="First")
    accounts.bind(session, operator, first.id, issuer="https://id.example", subject="4711")
    browser_sessions.enter_by_link(session, people.issue_login_link(session, operator, name="Second"))
    one, other, gone = session.scalars(
        select(Claim.id).where(Claim.kind == "factual", Claim.status == "unverified").order_by(Claim.seq).limit(3)
    )
    piece = load(EvidenceIn(), {"stance": "supports", "title": "A count"})
    reason = "It was counted by two."
    scale = load(RatingScaleIn(), SCALE)
    site_pages.add(session, first, **load(SitePageIn(), SITE_PAGE))
    rating = {"scale_id": rating_scales.add(session, first, **scale)["id"], "key": "so"}
    reviews.decide(
        session, first, one, status="verified", seen=ANY, question="content", reason=reason, evidence=[piece],
        rating=rating,
    )  # fmt: skip
    told = load(ReportIn(), {**REPORT, "text": f"So.\n\n{{{{claim:{one}}}}}"})
    report = reports.add(session, first, **told)["id"]
    for correction in (None, "It was counted again."):
        reports.save(session, first, report, patch={"title": f"So: {correction}"}, seen=ANY)
        for to in ("submitted", "approved"):
            reports.move(session, first, report, to=to, seen=ANY)
        reports.move(session, first, report, to="published", seen=ANY, correction=correction)
    for place, answered in enumerate((None, "It was another day.")):
        wrong = "It was another day." if place else "It was another year."
        about = {"report_id": None, "claim_id": one} if place else {"report_id": report, "claim_id": None}
        asked = correction_requests.receive(session, first, text=wrong, url=f"https://n{place}.example/", **about)["id"]
        if answered:
            correction_requests.answer(session, second, asked, text=answered)
    report_drafts.keep(session, second, report, version=3, title="Again", summary=None, text="It was counted.")
    opinion = second_opinions.ask(session, first, one, note="Look again, please.")
    assert opinion["question"] == "content"
    reviews.decide(
        session, second, one, status="verified", seen=ANY, question="content", reason=reason, evidence=[piece]
    )
    reviews.decide(
        session, first, other, status="refuted", seen=ANY, question="attribution", reason=reason, evidence=[]
    )
    second_opinions.ask(session, first, other, question="attribution")
    same = session.scalars(select(Claim).where(Claim.id == other)).one()
    body = {"article_id": same.article_id, "text": same.text, "kind": "factual", "quotes": [{"exact": "thousands"}]}
    claims.add(session, first, **load(ClaimIn(), body))
    relations.add(session, first, one, kind="contradicts", other_id=other, note="They cannot both be so.")
    extract = Extract(text="Thousands gathered.", title="A rally", published_on="2023-11-06")
    captured = captures.add(session, first, CapturedPage("https://news.invalid/a", now(), None, None, extract))
    text, capture = made_of.text(session.connection(), captured["id"], "Thousands of people gathered.")
    made = articles.add(session, first, title="A rally", text=text, capture=capture, url=captured["url"], kind="post")
    for number in range(2):
        picture = Picture("image/png", 640 + number, 480, f"80000000000000{number:02}")
        taken = TakenImage(
            new_id(), f"https://news.invalid/{number}.png", picture, 70, f"{number}" * 64, f"{number + 2}" * 64
        )
        images.add(session, first, taken, article_id=made["id"], alt=f"A crowd, {number}")
    feed = feeds.add(session, first, url="https://news.invalid/feed", title="News", every=timedelta(hours=1))
    item = Item(feed["id"], "A march", now(), "a" * 64, "b" * 64)
    captures.add(session, first, CapturedPage("https://news.invalid/b", now(), None, None, extract), item)
    watches.watch(session, first, made["id"], every=timedelta(hours=6), until=None, seen=ANY)
    added = evidence.add(session, first, other, **load(EvidenceIn(), {"stance": "context", "title": "A map"}))
    evidence.withdraw(session, first, other, added["id"], reason="The map was of elsewhere.")
    page = load(EvidenceIn(), {"stance": "context", "url": captured["url"]})
    evidence.add(session, first, other, **page, capture_id=captured["id"])
    later = evidence.add(session, first, other, **page)
    handed = CapturedPage("https://news.invalid/a", now(), None, None, extract, handed=b"<p>Thousands gathered.</p>")
    from_browser = captures.add(session, first, handed)
    evidence.add_capture(session, first, other, later["id"], capture_id=from_browser["id"])
    evidence_links.record(session, first, other, url=captured["url"], error="http_404")
    shown = {
        "kind": "video",
        "url": captured["url"],
        "said_on": "2023-08-26",
        "place": "Niamey",
        "account": "@somebody",
    }
    timed = load(CitedOccurrenceIn(), {**shown, "timecode": "00:12:34", "capture_id": captured["id"]})
    occurrences.add(session, first, other, **timed)
    elsewhere = load(CitedOccurrenceIn(), {"kind": "speech", "place": "Paris"})
    not_there = occurrences.add(session, first, other, **elsewhere)["id"]
    occurrences.withdraw(session, first, other, not_there, reason="Somebody else said that.")
    for claim_id, due_on in ((one, date(2026, 12, 24)), (other, None), (gone, None)):
        assignments.assign(session, first, claim_id, person_id=second.id, due_on=due_on, note="Ask the police.")
    assignments.release(session, first, other)
    begun = comments.add(session, first, claim_id=one, text="Is it so, @Second?", mentions=[second.id])["id"]
    comments.add(session, second, claim_id=one, text="It is.", in_reply_to=begun)
    comments.edit(session, first, begun, patch={"text": "Is it so, then, @Second?"}, seen=ANY)
    comments.add(session, first, claim_id=gone, text="Take this away.", mentions=[first.id])
    words = {"snapshot": 1, "start": 0, "end": 9}
    comments.add(session, first, article_id=made["id"], text="How many?", quote=words, mentions=[first.id])
    withdrawn = comments.add(session, first, article_id=made["id"], text="Never mind.", mentions=[second.id])["id"]
    comments.withdraw(session, first, withdrawn, reason="It was answered.")
    told = comments.add(session, first, claim_id=other, text="Her name is secret.")["id"]
    redacted_comments.redact(session, second, told, reason="A court said so.")
    notifications.see(session, second, seen_index=1)
    profiles.choose(
        session, second, second.id, chosen={"language": "fr", "time_zone": "Africa/Niamey", "email": "a@example.org"}
    )
    mail.choose(session, second, chosen={"mentioned": "at_once"})
    filters.save(session, second, filtered=FilteredList.CLAIMS, name="Disputed", query="status=disputed")
    redaction.redact(session, first, gone, reason="A court said so.")
    recall(session, Key(first.id, "POST /v1/claims", "a-key", b"x" * 32))
    _webhook(session, first, secret, url)
    names = [
        sources.add(session, first, name=f"Source {n}", kind="group", aliases=[], same_as=[]) for n in range(A_TILE)
    ]
    known = ["https://www.wikidata.org/wiki/Q64"]
    house = sources.add(session, first, name="The City", kind="organization", aliases=[], same_as=known)["id"]
    source_relations.add(
        session, first, names[2]["id"], kind="speaks_for", other_id=house, since="2019", note="A page."
    )
    sources.merge(session, first, names[0]["id"], into=names[1]["id"], reason="They are one.")


def _webhook(session: Session, owner: Actor, secret: str, url: str) -> None:
    """Make a webhook with a message that failed, and the attempt."""
    desk = webhooks.Desk(secret, guard_of(Settings(database_url=url, secret_key=secret)))
    webhooks.add(session, owner, desk=desk, **load(WebhookIn(), {"url": "https://hook.example.org/"}))
    hook = session.scalars(select(Webhook)).one()
    at = now()
    session.execute(
        insert(WebhookMessage),
        {"webhook_seq": hook.seq, "log_index": 1, "attempts": 1, "first_at": at, "next_at": at + timedelta(hours=1)},
    )
    session.execute(
        insert(WebhookDelivery),
        {
            "webhook_seq": hook.seq, "number": 1, "message_id": "a-message", "log_index": 1, "attempt": 1, "at": at,
            "milliseconds": 5, "status": 500, "error": None, "given_up": False,
        },
    )  # fmt: skip
