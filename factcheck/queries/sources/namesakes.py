"""Sources of one name, told apart by what is known of them: kind, description, other names, latest claim."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.errors import Unavailable
from factcheck.followers.search.views import View
from factcheck.messages import Message, message
from factcheck.queries import lists
from factcheck.rules.text.excerpts import phrase
from factcheck.rules.text.queries import Query, all_words
from factcheck.rules.text.words import fold
from factcheck.storage.tables.claims import Claim, ClaimSource
from factcheck.storage.tables.sources import Source

Json = dict[str, Any]
NAMESAKES = 200  # sources looked at to find one of a name
SHORT = 60  # code points of a description or a claim, where a line has little room


def named(connection: Connection, view: View, name: str) -> list[Json]:
    """Return the sources, of those not merged, that have this name or alias: case and accents do not count.

    Raises Unavailable while the search index is behind: a source that it does not have yet would be made again.
    """
    if view.as_of.behind:
        raise Unavailable(message("The search index is being brought up to date. Try again in a moment."))
    exact = phrase(name)
    if exact is None:
        return []
    same = fold(name.strip())
    found = lists.list_sources(
        connection, q=Query(((exact,),)), kind=None, after=None, limit=NAMESAKES, view=view
    ).items
    return [source for source in found if same in (fold(each) for each in (source["name"], *source["aliases"]))]


def beginning_with(connection: Connection, view: View, typed: str, limit: int) -> list[Json]:
    """Return sources whose names or descriptions have these words, of which the last may go on."""
    query = all_words(typed, opened=True)
    return lists.list_sources(connection, q=query, kind=None, after=None, limit=limit, view=view).items if query else []


def with_latest_claims(connection: Connection, sources: Sequence[Json]) -> list[Json]:
    """Return these sources, each with the text of the claim in whose chain it is and that changed last, if any.

    One query, which reads one claim of each source.
    """
    rows = connection.execute(_LATEST, {"ids": [source["id"] for source in sources]})
    latest = {row.id: row.latest for row in rows}
    return [source | {"latest_claim": latest.get(source["id"])} for source in sources]


def told_apart(sources: Sequence[Json], say: Callable[[str], str] = str) -> dict[str, str]:
    """Return for each source what to call it, by its id: its name, and behind it what no namesake among these has.

    The sources must have their latest claims. `say` says a message in the reader's language.
    """
    of_name: defaultdict[str, list[Json]] = defaultdict(list)
    for source in sources:
        of_name[fold(source["name"])].append(source)
    called: dict[str, str] = {}
    for alike in of_name.values():
        if len(alike) == 1:
            called[alike[0]["id"]] = alike[0]["name"]
            continue
        for source, difference in zip(alike, _differences(alike, say), strict=True):
            called[source["id"]] = f"{source['name']} ({difference})"
    return called


def known_of(source: Json) -> list[str]:
    """Return what is known of a source beside its name, the plainest first."""
    known: list[str] = [Message(source["kind"])]
    if source["description"]:
        known.append(_short(source["description"]))
    if source["aliases"]:
        known.append(message("also {names}", names=", ".join(source["aliases"][:3])))
    if source.get("latest_claim"):
        known.append(message("latest claim: “{claim}”", claim=_short(source["latest_claim"])))
    known.append(message("added {day}", day=source["created_at"][:10]))
    return known


def _differences(alike: Sequence[Json], say: Callable[[str], str]) -> list[str]:
    """Return the shortest descriptions that differ; sources of which the same is known are numbered by age."""
    known = [[say(each) for each in known_of(source)] for source in alike]
    for many in range(1, max(map(len, known)) + 1):
        told = ["; ".join(each[:many]) for each in known]
        if len(set(told)) == len(told):
            return told
    ages = sorted((source["created_at"], source["id"]) for source in alike)
    numbers = [ages.index((source["created_at"], source["id"])) + 1 for source in alike]
    return [
        say(message("no. {number}, {kind}", number=number, kind=Message(source["kind"])))
        for number, source in zip(numbers, alike, strict=True)
    ]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"


_latest = (
    select(Claim.text)
    .join(ClaimSource, ClaimSource.claim_seq == Claim.seq)
    .where(ClaimSource.source_id == Source.id, Claim.withdrawn_at.is_(None))
    .order_by(ClaimSource.changed_index.desc(), ClaimSource.claim_seq.desc())
    .limit(1)
    .scalar_subquery()
)
_LATEST = select(Source.id, _latest.label("latest")).where(Source.id.in_(bindparam("ids", expanding=True)))
