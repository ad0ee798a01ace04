"""Damage: everything that can be wrong with a row, a table, a file, and what the commands that check say of it.

Each kind is done to a copy of one small desk. `doctor`, `log verify`, `backup` and `restore` must then end with exit 0
or 1, never with a traceback, and `doctor` must name the table and the column of what no desk writes.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Double, Integer, LargeBinary, Table, Text

from factcheck.log.ids import new_id
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.columns import Instant, Json
from tests import commands, postgres
from tests.serving import SECRET
from torture.figures import Figure, at_least, none
from torture.forgery import Forger, OfPostgresql, forging
from torture.furnished import furnish

CHECKPOINT = "saved.checkpoint"


@dataclass(frozen=True)
class Kind:
    """One kind of damage: what is done to the database or its files, and what `doctor` must name, if anything."""

    name: str
    do: Callable[["Copy", Random], None]
    named: str = ""


@dataclass
class Result:
    """What came of one kind: why it is not as it must be, and whether any command noticed it."""

    kind: Kind
    flaws: list[str] = field(default_factory=list)
    noticed: bool = False


class Copy:
    """A copy of the furnished desk, in a folder of its own."""

    def __init__(self, url: str, folder: Path, restored: str) -> None:
        self.url, self.folder, self.restored = url, folder, restored
        self.log, self.backup = folder / "log", folder / "backup"

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def run(self, *words: str, url: str = "") -> tuple[int, str]:
        programs = postgres.programs()
        environment = {
            "PATH": f"{programs or ''}{os.pathsep}{os.environ['PATH']}", "FACTCHECK_DATABASE_URL": url or self.url,
            "FACTCHECK_SECRET_KEY": SECRET, "FACTCHECK_LOG_FOLDER": str(self.log), "NO_COLOR": "1",
        }  # fmt: skip
        done = commands.run(*words, cwd=self.folder, env=environment)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


class Desks:
    """Makes copies of one furnished desk."""

    def __init__(self, folder: Path, maintenance: str | None) -> None:
        """`maintenance` is the URL of a PostgreSQL server's own database; None for SQLite."""
        self.folder, self.maintenance, self.numbers = folder, maintenance, count(1)
        self.template = postgres.create(maintenance) if maintenance else f"sqlite:///{folder}/template.db"
        furnish(self.template, folder / "log", SECRET)
        first = Copy(self.template, folder, "")
        code, note = first.run("log", "checkpoint")
        assert code == 0, note
        (folder / CHECKPOINT).write_text(note, encoding="utf-8")

    def copy(self) -> Copy:
        folder = self.folder / f"copy-{next(self.numbers)}"
        folder.mkdir()
        shutil.copytree(self.folder / "log", folder / "log")
        shutil.copy(self.folder / CHECKPOINT, folder)
        if self.maintenance:
            fresh = postgres.create(self.maintenance)
            return Copy(postgres.create(self.maintenance, self.template), folder, fresh)
        made = Copy(f"sqlite:///{folder}/desk.db", folder, f"sqlite:///{folder}/restored.db")
        shutil.copy(self.template.removeprefix("sqlite:///"), made.file)
        return made

    def forget(self, copy: Copy) -> None:
        shutil.rmtree(copy.folder)
        if self.maintenance:
            for url in (copy.url, copy.restored):
                postgres.drop(self.maintenance, url)


def tried(kind: Kind, desks: Desks, seed: int) -> Result:
    """Damage a copy, run the commands on it, and return what came of it."""
    result, copy = Result(kind), desks.copy()
    kind.do(copy, Random(f"{seed} {kind.name}"))
    for words in (("doctor",), ("log", "verify", "--checkpoint", CHECKPOINT), ("backup", str(copy.backup))):
        _tried(result, copy, *words)
    if copy.backup.exists():
        _tried(result, copy, "restore", str(copy.backup), url=copy.restored)
    desks.forget(copy)
    return result


