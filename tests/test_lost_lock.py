"""Whoever delivers alone is told when the lock is lost: somebody else may have it then."""

import pytest
from sqlalchemy import create_engine, text

from factcheck.errors import Clash
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole
from tests.desk import Desk

ENDED = (
    "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database() AND l.pid <> pg_backend_pid()"
    f" AND ((l.classid::bigint << 32) | l.objid::bigint) = {AdvisoryLock.WEBHOOKS.value}"
)


def test_a_lock_is_held_by_one_until_it_is_let_go(desk: Desk) -> None:
    with sole(desk.database, AdvisoryLock.WEBHOOKS) as held:
        assert held() is True
        with pytest.raises(Clash, match="Only one can run at a time"), sole(desk.database, AdvisoryLock.WEBHOOKS):
            pytest.fail("There were two at a time.")
        assert held() is True
    with sole(desk.database, AdvisoryLock.WEBHOOKS) as held:
        assert held() is True


def test_a_lost_lock_is_not_reported_as_held(desk: Desk, engine: str) -> None:
    if engine == "sqlite":  # its lock is the process's own: nobody can take it away
        return
    other = create_engine(desk.database.url, isolation_level="AUTOCOMMIT")
    try:
        with sole(desk.database, AdvisoryLock.WEBHOOKS) as held:
            assert held() is True
            with other.connect() as connection:
                assert connection.execute(text(ENDED)).scalar_one() == 1
            assert held() is False
            assert held() is False
            with sole(desk.database, AdvisoryLock.WEBHOOKS) as theirs:
                assert theirs() is True
                assert held() is False
    finally:
        other.dispose()
