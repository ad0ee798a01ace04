"""More work on a desk: every action that leaves something behind, so that each column has several values."""

from datetime import date, timedelta
from functools import partial
from typing import Any

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
    sources,
    undo,
)
from factcheck.desk.capturing import captures, evidence_links, feeds, images, inbox, made_of, occurrences, watches
from factcheck.desk.capturing.captures import Item
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.capturing.pictures import TakenImage
from factcheck.desk.identity import source_relations
from factcheck.desk.publishing import correction_requests, rating_scales, reports, site_pages
from factcheck.desk.redactions import articles as redacted_articles
from factcheck.desk.redactions import comments as redacted_comments
from factcheck.desk.redactions import correction_requests as redacted_requests
from factcheck.desk.redactions import people as redacted_people
from factcheck.desk.redactions import relations as redacted_relations
from factcheck.desk.redactions import reports as redacted_reports
from factcheck.desk.redactions import source_relations as redacted_source_relations
from factcheck.desk.redactions import sources as redacted_sources
from factcheck.desk.redactions.archived import captures as redacted_captures
from factcheck.desk.team import accounts, assignments, comments, renaming, tokens
from factcheck.extraction.running import Extract, Picture
from factcheck.log.actors import ANY, Actor
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.rules.publishing.site_pages import SitePageName
from factcheck.rules.roles import Role
from factcheck.rules.team.assigning import Priority
from factcheck.rules.web.occurrences import TIMED, OccurrenceKind
from factcheck.schemas.articles import ArticleIn
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import CitedOccurrenceIn, EvidenceIn
from factcheck.schemas.publishing.ratings import RatingScaleIn
from factcheck.schemas.publishing.reports import ReportIn
from factcheck.schemas.publishing.site_pages import SitePageIn
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.publishing import CorrectionRequest, Report
from factcheck.storage.tables.sources import Source, SourceRelation

WHY = "They asked for it."
CITED = "Somebody said it to them."  # the text of a page that evidence cites
REASON = "It was looked at by two people, {}."
TEXT = "Organizers said that up to a million people came. The police counted thousands. Nobody was hurt, they said."


def vary(database: Database, *, redacting: bool = True, rated: bool = True) -> None:
    """Do each action at least once, most of them twice, on claims of an article of its own.

    Unless `rated`, no verdict names a rating: entries of desks whose entries say less than ours are older than ratings.
    """
    with database.writing() as session:
        _people(session)
    with database.writing() as session:
        made, actors = _claims(session)
    for work in (partial(_decide, rated=rated), _edit, _end):
        with database.writing() as session:
            work(session, actors, made)
    if redacting:
        redact_parts(database)


def _people(session: Session) -> None:
    operator = people.operator(session)
    for number, name in enumerate(("Third", "Fourth", "Fifth")):
        people.add(session, operator, name=name, role=Role.ADMIN, display_name=f"Desk {number}")
    people.set_display_name(session, operator, name="Third", display_name="Another desk")
    renaming.rename(session, operator, name="Fifth", new_name="Fifth Person", reason="They married.")
    renaming.rename(session, operator, name="Fifth Person", new_name="Fifth")
    people.give_role(session, operator, name="Fifth", role=Role.CONTRIBUTOR, reason="They moved.")
    people.disable(session, operator, name="Fifth", reason="They left.")
    people.disable(session, operator, name="Third")
    people.enable(session, operator, name="Third", reason="They came back.")
    third = people.known(session, "Third").id
    made = [tokens.issue(session, operator, third, label=f"Script {number}")["id"] for number in range(3)]
    tokens.revoke(session, operator, third, made[1])
    bound = [
        accounts.bind(session, operator, third, issuer=f"https://id{at % 2}.example", subject=str(at))["id"]
        for at in range(3)
    ]
    accounts.unbind(session, operator, third, bound[1])


