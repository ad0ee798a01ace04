"""The form of a claim, to add one and to edit one: quotes, quantity, and the attribution step by step."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from factcheck.log.actors import Actor
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.names import Names

Json = dict[str, Any]
# How a step names its sources in the form, and in JSON.
NAMES = {"source": "source_id", "on_behalf_of": "on_behalf_of_id"}


def body(
    session: Session, actor: Actor, form: Form, *, article_id: str | None = None, claim_id: str | None = None
) -> Json:
    """Return the form as JSON of a claim, with ids for names; sources that are to be made are made.

    Raises Invalid for names that no source has, and for those that several have.
    """
    fields = forms.body(form)
    fields.setdefault("quotes", [])
    names = Names(session, actor)
    for at, step in enumerate(fields.setdefault("attribution", [])):
        if isinstance(step, dict):
            names.resolve(step, "source", at=f"/attribution/{at}", kind="new_kind")
            names.resolve(step, "on_behalf_of", at=f"/attribution/{at}")
    names.settle(lambda: load(ClaimIn(exclude=["article_id"]), fields), article_id=article_id, claim_id=claim_id)
    return fields


def evidence(
    session: Session,
    actor: Actor,
    items: list[Any],
    check: Callable[[], object],
    *,
    claim_id: str,
    at: str = "/evidence",
) -> None:
    """Put ids into pieces of evidence for the names of who published them and of original sources.

    `check` looks at the whole form: see `Names.settle`.
    """
    names = Names(session, actor)
    for number, item in enumerate(items):
        if isinstance(item, dict):
            for name in ("source", "origin"):
                names.resolve(item, name, at=f"{at}/{number}" if at else "")
    names.settle(check, claim_id=claim_id)


def form_of(claim: Json) -> Form:
    """Return the form that a claim's JSON fills."""
    values: dict[str, str] = {"text": claim["text"], "kind": claim["kind"], "tags": ", ".join(claim["tags"])}
    for name, value in (claim["quantity"] or {}).items():
        values[f"quantity.{name}"] = "" if value is None else str(value)
    _fill_quotes(values, "quotes", claim["quotes"])
    for at, hop in enumerate(claim["attribution"]["chain"]):
        here = f"attribution.{at}"
        for name, target in NAMES.items():
            if hop[name]:
                values |= {f"{here}.{name}": hop[name]["name"], f"{here}.{target}": hop[name]["id"]}
        for name in ("described_as", "cue", "directness", "note"):
            values[f"{here}.{name}"] = hop[name] or ""
        values[f"{here}.interested"] = "" if hop["interested"] is None else str(hop["interested"]).lower()
        _fill_quotes(values, f"{here}.source_quotes", hop["source_quotes"])
        _fill_quotes(values, f"{here}.cue_quotes", hop["cue_quotes"])
    return Form("claim", values)


def _fill_quotes(values: dict[str, str], name: str, quotes: list[Mapping[str, Any]]) -> None:
    for at, quote in enumerate(quotes):
        for part in ("exact", "start", "end"):
            values[f"{name}.{at}.{part}"] = str(quote[part])
