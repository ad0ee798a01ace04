"""Hot writes: composed by SQLAlchemy, compiled once, then run by the driver itself, in the session's transaction.

The sibling of `reads.py`: a review has as many writes as reads, most of them of one row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import JSON, Connection, LargeBinary, String, bindparam, column, func, inspect, select, update
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, make_transient_to_detached

from factcheck.storage.columns import Json
from factcheck.storage.reads import FEW, fail, heard, processor, row_of

T = TypeVar("T", bound=DeclarativeBase)
Values = Mapping[str, Any]
Part = tuple["_Compiled", Values]
MOST_PARTS = 4  # rows of one UPDATE or DELETE that become parts of one statement
_VALUE = re.compile(r"%\((\w+)\)s")


class Write:
    """An INSERT, UPDATE or DELETE that is compiled at its first use, once for each set of names that it is given.

    Nothing is flushed before it: what a session still holds is written later. `statement` may be a function of the
    dialect's name, for what the databases have different words for. One that has many sets of names is `alone`: it
    is no part of a longer statement, of which there would be too many.
    """

    def __init__(self, statement: Any, *, alone: bool = False) -> None:
        self._statement = cache(statement if callable(statement) else lambda _dialect: statement)
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}
        self._alone = alone

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it once with each of these, which all have the same names. Raises SQLAlchemy's errors.

        In a block of `together` they may be run at its end.
        """
        if not rows:
            return
        if heard(connection):
            connection.execute(self._statement(connection.dialect.name), rows)
            return
        batch = batch_of(connection)
        if batch is None:
            self.run_now(connection, rows)
        else:
            batch.add(self, rows)

    def run_now(self, connection: Connection, rows: Sequence[Values]) -> None:
        if connection.dialect.name == "postgresql" and 1 < len(rows) <= FEW:
            statement = self._statement(connection.dialect.name)
            if statement.is_insert:
                self._at_once(connection, statement, rows)
                return
        self._for(connection.dialect, rows[0]).run(connection, rows)

    def _at_once(self, connection: Connection, statement: Any, rows: Sequence[Values]) -> None:
        """Insert a few rows by one statement: a server is woken up by each statement that is sent."""
        values = {f"{name}_{at}": value for at, row in enumerate(rows) for name, value in row.items()}
        key = connection.dialect.name, tuple(values)
        compiled = self._compiled.get(key)
        if compiled is None:
            columns = statement.table.c
            many = [
                {name: bindparam(f"{name}_{at}", type_=columns[name].type) for name in row}
                for at, row in enumerate(rows)
            ]
            compiled = self._compiled[key] = _Compiled(statement.values(many), connection.dialect, list(values), [])
        compiled.run(connection, [values])

    @cached_property
    def table(self) -> Any:
        return self._statement("postgresql").table

    @cached_property
    def inserts(self) -> bool:
        return bool(self._statement("postgresql").is_insert)

    def parts(self, dialect: Dialect, rows: Sequence[Values]) -> "list[Part] | None":
        """Return what does the same as part of a longer statement of PostgreSQL's; None when it must be run alone."""
        if self._alone:
            return None
        if len(rows) == 1 or (not self.inserts and len(rows) <= MOST_PARTS):
            return [(self._for(dialect, row), row) for row in rows]
        if self.inserts and not any(isinstance(self.table.c[name].type, LargeBinary | Json) for name in rows[0]):
            return [self._listed(dialect, rows)]
        return None

    def _listed(self, dialect: Dialect, rows: Sequence[Values]) -> "Part":
        """Insert all rows from one JSON array: one statement, however many there are."""
        names = tuple(rows[0])
        key = dialect.name, ("listed", *names)
        compiled = self._compiled.get(key)
        if compiled is None:
            columns = self.table.c
            given = func.json_to_recordset(bindparam("rows", type_=String).cast(JSON))
            listed = given.table_valued(*[column(name, columns[name].type) for name in names], name="listed")
            chosen = select(*listed.render_derived(with_types=True).c)
            statement = self._statement(dialect.name).from_select(list(names), chosen)
            compiled = self._compiled[key] = _Compiled(statement, dialect, ["rows"], [])
        return compiled, {"rows": orjson.dumps(rows).decode()}

    def returned(self, connection: Connection, values: Values) -> Any:
        """Run it once, at once, and return the row that it returns."""
        if heard(connection):
            return connection.execute(self._statement(connection.dialect.name), values).one()
        if (batch := batch_of(connection)) is not None:
            batch.send()
        return self._for(connection.dialect, values).returned(connection, values)

    def _for(self, dialect: Dialect, values: Values) -> "_Compiled":
        key = dialect.name, tuple(values)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = _Compiled(self._statement(dialect.name), dialect, list(values))
        return compiled


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Run the writes of a block by as few statements as can be, and wait for them once, where the database is a server.

    For hot writes alone, and for hot reads, before which the writes are sent: an error may be raised by a later one, or
    at the end. Inside a savepoint each is waited for: there `save` flushes, and a flush looks at how many rows each
    statement found.
    """
    driver: Any = connection.connection.dbapi_connection
    if not _gathers(connection):
        yield
        return
    driver.batch = batch = Batch(connection)
    try:
        with driver.pipeline():
            yield
            batch.send()
    except connection.dialect.loaded_dbapi.Error as error:
        fail(connection, "(several statements)", error)
    finally:
        driver.batch = None


@contextmanager
def at_the_end(connection: Connection) -> Iterator[None]:
    """Have the writes of a block wait for the transaction's COMMIT and be sent with it, or before anything else.

    So a server that holds a lock for them is not left alone between the two. As in `together` but for that: an error
    may be raised by the COMMIT.
    """
    if _gathers(connection):
        driver: Any = connection.connection.dbapi_connection
        driver.batch = Batch(connection, lasts=True)
    yield


def _gathers(connection: Connection) -> bool:
    """Say whether writes are gathered, and none are yet: a block inside another ends with that one."""
    if connection.dialect.name == "sqlite" or heard(connection) or connection.in_nested_transaction():
        return False
    return batch_of(connection) is None


def batch_of(connection: Connection) -> "Batch | None":
    """Return the writes of the block of `together` that this is inside of on a server."""
    if connection.dialect.name == "sqlite":
        return None
    found: Batch | None = getattr(connection.connection.dbapi_connection, "batch", None)
    return found


class Batch:
    """Writes that wait to be sent, as few statements of PostgreSQL's: each is a part of a WITH.

    The parts of one statement do not see each other's work, and none may write what another one wrote. So a table that
    was written before begins a new statement, but for rows of the same UPDATE or DELETE: each of these names its own.
    One that `lasts` is there until the COMMIT, or until SQLAlchemy runs something itself.
    """

    def __init__(self, connection: Connection, *, lasts: bool = False) -> None:
        self._connection, self.lasts = connection, lasts
        self._waiting: list[tuple[Write, Sequence[Values]]] = []

    def add(self, write: Write, rows: Sequence[Values]) -> None:
        self._waiting.append((write, rows))

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def send(self) -> None:
        """Send all that wait. Raises SQLAlchemy's errors."""
        driver: Any = self._connection.connection.dbapi_connection
        if driver.pgconn.pipeline_status or len(self._waiting) < 2:
            self._send()
            return
        try:
            with driver.pipeline():
                self._send()
        except self._connection.dialect.loaded_dbapi.Error as error:
            fail(self._connection, "(several statements)", error)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        parts: list[Part] = []
        written: set[Any] = set()
        for write, rows in waiting:
            more = write.parts(self._connection.dialect, rows)
            if more is None or write.table in written:
                self._run(parts)
                parts, written = [], set()
            if more is None:
                write.run_now(self._connection, rows)
            else:
                parts += more
                written.add(write.table)
        self._run(parts)

    def _run(self, parts: "list[Part]") -> None:
        if not parts:
            return
        from factcheck.storage.postgresql import raw_cursor

        driver: Any = self._connection.connection.dbapi_connection
        sql, order = _merged(tuple([compiled for compiled, _ in parts]))
        spread = [compiled.spread(given) for compiled, given in parts]
        try:
            cursor = raw_cursor(driver, binary=False)
            cursor.execute(sql, [spread[at][name] for at, name in order], prepare=True)
        except self._connection.dialect.loaded_dbapi.Error as error:
            fail(self._connection, sql, error)


