"""Decode one image. What its name or its server says of it does not count, only its bytes."""

import io
import warnings
from typing import Any

import imagehash
import scipy.fftpack  # noqa: F401 - `phash` imports it, and then there may be no memory for it
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from factcheck.extraction import refusals
from factcheck.rules.web.fetches import Failure

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
READ = ("PNG", "JPEG", "GIF", "WEBP")
SIDEWAYS = (5, 6, 7, 8)  # values of EXIF's orientation
SMALL = 512  # pixels of the shorter side, at least, of what is hashed
Image.MAX_IMAGE_PIXELS = refusals.PIXELS
# Beyond that, Pillow only warns, unless it is twice as much.
warnings.simplefilter("error", Image.DecompressionBombWarning)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def found(raw: bytes) -> dict[str, Any]:
    """Return the members of a Picture (`extraction/running.py`), of the first frame as it is shown."""
    try:
        with Image.open(io.BytesIO(raw), formats=READ) as image:
            if image.width * image.height > refusals.PIXELS:
                return _failed(Failure.TOO_LARGE, refusals.TOO_MANY_PIXELS)
            media_type = FORMATS[image.format or ""]
            image.load()
            width, height = image.size
            if image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS:
                width, height = height, width
            phash = str(imagehash.phash(_on_white(ImageOps.exif_transpose(_small(image)))))
    except _BOMBS:
        return _failed(Failure.TOO_LARGE, refusals.TOO_MANY_PIXELS)
    except UnidentifiedImageError:
        return _failed(Failure.DAMAGED, refusals.NO_IMAGE)
    except MemoryError:
        return _failed(Failure.TOO_COMPLEX, refusals.IMAGE_COMPLEX)
    # What decoders raise for damaged files is not documented: each has its own.
    except Exception:  # noqa: BLE001 - whatever it is, the image cannot be read
        return _failed(Failure.DAMAGED, refusals.IMAGE_DAMAGED)
    return {"media_type": media_type, "width": width, "height": height, "phash": phash}


def _small(image: Image.Image) -> Image.Image:
    """Return an image of which no copy takes much memory: a hash looks at 32 times 32 pixels."""
    if image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce(max(1, min(image.size) // SMALL))


def _on_white(image: Image.Image) -> Image.Image:
    """Return an image without what is hidden behind transparency: nobody sees it."""
    if not image.has_transparency_data:
        return image.convert("L")
    layer = image.convert("RGBA")
    page = Image.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    return page.convert("L")


def _failed(failure: Failure, detail: str) -> dict[str, Any]:
    return {"failure": failure, "detail": detail}
