"""Snapshots: an article's newer text, and where the quotes taken from its older ones are in it."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import articles
from factcheck.desk.access import blindness, unknown
from factcheck.desk.capturing import inbox
from factcheck.desk.capturing.made_of import MadeOf, demand_kept
from factcheck.desk.capturing.made_of import fields as origin_of
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.claim_state import documents, texts
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.claim_state.rows import NOWHERE_ELSE, content_of, pointer, stored
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.revisions import Entry
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.selectors import Effort, QuoteCostly, span
from factcheck.rules.sources import HELD, AnchorState, CurrentState
from factcheck.rules.text.reanchoring import Found, Versions
from factcheck.storage.bulk import write_each
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.attribution import Quote
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import SubjectKind

BATCH = 500  # claims whose quotes are found, written and rendered at a time
Json = dict[str, Any]


class NewText:
    """An article's newer text, in which quotes are looked for: as many as can be before a transaction begins.

    Snapshots never change, so what was found in two of them stays true.
    """

    def __init__(self, article_id: str, text: str, capture: MadeOf | None = None) -> None:
        """`capture` is what the text was made of, if it was captured."""
        self.article_id, self.text, self.capture = article_id, text, capture
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        self._effort = Effort()
        self._versions: dict[int, Versions] = {}
        self._found: dict[tuple[int, int, int], Found] = {}

    @classmethod
    def captured(cls, connection: Connection, article_id: str, page: CapturedPage) -> "NewText":
        """Return the text of a captured page, with the article's quotes looked for in it. Raises Invalid."""
        assert page.extract.text is not None
        new = cls(article_id, page.extract.text, MadeOf(page.id))
        new.look_for_all(connection)
        return new

    def look_for_all(self, connection: Connection) -> None:
        """Find the quotes of all active claims of the article. Raises Invalid when that takes too long."""
        for row in connection.execute(_QUOTES, {"article": self.article_id}).all():
            self.find(connection, row)

    def find(self, connection: Connection, quote: Any) -> Found:
        """Return where a quote is. It is looked for from where it was last seen. Raises Invalid."""
        seen = quote.now_state in HELD
        start, end = (quote.now_start, quote.now_end) if seen else (quote.start_at, quote.end_at)
        place = quote.now_snapshot if seen else quote.snapshot, start, end
        if place not in self._found:
            try:
                self._found[place] = self._since(connection, place[0]).find(start, end)
            except QuoteCostly:
                detail = message("Finding this article's quotes in the new text takes too long.")
                raise Invalid(detail, flaws=[Flaw(detail, "/text")]) from None
        return self._found[place]

    def _since(self, connection: Connection, number: int) -> Versions:
        if number not in self._versions:
            old = texts.of_snapshot(connection, self.article_id, number)
            self._versions[number] = Versions(old, self.text, self._effort)
        return self._versions[number]


def lock(session: Session, article_id: str) -> tuple[Article, list[str]]:
    """Lock an article and its active claims, which a new snapshot changes, and return it and their ids.

    An action that appends to the log before `add` calls this first: locks come before the log's head. Raises NotFound.
    """
    article = session.scalar(select(Article).where(Article.id == article_id).with_for_update(key_share=True))
    if article is None:
        raise NotFound(unknown.ARTICLE)
    of_article = select(Claim.id).where(Claim.article_id == article.id, Claim.withdrawn_at.is_(None))
    claims = sorted(session.scalars(of_article))
    lock_claims(session, claims)
    return article, claims


@action(Role.CONTRIBUTOR)
def add(
    session: Session, actor: Actor, /, new: NewText, *, seen: Precondition = ANY, reason: str | None = None
) -> tuple[Json, bool]:
    """Add a snapshot to an article, and return its JSON, and whether it is new: the newest text again adds nothing.

    The claims' own words, their verdicts and their attribution stay as they are. Each claim says where its quotes are
    now, by an entry of its own. Raises NotFound.
    """
    article, claims = lock(session, new.article_id)
    if not seen.any:
        seen.demand(articles.etag(articles.get(session.connection(), article.id)))
    newest = articles.snapshot(session.connection(), article.id, article.snapshot_number)
    if newest["sha256"] == new.sha256:
        return newest, False
    number = article.snapshot_number + 1
    change = {
        "field": "snapshot",
        "before": {"number": newest["number"], "sha256": newest["sha256"]},
        "after": {"number": number, "sha256": new.sha256, **(origin_of(new.capture) if new.capture else {})},
    }
    entry = revisions.append(
        session, actor, SubjectKind.ARTICLE, article.id, article.revision + 1, "add_snapshot", [change], reason
    )
    demand_kept(session.connection(), new.capture)
    session.execute(
        insert(Snapshot),
        {
            "article_id": article.id,
            "number": number,
            "text": new.text,
            "sha256": new.sha256,
            "captured_at": entry.at,
            **origin_of(new.capture),
        },
    )
    article.snapshot_number, article.revision, article.updated_at = number, article.revision + 1, entry.at
    session.flush()
    if new.capture is not None:
        inbox.filed(session, actor, new.capture.capture_id, article.id)
    found: Counter[CurrentState] = Counter()
    for at in range(0, len(claims), BATCH):
        found.update(_follow(session, actor, claims[at : at + BATCH], new, number))
    made = articles.snapshot(session.connection(), article.id, number)
    return made | {"quotes": {state.value: found[state] for state in CurrentState}}, True


