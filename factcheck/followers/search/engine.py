"""What the index has of a document, and the one place that knows how the engine's files are made and read.

The engine is given tokens that the desk made, so that every host and both databases find the same: its own analyzer
only splits at spaces.
"""

import json
import os
import shutil
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from tantivy import Document, Index, IndexWriter, Query, Schema, SchemaBuilder, Searcher, TextAnalyzerBuilder, Tokenizer

from factcheck.errors import Unavailable
from factcheck.messages import message

NAME = "search"
VERSION = 4  # of what is indexed, and how: another one rebuilds the index
HEAP = 50_000_000  # bytes that the writer gathers before it writes a segment
STATE = -1  # the `seq` of the document that says how far the index is
SPACES = "spaces"
# What is searched for with positions, for phrases; what is only counted; what is only there or not.
PLACED = ("words", "article_words", "source_words")
COUNTED = ("stems", "statement", "grams", "article_stems", "source_stems", "name_keys")
FOOTER = struct.Struct("<II")  # at the end of each file: the length of its footer, and a number that says so
MAGIC = 1337
CHUNK = 1 << 20  # bytes of a file that are read at once
TRIES = 5  # to remove an index


def _schema() -> Schema:
    builder = SchemaBuilder()
    # Signed: with an unsigned field the writer's thread ends at the first document.
    builder.add_integer_field("seq", indexed=True, fast=True)
    builder.add_integer_field("changed", indexed=True, fast=True)
    builder.add_text_field("facts", tokenizer_name="raw", index_option="basic")
    for name in PLACED:
        builder.add_text_field(name, tokenizer_name=SPACES, index_option="position")
    for name in COUNTED:
        builder.add_text_field(name, tokenizer_name=SPACES, index_option="freq")
    builder.add_text_field("state", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


SCHEMA = _schema()


def place_of(changed_index: int, seq: int) -> int:
    """Return where a claim stands in the order of changes, as one number: a log has fewer than 2**31 entries."""
    return changed_index << 32 | seq


def changed_of(place: int) -> tuple[int, int]:
    """Return what `place_of` was given."""
    return place >> 32, place & 0xFFFFFFFF


@dataclass(frozen=True)
class State:
    """How far an index follows the log; written with what it says in one commit.

    `position` is the log index of the entry that it takes in next, `leaf` the hash of the one before: of another
    database, or another history of this one, it is another. While `cursor` is set, what has a `seq` from there on and
    below `until` is still to be indexed (again); `complete` says whether it has been indexed once.
    """

    position: int
    leaf: str
    complete: bool
    cursor: int | None = None
    until: int = 0
    rate: int = 0
    version: int = VERSION


@dataclass(frozen=True)
class Seen:
    """The index at one moment."""

    searcher: Searcher
    state: State

    @cached_property
    def languages(self) -> list[str]:
        """The languages of the texts in it whose stems are known."""
        with checked():
            return sorted(term.partition("=")[2] for term, _ in self.searcher.terms_with_prefix("facts", "language="))


class Damaged(Exception):
    """The index cannot be used and has to be rebuilt; `detail` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@contextmanager
def checked() -> Iterator[None]:
    """Raise Damaged for whatever the engine raises: also for its panics, which are no ordinary exceptions."""
    try:
        yield
    except (Damaged, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise Damaged(f"{type(error).__name__}: {error}"[:300]) from error


class Files:
    """The files of an index as one process has them open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with checked():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sound: set[str] = set()
            if Index.exists(str(folder)):
                self._verify()
            self.index = Index(SCHEMA, path=str(folder))
            self.index.register_tokenizer(SPACES, TextAnalyzerBuilder(Tokenizer.whitespace()).build())
            self.index.config_reader("manual")
        self.writer: IndexWriter | None = None

    def seen(self) -> Seen | None:
        """Load the last commit and return it; None before the first one."""
        with checked():
            if self.writer is None:  # what this process has written itself is not read again
                self._verify()
            self.index.reload()
            searcher = self.index.searcher()
            found = searcher.search(Query.term_query(SCHEMA, "seq", STATE), limit=1).hits
            if not found:
                return None
            told = orjson.loads(searcher.doc(found[0][1]).get_first("state") or "")
            if told.get("version") != VERSION:
                raise Damaged(message("It is of another version."))
            return Seen(searcher, State(**told))

    def open_writer(self) -> IndexWriter:
        """Return the writer; it is the only one of this folder. Raises Damaged."""
        if self.writer is None:
            with checked():
                self.writer = self.index.writer(HEAP, 1)
                # The engine would name its next files as a writer did that was killed before its commit.
                self.writer.garbage_collect_files()
        return self.writer

    def save(self, state: State) -> None:
        """Commit what was added and deleted, together with how far the index is."""
        with checked():
            writer = self.open_writer()
            writer.delete_documents_by_term("seq", STATE)
            writer.add_document(Document(seq=STATE, state=json.dumps(asdict(state))))
            writer.commit()

    def forget_deleted(self, state: State) -> None:
        """Leave no file that still holds a deleted document, where all that were there before were deleted."""
        with checked():
            self.open_writer().wait_merging_threads()
            self.writer = None
            self.save(state)
            self.open_writer().garbage_collect_files()

    def close(self) -> None:
        """Let go of the writer and of its lock; what was not committed is lost."""
        writer, self.writer = self.writer, None
        with suppress(Damaged), checked():
            if writer is not None:
                writer.rollback()
                writer.wait_merging_threads()

    def is_there(self) -> bool:
        return (self.folder / "meta.json").is_file()

    def _verify(self) -> None:
        """Compare files that were not looked at yet with their checksums: the engine itself takes them as they are."""
        try:
            meta = orjson.loads((self.folder / "meta.json").read_bytes())
            segments = [each["segment_id"].replace("-", "") for each in meta["segments"]]
        except FileNotFoundError:
            raise Damaged(message("Its folder was removed.")) from None
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Damaged(message("meta.json cannot be read.")) from error
        for name in segments:
            for file in self.folder.glob(f"{name}.*"):
                if file.name not in self._sound and not _sound(file):
                    raise Damaged(message("{file} is damaged.", file=file.name))
                self._sound.add(file.name)


def _sound(file: Path) -> bool:
    """Say whether a file holds what its checksum says. One that was removed meanwhile is not read any more."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(size - FOOTER.size, 0))
            length, magic = FOOTER.unpack(stream.read())
            left = size - FOOTER.size - length
            stream.seek(left)
            footer = orjson.loads(stream.read(length))
            stream.seek(0)
            found = 0
            while chunk := stream.read(min(CHUNK, left)):
                found, left = zlib.crc32(chunk, found), left - len(chunk)
            return bool(magic == MAGIC and footer["crc"] == found)
    except FileNotFoundError:
        return True
    except (struct.error, ValueError, LookupError, TypeError):
        return False


def remove(folder: Path) -> None:
    """Remove an index. Whoever has its files open keeps what they have read.

    A thread of the engine looks at an index that was just made, and may add a file for its lock while the folder is
    being emptied: another try removes that too.
    """
    tries = TRIES
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            tries -= 1
            if not tries:
                raise Unavailable(
                    message(
                        "The search index {folder} cannot be removed: {reason}.", folder=folder, reason=error.strerror
                    )
                ) from error


def add(writer: IndexWriter, documents: Iterable[Mapping[str, Any]]) -> None:
    """Add documents, each as its fields; empty ones are left out. Raises Damaged for what the engine raises alone."""
    for fields in documents:
        with checked():
            writer.add_document(Document(**{name: value for name, value in fields.items() if value not in ("", [])}))
