"""Add an image in a request: it is fetched and read before the transaction, and only for who may add one."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from factcheck.desk import articles
from factcheck.desk.access import unknown
from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import images, pictures
from factcheck.errors import Flaw, Invalid, NotFound
from factcheck.formats import warc
from factcheck.messages import message
from factcheck.web import capturing, context

# Of an image by itself: it runs nothing and fetches nothing, whatever a browser takes it for.
POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def perform(fields: Mapping[str, Any], perform: Callable[[Callable[..., Any]], Response]) -> Response:
    """Add an image, given as ImageIn loads it. `perform` runs the transaction with what is done in it.

    What is done in it takes the session and the actor, and returns the image's JSON. Raises Invalid, also for an
    article that is not there, before anything is fetched.
    """
    context.demand_caller().demand(images.add.role)
    with context.database().reading_primary() as connection:
        try:
            articles.get(connection, fields["article_id"])
        except NotFound:
            raise Invalid(unknown.ARTICLE, flaws=[Flaw(unknown.ARTICLE, "/article_id")]) from None
    pointer = "/url" if fields["data"] is None else "/data"
    with pictures.taken(capturing.camera(), fields["url"], fields["data"], pointer) as image:

        def add(session: Any, actor: Any) -> dict[str, Any]:
            return images.add(session, actor, image, article_id=fields["article_id"], alt=fields["alt"])

        return perform(add)


def made(image: dict[str, Any]) -> Answer:
    return context.made(image["links"]["self"], image)


def file(image_id: str) -> Response:
    """Return the bytes of an image. Raises NotFound, and Unavailable."""
    with context.database().reading() as connection:
        row = images.row_of(connection, image_id)
    if row.warc_sha256 is None:
        raise NotFound(message("The image was redacted."))
    content = warc.page_of(capturing.file_of(row))
    if content is None:
        raise NotFound(message("Its file is not in the archive."))
    response = context.one(content, row.sha256, row.media_type)
    response.headers.update(POLICY)
    return response
