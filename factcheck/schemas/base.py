"""Fields that take what they say and nothing else: no `"1"` for a number, no `"yes"` for true, no NUL in a text."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from factcheck.errors import Flaw, Invalid
from factcheck.messages import message
from factcheck.rules.mergepatch import merged
from factcheck.rules.text.visible import blank
from factcheck.schemas.library_words import as_message

LARGEST = 2**53 - 1  # what every JSON reader keeps exactly (RFC 8259, section 6)
FLAWS_TOLD = 100  # an answer stays small, however much is wrong with the request
FIRST_YEAR, LAST_YEAR = 1900, 9000  # of times that people give
DAY_LENGTH = 10  # characters of a day, such as 2026-12-24
KEY_TOLD = 100  # code points of a key; none of ours is longer
_HALF = re.compile("[\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^@%:\[\]]+)(:[0-9]*)?")  # no user name, nothing escaped


class In(Schema):
    """What a client sends: unknown fields are errors."""

    class Meta:
        unknown = RAISE


class Out(Schema):
    """What we answer: for the OpenAPI document; more members may come with later versions."""

    class Meta:
        unknown = EXCLUDE


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Text(fields.String):
    """A text of 1 to `longest` code points that is not blank, kept to the letter."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        kwargs.setdefault("validate", validate.Length(min=1, max=longest))
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if "\x00" in value:
            raise ValidationError(message("A text must not contain U+0000."))
        if _HALF.search(value):
            raise ValidationError(message("A text must not contain half of a surrogate pair."))
        if value and blank(value):
            raise ValidationError(message("Must not be blank: it needs a visible character."))
        return value


class Language(Text):
    """A language tag, or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"description": "A BCP 47 language tag, such as en.", "pattern": f"^{_LANGUAGE.pattern}$"}
        super().__init__(35, **{"load_default": None, "allow_none": True, "metadata": told, **kwargs})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        tag = super()._deserialize(value, attr, data, **kwargs)
        if not _LANGUAGE.fullmatch(tag):
            raise ValidationError(message("Must be a language tag, such as en."))
        return tag


class Url(Text):
    """An http or https address without a user name, written with visible ASCII or letters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(2000, **_formatted("uri", kwargs))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not safe_url(address):
            raise ValidationError(message("Must be a URL that begins with http:// or https:// and has a host."))
        return address


def safe_url(address: str) -> bool:
    """Say whether an address may be stored and shown as a link.

    No character that cannot be seen or that turns the text around, and no host that a browser would read otherwise.
    """
    if not address.isprintable() or " " in address or "\\" in address:
        return False
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(_AUTHORITY.fullmatch(parts.netloc)) and port_is_fine


class Moment(fields.String):
    """An instant that we give out: UTC, RFC 3339 with Z."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_formatted("date-time", kwargs))


class Instant(fields.String):
    """An instant in RFC 3339, or a day, which is taken as its start in UTC. It is loaded as a datetime."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            found = instant(f"{text}T00:00:00Z" if len(text) == DAY_LENGTH else text)
        except ValueError as error:
            raise ValidationError(error.args[0]) from None
        if not FIRST_YEAR <= found.year < LAST_YEAR:  # others are in no calendar year in some time zone
            raise ValidationError(message("Must be between the years {first} and {last}.", first="1900", last="9000"))
        return found


class Choice(fields.String):
    """One of an enum's values."""

    def __init__(self, values: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf([str(value) for value in values]), **kwargs)


class Flag(fields.Boolean):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Whole(fields.Integer):
    """A JSON integer that fits in 53 bits; no fraction, no exponent, no text."""

    def __init__(self, low: int = -LARGEST, high: int = LARGEST, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=low, max=high), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Number(fields.Float):
    """A JSON number between ±(2^53-1)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=-LARGEST, max=LARGEST), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise ValidationError(message("Must be between -{largest} and {largest}.", largest=LARGEST))
        return float(value)


class Day(fields.Date):
    """A day, as YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError(message("Must be a date, written YYYY-MM-DD."))
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError(message("This date does not exist.")) from None


class Reference(fields.String):
    """The id of another thing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_formatted("uuid", kwargs))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_id(value):
            raise ValidationError(message("Must be an id: a UUID."))
        return value.lower()


def _formatted(name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**kwargs, "metadata": {"format": name, **kwargs.get("metadata", {})}}


def is_id(value: object) -> TypeGuard[str]:
    """Say whether this is a UUID in its canonical form, whatever its case."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_name(value: object) -> bool:
    """Say whether this can be the name of a thing: its id, or its external id."""
    try:
        _NAME.deserialize(value)
    except ValidationError:
        return False
    return True


_NAME = Text(200)


class Many(fields.List[Any]):
    """A list whose length is looked at before its items: to tell what is wrong with 400,000 takes 25 seconds."""

    def __init__(self, field: fields.Field[Any], length: validate.Length, **kwargs: Any) -> None:
        super().__init__(field, validate=length, **kwargs)
        self._length = length

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            self._length(value)
        return super()._deserialize(value, attr, data, **kwargs)


def many(field: fields.Field[Any], most: int, *, least: int = 0, **kwargs: Any) -> fields.List[Any]:
    """Return a list field of `least` to `most` items; empty when it is not given."""
    if not least:
        kwargs.setdefault("load_default", list)
    return Many(field, validate.Length(min=least or None, max=most), **kwargs)


def instant(text: str) -> datetime:
    """Read an instant in RFC 3339, with its offset. Raises ValueError with words for the client."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(message("Must be a time in RFC 3339 format with its offset, such as 2023-08-26T12:00:00Z."))
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T").replace("Z", "+00:00"))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(message("This time does not exist in UTC.")) from None


def load(schema: Schema, data: Any, at: str = "") -> dict[str, Any]:
    """Load with a schema. Raises Invalid, with a JSON pointer under `at` for each thing that is wrong."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise invalid(error, at) from error
    return loaded


def load_patched(schema: Schema, before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Load what a merge patch (RFC 7396) makes of `before`. Raises Invalid, also for a null where there is no field.

    The merge alone would drop such a null before the schema could see it.
    """
    unknown = [name for name in patch if name not in schema.fields]
    if unknown:
        raise invalid(ValidationError({name: ["Unknown field."] for name in unknown}))
    return load(schema, merged(before, patch))


def invalid(error: ValidationError, at: str = "") -> Invalid:
    flaws = list(islice(_flaws(error.messages, at), FLAWS_TOLD))
    return Invalid(message("Some fields of the request are not allowed."), flaws=flaws)


def step(key: object) -> str:
    """Return one step of a JSON pointer (RFC 6901), cut short for keys that a client made up."""
    return "/" + str(key)[:KEY_TOLD].replace("~", "~0").replace("/", "~1")


def _flaws(messages: Any, at: str) -> Iterator[Flaw]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _flaws(value, at if key == "_schema" else at + step(key))
    elif isinstance(messages, str):
        yield Flaw(as_message(messages), pointer=at)
    else:
        for each in messages:
            yield from _flaws(each, at)
