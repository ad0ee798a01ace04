"""What a claim's page shows of its assignment."""

from typing import Any

from sqlalchemy.engine import Connection

from factcheck.desk.team import assignments
from factcheck.log.actors import Actor
from factcheck.rules.team.assigning import Priority
from factcheck.web.pages.layout import may


def of_claim(connection: Connection, claim_id: str, viewer: Actor | None) -> dict[str, Any]:
    """Return a claim's assignment, and to whom it can be assigned; nothing for readers without a token."""
    if viewer is None:
        return {"assigned": None, "able": []}
    able = assignments.able(connection) if may("assignments.assign") else []
    return {"assigned": assignments.of_claim(connection, claim_id, viewer), "able": able, "Priority": Priority}
