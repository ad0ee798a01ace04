"""Why the publisher does not sign the log."""

from pathlib import Path

from factcheck.errors import Refused
from factcheck.messages import message


def shorter(size: int, signed: int) -> Refused:
    return Refused(
        message(
            "The database's log has {size} entries; {signed} were signed. If it was restored from a backup, restore a"
            " newer one, or begin a new epoch: `factcheck log epoch`.",
            size=size,
            signed=signed,
        )
    )


def miscounted(size: int, found: int) -> Refused:
    return Refused(message("The log's head says {size} entries; there are {found}.", size=size, found=found))


def altered(size: int) -> Refused:
    return Refused(
        message(
            "The log's first {size} entries are not those that were signed: the history was changed. `factcheck log"
            " verify` names what differs.",
            size=size,
        )
    )


def unrecorded(folder: Path) -> Refused:
    return Refused(
        message(
            "Checkpoints were published, but there is no record of what was signed in {folder}: put the folder with the"
            " key back, or begin a new epoch: `factcheck log epoch`.",
            folder=folder,
        )
    )


def overtaken() -> Refused:
    return Refused(message("Another process changed the signing record while it was in use."))
