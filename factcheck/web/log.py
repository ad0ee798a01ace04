"""/log: the transparency log as C2SP tlog-tiles, readable by anybody."""

import gzip

from flask import Blueprint, Response, current_app, request

from factcheck.errors import NotFound
from factcheck.log import transparency
from factcheck.messages import message
from factcheck.rules.merkle import parse_tile_path
from factcheck.web import context

blueprint = Blueprint("log", __name__)
FOREVER = "public, max-age=31536000, immutable"
OCTETS = "application/octet-stream"
NUMBER = "int(max=9007199254740991)"


@blueprint.get("/log/checkpoint")
def checkpoint() -> Response:
    """Give the newest signed checkpoint."""
    with context.database().reading_primary() as connection:
        note, _ = transparency.checkpoint(connection)
    return _answer(note.encode(), "text/plain; charset=utf-8", "no-cache, max-age=0")


@blueprint.get(f"/log/checkpoints/<{NUMBER}:epoch>/<{NUMBER}:size>")
def earlier_checkpoint(epoch: int, size: int) -> Response:
    """Give a checkpoint that was published, the newest or an earlier one."""
    with context.database().reading_primary() as connection:
        note = transparency.earlier_checkpoint(connection, epoch, size)
    return _answer(note.encode(), "text/plain; charset=utf-8", FOREVER)


@blueprint.get(f"/log/stamps/<{NUMBER}:epoch>/<{NUMBER}:size>")
def time_stamp(epoch: int, size: int) -> Response:
    """Give the time stamp of a checkpoint: the response of the time-stamp server (RFC 3161), as it came."""
    with context.database().reading_primary() as connection:
        response = transparency.time_stamp(connection, epoch, size)
    return _answer(response, "application/timestamp-reply", FOREVER)


@blueprint.get("/log/key")
def key() -> Response:
    """Give the public keys that sign, one a line: NAME+ID+BASE64. Keep them from another visit, or another place."""
    publisher = current_app.extensions["factcheck.publisher"]
    lines = "".join(f"{each.verifier()}\n" for each in publisher.signers())
    return _answer(lines.encode(), "text/plain; charset=utf-8", "no-cache")


@blueprint.get("/log/tile/entries/<path:path>")
def entries(path: str) -> Response:
    """Give an entry bundle."""
    number, width = _tile(path)
    with context.database().reading_primary() as connection:
        bundle = transparency.entries(connection, number, width)
    if not request.accept_encodings.quality("gzip"):
        return _answer(bundle, OCTETS, FOREVER, {"Vary": "Accept-Encoding"})
    headers = {"Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
    return _answer(gzip.compress(bundle, 6, mtime=0), OCTETS, FOREVER, headers)


@blueprint.get("/log/tile/<level>/<path:path>")
def tile(level: str, path: str) -> Response:
    """Give a tile of hashes."""
    if not (level.isascii() and level.isdigit() and str(int(level)) == level):
        raise NotFound(message("This tile does not exist."))
    number, width = _tile(path)
    with context.database().reading_primary() as connection:
        hashes = transparency.tile(connection, int(level), number, width)
    return _answer(hashes, OCTETS, FOREVER)


def _tile(path: str) -> tuple[int, int]:
    try:
        return parse_tile_path(path)
    except ValueError:
        raise NotFound(message("This tile does not exist.")) from None


def _answer(body: bytes, media_type: str, caching: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, content_type=media_type, headers={"Cache-Control": caching, **(headers or {})})
