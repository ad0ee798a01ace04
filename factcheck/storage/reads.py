"""Hot reads: composed by SQLAlchemy, compiled once, then run by the driver itself.

What SQLAlchemy does for each execution (look the statement up, make a context, a result and its rows) costs five
times what SQLite needs to find a claim; a review has a dozen such reads. Its writes are in `writes.py`.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NoReturn

from sqlalchemy import Connection, Float, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

FEW = 8  # lists of alternatives up to this length have a statement of their own, longer ones go the long way


class Read:
    """A SELECT that is compiled at its first use, once for each length of its lists of alternatives.

    Its rows are named tuples, whose values are what SQLAlchemy would give.
    """

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, tuple[int, ...]], _Compiled] = {}
        self._as_row = row_of([str(column.key) for column in statement.selected_columns])

    def first(self, connection: Connection | Session, values: Mapping[str, Any]) -> Any:
        """Return the first row, None when there is none."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def all(self, connection: Connection | Session, values: Mapping[str, Any]) -> list[Any]:
        """Return all rows. Raises SQLAlchemy's errors."""
        return list(map(self._as_row, self.bare(connection, values)))

    def bare(self, connection: Connection | Session, values: Mapping[str, Any]) -> Iterable[Any]:
        """Give all rows without their names, which cost a tenth of a page. Raises SQLAlchemy's errors."""
        if isinstance(connection, Session):
            if connection.autoflush:
                connection.flush()
            connection = connection.connection()
        compiled = self.compiled_for(connection, values)
        if compiled is None:
            return connection.execute(self.statement, values)
        return compiled.run(connection, values)

    def received(self, compiled: "_Compiled", cursor: Any) -> list[Any]:
        """Return the rows of what was sent."""
        return list(map(self._as_row, compiled.received(cursor)))

    def compiled_for(self, connection: Connection, values: Mapping[str, Any]) -> "_Compiled | None":
        """Return the statement compiled for lists of these lengths; None for one that goes the long way."""
        sizes = tuple([len(value) for value in values.values() if type(value) in (tuple, list)])
        if heard(connection) or (sizes and max(sizes) > FEW):
            return None
        dialect = connection.dialect
        compiled = self._compiled.get((dialect.name, sizes))
        if compiled is None:
            compiled = self._compiled[dialect.name, sizes] = _Compiled(self.statement, dialect, values)
        return compiled


Asked = tuple[Read, Mapping[str, Any]]


def gathered(connection: Connection, *asked: Asked | None) -> list[list[Any]]:
    """Return the rows of several reads, in their order; None asks nothing and has no rows.

    A server is sent all of them before the first answer is waited for: a wait costs as much as a small read.
    Raises SQLAlchemy's errors.
    """
    if connection.dialect.name == "sqlite" or heard(connection):
        return sent(connection, *asked)()
    driver: Any = connection.connection.dbapi_connection
    try:
        with driver.pipeline():
            answers = sent(connection, *asked)
    except connection.dialect.loaded_dbapi.Error as error:
        fail(connection, "(several statements)", error)
    return answers()


def sent(connection: Connection, *asked: Asked | None) -> Callable[[], list[list[Any]]]:
    """Send several reads behind the writes of a block of `together`, and return what gives their rows after it."""
    driver: Any = connection.connection.dbapi_connection
    waiting: list[Callable[[], list[Any]]] = []
    for each in asked:
        if each is None:
            waiting.append(list)
            continue
        read, values = each
        compiled = read.compiled_for(connection, values) if connection.dialect.name == "postgresql" else None
        if compiled is None:
            waiting.append(partial(read.all, connection, values))
        else:
            waiting.append(partial(read.received, compiled, compiled.sent(driver, values)))
    return lambda: [rows() for rows in waiting]


def heard(connection: Connection) -> bool:
    """Say whether somebody listens to statements, who is to be told of each by SQLAlchemy."""
    return bool(connection.engine.dispatch.before_cursor_execute)


def row_of(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    row: Any = namedtuple("row", names, rename=True)  # type: ignore[misc]
    # What row._make does but for counting the values, which costs as much again as making the row.
    return partial(tuple.__new__, row)


def processor(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes our value of the driver's, None where it is ours already, as all numbers are."""
    if isinstance(kind, Float | LargeBinary):  # the processors would ask which of PostgreSQL's types it is, and copy
        return None
    processor: Callable[[Any], Any] | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return processor


class _Compiled:
    """A statement in the driver's words, which value goes where, and what makes ours of the driver's values."""

    def __init__(self, statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> None:
        self._server: Any = None
        compiled = statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state(dict(values))
        self._sql = state.statement
        self._order = tuple(state.positiontup or ())
        if dialect.name == "postgresql":
            from factcheck.storage import postgresql  # psycopg is there only for those who asked for it

            self._server = postgresql
            self._sql, self._order = postgresql.numbered(state.statement)
        self._lists = {name: tuple(names) for name, names in state.parameter_expansion.items()}
        self._given = {name: value for name, value in compiled.params.items() if name not in values}
        self._bound = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self._read = [
            (at, process)
            for at, column in enumerate(statement.selected_columns)
            if (process := processor(column.type, dialect)) is not None
        ]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Iterable[Any]:
        try:
            return self.received(self.sent(connection.connection.dbapi_connection, values))
        except connection.dialect.loaded_dbapi.Error as error:
            fail(connection, self._sql, error)

    def sent(self, driver: Any, values: Mapping[str, Any]) -> Any:
        """Send the statement and return the cursor that has, or will have, its rows."""
        spread = {**self._given, **values}
        for name, process in self._bound.items():
            spread[name] = [process(each) for each in spread[name]] if name in self._lists else process(spread[name])
        for name, names in self._lists.items():
            spread.update(zip(names, spread[name], strict=True))
        ordered = [spread[name] for name in self._order]
        if self._server:
            if (batch := getattr(driver, "batch", None)) is not None:  # what was written before is seen
                batch.send()
            return self._server.raw_cursor(driver, binary=True).execute(self._sql, ordered, prepare=True)
        return driver.execute(self._sql, ordered)

    def received(self, cursor: Any) -> Iterable[Any]:
        """Return the rows of a statement that was sent."""
        rows: list[Any] = cursor.fetchall()
        return self._processed(rows) if self._read else rows

    def _processed(self, rows: Iterable[Any]) -> Iterable[Any]:
        for row in rows:
            values = row
            for at, process in self._read:
                if row[at] is not None:  # None stays None, whatever the type
                    values = list(row) if values is row else values
                    values[at] = process(row[at])
            yield values


def fail(connection: Connection, sql: str, error: Exception) -> NoReturn:
    """Raise the driver's error as SQLAlchemy would.

    Who listens to errors is told, and says which of them a connection does not survive: that one is given up, and all
    that wait in its pool. There is no public way to SQLAlchemy's own place for that.
    """
    connection._handle_dbapi_exception(error, sql, None, None, None)
