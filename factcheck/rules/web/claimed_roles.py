"""Roles by claim: which role somebody has here, by what their identity provider says of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from factcheck.rules.roles import ORDER, Role
from factcheck.setting_values import CLAIMED_ROLE


def parse(setting: str) -> dict[str, Role]:
    """Read `desk-admins=admin,checkers=analyst`: the role of each value of the claim."""
    return {found["value"]: Role(found["role"]) for found in CLAIMED_ROLE.finditer(setting)}


def highest(roles: Mapping[str, Role], values: Sequence[str]) -> Role | None:
    """Return the highest role that one of these values gives, None if none of them gives any."""
    found = [roles[each] for each in values if each in roles]
    return max(found, key=ORDER.index) if found else None


def claimed(claims: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Return the values of a claim: a text, or a list of texts; None if there is no such claim.

    A name with dots that no claim has leads into objects: `realm_access.roles`.
    """
    if not name:
        return None
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else None
