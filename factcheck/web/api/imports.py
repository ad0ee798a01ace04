"""/v1/imports: many lines in one request."""

import io
from collections.abc import Iterable
from itertools import chain
from typing import Any

import orjson
from flask import Response, request

from factcheck.desk.access.answers import Answer
from factcheck.desk.claim_state import texts as of_articles
from factcheck.desk.claim_state.texts import Texts
from factcheck.errors import TooLarge
from factcheck.exchange import imports, intake
from factcheck.exchange.import_results import Result
from factcheck.exchange.intake import Batch
from factcheck.exchange.rehearsal import Rehearsal
from factcheck.formats import web_page
from factcheck.formats.annotations import PROFILE
from factcheck.messages import message
from factcheck.rules.selectors import Effort
from factcheck.schemas.imports import ImportedOut
from factcheck.web import context, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.bodies import read_bytes
from factcheck.web.exports import CSV, NDJSON
from factcheck.web.speaking.languages import said

blueprint = Blueprint("imports", "Bulk import of sources, articles and claims.")
LD_JSON = "application/ld+json"
FORMS = {NDJSON: "ndjson", CSV: "csv", LD_JSON: "claimreview", web_page.MEDIA_TYPE: "claimreview"}
# What these say of themselves: spreadsheets and web pages have many encodings, which are looked for in their bytes.
RECOGNISED = {CSV, web_page.MEDIA_TYPE}
LINES = 2000  # in one request: it is one transaction, in which nobody else enters anything
ANNOTATIONS = f'{LD_JSON}; profile="{PROFILE}"'
_BODY = {"schema": {"type": "string"}}


@blueprint.route("/imports", methods=["POST"])
@does(imports.enter)
@blueprint.doc(
    parameters=queries.documented("dry_run"),
    requestBody={"required": True, "content": dict.fromkeys((*FORMS, ANNOTATIONS), _BODY)},
)
@blueprint.response(200, ImportedOut, content_type=NDJSON)
def import_lines() -> Response:
    """Add sources, articles and claims, one per line, by their external ids. Importing again adds nothing.

    The response has one result per line, for at most 2,000 lines. `application/ld+json` is a document of schema.org
    ClaimReviews or MediaReviews; each becomes several lines: an article, a claim and its sources. With the profile
    `http://www.w3.org/ns/anno.jsonld` it is a document of Web Annotations, which become claims of their target
    articles. `text/html` is a web page with such reviews. `notices` list what was changed or left out.
    """
    dry = queries.read("dry_run").get("dry_run", False) if request.query_string else False
    batches = _read()
    texts = Texts(Effort())
    if dry:
        preconditions.demand_compared()
        with Rehearsal() as before, context.database().reading_one_moment() as connection:
            tried = [imports.rehearse(connection, batch.lines, before, texts) for batch in batches]
        return Response(_told(chain.from_iterable(tried)), mimetype=NDJSON)

    lines = [line for batch in batches for line in batch.lines]
    with context.database().reading() as connection:
        of_articles.of_import(connection, lines, texts)

    def work(session: Any, actor: Any) -> Answer:
        done = [imports.enter(session, actor, batch.lines, texts=texts) for batch in batches]
        return Answer(200, {"Content-Type": NDJSON}, _told(chain.from_iterable(done)))

    return context.perform(imports.enter, work, long=True)


def _read() -> list[Batch]:
    raw = read_bytes(tuple(FORMS), any_charset=request.mimetype in RECOGNISED)
    batches: list[Batch] = []
    lines = 0
    for batch in intake.batches(io.BytesIO(raw), _form()):
        lines += len(batch.lines)
        if lines > LINES:
            raise TooLarge(
                message(
                    "One request has at most {lines} lines: send the rest in another one, or use `factcheck import`.",
                    lines=LINES,
                )
            )
        batches.append(batch)
    return batches


def _form() -> str:
    """Return in what form the lines are: of linked data, the profile tells annotations."""
    if request.mimetype == LD_JSON and PROFILE in request.mimetype_params.get("profile", "").split():
        return "annotations"
    return FORMS[request.mimetype]


def _told(results: Iterable[Result]) -> bytes:
    return b"".join(orjson.dumps(result.as_json(said)) + b"\n" for result in results)
