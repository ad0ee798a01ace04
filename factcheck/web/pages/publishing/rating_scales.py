"""Rating scales: the house's words for verdicts, and the forms that add, translate and withdraw a scale."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.publishing import rating_scales, ready_scales
from factcheck.errors import Clash, Invalid, NotFound
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules import ratings as rules
from factcheck.schemas.base import load
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.publishing.ratings import RatingScaleIn, TranslationIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page, seen_other
from factcheck.web.speaking import languages

blueprint = Blueprint("rating_scales_pages", __name__, url_prefix="/rating-scales")
blueprint.before_request(admit)
SHOWN = 200  # scales on their page
Json = dict[str, Any]


@blueprint.get("")
def show() -> Response:
    return _all(Form("rating_scale"))


@blueprint.post("")
def add() -> Response:
    """Add a scale as POST /v1/rating-scales does: one that comes with factcheck, or one of the house's own words."""
    form = forms.sent("rating_scale")
    if form.value("more"):
        return _all(form)

    def work(session: Session, actor: Actor) -> str:
        scale = rating_scales.add(session, actor, **load(RatingScaleIn(), _scale(form)))
        return f"/rating-scales/{scale['id']}?said=added"

    try:
        return forms.perform(rating_scales.add, work)
    except (Invalid, Clash) as error:
        refused, status = forms.refused(error, "rating_scale")
        return _all(replace(refused, flaws=_of_rows(refused)), status)


@blueprint.get("/<uuid:scale_id>")
def show_one(scale_id: Any) -> Response:
    return _one(str(scale_id), {})


@blueprint.post("/<uuid:scale_id>/translations")
def translate(scale_id: Any) -> Response:
    """Give a scale words in one more language, as POST /v1/rating-scales/{id}/translations does."""

    def work(session: Session, actor: Actor) -> str:
        fields = load(TranslationIn(), _translation(forms.sent("translation")))
        rating_scales.translate(session, actor, str(scale_id), **fields)
        return f"/rating-scales/{scale_id}?said=translated"

    return _performed(str(scale_id), "translation", rating_scales.translate, work)


@blueprint.post("/<uuid:scale_id>/withdrawal")
def withdraw(scale_id: Any) -> Response:
    """Withdraw a scale, as POST /v1/rating-scales/{id}/withdrawal does."""

    def work(session: Session, actor: Actor) -> str:
        fields = load(ReasonIn(), forms.body(forms.sent("withdrawal")))
        rating_scales.withdraw(session, actor, str(scale_id), **fields)
        return f"/rating-scales/{scale_id}?said=withdrawn"

    return _performed(str(scale_id), "withdrawal", rating_scales.withdraw, work)


