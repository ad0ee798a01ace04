"""Who may do what: four roles, each with all that the ones before it may."""

from enum import StrEnum


class Role(StrEnum):
    READER = "reader"
    CONTRIBUTOR = "contributor"  # enters articles, sources, claims, evidence, relations: tools that import
    ANALYST = "analyst"  # decides
    ADMIN = "admin"  # people, tokens, redaction, merging of sources

    def includes(self, other: "Role") -> bool:
        return ORDER.index(self) >= ORDER.index(other)


ORDER = tuple(Role)
