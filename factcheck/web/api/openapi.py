"""The OpenAPI 3.1 document: generated from the schemas, completed with what all routes of a kind share."""

from typing import Any

from flask import Flask
from flask_smorest import Api

from factcheck import __version__
from factcheck.schemas.webhooks import EventOut
from factcheck.settings import Settings
from factcheck.web import negotiation
from factcheck.web.api import documented_headers, webhooks
from factcheck.web.api.blueprints import BLUEPRINTS
from factcheck.web.api.google import documented as google_documented
from factcheck.web.reconcile.documented import RECONCILE
from factcheck.web.reconcile.documented import complete as complete_reconcile

OPEN = "/v1/log/"  # readable without a token, always
IMPORTS = "/v1/imports"
# Of a source that is joined with others, these lead to the one that is shown.
MERGED = tuple(f"/v1/sources/{{source_id}}{rest}" for rest in ("", "/record", "/candidates", "/redaction"))
STREAMED = (IMPORTS, "/v1/feeds/claimreviews")  # of no one thing, so that there is no version of it
FEED = "/v1/feeds/verdicts"  # a page of it is a thing that has one
DECIDED = ("/v1/claims/{claim_id}", "/v1/claims/{claim_id}/claimreview")  # a ClaimReview is of a verdict
# Of somebody, or of the desk: never without a token.
# Reading takes a role too, of some if it is of somebody else.
ADMINS = ("/v1/followers", "/v1/people", "/v1/settings", "/v1/statistics", "/v1/webhooks")
PERSONAL = (
    "/v1/me", *ADMINS, "/v1/captures", "/v1/images", "/v1/articles/{article_id}/watch", "/v1/feeds/{", "/v1/inbox",
    "/v1/assignments", "/v1/claims/{claim_id}/assignment", "/v1/comments", "/v1/claims/{claim_id}/comments",
    "/v1/articles/{article_id}/comments",
)  # fmt: skip
SEARCH = "/v1alpha1/"  # as Google has it, errors and all
ABOUT = """Claims from news articles: anchored to the exact words they came from, with attribution steps, evidence for
and against, and a status that only reviews can change.

Errors are `application/problem+json` (RFC 9457). Single resources have a strong `ETag`: `PATCH` of one and
`POST …/reviews` and `POST …/moves` need `If-Match` (`*` matches any version). Every `POST` accepts an
`Idempotency-Key`: for two days, the same request gets the response to the first request that succeeded. Lists have
`next_cursor`, which is null on the last page. Every response to a change has the `Log-Index` of its last entry in the
log. If a rate limit is set, responses have `RateLimit-Policy` and `RateLimit`.

A desk can be readable without a token. Readers without a token see a person's display name or `The desk`, never an
id. They do not see why something was withdrawn, redacted, judged or corrected, the notes of second opinions, and
changes of people and webhooks. The reasons of decisions are public. A filter by a person needs a token."""

# A mark that only goes forward, and choices that are one's own and each for itself: nobody's change of them is lost.
UNVERSIONED = ("/v1/me/notifications", "/v1/me/notifications/choices")
LOOKS_UP = ("/v1/claims/match", "/v1/webhooks/{webhook_id}/test")  # a POST that changes nothing

PROBLEMS = {
    "400": "The request cannot be read: not JSON, not UTF-8, or a malformed header.",
    "401": "A valid token is required.",
    "403": "The caller's role does not allow this; `role` is the required role.",
    "404": "The resource does not exist.",
    "406": "No format of the resource is acceptable; `available` lists its formats.",
    "408": "The body did not arrive in time.",
    "409": "The request violates a rule in the current state.",
    "410": "The claim was withdrawn; `claim` has the reason. Or the request was carried out before, under the same"
    " Idempotency-Key, and what it was about was redacted.",
    "411": "Content-Length is required: only JSON can be sent in chunks.",
    "412": "Somebody changed the resource since you read it, or If-Match is weak; `ETag` is the current version.",
    "413": "The body is too large.",
    "415": "The body has a media type that this path does not accept.",
    "422": "The request is not allowed; `errors` says where and why.",
    "428": "If-Match is needed.",
    "429": "Too many requests.",
    "431": "Path, query and headers are too large together.",
    "503": "The database is not available now; with `/problems/unconfirmed`, the outcome is not known; with"
    " `/problems/mail-unavailable`, the mail server took no mail.",
}


