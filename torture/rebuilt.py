"""A desk rebuilt from its log, on the other kind of database and back: everything that anybody may read is the same.

Compared are the bytes and the ETag of each answer: lists from their first page to the last, every claim with its
history and all its parts, as it is and as it was at each of its changes, every article and source, and the audit.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select

from benchmarks import archive
from factcheck import seeding
from factcheck.followers.publisher import Publisher
from factcheck.followers.registry import auditing
from factcheck.inspection import rebuilt_desk
from factcheck.log.verification import Progress
from factcheck.settings import Settings
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim, ClaimVersion
from factcheck.storage.tables.sources import Source
from tests.desk import SECRET, Desk, Entered
from torture.figures import Figure, at_least, none, quiet
from torture.varied import vary

LISTS = (
    "/v1/claims?count=true&limit=200", "/v1/claims?q=people&limit=200", "/v1/claims?tag=march&limit=200",
    "/v1/changes?limit=200", "/v1/sources?limit=200", "/v1/articles?limit=200", "/v1/audit/findings?limit=200",
    "/v1/audit/conflicts",
)  # fmt: skip
SINGLE = ("/v1/audit/summary", "/v1/feeds/verdicts", "/log/checkpoint")
PARTS = ("", "/history", "/reviews", "/evidence", "/occurrences", "/relations", "/second-opinion")


@dataclass
class Compared:
    """What the rebuilds said, how many answers of each rebuilt desk were compared, and which differ."""

    faults: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)


def round_trip(url: str, into: Sequence[str], folder: Path, claims: int) -> Compared:
    """Fill a database, rebuild it into the first of these, that one into the next, and compare what each answers."""
    with closing(archive.fill(url, claims, folder)) as database:
        with database.writing() as session:
            list(seeding.seed(session))
        vary(database)
        auditing(database).catch_up()
        Publisher(database, folder / "log").publish()
    done = Compared()
    expected = digests(url, folder)
    for before, after in zip([url, *into], into, strict=False):
        with closing(Database(before)) as source, closing(Database(after)) as target:
            for faults in rebuilt_desk.rebuild(source, target, Progress()):
                done.faults += [fault.told() for fault in faults]
        found = digests(after, folder)
        done.answers.append(len(found))
        done.differing += sorted(path for path in expected.keys() | found if expected.get(path) != found.get(path))
    return done


def digests(url: str, folder: Path) -> dict[str, bytes]:
    """Return the hash of each answer that a desk gives to somebody without a token."""
    index = folder / f"index{sum(1 for _ in folder.glob('index*'))}"
    settings = Settings(
        database_url=url, secret_key=SECRET, index_dir=str(index), public_read=True, rate_limit="6000000/minute"
    )
    with closing(Desk(settings, Entered({}, {}))) as desk:
        quiet()  # an application shows its log lines
        return {path: sha256(answer).digest() for path, answer in answers(desk)}


def answers(desk: Desk) -> Iterator[tuple[str, bytes]]:
    """Yield what anybody gets of everything that the desk has, and of what it was before."""
    with desk.database.reading() as connection:
        claims = connection.scalars(select(Claim.id).order_by(Claim.seq)).all()
        moments = connection.execute(select(ClaimVersion.from_at, Claim.id).join(Claim)).all()
        articles = connection.scalars(select(Article.id).order_by(Article.seq)).all()
        sources = connection.scalars(select(Source.id).order_by(Source.seq)).all()
    for path in LISTS:
        yield from _pages(desk, path)
    paths = [*SINGLE, *(f"/v1/claims/{claim}{part}" for claim in claims for part in PARTS)]
    paths += [f"/v1/claims/{row.id}?as_of={row.from_at.isoformat().replace('+00:00', 'Z')}" for row in moments]
    paths += [f"/v1/articles/{each}" for each in articles] + [f"/v1/sources/{each}" for each in sources]
    for path in paths:
        yield path, _answer(desk, path)[0]


def _pages(desk: Desk, path: str) -> Iterator[tuple[str, bytes]]:
    further = path
    while True:
        answer, cursor = _answer(desk, further)
        yield further, answer
        if cursor is None:
            return
        further = f"{path}{'&' if '?' in path else '?'}cursor={quote(cursor)}"


def _answer(desk: Desk, path: str) -> tuple[bytes, str | None]:
    """Return an answer's bytes and ETag, and the cursor of the page after it. A problem's own id is left out."""
    answer = desk.get(path, by=None)
    assert answer.status_code in (200, 301, 404, 410), (path, answer.status)
    read = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
    problem = answer.mimetype == "application/problem+json"
    body = str(read | {"request_id": None}).encode() if problem else answer.get_data()
    return body + answer.headers.get("ETag", "").encode(), read.get("next_cursor")


def figures(done: Compared, claims: int) -> list[Figure]:
    for told in (*done.faults[:10], *done.differing[:10]):
        print(f"  {told}")
    return [
        at_least("desks rebuilt", len(done.answers), 2),
        at_least("answers compared of each", min(done.answers), len(PARTS) * claims),
        none("answers that differ", len(done.differing)),
        none("differences that the rebuilds named", len(done.faults)),
    ]
