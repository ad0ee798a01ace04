"""The public JSONTestSuite as request bodies, and the naughty strings through every field of text of the API."""

import base64
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.desk import Desk
from tests.test_bad_input import SOURCE, TEXTS, Refusals, doors, through

DATA = Path(__file__).parent / "data"
SUITE = {
    name: base64.b64decode(told["base64"]) if "base64" in told else (told["text"] * told.get("times", 1)).encode()
    for name, told in json.loads((DATA / "json_suite.json").read_text(encoding="utf-8")).items()
}
NAUGHTY: list[str] = json.loads((DATA / "naughty.json").read_text(encoding="utf-8"))
EVERY = 12 * int(os.environ.get("FACTCHECK_TEST_NAUGHTY", "10"))
# Keys that stand twice are JSON, and refused all the same (A3): readers differ in which one counts.
TWICE = {"y_object_duplicated_key", "y_object_duplicated_key_and_value"}
# What some field of text refuses: it has a grammar of its own.
GRAMMARS = frozenset(
    {"kind", "status", "tags", "same_as", "url", "archived_url", "published_on", "language", "outlet_id"}
    | {"exact", "prefix", "suffix", "0"}
)


def test_the_suite_is_the_whole_suite() -> None:
    assert Counter(name[0] for name in SUITE) == {"y": 95, "n": 188, "i": 35}


@pytest.mark.slow
def test_a22_the_json_test_suite(desk: Desk) -> None:
    """What every reader must take is read, and refused for its shape; what none may take is refused as unreadable."""
    with Refusals(desk) as refused:
        for name, body in SUITE.items():
            unreadable = name.startswith("n") or name in TWICE
            status = 400 if unreadable else 422 if name.startswith("y") else (400, 422)
            refused.body(f"A22 {name}", status, SOURCE, body)
        assert refused.sent == 318


@pytest.mark.slow
def test_c12_the_naughty_strings(desk: Desk) -> None:
    """Each comes back as it was sent, or is refused; through every field of text, a part of them in each run."""
    of_all = {name: door for name, door in doors(desk).items() if name not in ("merge", "withdrawal")}
    fields = [(name, pointer) for name in of_all for pointer in TEXTS[name].split()]
    statuses: Counter[int] = Counter()
    for at, (name, pointer) in enumerate(fields):
        for number in range(at % EVERY, len(NAUGHTY), EVERY):
            text = NAUGHTY[number]
            door = of_all[name]
            body = door.with_(pointer, text)
            if "external_id" in body and pointer != "/external_id":
                del body["external_id"]
            answer = desk.request(**through(door, body))
            statuses[answer.status_code] += 1
            assert answer.status_code in (200, 201, 409, 410, 422), (name, pointer, text, answer.get_data(as_text=True))
            if answer.status_code in (200, 201) and pointer.rpartition("/")[2] not in GRAMMARS:
                thing = answer.json
                if name == "withdrawn evidence":  # its reason stands in the history
                    claim = door.path.partition("/evidence")[0]
                    thing = next(each for each in desk.get(f"{claim}/history?limit=200").json["items"]
                                 if each["action"] == "withdraw_evidence")  # fmt: skip
                where = pointer
                if name == "review" and pointer.startswith("/evidence/0/"):  # it stands with the claim
                    thing = desk.get(f"/v1/claims/{thing['claim_id']}").json["evidence"][-1]
                    where = pointer.removeprefix("/evidence/0")
                assert told(thing, where) in (text, *_trimmed(text)), (name, pointer, text)
    assert statuses[201] > 20
    assert statuses[422] > 20


def told(thing: dict[str, Any], pointer: str) -> Any:
    """Return what an answer says at a pointer into the request."""
    steps = pointer.removeprefix("/").split("/")
    here: Any = thing
    for step in steps:
        if step == "attribution" and isinstance(here[step], dict):
            here = here[step]["chain"]
        elif step not in here and not step.isdigit():
            return None if step != "reason" else thing.get("withdrawn", {}).get("reason")
        else:
            here = here[int(step)] if step.isdigit() else here[step]
    return here


def _trimmed(text: str) -> tuple[Any, ...]:
    """What a field of one line may make of it: without blanks around it, or nothing."""
    return (text.strip(), text.strip() or None)


LONGEST = {
    "source": {"/name": 300, "/description": 5000, "/aliases/0": 300, "/external_id": 200},
    "article": {"/title": 1000, "/author": 500, "/external_id": 200},
    "claim": {
        "/text": 5000, "/quantity/unit": 100, "/quantity/wording": 500, "/attribution/0/described_as": 500,
        "/attribution/0/cue": 200, "/attribution/0/note": 4000, "/external_id": 200,
    },
    "evidence": {"/title": 1000, "/excerpt": 10_000, "/note": 4000},
    "relation": {"/note": 4000},
    "review": {"/reason": 4000, "/evidence/0/note": 4000},
    "withdrawn evidence": {"/reason": 4000},
}  # fmt: skip


def test_b4_texts_are_measured_in_code_points(desk: Desk) -> None:
    """One more than may be is refused at its place; as many as may be are kept, each of them two units of UTF-16."""
    of_all = doors(desk)
    with Refusals(desk) as refused:
        for name, fields in LONGEST.items():
            for pointer, longest in fields.items():
                refused.value(f"B4 {name}", of_all[name], pointer, "😀" * (longest + 1))
    for name, fields in LONGEST.items():
        door = of_all[name]
        for pointer, longest in fields.items():
            door = door._replace(body=door.with_(pointer, "😀" * longest))
        answer = desk.request(**through(door, door.body))
        assert answer.status_code in (200, 201), (name, answer.get_data(as_text=True)[:300])
