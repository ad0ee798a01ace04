"""`log verify`: check the log and everything that it proves, from inside or from outside."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy.orm import Session

from factcheck.cli.base import counted, json_option, opened, opened_at_head, phases, read_settings, show, talk
from factcheck.errors import Misconfigured, Refused, Unavailable
from factcheck.followers.publisher import Publisher
from factcheck.inspection import checkup, replay
from factcheck.inspection.outside import Outside
from factcheck.inspection.public_log import PublicLog
from factcheck.log import remote, transparency, verification
from factcheck.log.heads import signed_heads
from factcheck.log.log_folder import Signed
from factcheck.log.remote import ServedLog, Site
from factcheck.log.verification import Fault
from factcheck.log.vouching import stamps, witnesses
from factcheck.log.vouching.stamps import Vouched
from factcheck.rules import notes
from factcheck.rules.notes import Checkpoint
from factcheck.settings import BEARER, log_folder
from factcheck.storage import damage
from factcheck.storage.archive.opening import archive_of
from factcheck.storage.scratch import scratch
from factcheck.storage.stumbles import apart, surely


@click.command()
@click.option("--url", help="The URL of a desk to verify from outside, by what it shows to everybody.")
@click.option("--token", envvar=BEARER, help="With --url: a token, for a desk that needs one for reading.")
@click.option(
    "--checkpoint",
    "saved",
    type=click.Path(exists=True, dir_okay=False),
    help="A file with a checkpoint that you saved.",
)
@click.option("--key", "verifiers", multiple=True, help="A public key, NAME+ID+BASE64. By default, the log's own key.")
@click.option(
    "--tsa-roots",
    "roots_file",
    type=click.File("rb"),
    help="A PEM file with the roots of the time-stamp servers that you trust. By default, stamps are not verified.",
)
@json_option
def verify(
    url: str | None,
    token: str | None,
    saved: str | None,
    verifiers: tuple[str, ...],
    roots_file: BinaryIO | None,
    as_json: bool,
) -> None:
    """Verify every entry, root, commitment and signature, then compare the database with the log.

    With --url, it verifies another desk from outside: its log, claims, histories, lists and texts of articles.
    """
    _demand_keys(verifiers)
    notes_saved, unread = _read(Path(saved)) if saved else ([], [])
    found = _Found(stamps.read_roots(roots_file.read()) if roots_file else [])
    with phases() as move:
        if url:
            checked = _verified_from_outside(url, token, verifiers, notes_saved, found)
        else:
            checked = _verified(verifiers, notes_saved, found)
        done = verification.Progress()
        for done in checked:
            move(done)
    done.faults = unread + done.faults
    if url is None:
        _keep(done)
    if as_json:
        told = {"entries": done.entries, "faults": [fault_json(fault) for fault in done.faults]}
        show(told | found.as_json(from_outside=url is not None))
    else:
        for fault in done.faults:
            show(fault.told())
        for line in found.lines(from_outside=url is not None):
            talk.print(line)
        talk.print(f"{counted(done.entries, 'entry', 'entries')} checked, {counted(len(done.faults), 'fault')}.")
    if done.faults:
        sys.exit(1)


@dataclass
class _Found:
    """What a verification tells beside faults. `claims` is how many were compared from outside, None for not at all.

    What stamps vouch for is told only if their signatures were verified with `roots`.
    """

    roots: stamps.Roots
    vouched: list[Vouched] = field(default_factory=list)
    claims: int | None = None
    left_out: list[str] = field(default_factory=list)

    def as_json(self, *, from_outside: bool) -> dict[str, Any]:
        stamped = {"time_stamps": [asdict(each) for each in self.vouched]} if self.roots else {}
        return stamped | ({"claims": self.claims, "left_out": self.left_out} if from_outside else {})

    def lines(self, *, from_outside: bool) -> Iterator[str]:
        if self.roots:
            yield f"{counted(len(self.vouched), 'time stamp')} verified."
            for each in dict.fromkeys((*self.vouched[:1], *self.vouched[-1:])):
                yield f"The first {counted(each.size, 'entry', 'entries')} existed at {each.at}."
        if from_outside and self.claims is None:
            yield "Only the log was checked: see the faults, or give a --token if this desk needs one for reading."
        elif self.claims is not None:
            yield f"{counted(self.claims, 'claim')} compared with the log, {len(self.left_out)} left out."


def fault_json(fault: Fault) -> dict[str, Any]:
    return {
        "subject": fault.subject,
        "revision": fault.number,
        "log_index": fault.log_index,
        "detail": fault.detail,
    }


@contextmanager
def open_publisher() -> Iterator[Publisher]:
    settings = read_settings()
    # The log is signed and checked without what followers derive from it, which may be damaged.
    with opened_at_head(follow=False) as database:
        asked = witnesses.parse(settings.witnesses)
        yield Publisher(database, log_folder(settings), settings.base_url, asked)


def _demand_keys(verifiers: tuple[str, ...]) -> None:
    for each in verifiers:
        try:
            notes.parse_verifier_key(each)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--key") from error


def _read(file: Path) -> tuple[list[str], list[Fault]]:
    """Read a saved checkpoint; where it is none, return what is wrong with it."""
    with file.open("rb") as stream:
        raw = stream.read(4 * notes.LONGEST + 1)  # as long as a note can be, in UTF-8, and no longer
    try:
        return [raw.decode("utf-8")], []
    except UnicodeDecodeError:
        return [], [Fault("saved checkpoint", "This is not a checkpoint: it is not UTF-8 text.")]


def _keep(done: verification.Progress) -> None:
    """Tell the desk's pages when it was checked last; whoever may only read has checked it all the same."""
    with opened() as database:
        try:
            with database.writing() as session:
                reason = transparency.keep_verification(session, done.entries, len(done.faults))
        except Unavailable as error:
            reason = error.detail
        if reason:
            talk.print(f"The time of this check could not be stored: {reason}")


