"""What needs work: a condition each, with an index of just the claims that it holds for.

A query names the condition word for word, or the database does not see that the index serves it. Each stands inside a
CASE because SQLite would otherwise prefer an index of the status, and look at every claim that has it.
"""

CHECKABLE = "withdrawn_at IS NULL AND status = 'unverified' AND kind IN ('factual', 'quantity')"


def _opaque(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END = 1"


# `ix_claims_second_opinion` is one more, of the claims with a second opinion that is open.
# By name: the columns of the index, which are the order of the list, and the condition.
NEEDS = {
    "overdue": (("review_by", "seq"), "withdrawn_at IS NULL AND review_by IS NOT NULL"),
    "interested": (("changed_index", "seq"), _opaque(f"{CHECKABLE} AND origin_interested")),
    "checkable": (("changed_index", "seq"), _opaque(f"{CHECKABLE} AND origin_interested IS NOT TRUE")),
}
