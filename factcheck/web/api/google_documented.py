"""What the OpenAPI document says of Google's door: its parameters, its form, and its own shape of errors."""

from typing import Any

from factcheck.web.google import FORM, LARGEST_OFFSET, LARGEST_PAGE, LONGEST, PAGE

OVERRIDE = "X-HTTP-Method-Override"
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "format": "int32", "minimum": 0}
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "query": (
        {**_TEXT, "example": "million people"},
        'Words that must all occur, "phrases", beginnings*, and -words that must not; where no claim has them all, the '
        f"claims that are likest to the text. Of a long text, {LONGEST} characters count. Needed, unless "
        "reviewPublisherSiteFilter is given.",
    ),
    "languageCode": (
        {**_TEXT, "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "example": "en-US"},
        "The article's language, as a BCP-47 tag. The region is not looked at.",
    ),
    "reviewPublisherSiteFilter": (
        {**_TEXT, "maxLength": 300, "pattern": "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$", "example": "localhost"},
        "This desk's site, or nothing is found.",
    ),
    "maxAgeDays": (_WHOLE, "How old the newer of the article's and the review's day is at most. 0: any age."),
    "pageSize": (
        {**_WHOLE, "default": PAGE},
        f"How many claims a page has at most: {PAGE} for 0, and {LARGEST_PAGE} for more than that.",
    ),
    "pageToken": (_TEXT, "`nextPageToken` of the page before. The filters must be the same."),
    "offset": (
        {**_WHOLE, "maximum": LARGEST_OFFSET},
        "How many claims to leave out, where there is no pageToken. To go further, follow the tokens.",
    ),
    "fields": (
        {**_TEXT, "example": "claims(text,claimReview/textualRating),nextPageToken"},
        "Which members to answer with.",
    ),
    "prettyPrint": ({"type": "boolean", "default": True}, "Whether to indent."),
    "alt": ({**_TEXT, "enum": ["json"], "default": "json"}, "The form of the answer."),
    "key": (_TEXT, "Not looked at: a desk whose reading needs no token needs no key, and a token is refused here."),
    "quotaUser": (_TEXT, "Not looked at."),
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
                "errors": {"type": "array", "items": {"type": "object"}, "description": "With $.xgafv=1."},
            },
            "required": ["code", "message", "status", "details"],
        }
    },
    "required": ["error"],
}
_ERRORS = {
    "400": "Not allowed as it stands; `message` says what and why.",
    "401": "A good token is needed, where reading needs one.",
    "429": "Too many requests.",
    "431": "Path, query and headers are too large together.",
    "503": "The database cannot answer now.",
}
_OF_FORMS = {
    "405": f"A POST without {OVERRIDE}: GET.",
    "408": "The form was not there in time.",
    "411": "The form has no Content-Length.",
    "413": "The form is too large.",
    "415": "The body is no form.",
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
        operation["description"] = "A search that is too long for an address: it stands for a GET, and changes nothing."
        override = {**_TEXT, "enum": ["GET"]}
        parameters.append({"in": "header", "name": OVERRIDE, "required": True, "schema": override})
    parameters.append({"$ref": "#/components/parameters/X-Request-Id"})
