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
from factcheck.errors import Clash, NotFound, Withdrawn
from factcheck.log.actors import Actor
from factcheck.schemas.base import load
from factcheck.schemas.captures import CaptureIn
from factcheck.storage.engine.database import Database

Json = dict[str, Any]


@click.command("capture")
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option("--missing", "of_evidence", is_flag=True, help="Capture the pages of evidence that has no copy yet.")
@click.option(
    "--pause",
    type=click.FloatRange(0, 3600),
    default=2.0,
    show_default=True,
    help="Seconds between two pages of one host, with --missing.",
)
@click.option("--as", "name", help="Who captures it. By default, the operator.")
@json_option
def capture(urls: tuple[str, ...], of_evidence: bool, pause: float, name: str | None, as_json: bool) -> None:
    """Fetch each URL now, keep its bytes in the archive and extract its text.

    A capture that fails is stored too, with its reason, and the exit code is 1.

    With --missing, do this for each URL that evidence cites and of which it has no copy. Pages that failed within the
    last day are left out. If the command is interrupted, run it again: it continues with the rest.
    """
    if bool(urls) == of_evidence:
        raise click.UsageError("Give URLs, or --missing.")
    camera = Camera.of(read_settings())
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


def _actor(session: Session, name: str | None) -> Actor:
    return people.known(session, name) if name else people.operator(session)


def _tell(made: Json, detail: str | None) -> None:
    show(f"{made['id']}\t{made['reason'] or 'captured'}\t{made['url']}")
    if made["reason"] is not None:
        talk.print(f"{made['url']}: {detail or made['reason']}")
