"""`import` and `export`."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import click
import orjson
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from factcheck.cli.ahead import read_ahead, uncollected
from factcheck.cli.base import opened_at_head, read_settings, talk
from factcheck.desk import people
from factcheck.desk.claim_state import texts as of_articles
from factcheck.desk.claim_state.texts import Texts
from factcheck.errors import Clash
from factcheck.exchange import exports, imports, intake
from factcheck.exchange.import_results import Result
from factcheck.exchange.intake import Batch
from factcheck.exchange.rehearsal import Rehearsal
from factcheck.followers.registry import searching
from factcheck.formats.here import Here
from factcheck.log.actors import INSIDE
from factcheck.queries.lists import ClaimFilters, Sort
from factcheck.rules.imports import Outcome
from factcheck.rules.status import Status
from factcheck.rules.text.queries import QueryFlaw, parse
from factcheck.schemas.base import instant, is_id
from factcheck.settings import index_folder
from factcheck.storage.engine.database import Database

TRIES = 5
_BY_NAME = {".csv": "csv", ".tsv": "csv", ".jsonld": "claimreview", ".html": "claimreview", ".htm": "claimreview"}
NOTICED = "noticed"  # lines with notices, counted beside the outcomes
TOLD = 20  # refused lines told on a terminal or in a log; --json tells them all


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(intake.IMPORTED), help="The format. By default it depends on the file's name."
)
@click.option("--as", "name", metavar="NAME", help="The person who adds the lines. By default, the operator.")
@click.option("--dry-run", is_flag=True, help="Print the result of each line without adding anything.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each line.")
def import_file(file: str, form: str | None, name: str | None, dry_run: bool, as_json: bool) -> None:
    """Import sources, articles and claims from FILE, or from standard input (-).

    Each line has an external id: importing again adds nothing, and continues where the last run was interrupted.
    A claimreview file has ClaimReviews or MediaReviews. It is a JSON-LD document (a list, a graph, a feed), NDJSON of
    such documents, or a web page.
    """
    form = form or _BY_NAME.get(Path(file).suffix.lower(), "ndjson")
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        # A copy of standard input: a process closes its own when it begins.
        stream: BinaryIO = stack.enter_context(open(os.dup(0) if file == "-" else file, "rb"))  # noqa: PTH123 (a copy)
        if not stream.seekable() and form in ("claimreview", "csv"):  # which are read twice
            stream, given = stack.enter_context(TemporaryFile()), stream
            copyfileobj(given, stream)
            stream.seek(0)
        size = None if file == "-" else Path(file).stat().st_size
        batches = stack.enter_context(read_ahead(stream, form))
        database = stack.enter_context(opened_at_head())
        shown = Shown(stack.enter_context(_progress()), "Trying" if dry_run else "Importing", size)
        for end, results in (_rehearsed if dry_run else entered)(database, batches, name):
            _tell(results, counts, as_json)
            shown.advance(end, counts)
    _sum_up(counts, dry_run)
    if counts[Outcome.REFUSED]:
        sys.exit(1)


def entered(
    database: Database, batches: Iterator[Batch], name: str | None = None
) -> Iterator[tuple[int, list[Result]]]:
    """Enter batches, each in a transaction of its own, and yield how far into the file each reaches and its results."""
    texts = Texts()
    for batch in uncollected(batches):
        with database.reading() as connection:
            of_articles.of_import(connection, batch.lines, texts)
        for left in reversed(range(TRIES)):
            try:
                with database.writing(long=True) as session:
                    actor = people.known(session, name) if name else people.operator(session)
                    results = imports.enter(session, actor, batch.lines, texts=texts)
                break
            except Clash:  # somebody entered one of these things at this moment: now it is there
                if not left:
                    raise
        yield batch.end, results
    database.confirm()  # what was there already may be there because an earlier import waited for a standby in vain


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
        counts[NOTICED] += bool(result.notices)
        if result.notices and counts[NOTICED] <= TOLD and not as_json:
            for notice in result.notices[:TOLD]:
                talk.print(f"line {result.line}: {notice.pointer or ''} {notice.detail}".replace("  ", " "))
        if result.problem is not None and counts[Outcome.REFUSED] <= TOLD and not as_json:
            talk.print(f"line {result.line}: {result.problem.detail}", style="red")
            for flaw in result.problem.flaws[:TOLD]:
                talk.print(f"  {flaw.pointer or ''} {flaw.detail}".rstrip())
    if as_json:
        sys.stdout.buffer.write(b"".join(orjson.dumps(result.as_json()) + b"\n" for result in results))
        sys.stdout.buffer.flush()


def _sum_up(counts: Counter[str], dry_run: bool) -> None:
    if counts[NOTICED] > TOLD:
        talk.print(f"… and {counts[NOTICED] - TOLD} more lines that were imported in part: use --json to see them all.")
    if counts[Outcome.REFUSED] > TOLD:
        talk.print(f"… and {counts[Outcome.REFUSED] - TOLD} more lines that were refused: use --json to see them all.")
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome]) or "the file is empty"
    talk.print(f"{'Nothing was added. The result would be: ' if dry_run else ''}{told}.")


class Shown:
    """An import's progress: all lines so far, with those that were there already, and how fast it goes now.

    An import that goes on where it was broken off first passes what is there, several times as fast as it enters what
    is not: until something is entered it tells no time left, and from then on the rate of entering alone.
    """

    def __init__(self, progress: Progress, doing: str, size: int | None) -> None:
        """`size` is the file's, in bytes; None or 0 when it is not known."""
        self.progress, self.size = progress, size or None
        self.task = progress.add_task(doing, total=self.size, **_NONE)
        self.passing = False

    def advance(self, end: int, counts: Mapping[str, int]) -> None:
        """Tell that the import came to byte `end` of the file, with these outcomes in all."""
        lines, there = sum(counts[outcome] for outcome in Outcome), counts[Outcome.UNCHANGED] + counts[Outcome.EXISTS]
        if self.passing and counts[Outcome.ADDED]:
            self.progress.reset(self.task, total=self.size, completed=end, **_NONE | {"before": lines})
        self.passing = not counts[Outcome.ADDED]
        self.progress.update(self.task, completed=end, lines=lines, there=there, passing=self.passing)


