"""Where the desk is served: noted beside an embedded database while its server runs, for the commands beside it."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from factcheck.settings import Settings, embedded_file

DEFAULT = "http://127.0.0.1:8000"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to reach a server that listens everywhere


@contextlib.contextmanager
def noted(settings: Settings, host: str, port: int) -> Iterator[None]:
    """Note the address beside an embedded database for as long as this block runs."""
    file = _file(settings)
    if file is None:
        yield
        return
    file.write_text(address(ANYWHERE.get(host, host), port) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def base_of(settings: Settings) -> tuple[str, str | None]:
    """Return the address at which links of this desk begin, and what to tell about it when it is not certain."""
    if settings.base_url:
        return settings.base_url, None
    file = _file(settings)
    try:
        found = file.read_text(encoding="utf-8").strip() if file else ""
    except OSError:
        found = ""
    if not found:
        return DEFAULT, (
            f"The URL of this desk is not known. The link assumes {DEFAULT}. If that is wrong, start the"
            " server first, or set FACTCHECK_BASE_URL to the desk's URL."
        )
    if not _answers(found):
        return found, f"No server is running at {found}. Start the desk there, then open the link."
    return found, None


def address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _file(settings: Settings) -> Path | None:
    file = embedded_file(settings.database_url)
    return file.with_suffix(".address") if file else None


def _answers(base: str) -> bool:
    """Say whether something listens there: a server that was killed leaves its note behind."""
    parts = urlsplit(base)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1).close()
    except OSError:
        return False
    return True
