"""Dumps of what the site publishes, with what they are, and how to check them."""

from flask import Response, current_app

from factcheck.desk.claim_state.documents import dumped
from factcheck.errors import NotFound, Unavailable
from factcheck.exchange.dumps.folder import Dump
from factcheck.exchange.dumps.maker import DataMaker
from factcheck.formats.site import croissant
from factcheck.messages import message
from factcheck.web import conversions, files
from factcheck.web.site import answers

blueprint = answers.blueprint("data")
NO_DUMP = message("There is no dump with this name. The newest one is at /data.")
CACHING = "public, max-age=300"  # the files never change, but a redaction removes them


def maker() -> DataMaker | None:
    """Return what makes the dumps, None if this desk has none."""
    found: DataMaker | None = current_app.extensions["factcheck.dumps"]
    return found


@blueprint.get("/data")
def show() -> Response:
    """Show the newest dump: its files, their hashes, the licence, and how to check them."""
    dump = _maker().newest()
    if dump is None:
        return answers.page("data.html", dump=None, block=None)
    described = croissant.dataset(dump.manifest, answers.site())
    return answers.page("data.html", dump=dump.manifest, block=conversions.in_html(dumped(described)))


@blueprint.get("/data/manifest.json")
def show_manifest() -> Response:
    """Give the manifest of the newest dump."""
    return answers.answered(dumped(_newest().manifest), "application/json")


@blueprint.get("/data/croissant.json")
def show_croissant() -> Response:
    """Give the newest dump's description as Croissant, which is schema.org's Dataset."""
    described = croissant.dataset(_newest().manifest, answers.site())
    return answers.answered(dumped(described), croissant.MEDIA_TYPE)


@blueprint.get("/data/<name>/<file>")
def show_file(name: str, file: str) -> Response:
    """Give a file of a dump, or a part of it. Its ETag is its SHA-256. One that is gone gets 404."""
    dump = _maker().find(name)
    found = next((each for each in dump.manifest["files"] if each["name"] == file), None) if dump else None
    if dump is None or found is None:
        raise NotFound(NO_DUMP)
    try:
        return files.answer(dump.folder / found["name"], found["media_type"], found["sha256"], CACHING)
    except FileNotFoundError as error:  # removed at this moment
        raise NotFound(NO_DUMP) from error
    except OSError as error:
        raise Unavailable(message("The file of the dump cannot be read. Try again.")) from error


def _maker() -> DataMaker:
    found = maker()
    if found is None:
        raise NotFound(message("This desk publishes no data to download."))
    return found


def _newest() -> Dump:
    found = _maker().newest()
    if found is None:
        raise NotFound(message("The first dump is not complete yet. Try again in a few minutes."))
    return found
