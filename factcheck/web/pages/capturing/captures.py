"""The page of a capture: what was fetched, its hashes, its file as a download, and the text that was found."""

from typing import Any

from flask import Blueprint, Response
from sqlalchemy import select

from factcheck.desk.access import blindness
from factcheck.desk.capturing import captures, inbox
from factcheck.errors import Unauthenticated
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.evidence import Evidence
from factcheck.web import context
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page

blueprint = Blueprint("captures_pages", __name__, url_prefix="/captures")
blueprint.before_request(admit)
USES = 20  # articles, and claims, that are shown


@blueprint.get("/<uuid:capture_id>")
def show(capture_id: Any) -> Response:
    """Show a capture to members. The page itself is never shown: it is a download."""
    viewer = context.caller()
    if viewer is None:
        raise Unauthenticated("Log in to see captures.")
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
    return page("capture.html", capture=capture, used=used, cited=cited, item=item, form_of=Form)
