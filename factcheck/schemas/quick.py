"""Read claims and evidence as their schemas do, eight times as fast, where nothing at all is wrong with them.

Each function returns what the schema's `load` would return, or None where it would find something wrong, or where this
reader is not sure: then the schema reads it again, and says what. It never takes what the schema refuses: a test tells
the two apart on whatever it can think of. References are taken as they are: imports name things in their own way.
"""

import re
from collections.abc import Callable
from typing import Any

from factcheck.rules.sources import Directness
from factcheck.rules.status import Kind, Stance
from factcheck.rules.text.visible import blank
from factcheck.schemas.base import LARGEST, safe_url
from factcheck.schemas.claims import HOPS, QUOTES, TAG

Json = dict[str, Any]
EXTERNAL_ID = 200
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]").search
_KINDS, _DIRECT, _STANCES = ({str(each) for each in values} for values in (Kind, Directness, Stance))
_CLAIM = {"article_id", "text", "kind", "quotes", "quantity", "attribution", "tags", "external_id"}
_QUOTE = {"exact", "prefix", "suffix", "start", "end"}
_QUANTITY = {"low", "high", "unit", "wording"}
_HOP = {
    "source_id", "described_as", "cue", "directness", "on_behalf_of_id", "interested", "note", "source_quotes",
    "cue_quotes",
}  # fmt: skip
_EVIDENCE = {"stance", "url", "title", "source_id", "origin_id", "excerpt", "archived_url", "note"}


class _Unsure(Exception):
    """Left to the schema."""


def claim(data: Any) -> Json | None:
    """Return what ClaimIn makes of this, but for references; None where the schema must look at it."""
    return _try(_claim, data)


def evidence(data: Any) -> Json | None:
    """Return what EvidenceIn makes of this, but for references; None where the schema must look at it."""
    return _try(_evidence, data)


def quotes(data: Any) -> list[Json]:
    """Return the quotes that a claim's input gives, its own and its chain's, but for those with something wrong."""
    chain = data.get("attribution")
    hops = [hop for hop in chain[:HOPS] if type(hop) is dict] if type(chain) is list else []
    lists = [data.get("quotes"), *(hop.get(name) for hop in hops for name in ("source_quotes", "cue_quotes"))]
    given = (quote for each in lists if type(each) is list for quote in each[:QUOTES])
    return [found for quote in given if (found := _try(_quote, quote)) is not None]


def named(value: object) -> bool:
    """Say whether this can be the name of a thing: an id, or an external id."""
    return type(value) is str and 0 < len(value) <= EXTERNAL_ID and not _UNKEEPABLE(value) and not blank(value)


def _try(read: Callable[[Any], Json], data: Any) -> Json | None:
    try:
        return read(data)
    except (_Unsure, KeyError):
        return None


def _claim(data: Any) -> Json:
    _known(data, _CLAIM)
    get = data.get
    kind = data["kind"]
    if type(kind) is not str or kind not in _KINDS:
        raise _Unsure
    article = data["article_id"]
    if not named(article):
        raise _Unsure
    quotes = _list(data["quotes"], QUOTES, _quote)
    quantity = _quantity(get("quantity"))
    if not quotes or (kind == Kind.QUANTITY) != (quantity is not None):
        raise _Unsure
    return {
        "article_id": article,
        "text": _text(data["text"], 5000),
        "kind": kind,
        "quotes": quotes,
        "quantity": quantity,
        "attribution": _list(data["attribution"], HOPS, _hop) if "attribution" in data else [],
        "tags": _tags(data["tags"]) if "tags" in data else [],
        "external_id": _optional(get("external_id"), EXTERNAL_ID),
    }


def _quote(data: Any) -> Json:
    _known(data, _QUOTE)
    get = data.get
    return {
        "exact": _text(data["exact"], 10_000),
        "prefix": _context(get("prefix")),
        "suffix": _context(get("suffix")),
        "start": _whole(get("start"), 0),
        "end": _whole(get("end"), 1),
    }


def _quantity(data: Any) -> Json | None:
    if data is None:
        return None
    _known(data, _QUANTITY)
    get = data.get
    low, high, wording = _number(get("low")), _number(get("high")), _optional(get("wording"), 500)
    if low is None and high is None and wording is None:
        raise _Unsure
    if low is not None and high is not None and low > high:
        raise _Unsure
    return {"low": low, "high": high, "unit": _optional(get("unit"), 100), "wording": wording}


def _hop(data: Any) -> Json:
    _known(data, _HOP)
    get = data.get
    directness, interested = data["directness"], get("interested")
    source, described = _name(get("source_id")), _optional(get("described_as"), 500)
    if type(directness) is not str or directness not in _DIRECT or (source is None and described is None):
        raise _Unsure
    if interested is not None and type(interested) is not bool:
        raise _Unsure
    return {
        "source_id": source,
        "described_as": described,
        "cue": _optional(get("cue"), 200),
        "directness": directness,
        "on_behalf_of_id": _name(get("on_behalf_of_id")),
        "interested": interested,
        "note": _optional(get("note"), 4000),
        "source_quotes": _list(data["source_quotes"], QUOTES, _quote) if "source_quotes" in data else [],
        "cue_quotes": _list(data["cue_quotes"], QUOTES, _quote) if "cue_quotes" in data else [],
    }


def _evidence(data: Any) -> Json:
    _known(data, _EVIDENCE)
    get = data.get
    stance = data["stance"]
    url, title, excerpt = _url(get("url")), _optional(get("title"), 1000), _optional(get("excerpt"), 10_000)
    if type(stance) is not str or stance not in _STANCES or (url is None and title is None and excerpt is None):
        raise _Unsure
    return {
        "stance": stance,
        "url": url,
        "title": title,
        "source_id": _name(get("source_id")),
        "origin_id": _name(get("origin_id")),
        "excerpt": excerpt,
        "archived_url": _url(get("archived_url")),
        "note": _optional(get("note"), 4000),
    }


def _known(data: Any, names: set[str]) -> None:
    if type(data) is not dict or not data.keys() <= names:
        raise _Unsure


def _list(value: Any, most: int, read: Callable[[Any], Json]) -> list[Json]:
    if type(value) is not list or len(value) > most:
        raise _Unsure
    return [read(each) for each in value]


def _text(value: Any, longest: int) -> str:
    if type(value) is not str or not 0 < len(value) <= longest or blank(value) or _UNKEEPABLE(value):
        raise _Unsure
    return value


def _optional(value: Any, longest: int) -> str | None:
    return None if value is None else _text(value, longest)


def _context(value: Any) -> str | None:
    if value is not None and (type(value) is not str or len(value) > 1000):
        raise _Unsure
    return value


def _url(value: Any) -> str | None:
    if value is not None and not safe_url(_text(value, 2000)):
        raise _Unsure
    return value if value is None else str(value)


def _name(value: Any) -> str | None:
    if value is not None and not named(value):
        raise _Unsure
    return value if value is None else str(value)


def _whole(value: Any, low: int) -> int | None:
    if value is not None and (type(value) is not int or not low <= value <= LARGEST):
        raise _Unsure
    return value if value is None else int(value)


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if (type(value) is not int and type(value) is not float) or not -LARGEST <= value <= LARGEST:
        raise _Unsure
    return float(value)


def _tags(value: Any) -> list[str]:
    if type(value) is not list or len(value) > 50:
        raise _Unsure
    for tag in value:
        if not TAG.fullmatch(_text(tag, 100)):
            raise _Unsure
    if len(set(value)) != len(value):
        raise _Unsure
    return list(value)
