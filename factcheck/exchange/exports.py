"""Exports: all claims of a list, or all that a desk was told, of one moment and in bounded memory.

Read in pieces that each begin where the one before ended, inside one transaction that sees one moment: no statement
runs longer than a page does, however slowly the pieces are taken away.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk import articles, sources
from factcheck.followers.search.views import View
from factcheck.formats import annotations, claim_review, claim_table, import_lines
from factcheck.formats.here import Here
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.queries import lists, verdicts
from factcheck.queries.lists import ClaimFilters, Sort
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.sources import Source

CHUNK = 250  # claims in a piece
FORMS = ("ndjson", "csv", "annotations")
NOWHERE = Here("factcheck", "")
ARTICLES = 10  # articles in a piece: each may have a million code points
PIECE = 1024 * 1024  # bytes after which a piece ends
Piece = tuple[int, bytes]  # how many things, and their lines


def claims(
    database: Database,
    filters: ClaimFilters,
    sort: Sort | None,
    form: str,
    viewer: Actor | None,
    here: Here = NOWHERE,
    view: View | None = None,
) -> Generator[Piece, None, None]:
    """Yield the claims of a list as `viewer` sees them: their JSON byte for byte, or a table with a header.

    Or annotations, one a line, which name this desk as `here`.
    """
    with database.reading_one_moment() as connection:
        yield 0, claim_table.header() if form == "csv" else b""
        after = None
        while True:
            page = lists.claims(connection, filters, sort, after, CHUNK, viewer=viewer, view=view)
            if form == "csv":
                yield len(page.items), claim_table.written(claim_table.row(orjson.loads(each)) for each in page.items)
            elif form == "annotations":
                yield from _lines(annotated(connection, page.items, here))
            else:
                yield len(page.items), b"".join(line for each in page.items for line in (each, b"\n"))
            after = page.next
            if after is None:
                return


def claim_reviews(database: Database, here: Here, path: str, viewer: Actor | None) -> Generator[Piece, None, None]:
    """Yield every decided claim as `viewer` sees it, as a DataFeed of ClaimReviews that is at `path`."""
    with database.reading_one_moment() as connection:
        yield 0, claim_review.feed_begins(here, path)
        after, parted = None, b""
        while True:
            page = verdicts.decided(connection, after, CHUNK, viewer)
            items = [
                claim_review.feed_item(claim_review.convert(claim, article, here)[0]) for claim, article in page.items
            ]
            yield len(items), parted + b",".join(items) if items else b""
            parted = b"," if items else parted
            after = page.next
            if after is None:
                break
        yield 0, claim_review.FEED_ENDS


def everything(database: Database, form: str = "ndjson", here: Here = NOWHERE) -> Generator[Piece, None, None]:
    """Yield sources, articles and active claims as lines that an import takes, in an order that it can take.

    In the form `annotations` the claims are annotations.
    """
    with database.reading_one_moment() as connection:
        for rows in _pieces(connection, _SOURCES, CHUNK):
            yield from _lines(
                {"type": "source", **{name: source[name] for name in sources.FIELDS}}
                | {"external_id": import_lines.name(source["external_id"], source["id"])}
                for source in sources.shown(connection, rows)
            )
        for rows in _pieces(connection, _ARTICLES, ARTICLES):
            yield from _lines(
                {"type": "article", **articles.plain({name: getattr(row, name) for name in articles.FIELDS})}
                | {
                    "external_id": import_lines.name(row.external_id, row.id),
                    "outlet_id": row.outlet_external_id or row.outlet,
                    "text": row.text,
                }
                for row in rows
            )
        for rows in _pieces(connection, _CLAIMS, CHUNK):
            if form == "annotations":
                yield from _lines(annotated(connection, [row.document for row in rows], here))
                continue
            lines = [import_lines.claim(orjson.loads(row.document)) for row in rows]
            yield from _lines(renamed(connection, lines))


def _pieces(connection: Connection, statement: Any, size: int) -> Iterator[Any]:
    after = -1
    while rows := connection.execute(statement, {"after": after, "size": size}).all():
        yield rows
        after = rows[-1].seq


def _lines(things: Iterable[dict[str, Any]]) -> Iterator[Piece]:
    """Write things, a line for each; more pieces than one where they are large."""
    lines: list[bytes] = []
    size = 0
    for each in things:
        lines.append(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE))
        size += len(lines[-1])
        if size >= PIECE:
            yield len(lines), b"".join(lines)
            lines, size = [], 0
    if lines:
        yield len(lines), b"".join(lines)


def annotated(connection: Connection, documents: Sequence[bytes], here: Here) -> list[dict[str, Any]]:
    """Return claims as annotations, each whole, from their JSON as somebody sees it."""
    claims = [orjson.loads(document) for document in documents]
    lines = renamed(connection, [import_lines.claim(claim) for claim in claims])
    captured = _captured(connection, claims)
    return [
        annotations.whole(annotations.convert(claim, line, here, captured[claim["article_id"]])[0])
        for claim, line in zip(claims, lines, strict=True)
    ]


def _captured(connection: Connection, claims: Sequence[dict[str, Any]]) -> dict[str, dict[int, str]]:
    """Return when the snapshots were taken that the quotes of claims are of, by article and number."""
    found: dict[str, dict[int, str]] = {claim["article_id"]: {} for claim in claims}
    numbers = {quote["snapshot"] for claim in claims for quote in claim["quotes"]}
    if claims:
        for row in connection.execute(_CAPTURED, {"ids": sorted(found), "numbers": sorted(numbers)}):
            found[row.article_id][row.number] = stamp(row.captured_at)
    return found


def renamed(connection: Connection, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name what claims refer to as it is named in its own line."""
    places: list[tuple[Any, dict[str, Any], str]] = []
    for line in lines:
        places.append((Article, line, "article_id"))
        places += [(Source, hop, name) for hop in line["attribution"] for name in ("source_id", "on_behalf_of_id")]
        places += [(Source, item, name) for item in line["evidence"] for name in ("source_id", "origin_id")]
    for table in (Article, Source):
        ids = {thing[name] for kind, thing, name in places if kind is table} - {None}
        rows = connection.execute(_NAMES[table], {"ids": sorted(ids)}) if ids else ()
        names = {row.id: import_lines.name(row.external_id, row.id) for row in rows}
        for kind, thing, name in places:
            if kind is table and thing[name] is not None:
                thing[name] = names[thing[name]]
    return lines


