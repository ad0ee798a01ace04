"""Small sentence models for tests: a real ONNX file with its tokenizer, and an address that speaks OpenAI's protocol.

Both know a few words. A text's vector is the mean of its words' vectors; words of the same meaning share one.
"""

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from random import Random

import orjson
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from factcheck.followers.embeddings.scale import SAME
from tests.desk import Desk
from tests.receiver import Receiver, Request, receiving

SIZE = 64
# Words of one meaning. The small ones mean nothing.
MEANINGS = (
    ("mayor", "alderman"),
    ("dismissed", "fired", "sacked"),
    ("treasurer", "bookkeeper"),
    ("praised", "lauded"),
    ("dog", "hound"),
)
SMALL = {"the", "a", "of", "in", "on", "to", "at", "than", "was", "were", "its", "her", "and", ".", ",", "from", "for"}
# The sentences that a scale is measured with say the same two by two: each pair has one meaning of its own beside its
# words, or this model of words would not see that.
PAIRS = [set(re.findall(r"\w+", f"{a} {b}".lower())) - SMALL for a, b in list(pairwise(SAME))[::2]]


def words() -> list[str]:
    """Return all words that the models know."""
    found = {"[UNK]", *SMALL, *(word for group in (*MEANINGS, *PAIRS) for word in group)}
    return sorted(found)


def vector(word: str) -> list[float]:
    """Return a word's vector: all but at right angles to that of every other meaning."""
    if word in SMALL:
        return [0.001] * SIZE
    group = next((group[0] for group in MEANINGS if word in group), word)
    own, shared = _drawn(group), next((_drawn(min(pair)) for pair in PAIRS if word in pair), [0.0] * SIZE)
    return [a + 0.7 * b for a, b in zip(own, shared, strict=True)]


def of_text(text: str) -> list[float]:
    known = {word: vector(word) for word in words()}
    read = [known.get(word, known["[UNK]"]) for word in re.findall(r"\w+|[^\w\s]+", text.lower())]
    return [sum(column) / len(read) for column in zip(*read, strict=True)] if read else known["[UNK]"]


def _drawn(name: str) -> list[float]:
    random = Random(blake2b(name.encode()).digest())
    return [random.gauss(0, 1) for _ in range(SIZE)]


def with_model(desk: Desk, where: str, **more: str) -> Desk:
    """Return a desk with a model that may take its time: the first test that uses one loads large libraries."""
    found = desk.with_settings(embeddings=where, **more)
    found.app.extensions["factcheck.meanings"].wait = 60
    return found


# ── In a folder ───────────────────────────────────────────────────────────────────────────────────────────────────


def build(folder: Path, *, whole: bool = False) -> Path:
    """Write model.onnx and tokenizer.json into a folder, and return it.

    A model for `whole` texts gives the mean of the tokens itself, after their vectors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = words()
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(known)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "model.onnx").write_bytes(_model([vector(word) for word in known], whole=whole))
    return folder


def _model(table: Sequence[Sequence[float]], *, whole: bool) -> bytes:
    """Return a model in ONNX's form, which is protobuf: a node takes the row of each token from a table."""
    rows = b"".join(struct.pack(f"<{SIZE}f", *row) for row in table)
    weights = _number(1, len(table)) + _number(1, SIZE) + _number(2, 1) + _bytes(8, b"table") + _bytes(9, rows)
    node = _bytes(1, b"table") + _bytes(1, b"input_ids") + _bytes(2, b"tokens") + _bytes(4, b"Gather")
    graph = _bytes(1, node) + _bytes(2, b"words") + _bytes(5, weights)
    if whole:
        axes = _bytes(1, b"axes") + _number(8, 1) + _number(20, 7)
        flat = _bytes(1, b"keepdims") + _number(3, 0) + _number(20, 2)
        mean = _bytes(1, b"tokens") + _bytes(2, b"sentence_embedding") + _bytes(4, b"ReduceMean")
        graph += _bytes(1, mean + _bytes(5, axes) + _bytes(5, flat))
    graph += _bytes(11, _value(b"input_ids", 7, "batch", "length"))
    graph += _bytes(12, _value(b"tokens", 1, "batch", "length", SIZE))
    if whole:
        graph += _bytes(12, _value(b"sentence_embedding", 1, "batch", SIZE))
    return _number(1, 8) + _bytes(8, _number(2, 13)) + _bytes(7, graph)


def _value(name: bytes, kind: int, *shape: str | int) -> bytes:
    sides = [_number(1, each) if isinstance(each, int) else _bytes(2, each.encode()) for each in shape]
    tensor = _number(1, kind) + _bytes(2, b"".join(_bytes(1, each) for each in sides))
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def _number(place: int, value: int) -> bytes:
    return _varint(place << 3) + _varint(value)


def _bytes(place: int, value: bytes) -> bytes:
    return _varint(place << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


# ── Behind an address ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Address:
    """What was asked of a model's address. `change` changes the vectors before they are sent."""

    receiver: Receiver
    change: Callable[[list[float]], list[float]] = lambda vector: vector

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.receiver.port}/v1/embeddings"

    @property
    def requests(self) -> list[Request]:
        return self.receiver.requests

    @property
    def texts(self) -> list[list[str]]:
        """The texts of each request."""
        return [orjson.loads(request.body)["input"] for request in self.requests]


@contextmanager
def serving(change: Callable[[list[float]], list[float]] = lambda vector: vector) -> Iterator[Address]:
    """Serve the model at an address of this machine."""

    def answer(request: Request) -> tuple[int, dict[str, str], bytes]:
        data = [
            {"object": "embedding", "index": at, "embedding": change(of_text(text))}
            for at, text in enumerate(orjson.loads(request.body)["input"])
        ]
        # The order of the list is not that of the texts: each says its own.
        return 200, {"Content-Type": "application/json"}, orjson.dumps({"object": "list", "data": data[::-1]})

    with receiving(answer) as receiver:
        yield Address(receiver, change)
