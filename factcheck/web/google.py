"""How Google's APIs are spoken: the parameters of Fact Check Tools, and errors in the shape of google.rpc.Status.

https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims/search
https://cloud.google.com/apis/design/errors
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import orjson
from flask import Response, request

from factcheck.desk.access import tokens
from factcheck.errors import Flaw, Invalid, Unreadable, WrongMethod
from factcheck.formats import field_mask
from factcheck.formats.factcheck_tools import MEMBERS
from factcheck.messages import message
from factcheck.rules.text.queries import Query, parse_pasted
from factcheck.rules.text.series import alternatives
from factcheck.web.bodies import FORM, read_bytes

PREFIX = "/v1alpha1/"
JSON = "application/json; charset=UTF-8"
PAGE, LARGEST_PAGE = 10, 200
LARGEST_OFFSET = 1000  # what is skipped is read
WORDS = 200  # in a query
LONGEST = 20_000  # characters of a query that are looked at
PARAMETERS = 100
INT32 = 2**31 - 1
_INT = re.compile(r"-?[0-9]{1,10}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_HUMP = re.compile(r"(?<=[a-z])([A-Z])")


@dataclass(frozen=True)
class Asked:
    """A search as it was asked for; None = not given, which is also what an empty text and a 0 mean there.

    `parsed` is None as well for a `query` without a word: nothing is like it.
    """

    query: str | None = None
    parsed: Query | None = None
    language: str | None = None
    site: str | None = None
    max_age_days: int | None = None
    page_size: int = PAGE
    page_token: str | None = None
    offset: int = 0
    mask: field_mask.Tree | None = None
    pretty: bool = True


def _number(text: str) -> int:
    if not _INT.fullmatch(text) or not -INT32 - 1 <= int(text) <= INT32:
        raise ValueError(message("Must be a whole number of 32 bits."))
    if int(text) < 0:
        raise ValueError(message("Must not be negative."))
    return int(text)


def _offset(text: str) -> int:
    offset = _number(text)
    if offset > LARGEST_OFFSET:
        raise ValueError(
            message("Must be at most {most}: use pageToken, which reaches any depth.", most=LARGEST_OFFSET)
        )
    return offset


def _query(text: str) -> tuple[str, Query | None] | None:
    """Read what somebody typed or pasted, whatever it is: of a long text, the beginning."""
    text = text[:LONGEST]
    return (text, parse_pasted(text, WORDS)) if text.strip() else None


def _language(text: str) -> str | None:
    if text and not _LANGUAGE.fullmatch(text):
        raise ValueError(message("Must be a BCP-47 language tag, such as en or sr-Latn."))
    return text.lower().partition("-")[0] or None  # Google does not look at the region either


def _site(text: str) -> str | None:
    if not text:
        return None
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname
    except ValueError:
        host = None
    if not host or len(text) > 300:
        raise ValueError(message("Must be a site, such as nytimes.com."))
    return host.removeprefix("www.")


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise ValueError(message("Must be true or false."))
    return text.lower() in ("true", "1")


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in values:
            raise ValueError(message("Must be {values}: other values are not supported.", values=alternatives(values)))
        return text

    return read


def _ignored(_: str) -> None:
    return None


def _refused(why: str) -> Callable[[str], None]:
    def read(_: str) -> None:
        raise ValueError(why)

    return read


_IN_URL = message("Do not send a token in a URL: use the header Authorization: Bearer.")
# Under their own names in camelCase; those in snake_case, and a $ before a parameter of the system, mean the same.
_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "query": ("query", _query),
    "languageCode": ("language", _language),
    "reviewPublisherSiteFilter": ("site", _site),
    "maxAgeDays": ("max_age_days", _number),
    "pageSize": ("page_size", _number),
    "pageToken": ("page_token", str),
    "offset": ("offset", _offset),
    "fields": ("mask", lambda text: field_mask.parse(text, MEMBERS) if text else None),
    "prettyPrint": ("pretty", _flag),
    "alt": ("", _one_of("json")),
    ".xgafv": ("", _one_of("1", "2")),
    "key": ("", _ignored),
    "quotaUser": ("", _ignored),
    "uploadType": ("", _ignored),
    "uploadProtocol": ("", _ignored),
    "accessToken": ("", _refused(_IN_URL)),
    "oauthToken": ("", _refused(_IN_URL)),
    "callback": ("", _refused(message("JSONP is not supported."))),
}
_NAMES = {_HUMP.sub(r"_\1", name).lower(): name for name in _READ} | {name: name for name in _READ}


def asked() -> Asked:
    """Read this request's search. Raises Invalid, and names each parameter that is wrong.

    A long query comes as a form, in a POST that says that it stands for a GET: Google's own library sends what does not
    fit into 2,048 characters like this. It asks for the next page of such a search by a pageToken in the address, with
    the same form as before, so that what the address says goes before what the form says.
    """
    in_address = _given(request.args.items(multi=True))
    given = in_address if request.method != "POST" else _given(_form()) | in_address
    values: dict[str, Any] = {}
    flaws: list[Flaw] = []
    for name, texts in given.items():
        try:
            member, value = _value(name, texts)
            if member == "pretty" or (member and value not in (None, 0, "")):
                values[member] = value
        except ValueError as error:
            flaws.append(Flaw(error.args[0], parameter=name[:100]))
    if not flaws and "query" not in values and "site" not in values:
        flaws = [Flaw(message("Required, unless reviewPublisherSiteFilter is given."), parameter="query")]
    if flaws:
        raise Invalid(message("Some parameters of the search are not allowed."), flaws=flaws)
    values["query"], values["parsed"] = values.get("query", (None, None))
    values["page_size"] = min(values.get("page_size", PAGE), LARGEST_PAGE)
    return Asked(**values)


def _given(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(_NAMES.get(name.removeprefix("$"), name), []).append(text)
    return given


def _value(name: str, texts: list[str]) -> tuple[str, Any]:
    if name not in _READ:
        raise ValueError(message("This parameter does not exist here."))
    if len(texts) > 1:
        raise ValueError(message("Was given more than once."))
    if "\x00" in texts[0]:
        raise ValueError(message("Must not contain U+0000."))
    member, read = _READ[name]
    return member, read(texts[0])


def _form() -> list[tuple[str, str]]:
    """Return the pairs of the form of a POST that stands for a GET. Raises WrongMethod for any other POST."""
    if request.headers.get("X-HTTP-Method-Override", "").upper() != "GET":
        raise WrongMethod(message("A POST here carries a long search: send X-HTTP-Method-Override: GET with it."))
    raw = read_bytes((FORM,))
    try:
        text = raw.decode("ascii")
        unquote_to_bytes(text).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=PARAMETERS, errors="strict")
    except UnicodeDecodeError:
        raise Unreadable(message("The form is not UTF-8, escaped as forms are.")) from None
    except ValueError:
        raise Unreadable(message("There are more than {most} parameters.", most=PARAMETERS)) from None
    if any(tokens.MARK in part for name, value in pairs if name not in ("pageToken", "page_token")
           for part in (name, value)):  # fmt: skip
        raise Unreadable(message("Do not send a token as a parameter: use the header Authorization: Bearer."))
    return pairs


def written(value: Any, *, pretty: bool = True, status: int = 200) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else 0), status, content_type=JSON)


# HTTP's codes, and google.rpc.Code's names for them.
_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    410: "NOT_FOUND",
    411: "INVALID_ARGUMENT",
    412: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    416: "OUT_OF_RANGE",
    428: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    431: "INVALID_ARGUMENT",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def error(document: dict[str, Any]) -> Response:
    """Answer with an error, from its problem document. What is 422 elsewhere is 400 there."""
    code = 400 if document["status"] in (406, 422) else document["status"]
    flaws = document.get("errors", [])
    told = [f"{flaw['parameter']}: {flaw['detail']}" for flaw in flaws if "parameter" in flaw]
    whole = " ".join([document["detail"], *told[:10]])
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": document["request_id"]}
    ]
    if told:
        violations = [{"field": flaw["parameter"], "description": flaw["detail"]} for flaw in flaws]
        details.insert(0, {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    body: dict[str, Any] = {"code": code, "message": whole, "status": _CODES[code], "details": details}
    if request.args.get("$.xgafv") == "1":
        body["errors"] = [{"message": whole, "domain": "global", "reason": _REASONS.get(code, "backendError")}]
    return written({"error": body}, status=code)


_REASONS = {
    400: "badRequest", 401: "required", 403: "forbidden", 404: "notFound", 405: "httpMethodNotAllowed",
    429: "rateLimitExceeded",
}  # fmt: skip
