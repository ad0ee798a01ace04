"""Marks at claims that somebody's unseen notifications are about."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from factcheck.queries.team.notifications import Unseen, unseen_about
from factcheck.web import context


def of_rows(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> Unseen:
    """Return what is unseen of a page's claims; nothing for readers without a token."""
    ids, viewer = [row["id"] for row in rows], context.caller()
    return unseen_about(connection, viewer, claims=ids) if viewer is not None and ids else Unseen()
