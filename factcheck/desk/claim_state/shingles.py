"""Keep the index of similarity true: a claim's keys are written where its text is, in the same transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from factcheck.rules.text.shingles import keys
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.matching import ClaimShingle

MOST = 5_000  # keys asked for by one statement


def put(session: Session, texts: Sequence[tuple[int, str]]) -> None:
    """Index claims, given by their `seq` and text, that are not in the index."""
    put_keys(session, [(seq, keys(text)) for seq, text in texts])


def put_keys(session: Session, claims: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Index claims, given by their `seq` and the keys of their texts."""
    # In the index's order: neighbours go into the same pages.
    rows = sorted([(key, seq) for seq, each in claims for key in each])
    add_rows(session.connection(), ClaimShingle, ("hash", "claim_seq"), rows)


def renew(session: Session, claims: Sequence[tuple[int, str]]) -> None:
    """Index claims, given by their `seq` and text, of which the index may have keys: who amends one puts them there."""
    there = _there(session, {seq: keys(text) for seq, text in claims}) if claims else Counter[int]()
    for seq, text in claims:
        if there[seq]:
            take(session, seq, text)
    put(session, claims)


def take(session: Session, seq: int, text: str) -> None:
    """Take a claim out of the index, by the text that it is in it with.

    By its keys, which the text gives: an index by claim would take a third more room.
    """
    found = keys(text)
    if found:
        session.execute(delete(ClaimShingle).where(ClaimShingle.hash.in_(found), ClaimShingle.claim_seq == seq))


def clear(session: Session) -> None:
    """Empty the index, to be filled anew."""
    session.execute(delete(ClaimShingle))


def _there(session: Session, expected: Mapping[int, Sequence[int]]) -> Counter[int]:
    """Count the keys that the index has of those that each of these claims, by its `seq`, should have.

    The claims are neighbours in the log: of each key one stretch of the index is read.
    """
    wanted = {seq: frozenset(each) for seq, each in expected.items()}
    hashes = sorted(frozenset[int]().union(*wanted.values()))
    found: Counter[int] = Counter()
    for at in range(0, len(hashes), MOST):
        between = {"hashes": hashes[at : at + MOST], "first": min(wanted), "last": max(wanted)}
        for row in session.execute(_STRETCH, between):
            found[row.claim_seq] += row.hash in wanted.get(row.claim_seq, ())
    return found


_STRETCH = select(ClaimShingle.hash, ClaimShingle.claim_seq).where(
    ClaimShingle.hash.in_(bindparam("hashes", expanding=True)),
    ClaimShingle.claim_seq.between(bindparam("first"), bindparam("last")),
)
