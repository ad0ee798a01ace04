"""Redaction of an article's text: of words, wherever the article has them, or of all."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from factcheck.desk import articles
from factcheck.desk.access import answers, unknown
from factcheck.desk.capturing import watches
from factcheck.desk.claim_state.connected import batches
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.redactions import claims, comments, correction_requests, restating, rows
from factcheck.desk.redactions.archived import captures, images
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import BLOCK, Blackout, Places, blacked, merged, occurrences, within
from factcheck.rules.roles import Role
from factcheck.rules.web.urls import url_key
from factcheck.storage import redaction
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.attribution import Quote
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.publishing import CorrectionRequest

LEAST = 2  # code points of words that are redacted wherever they are
PIECE = 4  # code points of a part of them that is redacted in the other words of the claim that quotes it
SLICE = 20  # claims that one transaction blacks words out in: for others, a fraction of a second
WHY = "Words of its article were redacted."
SHOWN = ("title", "author", "url")
Json = dict[str, Any]
Texts = dict[int, str]  # an article's texts, by their snapshots' numbers
Slices = list[list[str]]


@dataclass(frozen=True)
class _Removal:
    """An article, which is locked, its texts, and which words go from where; without words, all of the texts."""

    article: Article
    texts: Texts
    words: list[str]
    places: dict[int, Places]

    def left(self) -> Texts:
        """Return the texts that change, as they are then. Raises Clash when none does."""
        blackened = {number: blacked(text, self.places[number]) for number, text in self.texts.items()}
        left = {number: text for number, text in blackened.items() if text != self.texts[number]}
        if not left:
            raise Clash(message("These words are already redacted."))
        return left


def slices(session: Session, article_id: str, *, reason: str, seen: Precondition = ANY, **place: int | None) -> Slices:
    """Return the claims about an article, some at a time, for `redact_claims`, once the redaction can be done.

    Raises what `redact_text` raises.
    """
    removal = _removal(session, article_id, seen, **place)
    removal.left()
    about = _about(session, article_id)
    pieces = _pieces(session, about, removal.places)
    demand_silent(reason, [*removal.words, *(piece for each in pieces.values() for piece in each)])
    return [about[at : at + SLICE] for at in range(0, len(about), SLICE)]


@action(Role.ADMIN)
def redact_claims(
    session: Session,
    actor: Actor,
    /,
    article_id: str,
    claim_ids: Sequence[str],
    *,
    reason: str,
    seen: Precondition = ANY,
    **place: int | None,
) -> dict[str, str]:
    """Black out words of an article in some of the claims about it, and return the ETags of these claims then.

    So that nobody waits for all of them: `redact_text` follows, and does the rest. If it does not, the request is to be
    sent again: what is blacked out stays so.
    """
    removal = _removal(session, article_id, seen, **place)
    lock_claims(session, claim_ids)
    pieces = _pieces(session, claim_ids, removal.places)
    demand_silent(reason, [*removal.words, *(piece for each in pieces.values() for piece in each)])

    def blackout(claim_id: str) -> Blackout:
        return Blackout(removal.places, removal.words, pieces.get(claim_id, ()), own=True)

    rows.black_out(session, claim_ids, blackout)
    claims.scrub(session, actor, claim_ids, blackout, WHY, alone=True)
    rows.black_out_reviews(session, claim_ids, blackout)  # what one of them says, the entry of its claim said too
    return _etags(session, claim_ids)


@action(Role.ADMIN)
def redact_text(
    session: Session,
    actor: Actor,
    /,
    article_id: str,
    *,
    reason: str,
    done: Mapping[str, str] | None = None,
    seen: Precondition = ANY,
    **place: int | None,
) -> list[str]:
    """Black out words of an article's text, or without a place all of it, in every snapshot.

    Captures of its page, those that have the words, and its images of which the description or the URL has them are
    redacted as a whole. Returns their files, which the caller removes from the archive after the commit.

    The words are those at [`start`, `end`) of a `snapshot`, by default the newest. They go wherever the article's
    texts, its title, author and URL and the claims about it have them: from quotes of which they are a part, and from
    what people wrote about a claim, as far as that repeats them or the part of them that the claim quotes. Each code
    point becomes a block, so that positions stay true. A watch of the article ends: it would fetch the words again. The
    reason goes into the log and stays. `done` are the claims that `redact_claims` did, with their ETags: those that are
    as it left them are not done again. Raises Invalid for a place that is not there, and Clash when there is nothing
    left to black out.
    """
    answers.empty(session, [article_id])
    removal = _removal(session, article_id, seen, **place)
    article, words, left = removal.article, removal.words, removal.left()
    about = _about(session, article.id)
    url, taken = article.url, words or list(removal.texts.values())
    citing = captures.citing(session, (row.id for row in captures.those_of(session, article.id, url, taken)))
    lock_claims(session, [*about, *citing])
    whole = Blackout(removal.places, words)
    hashes = {_hash(removal.texts[number]): _hash(text) for number, text in left.items()}
    restated = restating.without(
        session, SubjectKind.ARTICLE, article.id, lambda content: _hashed(whole.json(content), hashes)
    )
    remaining = about
    if done and not _shows(session, article, whole):
        etags = _etags(session, about)
        remaining = [each for each in about if done.get(each) != etags[each]]
    pieces = _pieces(session, remaining, removal.places)
    demand_silent(reason, [*words, *(piece for each in pieces.values() for piece in each)])

    def blackout(claim_id: str) -> Blackout:
        return Blackout(removal.places, words, pieces.get(claim_id, ()))

    rows.black_out(session, remaining, blackout)  # before the log's head is locked
    changes = [{"field": "redacted", "before": None, "after": sorted(left)}, *watches.ended(session, article.id)]
    entry = revisions.append(
        session, actor, SubjectKind.ARTICLE, article.id, article.revision + 1, "redact", changes, reason,
        facts=facts.of_restated(restated),
    )  # fmt: skip
    restating.write(session, entry, restated)
    for number, text in left.items():
        redaction.redact_snapshot(session, article.id, number, entry.log_index, text, _hash(text))
    for name in SHOWN:
        setattr(article, name, whole.json(getattr(article, name), name))
    article.url_key = url_key(article.url)
    article.revision, article.updated_at, article.redacted_index = article.revision + 1, entry.at, entry.log_index
    rows.black_out_reviews(session, remaining, blackout)
    claims.scrub(session, actor, remaining, blackout, WHY)
    _scrub_comments(session, actor, removal, whole)
    files = captures.redact_those_of(session, actor, article_id, url, taken, [*about, *citing])
    files += images.redact_those_of(session, actor, article_id, words, whole=not words)
    answers.empty(session, [article_id], [*about, *citing])
    return files


def _scrub_comments(session: Session, actor: Actor, removal: _Removal, whole: Blackout) -> None:
    """Black words out in comments on the article, and once more on all claims about it: new ones do not change them."""

    def blackout(comment: Comment) -> Blackout:
        overlaps = _overlaps(comment.quote_snapshot, comment.quote_start, comment.quote_exact or "", removal.places)
        pieces = sorted(overlaps, key=len, reverse=True)
        return Blackout(removal.places, removal.words, pieces) if pieces else whole

    about = Comment.claim_id.in_(select(Claim.id).where(Claim.article_id == removal.article.id))
    comments.scrub(session, actor, or_(Comment.article_id == removal.article.id, about), blackout, WHY)
    of_article = select(Claim.id).where(Claim.article_id == removal.article.id)
    correction_requests.scrub(session, actor, CorrectionRequest.claim_id.in_(of_article), lambda _: whole, WHY)


def _removal(session: Session, article_id: str, seen: Precondition, **place: int | None) -> _Removal:
    """Lock an article, and find the words at a place of a snapshot of it. Raises NotFound, Stale, Invalid and Clash."""
    article = session.scalar(select(Article).where(Article.id == article_id).with_for_update(key_share=True))
    if article is None:
        raise NotFound(unknown.ARTICLE)
    if not seen.any:
        seen.demand(articles.etag(articles.get(session.connection(), article.id)))
    texts: Texts = {
        row.number: row.text
        for row in session.execute(
            select(Snapshot.number, Snapshot.text).where(Snapshot.article_id == article.id).order_by(Snapshot.number)
        )
    }
    start, end, snapshot = place.get("start"), place.get("end"), place.get("snapshot")
    words = [] if start is None or end is None else [_words(texts, snapshot or article.snapshot_number, start, end)]
    return _Removal(article, texts, words, _places(texts, words))


def _about(session: Session, article_id: str) -> list[str]:
    return list(session.scalars(select(Claim.id).where(Claim.article_id == article_id).order_by(Claim.id)))


def _shows(session: Session, article: Article, whole: Blackout) -> bool:
    """Say whether what claims show of an article has the words, or ever had: then all claims change with it."""
    contents = (
        select(RevisionContent.content)
        .join(Revision, Revision.log_index == RevisionContent.log_index)
        .where(Revision.subject_kind == SubjectKind.ARTICLE, Revision.subject_id == article.id)
    )
    changes = (change for content in session.scalars(contents) for change in orjson.loads(content)["changes"])
    return any(change["field"] in SHOWN and whole.json(change) != change for change in changes)


def _etags(session: Session, claim_ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for ids in batches(claim_ids):
        found |= {row.id: row.etag for row in session.execute(select(Claim.id, Claim.etag).where(Claim.id.in_(ids)))}
    return found


def _words(texts: Texts, number: int, start: int, end: int) -> str:
    """Return the words at a place of a snapshot. Raises Invalid where there are none."""
    text = texts.get(number)
    if text is None:
        raise Invalid(message("There is no such snapshot."), flaws=[Flaw(unknown.SNAPSHOT, "/snapshot")])
    words = text[start:end].strip()
    if end > len(text) or len(words) < LEAST or not any(letter.isalnum() or letter == BLOCK for letter in words):
        detail = message(
            "Give the place of at least {least} characters with a letter or digit, within the text.", least=LEAST
        )
        raise Invalid(message("There are no words at this place."), flaws=[Flaw(detail, "/end")])
    if set(words) <= {BLOCK, " ", "\n"}:
        raise Clash(message("These words are already redacted."))
    return words


def _places(texts: Texts, words: Sequence[str]) -> dict[int, Places]:
    """Return where the words are in each text; without words, all of it."""
    if not words:
        return {number: [(0, len(text))] for number, text in texts.items()}
    return {
        number: merged(place for each in words for place in occurrences(text, each)) for number, text in texts.items()
    }


def _pieces(session: Session, claim_ids: Sequence[str], places: dict[int, Places]) -> dict[str, list[str]]:
    """Return the parts of claims' quotes that are blacked out, by the claims' ids, the longest first."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for ids in batches(claim_ids):
        for quote in session.scalars(select(Quote).where(Quote.claim_id.in_(ids))):
            found[quote.claim_id].update(_overlaps(quote.snapshot, quote.start_at, quote.exact, places))
            if quote.now_exact is not None:
                found[quote.claim_id].update(_overlaps(quote.now_snapshot, quote.now_start, quote.now_exact, places))
    return {claim_id: sorted(pieces, key=len, reverse=True) for claim_id, pieces in found.items() if pieces}


def _overlaps(number: int | None, at: int | None, exact: str, places: dict[int, Places]) -> Iterator[str]:
    if number is None or at is None:
        return
    for start, end in within(places.get(number, ()), at, at + len(exact)):
        piece = exact[start:end].strip()
        if len(piece) >= PIECE and set(piece) - {BLOCK, " "}:
            yield piece


def _hashed(content: Json, hashes: dict[str, str]) -> Json:
    """Return the content of an entry with the new hashes of texts: whoever knows the rest can find the words by one."""

    def hashed(value: Any) -> Any:
        if not isinstance(value, dict) or "sha256" not in value:
            return value
        return value | {"sha256": hashes.get(value["sha256"], value["sha256"])}

    changes: Iterable[Json] = content["changes"]
    return content | {
        "changes": [change | {side: hashed(change[side]) for side in ("before", "after")} for change in changes]
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
