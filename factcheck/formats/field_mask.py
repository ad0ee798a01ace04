"""Partial answers: the `fields` parameter of Google's APIs, such as ``claims(text,claimReview/url),nextPageToken``.

A path leads into objects by slashes, and into each item of a list; parentheses name several members of one object;
``*`` stands for all members. https://cloud.google.com/apis/docs/system-parameters (fields)
"""

import re
from typing import Any

from factcheck.messages import message

LONGEST = 1000
DEEPEST = 8
Tree = dict[str, Any]  # members by name, each with the tree of what is in it; an empty tree = all of it
_TOKEN = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*|[*/,()])\s*")


def parse(text: str, known: Tree) -> Tree:
    """Read a mask of `known` members. Raises ValueError with words for the client."""
    if len(text) > LONGEST:
        raise ValueError(message("Must have at most {most} characters.", most=LONGEST))
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(message("Cannot be read at character {at}.", at=at + 1))
        tokens.append(match[1])
        at = match.end()
    tokens.append("")
    return _Reader(tokens).members(known, 0)


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def members(self, known: Tree, depth: int) -> Tree:
        """Read members parted by commas, up to the end or to the parenthesis that closes them."""
        if depth > DEEPEST:
            raise ValueError(message("Leads deeper than {most} members.", most=DEEPEST))
        tree: Tree = {}
        while True:
            self._member(tree, known, depth)
            ending = self._next()
            if ending == ("" if depth == 0 else ")"):
                return tree
            if ending != ",":
                misplaced = message("Has a “{sign}” where a comma belongs.", sign=ending)
                raise ValueError(misplaced if ending else message("Ends too early."))

    def _member(self, tree: Tree, known: Tree, depth: int) -> None:
        name = self._next()
        if name == "*":
            names = list(known)
        elif name in known:
            names = [name]
        else:
            unknown = message("There is no member “{name}” there.", name=name)
            raise ValueError(unknown if name.isidentifier() else message("Lacks a member's name."))
        inside = {each: known[each] for each in names}
        if self.tokens[self.at] in ("/", "("):
            opening, begun = self._next(), self.at
            for each in names:
                self.at = begun
                inner: Tree = {}
                if opening == "(":
                    inner = self.members(known[each], depth + 1)
                else:
                    self._member(inner, known[each], depth + 1)
                inside[each] = inner
        for each, inner in inside.items():
            tree[each] = _both(tree[each], inner) if each in tree else inner

    def _next(self) -> str:
        token = self.tokens[self.at]
        self.at += bool(token)
        return token


def _both(one: Tree, other: Tree) -> Tree:
    return {
        name: _both(one[name], other[name]) if name in one and name in other else one.get(name, other.get(name))
        for name in one | other
    }


def masked(value: Any, tree: Tree) -> Any:
    """Return what a mask leaves of a value."""
    if not tree:
        return value
    if isinstance(value, list):
        return [masked(each, tree) for each in value]
    return {name: masked(each, tree[name]) for name, each in value.items() if name in tree}
