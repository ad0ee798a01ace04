"""Imports: lines that somebody brings, each entered as its own action would, or refused with its reason.

By `external_id`, so that the same line twice is one thing: what is there already is never amended. A source without
one is the source of the desk that it is beyond doubt, which learns its identifiers (`sources/speakers.py`). Statuses
are not imported. Each batch is entered in the caller's transaction; a batch is all or nothing, its lines are not.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import articles, sources
from factcheck.desk import evidence as pieces
from factcheck.desk.claim_state import entering, new_claims
from factcheck.desk.claim_state.entering import NewThing
from factcheck.desk.claim_state.locks import share_sources, source_references
from factcheck.desk.claim_state.new_claims import ArticleSeen, NewClaim
from factcheck.desk.claim_state.rendering import claim_json
from factcheck.desk.claim_state.texts import Texts, Wording
from factcheck.desk.identity import registered
from factcheck.errors import Flaw, Invalid
from factcheck.exchange import known
from factcheck.exchange.import_results import Result
from factcheck.exchange.rehearsal import Rehearsal
from factcheck.exchange.sources.speakers import Speakers
from factcheck.log.actors import Actor, action
from factcheck.messages import message
from factcheck.rules.identity.directory import Directory
from factcheck.rules.imports import LineKind, Outcome
from factcheck.rules.roles import Role
from factcheck.schemas.imports import Line, Record, Refused

Json = dict[str, Any]
SAME = ("article_id", "text", "kind", "quotes", "quantity", "tags")  # what is compared of a claim, beside its chain


_NOBODY = Actor("", "", Role.READER, "")
_ABSENT = {
    LineKind.SOURCE: message("No source has this external id or id, on this desk or in an earlier line."),
    LineKind.ARTICLE: message("No article has this external id or id, on this desk or in an earlier line."),
    LineKind.CLAIM: message("No claim has this external id or id, on this desk or in an earlier line."),
}


@action(Role.CONTRIBUTOR)
def enter(session: Session, actor: Actor, /, lines: Sequence[Line], *, texts: Texts | None = None) -> list[Result]:
    """Enter what is new of these lines, no two of which are about one thing, and tell what became of each."""
    importing = _Importing(session, actor, lines, texts or Texts(), None)
    results = importing.run(lines)
    registered.learn(session, actor, importing.speakers.learned)
    entering.enter(session, actor, importing.new, importing.refs)
    return results


def rehearse(connection: Connection, lines: Sequence[Line], before: Rehearsal, texts: Texts) -> list[Result]:
    """Tell what would become of these lines, and enter nothing; `before` holds what earlier ones would have entered."""
    return _Importing(connection, _NOBODY, lines, texts, before).run(lines)


class _Importing:
    """One batch, with what the desk has of all that it names. `before` is that of a dry run."""

    def __init__(
        self,
        session: Session | Connection,
        actor: Actor,
        lines: Sequence[Line],
        texts: Texts,
        before: Rehearsal | None,
    ) -> None:
        self.session, self.actor, self.texts, self.before = session, actor, texts, before
        self.new: list[NewThing | NewClaim] = []
        records = [each for each in lines if isinstance(each, Record)]
        self.speakers = Speakers(records, Directory() if before is None else before.directory)
        self.speakers.hold(session)
        own: dict[LineKind, set[str]] = {kind: set() for kind in LineKind}
        named: dict[LineKind, set[str]] = {kind: set() for kind in LineKind}
        for record in records:
            own[record.kind].update(filter(None, (record.external_id, record.former)))
            for kind, thing, name, _ in record.names():
                if thing[name] is not None:
                    named[kind].add(thing[name])
        self.ids = {kind: known.ids(session, kind, own[kind] | named[kind]) for kind in LineKind}
        # By their own names, of which later lines of a dry run may know more.
        self.own = {kind: {name: self.ids[kind][name] for name in own[kind] & self.ids[kind].keys()} for kind in own}
        there = {kind: set(self.own[kind].values()) for kind in LineKind}
        articles_named = self._named(LineKind.ARTICLE, named)
        sources_named = self._named(LineKind.SOURCE, named) | self.speakers.look_up(session, self.own[LineKind.SOURCE])
        if isinstance(session, Session):
            known.lock_articles(session, articles_named)
            share_sources(session, sources_named)
        self.articles = known.articles(session, articles_named | there[LineKind.ARTICLE])
        self.refs = source_references(session, sources_named | there[LineKind.SOURCE])
        self.rows = {kind: known.rows(session, kind, there[kind]) for kind in LineKind}
        self.shown = {
            source["id"]: source for source in sources.shown(session, list(self.rows[LineKind.SOURCE].values()))
        }
        if before is not None:
            self.refs.update(before.refs)
            for kind in LineKind:
                for name in named[kind] - self.ids[kind].keys() & before.ids[kind].keys():
                    self.ids[kind][name] = before.ids[kind][name]

    def run(self, lines: Sequence[Line]) -> list[Result]:
        """Tell what becomes of each line, and prepare in `new` what is to be entered.

        What was to be entered on demand alone and is not is not told: it is no line of anybody's.
        """
        told = [(line, *self._become(line)) for line in lines]
        self.new = entering.demanded([thing for _, _, thing in told if thing is not None])
        entered = {thing.id for thing in self.new}
        kept = [(line, result, thing) for line, result, thing in told if thing is None or thing.id in entered]
        self._recognise(kept)
        if self.before is not None:
            for line, _, thing in kept:
                self._rehearse(line, thing)
        return [result for _, result, _ in kept]

    def _become(self, line: Line) -> tuple[Result, NewThing | NewClaim | None]:
        """Return what becomes of a line, and the new thing that it is."""
        if isinstance(line, Refused):
            refused = Result(line.line, line.kind, Outcome.REFUSED, None, line.external_id, line.problem, line.notices)
            return refused, None
        thing_id = self.own[line.kind].get(line.external_id) or self._formerly(line)
        repeated = self.before.said_before(line) if self.before is not None else None
        new, problem = None, None
        try:
            if thing_id is None and repeated is not None:
                outcome = Outcome.UNCHANGED if repeated else Outcome.EXISTS
            elif thing_id is not None:
                outcome = Outcome.UNCHANGED if self._says_the_same(line, thing_id) else Outcome.EXISTS
            else:
                new = self._prepared(line)
                outcome, thing_id = Outcome.ADDED, None if self.before is not None else new.id
        except Invalid as error:
            outcome, problem = Outcome.REFUSED, error
        return Result(line.line, line.kind, outcome, thing_id, line.external_id, problem, line.notices), new

    def _formerly(self, record: Record) -> str | None:
        """Return the id of the same thing under its former external id: the same people published it, or said it."""
        thing_id = self.own[record.kind].get(record.former) if record.former else None
        if thing_id is None:
            return None
        fields, items = self._resolved(record)
        row = self.rows[record.kind][thing_id]
        if record.kind is LineKind.ARTICLE:
            before = [self.articles[thing_id].outlet, row.author]
            now = [self._shown(fields["outlet_id"], before[0]), fields["author"]]
        else:
            claim = orjson.loads(row.document or b"{}")
            there = claim["attribution"]["chain"] + claim["evidence"][:1] if claim else []
            said = [*fields["attribution"], *items[:1]]
            before = [(each["source"] and each["source"]["id"], each.get("described_as")) for each in there]
            places = zip(said, [each for each, _ in before] + [None] * len(said), strict=False)
            now = [(self._shown(each["source_id"], place), each.get("described_as")) for each, place in places]
        if before != now:
            return None
        self.ids[record.kind][record.external_id] = thing_id  # for what names it
        return thing_id

    def _now(self, source_id: str | None) -> str | None:
        """Return which source this one is now, should it have been merged."""
        return source_id and self.refs[source_id]["id"]

    def _rehearse(self, line: Line, thing: NewThing | NewClaim | None) -> None:
        """Keep for later lines of a dry run what this one would have entered."""
        if self.before is None or thing is None or isinstance(line, Refused):
            return
        self.before.take(line)
        if line.kind is LineKind.SOURCE:
            self.before.source(line.external_id, self.refs[thing.id])
            if self.refs[thing.id]["id"] == thing.id:  # it is taken for no other
                self.before.added.add(thing.id)
        elif line.kind is LineKind.ARTICLE:
            self.before.article(line.external_id, self.articles[thing.id])

    # --- which sources are known

    def _recognise(self, kept: Sequence[tuple[Line, Result, NewThing | NewClaim | None]]) -> None:
        """Take new sources for those that they are beyond doubt: of the desk, or of the lines before.

        Only what is entered counts, so that nothing comes of a review that is refused.
        """
        known_as: dict[str, str] = {}
        new = {thing.id: thing for thing in self.new if isinstance(thing, NewThing)}
        for line, result, thing in kept:
            found = self.speakers.recognise(line, thing, new) if isinstance(line, Record) and thing else None
            if found is not None and thing is not None:
                known_as[thing.id] = found
                self.refs[thing.id] = self.refs[found]
                result.outcome, result.id = Outcome.EXISTS, found
                if self.before is not None:
                    self.before.refs[found] = self.refs[found]
                    result.id = None if found in new or found in self.before.added else found
        self.new = entering.instead(self.new, known_as)

    def _shown(self, source_id: str | None, there: str | None) -> str | None:
        """Return as which source this one is shown; a new one that may be what is `there` is taken for that."""
        return there if self.speakers.may_be(source_id, there) else self._now(source_id)

    # --- what the desk has

    def _named(self, kind: LineKind, named: dict[LineKind, set[str]]) -> set[str]:
        return {self.ids[kind][name] for name in named[kind] if name in self.ids[kind]}

    # --- what a line says

    def _prepared(self, record: Record) -> NewThing | NewClaim:
        fields, items = self._resolved(record)
        if record.kind is LineKind.CLAIM:
            return self._claim(record, fields, items)
        thing = NewThing(fields, record.on_demand)
        self.ids[record.kind][record.external_id] = thing.id
        if record.kind is LineKind.SOURCE:
            self.refs[thing.id] = {"id": thing.id, "name": fields["name"], "kind": fields["kind"]}
            self.speakers.propose(thing.id, fields)
        else:
            self.ids[record.kind].setdefault(fields["url"] or thing.id, thing.id)
            outlet = self._now(fields["outlet_id"])
            self.articles[thing.id] = ArticleSeen(
                thing.id, fields["title"], fields["url"], Wording(1, thing.id, fields["text"]), outlet
            )  # fmt: skip
        return thing

    def _resolved(self, record: Record) -> tuple[Json, list[Json]]:
        """Put ids where a line names things. Raises Invalid for names of nothing."""
        fields, items = dict(record.fields), [dict(item) for item in record.evidence]
        if "attribution" in fields:
            fields["attribution"] = [dict(hop) for hop in fields["attribution"]]
        flaws = []
        # A copy: should the transaction have to begin again, the line still says what it said.
        copied = Record(record.line, record.kind, record.external_id, fields, items)
        for kind, thing, name, pointer in copied.names():
            given = thing[name]
            if given is None:
                continue
            found = self.ids[kind].get(given)
            if found is None:
                flaws.append(Flaw(_ABSENT[kind], pointer))
            else:
                thing[name] = found
        if flaws:
            raise Invalid(message("The line refers to something that does not exist."), flaws=flaws)
        return fields, items

    def _claim(self, record: Record, fields: Json, items: list[Json]) -> NewClaim:
        article_id = fields["article_id"]
        if article_id not in self.articles and self.before is not None:
            self.articles[article_id] = self.before.seen(article_id)
        article = self.articles[article_id]
        claim = new_claims.prepared(self.session, fields, items, article, self.texts, record.occurrences)
        record.notices += [each for each in self.texts.reworded(fields) if each not in record.notices]
        return claim

    def _says_the_same(self, record: Record, thing_id: str) -> bool:
        """Say whether the desk's thing is what the line says: as the desk shows it, whatever its own external id."""
        row = self.rows[record.kind][thing_id]
        try:
            fields, items = self._resolved(record)
            if record.kind is LineKind.SOURCE:
                shown = self.shown[thing_id]
                if record.unnamed and set(fields["same_as"]) <= set(shown["same_as"]):
                    fields["same_as"] = shown["same_as"]  # with what it learned from others
                return all(shown[name] == fields[name] for name in sources.FIELDS if name != "external_id")
            if record.kind is LineKind.ARTICLE:
                outlet = self._shown(fields["outlet_id"], self.articles[thing_id].outlet)
                plain = [name for name in articles.FIELDS if name not in ("external_id", "outlet_id")]
                return (
                    all(getattr(row, name) == fields[name] for name in plain)
                    and self.articles[thing_id].outlet == outlet
                    and row.sha256 == entering.sha256(fields["text"])
                )
            if row.withdrawn_at is not None or not row.document:
                return False
            claim = self._claim(record, fields, items)
        except Invalid:
            return False
        claim.created_at = row.created_at
        stands = orjson.loads(row.document)
        said = claim_json(claim.state(claim.row(), self.actor, self.speakers.as_there(claim, stands, self.refs)))
        told = [{name: item[name] for name in _TOLD} for item in stands["evidence"]]
        return (
            all(said[name] == stands[name] for name in SAME)
            and said["attribution"]["chain"] == stands["attribution"]["chain"]
            and all({name: item[name] for name in _TOLD} in told for item in said["evidence"])
            and all(map(_places(stands).__contains__, _places(said)))
        )


def _places(claim: Json) -> list[Json]:
    return [each | {"id": None, "capture_id": None} for each in claim.get("occurrences", ())]


_TOLD = ("stance", "url", "title", "source", "origin", "excerpt", "archived_url", "note")
assert len(_TOLD) == len(pieces.FIELDS)
