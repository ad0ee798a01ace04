"""A line that says something else of a thing that is there is `exists`, whichever part of it differs."""

from typing import Any

import pytest

from tests.desk import Desk
from tests.test_imports import ARTICLE, CLAIM, SOURCE, ndjson, outcomes, sent

OTHER = {"type": "source", "external_id": "police", "name": "The police", "kind": "organization"}
LINES = [SOURCE, OTHER, ARTICLE, CLAIM]
[HOP] = CLAIM["attribution"]
[PIECE] = CLAIM["evidence"]

CHANGED: dict[str, dict[str, Any]] = {
    "another source in the chain": CLAIM | {"attribution": [HOP | {"source_id": "police"}]},
    "another cue": CLAIM | {"attribution": [HOP | {"cue": "saying", "cue_quotes": []}]},
    "another directness": CLAIM | {"attribution": [HOP | {"directness": "direct"}]},
    "no longer interested": CLAIM | {"attribution": [HOP | {"interested": False}]},
    "a note": CLAIM | {"attribution": [HOP | {"note": "In a letter."}]},
    "on behalf of somebody": CLAIM | {"attribution": [HOP | {"on_behalf_of_id": "police"}]},
    "without the words of the cue": CLAIM | {"attribution": [HOP | {"cue_quotes": []}]},
    "one more in the chain": CLAIM | {"attribution": [HOP, {"source_id": "police", "directness": "indirect"}]},
    "no chain": CLAIM | {"attribution": []},
    "another text": CLAIM | {"text": "A million came."},
    "another kind": CLAIM | {"kind": "factual", "quantity": None},
    "another figure": CLAIM | {"quantity": {"high": 900_000, "unit": "people"}},
    "other words": CLAIM | {"quotes": [{"exact": "a million people were present"}]},
    "other tags": CLAIM | {"tags": ["rally"]},
    "more evidence": CLAIM | {"evidence": [PIECE, {"stance": "supports", "title": "A count"}]},
    "another stance": CLAIM | {"evidence": [PIECE | {"stance": "refutes"}]},
    "another source of the evidence": CLAIM | {"evidence": [PIECE | {"source_id": "police"}]},
    "an excerpt": CLAIM | {"evidence": [PIECE | {"excerpt": "Not a million."}]},
    "another name": SOURCE | {"name": "The organizers"},
    "another kind of source": SOURCE | {"kind": "organization"},
    "an alias": SOURCE | {"aliases": ["They"]},
    "another title": ARTICLE | {"title": "The rally"},
    "another outlet": ARTICLE | {"outlet_id": "police"},
    "another day": ARTICLE | {"published_on": "2023-11-07"},
    "another word in the text": ARTICLE | {"text": ARTICLE["text"] + " Then it rained."},
}


@pytest.fixture(scope="module")
def entered(copies: Any) -> Any:
    from factcheck.settings import Settings
    from tests.desk import SECRET

    url = copies.copy("migrated with people")
    desk = Desk(Settings(database_url=url, secret_key=SECRET), copies.entered["migrated with people"])
    assert outcomes(sent(desk, ndjson(*LINES))) == ["added"] * 4
    yield desk
    desk.close()
    copies.forget(url)


@pytest.mark.parametrize("name", CHANGED)
def test_a_line_that_says_something_else_is_not_unchanged(entered: Desk, name: str) -> None:
    """The desk stays as it was, so that one is enough for all."""
    log = len(entered.changes())
    for query in ("", "?dry_run=true"):
        assert outcomes(sent(entered, ndjson(*LINES), query=query)) == ["unchanged"] * 4
        assert outcomes(sent(entered, ndjson(CHANGED[name]), query=query)) == ["exists"]
    assert len(entered.changes()) == log


def test_a_claim_that_was_withdrawn_is_not_unchanged(desk: Desk) -> None:
    results = sent(desk, ndjson(*LINES))
    path = f"/v1/claims/{results[-1]['id']}/withdrawal"
    assert desk.post(path, {"reason": "It was entered twice."}).status_code == 204
    assert outcomes(sent(desk, ndjson(*LINES))) == ["unchanged"] * 3 + ["exists"]
