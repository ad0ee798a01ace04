"""What a dry run has come across: later lines may name it, and nothing of it is on the desk."""

import tempfile
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import orjson

from factcheck.desk.claim_state.new_claims import ArticleSeen
from factcheck.desk.claim_state.texts import Wording
from factcheck.rules.identity.directory import Directory
from factcheck.rules.imports import LineKind
from factcheck.schemas.imports import Record

Json = dict[str, Any]


class Rehearsal:
    """Sources and articles by name, with the articles' texts in a file, and of every line a digest: little of each."""

    def __init__(self) -> None:
        self.ids: dict[LineKind, dict[str, str]] = {kind: {} for kind in LineKind}
        self.refs: dict[str, Json] = {}
        self.directory = Directory()
        self.added: set[str] = set()  # sources that would be added
        self._articles: dict[str, tuple[ArticleSeen, int, int]] = {}
        self._digests: dict[int, int] = {}
        self._texts = tempfile.TemporaryFile()  # noqa: SIM115 (closed with this)

    def __enter__(self) -> "Rehearsal":
        return self

    def __exit__(self, *_: object) -> None:
        self._texts.close()

    def said_before(self, record: Record) -> bool | None:
        """Say whether an earlier line about the same thing said the same; None when none was taken."""
        name, said = _said(record)
        before = self._digests.get(name)
        return None if before is None else before == said

    def take(self, record: Record) -> None:
        """Remember a line that would be entered."""
        name, said = _said(record)
        self._digests[name] = said

    def source(self, name: str, ref: Json) -> None:
        self.ids[LineKind.SOURCE][name] = ref["id"]
        self.refs[ref["id"]] = ref

    def article(self, name: str, seen: ArticleSeen) -> None:
        assert seen.words.text is not None
        self.ids[LineKind.ARTICLE][name] = seen.id
        self.ids[LineKind.ARTICLE].setdefault(seen.url or name, seen.id)
        at = self._texts.seek(0, 2)
        size = self._texts.write(seen.words.text.encode())
        kept = replace(seen, words=Wording(1, seen.id))
        self._articles[seen.id] = (kept, at, size)

    def seen(self, article_id: str) -> ArticleSeen:
        """Return an article with its text."""
        kept, at, size = self._articles[article_id]
        self._texts.seek(at)
        text = self._texts.read(size).decode()
        return replace(kept, words=Wording(1, kept.id, text))


def _said(record: Record) -> tuple[int, int]:
    told = orjson.dumps([record.fields, record.evidence, record.occurrences], option=orjson.OPT_SORT_KEYS)
    return _digest(f"{record.kind} {record.external_id}".encode()), _digest(told)


def _digest(raw: bytes) -> int:
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big")
