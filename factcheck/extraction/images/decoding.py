"""Decode one image. What its name or its server says of it does not count, only its bytes."""

import io
import warnings
from typing import Any

import imagehash
from PIL import Image, ImageOps, UnidentifiedImageError

from factcheck.extraction import refusals
from factcheck.rules.web.fetches import Failure

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
READ = ("PNG", "JPEG", "GIF", "WEBP")
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
            shown = _on_white(ImageOps.exif_transpose(image))
            width, height = shown.size
            phash = str(imagehash.phash(shown))
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
