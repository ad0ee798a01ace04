"""A desk as searches meet it: claims, articles and sources brought in by import, with words from common to unique.

Each sentence is put together by `benchmarks/variety.py`: some words are in every claim, some in an eighth, a sixteenth,
one of hundreds, one of thousands. Tags repeat who a claim is about, so that there are pairs of a word and a tag that
are both common and never meet.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.variety import sentence
from factcheck.cli.transfer import entered
from factcheck.exchange import intake
from factcheck.inspection import upkeep
from factcheck.storage import schema
from factcheck.storage.engine.database import Database

SOURCES = 200
CLAIMS = 10  # of an article
KINDS = ("factual", "quantity", "opinion", "forecast")
WEIGHTS = (60, 30, 9.9, 0.1)
RARE = 1000  # one claim of so many has the tag `rare`


def fill(url: str, size: int, folder: Path) -> Database:
    """Migrate a database, bring in `size` claims as `factcheck import` does, and return it."""
    lines = folder / "archive.ndjson"
    with lines.open("wb") as file:
        for line in made(size):
            file.write(json.dumps(line).encode() + b"\n")
    database = migrated(url)
    with lines.open("rb") as stream:
        for _, results in entered(database, intake.batches(stream, "ndjson")):
            if any(result.problem for result in results):
                raise RuntimeError(next(result.as_json() for result in results if result.problem))
    lines.unlink()
    return database


def migrated(url: str) -> Database:
    """Migrate an empty database and mark it as written by this version, as `factcheck` does before it serves it."""
    schema.upgrade(url)
    database = Database(url)
    for _ in upkeep.renew(database):
        raise RuntimeError("The database is not empty.")
    return database


def made(size: int) -> Iterator[dict[str, Any]]:
    """Yield the lines of an import: the sources, then each article with its claims."""
    chance = random.Random(11)
    for at in range(SOURCES):
        yield {"type": "source", "external_id": f"s{at}", "name": f"Source number {at}", "kind": "organization"}
    for first in range(0, size, CLAIMS):
        sentences = [sentence(chance) for _ in range(min(CLAIMS, size - first))]
        article = f"a{first // CLAIMS}"
        yield {
            "type": "article", "external_id": article, "title": f"Report {first // CLAIMS}: {sentences[0][:60]}",
            "text": "\n".join(sentences), "outlet_id": f"s{chance.randrange(SOURCES)}", "language": "en",
        }  # fmt: skip
        for at, said in enumerate(sentences, first):
            # A source in one of five, some in a hundredth, and the last in a few claims.
            chain = [min(int(SOURCES * chance.random() ** 3), SOURCES - 2 if at % RARE else SOURCES - 1)]
            kind = chance.choices(KINDS, WEIGHTS)[0]
            yield {
                "type": "claim", "external_id": f"c{at}", "article_id": article, "text": said,
                "kind": kind, "quotes": [{"exact": said}],
                "attribution": [{"source_id": f"s{each}", "directness": "indirect", "cue": "said"} for each in chain],
                "tags": [said.split()[1], *(["rare"] if at % RARE == 0 else [])],
                **({"quantity": {"low": at % 9999, "unit": "things"}} if kind == "quantity" else {}),
            }  # fmt: skip