def _verified_from_outside(
    url: str, token: str | None, verifiers: tuple[str, ...], saved: list[str], found: _Found
) -> Iterator[verification.Progress]:
    """Check the log of a desk, then what it shows against that; yield how far it is."""
    done = verification.Progress()
    with closing(Site(url, token)) as site, scratch() as database:
        public = PublicLog(database)
        log = ServedLog(site, verifiers, public.take)
        for done in remote.verified(log, saved, found.roots, found.vouched):
            yield done
        if done.faults or site.ask("/v1/changes?limit=1")[0] == HTTPStatus.UNAUTHORIZED:
            return
        outside = Outside(log, public, done)
        yield from outside.run()
        found.claims, found.left_out = outside.claims, sorted(outside.left_out)


def _verified(verifiers: tuple[str, ...], saved: list[str], found: _Found) -> Iterator[verification.Progress]:
    """Check the database's log, then everything else against it; yield how far it is."""
    done = verification.Progress()
    with open_publisher() as publisher:
        signed, known = _known(publisher, verifiers, saved, done.faults)
        with publisher.database.reading_one_moment() as connection, Session(connection) as session:
            done.faults += [Fault(each.place, each.detail) for each in damage.found(connection)]
            [(heads, unsigned)] = apart(session, [saved], lambda _: signed_heads(session, known, saved), _no_heads)
            done.faults += unsigned
            if signed and signed.size:
                heads.append(signed.checkpoint())
            entries = verification.log_entries(connection, heads, done)
            for faults in surely(session, entries, verification.unread):
                done.faults += faults
                yield done
            done.entries = done.done
            for each in surely(session, stamps.examined(session, found.roots), stamps.unread):
                if isinstance(each, Vouched):
                    found.vouched.append(each)
                else:
                    done.faults.append(each)
            for faults in replay.replayed(session, done):
                done.faults += faults
                yield done
            done.faults += _archived(session)
    yield done


def _archived(session: Session) -> list[Fault]:
    """Compare the files of captures with the log, on a host that has the archive."""
    archive = archive_of(read_settings())
    if not archive.is_there():
        return []
    return [
        Fault(each.subject, each.detail)
        for each in surely(session, checkup.captured_faults(session, archive, set()), checkup.unread)
    ]


def _known(
    publisher: Publisher, verifiers: tuple[str, ...], saved: list[str], faults: list[Fault]
) -> tuple[Signed | None, list[str]]:
    """Return what was signed last and the keys that verify signatures; add what cannot be read to the faults."""
    try:
        signed = publisher.signed()
        return signed, list(verifiers) or publisher.verifiers(saved)
    except Refused as error:
        faults.append(Fault("log folder", error.detail))
    except Misconfigured as error:
        faults.append(Fault("log folder", f"{error.detail} No signature was checked."))
        return signed, []
    return None, list(verifiers)


def _no_heads(_saved: list[str], reason: str) -> tuple[list[Checkpoint], list[Fault]]:
    return [], [Fault("log_checkpoints", f"It cannot be read, so no signed root was compared: {reason}")]
