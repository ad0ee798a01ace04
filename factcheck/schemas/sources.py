"""Sources, in and out."""

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates

from factcheck.messages import message
from factcheck.rules.identity.identifiers import SINGLE, of_source, of_text, url_of
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.identity.relations import SourceRelationKind
from factcheck.rules.sources import SourceKind
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Text, Url, Whole, many
from factcheck.schemas.parts import PersonRef, refuse_repeats

MOST_URLS = 20  # of a source
_WRITTEN = {
    "wikidata": message("Must be a Wikidata identifier, such as Q42, or its URL."),
    "isni": message("Must be an ISNI: 16 digits, of which the last is the check digit and can be X, or its URL."),
    "viaf": message("Must be a VIAF identifier, such as 113230702, or its URL."),
    "issn": message("Must be an ISSN, such as 0317-8471, with the right check digit, or its URL."),
    "domain": message("Must be a domain that can be registered, such as bbc.co.uk, or the URL of a home page."),
}


class Registered(Text):
    """An identifier of one register, by itself or as a URL. Its one URL is what is kept."""

    def __init__(self, register: str, description: str) -> None:
        self.register = register
        super().__init__(2000, allow_none=True, metadata={"description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        found = of_text(self.register, super()._deserialize(value, attr, data, **kwargs))
        if found is None:
            raise ValidationError(_WRITTEN[self.register])
        return url_of(found)


class IdentifiersIn(In):
    """Identifiers of a source in registers. In an edit, null removes one, and one that is not given stays."""

    wikidata = Registered("wikidata", "Wikidata id, such as Q42.")
    isni = Registered("isni", "ISNI: 16 digits, with or without spaces.")
    viaf = Registered("viaf", "VIAF id, such as 113230702.")
    issn = Registered("issn", "ISSN, such as 0317-8471.")
    domain = Registered("domain", "The domain of an outlet's home page, such as bbc.co.uk. Outlets alone have one.")


class SourceIn(In):
    """People, organizations, documents and outlets that can say something."""

    name = Text(300, required=True)
    kind = Choice(SourceKind, required=True)
    description = Text(5000, load_default=None, allow_none=True)
    aliases = many(
        Text(300), 100, metadata={"description": "Other names, such as other spellings.", "uniqueItems": True}
    )
    same_as = many(
        Url(),
        MOST_URLS,
        metadata={"description": "URLs of the same source elsewhere, such as Wikidata.", "uniqueItems": True},
    )
    external_id = Text(
        200, load_default=None, allow_none=True, metadata={"description": "Your own id, which must be unique."}
    )

    identifiers = fields.Nested(
        IdentifiersIn,
        load_default=None,
        allow_none=True,
        metadata={"description": "Identifiers in registers, which are added to `same_as` as URLs."},
    )

    @post_load
    def _identify(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put identifiers where they are kept: into the URLs. Refuse a second one where a register gives only one."""
        for register, url in (data.pop("identifiers") or {}).items():
            if url is None:
                continue
            place = {"identifiers": {register: [message("Only outlets have a domain.")]}}
            wanted, there = of_source(data["kind"], [url]), of_source(data["kind"], data["same_as"])
            if not wanted:
                raise ValidationError(place)
            if register in SINGLE and any(found[0] == register for found in there - wanted):
                place["identifiers"][register] = [
                    message("Another one is among the URLs of the source. Remove that URL.")
                ]
                raise ValidationError(place)
            if not wanted <= there:
                data["same_as"] = [*data["same_as"], url]
        if len(data["same_as"]) > MOST_URLS:
            told = message("A source has at most {most} URLs with its identifiers.", most=MOST_URLS)
            raise ValidationError({"identifiers": [told]})
        return data

    @validates("aliases")
    def _aliases(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)

    @validates("same_as")
    def _same_as(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)


class MergeIn(In):
    """The source that this one is merged into, and why."""

    into = Reference(required=True)
    reason = Text(4000, required=True)


class JudgmentIn(In):
    """Whether this source and another one are the same, and why."""

    other_id = Reference(required=True, metadata={"description": "The other source."})
    judgment = Choice(Identity, required=True)
    reason = Text(4000, required=True)
    shown_id = Reference(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "With `same`: which of the two is shown, with its name, kind and description. Without it, "
            "an earlier choice among the joined sources counts, or else the one that was added first."
        },
    )


class DayOrYear(Text):
    """A day, as YYYY-MM-DD, or a year, as YYYY: whatever is known."""

    def __init__(self, description: str) -> None:
        told = {"description": f"{description} A day or a year.", "pattern": f"^{_DAY_OR_YEAR.pattern}$"}
        super().__init__(10, load_default=None, allow_none=True, metadata=told)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _DAY_OR_YEAR.fullmatch(text):
            raise ValidationError(message("Must be a date, written YYYY-MM-DD, or a year, written YYYY."))
        try:
            date.fromisoformat(text if len(text) > 4 else f"{text}-01-01")
        except ValueError:
            raise ValidationError(message("This date does not exist.")) from None
        return text


_DAY_OR_YEAR = re.compile(r"[0-9]{4}(-[0-9]{2}-[0-9]{2})?")


class SourceRelationIn(In):
    """What this source is to another one, and when."""

    kind = Choice(SourceRelationKind, required=True)
    other_id = Reference(required=True, metadata={"description": "The other source."})
    since = DayOrYear("When it began. Null if that is not known.")
    until = DayOrYear("When it ended. Null if it continues, or if that is not known.")
    note = Text(4000, load_default=None, allow_none=True)


class SourceRef(Out):
    id = Reference(required=True)
    name = fields.String(required=True)
    kind = Choice(SourceKind, required=True)


class JudgmentOut(Out):
    """A judgment on two sources. Each is named as it was added, also where it is shown as another one."""

    log_index = Whole(0, required=True)
    source = fields.Nested(SourceRef, required=True)
    other = fields.Nested(SourceRef, required=True)
    judgment = Choice(Identity, required=True)
    shown_id = Reference(
        required=True, allow_none=True, metadata={"description": "Which of the two it chooses to be shown."}
    )
    counts = fields.Boolean(
        required=True, metadata={"description": "Whether it is the newest judgment between the two."}
    )
    reason = fields.String(required=True, allow_none=True)
    judged_by = fields.Nested(PersonRef, required=True)
    judged_at = Moment(required=True)


class SourceRelationOut(Out):
    """A relation from `source` to `other`. Each is named as it was added, also where it is shown as another one."""

    id = Reference(required=True)
    log_index = Whole(0, required=True)
    kind = Choice(SourceRelationKind, required=True)
    source = fields.Nested(SourceRef, required=True)
    other = fields.Nested(SourceRef, required=True)
    since = fields.String(required=True, allow_none=True)
    until = fields.String(required=True, allow_none=True)
    one_origin = fields.Boolean(
        required=True,
        metadata={"description": "Whether it makes the two one original source of the claims on whose day it holds."},
    )
    circle = fields.List(
        fields.Nested(SourceRef),
        required=True,
        metadata={
            "description": "The sources of the circle that it closes with other relations, such as two that own each"
            " other. Mostly empty."
        },
    )
    note = fields.String(required=True, allow_none=True)
    added_by = fields.Nested(PersonRef, required=True)
    added_at = Moment(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    withdrawn_by = fields.Nested(PersonRef, required=True, allow_none=True)
    withdrawn_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Also null without a token."}
    )


class SourceLinks(Out):
    self = fields.String(required=True)
    claims = fields.String(required=True)
    judgments = fields.String(required=True)
    relations = fields.String(required=True)


class IdentifiersOut(Out):
    """The identifiers that the URLs of `same_as` hold: the first one of each register."""

    wikidata = fields.String(required=True, allow_none=True)
    isni = fields.String(required=True, allow_none=True, metadata={"description": "16 digits; the last can be X."})
    viaf = fields.String(required=True, allow_none=True)
    issn = fields.String(required=True, allow_none=True)
    domain = fields.String(
        required=True, allow_none=True, metadata={"description": "Of an outlet: the domain of its home page."}
    )


class SourceOut(Out):
    id = Reference(required=True)
    external_id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    kind = Choice(SourceKind, required=True)
    description = fields.String(required=True, allow_none=True)
    aliases = fields.List(fields.String(), required=True)
    same_as = fields.List(fields.String(), required=True)
    identifiers = fields.Nested(IdentifiersOut, required=True)
    redacted = fields.Boolean(
        required=True, metadata={"description": "Whether its names and all that describes it were removed."}
    )
    revision = Whole(1, required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    updated_at = fields.String(required=True, metadata={"format": "date-time"})
    links = fields.Nested(SourceLinks, required=True)
