"""SQLite's writers share commits: each has what it had alone, and none is told before the disk has it."""

import io
import re
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access.callers import Callers
from factcheck.errors import Clash, Unavailable
from factcheck.storage.engine import database as storage
from factcheck.storage.engine import scrubbing, turns
from factcheck.storage.engine.database import Database, afterwards
from factcheck.storage.engine.embedded import is_waited_for
from tests.desk import Desk, Statements
from tests.needs import needs


class Writers:
    """A database with one table, its writers in threads of their own, and what is run on its connection."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.database = Database(f"sqlite:///{file}")
        self.threads: list[threading.Thread] = []
        self.ended: dict[str, BaseException | None] = {}  # in the order of their ends
        self.run: list[str] = []
        with self.database.writing() as session:
            session.execute(text("CREATE TABLE notes (name TEXT PRIMARY KEY, filling BLOB) STRICT"))
            raw: Any = session.connection().connection.driver_connection
            raw.set_trace_callback(self.run.append)
        self.run.clear()

    def count(self, statement: str) -> int:
        return len([each for each in self.run if re.match(statement, each)])

    def write(self, name: str, work: Callable[[Session], object] = lambda _: None) -> None:
        """Enter a note, do the work, and keep how that ended."""
        try:
            with self.database.writing() as session:
                add(session, name)
                work(session)
        except BaseException as error:
            self.ended[name] = error
        else:
            self.ended[name] = None

    def start(self, work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def queued(self, work: Callable[[], object]) -> threading.Thread:
        """Start what has to wait for its turn, and return when it does."""
        before = len(self.queue)
        thread = self.start(work)
        until(lambda: len(self.queue) > before)
        return thread

    def begin(self, name: str, work: Callable[[Session], object] = lambda _: None) -> threading.Thread:
        """Let somebody write who has to wait for their turn."""
        return self.queued(lambda: self.write(name, work))

    def limit_file(self) -> None:
        """Let the database have a few pages more, until it is opened again."""
        with self.database.writing() as session:
            pages = session.execute(text("PRAGMA page_count")).scalar_one()
            session.execute(text(f"PRAGMA max_page_count = {pages + 20}"))
        self.run.clear()

    @property
    def queue(self) -> Any:
        return self.database._turns._queue

    def join(self) -> None:
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()

    def notes(self) -> set[str]:
        """Return what another process sees."""
        with closing(sqlite3.connect(self.file)) as other:
            return {name for (name,) in other.execute("SELECT name FROM notes")}


def add(session: Session, name: str, filling: int = 0) -> None:
    session.execute(text("INSERT INTO notes VALUES (:name, zeroblob(:filling))"), {"name": name, "filling": filling})


def until(happened: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.fixture
def writers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writers]:
    monkeypatch.setattr(turns, "LONGEST", 60)  # a group ends when nobody waits any more
    made = Writers(tmp_path / "notes.db")
    yield made
    made.join()
    made.database.close()


def test_writers_who_wait_share_a_commit(writers: Writers) -> None:
    with writers.database.writing() as session:
        add(session, "first")
        for number in range(8):
            writers.begin(f"note {number}")
    writers.join()
    assert set(writers.ended.values()) == {None}
    assert writers.notes() == {"first", *(f"note {number}" for number in range(8))}
    assert (writers.count("BEGIN"), writers.count("COMMIT")) == (1, 1)


def test_who_begins_again_at_once_does_not_keep_the_lock_from_others(tmp_path: Path) -> None:
    """As an import does, beside a server: another process that waits is the next one."""
    busy, other = Writers(tmp_path / "notes.db"), Writers.__new__(Writers)
    other.database = Database(f"sqlite:///{tmp_path}/notes.db")
    stop = threading.Event()
    begun: list[int] = []

    def again_and_again() -> None:
        while not stop.is_set():
            with busy.database.writing():
                begun.append(len(begun))
                stop.wait(0.02)

    busy.start(again_and_again)
    overtaken = []
    for number in range(9):
        until(lambda: begun)
        before = len(begun)
        with other.database.writing() as session:
            add(session, f"note {number}")
            overtaken.append(len(begun) - before)
    stop.set()
    busy.join()
    other.database.close()
    # It may just be beginning; and whoever measures may be kept from it.
    assert sorted(overtaken)[4] <= 2, overtaken


def test_a_long_one_leaves_others_as_much_time_as_it_took(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/notes.db")) as long, closing(Database(long.url)) as other:
        with long.writing() as session:
            session.execute(text("CREATE TABLE notes (name TEXT PRIMARY KEY, filling BLOB)"))
        took = threading.Event()

        def wait() -> None:
            with other.writing() as session:
                add(session, "other")
            took.set()

        waiting = threading.Thread(target=wait)
        began = time.monotonic()
        with long.writing(long=True) as session:
            add(session, "long")
            waiting.start()
            until(lambda: is_waited_for(session.connection().connection.driver_connection))
            until(lambda: time.monotonic() > began + 0.3)
            held = time.monotonic() - began
        assert took.is_set()
        assert time.monotonic() - began >= 1.9 * held  # the two clocks are read one after the other
        waiting.join()
        began = time.monotonic()
        with long.writing(long=True) as session:
            add(session, "nobody waits")
            until(lambda: time.monotonic() > began + 0.1)
        assert time.monotonic() - began < 0.2


def test_many_writers_at_a_time_lose_nothing(tmp_path: Path) -> None:
    writers = Writers(tmp_path / "notes.db")

    def some(writer: int) -> None:
        for number in range(40):
            writers.write(f"{writer} {number}")

    threads = [threading.Thread(target=some, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(writers.ended.values()) == {None}
    assert len(writers.notes()) == len(writers.ended) == 320
    assert writers.count("COMMIT") == writers.count("BEGIN") < 320
    writers.database.close()


def test_who_writes_alone_makes_no_savepoint(writers: Writers, desk: Desk, engine: str) -> None:
    writers.write("alone")
    assert writers.count("SAVEPOINT|RELEASE") == 0
    assert (writers.count("BEGIN"), writers.count("COMMIT")) == (1, 1)
    with Statements(desk) as statements:
        desk.source()
    assert [each for each in statements.seen if "SAVEPOINT" in each] == []


@pytest.mark.parametrize("failing", ["first", "middle", "last"])
def test_an_action_that_fails_takes_nobody_along(writers: Writers, failing: str) -> None:
    def fail(session: Session) -> None:
        add(session, "more of it")
        raise KeyError(failing)

    def begin_all(_: Session) -> None:
        for name in ("first", "middle", "last"):
            if name != "first":
                writers.begin(name, fail if name == failing else lambda _: None)
        if failing == "first":
            raise KeyError(failing)

    writers.write("first", begin_all)
    writers.join()
    assert writers.notes() == {"first", "middle", "last"} - {failing}
    assert {name for name, error in writers.ended.items() if error} == {failing}
    assert isinstance(writers.ended[failing], KeyError)
    assert writers.count("COMMIT") == 1


def test_a_savepoint_that_fails_takes_nobody_along(writers: Writers) -> None:
    def refuse(action: int, word: str | None, *_: object) -> int:
        return sqlite3.SQLITE_DENY if (action, word) == (sqlite3.SQLITE_SAVEPOINT, "BEGIN") else sqlite3.SQLITE_OK

    with writers.database.writing() as session:
        add(session, "first")
        raw: Any = session.connection().connection.driver_connection
        writers.begin("second")
        writers.begin("third")
        raw.set_authorizer(refuse)
    writers.join()
    raw.set_authorizer(None)
    assert isinstance(writers.ended.pop("second"), Exception)
    assert isinstance(writers.ended.pop("third"), Exception)
    assert writers.notes() == {"first"}
    writers.write("after")
    assert writers.ended == {"after": None}


def test_a_clash_in_a_group_is_one_actions_alone(writers: Writers) -> None:
    with writers.database.writing() as session:
        add(session, "first")
        writers.begin("second")
        writers.begin("third", lambda session: add(session, "first"))
        writers.begin("fourth")
    writers.join()
    assert isinstance(writers.ended["third"], Clash)
    assert writers.notes() == {"first", "second", "fourth"}


def test_an_action_may_have_savepoints_of_its_own(writers: Writers) -> None:
    def nested(session: Session) -> None:
        assert not session.in_nested_transaction()
        assert not session.connection().in_nested_transaction()
        with session.begin_nested():
            add(session, "kept")
        with session.begin_nested() as savepoint:
            add(session, "taken back")
            savepoint.rollback()

    with writers.database.writing():
        writers.begin("second", nested)
    writers.join()
    assert writers.notes() == {"second", "kept"}


def test_nobody_is_told_before_others_can_read_it(writers: Writers) -> None:
    read: dict[str, bool] = {}
    lingers, go_on = threading.Event(), threading.Event()

    def write(name: str) -> None:
        writers.write(name)
        read[name] = name in writers.notes()

    def refuse() -> None:
        with pytest.raises(KeyError), writers.database.writing():
            raise KeyError
        read["refused"] = "first" in writers.notes()

    def linger(_: Session) -> None:
        lingers.set()
        assert go_on.wait(10)

    def begin_all(_: Session) -> None:
        writers.queued(lambda: write("second"))
        writers.queued(refuse)
        writers.begin("last", linger)

    writers.start(lambda: writers.write("first", begin_all))
    assert lingers.wait(10)
    time.sleep(0.1)  # for whoever does not wait
    assert (writers.notes(), writers.ended, read) == (set(), {}, {})
    go_on.set()
    writers.join()
    assert read == {"second": True, "refused": True}
    assert writers.notes() == {"first", "second", "last"}


def test_what_is_done_afterwards_is_done_once_others_can_read_it(writers: Writers) -> None:
    found: list[set[str]] = []

    def later(session: Session) -> None:
        afterwards(session, lambda: found.append(writers.notes()))

    def refused(session: Session) -> None:
        later(session)
        raise KeyError

    with writers.database.writing():
        writers.begin("second", later)
        writers.begin("third", refused)
        writers.begin("fourth")
    writers.join()
    assert found == [{"second", "fourth"}]


def fill(session: Session) -> None:
    """Do more than the disk has room for: SQLite takes back the whole transaction, not the statement alone."""
    add(session, "big", 2_000_000)


def swallowed(session: Session) -> None:
    with pytest.raises(OperationalError):
        fill(session)


@pytest.mark.parametrize("action", [fill, swallowed])
def test_a_full_disk_during_an_action_fails_all_who_share_the_transaction(
    writers: Writers, action: Callable[[Session], None], logged: io.StringIO
) -> None:
    writers.limit_file()

    def begin_all(_: Session) -> None:
        writers.begin("second")
        writers.begin("third", action)
        writers.begin("fourth")

    writers.write("first", begin_all)
    writers.join()
    errors = {name: writers.ended.pop(name) for name in ("first", "second", "third")}
    assert {type(error) for error in errors.values()} == {Unavailable}
    assert len({id(error.__cause__) for error in errors.values() if error}) == 3
    assert logged.getvalue().count("database_unavailable") == 3
    assert writers.ended == {"fourth": None}
    assert writers.notes() == {"fourth"}  # what was done before is nowhere
    writers.write("fifth")
    assert writers.notes() == {"fourth", "fifth"}


def test_a_commit_that_fails_fails_all_who_share_it(writers: Writers) -> None:
    """What the actions did is in memory until COMMIT writes it."""

    def begin_all(_: Session) -> None:
        writers.begin("second", lambda session: add(session, "big", 200_000))
        writers.begin("third", refuse)

    def refuse(_: Session) -> None:
        raise KeyError("it saw what is nowhere now")

    with full(writers.file):
        writers.write("first", begin_all)
        writers.join()
        assert {name: type(error) for name, error in writers.ended.items()} == dict.fromkeys(
            ("first", "second", "third"), Unavailable
        )
        assert writers.count("COMMIT") == 1
        assert writers.notes() == set()
    writers.write("fourth")
    assert writers.notes() == {"fourth"}


def test_a_commit_that_is_refused_leaves_nothing_open(writers: Writers) -> None:
    """SQLite keeps such a transaction, for somebody who could mend it."""
    with writers.database.writing() as session:
        session.execute(text("CREATE TABLE answers (name TEXT REFERENCES notes DEFERRABLE INITIALLY DEFERRED) STRICT"))
    writers.run.clear()

    def begin_all(_: Session) -> None:
        writers.begin("second", lambda session: session.execute(text("INSERT INTO answers VALUES ('to nothing')")))
        writers.begin("third")

    writers.write("first", begin_all)
    writers.join()
    assert [type(error) for error in writers.ended.values()] == [Clash] * 3
    writers.write("fourth")
    assert writers.notes() == {"fourth"}


def test_no_constraint_is_looked_at_by_the_commit_alone(desk: Desk, engine: str) -> None:
    """It would fail all who share the commit."""
    if engine == "sqlite":
        with desk.database.reading() as connection:
            schema = connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")).scalars().all()
        assert len(schema) > 50
        assert [each for each in schema if "DEFER" in each.upper()] == []


@contextmanager
def full(file: Path) -> Iterator[None]:
    """Let this process write no more to any file than the write-ahead log has now, as a full disk does."""
    size = file.with_name(f"{file.name}-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_who_waits_too_long_is_refused_and_the_others_are_not(
    writers: Writers, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    def begin_all(_: Session) -> None:
        monkeypatch.setattr(storage, "WAIT", 0.3)
        began = time.monotonic()
        late = writers.begin("late")
        monkeypatch.setattr(storage, "WAIT", 5)
        writers.begin("patient")
        late.join()
        assert 0.25 < time.monotonic() - began < 2

    writers.write("first", begin_all)
    writers.join()
    assert isinstance(writers.ended.pop("late"), Unavailable)
    assert logged.getvalue().count("database_unavailable") == 1
    assert writers.ended == {"first": None, "patient": None}
    assert writers.notes() == {"first", "patient"}
    writers.write("after")
    assert "after" in writers.notes()


def test_who_is_the_only_one_to_wait_and_gives_up_leaves_the_end_to_the_writer(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: Session) -> None:
        monkeypatch.setattr(storage, "WAIT", 0.1)
        writers.begin("late").join()
        monkeypatch.setattr(storage, "WAIT", 5)

    writers.write("first", wait)
    assert isinstance(writers.ended.pop("late"), Unavailable)
    assert (writers.ended, writers.notes()) == ({"first": None}, {"first"})


def test_to_write_inside_of_an_action_is_refused(writers: Writers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "WAIT", 0.2)
    with writers.database.writing() as session:
        add(session, "outer")
        with pytest.raises(Unavailable), writers.database.writing():
            pass
    assert writers.notes() == {"outer"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_signal_ends_the_action_and_the_others_are_committed(
    writers: Writers, error: type[BaseException], place: str
) -> None:
    names = ("first", "middle", "last")

    def stop(_: Session) -> None:
        raise error

    def begin_all(session: Session) -> None:
        for name in names[1:]:
            writers.begin(name, stop if name == place else lambda _: None)
        if place == "first":
            stop(session)

    writers.write("first", begin_all)
    writers.join()
    assert isinstance(writers.ended.pop(place), error)
    assert writers.ended == dict.fromkeys({*names} - {place})
    assert writers.notes() == {*names} - {place}


@pytest.mark.parametrize("waits_for", ["turn", "commit"])
def test_a_signal_ends_the_wait_and_nothing_else(
    writers: Writers, waits_for: str, request: pytest.FixtureRequest
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background ignores it
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    lingers, go_on = threading.Event(), threading.Event()

    def linger(_: Session) -> None:
        lingers.set()
        assert go_on.wait(10)

    def interrupt() -> None:
        assert lingers.wait(10)
        time.sleep(0.2)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    if waits_for == "turn":
        writers.start(lambda: writers.write("other", linger))
        assert lingers.wait(10)
        writers.start(interrupt)

    def begin_all(_: Session) -> None:
        writers.begin("other", linger)
        writers.start(interrupt)

    writers.write("interrupted", begin_all)
    assert isinstance(writers.ended.pop("interrupted"), KeyboardInterrupt)
    go_on.set()
    writers.join()
    assert writers.ended == {"other": None}
    assert writers.notes() == {"other"} | ({"interrupted"} if waits_for == "commit" else set())
    writers.write("after")
    assert "after" in writers.notes()


def test_a_group_ends_when_it_is_full_or_old(writers: Writers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST", 3)
    with writers.database.writing() as session:
        add(session, "first")
        for number in range(5):
            writers.begin(str(number))
    writers.join()
    assert writers.count("COMMIT") == 2
    monkeypatch.setattr(turns, "LONGEST", 0)
    with writers.database.writing() as session:
        add(session, "second")
        for number in range(5, 8):
            writers.begin(str(number))
    writers.join()
    assert writers.count("COMMIT") == 6


@needs("proc")
def test_an_action_in_a_group_needs_no_temporary_file(writers: Writers) -> None:
    temporary: list[str] = []

    def write_all_again(session: Session) -> None:
        session.execute(text("UPDATE notes SET filling = zeroblob(2000)"))
        with suppress(FileNotFoundError):
            temporary.extend(
                file for each in Path("/proc/self/fd").iterdir() if "etilqs" in (file := str(each.readlink()))
            )

    with writers.database.writing() as session:
        for number in range(200):
            add(session, str(number), 1000)
    with writers.database.writing() as session:
        add(session, "first")
        writers.begin("second", write_all_again)
    writers.join()
    assert (writers.ended, temporary) == ({"second": None}, [])


def test_another_process_gets_in_between(writers: Writers) -> None:
    """The lock is free for 15 ms in 100; SQLite by itself would soon ask once in 100 ms, and always between those."""
    gaps = 0
    with closing(sqlite3.connect(writers.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writers.start(lambda: writers.write("waits"))
        while not writers.ended and gaps < 20:
            time.sleep(0.085)
            other.execute("COMMIT")
            gaps += 1
            time.sleep(0.015)
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
    writers.join()
    assert writers.ended == {"waits": None}
    assert gaps <= 3


def test_nobody_waits_for_a_long_action_who_was_there_before(writers: Writers) -> None:
    seen: list[set[str]] = []

    def long() -> None:
        with writers.database.writing(long=True) as session:
            seen.append(writers.notes())
            add(session, "long")

    with writers.database.writing() as session:
        add(session, "first")
        writers.begin("second")
        writers.queued(long)
        writers.begin("third")
    writers.join()
    assert seen == [{"first", "second"}]
    assert writers.notes() == {"first", "second", "long", "third"}
    assert writers.count("COMMIT") == 2


def test_scrubbing_that_another_process_keeps_from_the_lock_is_done_later(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is refused for it, and nobody waits: what is asked for has been committed."""
    monkeypatch.setattr(storage, "WAIT", 0.2)
    monkeypatch.setattr(scrubbing, "AGAIN", 0.01)
    log = writers.file.with_name(f"{writers.file.name}-wal")
    opened = partial(sqlite3.connect, writers.file, isolation_level=None)
    with closing(opened()) as other, closing(opened()) as reader:
        reader.execute("BEGIN")  # it reads what the log holds
        reader.execute("SELECT * FROM notes").fetchall()
        other.execute("BEGIN IMMEDIATE")
        writers.database.scrub()
        with pytest.raises(Unavailable), writers.database.writing() as session:
            session.connection()
        other.execute("ROLLBACK")
        with writers.database.writing() as session:  # the next one has the turn
            add(session, "after")
        assert log.stat().st_size > 0
        reader.execute("COMMIT")
    until(lambda: log.stat().st_size == 0)


