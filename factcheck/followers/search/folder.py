"""The folder of an index: who may write it, which files are open, and what becomes of files that cannot be used.

The lock is a file beside the folder: it outlasts whoever removes the folder.
"""

import os
import threading
from pathlib import Path

import structlog

from factcheck.errors import Unavailable
from factcheck.followers.search import engine
from factcheck.followers.search.engine import Damaged, Files, Seen
from factcheck.messages import message
from factcheck.storage.engine.embedded import try_lock

log = structlog.get_logger("factcheck.followers")


class IndexFolder:
    """One process's hold of an index. `seen` is what it read last; `trouble` says why there may be nothing to read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: Seen | None = None
        self.trouble: str = message("It is being built.")
        self._files: Files | None = None
        self._lock: int | None = None
        self._doubted = False  # whether the files are to be looked over before they are used again
        self._opening = threading.RLock()

    @property
    def held(self) -> bool:
        """Whether this process is the one that writes the index."""
        return self._lock is not None

    def hold(self) -> bool:
        """Say whether this process writes the index: it takes the lock if nobody has it.

        Raises Unavailable where nothing can be written.
        """
        if self._lock is None:
            beside = self.folder.with_name(self.folder.name + ".lock")
            try:
                beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                self.look()
                self.trouble = message("{file} cannot be written: {reason}.", file=beside, reason=error.strerror)
                raise Unavailable(message("The search index cannot be used: {reason}", reason=self.trouble)) from error
            if not try_lock(handle):
                os.close(handle)
                return False
            self._lock = handle
            self.forget()  # what was read until now is opened again, to write it
        return True

    def opened(self) -> Files:
        """Return the files, opened if need be; an index that cannot be used is removed. For who holds the lock."""
        with self._opening:
            if self._files is None or self._doubted or not self._files.is_there():
                self.forget()
                try:
                    self._files = Files(self.folder)
                    self.seen = self._files.seen()
                except Damaged as error:
                    log.warning("search_index_rebuilt", folder=str(self.folder), detail=str(error))
                    self.forget()
                    engine.remove(self.folder)
                    self._files = Files(self.folder)
            return self._files

    def look(self) -> None:
        """Load what another process has written."""
        if self.held:
            return
        with self._opening:
            try:
                if self._files is None or self._doubted or not self._files.is_there():
                    self.forget()
                    if not (self.folder / "meta.json").is_file():
                        return
                    self._files = Files(self.folder)
                self.seen = self._files.seen()
            except Damaged as error:
                self.trouble = error.detail
                self.forget()

    def remove(self) -> Files:
        """Remove the index and return the files of an empty one. Raises Unavailable."""
        with self._opening:
            self.forget()
            engine.remove(self.folder)
            return self.opened()

    def doubt(self, seen: Seen, trouble: str) -> None:
        """Give up what could not be read; the files are looked over before they are used again."""
        log.warning("search_index_unreadable", folder=str(self.folder), detail=trouble)
        with self._opening:
            if self.seen is seen:
                self.seen, self.trouble, self._doubted = None, trouble, True

    def let_go(self) -> None:
        """Close the files, without what was not saved; what was read last is still there."""
        with self._opening:
            files, self._files = self._files, None
            if files is not None:
                files.close()

    def forget(self) -> None:
        """Close the files, and forget what was read."""
        with self._opening:
            self.let_go()
            self.seen, self._doubted = None, False

    def close(self) -> None:
        """Forget what was read, and let another process write."""
        self.forget()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
