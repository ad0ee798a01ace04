"""`python -m benchmarks.retrieval --claims FILE --queries FILE --relevance FILE`: the match on a public set of pairs.

Takes the files of verified-claim retrieval as CLEF CheckThat! published them in 2020 (task 2): tables parted by tabs,
with or without a header. `claims`: id, claim, and more columns that are not read. `queries`: id, text.
`relevance`: query id, 0, claim id, 1 (a "qrels" file; parted by spaces too). The claims are brought in by import, each
query is asked, and the mean average precision at 5 and the share of queries whose claim comes first are printed.
"""

import argparse
import csv
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from factcheck.cli.transfer import entered
from factcheck.exchange import intake
from factcheck.followers.registry import searching
from factcheck.log.actors import INSIDE
from factcheck.queries import matching
from factcheck.rules.matching.strict import THRESHOLD
from factcheck.settings import beside
from factcheck.storage import schema
from factcheck.storage.engine.database import Database

AT = 5
TOGETHER = 50  # claims of one article


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    for name in ("claims", "queries", "relevance"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    claims, queries = table(given.claims), table(given.queries)
    right: defaultdict[str, set[str]] = defaultdict(set)
    for line in given.relevance.read_text(encoding="utf-8").splitlines():
        if line.split() and line.split()[-1] == "1":
            right[line.split()[0]].add(line.split()[2])
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        schema.upgrade(url)
        database = Database(url)
        bring_in(database, claims)
        print(report(database, {key: text for key, text in queries.items() if key in right}, right))
        database.close()


def table(path: Path) -> dict[str, str]:
    """Return the second column of a table by its first, without a header."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if len(row) > 1]
    # The published tables are written by pandas, which leaves the name of its index empty.
    if rows and (not rows[0][0].strip() or rows[0][0].lower().endswith("id")):
        rows = rows[1:]
    return {row[0].strip(): " ".join(row[1].split()) for row in rows}


def bring_in(database: Database, claims: Mapping[str, str]) -> None:
    stream = io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines(list(claims.items()))))
    for _, results in entered(database, intake.batches(stream, "ndjson")):
        if any(result.problem for result in results):
            raise RuntimeError(next(result.as_json() for result in results if result.problem))


def lines(claims: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield articles whose text is their claims, and the claims."""
    for first in range(0, len(claims), TOGETHER):
        some = [(key, text) for key, text in claims[first : first + TOGETHER] if text]
        article = f"a{first}"
        text = "\n".join(said for _, said in some)
        yield {"type": "article", "external_id": article, "title": f"Claims from {first}", "text": text}
        at = 0
        for key, said in some:
            quote = {"exact": said, "start": at, "end": at + len(said)}
            at += len(said) + 1
            yield {"type": "claim", "external_id": key, "article_id": article, "text": said, "kind": "factual",
                   "quotes": [quote]}  # fmt: skip


def report(database: Database, queries: Mapping[str, str], right: Mapping[str, set[str]]) -> str:
    """Ask each query and return the figures in words."""
    total, first, above = 0.0, 0, 0
    with closing(searching(database, beside(database.url, "index"))) as index, database.reading() as connection:
        index.catch_up()
        view = index.view()
        for key, text in queries.items():
            found = matching.match(connection, view, text, limit=AT, viewer=INSIDE).items
            ids = [json.loads(each.document)["external_id"] for each in found]
            total += average_precision(ids, right[key])
            first += bool(ids and ids[0] in right[key])
            above += bool(found and found[0].score >= THRESHOLD)
    asked = len(queries) or 1
    return (
        f"{len(queries)} queries: mean average precision at {AT} {total / asked:.3f}, the right claim first for"
        f" {first / asked:.1%}, something above the threshold for {above / asked:.1%}"
    )


def average_precision(found: Sequence[str], right: set[str]) -> float:
    """Return the average precision of a ranked list: what trec_eval calls map_cut_5 where the list has five."""
    hits, total = 0, 0.0
    for place, each in enumerate(found, 1):
        if each in right:
            hits += 1
            total += hits / place
    return total / len(right) if right else 0.0


if __name__ == "__main__":
    main()
