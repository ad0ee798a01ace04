"""The page of a capture: what was fetched, its hashes, its file as a download, and the text that was found.

The captured page itself is shown in a frame, or by itself, as a page of no site: its own policy takes it the desk's
origin, its scripts and forms, and whatever it would fetch.
"""

import codecs
import hashlib
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response
from sqlalchemy import select

from factcheck.desk.access import blindness
from factcheck.desk.capturing import captures, inbox
from factcheck.errors import NotFound, Unauthenticated
from factcheck.extraction import charsets
from factcheck.formats import warc
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.evidence import Evidence
from factcheck.web import capturing, context
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page

blueprint = Blueprint("captures_pages", __name__, url_prefix="/captures")
blueprint.before_request(admit)
USES = 20  # articles, and claims, that are shown
AS = {"text/html": "text/html", "application/xhtml+xml": "text/html", "text/plain": "text/plain"}  # what is shown as it
CHUNK = 1 << 16  # bytes that are decoded at once
POLICY = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Cross-Origin-Opener-Policy": "unsafe-none",  # browsers refuse a sandboxed page with any other
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
}


@blueprint.get("/<uuid:capture_id>")
def show(capture_id: Any) -> Response:
    """Show a capture to members."""
    viewer = _member()
    with context.database().reading() as connection:
        capture = captures.get(connection, str(capture_id), viewer)
        used = connection.execute(
            select(Article.id, Article.title, Snapshot.number)
            .join(Snapshot, Snapshot.article_id == Article.id)
            .where(Snapshot.capture_id == str(capture_id))
            .order_by(Article.seq, Snapshot.number)
            .limit(USES)
        ).all()
        item = inbox.of_capture(connection, str(capture_id))
        inside = [each for blind in blindness.of_viewer(connection, viewer) for each in blind.evidence_ids]
        cited = connection.execute(
            select(Claim.id, Claim.text)
            .distinct()
            .join(Evidence, Evidence.claim_id == Claim.id)
            .where(Evidence.capture_id == str(capture_id), Evidence.withdrawn_at.is_(None), Evidence.id.not_in(inside))
            .order_by(Claim.id)
            .limit(USES)
        ).all()
    shown = capture["media_type"] in AS
    return page("capture.html", capture=capture, used=used, cited=cited, item=item, shown=shown, form_of=Form)


@blueprint.get("/<uuid:capture_id>/original")
def show_original(capture_id: Any) -> Response:
    """Show the captured page itself to members, if it is a web page or a text. Others are downloads."""
    viewer = _member()
    with context.database().reading() as connection:
        row = captures.row_of(connection, str(capture_id), viewer)
    original = warc.page_of(capturing.file_of(row))
    if original is None or hashlib.sha256(original).hexdigest() != row.sha256:
        raise NotFound(message("The page is not in the capture's file."))
    shown = AS.get(row.media_type)
    if shown is None:
        response = Response(original, content_type="application/octet-stream")
        ending = ".pdf" if row.media_type == "application/pdf" else ""
        response.headers["Content-Disposition"] = f'attachment; filename="{row.id}{ending}"'
    else:
        charset = row.charset or charsets.decoded(original[: charsets.SAMPLE])[1]
        response = Response(_in_utf_8(original, charset), content_type=f"{shown}; charset=utf-8")
    response.headers.update(POLICY)
    return response


def _member() -> Actor:
    """Return who is logged in. Raises Unauthenticated: captures are not public."""
    viewer = context.caller()
    if viewer is None:
        raise Unauthenticated(message("Log in to see captures."))
    return viewer


def _in_utf_8(original: bytes, charset: str) -> Iterator[bytes]:
    """Yield a text in UTF-8, part by part: browsers know some encodings by other names than Python, or not at all."""
    parts = (original[at : at + CHUNK] for at in range(0, len(original), CHUNK))
    return codecs.iterencode(codecs.iterdecode(parts, charset, "replace"), "utf-8", "replace")