def test_scrubbing_keeps_no_writer_waiting_for_somebody_who_reads(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite lets nobody write while it waits for readers of the log to be done."""
    with closing(sqlite3.connect(writers.file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM notes").fetchall()
        with writers.database.writing() as session:
            add(session, "before")
        writers.start(writers.database.scrub)
        until(lambda: writers.count("PRAGMA wal_checkpoint"))
        monkeypatch.setattr(storage, "WAIT", 1.0)
        with writers.database.writing() as session:
            add(session, "meanwhile")
    writers.join()
    assert writers.notes() == {"before", "meanwhile"}


def test_scrubbing_waits_for_a_group_and_is_in_none(writers: Writers) -> None:
    writers.run.clear()
    with writers.database.writing() as session:
        add(session, "first")
        writers.begin("second")
        writers.queued(writers.database.scrub)
        writers.begin("third")
    writers.join()
    told = [each for each in writers.run if re.match("BEGIN|COMMIT|PRAGMA wal_checkpoint", each)]
    assert told[:2] == ["BEGIN IMMEDIATE", "COMMIT"]  # the first two together
    assert told.count("PRAGMA wal_checkpoint(TRUNCATE)") == 1
    assert told.index("PRAGMA wal_checkpoint(TRUNCATE)") % 2 == 0  # outside of any transaction


def test_who_is_disabled_in_a_group_is_out_at_once(desk: Desk, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the action and the group's commit others look the old rights up, and must not remember it."""
    monkeypatch.setattr(Callers, "LASTS", 60)
    monkeypatch.setattr(turns, "LONGEST", 60)
    disabled, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def disable() -> None:
        with desk.database.writing() as session:
            if engine == "sqlite":
                last.start()
                until(lambda: desk.database._turns._queue)
            people.disable(session, people.operator(session), name="Test analyst")
        ended.set()

    def linger() -> None:
        with desk.database.writing():
            disabled.set()
            assert go_on.wait(10)

    first, last = threading.Thread(target=disable), threading.Thread(target=linger)
    first.start()
    if engine == "sqlite":
        assert disabled.wait(10)
        assert desk.get("/v1/me").status_code == 200  # and is remembered for LASTS
        assert not ended.is_set()
        go_on.set()
        last.join()
    first.join()
    assert desk.get("/v1/me").status_code == 401