def _claims(session: Session) -> tuple[list[str], list[Actor]]:
    third, fourth = people.known(session, "Third"), people.known(session, "Fourth")
    named = [
        sources.add(session, third, name=f"Speaker {n}", kind=kind, aliases=[f"S{n}"], same_as=[f"https://s.example/{n}"],
                    description=f"Speaks {n}.", external_id=f"speaker-{n}")["id"]
        for n, kind in enumerate(("person", "group", "outlet"))
    ]  # fmt: skip
    ids = []
    for number, title in enumerate(("A march", "Another march")):
        fields = {"title": title, "text": f"{TEXT} {number}.", "url": f"https://news.example/{number}",
                  "outlet_id": named[2], "author": f"Author {number}", "published_on": f"2026-01-0{number + 1}",
                  "language": ("en", "fr")[number], "external_id": f"march-{number}",
                  "kind": ("speech", "video")[number]}  # fmt: skip
        ids.append(articles.add(session, third, **load(ArticleIn(), fields))["id"])
        picture = Picture(("image/png", "image/gif")[number], 64 + number, 48 + number, f"{number + 3:016x}")
        taken = TakenImage(new_id(), None, picture, 90 + number, f"{number + 4}" * 64, f"{number + 6}" * 64)
        images.add(session, third, taken, article_id=ids[-1], alt=f"A picture {number}")
    made = []
    for number in range(8):
        hop = {
            "source_id": named[number % 2], "cue": f"said {number}", "directness": ("direct", "indirect")[number % 2],
            "interested": (True, False, None)[number % 3], "note": f"Note {number}", "on_behalf_of_id": named[2],
            "described_as": f"a speaker {number}", "source_quotes": [{"exact": "Organizers"}],
        }  # fmt: skip
        quantity = {
            "low": number,
            "high": number + 10,
            "unit": ("people", "buses")[number % 2],
            "wording": f"some {number}",
        }
        body = {
            "article_id": ids[number % 2], "text": f"Some {number} people came.", "kind": "quantity",
            "external_id": f"varied-{number}",
            "quotes": [{"exact": ("up to a million people", "thousands")[number % 2]}], "quantity": quantity,
            "attribution": [hop] * (1 + number % 2), "tags": [f"tag{number}", "march"],
        }  # fmt: skip
        made.append(claims.add(session, (third, fourth)[number % 2], **load(ClaimIn(), body)).id)
    return made, [third, fourth]


def _decide(session: Session, actors: list[Actor], made: list[str], *, rated: bool) -> None:
    third, fourth = actors
    scales = _rating_scales(session, actors)
    _site_pages(session, actors)
    for number, claim in enumerate(made):
        source = session.scalars(select(Source.id).where(Source.external_id == f"speaker-{number % 2}")).one()
        item = load(EvidenceIn(), {
            "stance": ("supports", "refutes")[number % 2], "title": f"Piece {number}",
            "url": f"https://e.example/{number}",
            "source_id": source, "origin_id": source, "excerpt": f"Excerpt {number}.", "note": f"Note {number}",
            "archived_url": f"https://archive.example/{number}",
        })  # fmt: skip
        status = ("verified", "refuted")[number % 2]
        rating = {"scale_id": scales[number % 3 % 2], "key": f"{status}_{number % 2}"} if rated and number % 3 else None
        reviews.decide(
            session, actors[number % 2], claim, status=status, seen=ANY, reason=REASON.format(number), evidence=[item],
            review_by=None, rating=rating,
        )  # fmt: skip
        reviews.decide(
            session, actors[number % 2], claim, status="verified", seen=ANY, question="attribution",
            reason=REASON.format(f"attribution {number}"),
        )  # fmt: skip
        evidence.add(session, fourth, claim, **load(EvidenceIn(), {"stance": "context", "title": f"Context {number}"}))
    _cite(session, third, made)
    _occur(session, actors, made)
    _check_links(session, fourth, made)
    for claim in made[:2]:
        last = reviews.decide(
            session, third, claim, status="unverifiable", seen=ANY, reason=REASON.format("again"), evidence=[]
        )
        undo.undo(session, third, claim, last["id"], seen=ANY)
    _report(session, actors, made)
    _requests(session, actors, made)
    second_opinions.ask(session, third, made[2], note="Please look.", reviewer_id=None)
    reviews.decide(session, fourth, made[2], status="unverifiable", seen=ANY, reason=REASON.format("differently"))
    second_opinions.ask(session, third, made[3], note="Look too.")  # by whoever did not decide
    reviews.decide(session, fourth, made[3], status="in_review", seen=ANY, reason=REASON.format("not yet"))
    second_opinions.ask(session, third, made[4], question="attribution", reviewer_id=fourth.id, note="And this.")


