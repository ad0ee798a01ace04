"""What the OpenAPI document says of Google's door: its parameters, its form, and its own shape of errors."""

from typing import Any

from factcheck.web.bodies import FORM
from factcheck.web.google import LARGEST_OFFSET, LARGEST_PAGE, LONGEST, PAGE

OVERRIDE = "X-HTTP-Method-Override"
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "format": "int32", "minimum": 0}
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "query": (
        {**_TEXT, "example": "million people"},
        'Words that must all occur, "phrases", beginnings*, and -words that must not occur. If no claim has them all, '
        f"the most similar claims. Of a long text, {LONGEST} characters count. Required, unless "
        "reviewPublisherSiteFilter is given.",
    ),
    "languageCode": (
        {**_TEXT, "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "example": "en-US"},
        "The article's language, as a BCP-47 tag. The region is ignored.",
    ),
    "reviewPublisherSiteFilter": (
        {**_TEXT, "maxLength": 300, "pattern": "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$", "example": "localhost"},
        "This desk's host. Any other value finds nothing.",
    ),
    "maxAgeDays": (
        _WHOLE,
        "The maximum age in days of the newer of the article's and the review's date. 0 for any age.",
    ),
    "pageSize": (
        {**_WHOLE, "default": PAGE},
        f"The maximum number of claims on a page. 0 means {PAGE}; the maximum is {LARGEST_PAGE}.",
    ),
    "pageToken": (_TEXT, "`nextPageToken` of the previous page. The filters must be the same."),
    "offset": (
        {**_WHOLE, "maximum": LARGEST_OFFSET},
        "How many claims to skip, if there is no pageToken. To go further, use page tokens.",
    ),
    "fields": (
        {**_TEXT, "example": "claims(text,claimReview/textualRating),nextPageToken"},
        "Which members to include in the response.",
    ),
    "prettyPrint": ({"type": "boolean", "default": True}, "Whether to indent the JSON."),
    "alt": ({**_TEXT, "enum": ["json"], "default": "json"}, "The format of the response."),
    "key": (_TEXT, "Ignored: no key is needed, and a token is refused here."),
    "quotaUser": (_TEXT, "Ignored."),
    "$.xgafv": ({**_TEXT, "enum": ["1", "2"]}, "1 adds `errors` to an error."),
}
PARAMETERS = [
    {"in": "query", "name": name, "schema": schema, "description": description, "required": False}
    for name, (schema, description) in _PARAMETERS.items()
]
_ERROR = {
    "type": "object",
    "description": "google.rpc.Status, as Google's APIs give it.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "integer"},
                "message": _TEXT,
                "status": {**_TEXT, "description": "A name of google.rpc.Code."},
                "details": {"type": "array", "items": {"type": "object"}},
                "errors": {"type": "array", "items": {"type": "object"}, "description": "Only with $.xgafv=1."},
            },
            "required": ["code", "message", "status", "details"],
        }
    },
    "required": ["error"],
}
_ERRORS = {
    "400": "Some parameters are not allowed; `message` says which and why.",
    "401": "A valid token is required, if reading needs one.",
    "429": "Too many requests.",
    "431": "Path, query and headers are too large together.",
    "503": "The database is not available now.",
}
_OF_FORMS = {
    "405": f"A POST without {OVERRIDE}: GET.",
    "408": "The form did not arrive in time.",
    "411": "The form has no Content-Length.",
    "413": "The form is too large.",
    "415": "The body is not a form.",
}


def complete(method: str, operation: dict[str, Any]) -> None:
    """Complete one of the two operations: they search alike, and a POST carries its parameters in a form."""
    responses = operation["responses"]
    responses.pop("default", None)
    header = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    responses["200"]["headers"] = header
    for status, description in (_ERRORS | (_OF_FORMS if method == "post" else {})).items():
        also = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}.get(status)
        carried = {also: {"$ref": f"#/components/headers/{also}"}} if also else {}
        content = {"application/json": {"schema": _ERROR}}
        responses[status] = {"description": description, "headers": {**header, **carried}, "content": content}
    operation["operationId"] = f"{method}_v1alpha1_claims_search"
    parameters = operation["parameters"] = list(PARAMETERS) if method == "get" else []
    if method == "post":
        properties = {name: {**schema, "description": told} for name, (schema, told) in _PARAMETERS.items()}
        form = {"type": "object", "properties": properties, "additionalProperties": False}
        operation["requestBody"] = {"required": True, "content": {FORM: {"schema": form}}}
        operation["description"] = "A search that is too long for a URL. It works like a GET and changes nothing."
        override = {**_TEXT, "enum": ["GET"]}
        parameters.append({"in": "header", "name": OVERRIDE, "required": True, "schema": override})
    parameters.append({"$ref": "#/components/parameters/X-Request-Id"})
