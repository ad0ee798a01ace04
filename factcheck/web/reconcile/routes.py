"""/reconcile. Everything here reads, also a POST, and whoever may read sources may use it.

JSONP, which version 0.2 leaves to services, is not offered: a script of another site reads answers by CORS. Parameters
that the specification does not have are ignored, because clients send their own.
"""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import Response, request

from factcheck import __version__
from factcheck.errors import Flaw, Invalid, NotFound, Unauthenticated, Unreadable
from factcheck.formats.reconciliation import reading, vocabulary, writing
from factcheck.formats.reconciliation.manifest import manifest
from factcheck.queries.sources import reconciling
from factcheck.schemas.strict_json import parse
from factcheck.web import context, searching
from factcheck.web.api import Blueprint
from factcheck.web.bodies import FORM, read_bytes

Json = dict[str, Any]
PARAMETERS = 20
LARGEST = 1000  # suggestions that can be skipped
ASKED = ("queries", "extend")


def admit() -> None:
    """Let in whoever may read, and everybody to the manifest. Raises Unauthenticated."""
    of_manifest = request.path == "/reconcile" and request.method != "POST" and not _given(request.args)
    if request.method == "OPTIONS" or of_manifest or context.settings().public_read:
        return
    if context.caller() is None:
        raise Unauthenticated("Send the header Authorization: Bearer fck_…")


blueprint = Blueprint(
    "reconcile",
    "The Reconciliation Service API 0.2 over sources, for OpenRefine and other clients.",
    prefix="/reconcile",
    admitted_by=admit,
)


@blueprint.route("")
@blueprint.response(200)
def get_reconcile() -> Response:
    """Get the service manifest, or with `queries` or `extend` what a POST returns."""
    asked = _given(request.args)
    if asked:
        return _written(_answered(*asked))
    return _written(manifest(context.here(), __version__, needs_token=not context.settings().public_read))


@blueprint.route("", methods=["POST"])
@blueprint.response(200)
def post_reconcile() -> Response:
    """Reconcile a batch of queries, or get the values of properties. It changes nothing."""
    asked = _given(_form())
    if asked is None:
        raise Invalid("The form has neither queries nor extend.", flaws=[Flaw("Required.", parameter="queries")])
    return _written(_answered(*asked))


@blueprint.route("/suggest/entity")
@blueprint.response(200)
def suggest_entity() -> Response:
    """Suggest sources whose names begin like a text."""
    view = searching.view()
    with searching.reading(view) as connection:
        found = reconciling.suggested(connection, view, _text("prefix"), _number("cursor", LARGEST) or 0)
    return _written({"result": found})


@blueprint.route("/suggest/type")
@blueprint.response(200)
def suggest_type() -> Response:
    """Suggest types of sources."""
    return _written({"result": vocabulary.types_like(_text("prefix"))[_number("cursor", LARGEST) or 0 :]})


@blueprint.route("/suggest/property")
@blueprint.response(200)
def suggest_property() -> Response:
    """Suggest properties of sources."""
    return _written({"result": vocabulary.properties_like(_text("prefix"))[_number("cursor", LARGEST) or 0 :]})


@blueprint.route("/flyout/entity")
@blueprint.response(200)
def flyout_entity() -> Response:
    """Get a small preview of a source."""
    return _written({"id": _text("id"), "html": writing.flyout(_source(), context.here())})


@blueprint.route("/flyout/type")
@blueprint.response(200)
def flyout_type() -> Response:
    """Get a small preview of a type."""
    name = vocabulary.TYPES.get(_text("id"))
    if name is None:
        raise NotFound("No type has this id.")
    return _written({"id": _text("id"), "html": writing.explained(name, "A kind of source.")})


@blueprint.route("/flyout/property")
@blueprint.response(200)
def flyout_property() -> Response:
    """Get a small preview of a property."""
    found = vocabulary.PROPERTIES.get(_text("id"))
    if found is None:
        raise NotFound("No property has this id.")
    return _written({"id": _text("id"), "html": writing.explained(found.name, found.description)})


@blueprint.route("/properties")
@blueprint.response(200)
def propose_properties() -> Response:
    """Propose properties whose values can be fetched for sources of a type."""
    return _written(writing.proposed(_text("type"), _number("limit", LARGEST)))


@blueprint.route("/preview")
@blueprint.response(200, content_type="text/html")
def preview() -> Response:
    """Get an HTML page about a source, for a frame on the page of a client."""
    return Response(writing.preview(_source(), context.here()), mimetype="text/html")


def _answered(name: str, text: str) -> Json:
    value = parse(text.encode("utf-8", "surrogatepass"), f"The parameter {name}")
    if name == "extend":
        asked = reading.extension(value)
        with context.database().reading() as connection:
            return writing.extended(asked, reconciling.by_ids(connection, asked.ids))
    batch = reading.queries(value)
    view = searching.view()
    with searching.reading(view) as connection:
        return {key: {"result": reconciling.answered(connection, view, query)} for key, query in batch.items()}


def _given(values: Any) -> tuple[str, str] | None:
    """Return which of the two a request asks, and how."""
    return next(((name, values[name]) for name in ASKED if name in values), None)


def _form() -> dict[str, str]:
    raw = read_bytes((FORM,))
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=PARAMETERS, errors="strict")
    except UnicodeDecodeError:
        raise Unreadable("The form is not UTF-8, escaped as forms are.") from None
    except ValueError:
        raise Unreadable(f"There are more than {PARAMETERS} parameters.") from None
    return dict(pairs)


def _source() -> Json:
    wanted = _text("id")
    with context.database().reading() as connection:
        found = reconciling.by_ids(connection, [wanted]).get(wanted)
    if found is None:
        raise NotFound("No source has this id.")
    return found


def _text(name: str) -> str:
    text = request.args.get(name, "")
    if len(text) > reading.LONGEST or "\x00" in text:
        flaw = Flaw(f"Must have at most {reading.LONGEST} characters, without U+0000.", parameter=name)
        raise Invalid("Some parameters of the request are not allowed.", flaws=[flaw])
    return text


def _number(name: str, most: int) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= most):
        flaw = Flaw(f"Must be a whole number from 0 to {most}.", parameter=name)
        raise Invalid("Some parameters of the request are not allowed.", flaws=[flaw])
    return int(text)


def _written(value: Json) -> Response:
    return Response(orjson.dumps(value), content_type="application/json")
