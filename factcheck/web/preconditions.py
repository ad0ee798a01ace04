"""Preconditions: the version of a thing that a request means to change, by If-Match."""

import re

from flask import g, request
from werkzeug.http import parse_etags

from factcheck.errors import PreconditionMissing, Unreadable, Versionless
from factcheck.log.actors import ANY, Precondition
from factcheck.messages import message

_ETAG = r'(?:[Ww]/)?"[\x21\x23-\x7e\x80-\xff]*"'
_IF_MATCH = re.compile(rf"\*|{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*")


def seen() -> Precondition:
    """Return the versions that If-Match names. Raises PreconditionMissing, or Unreadable when it is malformed."""
    found = _if_match()
    if found is None:
        raise PreconditionMissing(message("Send If-Match with the ETag of the version that you read."))
    return found


def seen_if_given() -> Precondition:
    """Return the versions that If-Match names, any without it. Raises Unreadable when it is malformed."""
    return _if_match() or ANY


def demand_compared() -> None:
    """Raise Versionless when If-Match names a version that nothing was compared with: it is never passed over."""
    if "compared" not in g and (found := _if_match()) is not None and not found.any:
        raise Versionless


def _if_match() -> Precondition | None:
    header = request.headers.get("If-Match")
    if header is None:
        return None
    g.compared = True
    if not _IF_MATCH.fullmatch(header.strip(" \t")):
        raise Unreadable(message("If-Match must be * or a list of entity tags in quotation marks."))
    tags = parse_etags(header)
    weak = any(tag[0] in "Ww" for tag in re.findall(_ETAG, header))
    return Precondition(frozenset(tags.as_set()), any=tags.star_tag, weak=weak)