def _report(session: Session, actors: list[Actor], made: list[str]) -> None:
    """Write reports that are in each state, with corrections, an embargo, and publications that are still to come."""
    ends = ("draft", "submitted", "approved", "published", "retracted", "withdrawn", "published")
    for number, end in enumerate(ends):
        text = f"Report {number}.\n\n{{{{claim:{made[number]}}}}}\n\n{{{{evidence:{made[number - 1]}}}}}\n"
        fields = {
            "title": f"Report {number}",
            "language": ("en", "fr")[number % 2],
            "summary": (None, "In short.")[number % 2],
            "text": text,
            "embargo_until": (None, f"2026-01-0{number + 1}")[number % 3 == 1],
        }
        one, other = actors[number % 2], actors[1 - number % 2]
        report = reports.add(session, one, **load(ReportIn(), fields))["id"]
        if number % 2:
            reports.save(
                session, other, report, patch={"text": f"{text}More.", "summary": f"Short {number}."}, seen=ANY
            )
        if end in ("submitted", "withdrawn"):
            reports.move(session, one, report, to="submitted", seen=ANY)
        if end in ("approved", "published", "retracted"):
            _publish(session, one, other, report, times=number % 2 + 1, ahead=end == "approved" or number == 6)
        if end == "approved":
            reports.move(session, other, report, to="approved", seen=ANY, reason="It is not time yet.")
        if end in ("retracted", "withdrawn"):
            reports.move(session, other, report, to=end, seen=ANY, reason=f"It was wrong: {number}.")


def _requests(session: Session, actors: list[Actor], made: list[str]) -> None:
    """Ask for corrections of published reports and claims: some are answered, one twice."""
    reports_seen = select(Report.id).where(Report.state == "published").order_by(Report.seq)
    told = session.scalars(reports_seen.limit(1)).one()
    for number in range(6):
        url = (None, f"https://wrong.example/{number}")[number % 2]
        report_id, claim_id = (None, made[3]) if number % 2 else (told, None)
        text = f"It was on day {number}."
        asked = correction_requests.receive(
            session, actors[0], text=text, url=url, report_id=report_id, claim_id=claim_id
        )["id"]
        for answer in ("We look.", f"It was on day {number}.")[: number % 3]:
            correction_requests.answer(session, actors[number % 2], asked, text=answer)


def _publish(session: Session, one: Actor, other: Actor, report: str, *, times: int, ahead: bool) -> None:
    """Publish a report as often as asked, the last time in the future if it is to be `ahead`."""
    for number in range(times):
        if number:
            reports.save(session, one, report, patch={"title": f"Corrected {number}"}, seen=ANY)
        reports.move(session, one, report, to="submitted", seen=ANY)
        reports.move(session, other, report, to="approved", seen=ANY)
        later = now() + timedelta(days=400 + times) if ahead and number == times - 1 else None
        correction = "A figure was wrong." if number else None
        reports.move(session, other, report, to="published", seen=ANY, publish_at=later, correction=correction)


def _rating_scales(session: Session, actors: list[Actor]) -> list[str]:
    """Have three scales: one has words in two languages, and one is withdrawn."""
    made = []
    keys = [f"{status}_{number}" for status in ("verified", "refuted", "disputed") for number in range(2)]
    for number in range(3):
        ratings: list[dict[str, Any]] = [
            {
                "key": key,
                "status": key[:-2],
                "number": at or None,
                "labels": {"en": f"Word {at}"},
                "definitions": {"en": f"It means {at}."} if at else {},
            }
            for at, key in enumerate(keys)
        ]
        fields: dict[str, Any] = {
            "name": f"Scale {number}",
            "language": ("en", "en-GB")[number == 2],
            "description": (f"Scale number {number}.", None)[number % 2],
            "url": (None, f"https://s.example/{number}")[number % 2],
            "ratings": [each | {"labels": each["labels"] | {"en-GB": "Word"}} for each in ratings],
        }
        made.append(rating_scales.add(session, actors[number % 2], **load(RatingScaleIn(), fields))["id"])
    labels = {key: f"Mot {key}" for key in keys}
    rating_scales.translate(session, actors[0], made[1], language="fr", labels=labels, definitions={})
    rating_scales.withdraw(session, actors[1], made[2], reason="It was never used.")
    return made


