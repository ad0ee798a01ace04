"""The sentence model that the settings name."""

from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from factcheck.errors import Misconfigured
from factcheck.followers.embeddings.filling import VectorFilling
from factcheck.followers.embeddings.meanings import Meanings
from factcheck.followers.embeddings.remote import RemoteModel
from factcheck.followers.embeddings.vectors import ModelFailed, SentenceModel
from factcheck.rules.matching.ranking import ModelUse
from factcheck.settings import Settings, index_folder
from factcheck.storage.engine.database import Database

EXTRA = ("numpy", "onnxruntime", "tokenizers")
FILES = ("model.onnx", "tokenizer.json")


def meanings(settings: Settings, count: Callable[[ModelUse], None]) -> Meanings | None:
    """Return the model of a desk, which is loaded when it is used; None where the settings name none.

    Raises Misconfigured where it cannot be one.
    """
    return Meanings(loading(settings), path(settings), count) if settings.embeddings else None


def demand(settings: Settings) -> None:
    """Raise Misconfigured where the settings name a model that cannot be one."""
    if settings.embeddings:
        loading(settings)


def path(settings: Settings) -> Path:
    """Return the file of a desk's vectors: beside the search index, which may be removed and rebuilt."""
    index = index_folder(settings)
    return index.with_name(index.name + ".vectors")


def begin(settings: Settings, database: Database, found: Meanings | None) -> None:
    """Begin to write the vectors of a desk's claims; without a model, remove those of an earlier one."""
    if found is not None:
        found.load()
        VectorFilling(database, found).start()
        return
    with suppress(OSError):
        path(settings).unlink(missing_ok=True)


def loading(settings: Settings) -> Callable[[], SentenceModel]:
    """Return what loads the model that the settings name. Raises Misconfigured."""
    if "://" in settings.embeddings:
        return lambda: RemoteModel(settings.embeddings, settings.embeddings_key, settings.embeddings_model)
    folder = Path(settings.embeddings)
    if not all(map(find_spec, EXTRA)):
        raise Misconfigured("FACTCHECK_EMBEDDINGS names a folder, which needs more: pip install 'factcheck[semantic]'.")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise Misconfigured(f"FACTCHECK_EMBEDDINGS names the folder {folder}, which has no {' and no '.join(missing)}.")

    def load() -> SentenceModel:
        # What it imports is an extra, and takes a third of a second.
        try:
            from factcheck.followers.embeddings.local import LocalModel
        except ImportError as error:
            raise ModelFailed(f"What runs a model cannot be imported: {error}") from error
        return LocalModel(folder)

    return load
