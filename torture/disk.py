"""What a disk holds after a power cut: everything that was synced, and of the rest whatever it pleases.

The model is that of SQLite's own crash tests. A write that was not synced may be there, or not, or torn between two
sectors, in any order; a file's name that was made, changed or removed holds once its folder was synced, and of those
that were not, the first some do.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SECTOR = 512
_HEAD = struct.Struct("<B3xIQQ")


@dataclass(frozen=True)
class Event:
    """One record of the trace: W(rite), T(runcate), B(egin of a sync), S(ynced), C(reate), U(nlink), R(ename), L(ink);
    A(cknowledged) and Q (asked) are written by clients.

    `number` is the offset of a write, the size of a truncation, the thread of a sync.
    """

    kind: str
    path: str
    number: int
    data: bytes


def acknowledgement(kind: str, mark: str) -> bytes:
    """Return a client's record in the trace."""
    return _HEAD.pack(ord(kind), 0, 0, len(mark)) + mark.encode()


def events(trace: Path) -> Iterator[Event]:
    """Read a trace. The last record may be cut off, when its process was killed."""
    with trace.open("rb") as stream:
        while len(head := stream.read(_HEAD.size)) == _HEAD.size:
            kind, path, number, length = _HEAD.unpack(head)
            name, data = stream.read(path), stream.read(length)
            if len(data) == length:
                yield Event(chr(kind), name.decode(), number, data)


@dataclass
class File:
    """A file: what of it is durable, and the writes and truncations since, counted from the first there ever was."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # offset and data, or size and None
    settled: int = 0

    def settle(self, upto: int) -> None:
        """Make durable what was written before a sync began."""
        for at, data in self.pending[: max(0, upto - self.settled)]:
            _put(self.durable, at, data)
        del self.pending[: max(0, upto - self.settled)]
        self.settled = max(self.settled, upto)

    def after_cut(self, random: Random) -> bytes:
        content = bytearray(self.durable)
        chance = random.choice((0.0, 0.5, 0.9, 1.0))
        first = random.randint(0, len(self.pending)) if random.random() < 0.5 else len(self.pending)
        for at, data in self.pending[:first]:
            if random.random() < chance:
                _put(content, at, data)
            elif data is not None and random.random() < 0.5:
                for start in range(0, len(data), SECTOR):
                    if random.random() < 0.5:
                        _put(content, at + start, data[start : start + SECTOR])
        return bytes(content)


def _put(content: bytearray, at: int, data: bytes | None) -> None:
    size = at if data is None else at + len(data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if data is None:
        del content[at:]
    else:
        content[at:size] = data


class Disk:
    """The files below a folder, as the events leave them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = {str(file): File(bytearray(file.read_bytes())) for file in folder.rglob("*") if file.is_file()}
        self.names = dict(self.live)  # as they are durable
        self.changes: list[Event] = []  # of names, since the folder was synced
        self._made: dict[int, File] = {}  # the files that the changes made, by the identity of their event
        self._begun: dict[tuple[str, int], int] = {}

    def apply(self, event: Event) -> None:
        file = self.live.get(event.path)
        if event.kind in "CURL":
            self._rename(event)
        elif event.kind in "WT" and file is not None:
            file.pending.append((event.number, event.data if event.kind == "W" else None))
        elif event.kind == "B":
            upto = file.settled + len(file.pending) if file else len(self.changes)
            self._begun[event.path, event.number] = upto
        elif event.kind == "S":
            upto = self._begun.pop((event.path, event.number))
            if file is not None:
                file.settle(upto)
            else:
                self._settle_names(Path(event.path), upto)

    def _rename(self, event: Event) -> None:
        self.changes.append(event)
        if event.kind == "C":
            self._made[id(event)] = File()
        _change(self.live, event, self._made)

    def _settle_names(self, folder: Path, upto: int) -> None:
        """Make durable the changes of names in a folder, of those before its sync began."""
        for event in self.changes[:upto]:
            if Path(event.path).parent == folder:
                _change(self.names, event, self._made)
        mine = [event for event in self.changes[:upto] if Path(event.path).parent != folder]
        self.changes[:upto] = mine
        self._begun = {key: min(begun, len(self.changes)) if key[0] not in self.live else begun
                       for key, begun in self._begun.items()}  # fmt: skip

    def after_cut(self, folder: Path, random: Random) -> None:
        """Write into another folder what is there after the power was cut now."""
        names = dict(self.names)
        for event in self.changes[: random.randint(0, len(self.changes))]:
            _change(names, event, self._made)
        contents: dict[int, bytes] = {}
        for path, file in names.items():
            if id(file) not in contents:
                contents[id(file)] = file.after_cut(random)
            target = folder / Path(path).relative_to(self.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents[id(file)])


def _change(names: dict[str, File], event: Event, made: dict[int, File]) -> None:
    if event.kind == "C":
        names[event.path] = made[id(event)]
    elif event.kind == "U":
        names.pop(event.path, None)
    elif event.path in names:
        names[event.data.decode()] = names[event.path]
        if event.kind == "R":
            del names[event.path]
