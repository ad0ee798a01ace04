"""How close claims are in meaning to a text: what a sentence model says, or nothing while it fails.

The model works on threads of its own, and a request waits a second at most. After a failure nobody asks it for a while,
so that requests do not wait for what is away, one after the other. Vectors of claims come from the file that
`filling.py` writes; what it does not have yet is computed, and cached in this process.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import structlog

from factcheck.followers.embeddings.files import Said, VectorFile
from factcheck.followers.embeddings.scale import Scale, demand_one_size, measured
from factcheck.followers.embeddings.vectors import ModelFailed, SentenceModel, packed
from factcheck.rules.matching.ranking import ModelUse

log = structlog.get_logger("factcheck.model")
WAIT = 1.0  # seconds that a request waits
REST = 10.0  # seconds after a failure in which nobody asks
WORKERS = 4  # requests that wait for the model at a time
ROOM = 32 * 1024 * 1024  # bytes of vectors that are cached,
OVERHEAD = 200  # with what Python needs for each


class Meanings:
    """A sentence model with its scale and its cache.

    `load` returns the model; it is called until it succeeds once. `path` is the file of vectors. `count` is called for
    each request and says whether the model was used.
    """

    def __init__(
        self,
        load: Callable[[], SentenceModel],
        path: Path,
        count: Callable[[ModelUse], None] = lambda _: None,
        *,
        wait: float = WAIT,
        rest: float = REST,
    ) -> None:
        self._load, self._count = load, count
        self.path, self.wait, self.rest = path, wait, rest
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="factcheck-model")
        self._loading = threading.Lock()
        self._loaded: tuple[SentenceModel, Scale, VectorFile] | None = None
        self._cache = _Cache()
        self._rests_until = 0.0

    def load(self) -> None:
        """Begin to load the model, so that the first request finds it loaded."""
        self._pool.submit(self._closeness, "", ())

    def closeness(self, text: str, claims: Sequence[Said]) -> list[float] | None:
        """Return how close each of some claims is to a text, about 0 for unrelated ones and 1 for the same meaning.

        None where the model fails or takes too long; it is then asked again after a while.
        """
        found = self._asked(text, claims) if time.monotonic() >= self._rests_until else None
        self._count(ModelUse.UNAVAILABLE if found is None else ModelUse.USED)
        return found

    def _asked(self, text: str, claims: Sequence[Said]) -> list[float] | None:
        working = self._pool.submit(self._closeness, text, tuple(claims))
        try:
            return working.result(self.wait)
        except TimeoutError:
            working.cancel()
            self._fail(f"The model takes more than {self.wait:g} seconds.")
        except ModelFailed as error:
            self._fail(str(error))
        return None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _closeness(self, text: str, claims: Sequence[Said]) -> list[float]:
        model, scale, file = self._ready()
        written = file.read(claims)
        known = self._cache.get([claim.text for claim in claims if claim.seq not in written])
        known.update((claim.text, written[claim.seq]) for claim in claims if claim.seq in written)
        new = [each for each in dict.fromkeys(claim.text for claim in claims) if each not in known]
        asked, *found = model.vectors([text, *new])
        demand_one_size([asked, *found], scale.size)
        computed = dict(zip(new, map(packed, found), strict=True))
        self._cache.put(computed)
        known.update(computed)
        return [scale.closeness(asked, known[claim.text]) for claim in claims]

    def file(self) -> VectorFile:
        """Return the file of the model's vectors. Raises ModelFailed."""
        return self._ready()[2]

    def packed(self, texts: Sequence[str]) -> list[bytes]:
        """Return the packed vectors of texts, however long that takes. Raises ModelFailed."""
        model, scale, _ = self._ready()
        found = model.vectors(texts)
        demand_one_size(found, scale.size)
        return [packed(each) for each in found]

    def _ready(self) -> tuple[SentenceModel, Scale, VectorFile]:
        with self._loading:
            if self._loaded is None:
                model = self._load()
                scale = measured(model)
                self._loaded = model, scale, VectorFile(self.path, model.identity, scale.size)
            return self._loaded

    def _fail(self, detail: str) -> None:
        self._rests_until = time.monotonic() + self.rest
        log.warning("model_unavailable", detail=detail)


class _Cache:
    """Vectors by their texts, those that were used last. It has hashes of the texts, not the texts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._vectors: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, texts: Sequence[str]) -> dict[str, bytes]:
        with self._lock:
            return {text: self._vectors[key] for text in texts if (key := _key(text)) in self._vectors}

    def put(self, known: dict[str, bytes]) -> None:
        with self._lock:
            for text, vector in known.items():
                self._vectors[_key(text)] = vector
                self._vectors.move_to_end(_key(text))
                while len(self._vectors) > ROOM // (len(vector) + OVERHEAD):
                    self._vectors.popitem(last=False)


def _key(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
