"""The form of a claim, to enter one and to amend one: quotes, quantity, and the chain hop by hop.

A hop's source is typed as a name. One that the desk knows is taken; a new one is made when its kind is chosen, in the
transaction of the claim.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from factcheck.desk import claims, sources
from factcheck.desk.actors import Actor
from factcheck.errors import Flaw, Invalid
from factcheck.schemas.base import is_id, load
from factcheck.schemas.sources import SourceIn
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form

Json = dict[str, Any]
# How a hop names its sources in the form, and in JSON.
NAMES = {"source": "source_id", "on_behalf_of": "on_behalf_of_id"}


def body(
    session: Session, actor: Actor, form: Form, *, article_id: str | None = None, claim_id: str | None = None
) -> Json:
    """Return the form as JSON of a claim, with ids for names; sources that are to be made are made.

    Raises Invalid for names that no source has, and for those that several have.
    """
    fields = forms.body(form)
    fields.setdefault("quotes", [])
    chain = [hop for hop in fields.setdefault("attribution", []) if isinstance(hop, dict)]
    flaws: list[Flaw] = []
    new: list[tuple[Json, str, str, str]] = []
    for at, hop in enumerate(chain):
        kind = hop.pop("new_kind", None)
        for name, target in NAMES.items():
            typed, kept = hop.pop(name, None), hop.pop(target, None)
            if typed is None:
                continue
            found = _known(session, str(typed), kept)
            if len(found) == 1:
                hop[target] = found[0]
            elif not found and kind:
                new.append((hop, target, str(typed), kind))
            else:
                flaws.append(Flaw(_trouble(str(typed), len(found)), pointer=f"/attribution/{at}/{name}"))
    if flaws:
        raise Invalid("Some sources are not clear.", flaws=flaws)
    if new:
        named = [hop.get(target) for hop in chain for target in NAMES.values()]
        claims.hold(session, named, article_id=article_id, claim_id=claim_id)
    for hop, target, typed, kind in new:
        made = sources.named(session.connection(), typed)  # by a hop before this one
        fresh = made[0] if made else sources.add(session, actor, **load(SourceIn(), {"name": typed, "kind": kind}))
        hop[target] = fresh["id"]
    return fields


def evidence(session: Session, item: Json, pointer: str = "") -> Json:
    """Return evidence as JSON, with ids for the names of who published it and whom it goes back to."""
    fields, flaws = dict(item), []
    for name in ("source", "origin"):
        typed = fields.pop(name, None)
        if typed is None:
            continue
        found = _known(session, str(typed), None)
        if len(found) == 1:
            fields[f"{name}_id"] = found[0]
        else:
            flaws.append(Flaw(_trouble(str(typed), len(found), makes=False), pointer=f"{pointer}/{name}"))
    if flaws:
        raise Invalid("Some sources are not clear.", flaws=flaws)
    return fields


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
    return Form(values)


def _fill_quotes(values: dict[str, str], name: str, quotes: list[Mapping[str, Any]]) -> None:
    for at, quote in enumerate(quotes):
        for part in ("exact", "start", "end"):
            values[f"{name}.{at}.{part}"] = str(quote[part])


def _known(session: Session, typed: str, kept: Any) -> list[str]:
    """Return the ids of the sources of this name; of several, the one that the form had before."""
    found = [source["id"] for source in sources.named(session.connection(), typed)]
    return [kept] if is_id(kept) and kept in found else found


def _trouble(typed: str, known: int, *, makes: bool = True) -> str:
    if known:
        return f"{known} sources have the name “{typed}”: type an alias that only one has."
    if makes:
        return f"No source has the name “{typed}”. Choose its kind to make it, or describe somebody not named instead."
    return f"No source has the name “{typed}”."