def _tried(result: Result, copy: Copy, *words: str, url: str = "") -> None:
    try:
        code, said = copy.run(*words, url=url)
    except subprocess.TimeoutExpired:
        result.flaws.append(f"{' '.join(words[:2])} does not end")
        return
    result.noticed = result.noticed or code != 0
    if code not in (0, 1) or "Traceback" in said:
        result.flaws.append(f"{' '.join(words[:2])} ends with {code}: {said[-1500:]}")
    if words == ("doctor",) and result.kind.named not in said:
        result.flaws.append(f"doctor does not name {result.kind.named}: {said[-1500:]}")


def all_tried(embedded: bool, desks: Desks, most: int, seed: int = 1) -> list[Result]:
    """Try every kind, or a sample of `most`, as many at once as there are processors; print flaws as they are found."""
    every = list(kinds(embedded))
    chosen = every if most >= len(every) else Random(seed).sample(every, most)
    results = []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for result in threads.map(lambda kind: tried(kind, desks, seed), chosen):
            for flaw in result.flaws:
                print(f"  {result.kind.name}: {flaw}", flush=True)
            results.append(result)
    return results


# ── The kinds ───────────────────────────────────────────────────────────────────────────────────────────────────


def kinds(embedded: bool) -> Iterator[Kind]:
    """Yield every kind for one of the databases."""
    for table in Base.metadata.sorted_tables:
        yield _of_table("is gone", table, lambda forger, table: forger.drop(table), named=f"{table.name}: ")
        yield _of_table("has no rows", table, lambda forger, table: forger.empty(table))
        yield _of_table("lacks a row", table, lambda forger, table: forger.take_one(table))
        first = next(iter(table.primary_key)).name
        named = f"{table.name}.{first}"
        yield _of_table("has a row twice", table, lambda forger, table: forger.double(table), named=named)
        for column in table.columns:
            yield from _of_column(table, column, embedded)
    yield from _of_files(embedded)


def _of_column(table: Table, column: Column[Any], embedded: bool) -> Iterator[Kind]:
    place = f"{table.name}.{column.name}"
    yield _put(table, column, "is empty", None, "" if column.nullable else place)
    yield Kind(f"{place} is gone", partial(_forged, do=lambda forger: forger.drop_column(table, column.name)), place)
    if embedded:
        yield _put(table, column, "is of another type", _of_another_type(column), place)
    else:
        kind, using = _another_type(column)
        turn = partial(_turned, table=table, column=column.name, kind=kind, using=using)
        yield Kind(f"{place} is of another type", partial(_forged, do=turn), place)
    if column.foreign_keys:
        reference = 10**9 if isinstance(column.type, Integer) else new_id()
        yield _put(table, column, "names nothing that is there", reference, place)
    if any(
        isinstance(each, CheckConstraint) and each.name == f"ck_{table.name}_{column.name}"
        for each in table.constraints
    ):
        word = -5 if isinstance(column.type, Integer) else "nonsense"
        yield _put(table, column, "is a word that there is not", word, place)
    if isinstance(column.type, Json):
        yield _put(table, column, "is broken JSON", '{"a": [1', place)
        for json in ("5", '{"a": 1}', "[[]]", "null"):
            yield _put(table, column, f"is {json}", json)
    if isinstance(column.type, Instant | Date):
        yield _put(
            table, column, "lies beyond all time", "9999-99-99 99:99:99.000000" if embedded else "infinity", place
        )
    if isinstance(column.type, Text):
        yield _put(table, column, "is another text", "\x1b[31m; DROP")
    if isinstance(column.type, LargeBinary):
        for raw in (b"", b"\xff\xfe", b"[]", b"null", b'{"changes": 5}'):
            yield _put(table, column, f"is {raw!r}", raw)
    if isinstance(column.type, Integer | Double):
        for number in (-1, 2**53):
            yield _put(table, column, f"is {number}", number)


def _of_another_type(column: Column[Any]) -> Any:
    if isinstance(column.type, LargeBinary):
        return "a text"
    if isinstance(column.type, Boolean):
        return 7
    return "a text" if isinstance(column.type, Integer | Double | Instant | Date) else b"\xff\x00"


def _another_type(column: Column[Any]) -> tuple[str, str]:
    """Return a type of PostgreSQL's for a column that is of another, and what makes its values of that."""
    if isinstance(column.type, Text | Json):
        return "bytea", f"convert_to({column.name}, 'UTF8')"
    return "text", f"{column.name}::text"


