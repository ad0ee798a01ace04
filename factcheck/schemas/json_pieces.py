"""Take a JSON document apart into the records in it, as bytes and in bounded memory, for `strict_json` to read.

Cutting needs to know strings and brackets alone. So one record that cannot be read, or could be in two ways, costs that
record and none of the others; and each is read as strictly as a line of its own would be. Streaming parsers give
events of values that they have read already: ijson's, yajl, turns half of a surrogate pair into a question mark, and
two equal keys are two events.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from factcheck.errors import Unreadable
from factcheck.messages import message
from factcheck.rules.text.series import alternatives

CHUNK = 64 * 1024
_SPACE = b" \t\r\n"
_SOLID = re.compile(rb"[^ \t\r\n]")
# A string that has no closing quotation mark yet matches without one. Possessive, so that it is passed over once.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[\[{]|[\]}]', re.DOTALL)
_SCALAR = re.compile(rb'[^ \t\r\n,:\[\]{}"]+')
_BOM = b"\xef\xbb\xbf"


def records(stream: BinaryIO, lists: frozenset[bytes], longest: int) -> Iterator[bytes]:
    """Yield the records of a document, or of several one after the other.

    Those are the elements of a list; of an object, the elements of its members that are lists and named in `lists`,
    which are JSON strings as they are written; and an object without such a member, whole. Raises Unreadable where it
    does not go on as JSON does, and for a record of more than `longest` bytes.
    """
    window = _Window(stream, longest)
    while first := window.peek():
        if first == b"[":
            window.step()
            yield from _list(window)
        elif first == b"{":
            window.step()
            yield from _object(window, lists)
        else:
            yield window.value()


def _list(window: "_Window") -> Iterator[bytes]:
    if window.peek() == b"]":
        window.step()
        return
    while True:
        yield window.value()
        if window.sign(b",", b"]") == b"]":
            return


def _object(window: "_Window", lists: frozenset[bytes]) -> Iterator[bytes]:
    parts: list[bytes] | None = []
    held = 0
    if window.peek() == b"}":
        window.step()
        yield b"{}"
        return
    while True:
        if window.peek() != b'"':
            raise window.unreadable(message("a key"))
        key = window.value()
        window.sign(b":")
        if key in lists and window.peek() == b"[":
            parts = None
            window.step()
            yield from _list(window)
        else:
            value = window.value()
            if parts is not None:
                parts.append(key + b":" + value)
                held += len(parts[-1])
                if held > window.longest:
                    raise window.too_long()
        if window.sign(b",", b"}") == b"}":
            break
    if parts is not None:
        yield b"{" + b",".join(parts) + b"}"


class _Window:
    """The part of a stream that is looked at: what was taken is forgotten."""

    def __init__(self, stream: BinaryIO, longest: int) -> None:
        self.stream, self.longest = stream, longest
        self.held, self.at = stream.read(CHUNK), 0
        if self.held.startswith(_BOM):
            self.at = len(_BOM)

    def peek(self) -> bytes:
        """Return the next byte that is no white space, b"" at the end."""
        while True:
            if found := _SOLID.search(self.held, self.at):
                self.at = found.start()
                return found[0]
            self.at = len(self.held)
            if not self._more():
                return b""

    def step(self) -> None:
        self.at += 1

    def sign(self, *expected: bytes) -> bytes:
        """Take the next byte, which must be one of these."""
        found = self.peek()
        if found not in expected:
            raise self.unreadable(alternatives(each.decode() for each in expected))
        self.step()
        return found

    def value(self) -> bytes:
        """Take the next value: from its first bracket or quotation mark to the last, or up to what ends a number."""
        first = self.peek()
        if first and first not in b'[{"':
            return self._scalar()
        depth = looked = 0
        while True:
            for token in _TOKEN.finditer(self.held, self.at + looked):
                begins = token[0][:1]
                if begins == b'"' and not token[1]:
                    looked = token.start() - self.at  # it goes on in what was not read yet
                    break
                depth += 1 if begins in (b"[", b"{") else -1 if begins in (b"]", b"}") else 0
                looked = token.end() - self.at
                if depth == 0:
                    return self._taken(looked)
            if len(self.held) - self.at > self.longest:
                raise self.too_long()
            if not self._more():
                raise self.unreadable(message("more text, but it ends here"))

    def _scalar(self) -> bytes:
        while True:
            found = _SCALAR.match(self.held, self.at)
            if found is None:
                raise self.unreadable(message("a value"))
            if found.end() < len(self.held) or not self._more():
                return self._taken(found.end() - found.start())
            if len(self.held) - self.at > self.longest:
                raise self.too_long()

    def _taken(self, size: int) -> bytes:
        self.at += size
        return self.held[self.at - size : self.at]

    def _more(self) -> bool:
        """Read on: as much again as is held, so that what is looked at twice stays a part of the whole."""
        rest = self.held[self.at :]
        read = self.stream.read(max(CHUNK, len(rest)))
        self.held, self.at = rest + read, 0
        return bool(read)

    def unreadable(self, expected: str) -> Unreadable:
        near = self.held[self.at : self.at + 20].decode("utf-8", "replace")
        told = message("This is not JSON: expected {expected}. The rest was not read.", expected=expected)
        if near:
            told = message(
                "This is not JSON at “{near}”: expected {expected}. The rest was not read.",
                near=near,
                expected=expected,
            )
        return Unreadable(told)

    def too_long(self) -> Unreadable:
        return Unreadable(
            message("The record is longer than {longest} bytes. The rest was not read.", longest=self.longest)
        )