_NONE: dict[str, Any] = {"lines": 0, "there": 0, "before": 0, "passing": False}


class _Rate(TextColumn):
    """Lines so far, and how many a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        lines, there, before = (task.fields[name] for name in ("lines", "there", "before"))
        passed = f" ({there} already on the desk)" if there else ""
        self.text_format = f"{lines} lines{passed}, {(lines - before) / (task.elapsed or 1):.0f}/s"
        return super().render(task)


class _Left(TimeRemainingColumn):
    """The time left, where it can be told."""

    def render(self, task: Task) -> Text:
        return Text() if task.fields["passing"] else super().render(task)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), _Rate(), _Left())
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
@click.option("--everything", is_flag=True, help="Sources, articles and claims, as lines that `import` accepts.")
@click.option("--sort", type=click.Choice([str(sort) for sort in Sort]))
def export(form: str, everything: bool, sort: str | None, **given: str | None) -> None:
    """Print all active claims, in the API's format. The filters are those of the API."""
    filters = {name: value for name, value in given.items() if value is not None}
    if everything and (filters or sort or form == "csv"):
        raise click.UsageError("--everything cannot be combined with filters or csv.")
    narrowed = ClaimFilters(**{name: _read(name, value) for name, value in filters.items()})
    with ExitStack() as stack, opened_at_head() as database, _progress() as progress:
        task = progress.add_task("Exporting", total=None, **_NONE)
        written = 0
        order = Sort(sort) if sort else None
        settings = read_settings()
        base = settings.base_url
        if form == "annotations" and not base:  # whose ids are addresses, and no paths
            base = "http://127.0.0.1:8000"
            talk.print(f"FACTCHECK_BASE_URL is not set: the URLs in the annotations begin with {base}")
        here = Here(settings.desk_name or urlsplit(settings.base_url).hostname or "factcheck", base)
        if everything:
            chunks = exports.everything(database, form, here)
        else:
            view = None
            if narrowed.q is not None:
                following = stack.enter_context(closing(searching(database, index_folder(settings))))
                following.catch_up()
                view = following.view()
                if view.as_of.behind:
                    talk.print("The search index is behind the log: the newest claims may be missing.", style="red")
            chunks = exports.claims(database, narrowed, order, form, INSIDE, here, view)
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