@cache
def _merged(parts: "tuple[_Compiled, ...]") -> tuple[str, list[tuple[int, str]]]:
    """Write one statement that runs all of these; return it, and in its order which values of which part it takes."""
    from factcheck.storage.postgresql import numbered

    named = [_VALUE.sub(rf"%(w{at}_\1)s", each.sql) for at, each in enumerate(parts)]
    listed = ", ".join(f"w{at} AS ({sql})" for at, sql in enumerate(named))
    sql, order = numbered(f"WITH {listed} SELECT 1")
    places = [name.removeprefix("w").partition("_") for name in order]
    return sql, [(int(at), name) for at, _, name in places]


def hold(session: Session, kind: type[T], row: Any) -> T:
    """Return what the session holds of a row that was read whole; if nothing, as if the session had loaded it."""
    mapper: Any = inspect(kind)
    key = [getattr(row, column.name) for column in mapper.primary_key]
    held = session.identity_map.get(mapper.identity_key_from_primary_key(key))
    if held is None:
        held = mapper.class_manager.new_instance()
        inspect(held).dict.update(row._asdict())
        make_transient_to_detached(held)
        session.add(held)
    return cast(T, held)


def save(session: Session, *things: Any) -> None:
    """Write what was changed of rows that the session holds, as its flush does at five times the cost.

    Nothing else that the session holds is written.
    """
    if session.in_nested_transaction():  # what is rolled back with a savepoint, a flush alone makes it forget
        session.flush()
        return
    connection = session.connection()
    for thing in things:
        state: Any = inspect(thing)
        values = {name: state.dict[name] for name, old in state.committed_state.items() if state.dict[name] != old}
        if values:
            kind: Any = type(thing)
            _update(kind).run(connection, [values | {"this": state.identity[0]}])
        # As after a flush: for the session nothing of it is left to write. There is no public way that does no more.
        state._commit_all(state.dict, session.identity_map)


