"""/v1/articles/{id}/annotations: claims as W3C Web Annotations.

Annotations are read here and not managed, so that of the Web Annotation Protocol section 3 holds, and of section 4 what
a collection can have without being a container: the preferences of 4.1.1.
"""

import re
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from factcheck.desk.claim_state import documents
from factcheck.errors import NotFound
from factcheck.exchange import annotated
from factcheck.exchange.annotated import Page
from factcheck.formats import annotations
from factcheck.formats.annotations import MEDIA_TYPE, PROFILE
from factcheck.messages import message
from factcheck.web import context, listing, negotiation, queries
from factcheck.web.api import Blueprint
from factcheck.web.negotiation import Form

blueprint = Blueprint("annotations", "Claims as W3C Web Annotations, anchored in their article's snapshots.")
_LINKED = {"schema": {"type": "object", "description": "A JSON-LD document."}}
FORMS = (Form(MEDIA_TYPE, PROFILE, "Web Annotation", _LINKED), negotiation.JSON)
PAGED = ("limit", "cursor")
SIZE = 50
COLLECTION = "/articles/<uuid:article_id>/annotations"
RESOURCE = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'
CONSTRAINED = '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"'
_PREFERENCE = re.compile(r'return=representation\s*;\s*include="([^"]*)"', re.IGNORECASE)
MINIMAL = "http://www.w3.org/ns/ldp#PreferMinimalContainer"
ADDRESSES = "http://www.w3.org/ns/oa#PreferContainedIRIs"


@blueprint.route(COLLECTION)
@blueprint.response(200, {"type": "object"})
@negotiation.offers(*FORMS)
def get_annotations(article_id: Any) -> Response:
    """Get an article's claims as an AnnotationCollection with its first page.

    `Prefer: return=representation; include="…"` with `ldp#PreferMinimalContainer` or `oa#PreferContainedIRIs` (Web
    Annotation Protocol, 4.1.1) leaves out the page, or everything except the URL of each annotation.
    """
    form, here = negotiation.chosen(FORMS), context.here()
    asked = request.headers.get("Prefer", "")
    wanted = (found := _PREFERENCE.search(asked)) and found[1].split()
    collection = f"{here.article(str(article_id))}/annotations"
    viewer = context.caller()
    with context.database().reading() as connection:
        label = annotated.title(connection, str(article_id))
        total = annotated.total(connection, str(article_id), viewer)
        page = annotated.page(connection, str(article_id), [], SIZE, viewer=viewer, here=here)
    thing: dict[str, Any] = {"id": collection, "type": "AnnotationCollection", "label": f"Claims of “{label}”"}
    if total is not None:
        thing["total"] = total
    if page is not None:
        first = _page(page, collection, SIZE)
        del first["partOf"]
        if wanted and MINIMAL in wanted:
            first = first["id"]
        elif wanted and ADDRESSES in wanted:
            first["items"] = [item["id"] for item in first["items"]]
        thing["first"] = first
        if page.next is None:
            thing["last"] = _address(collection, SIZE, [])
    response = _answered(annotations.whole(thing), form)
    response.headers["Link"] = f"{RESOURCE}, {CONSTRAINED}"
    response.headers["Vary"] = "Accept, Authorization, Cookie, Prefer"
    response.headers["Cache-Control"] = "private, no-cache"
    if wanted and {MINIMAL, ADDRESSES} & set(wanted):
        response.headers["Preference-Applied"] = "return=representation"
    return response


@blueprint.route(f"{COLLECTION}/page")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, {"type": "object"})
@negotiation.offers(*FORMS)
def get_page(article_id: Any) -> Response:
    """Get a page of an article's annotations: the first one, or one from the links `next` and `prev`."""
    form, here = negotiation.chosen(FORMS), context.here()
    query = queries.read(*PAGED)
    limit = query.get("limit", SIZE)
    collection = f"{here.article(str(article_id))}/annotations"
    with context.database().reading() as connection:
        title = annotated.title(connection, str(article_id))
        key = listing.page_key(query.get("cursor")) or []
        page = annotated.page(connection, str(article_id), key, limit, viewer=context.caller(), here=here)
    if page is None:  # a page of the model has an annotation at least
        raise NotFound(message("“{title}” has no annotations on this desk.", title=title))
    thing = _page(page, collection, limit)
    response = _answered(annotations.whole(thing), form)
    del response.headers["ETag"]  # lists have none
    links = [f'<{thing[name]}>; rel="{name}"' for name in ("next", "prev") if name in thing]
    response.headers["Link"] = ", ".join([*links, RESOURCE])
    return response


@blueprint.route("/claims/<uuid:claim_id>/annotation")
@blueprint.response(200, {"type": "object"})
@negotiation.offers(*FORMS)
def get_annotation(claim_id: Any) -> Response:
    """Get a claim as a Web Annotation."""
    form = negotiation.chosen(FORMS)
    with context.database().reading() as connection:
        annotation = annotated.of_claim(connection, str(claim_id), context.caller(), context.here())
    response = _answered(annotation, form)
    response.headers["Link"] = f'{RESOURCE}, <http://www.w3.org/ns/oa#Annotation>; rel="type"'
    return response


def _answered(thing: dict[str, Any], form: Form) -> Response:
    body = documents.dumped(thing)
    response = context.one(body, documents.etag_of(body), form.content_type)
    response.headers["Allow"] = "GET, HEAD, OPTIONS"
    return response


def _page(page: Page, collection: str, limit: int) -> dict[str, Any]:
    here = _address(collection, limit, page.key)
    thing = {"id": here, "type": "AnnotationPage", "partOf": collection, "startIndex": page.index}
    if page.next is not None:
        thing["next"] = _address(collection, limit, page.next)
    if page.previous is not None:
        thing["prev"] = _address(collection, limit, page.previous)
    return thing | {"items": page.items}


def _address(collection: str, limit: int, key: list[Any]) -> str:
    size = {} if limit == SIZE else {"limit": limit}
    cursor = {"cursor": listing.cursors().seal(key, _bound_to(collection))} if key else {}
    query = urlencode(size | cursor)
    return f"{collection}/page" + (f"?{query}" if query else "")


def _bound_to(collection: str) -> str:
    """Return what cursors of a collection's pages are bound to, as `listing.bound_to` does of the request."""
    return urlencode([("", f"/v1/articles/{collection.rpartition('/v1/articles/')[2]}/page")])
