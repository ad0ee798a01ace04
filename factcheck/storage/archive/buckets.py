"""An archive in a bucket of an object store that speaks the protocol of Amazon S3, for a desk on several hosts.

The credentials, the endpoint and the region are in the AWS_… variables of the environment, which the library reads
itself. What it says of an error is long and has the whole request, so only the code of the error is passed on.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import S3Store

from factcheck.storage.archive.base import Archive, Listed

if TYPE_CHECKING:
    from obstore.store import ClientConfig

SCHEME = "s3://"
CONNECT, REQUEST = timedelta(seconds=3), timedelta(seconds=10)
LOOK = timedelta(seconds=2)  # for a look whether the bucket can be reached
REMEMBERED = 5.0  # seconds for which such a look counts: many ask, and a bucket that is down costs each of them time
NOTHING = "reach"  # no file has a name that begins so
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS = re.compile(r"status code: ([0-9]{3})")
_KIND = re.compile(r"kind: (Connect|Timeout)")
_KINDS = {"Connect": "no connection to its server", "Timeout": "its server did not respond in time"}


class BucketArchive(Archive):
    """The files of one desk in a bucket, below a prefix. `place` is s3://BUCKET or s3://BUCKET/PREFIX."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._files = self._store(REQUEST, retries=1)
        self._look = self._store(LOOK, retries=0)
        self._looked: tuple[float, str | None] | None = None

    def _store(self, wait: timedelta, *, retries: int) -> S3Store:
        bucket, _, prefix = self.place.removeprefix(SCHEME).partition("/")
        # Without TLS only where whoever runs the desk writes http:// into AWS_ENDPOINT_URL.
        client: ClientConfig = {"allow_http": True, "connect_timeout": min(wait, CONNECT), "timeout": wait}
        return S3Store(
            bucket,
            prefix=prefix or None,
            client_options=client,
            retry_config={"max_retries": retries, "retry_timeout": wait},
        )

    def put(self, name: str, content: bytes) -> None:
        try:
            with _as_os_errors():
                self._files.put(name, content, use_multipart=False)  # in one request: whole, or not there
        except BaseException:
            with suppress(OSError):  # the server may have stored it, and only its response was lost
                self.remove(name)
            raise

    def get(self, name: str) -> bytes:
        with _as_os_errors():
            return bytes(self._files.get(name).bytes())

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError), _as_os_errors():
            self._files.delete(name)

    def listed(self) -> Iterator[Listed]:
        with _as_os_errors():
            for some in self._files.list():
                for each in some:
                    yield Listed(each["path"], each["last_modified"].timestamp())

    def reach(self) -> None:
        if self._looked is None or self._looked[0] < time.monotonic() - REMEMBERED:
            try:
                with _as_os_errors():
                    list(self._look.list(NOTHING))
                found = None
            except OSError as error:
                found = str(error)
            self._looked = time.monotonic(), found
        if self._looked[1] is not None:
            raise OSError(self._looked[1])

    def is_there(self) -> bool:
        return True


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Raise what the library raises as OSError with a short reason, and FileNotFoundError only for a file."""
    try:
        yield
    except (BaseError, OSError) as error:
        said = str(error)
        code = _CODE.search(said)
        if isinstance(error, FileNotFoundError) and (code is None or code[1] == "NoSuchKey"):
            raise FileNotFoundError("not found") from None
        raise OSError(_reason(said, code)) from None


def _reason(said: str, code: re.Match[str] | None) -> str:
    if code is not None:
        return f"its server responds {code[1]}"
    if status := _STATUS.search(said):
        return f"its server responds with the status {status[1]}"
    kind = _KIND.search(said)
    return _KINDS[kind[1]] if kind else "its server cannot be used with these settings"
