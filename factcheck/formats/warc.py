"""WARC 1.1 (ISO 28500): a capture as one file, which readers of web archives open.

Written here and not by a library, so that a record holds the bytes that were on the wire: libraries write the head of a
response anew, from what they have parsed.
"""

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from factcheck.rules.web.fetches import Exchange

MEDIA_TYPE = "application/warc"
ENDING = ".warc.gz"
END_OF_HEAD = b"\r\n\r\n"


def written(exchanges: Sequence[Exchange], software: str) -> bytes:
    """Return the file of a capture: a warcinfo record, and a request and a response for each exchange.

    Each record is a member of the gzip file of its own.
    """
    records = [_warcinfo(exchanges[0].at, software)]
    for each in exchanges:
        response_id = _record_id()
        about = [("WARC-Target-URI", each.url), ("WARC-IP-Address", each.ip), ("WARC-Date", _date(each.at))]
        together = [("WARC-Concurrent-To", response_id)]
        records.append(_http("response", each.response, [("WARC-Record-ID", response_id), *about]))
        records.append(_http("request", each.request, [("WARC-Record-ID", _record_id()), *about, *together]))
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def _warcinfo(at: datetime, software: str) -> bytes:
    block = f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode()
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
