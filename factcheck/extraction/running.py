"""Let a process of its own read a page or a feed, and end it when it takes too long."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from factcheck.errors import Unavailable
from factcheck.extraction import refusals
from factcheck.messages import message
from factcheck.rules.web.feeds import FeedItem
from factcheck.rules.web.fetches import Failure

STARTING = 60.0  # seconds until it must be ready
WORKING = 20.0  # seconds for a page, on a processor that others use too; its own time is limited to 3 seconds


@dataclass(frozen=True)
class Extract:
    """What was found in a page, or why nothing was: `failure`, and `detail` in words."""

    text: str | None = None
    title: str | None = None
    author: str | None = None
    published_on: str | None = None
    language: str | None = None
    outlet: str | None = None
    canonical_url: str | None = None
    charset: str | None = None
    failure: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Feed:
    """What was found in a feed, newest items first, or why nothing was: `failure`, and `detail` in words."""

    title: str | None = None
    items: tuple[FeedItem, ...] = ()
    failure: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Picture:
    """What an image is, or why it cannot be read: `failure`, and `detail` in words.

    `width` and `height` are as it is shown; `phash` is its perceptual hash, 64 bits as hexadecimal digits.
    """

    media_type: str = ""
    width: int = 0
    height: int = 0
    phash: str = ""
    failure: str | None = None
    detail: str | None = None


def extract(raw: bytes, content_type: str, url: str) -> Extract:
    """Return what a page says. Raises Unavailable when no process can be started."""
    written = _read(raw, {"content_type": content_type, "url": url, "feed": False})
    return Extract(failure=Failure.TOO_COMPLEX, detail=refusals.SLOW) if written is None else Extract(**written)


def read_feed(raw: bytes, content_type: str, url: str) -> Feed:
    """Return what a feed says. Raises Unavailable when no process can be started."""
    written = _read(raw, {"content_type": content_type, "url": url, "feed": True})
    if written is None:
        return Feed(failure=Failure.TOO_COMPLEX, detail=refusals.SLOW)
    items = tuple(_item(each) for each in written.pop("items", ()))
    return Feed(items=items, **written)


def read_image(raw: bytes) -> Picture:
    """Return what an image is. Raises Unavailable when no process can be started."""
    written = _read(raw, {}, "factcheck.extraction.images")
    if written is None:
        return Picture(failure=Failure.TOO_COMPLEX, detail=refusals.IMAGE_COMPLEX)
    return Picture(**written)


def _item(written: dict[str, str | None]) -> FeedItem:
    link, at = written["link"], written["published_at"]
    assert link is not None
    return FeedItem(link, written["guid"], written["title"], datetime.fromisoformat(at) if at else None)


def _read(raw: bytes, asking: dict[str, Any], module: str = "factcheck.extraction") -> dict[str, Any] | None:
    """Return what the process of a module writes, None when it takes too much. Raises Unavailable."""
    asked = json.dumps(asking).encode() + b"\n"
    command = [sys.executable, "-m", module]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["OPENBLAS_NUM_THREADS"] = "1"  # each thread takes address space, which is limited
    try:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
    except OSError as error:
        raise Unavailable(
            message("No process can be started to read the page: {reason}.", reason=error.strerror or error)
        ) from error
    with process:
        assert process.stdout is not None
        starting = _until(process, STARTING)
        ready = process.stdout.readline()
        starting.cancel()
        if ready != b"ready\n":
            process.kill()
            raise Unavailable(message("The process that reads pages did not start."))
        working = _until(process, WORKING)
        try:
            written, _ = process.communicate(asked + raw)
        finally:
            working.cancel()
    return refusals.taken_over(json.loads(written)) if process.returncode == 0 and written else None


def _until(process: "subprocess.Popen[bytes]", seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    return timer
