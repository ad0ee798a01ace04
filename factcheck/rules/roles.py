"""Who may do what: four roles, each with all that the ones before it may."""

from enum import StrEnum

from factcheck.messages import Message, message


class Role(StrEnum):
    READER = "reader"
    CONTRIBUTOR = "contributor"  # enters articles, sources, claims, evidence, relations: tools that import
    ANALYST = "analyst"  # decides
    ADMIN = "admin"  # people, tokens, redaction, merging of sources

    def includes(self, other: "Role") -> bool:
        return ORDER.index(self) >= ORDER.index(other)


ORDER = tuple(Role)
IN_WORDS: dict[str, Message] = {
    Role.READER: message("reader"),
    Role.CONTRIBUTOR: message("contributor"),
    Role.ANALYST: message("analyst"),
    Role.ADMIN: message("admin"),
}
