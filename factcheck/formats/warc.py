"""WARC 1.1 (ISO 28500): a capture as one file, which readers of web archives open.

Written here and not by a library, so that a record holds the bytes that were on the wire: libraries write the head of a
response anew, from what they have parsed. A library reads it.
"""

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader

from factcheck.rules.web.codings import inflated
from factcheck.rules.web.fetches import Exchange

MEDIA_TYPE = "application/warc"
HANDED = "text/html; charset=utf-8"  # how a page is stored that a person's browser had
BY_A_PERSON = (
    "A person handed this page over from a browser. Nothing was fetched: the record is the page as they sent it."
)
ENDING = ".warc.gz"
AN_IMAGE = "A person handed this image over. Nothing was fetched: the record is the image as they sent it."
END_OF_HEAD = b"\r\n\r\n"
CHUNK = 1 << 16  # bytes that are read at once


def written(exchanges: Sequence[Exchange], software: str) -> bytes:
    """Return the file of a capture: a warcinfo record, and a request and a response for each exchange.

    Each record is a member of the gzip file of its own.
    """
    records = [_warcinfo(exchanges[0].at, software, ())]
    for each in exchanges:
        response_id = _record_id()
        about = [("WARC-Target-URI", each.url), ("WARC-IP-Address", each.ip), ("WARC-Date", _date(each.at))]
        together = [("WARC-Concurrent-To", response_id)]
        records.append(_http("response", each.response, [("WARC-Record-ID", response_id), *about]))
        records.append(_http("request", each.request, [("WARC-Record-ID", _record_id()), *about, *together]))
    return _packed(records)


def handed_over(
    url: str, at: datetime, body: bytes, software: str, *, content_type: str = HANDED, told: str = BY_A_PERSON
) -> bytes:
    """Return the file of what a person handed over: a warcinfo record that says so, and a resource record.

    A resource is what the standard has for a page without the protocol: there was a response, but nobody here saw it.
    """
    about = [("WARC-Record-ID", _record_id()), ("WARC-Target-URI", url), ("WARC-Date", _date(at))]
    described = [("Content-Type", content_type), ("WARC-Payload-Digest", _digest(body))]
    info = _warcinfo(at, software, [("description", told)])
    return _packed([info, _record("resource", body, [*about, *described])])


def page_of(file: bytes) -> bytes | None:
    """Return the page in the file of a capture, None if it has none: the last response's body, or what was handed over.

    It comes without chunks and content codings, read as they were when the page was fetched.
    """
    page = None
    for record in ArchiveIterator(BytesIO(file)):
        if record.rec_type == "resource":
            page = _all(record.raw_stream)
        elif record.rec_type == "response":
            headers = record.http_headers.headers
            chunked = any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers)
            page = inflated(headers, _all(ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream))
    return page


def _all(stream: Any) -> bytes:
    return b"".join(iter(lambda: stream.read(CHUNK), b""))


def _packed(records: Iterable[bytes]) -> bytes:
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def _warcinfo(at: datetime, software: str, more: Iterable[tuple[str, str]]) -> bytes:
    said = [("software", software), ("format", "WARC File Format 1.1"), *more]
    block = "".join(f"{name}: {value}\r\n" for name, value in said).encode()
    fields = [("WARC-Record-ID", _record_id()), ("WARC-Date", _date(at)), ("Content-Type", "application/warc-fields")]
    return _record("warcinfo", block, fields)


def _http(kind: str, block: bytes, fields: Iterable[tuple[str, str]]) -> bytes:
    _, _, payload = block.partition(END_OF_HEAD)
    described = [("Content-Type", f"application/http; msgtype={kind}"), ("WARC-Payload-Digest", _digest(payload))]
    return _record(kind, block, [*fields, *described])


def _record(kind: str, block: bytes, fields: Iterable[tuple[str, str]]) -> bytes:
    head = [("WARC-Type", kind), *fields, ("WARC-Block-Digest", _digest(block)), ("Content-Length", str(len(block)))]
    lines = "".join(f"{name}: {value}\r\n" for name, value in head)
    return b"WARC/1.1\r\n" + lines.encode() + b"\r\n" + block + END_OF_HEAD


def _record_id() -> str:
    return f"<urn:uuid:{uuid4()}>"


def _date(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