def register(app: Flask) -> dict[str, Any]:
    """Register the routes of /v1 and return the document that describes them."""
    settings: Settings = app.extensions["factcheck.settings"]
    app.config.update(
        API_TITLE="factcheck",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {"description": ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
            "servers": [{"url": "/"}],
            "security": [{"token": []}],
        },
    )
    api = _Api(app)
    api.spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "description": "A token that begins with fck_."}
    )
    api.spec.components.schema("Problem", _problem_schema())
    for name, header in documented_headers.HEADERS.items():
        api.spec.components.header(name, {"schema": {"type": "string"}, **header})
    for name, taken in documented_headers.TAKEN.items():
        api.spec.components.parameter(name, "header", taken)
    for status, description in PROBLEMS.items():
        api.spec.components.response(f"Problem{status}", _problem(status, description))
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    api.spec.components.schema("EventOut", schema=EventOut)
    document: dict[str, Any] = api.spec.to_dict()
    for kind, name in _UNUSED:
        document["components"][kind].pop(name, None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                _complete(path, method, operation)
                reads = method == "get" or path.startswith((SEARCH, RECONCILE))
                if path.startswith(OPEN):
                    operation["responses"].pop("401")
                elif (
                    settings.public_read and not f"{path}/{{".startswith(PERSONAL) and reads
                ):  # a list goes with its items
                    operation["security"] = [{"token": []}, {}]
    document["webhooks"] = webhooks.described()
    return document


class _Api(Api):  # type: ignore[misc]
    """Ours are the error handlers and the pages; flask-smorest gives the document."""

    def _register_error_handlers(self) -> None:
        pass


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add what every route of this kind takes and answers."""
    if path.startswith(SEARCH):
        return google_documented.complete(method, operation)
    if path.startswith(RECONCILE):
        return complete_reconcile(path, method, operation)
    responses = operation["responses"]
    responses.pop("default", None)
    is_list = "cursor" in {parameter["name"] for parameter in operation.get("parameters", [])}
    enters = method == "post" and path in documented_headers.STRICT
    unversioned = method == "patch" and path in UNVERSIONED
    decides = method == "post" and path.endswith(("/reviews", "/undo", "/confirmation", "/moves"))
    guarded = decides or (method == "patch" and not unversioned)
    for status, response in responses.items():
        carried = {"200": ("Link",) if is_list else ("ETag",), "201": ("ETag", "Location")}.get(status, ())
        if path in STREAMED or unversioned:
            carried = ()
        elif path == FEED:
            carried = ("ETag", "Link")
        if method != "get" and path not in LOOKS_UP and not unversioned:
            carried = (*carried, "Log-Index")
        response["headers"] = _headers(*carried, *(("Preference-Applied",) if enters else ()))
    statuses = {"400", "401", "422", "429", "431", "503"}
    if "{" in path:
        statuses.add("404")
    if ("/claims/{" in path and not path.endswith("/history")) or path == "/v1/published/{report_id}":
        statuses.add("410")
    if method not in ("get", "delete"):
        statuses |= {"403", "408", "409", "411", "413", "415"}
    if method == "post":
        statuses.add("410")  # under the key of a request whose answer was emptied
    if method == "delete" or path.startswith(ADMINS):
        statuses.add("403")
    compared = not guarded and "{" in path and method in ("post", "put", "delete")
    if guarded:
        statuses |= {"412", "428"}
    if compared:
        statuses.add("412")
    if path in DECIDED:
        statuses.add("409")
    if operation.pop(negotiation.NEGOTIATES, False):
        statuses.add("406")
    for status in sorted(statuses):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    if path in MERGED:
        responses["301"] = _problem("301", "The source is shown as another one.")
    taken = []
    if method == "get" and (not is_list or path == FEED) and path not in STREAMED:
        responses["304"] = {"description": "The client already has this version.", "headers": _headers("ETag")}
        taken.append("If-None-Match")
    if guarded:
        taken.append("If-Match")
    if compared:
        taken.append("If-Match-If-Given")
    if method == "post":
        taken.append("Idempotency-Key")
    if enters:
        taken.append("Prefer")
    taken.append("X-Request-Id")
    operation.setdefault("parameters", []).extend({"$ref": f"#/components/parameters/{name}"} for name in taken)
    if role := operation.pop("x-role", None):
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the role `{role}`.".strip()
    operation.setdefault("operationId", f"{method}_{path.removeprefix('/v1/')}".translate(_NAMES))


_NAMES = str.maketrans({"/": "_", "{": None, "}": None})
# What flask-smorest would answer with and this desk does not.
_UNUSED = (
    ("responses", "DEFAULT_ERROR"),
    ("responses", "UNPROCESSABLE_ENTITY"),
    ("schemas", "Error"),
    ("schemas", "PaginationMetadata"),
)


def _headers(*names: str) -> dict[str, Any]:
    """Return the headers of an answer: its request id, and these."""
    references = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}, **references}


def _problem(status: str, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "headers": _headers(*documented_headers.CARRIED.get(status, ())),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    flaw = {
        "type": "object",
        "properties": {
            "detail": text,
            "pointer": {**text, "description": "A JSON pointer into the body."},
            "parameter": {**text, "description": "The name of a parameter or header."},
            "rule": {**text, "description": "The rule that is not met."},
            "places": {"type": "array", "items": {"type": "object"}, "description": "Where an ambiguous quote occurs."},
        },
        "required": ["detail"],
    }
    many = {"type": "array", "items": {"type": "object"}}
    return {
        "type": "object",
        "description": "RFC 9457 problem details.",
        "properties": {
            "type": {**text, "format": "uri-reference", "description": "The path of a page that explains this error."},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "request_id": text,
            "errors": {"type": "array", "items": flaw},
            "role": {**text, "description": "With 403: the required role."},
            "available": {**many, "description": "With 406: the `type` and `title` of each available format."},
            "current_etag": {
                **text,
                "description": "With 412: the ETag of the current version, in quotation marks, ready to send.",
            },
            "id": {**text, "description": "With 409: the existing resource."},
            "similar": {
                **many,
                "description": "With 409 and strict handling: what is probably the same.",
            },
            "articles": {**many, "description": "With 409: the articles with this URL or this text."},
            "reason": {**text, "description": "With 422: why a page was not captured."},
            "capture_id": {**text, "description": "With 422: the capture that failed."},
            "into": {**text, "description": "With 301 and 409: the source as which it is shown."},
            "path": {**many, "description": "With 409: the judgments that a judgment contradicts, as a chain."},
            "claim": {
                "type": "object",
                "description": "With 410: when the claim was withdrawn, by whom and why; without a token, only when.",
            },
        },
        "required": ["type", "title", "status", "detail", "instance", "request_id"],
    }