def _follow(
    session: Session, actor: Actor, claim_ids: Sequence[str], new: NewText, number: int
) -> Iterator[CurrentState]:
    """Write where the quotes of some claims are in a new snapshot, and yield how each is there."""
    connection = session.connection()
    entries: dict[str, Entry] = {}
    rows: list[Json] = []
    for state in _loaded(session, claim_ids):
        fields, before = stored(state)
        places = [_now(new.find(connection, row), number) for row in state.quotes]
        after = [quote | place for quote, place in zip(before, places, strict=True)]
        changes = revisions.differences(content_of(fields, before), content_of(fields, after))
        entries[state.claim.id] = revisions.append_of_claim(session, actor, state.claim, "find_quotes", changes)
        rows += _rows(state.claim.id, after)
        yield from (CurrentState(quote["now_state"]) for quote in after)
    session.flush()
    write_each(connection, _WRITE, rows)
    documents.store(session, [(state, entries[state.claim.id]) for state in _loaded(session, claim_ids)])


def _loaded(session: Session, claim_ids: Sequence[str]) -> list[claim_states.ClaimState]:
    """Load those of some locked claims that are still active: one may have been withdrawn before it was locked."""
    active = Claim.id.in_(claim_ids), Claim.withdrawn_at.is_(None)
    claims = session.scalars(select(Claim).where(*active).order_by(Claim.id)).all()
    return claim_states.load(session.connection(), claims)


def _now(found: Found, number: int) -> Json:
    place = found.place
    return {
        "state": AnchorState.ANCHORED if found.state in HELD else AnchorState.ORPHANED,
        "now_snapshot": number,
        "now_start": place and place.start,
        "now_end": place and place.end,
        "now_exact": place and place.exact,
        "now_state": found.state,
    }


@action(Role.ANALYST)
def confirm(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    *,
    seen: Precondition,
    reason: str,
    quotes: Sequence[str] | None = None,
) -> Claim:
    """Take the changed words of a claim's quotes for its quotes from now on, and return the claim.

    `quotes` are JSON pointers, such as `/quotes/0`; all that have changed, if not given. The verdicts stand: whoever
    confirms says that the claim is still what these words say. Raises Clash when none has changed, Invalid for a
    pointer to another.
    """
    state = claim_states.locked(session, claim_id)
    claim: Claim = state.claim
    blindness.demand_seen(session, actor, claim, seen)
    fields, before = stored(state)
    changed = {pointer(quote): quote for quote in before if quote["now_state"] == CurrentState.CHANGED}
    if not changed:
        raise Clash(message("No quote of this claim has other words in the newest snapshot."))
    wanted = list(changed) if quotes is None else list(quotes)
    flaws = [
        Flaw(message("No quote that has changed is here."), f"/quotes/{at}")
        for at, each in enumerate(wanted)
        if each not in changed
    ]
    if flaws:
        raise Invalid(message("Some of these quotes have not changed."), flaws=flaws)
    text = texts.of_snapshot(session, claim.article_id, changed[wanted[0]]["now_snapshot"])
    after = [_confirmed(quote, text) if pointer(quote) in wanted else quote for quote in before]
    changes = revisions.differences(content_of(fields, before), content_of(fields, after))
    entry = revisions.append_of_claim(session, actor, claim, "confirm_quotes", changes, reason)
    session.flush()
    write_each(session.connection(), _WRITE, _rows(claim.id, after))
    documents.render(session, [claim.id], entry)
    return claim


def _confirmed(quote: Mapping[str, Any], text: str) -> Json:
    place = span(text, quote["now_start"], quote["now_end"])
    return {
        **quote,
        **NOWHERE_ELSE,
        "snapshot": quote["now_snapshot"],
        "exact": place.exact,
        "prefix": place.prefix,
        "suffix": place.suffix,
        "start_at": place.start,
        "end_at": place.end,
        "state": AnchorState.ANCHORED,
    }


def _rows(claim_id: str, quotes: Sequence[Json]) -> list[Json]:
    """Return the values of _WRITE."""
    return [
        {"of_claim": claim_id} | {f"of_{name}" if name in KEY else name: value for name, value in quote.items()}
        for quote in quotes
    ]


KEY = ("hop", "role", "position")
_quotes: Any = cast(Any, Quote).__table__
_WRITE = (
    update(_quotes)
    .where(_quotes.c.claim_id == bindparam("of_claim"), *(_quotes.c[name] == bindparam(f"of_{name}") for name in KEY))
    .values({each.name: bindparam(each.name) for each in _quotes.c if each.name not in (*KEY, "claim_id")})
)
_QUOTES = (
    select(*Quote.__table__.columns)
    .join(Claim, Claim.id == Quote.claim_id)
    .where(Claim.article_id == bindparam("article"), Claim.withdrawn_at.is_(None))
)
