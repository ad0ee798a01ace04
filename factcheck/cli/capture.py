"""`capture`: fetch pages and keep them."""

import sys
from typing import Any

import click

from factcheck.cli.base import json_option, opened_at_head, read_settings, show, talk
from factcheck.desk import people
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import Camera
from factcheck.schemas.base import load
from factcheck.schemas.captures import CaptureIn


@click.command("capture")
@click.argument("urls", metavar="URL", nargs=-1, required=True)
@click.option("--as", "name", help="Who captures it. By default, the operator.")
@json_option
def capture(urls: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Fetch each URL now, keep its bytes in the archive and extract its text.

    A capture that fails is stored too, with its reason, and the exit code is 1.
    """
    camera = Camera.of(read_settings())
    made: list[dict[str, Any]] = []
    with opened_at_head() as database:
        for url in urls:
            asked = load(CaptureIn(), {"url": url})["url"]
            with camera.captured(asked) as page, database.writing() as session:
                actor = people.known(session, name) if name else people.operator(session)
                made.append(captures.add(session, actor, page))
            if not as_json:
                _tell(made[-1], page.extract.detail)
    if as_json:
        show(made)
    if any(each["reason"] is not None for each in made):
        sys.exit(1)


def _tell(made: dict[str, Any], detail: str | None) -> None:
    show(f"{made['id']}\t{made['reason'] or 'captured'}\t{made['url']}")
    if made["reason"] is not None:
        talk.print(f"{made['url']}: {detail or made['reason']}")
