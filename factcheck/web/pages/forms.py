"""Forms: what a browser sends, in the shape of the API's JSON, so that the same schemas read both.

A field is named like the JSON pointer of its value, with dots: ``evidence.0.url``. So each flaw finds its field.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from factcheck.desk.access.answers import Answer
from factcheck.errors import FactcheckError, Flaw, NotCaptured, Unreadable
from factcheck.log.actors import Action, Actor, Precondition
from factcheck.messages import message
from factcheck.web import context, problems
from factcheck.web.pages import labels, rows
from factcheck.web.pages.names import UNKNOWN

# The form's own, no field of a thing.
OURS = frozenset({"csrf_token", "key", "version", "revision", "more", "next", "anyway", "find", "fetch"})
DEPTH = 5
ROWS = 50  # rows of a list that a form shows, at most: no list that has rows may have as many items
_PLACE = re.compile(r"[0-9]{1,3}")  # of an item in a list
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
# Lists in one field: one item a line, or separated by commas.
LISTS = ("tags", "aliases", "same_as", "events", "statuses", "attribution_statuses", "articles", "sources")
TRUTH = {"true": True, "false": False}


@dataclass
class Form:
    """A form as it is shown: which it is, what its fields hold, and what is wrong with them.

    `noun` is its name in `labels`; `focus` is the row in which one goes on, as ``attribution.1``.
    """

    noun: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    flaws: Sequence[Flaw] = ()
    error: FactcheckError | None = None
    focus: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def value(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def label(self, name: str) -> str:
        return labels.label_of(self.noun, name)

    def said(self, name: str) -> list[str]:
        """Return what is wrong with a field, in words that say what to do."""
        return [labels.told(flaw) for flaw in self._of(name)]

    def places(self, name: str) -> list[Mapping[str, Any]]:
        """Return the places in the text from which an ambiguous quote has to be picked."""
        return [place for flaw in self._of(name) for place in flaw.places]

    def candidates(self, name: str) -> list[Mapping[str, Any]]:
        """Return the sources from which the one that a name means has to be picked."""
        return [candidate for flaw in self._of(name) for candidate in flaw.candidates]

    def is_unknown(self, name: str) -> bool:
        """Say whether the name in a field is of no source yet, so that one can be created."""
        return any(flaw.rule == UNKNOWN for flaw in self._of(name))

    def rows(self, name: str, least: int = 0) -> range:
        """Return the numbers of a list's items that the form shows, and one more if that was asked for."""
        found = [int(match[1]) for each in self.values if (match := re.match(rf"{name}\.([0-9]{{1,3}})\.", each))]
        shown = min(max([least, *(number + 1 for number in found)]), ROWS)
        return range(shown + (self.values.get("more") == name))

    @property
    def summary(self) -> str:
        """Say why the form was not saved."""
        return labels.summary(self.error, bool(self.flaws)) if self.error else ""

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """Return what is wrong with the fields: each field's name in the form, its label, and what to do."""
        return [
            (name.replace(".", "-"), labels.place_of(self.noun, name), labels.told(flaw))
            for flaw in self.flaws
            for name in [_name_of(flaw)]
        ]

    @property
    def reasons(self) -> str:
        """Say in one sentence, or several, what is wrong."""
        return " ".join(dict.fromkeys(told for _, _, told in self.problems)) or self.summary

    def _of(self, name: str) -> list[Flaw]:
        return [flaw for flaw in self.flaws if _name_of(flaw) == name]


def sent(noun: str = "") -> Form:
    """Return the form that was sent: its lists without empty rows, and their rows moved as its button asks."""
    values, focus = rows.arranged({name: text.replace("\r\n", "\n") for name, text in request.form.items()})
    return Form(noun, values, focus=focus)


def refused(error: FactcheckError, noun: str) -> tuple[Form, int]:
    """Return the form that was sent, to show again, with what is wrong, and the answer's status."""
    form = sent(noun)
    if isinstance(error, NotCaptured):  # sending it again saves it without a copy
        form.values = {name: text for name, text in form.values.items() if name.rpartition(".")[2] != "capture"}
    return Form(noun, form.values, error.flaws, error, form.focus), problems.TABLE[type(error)].status


def body(form: Form) -> dict[str, Any]:
    """Return the form's fields as the API's JSON: nested, typed, without empty ones."""
    tree: dict[str, Any] = {}
    for name, text in form.values.items():
        if name in OURS or text == "":
            continue
        *path, last = name.split(".", DEPTH + 1)
        if len(path) >= DEPTH:
            raise Unreadable(message("The form has an unknown field. Open its page again."))
        here = tree
        for each in path:
            here = here.setdefault(each, {})
            if not isinstance(here, dict):
                raise Unreadable(message("The form has a field twice. Open its page again."))
        here[last] = _typed(last, text)
    return {name: _listed(value) for name, value in tree.items()}


def perform(action: Action[..., Any], work: Callable[[Session, Actor], str], *, long: bool = False) -> Response:
    """Do an action as the API does it, and send the browser on to where `work` says. See `context.perform`.

    The form's key makes sending it twice the same as sending it once.
    """
    form = repr(sorted(request.form.items(multi=True))).encode()
    key = request.form.get("key", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", key):
        raise Unreadable(message("The form has no key. Open its page again."))
    return context.perform(
        action,
        lambda transaction, actor: Answer(303, {"Location": work(transaction, actor)}, b""),
        form=(key, form),
        long=long,
    )


def version_seen() -> Precondition:
    """Return the version that the form was made from."""
    return Precondition(frozenset({request.form.get("version", "")}))


def _name_of(flaw: Flaw) -> str:
    """Return the name that a flaw's field has in forms. A source is named there, and not given by its id."""
    name = (flaw.pointer or "").removeprefix("/").replace("/", ".") or flaw.parameter or ""
    if name.partition(".")[0] in LISTS:  # one field holds all the items
        return name.partition(".")[0]
    return re.sub(
        r"(source|origin|on_behalf_of|other|outlet|shown)_id$", r"\1", re.sub(r"(quotes\.[0-9]+)\.exact$", r"\1", name)
    )


def _typed(name: str, text: str) -> Any:
    """Return a field's value as JSON has it; what does not read as its type stays a text, for the schema to refuse."""
    if name in ("start", "end", "days") and _WHOLE.fullmatch(text):
        return int(text)
    if name in ("low", "high", "number"):
        plain = text.replace("\u202f", "").replace(" ", "")
        return float(plain) if _NUMBER.fullmatch(plain) else text
    if name in ("interested", "enabled", "capture", "active"):
        return TRUTH.get(text, text)
    if name in LISTS:
        lines = text.replace(",", "\n") if name in ("tags", "statuses", "attribution_statuses") else text
        return [line.strip() for line in lines.split("\n") if line.strip()]
    return text


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _listed(each) for name, each in value.items()}
    if inside and all(_PLACE.fullmatch(name) for name in inside):
        return [inside[name] for name in sorted(inside, key=int)]
    return inside