def _site_pages(session: Session, actors: list[Actor]) -> None:
    """Write pages about the house in two languages: one is amended, and one is withdrawn."""
    names = [*SitePageName][:3]
    made = []
    for number, name in enumerate(names):
        fields = {
            "name": name,
            "language": ("es", "fr")[number % 2],
            "title": f"Page {number}",
            "text": f"Text {number}.",
        }
        made.append(site_pages.add(session, actors[number % 2], **load(SitePageIn(), fields))["id"])
    site_pages.amend(session, actors[1], made[0], patch={"title": "Another", "text": "Another text."}, seen=ANY)
    site_pages.withdraw(session, actors[0], made[1], reason="It is of the last year.")


def _check_links(session: Session, actor: Actor, made: list[str]) -> None:
    """Find that pages do not answer, and that one does again."""
    for number, claim in enumerate(made):
        error = ("http_404", "timeout")[number % 2]
        evidence_links.record(session, actor, claim, url=f"https://e.example/{number}", error=error)
    evidence_links.record(session, actor, made[0], url="https://e.example/0", error=None)


def _edit(session: Session, actors: list[Actor], made: list[str]) -> None:
    third, _ = actors
    claims.amend(session, third, made[5], patch={"text": "Hardly anybody came."}, seen=ANY)
    claims.amend(session, third, made[5], patch={"tags": ["edited"]}, seen=ANY)
    [piece] = [each for _, each in evidence.of_claim(session.connection(), made[6], -1, 1)]
    evidence.withdraw(session, third, made[6], piece["id"], reason="A copy of another one.")
    relations.add(session, third, made[0], kind="contradicts", other_id=made[1], note="Not both.")
    relations.add(session, third, made[6], kind="restates", other_id=made[7], note="The same.")
    ends = {str(each.external_id): each.id for each in session.scalars(select(Source).where(Source.external_id != ""))}
    sources.amend(session, third, ends["speaker-0"], patch={"name": "The first speaker"}, seen=ANY)
    sources.merge(session, third, ends["speaker-1"], into=ends["speaker-0"], reason="One person.")
    _relate_sources(session, actors, ends)
    article = session.connection().exec_driver_sql("SELECT id FROM articles WHERE external_id = 'march-0'").scalar()
    articles.amend(session, third, str(article), patch={"title": "The march"}, seen=ANY)
    _watch(session, actors)
    _read_feeds(session, actors)
    _assign(session, actors, made)
    _comment(session, actors, made, str(article))


def _assign(session: Session, actors: list[Actor], made: list[str]) -> None:
    """Assign claims to two people, with and without a day, and release one."""
    for at, claim_id in enumerate(made[:6]):
        person = actors[at % 2]
        note = (None, f"Ask witness {at}.")[at % 3 > 0]
        due_on = date(2026, 12, 20 + at) if at % 2 else None
        assignments.assign(
            session, actors[0], claim_id, person_id=person.id, due_on=due_on, priority=list(Priority)[at % 3], note=note
        )
    assignments.assign(session, actors[1], made[1], person_id=actors[0].id)
    assignments.release(session, actors[1], made[2])


def _comment(session: Session, actors: list[Actor], made: list[str], article: str) -> None:
    """Comment on claims and on words of an article, by two people; edit and withdraw some of the comments."""
    third, fourth = actors
    stay = made[:6]  # one of the others is redacted on desks that an earlier version left, which knew no comments
    seen = select(Claim.id).where(Claim.id.in_(stay), Claim.second_opinion_at.is_(None), Claim.withdrawn_at.is_(None))
    for at, claim_id in enumerate(session.scalars(seen.order_by(Claim.seq).limit(6)).all()):
        one, other = actors[at % 2], actors[1 - at % 2]
        asked = comments.add(session, one, claim_id=claim_id, text=f"Who counted {at}?", mentions=[other.id])["id"]
        answered = comments.add(session, other, claim_id=claim_id, text=f"Witness {at}.", in_reply_to=asked)["id"]
        comments.add(session, one, claim_id=claim_id, text="Thanks.", in_reply_to=answered, mentions=[one.id, other.id])
        if at % 2:
            comments.edit(session, one, asked, patch={"text": f"Who did {at}?", "mentions": [one.id]}, seen=ANY)
        if at == 2:
            comments.withdraw(session, other, answered, reason="He was not there.")
    for start in (0, 2):
        words = {"snapshot": 1, "start": start, "end": start + 9}
        about = comments.add(
            session, third, article_id=article, text=f"From {start}.", quote=words, mentions=[fourth.id]
        )
        comments.add(session, fourth, article_id=article, text="Yes.", in_reply_to=about["id"])
    comments.withdraw(session, third, about["id"])