def _turned(forger: Forger, table: Table, column: str, kind: str, using: str) -> None:
    assert isinstance(forger, OfPostgresql)
    forger.turn_into(table, column, kind, using)


def _put(table: Table, column: Column[Any], what: str, value: Any, named: str = "") -> Kind:
    put = partial(_forged, do=lambda forger: forger.put(table, column.name, value))
    return Kind(f"{table.name}.{column.name} {what}", put, named)


def _of_table(what: str, table: Table, do: Callable[[Forger, Table], None], named: str = "") -> Kind:
    return Kind(f"{table.name} {what}", partial(_forged, do=lambda forger: do(forger, table)), named)


def _forged(copy: Copy, random: Random, *, do: Callable[[Forger], None]) -> None:
    with forging(copy.url, random) as forger:
        do(forger)


JUNK = {
    "empty": b"",
    "binary": bytes(range(256)),
    "control characters": b"\x1b]0;owned\x07\n5\nAAAA\n\n\xe2\x80\x94 a AAAA\n",
    "long": b"a\n" * 3_000_000,
    "an empty line": b"\n\n",
    "a list": b"[]",
    "a number": b"5",
    "members of other types": b'{"epoch": "1", "origin": 5, "size": null, "root": []}',
    "a size below none": b'{"epoch": 1, "origin": "x", "size": -1, "root": "AAAA"}',
    "deep": b"[" * 100_000,
}


def _of_files(embedded: bool) -> Iterator[Kind]:
    for name in (CHECKPOINT, "log/key-1", "log/signed"):
        for what, junk in JUNK.items():
            yield Kind(f"{name} is {what}", partial(_written, name=name, junk=junk))
        for part in (0.1, 0.5, 0.9):
            yield Kind(f"{name} is cut off at {part:.0%}", partial(_cut, name=name, part=part))
    yield Kind(f"{CHECKPOINT} is another log's", _of_another_log)
    yield Kind("alembic_version has two rows", partial(_forged, do=_two_versions))
    yield Kind(
        "alembic_version has no row", partial(_forged, do=lambda forger: forger.run("DELETE FROM alembic_version"))
    )
    if embedded:
        for part in (0.0, 0.01, 0.3, 0.7, 0.99):
            yield Kind(f"the database is cut off at {part:.0%}", partial(_cut, name="desk.db", part=part))
        yield Kind("the database is a text", partial(_written, name="desk.db", junk=b"Dear desk, " * 1000))
        for at in range(30):
            yield Kind(f"bytes of the database are flipped ({at})", _flipped)


def _two_versions(forger: Forger) -> None:
    forger.run("INSERT INTO alembic_version VALUES ('0001')")


def _written(copy: Copy, _random: Random, *, name: str, junk: bytes) -> None:
    (copy.folder / name).write_bytes(junk)


def _cut(copy: Copy, _random: Random, *, name: str, part: float) -> None:
    whole = (copy.folder / name).read_bytes()
    (copy.folder / name).write_bytes(whole[: int(len(whole) * part)])


def _of_another_log(copy: Copy, _random: Random) -> None:
    file = copy.folder / CHECKPOINT
    file.write_text(
        file.read_text(encoding="utf-8").replace("factcheck.invalid", "elsewhere.invalid"), encoding="utf-8"
    )


def _flipped(copy: Copy, random: Random) -> None:
    """Flip bytes of some pages, never of the first hundred: those say that it is a database."""
    whole = bytearray(copy.file.read_bytes())
    for _ in range(8):
        start = random.randrange(100, len(whole) - 64)
        for at in range(start, start + random.randrange(1, 64)):
            whole[at] ^= random.randrange(1, 256)
    copy.file.write_bytes(whole)


def figures(results: list[Result], least: int) -> list[Figure]:
    unnoticed = [result.kind.name for result in results if not result.noticed]
    print(f"  No command noticed {len(unnoticed)} kinds: {'; '.join(unnoticed)}", flush=True)
    return [
        at_least("kinds of damage", len(results), least),
        none("with a traceback, or not named", sum(bool(result.flaws) for result in results)),
        none(
            "not noticed though no desk writes it",
            sum(bool(result.kind.named) and not result.noticed for result in results),
        ),
    ]
