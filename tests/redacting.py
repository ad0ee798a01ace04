"""Where words still are after a redaction: tables, files, the search index, exports, answers, a backup."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.exchange import exports
from factcheck.followers.registry import followings
from factcheck.formats.here import Here
from factcheck.inspection import rebuilt_desk, replay
from factcheck.log import verification
from factcheck.log.actors import INSIDE
from factcheck.log.verification import Progress
from factcheck.queries.narrowing import ClaimFilters
from factcheck.storage import backup
from factcheck.storage.engine.database import Database
from tests import postgres
from tests.desk import Desk
from tests.test_search_index import folder, holding

TABLES = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}
HERE = Here("desk.example", "https://desk.example")


def catch_up(desk: Desk) -> None:
    """Let all followers reach the log's end."""
    with ExitStack() as stack:
        for following in followings(desk.database, Path(folder(desk))).values():
            stack.enter_context(closing(following)).catch_up()


def places(desk: Desk, words: str, backups: Path) -> list[str]:
    """Return every place that still has the words, after all followers have caught up."""
    catch_up(desk)
    assert desk.database.scrub() is None
    found = [f"table {table}" for table in _tables(desk.database, words)]
    found += [f"index {each}" for each in holding(folder(desk), words)]
    found += [f"export {form}" for form, written in _exports(desk.database) if words.encode() in written]
    found += [f"answer {path}" for path in _paths(desk) if words in desk.get(path, by="admin").get_data(as_text=True)]
    copied = backups / f"backup-{len(list(backups.iterdir()))}"
    backup.back_up(desk.database.url, copied, "2026-01-01T00:00:00.000000Z")
    for file in sorted(each for each in copied.iterdir() if each.is_file()):
        if words.encode() in _plain(file):
            found.append(f"backup {file.name}")
    if desk.database.embedded:
        file = Path(desk.database.url.removeprefix("sqlite:///"))
        files = (file, *file.parent.glob(f"{file.name}-*"))
        found += [f"file {each.name}" for each in files if each.is_file() and words.encode() in each.read_bytes()]
    return found


def _plain(file: Path) -> bytes:
    if file.suffix != ".dump":
        return file.read_bytes()
    program = Path(postgres.programs() or "") / "pg_restore"
    return subprocess.run([program, "-f", "-", file], check=True, capture_output=True).stdout


def _tables(database: Database, words: str) -> Iterator[str]:
    with database.reading() as connection:
        tables = [name for (name,) in connection.execute(text(TABLES[database.embedded]))]
        assert len(tables) > 30
        for table in tables:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                if words in str(tuple(_told(value) for value in row)):
                    yield f"{table} {tuple(row)[:2]}"


def _told(value: Any) -> Any:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else value


def _exports(database: Database) -> Iterator[tuple[str, bytes]]:
    for form in ("ndjson", "csv", "annotations"):
        lines = exports.claims(database, ClaimFilters(), None, form, INSIDE, HERE)
        yield form, b"".join(part for _, part in lines)
    for form in ("ndjson", "annotations"):
        yield f"all as {form}", b"".join(part for _, part in exports.everything(database, form, HERE))
    yield "reviews", b"".join(part for _, part in exports.claim_reviews(database, HERE, "/reviews", INSIDE))


def _paths(desk: Desk) -> Iterator[str]:
    yield from ("/v1/changes?limit=200", "/v1/claims?limit=200", "/v1/sources?limit=200", "/v1/articles?limit=200")
    yield from ("/v1/audit/findings?limit=200", "/v1/audit/summary", "/v1/feeds/verdicts", "/", "/log")
    with desk.database.reading() as connection:
        for kind in ("claims", "articles", "sources", "reports"):
            for (each,) in connection.execute(text(f"SELECT id FROM {kind} ORDER BY seq")):
                yield from (f"/v1/{kind}/{each}", f"/{kind}/{each}")
                if kind == "reports":
                    yield from (f"/v1/reports/{each}/{part}" for part in ("versions", "publications", "history"))
                if kind == "sources":
                    yield f"/v1/sources/{each}/relations"
                if kind == "claims":
                    yield from (
                        f"/v1/claims/{each}/{part}"
                        for part in ("history", "relations", "reviews", "evidence", "occurrences")
                    )
        moments = connection.execute(
            text("SELECT claims.id, from_at FROM claim_versions JOIN claims ON claims.seq = claim_seq")
        ).all()
    for claim_id, moment in moments:
        instant = moment if isinstance(moment, str) else moment.isoformat().replace("+00:00", "Z")
        instant = instant.replace(" ", "T") + ("" if instant.endswith("Z") else "Z")
        yield f"/v1/claims/{claim_id}?as_of={instant}"


def faults(database: Database) -> list[str]:
    """Return what the verification of the log, and of everything that it proves, finds."""
    with database.reading_one_moment() as connection, Session(connection) as session:
        found = [fault.told() for some in replay.replayed(session, Progress()) for fault in some]
    return faults_of_entries(database) + found


def faults_of_entries(database: Database) -> list[str]:
    """Return what the verification of the log's entries and contents finds."""
    with database.reading_one_moment() as connection:
        return [fault.told() for some in verification.log_entries(connection, [], Progress()) for fault in some]


def rebuilt_faults(database: Database, url: str) -> list[str]:
    """Rebuild a desk from its log into an empty database, and return what differs, and what is wrong there."""
    with closing(Database(url)) as target:
        found = [fault.told() for some in rebuilt_desk.rebuild(database, target, Progress()) for fault in some]
        return found + faults_of_entries(target)