def _relate_sources(session: Session, actors: list[Actor], known: dict[str, str]) -> None:
    """Relate sources, of which one is redacted later, in each way; withdraw two of the relations."""
    third, fourth = actors
    office, clerk = (
        sources.add(session, third, name=name, kind="group", aliases=[], same_as=[])["id"]
        for name in ("Office", "Clerk")
    )
    made = [
        source_relations.add(session, actor, one, kind=kind, other_id=other, since=since, until=until, note=note)["id"]
        for actor, one, kind, other, since, until, note in (
            (third, clerk, "speaks_for", office, "2019", None, "By a list of the office."),
            (fourth, office, "subsidiary_of", known["speaker-2"], None, "2024-05-01", None),
            (third, known["speaker-0"], "member_of", office, "2020-02-03", "2025", "By a friend."),
            (fourth, office, "owns", known["speaker-0"], None, None, "They say so."),
            (third, known["speaker-2"], "owns", clerk, "2001", "2002", "Long ago."),
        )
    ]
    for number, (owner, relation) in enumerate(((office, made[3]), (known["speaker-2"], made[4]))):
        source_relations.withdraw(session, actors[number], owner, relation, reason=f"It was wrong: {number}.")


def _read_feeds(session: Session, actors: list[Actor]) -> None:
    """Have feeds, of which one moved and one was removed, and items that wait, were dismissed, and became articles."""
    for number, actor in enumerate(actors):
        title = (f"Feed {number}", None)[number]
        every = timedelta(hours=1 + number)
        feed = feeds.add(session, actor, url=f"https://f.invalid/{number}", title=title, every=every)["id"]
        for at in range(4):
            digit = f"{4 * number + at}"
            extract = Extract(text=f"Item {digit} says it.", title=f"Page {digit}")
            page = CapturedPage(f"https://f.invalid/{digit}/page", now(), None, None, extract)
            item = Item(feed, f"Item {digit}", now() - timedelta(days=at), digit * 64, f"{digit}a" * 32)
            made = captures.add(session, actor, page, item)["id"]
            if at == 1:
                inbox.dismiss(session, actor, made, reason="Sports.")
            elif at == 2:
                text, capture = made_of.text(session.connection(), made, None)
                articles.add(session, actor, title=f"Made {digit}", text=text, capture=capture)
    feeds.moved(session, feed, "https://f.invalid/moved")
    gone = feeds.add(session, actors[0], url="https://f.invalid/gone", title="Gone", every=timedelta(days=1))["id"]
    feeds.remove(session, actors[0], gone)


def _watch(session: Session, actors: list[Actor]) -> None:
    """Watch two articles by two people, and one not any more."""
    for number, actor in enumerate((*actors, actors[0])):
        fields = {
            "title": f"Watched {number}",
            "text": f"It was seen {number} times.",
            "url": f"https://n.invalid/{number}",
        }
        watched = str(articles.add(session, actor, **load(ArticleIn(), fields))["id"])
        until = now() + timedelta(days=number) if number else None
        watches.watch(session, actor, watched, every=timedelta(hours=1 + number), until=until, seen=ANY)
    watches.unwatch(session, actors[1], watched)


def _end(session: Session, actors: list[Actor], made: list[str]) -> None:
    third, fourth = actors
    claims.withdraw(session, third, made[7], reason="Entered twice.")
    claims.withdraw(session, fourth, made[1], reason="Not a claim.")
    redaction.redact(session, third, made[6], reason="A person asked.")