@blueprint.get("/<uuid:scale_id>/<any(translations, withdrawal):_form>")
def back(scale_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/rating-scales/{scale_id}")


def words(connection: Connection, claims: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the words of the ratings that claims' verdicts name, by the claims' ids, in the reader's language.

    Where the scale has no words in it, they are the verdict's own. One query, none where no verdict names a rating.
    """
    rated = {claim["id"]: claim["rating"] for claim in claims if "rating" in claim}
    scales = rating_scales.of_ids(connection, {rating["scale_id"] for rating in rated.values()})
    return {
        claim_id: _label(scales[rating["scale_id"]], rating["key"]) or rating["label"]
        for claim_id, rating in rated.items()
    }


def choices(connection: Connection) -> list[tuple[str, list[Json]]]:
    """Return the ratings that a verdict can name, by the names of their scales, each with its word and its `value`."""
    return [
        (scale["name"], [_choice(scale, rating) for rating in scale["ratings"]])
        for scale in rating_scales.active(connection)
    ]


def chosen(value: str) -> Json | None:
    """Return the rating that a form's field names, as the API takes it."""
    scale_id, _, key = value.partition(".")
    return {"scale_id": scale_id, "key": key} if value else None


def _choice(scale: Json, rating: Json) -> Json:
    label = rules.in_language(rating["labels"], languages.tag()) or rating["labels"][scale["language"]]
    return {"value": f"{scale['id']}.{rating['key']}", "label": label, "status": rating["status"]}


def _label(scale: Json, key: str) -> str | None:
    found = next(rating for rating in scale["ratings"] if rating["key"] == key)
    return rules.in_language(found["labels"], languages.tag())


def _performed(scale_id: str, part: str, action: Any, work: Any) -> Response:
    try:
        return forms.perform(action, work)
    except (Invalid, Clash) as error:
        form, status = forms.refused(error, part)
        flaws = [replace(flaw, pointer=re.sub("/(key|value)$", "", flaw.pointer or "")) for flaw in form.flaws]
        return _one(scale_id, {part: replace(form, flaws=flaws)}, status)


def _all(form: Form, status: int = 200) -> Response:
    with context.database().reading() as connection:
        found = [scale for _, scale in rating_scales.listed(connection, -1, SHOWN)]
    names = {scale["name"] for scale in found if scale["withdrawn_at"] is None}
    ready = {name: scale for name, scale in ready_scales.scales().items() if scale["name"] not in names}
    return page("rating_scales.html", status, scales=found, ready=ready, form=form, form_of=Form, word=_word)


def _one(scale_id: str, sent: Mapping[str, Form], status: int = 200) -> Response:
    with context.database().reading() as connection:
        scale = rating_scales.get(connection, scale_id)
    tags = [*scale["ratings"][0]["labels"]]
    return page(
        "rating_scale.html", status, scale=scale, languages=tags, said=request.args.get("said"),
        form_of=lambda part: sent.get(part) or Form(part),
    )  # fmt: skip


def _translation(form: Form) -> Json:
    """Return what the form says as the API's JSON: its fields are named by the keys of ratings, whatever those are."""
    body: Json = {"labels": {}, "definitions": {}}
    for name, text in form.values.items():
        part, _, key = name.partition(".")
        if text and part in body:
            body[part][key] = text
    return body | ({"language": form.value("language")} if form.value("language") else {})


def _word(scale: Json, rating: Json) -> str:
    return str(_choice(scale | {"id": ""}, rating)["label"])


def _scale(form: Form) -> Json:
    """Return what the form says as the API's JSON. A row of the form is a rating in one language."""
    ready = form.value("ready")
    if ready:
        if ready not in ready_scales.scales():
            raise NotFound(message("factcheck has no rating scale of this name."))
        return ready_scales.scales()[ready]
    body = forms.body(form)
    rows = body.get("ratings")
    if not isinstance(rows, list):
        return body
    keys: list[str] = []
    for row in rows:
        keys.append(_key(row.get("label", ""), keys))
    language = body.get("language", "")
    return body | {"ratings": [_rating(row, key, language) for row, key in zip(rows, keys, strict=True)]}


def _rating(row: Json, key: str, language: str) -> Json:
    words = {f"{name}s": {language: row[name]} for name in ("label", "definition") if name in row}
    return {"key": key, "labels": {}} | {name: row[name] for name in ("status", "number") if name in row} | words


def _key(label: str, taken: list[str]) -> str:
    """Return a key for a rating: its word in the letters that a key may have, or its number."""
    key = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40]
    if not key[:1].isalpha():
        key = f"rating_{key or len(taken) + 1}"
    return key if key not in taken else f"{key}_{len(taken) + 1}"


def _of_rows(form: Form) -> list[Any]:
    """Return what is wrong by the fields of the form's rows, which have a word in one language alone."""
    pointer = re.compile(r"^/ratings/([0-9]+)/(label|definition|key).*")
    of_language = re.compile(r"/ratings/[0-9]+/(labels|definitions)(/.*/key)?")  # the language has a field of its own
    told = [flaw for flaw in form.flaws if not of_language.fullmatch(flaw.pointer or "") or form.value("language")]
    return [replace(flaw, pointer=pointer.sub(_field, flaw.pointer or "")) for flaw in told]


def _field(match: re.Match[str]) -> str:
    return f"/ratings/{match[1]}/{'definition' if match[2] == 'definition' else 'label'}"
