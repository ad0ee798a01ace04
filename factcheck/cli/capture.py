"""`capture`: fetch pages and keep them."""

import sys
import time
from typing import Any

import click
from sqlalchemy.orm import Session

from factcheck.cli.base import counted, json_option, opened_at_head, read_settings, show, talk
from factcheck.desk import evidence, people
from factcheck.desk.capturing import captures, missing
from factcheck.desk.capturing.missing import Piece
from factcheck.desk.capturing.pages import Camera, CapturedPage
from factcheck.errors import Clash, NotFound, Unavailable, Withdrawn
from factcheck.log.actors import Actor
from factcheck.schemas.base import load
from factcheck.schemas.captures import CaptureIn
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.sole import sole
from factcheck.watching.links import LinkChecker

Json = dict[str, Any]


@click.command("capture")
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option("--missing", "of_evidence", is_flag=True, help="Capture the pages of evidence that has no copy yet.")
@click.option(
    "--pause",
    type=click.FloatRange(0, 3600),
    default=2.0,
    show_default=True,
    help="Seconds between two requests to one host, with --missing or --check.",
)
@click.option("--check", "of_links", is_flag=True, help="Ask whether the pages that evidence cites still answer.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, 1440, min_open=True),
    default=60.0,
    show_default=True,
    help="How long --check may take.",
)
@click.option("--as", "name", help="Who captures it. By default, the operator.")
@json_option
def capture(
    urls: tuple[str, ...],
    of_evidence: bool,
    of_links: bool,
    pause: float,
    minutes: float,
    name: str | None,
    as_json: bool,
) -> None:
    """Fetch each URL now, keep its bytes in the archive and extract its text.

    A capture that fails is stored too, with its reason, and the exit code is 1.

    With --missing, do this for each URL that evidence cites and of which it has no copy. Pages that failed within the
    last day are left out. If the command is interrupted, run it again: it continues with the rest.

    With --check, nothing is captured: each page is asked for, those first that were checked longest ago. A page that
    stops answering, or answers again, is an entry in the history of the claims that cite it. The exit code is 1 while
    some do not answer.
    """
    if [bool(urls), of_evidence, of_links].count(True) != 1:
        raise click.UsageError("Give URLs, or --missing, or --check.")
    camera = Camera.of(read_settings())
    if of_links:
        _check(camera, name, pause, minutes, as_json)
        return
    with opened_at_head() as database:
        made = (
            _missing(database, camera, name, pause, as_json)
            if of_evidence
            else _each(database, camera, urls, name, as_json)
        )
    if as_json:
        show(made)
    if any(each["reason"] is not None for each in made):
        sys.exit(1)


def _each(database: Database, camera: Camera, urls: tuple[str, ...], name: str | None, as_json: bool) -> list[Json]:
    made: list[Json] = []
    for url in urls:
        asked = load(CaptureIn(), {"url": url})["url"]
        with camera.captured(asked) as page, database.writing() as session:
            made.append(captures.add(session, _actor(session, name), page))
        if not as_json:
            _tell(made[-1], page.extract.detail)
    return made


def _missing(database: Database, camera: Camera, name: str | None, pause: float, as_json: bool) -> list[Json]:
    """Capture the pages that evidence lacks, one at a time, and return what became of each."""
    with database.reading_primary() as connection:
        wanted = missing.pieces(connection)
    made: list[Json] = []
    asked_at: dict[str, float] = {}
    for url in missing.in_turns(wanted):
        host = missing.host_of(url)
        time.sleep(max(0.0, asked_at.get(host, 0.0) + pause - time.monotonic()))
        with camera.captured(url) as page:
            made.append({"url": url, "reason": page.extract.failure} | _given(database, name, page, wanted[url]))
        asked_at[host] = time.monotonic()
        if not as_json:
            show(f"{made[-1]['capture_id'] or '-'}\t{page.extract.failure or 'captured'}\t{url}")
    failed = sum(each["reason"] is not None for each in made)
    given = sum(each["evidence"] for each in made)
    told = f"{counted(len(made) - failed, 'page')} captured, for {counted(given, 'piece')} of evidence."
    talk.print(f"{told} {counted(failed, 'page')} not captured.")
    return made


def _given(database: Database, name: str | None, page: CapturedPage, pieces: list[Piece]) -> Json:
    """Give pieces of evidence the capture of their page; one that failed is only stored."""
    if page.extract.failure:
        with database.writing() as session:
            return {"capture_id": captures.add(session, _actor(session, name), page)["id"], "evidence": 0}
    capture_id, given = None, 0
    for piece in pieces:
        try:
            with database.writing() as session:
                which: Any = {"capture_id": capture_id} if capture_id else {"page": page}
                added = evidence.add_capture(session, _actor(session, name), *piece, **which)
        except (Clash, NotFound, Withdrawn):  # withdrawn or captured since the list was made
            continue
        capture_id, given = added["capture"]["id"], given + 1
    return {"capture_id": capture_id, "evidence": given}


def _check(camera: Camera, name: str | None, pause: float, minutes: float, as_json: bool) -> None:
    """Ask for the pages of all links, and say which of them do not answer."""

    def tell(url: str, error: str | None) -> None:
        if not as_json:
            show(f"{error or 'answers again'}\t{url}")

    with opened_at_head() as database, sole(database, AdvisoryLock.CHECK_LINKS):
        checker = LinkChecker(database, camera.fetcher, name=name, pause=pause, seconds=60 * minutes, told=tell)
        found = checker.run()
    if found.offline:
        raise Unavailable(
            "No host answers at all, so the fault is likely this desk's own connection. Nothing was recorded."
        )
    if as_json:
        show(
            {
                "asked": found.asked,
                "left": found.left,
                "untold": found.untold,
                "unreachable": [{"url": url, "error": error} for url, error in found.unreachable.items()],
                "changed": [{"url": url, "error": error} for url, error in found.news],
            }
        )
    left = f" {counted(found.left, 'page')} left for the next run." if found.left else ""
    talk.print(f"{counted(found.asked, 'page')} asked for, {len(found.unreachable)} do not answer.{left}")
    if found.unreachable:
        sys.exit(1)


def _actor(session: Session, name: str | None) -> Actor:
    return people.known(session, name) if name else people.operator(session)


def _tell(made: Json, detail: str | None) -> None:
    show(f"{made['id']}\t{made['reason'] or 'captured'}\t{made['url']}")
    if made["reason"] is not None:
        talk.print(f"{made['url']}: {detail or made['reason']}")
