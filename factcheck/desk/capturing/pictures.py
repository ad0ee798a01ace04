"""Get an image, read what it is and keep it in the archive: everything that comes before the transaction."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from factcheck.desk.capturing.pages import SOFTWARE, Camera
from factcheck.errors import Flaw, Invalid, Unconfirmed
from factcheck.extraction.running import Picture, read_image
from factcheck.formats import warc
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.messages import message

LARGEST = 10 * 1024 * 1024  # bytes of an image
_REFUSED = message("The image was not added.")


@dataclass
class TakenImage:
    """An image, with its file in the archive. `url` is where it is; `stored` says that a row names the file."""

    id: str
    url: str | None
    picture: Picture
    bytes: int
    sha256: str
    warc_sha256: str
    stored: bool = False


@contextmanager
def taken(camera: Camera, url: str | None, data: bytes | None, pointer: str) -> Iterator[TakenImage]:
    """Fetch an image from its URL, or take its bytes, for the transaction that follows.

    Where that does not store it, its file is removed again. Raises Invalid, with `pointer`, for what is no image or
    cannot be fetched, and Unavailable if the archive cannot be written.
    """
    image_id, at = new_id(), now()
    exchanges = None
    if data is None:
        assert url is not None
        fetched = camera.fetcher.fetch(url)
        last = fetched.last
        if fetched.failure or last is None:
            raise _refused(fetched.detail or message("There was no response."), pointer)
        exchanges, data = fetched.exchanges, last.body
    if len(data) > LARGEST:
        raise _refused(message("The image has more than {most} MB.", most=LARGEST // 2**20), pointer)
    picture = read_image(data)
    if picture.failure:
        raise _refused(picture.detail or picture.failure, pointer)
    if exchanges is not None:
        file = warc.written(exchanges, SOFTWARE)
    else:
        there = url or f"urn:uuid:{image_id}"
        file = warc.handed_over(there, at, data, SOFTWARE, content_type=picture.media_type, told=warc.AN_IMAGE)
    kept = camera.archive.keep(file)
    image = TakenImage(image_id, url, picture, len(data), hashlib.sha256(data).hexdigest(), kept)
    try:
        yield image
    except BaseException as error:
        image.stored = isinstance(error, Unconfirmed)  # then the row that names the file may be there
        raise
    finally:
        if not image.stored:
            camera.archive.discard(kept)


def _refused(detail: str, pointer: str) -> Invalid:
    return Invalid(_REFUSED, flaws=[Flaw(detail, pointer)])