_AFTER: Any = bindparam("after")
_SIZE: Any = bindparam("size")
_SOURCES = (
    select(*Source.__table__.columns)
    .where(Source.seq > _AFTER, Source.merged_into_id.is_(None))
    .order_by(Source.seq)
    .limit(_SIZE)
)
_outlet, _outlet_now = aliased(Source), aliased(Source)
_ARTICLES = (
    select(
        *Article.__table__.columns, Snapshot.text,
        _outlet_now.external_id.label("outlet_external_id"), _outlet_now.id.label("outlet"),
    )
    .join(Snapshot, (Snapshot.article_id == Article.id) & (Snapshot.number == Article.snapshot_number))
    .outerjoin(_outlet, _outlet.id == Article.outlet_id)
    .outerjoin(_outlet_now, _outlet_now.id == _outlet.canonical_id)
    .where(Article.seq > _AFTER)
    .order_by(Article.seq)
    .limit(_SIZE)
)  # fmt: skip
_CLAIMS = (
    select(Claim.seq, Claim.document)
    .where(Claim.seq > _AFTER, Claim.withdrawn_at.is_(None))
    .order_by(Claim.seq)
    .limit(_SIZE)
)
_CAPTURED = select(Snapshot.article_id, Snapshot.number, Snapshot.captured_at).where(
    Snapshot.article_id.in_(bindparam("ids", expanding=True)), Snapshot.number.in_(bindparam("numbers", expanding=True))
)
_NAMES: dict[Any, Any] = {
    table: select(table.id, table.external_id).where(table.id.in_(bindparam("ids", expanding=True)))
    for table in (Article, Source)
}
