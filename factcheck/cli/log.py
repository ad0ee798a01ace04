"""`log …`: check the transparency log, sign it, change its keys."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy.orm import Session

from factcheck.cli.base import counted, json_option, opened, opened_at_head, phases, read_settings, show, talk
from factcheck.desk import people
from factcheck.errors import Misconfigured, Refused, Unavailable
from factcheck.followers import stamper
from factcheck.followers.publisher import Publisher
from factcheck.inspection import rebuilt_desk, replay
from factcheck.log import remote, stamps, transparency, verification, witnesses
from factcheck.log.log_folder import Signed
from factcheck.log.remote import Site
from factcheck.log.stamps import Vouched
from factcheck.log.verification import Fault
from factcheck.rules import notes
from factcheck.rules.notes import Checkpoint
from factcheck.settings import log_folder
from factcheck.storage import damage
from factcheck.storage.engine.database import COMMAND_WAIT, Database
from factcheck.storage.stumbles import apart, surely


@click.group("log")
def log_group() -> None:
    """Verify or sign the transparency log, rebuild a desk from it, or change its keys."""


@log_group.command()
@click.option("--url", help="The URL of a desk whose log to verify, from its public tiles only.")
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
    url: str | None, saved: str | None, verifiers: tuple[str, ...], roots_file: BinaryIO | None, as_json: bool
) -> None:
    """Verify every entry, root, commitment and signature, then compare the database with the log."""
    _demand_keys(verifiers)
    notes_saved, unread = _read(Path(saved)) if saved else ([], [])
    roots = stamps.read_roots(roots_file.read()) if roots_file else []
    vouched: list[Vouched] = []
    with phases() as move:
        given = (verifiers, notes_saved, roots, vouched)
        checked = _verified_from_outside(url, *given) if url else _verified(*given)
        done = verification.Progress()
        for done in checked:
            move(done)
    done.faults = unread + done.faults
    if url is None:
        _keep(done)
    if as_json:
        told: dict[str, Any] = {"entries": done.entries, "faults": [_fault_json(fault) for fault in done.faults]}
        show(told | {"time_stamps": [asdict(each) for each in vouched]} if roots else told)
    else:
        for fault in done.faults:
            show(fault.told())
        if roots:
            _tell_vouched(vouched)
        talk.print(f"{counted(done.entries, 'entry', 'entries')} checked, {counted(len(done.faults), 'fault')}.")
    if done.faults:
        sys.exit(1)


def _tell_vouched(vouched: Sequence[Vouched]) -> None:
    talk.print(f"{counted(len(vouched), 'time stamp')} verified.")
    for each in dict.fromkeys((*vouched[:1], *vouched[-1:])):
        talk.print(f"The first {counted(each.size, 'entry', 'entries')} existed at {each.at}.")


@log_group.command()
@click.option("--into", "url", required=True, help="The URL of an empty database.")
@json_option
def rebuild(url: str, as_json: bool) -> None:
    """Make a whole new desk out of the log and its contents, and compare the two.

    The new desk has no tokens, sessions and webhooks: give people new tokens there. Verify the log first.
    """
    faults: list[Fault] = []
    done = verification.Progress()
    with _publisher() as publisher, closing(Database(url, wait=COMMAND_WAIT)) as target, phases() as move:
        for some in rebuilt_desk.rebuild(publisher.database, target, done):
            faults += some
            move(done)
    if as_json:
        show({"entries": done.entries, "faults": [_fault_json(fault) for fault in faults]})
    else:
        for fault in faults:
            show(fault.told())
        talk.print(f"Rebuilt from {counted(done.entries, 'entry', 'entries')}, {counted(len(faults), 'fault')}.")
    if faults:
        sys.exit(1)


def _fault_json(fault: Fault) -> dict[str, Any]:
    return {
        "subject": fault.subject,
        "revision": fault.number,
        "log_index": fault.log_index,
        "detail": fault.detail,
    }


@log_group.command()
def checkpoint() -> None:
    """Sign, publish and print a checkpoint of the current log."""
    with _publisher() as publisher:
        publisher.publish()
        with publisher.database.reading() as connection:
            click.echo(transparency.checkpoint(connection)[0], nl=False)


@log_group.command("stamp")
def log_stamp() -> None:
    """Sign a checkpoint of the current log and have it stamped by the time-stamp server that FACTCHECK_TSA_URL names.

    The server does this on its own, at most once a minute.
    """
    settings = read_settings()
    with _publisher() as publisher:
        found = stamper.of_settings(settings, publisher.database)
        if found is None:
            raise Misconfigured("FACTCHECK_TSA_URL is not set: it names the time-stamp server.")
        publisher.publish()
        show(found.stamp())


@log_group.command("key")
@click.option("--add", is_flag=True, help="Create another key, which signs together with the others.")
@click.option("--retire", is_flag=True, help="Retire the oldest key.")
def log_key(add: bool, retire: bool) -> None:
    """Print the public keys that sign the log, one per line, or change them: add one, wait, then retire the old one."""
    with _publisher() as publisher:
        if add:
            publisher.add_key()
        if retire:
            publisher.retire_key()
        for each in publisher.signers():
            click.echo(each.verifier())


@log_group.command()
@click.option("--reason", required=True, help="The reason, which the log records.")
def epoch(reason: str) -> None:
    """Begin a new epoch, after a restore that lost signed entries. Old checkpoints stay provable."""
    with _publisher() as publisher:
        with publisher.database.writing() as session:
            operator = people.operator(session)
        begun = publisher.new_epoch(operator, reason)
        publisher.publish()
    talk.print(f"Epoch {begun.epoch} has begun: the log is now {begun.origin}.")


@contextmanager
def _publisher() -> Iterator[Publisher]:
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
    url: str, verifiers: tuple[str, ...], saved: list[str], roots: stamps.Roots, vouched: list[Vouched]
) -> Iterator[verification.Progress]:
    with closing(Site(url)) as site:
        yield from remote.verified(site, verifiers, saved, roots, vouched)


def _verified(
    verifiers: tuple[str, ...], saved: list[str], roots: stamps.Roots, vouched: list[Vouched]
) -> Iterator[verification.Progress]:
    """Check the database's log, then everything else against it; yield how far it is.

    What time stamps vouch for is added to `vouched`.
    """
    done = verification.Progress()
    with _publisher() as publisher:
        signed, known = _known(publisher, verifiers, saved, done.faults)
        with publisher.database.reading_one_moment() as connection, Session(connection) as session:
            done.faults += [Fault(each.place, each.detail) for each in damage.found(connection)]
            [(heads, found)] = apart(
                session, [saved], lambda _: verification.signed_heads(session, known, saved), _no_heads
            )
            done.faults += found
            if signed and signed.size:
                heads.append(signed.checkpoint())
            entries = verification.log_entries(connection, heads, done)
            for faults in surely(session, entries, verification.unread):
                done.faults += faults
                yield done
            done.entries = done.done
            for each in surely(session, stamps.examined(session, roots), stamps.unread):
                if isinstance(each, Vouched):
                    vouched.append(each)
                else:
                    done.faults.append(each)
            for faults in replay.replayed(session, done):
                done.faults += faults
                yield done
    yield done


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
