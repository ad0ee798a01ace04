"""The OpenAPI 3.1 document: generated from the schemas, completed with what all routes of a kind share."""

from typing import Any

from flask import Flask
from flask_smorest import Api

from factcheck import __version__
from factcheck.web.api import articles, changes, claims, evidence, relations, reviews, sources

BLUEPRINTS = (
    claims.blueprint,
    reviews.blueprint,
    evidence.blueprint,
    relations.blueprint,
    articles.blueprint,
    sources.blueprint,
    changes.blueprint,
)
ABOUT = """Claims from news articles: anchored to the words they came from, with the chain of who said it, evidence
for and against, and a status that only reviews can change.

Errors are `application/problem+json` (RFC 9457). One thing has a strong `ETag`: `PATCH` and `POST …/reviews` need
`If-Match` (`*` stands for any version). Every `POST` takes an `Idempotency-Key`: the answer to the first request that
succeeded is given again for two days. Lists give `next_cursor` until it is null."""

PROBLEMS = {
    "400": "Cannot be read: not JSON, not UTF-8, a malformed header.",
    "401": "A good token is needed.",
    "403": "The caller's role does not allow it; `role` names the one that is missing.",
    "404": "There is no such thing.",
    "409": "Against a rule as things stand.",
    "410": "The claim was withdrawn; `claim` is its tombstone.",
    "412": "Somebody changed it since it was read; `ETag` is the current version.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
    "422": "Can be read, but is not allowed; `errors` says where and why.",
    "428": "If-Match is needed.",
    "429": "Too many requests.",
    "503": "The database cannot answer now.",
}
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "The version of the thing."}}


def register(app: Flask) -> dict[str, Any]:
    """Register the routes of /v1 and return the document that describes them."""
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
    for status, description in PROBLEMS.items():
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        api.spec.components.response(f"Problem{status}", {"description": description, "content": content})
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    document: dict[str, Any] = api.spec.to_dict()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                _complete(path, method, operation)
    return document


class _Api(Api):  # type: ignore[misc]
    """Ours are the error handlers and the pages; flask-smorest gives the document."""

    def _register_error_handlers(self) -> None:
        pass


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add what every route of this kind takes and answers."""
    responses = operation["responses"]
    responses.pop("default", None)
    statuses = {"400", "401", "422", "429", "503"}
    guarded = (path.endswith("/reviews") and method == "post") or method == "patch"
    if "{" in path:
        statuses.add("404")
    if "/claims/{" in path and not path.endswith("/history"):
        statuses.add("410")
    if method != "get":
        statuses |= {"403", "409", "413", "415"}
    if guarded:
        statuses |= {"412", "428"}
    for status in sorted(statuses):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    if path.startswith("/v1/sources/{") and not path.endswith("/merge"):
        responses["301"] = {
            "description": "The source was merged into another one.",
            "headers": {"Location": {"schema": {"type": "string"}}},
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    is_list = "cursor" in {parameter["name"] for parameter in operation.get("parameters", [])}
    if method == "get" and not is_list:
        responses["304"] = {"description": "The client has this version already.", "headers": ETAG}
        _takes(operation, "If-None-Match", "The ETag that you have.")
    if guarded:
        _takes(operation, "If-Match", "The ETag of the version that you read. Needed: without it the answer is 428.")
    if method == "post":
        _takes(operation, "Idempotency-Key", "Any text of yours: the same request under it is done once.", 255)
    for status in ("200", "201"):
        if status in responses and not is_list:
            headers = dict(ETAG)
            if status == "201":
                headers["Location"] = {"schema": {"type": "string"}, "description": "Where the new thing is."}
            responses[status]["headers"] = headers
    if role := operation.pop("x-role", None):
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the role `{role}`.".strip()
    operation.setdefault("operationId", f"{method}_{path.removeprefix('/v1/')}".translate(_NAMES))


_NAMES = str.maketrans({"/": "_", "{": None, "}": None})


def _takes(operation: dict[str, Any], name: str, description: str, longest: int | None = None) -> None:
    schema: dict[str, Any] = {"type": "string"}
    if longest:
        schema |= {"minLength": 1, "maxLength": longest}
    operation.setdefault("parameters", []).append(
        {"in": "header", "name": name, "required": False, "schema": schema, "description": description}
    )


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
    return {
        "type": "object",
        "description": "RFC 9457 problem details.",
        "properties": {
            "type": {**text, "description": "A path that says in words what this means."},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "request_id": text,
            "errors": {"type": "array", "items": flaw},
        },
        "required": ["type", "title", "status", "detail", "instance", "request_id"],
    }
