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
    DISTINCT_FROM = "distinct_from"  # the two say different things, however alike they are


# Relations that hold both ways: each of the two claims shows them.
SYMMETRIC = frozenset(
    {
        RelationKind.CONTRADICTS,
        RelationKind.IN_TENSION_WITH,
        RelationKind.SAME_ORIGIN_AS,
        RelationKind.DISTINCT_FROM,
    }
)
# Relations by which one claim bears on another. That two say different things connects them in nothing.
CONNECTING = frozenset(RelationKind) - {RelationKind.DISTINCT_FROM}
# Relations on which a verdict `disputed` may rest.
CONFLICTS = frozenset({RelationKind.CONTRADICTS, RelationKind.IN_TENSION_WITH})


class AnchorState(StrEnum):
    ANCHORED = "anchored"  # the snapshot holds the quote at its place
    ORPHANED = "orphaned"  # a later snapshot no longer holds it


class CurrentState(StrEnum):
    """How a quote is in the newest snapshot, once there is one later than its own."""

    EXACT = "exact"  # the same words, at the same place or moved with what surrounds them
    MOVED = "moved"  # the same words, at one place, in other surroundings
    EQUIVALENT = "equivalent"  # the same words, set differently: spaces, quotation marks, dashes, ligatures
    CHANGED = "changed"  # other words at the same place, which are shown until somebody confirms them
    ORPHANED = "orphaned"  # not there


# A quote in one of these states is in the newest snapshot.
HELD = frozenset({CurrentState.EXACT, CurrentState.MOVED, CurrentState.EQUIVALENT})
