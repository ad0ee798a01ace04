"""Locks of several rows at once, of which somebody may be adding one."""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.orm import Session


def locked_whole(session: Session, find: Callable[[], set[str]], lock: Callable[[Session, set[str]], None]) -> set[str]:
    """Lock what `find` returns, and return it once nothing was added to it while the locks were waited for.

    Whoever held one of them may have added to it. All are then given back and taken anew: to take the rest behind
    them would not be in order, and two actions would wait for each other.
    """
    if session.get_bind().dialect.name == "sqlite":
        return find()
    while True:
        found = find()
        with suppress(_Grown), session.begin_nested():
            lock(session, found)
            if find() <= found:
                return found
            raise _Grown


class _Grown(Exception):
    """There is more to lock: rolls the savepoint back, and with it every lock taken since."""
