"""The history checker refuses made-up histories: each is bad in one way, and says which."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from factcheck import logs
from torture.disk import Disk, Event
from torture.figures import exactly, none
from torture.history import Entry, Kind, Outcome, Write, check

A, B = "claim a", "claim b"
LOG = [
    Entry(0, A, 1, "add", "mark-1"),
    Entry(1, A, 2, "amend", "mark-2"),
    Entry(2, B, 1, "add", "mark-3"),
    Entry(3, A, 3, "review", "mark-4"),
    Entry(4, A, 4, "withdraw", "mark-5"),
    Entry(5, B, 2, "reopen", None),
]
WRITES = [
    Write("mark-1", Outcome.OK, ("add",)),
    Write("mark-2", Outcome.OK, ("amend",), seen=1),
    Write("mark-3", Outcome.UNKNOWN, ("add",)),
    Write("mark-4", Outcome.OK, ("review",), seen=2),
    Write("mark-5", Outcome.OK, ("withdraw",)),
    Write("mark-6", Outcome.FAILED, ("amend",), seen=1),
    Write("mark-7", Outcome.UNKNOWN, ("take_over", "merge")),
]
SHOWN: dict[str, tuple[int, str | None]] = {B: (2, "mark-3")}
LAST = Entry(6, B, 3, "amend", "mark-8")


def told(log: list[Entry], writes: list[Write], shown: dict[str, tuple[int, str | None]] | None = None) -> list[Kind]:
    return [fault.kind for fault in check(log, writes, consequences=("reopen",), shown=shown)]


def changed(at: int, **fields: object) -> list[Entry]:
    return [*LOG[:at], replace(LOG[at], **fields), *LOG[at + 1 :]]


def test_a_good_history_is_good() -> None:
    assert told(LOG, WRITES, SHOWN) == []


def test_an_unknown_write_may_be_there_whole_or_not_at_all() -> None:
    whole = [*LOG, Entry(6, B, 3, "take_over", "mark-7"), Entry(7, "claim c", 1, "merge", "mark-7")]
    assert told(whole, WRITES) == []
    assert told(whole[:-1], WRITES) == [Kind.LOST]


@pytest.mark.parametrize(
    ("log", "writes", "kinds"),
    [
        pytest.param(LOG, [*WRITES, Write("mark-8", Outcome.OK, ("amend",), 2)], [Kind.LOST], id="lost"),
        pytest.param(LOG[:-2], WRITES, [Kind.LOST], id="lost at the end"),
        pytest.param([*LOG, replace(LAST, mark="mark-4")], WRITES, [Kind.DOUBLED], id="doubled"),
        pytest.param(
            [*LOG, replace(LAST, action="add", mark="mark-3")], WRITES, [Kind.DOUBLED], id="an unknown one doubled"
        ),
        pytest.param([*LOG, LAST], WRITES, [Kind.PHANTOM], id="phantom"),
        pytest.param([*LOG, replace(LAST, mark="mark-6")], WRITES, [Kind.PHANTOM, Kind.FORK], id="refused, and there"),
        pytest.param([*LOG, replace(LAST, mark=None)], WRITES, [Kind.PHANTOM], id="nobody's"),
        pytest.param([replace(LOG[5], index=0, number=1)], [], [Kind.PHANTOM], id="a consequence of nothing"),
        pytest.param(changed(5, number=3), WRITES, [Kind.GAP], id="a version missing"),
        pytest.param(changed(5, number=1), WRITES, [Kind.GAP], id="a version twice"),
        pytest.param(changed(5, index=6), WRITES, [Kind.GAP], id="an index missing"),
        pytest.param(
            [*LOG, LAST, Entry(7, B, 4, "amend", "mark-9")],
            [*WRITES, Write("mark-8", Outcome.OK, ("amend",), 2), Write("mark-9", Outcome.OK, ("amend",), 2)],
            [Kind.FORK, Kind.LOST],
            id="fork: the second overwrote the first unseen",
        ),
        pytest.param(
            [*LOG, LAST], [*WRITES, Write("mark-8", Outcome.OK, ("amend",), 3)], [Kind.FORK], id="made on no version"
        ),
    ],
)
def test_a_bad_history_is_refused(log: list[Entry], writes: list[Write], kinds: list[Kind]) -> None:
    assert told(log, writes) == kinds


@pytest.mark.parametrize("shown", [(1, "mark-3"), (2, "mark-1"), (3, None)])
def test_what_is_shown_must_be_the_logs_last_word(shown: tuple[int, str | None]) -> None:
    assert told(LOG, WRITES, {B: shown}) == [Kind.SHOWN]


def test_a_figure_needs_a_control_that_fails() -> None:
    assert none("lost", 0, 12).holds
    assert not none("lost", 1, 12).holds
    assert not none("lost", 0, 0).holds
    assert exactly("effects", 5, 5, 40).holds
    assert not exactly("effects", 5, 5, 5).holds


def test_no_answer_fails_for_its_log_line() -> None:
    """Standard error often goes to a file on the disk that is full."""
    with Path("/dev/full").open("w", buffering=1, encoding="utf-8") as full:
        with pytest.raises(OSError, match="No space left"):
            full.write("a line\n")
        logs.Lasting(full).write("a line\n")
        logs.Lasting(full).flush()
        with suppress(OSError):
            full.close()


class Coin:
    """Says what is wanted wherever the disk leaves something to chance."""

    def __init__(self, lucky: bool) -> None:
        self.lucky = lucky

    def choice(self, options: tuple[float, ...]) -> float:
        return max(options) if self.lucky else min(options)

    def random(self) -> float:
        return 0.99

    def randint(self, low: int, high: int) -> int:
        return high if self.lucky else low


def test_a_disk_keeps_what_was_synced_and_of_the_rest_what_it_pleases(tmp_path) -> None:
    folder, after = tmp_path / "disk", tmp_path / "after"
    folder.mkdir()
    (folder / "db").write_bytes(b"old.old.")
    disk, db, new = Disk(folder), str(folder / "db"), str(folder / "new")
    for event in (
        Event("W", db, 0, b"one."),
        Event("B", db, 1, b""),
        Event("W", db, 4, b"two."),  # begun after the sync, so not of it
        Event("S", db, 1, b""),
        Event("C", new, 0, b""),
        Event("W", new, 0, b"three"),
        Event("B", new, 1, b""),
        Event("S", new, 1, b""),
    ):
        disk.apply(event)
    disk.after_cut(after, Coin(lucky=False))
    assert {file.name: file.read_bytes() for file in after.iterdir()} == {"db": b"one.old."}
    disk.after_cut(after, Coin(lucky=True))
    assert {file.name: file.read_bytes() for file in after.iterdir()} == {"db": b"one.two.", "new": b"three"}
    for event in (Event("B", str(folder), 1, b""), Event("S", str(folder), 1, b""), Event("T", db, 4, b"")):
        disk.apply(event)
    (after / "new").unlink()
    disk.after_cut(after, Coin(lucky=False))
    assert {file.name: file.read_bytes() for file in after.iterdir()} == {
        "db": b"one.two."[:4] + b"old.",
        "new": b"three",
    }
