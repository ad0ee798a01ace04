"""The vocabulary of attribution and of relations."""

from enum import StrEnum


class SourceKind(StrEnum):
    PERSON = "person"
    ORGANIZATION = "organization"
    GROUP = "group"
    DOCUMENT = "document"
    OUTLET = "outlet"


class Directness(StrEnum):
    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


class RelationKind(StrEnum):
    CONTRADICTS = "contradicts"
    IN_TENSION_WITH = "in_tension_with"
    RESTATES = "restates"
    SAME_ORIGIN_AS = "same_origin_as"
    CONDITIONAL_ON = "conditional_on"
    SUPPORTS = "supports"


# Relations that hold both ways: each of the two claims shows them.
SYMMETRIC = frozenset({RelationKind.CONTRADICTS, RelationKind.IN_TENSION_WITH, RelationKind.SAME_ORIGIN_AS})
# Relations on which a verdict `disputed` may rest.
CONFLICTS = frozenset({RelationKind.CONTRADICTS, RelationKind.IN_TENSION_WITH})


class AnchorState(StrEnum):
    ANCHORED = "anchored"  # the snapshot holds the quote at its place
    ORPHANED = "orphaned"  # a later snapshot no longer holds it
