"""The hottest reads: compiled once, then run by the driver itself.

What SQLAlchemy does for each execution (look the statement up, make a context, a result and its rows) costs five
times what SQLite needs to find a claim.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect


class Read:
    """A SELECT whose rows are given as the driver has them: for text, bytes, whole numbers and what may be null.

    It is compiled at its first use, once for each length of its lists of alternatives. Runs on an autocommitting
    connection (`Database.reading`).
    """

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, tuple[int, ...]], _Compiled] = {}
        self._as_row = _row_of([str(column.key) for column in statement.selected_columns])

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Return the first row, None when there is none."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return all rows, as named tuples."""
        if connection.engine._has_events:  # who listens to statements is to see this one too
            return list(map(self._as_row, connection.execute(self.statement, values)))
        dialect = connection.dialect
        sizes = tuple(len(value) for value in values.values() if type(value) in (tuple, list))
        compiled = self._compiled.get((dialect.name, sizes))
        if compiled is None:
            compiled = self._compiled[dialect.name, sizes] = _Compiled(self.statement, dialect, values)
        try:
            found = compiled.run(connection.connection.driver_connection, values)
        except compiled.error:
            # Once more by the long way, which knows what to do about each error, and what to call it.
            found = [tuple(row) for row in connection.execute(self.statement, values)]
        return list(map(self._as_row, found))


def _row_of(names: list[str]) -> Callable[[Iterable[Any]], Any]:
    row: Any = namedtuple("row", names)  # type: ignore[misc]
    make: Callable[[Iterable[Any]], Any] = row._make
    return make


class _Compiled:
    """A statement in the driver's words, and which value goes where."""

    def __init__(self, statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> None:
        assert dialect.dbapi is not None
        self.error = dialect.dbapi.Error
        self._prepares = dialect.name == "postgresql"
        compiled = statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state(dict(values))
        self._sql = state.statement
        self._order = state.positiontup
        self._lists = {name: tuple(names) for name, names in state.parameter_expansion.items()}
        self._given = {name: value for name, value in compiled.params.items() if name not in values}
        self._processors = {
            name: process
            for bind, name in compiled.bind_names.items()
            if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def run(self, driver: Any, values: Mapping[str, Any]) -> Any:
        spread = {**self._given, **values}
        for name, process in self._processors.items():
            if name not in self._lists:
                spread[name] = process(spread[name])
        for name, names in self._lists.items():
            spread.update(zip(names, values[name], strict=True))
        if not self._prepares:
            return driver.execute(self._sql, [spread[name] for name in self._order or ()]).fetchall()
        cursor = driver.cursor(binary=True)
        try:
            return cursor.execute(self._sql, spread, prepare=True).fetchall()
        finally:
            cursor.close()
