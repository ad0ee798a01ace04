"""In which encoding a page is: what its header says, its byte order mark, what it says of itself, what its bytes say.

In this order, the first in which the bytes can be read. Bytes that are UTF-8 are read as UTF-8 whatever is said of
them: other encodings do not come out so by chance, and a wrong header is common. So no letters are garbled by a header
that lies.
"""

import codecs
import re
from collections.abc import Iterator

import charset_normalizer

SAMPLE = 100_000  # bytes that are looked at where nothing says the encoding
LOST = 1000  # one character among so many may be unreadable
UTF_8 = "utf-8"
NEVER_GUESSED = ["utf_7", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"]  # they have a mark
_MARKS = (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_META = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE
)
# What browsers read under these names (WHATWG Encoding), where Python takes them for less.
_MEANT = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "windows-1252": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "windows-874": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932",
    "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "korean": "cp949", "utf8": UTF_8, "unicode": "utf-16", "x-mac-roman": "mac_roman", "big5": "big5hkscs",
}  # fmt: skip


def decoded(raw: bytes, content_type: str = "") -> tuple[str, str]:
    """Return a page as text, and the encoding in which it was read."""
    said = list(_said(raw, content_type))
    if not raw.isascii() or not said:
        try:
            return raw.decode("utf-8-sig"), UTF_8
        except UnicodeDecodeError:
            pass
    for name in said:
        text = _read(raw, name)
        if text is not None:
            return text, name
    if raw.isascii():
        return raw.decode("ascii"), UTF_8
    found = charset_normalizer.from_bytes(raw[:SAMPLE], cp_exclusion=NEVER_GUESSED).best()
    name = found.encoding if found is not None else "cp1252"
    return raw.decode(name, "replace"), name


def _said(raw: bytes, content_type: str) -> Iterator[str]:
    in_header = _CHARSET.search(content_type)
    if in_header:
        yield _meant(in_header[1])
    for mark, name in _MARKS:
        if raw.startswith(mark):
            yield name
    in_page = _META.search(raw[:4096])
    if in_page:
        name = _meant(in_page[1].decode())
        # It was read as ASCII, so the page is in no encoding of two bytes a letter.
        yield UTF_8 if name.startswith("utf-16") else name


def _meant(name: str) -> str:
    return _MEANT.get(name.lower(), name.lower())


def _read(raw: bytes, name: str) -> str | None:
    """Return the text, None where the bytes are not in this encoding, or it is none of texts."""
    try:
        text = raw.decode(name, "replace")
    except (LookupError, UnicodeError):  # a codec that takes no texts, or knows no replacement
        return None
    return text if text.count("\ufffd") * LOST <= len(text) else None
