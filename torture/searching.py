"""Search against a plain scan: claims in many languages, after random actions, and after its process was killed.

What a search finds is compared with what `scanning.py` finds by looking at every claim.
"""

import io
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.cli.transfer import entered
from factcheck.desk import claims, people
from factcheck.exchange import intake
from factcheck.followers.registry import searching
from factcheck.followers.search.following import SearchFollowing
from factcheck.log.actors import ANY, INSIDE, Actor
from factcheck.queries import lists
from factcheck.rules.text import queries
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.claims import Claim
from torture.figures import Figure, at_least, none
from torture.places import Place
from torture.scanning import Said, asked, lines, scanned

KILLS = 50
KILLED = """
import sys
from pathlib import Path
from factcheck.followers.registry import searching
from factcheck.storage.engine.database import Database
index = searching(Database(sys.argv[1]), Path(sys.argv[2]))
print("begun", flush=True)
while True:
    if not index.step():
        index.start_over()
"""


@dataclass
class Run:
    """What was compared: searches, those that found anything, and the ones that found something else than the scan."""

    claims: int = 0
    searches: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    kills: int = 0


def compare(place: Place, folder: Path, number: int, *, claims_made: int, actions: int, kills: int = KILLS) -> Run:
    """Enter claims, search, act, search again, kill whoever indexes, and search again."""
    chance, run = random.Random(2026), Run(claims=claims_made)
    with closing(Database(place.url)) as database, closing(searching(database, folder / "index")) as index:
        said = _entered(database, chance, claims_made)
        _searched(database, index, said, chance, number, run)
        for at in range(actions):
            run.done[_acted(database, said, chance)] += 1
            if at % 20 == 0:
                index.view()
        _searched(database, index, said, chance, number // 5, run)
        for _ in range(kills):
            index.close()
            _killed(place, folder, chance, lambda: run.done.update([_acted(database, said, chance)]))
            run.kills += 1
            _searched(database, index, said, chance, 1, run)
    return run


def figures(run: Run, kills: int = KILLS) -> list[Figure]:
    for q in run.wrong[:20]:
        print(f"  another result than the scan's: {q}")
    told = ", ".join(f"{number} x {name}" for name, number in sorted(run.done.items()))
    return [
        none(f"of {run.searches} searches among {run.claims} claims: another result", len(run.wrong)),
        at_least("of them, that found anything", run.found, run.searches // 3),
        at_least(f"kills while indexing; {told}", run.kills, kills),
    ]


def _entered(database: Database, chance: random.Random, number: int) -> dict[str, Said]:
    made = list(lines(chance, number))
    stream = io.BytesIO(b"\n".join(orjson.dumps(line) for line, _ in made))
    results = [each for _, some in entered(database, intake.batches(stream, "ndjson")) for each in some]
    assert len(results) == len(made)
    return {line["external_id"]: said for line, said in made if said}


def _searched(
    database: Database, index: SearchFollowing, said: dict[str, Said], chance: random.Random, number: int, run: Run
) -> None:
    view = index.view(seconds=600)
    assert not view.as_of.behind
    with database.reading() as connection:
        for _ in range(number):
            q = asked(chance)
            query = queries.parse(q)
            right = sorted(name for name, each in said.items() if scanned(query, each))
            filters = lists.ClaimFilters(q=query)
            found: list[str] = []
            after: Any = None
            while after is not None or not found:
                page = lists.claims(connection, filters, None, after, 200, viewer=INSIDE, view=view)
                found += [orjson.loads(document)["external_id"] for document in page.items]
                after = page.next
                if after is None:
                    break
            count = lists.count_claims(connection, filters, viewer=INSIDE, view=view).total
            run.searches += 1
            run.found += bool(right)
            if sorted(found) != right or count != len(right):
                run.wrong.append(q)


def _acted(database: Database, said: dict[str, Said], chance: random.Random) -> str:
    """Do something to a claim, and note what it says from now on."""
    name = chance.choice(sorted(said))
    with database.writing() as session:
        actor = people.operator(session)
        claim_id = session.scalars(select(Claim.id).where(Claim.external_id == name)).one()
        act = chance.choice([_edit, _edit, _tag, _withdraw])
        act(session, actor, claim_id, name, said, chance)
    return act.__name__.removeprefix("_")


Act = Callable[[Session, Actor, str, str, dict[str, Said], random.Random], None]


def _edit(
    session: Session, actor: Actor, claim_id: str, name: str, said: dict[str, Said], chance: random.Random
) -> None:
    text = chance.choice(list(said.values())).texts[0]
    claims.amend(session, actor, claim_id, patch={"text": text}, seen=ANY)
    said[name] = Said(said[name].language, (text, said[name].texts[1]))


def _tag(
    session: Session, actor: Actor, claim_id: str, _name: str, _said: dict[str, Said], chance: random.Random
) -> None:
    claims.amend(session, actor, claim_id, patch={"tags": [f"tag-{chance.randrange(100)}"]}, seen=ANY)


def _withdraw(
    session: Session, actor: Actor, claim_id: str, name: str, said: dict[str, Said], _chance: random.Random
) -> None:
    claims.withdraw(session, actor, claim_id, reason="By chance.")
    del said[name]


def _killed(place: Place, folder: Path, chance: random.Random, act: Callable[[], object]) -> None:
    """Kill a process that indexes, at any moment, while others write."""
    command = [sys.executable, "-c", KILLED, place.url, str(folder / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        act()
        try:
            process.wait(timeout=chance.random() * 0.5)
        except subprocess.TimeoutExpired:
            process.kill()
