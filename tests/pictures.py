"""Images to test with: a scene that can be saved in every format, cropped a little, or hostile."""

import base64
import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw


def scene(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return a picture with shapes, other ones for each seed."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for at in range(12):
        left, top = (seed * 97 + at * 53) % size[0], (seed * 61 + at * 37) % size[1]
        box = (left, top, left + 40 + at * 5, top + 30 + (seed * at) % 60)
        draw.rectangle(box, fill=((at * 40 + seed * 30) % 256, (at * 90) % 256, (seed * 70) % 256))
    return image


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def as_text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def claims_to_be(width: int, height: int) -> bytes:
    """Return a small PNG whose head says that it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
