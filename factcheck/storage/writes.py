"""Hot writes: composed by SQLAlchemy, compiled once, then run by the driver itself, in the session's transaction.

The sibling of `reads.py`: a review has as many writes as reads, most of them of one row.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, bindparam, inspect, update
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, make_transient, make_transient_to_detached

from factcheck.storage.reads import FEW, fail, heard, processor, row_of

Values = Mapping[str, Any]


class Write:
    """An INSERT, UPDATE or DELETE that is compiled at its first use, once for each set of names that it is given.

    Nothing is flushed before it: what a session still holds is written later. `statement` may be a function of the
    dialect's name, for what the databases have different words for.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = cache(statement if callable(statement) else lambda _dialect: statement)
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it once with each of these, which all have the same names. Raises SQLAlchemy's errors."""
        if not rows:
            return
        if heard(connection):
            connection.execute(self._statement(connection.dialect.name), rows)
            return
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

    def returned(self, connection: Connection, values: Values) -> Any:
        """Run it once and return the row that it returns."""
        if heard(connection):
            return connection.execute(self._statement(connection.dialect.name), values).one()
        return self._for(connection.dialect, values).returned(connection, values)

    def _for(self, dialect: Dialect, values: Values) -> "_Compiled":
        key = dialect.name, tuple(values)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = _Compiled(self._statement(dialect.name), dialect, list(values))
        return compiled


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Send the writes of a block without waiting for each one's answer, where the database is a server.

    For writes alone: an error may be raised by a later one, or at the end. Inside a savepoint each is waited for: there
    `save` flushes, and a flush looks at how many rows each statement found.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" or heard(connection) or connection.in_nested_transaction():
        yield
        return
    if pipelined(connection):  # a block inside another waits where that one does
        yield
        return
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        fail(connection, "(several statements)", error)


def pipelined(connection: Connection) -> bool:
    """Say whether this is inside of a block of `together` on a server."""
    driver: Any = connection.connection.driver_connection
    return connection.dialect.name != "sqlite" and bool(driver.pgconn.pipeline_status)


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
        # As if it had been loaded so: for the session nothing of it is left to write.
        make_transient(thing)
        make_transient_to_detached(thing)
        session.add(thing)


@cache
def _update(table: type[DeclarativeBase]) -> Write:
    [key] = table.__mapper__.primary_key
    return Write(update(cast(Any, table).__table__).where(key == bindparam("this")))


class _Compiled:
    """A statement in the driver's words, which value goes where, and what makes the driver's values of ours."""

    def __init__(self, statement: Any, dialect: Dialect, names: list[str], columns: list[str] | None = None) -> None:
        returns = bool(statement._returning)
        keys = names if columns is None else columns
        compiled = statement.compile(dialect=dialect, column_keys=keys, for_executemany=not returns)
        self._sql = str(compiled)
        self._order = tuple(compiled.positiontup or ())
        self._given = {name: value for name, value in compiled.params.items() if name not in names}
        self._bound = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        if returns:
            told: list[Any] = list(statement.returning_column_descriptions)
            self._as_row = row_of([str(column["name"]) for column in told])
            self._read = [processor(column["type"], dialect) for column in told]

    def run(self, connection: Connection, rows: Sequence[Values]) -> None:
        driver: Any = connection.connection.driver_connection
        spread = [self._spread(values) for values in rows]
        try:
            if self._order:
                run = driver.execute if len(spread) == 1 else driver.executemany
                run(self._sql, spread[0] if len(spread) == 1 else spread)
                return
            with driver.cursor() as cursor:
                if len(spread) == 1:
                    cursor.execute(self._sql, spread[0], prepare=True)
                else:
                    cursor.executemany(self._sql, spread)
        except connection.dialect.loaded_dbapi.Error as error:
            fail(connection, self._sql, error)

    def returned(self, connection: Connection, values: Values) -> Any:
        driver: Any = connection.connection.driver_connection
        spread = self._spread(values)
        try:
            if self._order:
                [row] = driver.execute(self._sql, spread).fetchall()
            else:
                with driver.cursor(binary=True) as cursor:
                    [row] = cursor.execute(self._sql, spread, prepare=True).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            fail(connection, self._sql, error)
        return self._as_row(
            [value if process is None else process(value) for value, process in zip(row, self._read, strict=True)]
        )

    def _spread(self, values: Values) -> Any:
        spread = {**self._given, **values}
        for name, process in self._bound.items():
            spread[name] = process(spread[name])
        return [spread[name] for name in self._order] if self._order else spread
