"""`import` and `export`."""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import click
import orjson
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from factcheck.cli.base import opened_at_head, read_settings, talk
from factcheck.desk import exports, imports, intake, people
from factcheck.desk.imports import Result, Texts
from factcheck.desk.intake import Batch
from factcheck.desk.lists import ClaimFilters, Sort
from factcheck.desk.rehearsal import Rehearsal
from factcheck.errors import Clash
from factcheck.formats.here import Here
from factcheck.rules.imports import Outcome
from factcheck.rules.status import Status
from factcheck.schemas.base import instant, is_id
from factcheck.storage.database import Database
from factcheck.storage.fulltext import QueryFlaw, parse

TRIES = 5
TOLD = 20  # refused lines told on a terminal or in a log; --json tells them all


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--format", "form", type=click.Choice(intake.IMPORTED), help="By the file's name if not given.")
@click.option("--as", "name", metavar="NAME", help="The person who enters it; the operator if not given.")
@click.option("--dry-run", is_flag=True, help="Tell what would become of each line, and enter nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each line.")
def import_file(file: str, form: str | None, name: str | None, dry_run: bool, as_json: bool) -> None:
    """Import sources, articles and claims from FILE, or from standard input (-).

    A line for each, by its external id: importing again adds nothing, and goes on where it was broken off.
    As claimreview, a JSON-LD document of ClaimReviews (a list, a graph, a feed), or NDJSON of them.
    """
    form = form or {".csv": "csv", ".jsonld": "claimreview"}.get(Path(file).suffix, "ndjson")
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        stream: BinaryIO = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
        if not stream.seekable() and form == "claimreview":  # which reads a document twice
            stream, given = stack.enter_context(TemporaryFile()), stream
            copyfileobj(given, stream)
            stream.seek(0)
        size = None if file == "-" else Path(file).stat().st_size
        database = stack.enter_context(opened_at_head())
        progress = stack.enter_context(_progress())
        task = progress.add_task("Importing" if not dry_run else "Trying", total=size or None, lines=0)
        batches = intake.batches(stream, form)
        for end, results in (_rehearsed if dry_run else entered)(database, batches, name):
            _tell(results, counts, as_json)
            progress.update(task, completed=end, lines=sum(counts.values()))
    _sum_up(counts, dry_run)
    if counts[Outcome.REFUSED]:
        sys.exit(1)


def entered(
    database: Database, batches: Iterator[Batch], name: str | None = None
) -> Iterator[tuple[int, list[Result]]]:
    """Enter batches, each in a transaction of its own, and yield how far into the file each reaches and its results."""
    texts = Texts()
    for batch in _uncollected(batches):
        for left in reversed(range(TRIES)):
            try:
                with database.writing() as session:
                    actor = people.known(session, name) if name else people.operator(session)
                    results = imports.enter(session, actor, batch.lines, texts=texts)
                break
            except Clash:  # somebody entered one of these things at this moment: now it is there
                if not left:
                    raise
        yield batch.end, results


def _uncollected(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Look for garbage in circles once per batch: Python would look hundreds of times, a sixth of an import."""
    gc.freeze()
    gc.disable()
    try:
        for batch in batches:
            yield batch
            gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()


def _rehearsed(database: Database, batches: Iterator[Batch], name: str | None) -> Iterator[tuple[int, list[Result]]]:
    texts = Texts()
    with Rehearsal() as before, database.reading_one_moment() as connection:
        if name:
            people.known(connection, name).demand(imports.enter.role)
        for batch in batches:
            yield batch.end, imports.rehearse(connection, batch.lines, before, texts)


def _tell(results: list[Result], counts: Counter[str], as_json: bool) -> None:
    for result in results:
        counts[result.outcome] += 1
        if result.problem is not None and counts[Outcome.REFUSED] <= TOLD and not as_json:
            talk.print(f"line {result.line}: {result.problem.detail}", style="red")
            for flaw in result.problem.flaws[:TOLD]:
                talk.print(f"  {flaw.pointer or ''} {flaw.detail}".rstrip())
    if as_json:
        sys.stdout.buffer.write(b"".join(orjson.dumps(result.as_json()) + b"\n" for result in results))
        sys.stdout.buffer.flush()


def _sum_up(counts: Counter[str], dry_run: bool) -> None:
    if counts[Outcome.REFUSED] > TOLD:
        talk.print(f"… and {counts[Outcome.REFUSED] - TOLD} more that were refused: --json prints them all.")
    told = (
        ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome]) or "there was nothing in it"
    )
    talk.print(f"{'Nothing was entered. It would be: ' if dry_run else ''}{told}.")


class _Rate(TextColumn):
    """Lines so far, and how many a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Any) -> Any:
        self.text_format = f"{task.fields['lines']} lines, {task.fields['lines'] / (task.elapsed or 1):.0f}/s"
        return super().render(task)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=talk, transient=True, disable=not talk.is_terminal)


def _listed(text: str) -> tuple[str, ...]:
    found = tuple(text.split(","))
    if unknown := [each for each in found if each not in list(Status)]:
        raise ValueError(f"“{unknown[0]}” is not one of {', '.join(Status)}.")
    return found


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError("Must be an id: a UUID.")
    return text.lower()


# The API's filters, by how each is read.
_FILTERS: dict[str, Callable[[str], Any]] = {
    "status": _listed,
    "attribution_status": _listed,
    "source": _id,
    "origin": _id,
    "article": _id,
    "kind": str,
    "tag": str,
    "reviewed_by": _id,
    "updated_since": instant,
    "external_id": str,
    "q": parse,
}


@click.command("export")
@click.option("--format", "form", type=click.Choice(exports.FORMS), default="ndjson", show_default=True)
@click.option("--everything", is_flag=True, help="Sources, articles and claims in the shape that `import` takes.")
@click.option("--sort", type=click.Choice([str(sort) for sort in Sort]))
def export(form: str, everything: bool, sort: str | None, **given: str | None) -> None:
    """Print all claims that stand, as they are served, or those that the filters leave. The filters are the API's."""
    filters = {name: value for name, value in given.items() if value is not None}
    if everything and (filters or sort or form == "csv"):
        raise click.UsageError("--everything takes no filters, and is no table.")
    narrowed = ClaimFilters(**{name: _read(name, value) for name, value in filters.items()})
    with opened_at_head() as database, _progress() as progress:
        task = progress.add_task("Exporting", total=None, lines=0)
        written = 0
        order = Sort(sort) if sort else None
        settings = read_settings()
        here = Here(settings.desk_name or urlsplit(settings.base_url).hostname or "factcheck", settings.base_url)
        if everything:
            chunks = exports.everything(database, form, here)
        else:
            chunks = exports.claims(database, narrowed, order, form, None, here)
        for lines, chunk in chunks:
            sys.stdout.buffer.write(chunk)
            written += lines
            progress.update(task, lines=written)
        sys.stdout.buffer.flush()


for _name in reversed(_FILTERS):
    export = click.option(f"--{_name.replace('_', '-')}", _name)(export)


def _read(name: str, value: str) -> Any:
    try:
        return _FILTERS[name](value)
    except (ValueError, QueryFlaw) as error:
        raise click.UsageError(f"--{name.replace('_', '-')}: {error}") from None
