"""A sentence model in a folder of this host, as sentence-transformers exports it for ONNX."""

from collections.abc import Sequence
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

import numpy
import orjson
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from factcheck.followers.embeddings.vectors import ModelFailed, Vector, unit

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
WHOLE = "sentence_embedding"  # the output for a whole text, which some models have
POOLING = "1_Pooling/config.json"  # may be there; without it, a text's vector is the mean of its tokens'
LONGEST = 128  # tokens of a text that are read
THREADS = 2  # that work on one text


class LocalModel:
    """The model of a folder. It reads one text at a time, so that a text has the same vector whatever is beside it."""

    def __init__(self, folder: Path) -> None:
        """Load it, which takes up to a second for a small one. Raises ModelFailed."""
        options = SessionOptions()
        options.intra_op_num_threads = THREADS
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait take no processor
        options.log_severity_level = 4
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(LONGEST)
            self._session = InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
            self._first = _first_token_alone(folder / POOLING)
            self.identity = _hash([folder / MODEL, folder / TOKENIZER, folder / POOLING])
        except Exception as error:
            raise ModelFailed(f"The model in {folder} cannot be loaded: {_line(error)}") from error
        self._inputs = [each.name for each in self._session.get_inputs()]
        outputs = [each.name for each in self._session.get_outputs()]
        self._output = WHOLE if WHOLE in outputs else outputs[0]

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector of each text. Raises ModelFailed."""
        try:
            return [unit(self._pooled(text).tolist()) for text in texts]
        except ModelFailed:
            raise
        except Exception as error:
            raise ModelFailed(f"The model cannot read a text: {_line(error)}") from error

    def _pooled(self, text: str) -> Any:
        read = self._tokenizer.encode(text)
        given = {"input_ids": read.ids, "attention_mask": read.attention_mask, "token_type_ids": read.type_ids}
        wanted = {name: numpy.array([given[name]], dtype=numpy.int64) for name in self._inputs}
        found = self._session.run([self._output], wanted)[0][0]
        if found.ndim == 1:  # it gives a vector of the whole text
            return found
        return found[0] if self._first else found.mean(axis=0)


def _first_token_alone(file: Path) -> bool:
    """Say whether a text's vector is that of its first token, as the folder's configuration may say."""
    return file.is_file() and bool(orjson.loads(file.read_bytes()).get("pooling_mode_cls_token"))


def _hash(files: Sequence[Path]) -> bytes:
    found = blake2b(digest_size=16)
    for each in files:
        if each.is_file():
            with each.open("rb") as stream:
                found.update(file_digest(stream, "blake2b").digest())
        found.update(b"/")
    return found.digest()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
