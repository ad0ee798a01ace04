"""The documents of the index: claims with their quotes, articles and sources, as their rows are now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import Select, bindparam, func, literal, select, union_all
from sqlalchemy.engine import Connection

from factcheck.desk.sources import shown
from factcheck.followers.search.engine import place_of
from factcheck.followers.search.texts import spelt
from factcheck.rules.matching.terms import terms
from factcheck.rules.names.sources import known_of
from factcheck.rules.text.words import stems_of
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.attribution import Quote, QuoteRole
from factcheck.storage.tables.claims import Claim, ClaimSource
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Judgment, Source

Fields = dict[str, Any]
Key = TypeVar("Key")


class Entry(Protocol):
    """An entry of the log, as far as it says what changed."""

    @property
    def subject_kind(self) -> str: ...
    @property
    def subject_id(self) -> str: ...
    @property
    def action(self) -> str: ...


class Changed(NamedTuple):
    """The `seq` of what may have changed."""

    claims: set[int]
    articles: list[int]
    sources: set[int]

    def documents(self, connection: Connection) -> Iterator["Fields"]:
        """Yield the documents of those of them that are still to be found."""
        yield from of_claims(connection, sorted(self.claims))
        yield from of_articles(connection, self.articles)
        yield from of_sources(connection, sorted(self.sources))


BATCH = 500  # claims, sources
TEXTS = 20  # articles, of which each may be long
TEXT = 1_000_000  # code points of an article


def fact(name: str, value: Any) -> str:
    """Return what stands in the index for a filter with a value."""
    return f"{name}={value}"


def of_claims(connection: Connection, seqs: Sequence[int]) -> Iterator[Fields]:
    """Yield the documents of those of these claims that are active."""
    for some in _batches(seqs, BATCH):
        sources: defaultdict[int, list[str]] = defaultdict(list)
        for seq, source in connection.execute(_CHAINS, {"seqs": some}):
            sources[seq].append(source)
        quotes: defaultdict[int, list[str]] = defaultdict(list)
        for seq, exact in connection.execute(_QUOTES, {"seqs": some}):
            quotes[seq].append(exact)
        for row in connection.execute(_CLAIMS, {"seqs": some}):
            yield _claim(row, sources[row.seq], quotes[row.seq])


def _claim(row: Any, sources: Sequence[str], quotes: Sequence[str]) -> Fields:
    told = [spelt(text, row.language) for text in (row.text, *quotes)]
    compared = terms(row.text, row.title, row.language)
    facts = {
        "kind": row.kind,
        "status": row.status,
        "attribution_status": row.attribution_status,
        "article": row.article_id,
        "origin": row.origin_id,
        "reviewed_by": row.reviewed_by_id,
        "external_id": row.external_id,
    }
    return {
        "seq": row.seq,
        "changed": place_of(row.changed_index, row.seq),
        "facts": [
            *_language(row.language),
            *(fact(name, value) for name, value in facts.items() if value is not None),
            *(fact("source", source) for source in sources),
            *(fact("tag", tag) for tag in row.tags),
        ],
        # One value each: a phrase does not go on from one quote into the next.
        "words": [each.words for each in told],
        "stems": " ".join(each.stems for each in told),
        "statement": " ".join(compared.words),
        "grams": " ".join(compared.grams),
    }


def _language(tag: str | None) -> list[str]:
    family = stems_of(tag)
    return [fact("language", family)] if family else []


def of_articles(connection: Connection, seqs: Sequence[int]) -> Iterator[Fields]:
    """Yield the documents of these articles."""
    for some in _batches(seqs, TEXTS):
        for row in connection.execute(_ARTICLES, {"seqs": some, "most": TEXT}):
            told = [spelt(text, row.language) for text in (row.title, row.author, row.text) if text]
            facts = [*_language(row.language), fact("kind", row.kind)]
            facts += [fact("outlet", row.outlet_id)] if row.outlet_id else []
            yield {
                "seq": row.seq,
                "facts": facts,
                "article_words": [each.words for each in told],
                "article_stems": " ".join(each.stems for each in told),
            }


def of_sources(connection: Connection, seqs: Sequence[int]) -> Iterator[Fields]:
    """Yield the documents of those of these sources that are shown, with the names of what is joined with them."""
    for some in _batches(seqs, BATCH):
        for source, row in _shown(connection, some):
            told = [spelt(text, None) for text in (source["name"], *source["aliases"], source["description"]) if text]
            yield {
                "seq": row.seq,
                "facts": [fact("kind", row.kind)],
                "source_words": [each.words for each in told],
                "source_stems": " ".join(each.stems for each in told),
                "name_keys": "" if row.redacted_index is not None else " ".join(sorted(known_of(source).keys)),
            }


def _shown(connection: Connection, seqs: Sequence[int]) -> Iterator[tuple[Fields, Any]]:
    rows = connection.execute(_SOURCES, {"seqs": seqs}).all()
    return zip(shown(connection, rows), rows, strict=True)


def changed(connection: Connection, entries: Sequence[Entry], start: int) -> Changed:
    """Return what some entries of the log, from log index `start` on, may have changed in the index.

    Claims that show the name of a source, or an article's title, changed with it: their rows say at which entry.
    """
    ids = {kind: [each.subject_id for each in entries if each.subject_kind == kind] for kind in SubjectKind}
    found = Changed(set(), [], set())
    end = start + len(entries)
    found.claims.update(connection.execute(_CHANGED, {"start": start, "end": end}).scalars())
    for some in _batches(ids[SubjectKind.CLAIM], BATCH):
        found.claims.update(connection.execute(_OF_IDS[Claim], {"ids": some}).scalars())
    amended = [each.subject_id for each in entries if each.subject_kind == SubjectKind.ARTICLE and each.action != "add"]
    for some in _batches(amended, BATCH):
        found.claims.update(connection.execute(_OF_ARTICLES, {"ids": some}).scalars())
    for some in _batches(ids[SubjectKind.ARTICLE], BATCH):
        found.articles.extend(connection.execute(_OF_IDS[Article], {"ids": some}).scalars())
    found.sources.update(changed_sources(connection, entries, start))
    return found


def changed_sources(connection: Connection, entries: Sequence[Entry], start: int) -> set[int]:
    """Return the `seq` of the sources that some entries, from log index `start` on, may have changed.

    Those that are joined with one of them are among them: it shows their names.
    """
    ids = [each.subject_id for each in entries if each.subject_kind == SubjectKind.SOURCE]
    if not ids:
        return set()
    judged = connection.execute(_JUDGED, {"start": start, "end": start + len(entries)}).scalars()
    found: set[int] = set()
    for some in _batches([*ids, *judged], BATCH):
        found.update(connection.execute(_JOINED, {"ids": some}).scalars())
    return found


def of_stretch(connection: Connection, start: int, until: int, most: int) -> tuple[list[Fields], int]:
    """Return the documents of what was entered from one log index on and below another one, and where that ends.

    At most `most` of them; the end is `until` where there are no more.
    """
    rows = connection.execute(_STRETCH, {"start": start, "until": until, "most": most}).all()
    of_kind = {kind: [seq for each, seq in rows if each == kind] for kind in ("claim", "article", "source")}
    end = rows[-1].seq + 1 if len(rows) == most else until
    return [
        *of_claims(connection, of_kind["claim"]),
        *of_articles(connection, of_kind["article"]),
        *of_sources(connection, of_kind["source"]),
    ], end


def end(connection: Connection) -> int:
    """Return the first `seq` that nothing has yet."""
    last = connection.execute(_LAST).scalar()
    return 0 if last is None else int(last) + 1


def _batches(each: Sequence[Key], size: int) -> Iterable[Sequence[Key]]:
    return (each[at : at + size] for at in range(0, len(each), size))


_SEQS: Any = bindparam("seqs", expanding=True)
_CLAIMS = (
    select(
        Claim.seq, Claim.changed_index, Claim.text, Claim.kind, Claim.status, Claim.attribution_status,
        Claim.article_id, Claim.origin_id, Claim.reviewed_by_id, Claim.external_id, Claim.tags,
        Article.title, Article.language,
    )
    .join(Article, Article.id == Claim.article_id)
    .where(Claim.seq.in_(_SEQS), Claim.withdrawn_at.is_(None))
)  # fmt: skip
_CHAINS = select(ClaimSource.claim_seq, ClaimSource.source_id).where(ClaimSource.claim_seq.in_(_SEQS))
_QUOTES = (
    select(Claim.seq, Quote.exact)
    .join(Quote, Quote.claim_id == Claim.id)
    .where(Claim.seq.in_(_SEQS), Quote.role == QuoteRole.CLAIM)
    .order_by(Claim.seq, Quote.position)
)
_ARTICLES = (
    select(
        Article.seq, Article.kind, Article.title, Article.author, Article.outlet_id, Article.language,
        func.substr(Snapshot.text, 1, bindparam("most")).label("text"),
    )
    .join(Snapshot, (Snapshot.article_id == Article.id) & (Snapshot.number == Article.snapshot_number))
    .where(Article.seq.in_(_SEQS))
)  # fmt: skip
_SOURCES = select(*Source.__table__.columns).where(Source.seq.in_(_SEQS), Source.merged_into_id.is_(None))


_CHANGED = select(Claim.seq).where(
    Claim.changed_index >= bindparam("start"), Claim.changed_index < bindparam("end"), Claim.withdrawn_at.is_(None)
)
_IDS: Any = bindparam("ids", expanding=True)
_OF_IDS: dict[Any, Any] = {table: select(table.seq).where(table.id.in_(_IDS)) for table in (Claim, Article)}
# The other ones of the judgments of a stretch; with what is joined with these and with the entries' own sources.
_JUDGED = select(Judgment.other_id).where(
    Judgment.log_index >= bindparam("start"), Judgment.log_index < bindparam("end")
)
_JOINED = select(Source.seq).where(Source.canonical_id.in_(select(Source.canonical_id).where(Source.id.in_(_IDS))))
_OF_ARTICLES = select(Claim.seq).where(Claim.article_id.in_(_IDS), Claim.withdrawn_at.is_(None))


def _between(table: Any, kind: str) -> Select[Any]:
    there = select(literal(kind).label("kind"), table.seq).where(
        table.seq >= bindparam("start"), table.seq < bindparam("until")
    )
    return select(there.order_by(table.seq).limit(bindparam("most")).subquery())


_EACH = union_all(_between(Claim, "claim"), _between(Article, "article"), _between(Source, "source")).subquery()
_LASTS = union_all(*(select(func.max(table.seq).label("seq")) for table in (Claim, Article, Source))).subquery()
_LAST = select(func.max(_LASTS.c.seq))
_STRETCH = select(_EACH.c.kind, _EACH.c.seq).order_by(_EACH.c.seq).limit(bindparam("most"))
