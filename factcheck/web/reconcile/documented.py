"""What the OpenAPI document says of /reconcile: parameters, forms and answers are those of the specification."""

from typing import Any

from factcheck.formats.reconciliation.reading import BATCH, IDS, LONGEST
from factcheck.web.bodies import FORM

RECONCILE = "/reconcile"
SPECIFICATION = "https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/"
_TEXT = {"type": "string", "maxLength": LONGEST}
_WHOLE = {"type": "integer", "minimum": 0, "maximum": 1000}
_QUERIES = (
    f"A JSON object of at most {BATCH} queries, each with `query`, `type`, `limit`, `properties` and `type_strict`."
)
_EXTEND = f"A JSON object with `ids` (at most {IDS}) and `properties`, instead of `queries`."
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "queries": ({"type": "string"}, _QUERIES),
    "extend": ({"type": "string"}, _EXTEND),
    "prefix": (_TEXT, "What somebody typed."),
    "cursor": (_WHOLE, "How many suggestions to skip."),
    "id": (_TEXT, "The id of what is shown."),
    "type": (_TEXT, "The id of a type."),
    "limit": (_WHOLE, "The maximum number of properties."),
}
_TAKEN = {
    "": ("queries", "extend"),
    "/suggest/": ("prefix", "cursor"),
    "/flyout/": ("id",),
    "/preview": ("id",),
    "/properties": ("type", "limit"),
}
_STATUSES = ("400", "401", "422", "429", "431", "503")
_OF_FORMS = ("408", "411", "413", "415")


def complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Complete one operation: what it takes, and how it answers."""
    rest = path.removeprefix(RECONCILE)
    names = next(names for begins, names in _TAKEN.items() if (rest.startswith(begins) if begins else not rest))
    responses = operation["responses"]
    responses.pop("default", None)
    header = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    html = rest == "/preview"
    schema = {"type": "string"} if html else {"type": "object"}
    responses["200"]["content"] = {"text/html" if html else "application/json": {"schema": schema}}
    responses["200"]["headers"] = header
    statuses = [*_STATUSES, *(_OF_FORMS if method == "post" else ()), *(("404",) if "id" in names else ())]
    if not rest:
        statuses.append("413")
    for status in sorted(set(statuses)):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["operationId"] = f"{method}_reconcile{rest.replace('/', '_')}"
    operation["externalDocs"] = {"url": SPECIFICATION}
    parameters = operation["parameters"] = []
    if method == "post":
        properties = {name: {**_PARAMETERS[name][0], "description": _PARAMETERS[name][1]} for name in names}
        operation["requestBody"] = {
            "required": True,
            "content": {FORM: {"schema": {"type": "object", "properties": properties}}},
        }
        operation["description"] = "It changes nothing: the role `reader` is enough."
    else:
        parameters += [
            {"in": "query", "name": name, "required": False, "schema": schema, "description": told}
            for name in names
            for schema, told in [_PARAMETERS[name]]
        ]
    parameters.append({"$ref": "#/components/parameters/X-Request-Id"})
    if (rest, method) == ("", "get"):
        operation["security"] = [{"token": []}, {}]  # the manifest is for everybody