def redact_parts(database: Database) -> None:
    """Redact a part of each kind on a desk that was varied: of one text words and then more, of another all of it."""
    with database.writing() as session:
        third = people.known(session, "Third")
        cited = session.scalars(select(Capture.id).where(Capture.text == CITED)).one()
        redacted_captures.redact(session, third, cited, reason=WHY)
        apart, twice = (_captured(session, third, f"Nobody saw {name}.") for name in ("it", "them"))
        _captured(session, third, f"A copy: {TEXT}")
        _captured(session, third, "It stays.")
        one, other = session.scalars(
            select(Article.id).where(Article.external_id.like("march-%")).order_by(Article.seq)
        )
        for words in ("up to a million", "thousands"):
            start = TEXT.index(words)
            redacted_articles.redact_text(session, third, one, start=start, end=start + len(words), reason=WHY)
        redacted_articles.redact_text(session, third, other, reason=WHY)
        for answered in session.scalars(select(Comment.id).where(Comment.text.in_(("Witness 3.", "Witness 4.")))).all():
            redacted_comments.redact(session, third, answered, reason="A court asked.")
        for day in (2, 4):
            wrong = select(CorrectionRequest.id).where(CorrectionRequest.text == f"It was on day {day}.")
            redacted_requests.redact(session, third, session.scalars(wrong).one(), reason=WHY)
        for number in (4, 6):
            report = session.scalars(
                select(Report.id).where(Report.title.in_((f"Report {number}", "Corrected 1")))
            ).first()
            redacted_reports.redact(session, third, str(report), reason=WHY)
        noted = select(Relation).where(Relation.note == "Not both.")
        relation = session.scalars(noted).one()
        redacted_relations.redact_note(session, third, relation.claim_id, relation.id, reason=WHY)
        noted_too = select(SourceRelation).where(SourceRelation.note == "By a list of the office.")
        between = session.scalars(noted_too).one()
        redacted_source_relations.redact_note(session, third, between.source_id, between.id, reason=WHY)
        source = session.scalars(select(Source.id).where(Source.external_id == "speaker-0")).one()
        redacted_sources.redact(session, third, source, reason=WHY)
        redacted_captures.redact(session, third, apart, reason=WHY)
        for urls in (False, True):
            redacted_captures.redact(session, third, twice, reason=WHY, urls=urls)
        redacted_people.erase(session, third, name="Fourth", reason=WHY)


def _cite(session: Session, actor: Actor, made: list[str]) -> None:
    """Cite a page with its capture, and give evidence its capture afterwards: a new one, and one that is there."""
    piece = load(EvidenceIn(), {"stance": "context", "url": "https://news.invalid/b"})
    cited = evidence.add(session, actor, made[0], **piece, page=_page(CITED))
    later = evidence.add(session, actor, made[1], **piece)
    evidence.add_capture(session, actor, made[1], later["id"], page=_page(f"They wrote: {TEXT}", handed=True))
    again = evidence.add(session, actor, made[0], **piece)
    evidence.add_capture(session, actor, made[0], again["id"], capture_id=cited["capture"]["id"])


def _occur(session: Session, actors: list[Actor], made: list[str]) -> None:
    """Add occurrences of every kind, with and without each of their fields, and withdraw some."""
    capture = _captured(session, actors[0], "They said so.")
    for number, kind in enumerate(OccurrenceKind):
        fields = {
            "kind": str(kind),
            "url": (None, "https://news.invalid/b")[number % 2],
            "said_on": (f"2023-08-2{number}", None)[number % 3 == 2],
            "place": f"Place {number}" if number % 2 == 0 else None,
            "account": f"@account-{number}" if number % 2 else None,
            "timecode": f"00:0{number}:00" if kind in TIMED else None,
            "capture_id": capture if number % 2 else None,
        }
        for claim in (made[number], made[0]):
            added = occurrences.add(session, actors[number % 2], claim, **load(CitedOccurrenceIn(), fields))
        if number % 3 == 0:
            occurrences.withdraw(session, actors[number % 2], made[0], added["id"], reason=f"Not so {number}.")


def _captured(session: Session, actor: Actor, text: str) -> str:
    made: str = captures.add(session, actor, _page(text))["id"]
    return made


def _page(text: str, *, handed: bool = False) -> CapturedPage:
    """Return a page that could not be fetched, or one that was handed over."""
    extract = Extract(text=text, title="A page", author="Somebody", outlet="News", language="en")
    html = f"<p>{text}</p>".encode() if handed else None
    return CapturedPage("https://news.invalid/b", now(), None, None, extract, handed=html)
