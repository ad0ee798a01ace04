"""Time stamps (RFC 3161): an authority outside the desk signs that a checkpoint existed at a time.

A stamp is the authority's whole response, byte for byte, because that is what `openssl ts -verify` reads. What it
vouches for is the SHA-256 of a signed checkpoint's note.

`rfc3161_client` is imported where it is used: it takes a tenth of a second, and most processes never see a stamp.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.errors import Misconfigured
from factcheck.log.clock import stamp
from factcheck.log.verification import Fault
from factcheck.storage.tables.columns import as_kept, as_stamp
from factcheck.storage.tables.logbook import LogCheckpoint, LogStamp

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest, TimeStampResponse

Roots = Sequence["Certificate"]
SHA256 = "2.16.840.1.101.3.4.2.1"
GRANTED = 0
ROWS = 200


class StampError(ValueError):
    """A response is no time stamp of what was asked for. Its text says why."""


@dataclass(frozen=True)
class Vouched:
    """What a verified stamp says: the log's first `size` entries existed at `at`."""

    size: int
    at: str


def request(note: str) -> "TimeStampRequest":
    """Return the request to stamp a checkpoint's note, with a random nonce. It asks for the authority's certificate."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder(data=note.encode(), hash_algorithm=HashAlgorithm.SHA256).build()


def answered(response: bytes, asked: "TimeStampRequest") -> datetime:
    """Check that a response is a stamp of what was asked for, and return its time. Raises StampError.

    The signature is not checked: the desk knows no roots. Whoever verifies the stamp gives their own.
    """
    read = _read(response)
    info = read.tst_info
    if info.nonce != asked.nonce:
        raise StampError("it has another nonce than the request")
    _demand_imprint(read, asked.message_imprint.message)
    return info.gen_time


def time_of(response: bytes, note: str) -> datetime:
    """Check that a stamp is of this note, and return its time. The signature is not checked. Raises StampError."""
    read = _read(response)
    _demand_imprint(read, hashlib.sha256(note.encode()).digest())
    return read.tst_info.gen_time


def verified(response: bytes, note: str, roots: Roots) -> datetime:
    """Verify that a root's authority stamped this note, and return the time. Raises StampError.

    The certificates must be valid at that time, not now.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    at = time_of(response, note)
    try:
        VerifierBuilder(roots=list(roots)).build().verify_message(_read(response), note.encode())
    except (VerificationError, ValueError) as error:
        raise StampError(f"its signature is not of an authority of the given roots: {_first(str(error))}") from error
    return at


def read_roots(pem: bytes) -> list["Certificate"]:
    """Read certificates in PEM. Raises Misconfigured."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Misconfigured("The file of roots must contain certificates in PEM.") from error


def newest(connection: Connection, before: int, limit: int) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield the stamps of the newest epoch below a size, each with its size: the newest first."""
    epoch = select(LogCheckpoint.epoch).order_by(LogCheckpoint.epoch.desc()).limit(1).scalar_subquery()
    rows = connection.execute(
        select(LogStamp.epoch, LogStamp.size, LogStamp.stamped_at)
        .where(LogStamp.epoch == epoch, LogStamp.size < before)
        .order_by(LogStamp.size.desc())
        .limit(limit)
    )
    for row in rows:
        place = f"{row.epoch}/{row.size}"
        links = {"checkpoint": f"/log/checkpoints/{place}", "stamp": f"/log/stamps/{place}"}
        yield row.size, {"epoch": row.epoch, "size": row.size, "stamped_at": stamp(row.stamped_at), "links": links}


def examined(session: Session, roots: Roots) -> Iterator[Vouched | Fault]:
    """Check every stored stamp, oldest first; yield what each vouches for, or what is wrong with it.

    Without roots, only the note that it is of and its row are checked.
    """
    connection = session.connection()
    rows = connection.execute(
        select(
            LogStamp.epoch, LogStamp.size, as_kept(LogStamp.response).label("response"),
            as_stamp(connection.dialect.name, LogStamp.stamped_at).label("stamped_at"),
            as_kept(LogCheckpoint.note).label("note"),
        )
        .outerjoin(LogCheckpoint, (LogCheckpoint.epoch == LogStamp.epoch) & (LogCheckpoint.size == LogStamp.size))
        .order_by(LogStamp.epoch, LogStamp.size)
        .execution_options(yield_per=ROWS)
    )  # fmt: skip
    for row in rows:
        yield examine(row.size, row.response, row.note, row.stamped_at, roots)


def examine(size: int, response: object, note: object, stamped_at: object, roots: Roots) -> Vouched | Fault:
    """Return what a stamp vouches for, or what is wrong with it."""
    try:
        if not isinstance(note, str) or not isinstance(response, bytes):
            raise StampError("it cannot be read, or its checkpoint is missing")
        at = stamp(verified(response, note, roots) if roots else time_of(response, note))
        if at != stamped_at:
            raise StampError(f"the desk says {stamped_at}, and the stamp says {at}")
    except StampError as error:
        return Fault(f"time stamp of {size} entries", f"It is not valid: {error}.")
    return Vouched(size, at)


def unread(reason: str) -> Fault:
    """Return the fault that stamps cannot be read."""
    return Fault("log_stamps", f"It cannot be read, so no time stamp was checked: {reason}")


def _read(response: bytes) -> "TimeStampResponse":
    from rfc3161_client import decode_timestamp_response

    try:
        read = decode_timestamp_response(response)
        if read.status != GRANTED:
            told = ": " + ", ".join(read.status_string) if read.status_string else ""
            raise StampError(f"the time-stamp server granted none (status {read.status}{told})")
        _ = read.tst_info  # which a response need not have
    except StampError:
        raise
    except ValueError as error:
        raise StampError(f"it is not a time-stamp response: {_first(str(error))}") from error
    return read


def _demand_imprint(read: "TimeStampResponse", digest: bytes) -> None:
    imprint = read.tst_info.message_imprint
    if (imprint.hash_algorithm.dotted_string, imprint.message) != (SHA256, digest):
        raise StampError("it is of something else than the SHA-256 of this checkpoint")


def _first(text: str) -> str:
    """Return the beginning of an error: OpenSSL tells a stack of them."""
    return text if len(text) <= 200 else f"{text[:200]}…"
