"""Make claims to measure with: of one article, their words drawn from a small vocabulary with a fixed seed."""

from random import Random

from factcheck.desk import articles, claims, sources
from factcheck.log.actors import Actor
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.storage.engine.database import Database

VOCABULARY = """
government said people border troops rally president sanctions talks bloc army capital leaders power threat million
thousands report minister country region election price water school health court police
"""
WORDS = VOCABULARY.split()
BATCH = 500


def fill(database: Database, actor: Actor, size: int) -> list[str]:
    """Enter `size` claims through the action, in transactions of 500, and return their ids."""
    random = Random(2023)
    text = " ".join(random.choice(WORDS) for _ in range(2000))
    with database.writing() as session:
        origins = [
            sources.add(session, actor, name=f"Source {n}", kind="organization", aliases=[], same_as=[])["id"]
            for n in range(20)
        ]
        article = articles.add(session, actor, title="A long report", text=text)["id"]
    ids: list[str] = []
    while len(ids) < size:
        with database.writing() as session:
            for _ in range(min(BATCH, size - len(ids))):
                at = random.randrange(len(text) - 60)
                body = {
                    "article_id": article,
                    "text": " ".join(random.choice(WORDS) for _ in range(14)),
                    "kind": "factual",
                    "quotes": [{"exact": text[at : at + 50], "start": at, "end": at + 50}],
                    "attribution": [{"source_id": random.choice(origins), "directness": "indirect", "cue": "said"}],
                    "tags": [random.choice(WORDS)],
                }
                ids.append(claims.add(session, actor, **load(ClaimIn(), body)).id)
    return ids