@cache
def _update(table: type[DeclarativeBase]) -> Write:
    [key] = table.__mapper__.primary_key
    return Write(update(cast(Any, table).__table__).where(key == bindparam("this")), alone=True)


class _Compiled:
    """A statement in the driver's words, which value goes where, and what makes the driver's values of ours."""

    def __init__(self, statement: Any, dialect: Dialect, names: list[str], columns: list[str] | None = None) -> None:
        returns = bool(statement._returning)
        keys = names if columns is None else columns
        compiled = statement.compile(dialect=dialect, column_keys=keys, for_executemany=not returns)
        self.sql = str(compiled)
        self._order = tuple(compiled.positiontup or ())
        self._server: Any = None
        if dialect.name == "postgresql":
            from factcheck.storage import postgresql  # psycopg is there only for those who asked for it

            self._server = postgresql
            self._numbered, self._order = postgresql.numbered(self.sql)
        self._given = {name: value for name, value in compiled.params.items() if name not in names}
        self._bound = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self._plan = [(name, self._bound.get(name)) for name in self._order]
        if returns:
            told: list[Any] = list(statement.returning_column_descriptions)
            self._as_row = row_of([str(column["name"]) for column in told])
            self._read = [processor(column["type"], dialect) for column in told]

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        driver: Any = connection.connection.dbapi_connection
        try:
            if self._server and len(rows) > 1:
                with driver.cursor() as cursor:
                    cursor.executemany(self.sql, [self.spread(values) for values in rows])
            elif self._server:
                self._server.raw_cursor(driver, binary=False).execute(
                    self._numbered, self._ordered(rows[0]), prepare=True
                )
            elif len(rows) > 1:
                driver.executemany(self.sql, [self._ordered(values) for values in rows])
            else:
                driver.execute(self.sql, self._ordered(rows[0]))
        except connection.dialect.loaded_dbapi.Error as error:
            fail(connection, self.sql, error)

    def returned(self, connection: Connection, values: Values) -> Any:
        driver: Any = connection.connection.dbapi_connection
        ordered = self._ordered(values)
        try:
            if self._server:
                cursor = self._server.raw_cursor(driver, binary=True)
                [row] = cursor.execute(self._numbered, ordered, prepare=True).fetchall()
            else:
                [row] = driver.execute(self.sql, ordered).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            fail(connection, self.sql, error)
        return self._as_row(
            [value if process is None else process(value) for value, process in zip(row, self._read, strict=True)]
        )

    def spread(self, values: Values) -> dict[str, Any]:
        """Return the driver's value of each name."""
        spread = {**self._given, **values}
        for name, process in self._bound.items():
            spread[name] = process(spread[name])
        return spread

    def _ordered(self, values: Values) -> list[Any]:
        given = {**self._given, **values} if self._given else values
        return [given[name] if process is None else process(given[name]) for name, process in self._plan]
