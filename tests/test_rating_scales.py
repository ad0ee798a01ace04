"""Rating scales: the house's words for verdicts, named by reviews and shown wherever a verdict is."""

import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from factcheck.desk.publishing import ready_scales
from tests import commands
from tests.desk import SECRET, Desk
from tests.everything import SCALE
from tests.redacting import rebuilt_faults

REASON = "Nobody counted the people there."
LABELS = {"so": "C'est vrai", "mixed": "Certains le disent", "not_so": "C'est faux", "unknown": "Nul ne sait"}


@pytest.fixture
def scale(desk: Desk) -> str:
    made: str = desk.made("/v1/rating-scales", SCALE, by="admin")["id"]
    return made


def rate(desk: Desk, claim: str, scale: str, key: str, status: str, **fields: Any) -> Any:
    return desk.review(claim, status=status, reason=REASON, rating={"scale_id": scale, "key": key}, **fields)


def rating_of(desk: Desk, claim: str) -> Any:
    return desk.get(f"/v1/claims/{claim}").json.get("rating")


def named(scale: str, key: str) -> dict[str, Any]:
    rating = next(each for each in SCALE["ratings"] if each["key"] == key)
    ends = {"best": 3, "worst": 1} if rating["number"] is not None else {"best": None, "worst": None}
    return {"scale_id": scale, "key": key, "label": rating["labels"]["en"], "language": "en",
            "number": rating["number"], **ends}  # fmt: skip


# ── The scales ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_scale_is_served_as_it_was_added(desk: Desk, scale: str) -> None:
    told = desk.get(f"/v1/rating-scales/{scale}")
    assert {name: told.json[name] for name in SCALE} == SCALE
    assert (told.json["withdrawn_at"], told.json["revision"]) == (None, 1)
    assert desk.get("/v1/rating-scales").json["items"] == [told.json]
    again = desk.get(f"/v1/rating-scales/{scale}", headers={"If-None-Match": told.headers["ETag"]})
    assert again.status_code == 304
    assert desk.get(f"/v1/rating-scales/{desk.people['admin']}").status_code == 404


BAD: list[tuple[dict[str, Any], str]] = [
    ({"status": "in_review"}, "/ratings/0/status"),
    ({"status": "wrong"}, "/ratings/0/status"),
    ({"key": "So"}, "/ratings/0/key"),
    ({"key": "1"}, "/ratings/0/key"),
    ({"key": "mixed"}, "/ratings/1/key"),
    ({"number": "2"}, "/ratings/0/number"),
    ({"labels": {}}, "/ratings/0/labels"),
    ({"labels": {"fr": "Vrai"}}, "/ratings/0/labels"),
    ({"labels": {"en": " "}}, "/ratings/0/labels/en/value"),
    ({"labels": {"en": "a" * 61}}, "/ratings/0/labels/en/value"),
    ({"labels": {"en": "So", "not a tag": "So"}}, "/ratings/0/labels/not a tag/key"),
    ({"labels": {"en": "So"} | {f"en-{at:04}": "So" for at in range(40)}}, "/ratings/0/labels"),
    ({"definitions": {"fr": "Vrai."}}, "/ratings/0/definitions"),
    ({"definition": {"en": "So."}}, "/ratings/0/definition"),
]


@pytest.mark.parametrize(("change", "pointer"), BAD, ids=[f"{at}" for at in range(len(BAD))])
def test_a_bad_rating_is_named(desk: Desk, change: dict[str, Any], pointer: str) -> None:
    body = deepcopy(SCALE)
    body["ratings"][0] |= change
    refused = desk.post("/v1/rating-scales", body, by="admin")
    assert refused.status_code == 422, refused.json
    assert [each["pointer"] for each in refused.json["errors"]] == [pointer]
    assert desk.get("/v1/rating-scales").json["items"] == []


@pytest.mark.parametrize("ratings", [[], [SCALE["ratings"][0]] * 31, {}, None])
def test_a_scale_has_one_to_thirty_ratings(desk: Desk, ratings: Any) -> None:
    refused = desk.post("/v1/rating-scales", {**SCALE, "ratings": ratings}, by="admin")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/ratings")


def test_a_desk_has_twenty_active_scales_at_most(desk: Desk, scale: str) -> None:
    for number in range(19):
        desk.made("/v1/rating-scales", {**SCALE, "name": f"Scale {number}"}, by="admin")
    assert desk.post("/v1/rating-scales", SCALE, by="admin").status_code == 409
    withdrawn = desk.post(f"/v1/rating-scales/{scale}/withdrawal", {"reason": "We have another one."}, by="admin")
    assert withdrawn.json["withdrawn_at"] is not None
    desk.made("/v1/rating-scales", SCALE, by="admin")
    again = desk.post(f"/v1/rating-scales/{scale}/withdrawal", {"reason": "We have another one."}, by="admin")
    assert again.status_code == 409


def test_words_are_added_in_a_language_and_never_changed(desk: Desk, scale: str) -> None:
    here = f"/v1/rating-scales/{scale}/translations"
    body = {"language": "fr", "labels": LABELS, "definitions": {"so": "Les preuves le montrent."}}
    seen = desk.get(f"/v1/rating-scales/{scale}").headers["ETag"]
    told = desk.post(here, body, by="admin", headers={"If-Match": seen})
    assert told.status_code == 200
    assert told.headers["ETag"] == desk.get(f"/v1/rating-scales/{scale}").headers["ETag"] != seen
    assert [each["labels"]["fr"] for each in told.json["ratings"]] == [LABELS[each["key"]] for each in SCALE["ratings"]]
    assert told.json["ratings"][0]["definitions"]["fr"] == "Les preuves le montrent."
    assert "fr" not in told.json["ratings"][1]["definitions"]
    assert desk.post(here, body, by="admin").status_code == 409
    other = {**body, "language": "es"}
    assert desk.post(here, other, by="admin", headers={"If-Match": seen}).status_code == 412
    for change, pointer in (
        ({"labels": {**LABELS, "other": "Autre"}}, "/labels/other"),
        ({"labels": {name: label for name, label in LABELS.items() if name != "so"}}, "/labels/so"),
        ({"definitions": {"other": "Autre"}}, "/definitions/other"),
        ({"language": "no tag"}, "/language"),
    ):
        refused = desk.post(here, other | change, by="admin")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)


def test_only_admins_change_scales(desk: Desk, scale: str) -> None:
    here = f"/v1/rating-scales/{scale}"
    for path, body in (
        ("/v1/rating-scales", SCALE),
        (f"{here}/translations", {"language": "fr", "labels": LABELS}),
        (f"{here}/withdrawal", {"reason": "We have another one."}),
    ):
        assert desk.post(path, body, by="analyst").status_code == 403


# ── The ratings of verdicts ─────────────────────────────────────────────────────────────────────────────────────


def test_a_verdict_names_its_rating_until_it_ends(desk: Desk, scale: str, tmp_path: Path) -> None:
    claim = desk.claim()["id"]
    assert "rating" not in desk.get(f"/v1/claims/{claim}").json
    made = rate(desk, claim, scale, "unknown", "unverifiable")
    assert made.status_code == 201
    assert made.json["rating"] == rating_of(desk, claim) == named(scale, "unknown")
    # The same verdict with the same reason, but another rating, is news; with the same rating it is none.
    other = desk.made("/v1/rating-scales", {**SCALE, "name": "Other"}, by="admin")["id"]
    assert rate(desk, claim, scale, "unknown", "unverifiable").status_code == 409
    assert rate(desk, claim, other, "unknown", "unverifiable").status_code == 201
    assert rating_of(desk, claim) == named(other, "unknown")
    piece = {"stance": "supports", "title": "A count"}
    assert rate(desk, claim, scale, "so", "verified", evidence=[piece]).status_code == 201
    assert rating_of(desk, claim) == named(scale, "so")
    assert desk.review(claim, status="in_review", reason=REASON).status_code == 201
    assert rating_of(desk, claim) is None
    changes = desk.get(f"/v1/claims/{claim}/history").json["items"][-1]["changes"]
    assert {"field": "rating", "before": named(scale, "so"), "after": None} in changes
    assert [each["rating"] for each in desk.get(f"/v1/claims/{claim}/reviews").json["items"]] == [
        named(scale, "unknown"), named(other, "unknown"), named(scale, "so"), None,
    ]  # fmt: skip
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_reopening_ends_the_rating(desk: Desk, scale: str) -> None:
    claim = desk.claim()["id"]
    assert rate(desk, claim, scale, "unknown", "unverifiable").status_code == 201
    assert desk.patch(f"/v1/claims/{claim}", {"text": "Some people were present."}, etag="*").status_code == 200
    assert rating_of(desk, claim) is None


def test_an_undo_gives_the_rating_back(desk: Desk, scale: str) -> None:
    claim = desk.claim()["id"]
    assert rate(desk, claim, scale, "unknown", "unverifiable").status_code == 201
    piece = {"stance": "supports", "title": "A count"}
    last = rate(desk, claim, scale, "so", "verified", evidence=[piece]).json["id"]
    undone = desk.post(f"/v1/claims/{claim}/reviews/{last}/undo", headers={"If-Match": desk.etag(claim)})
    assert undone.status_code == 201
    assert undone.json["rating"] == rating_of(desk, claim) == named(scale, "unknown")


def test_a_rating_has_to_be_one_of_the_verdict(desk: Desk, scale: str) -> None:
    claim = desk.claim()["id"]
    withdrawn = desk.made("/v1/rating-scales", {**SCALE, "name": "Other"}, by="admin")["id"]
    desk.post(f"/v1/rating-scales/{withdrawn}/withdrawal", {"reason": "We have another one."}, by="admin")
    for scale_id, key, rule in (
        (scale, "so", "rating_of_another_verdict"),
        (scale, "other", "unknown_rating"),
        (desk.people["admin"], "so", "unknown_rating"),
        (withdrawn, "unknown", "scale_is_withdrawn"),
    ):
        refused = rate(desk, claim, scale_id, key, "unverifiable")
        assert refused.status_code == 422
        assert [(each["pointer"], each["rule"]) for each in refused.json["errors"]] == [("/rating", rule)]
    attribution = rate(desk, claim, scale, "unknown", "unverifiable", question="attribution")
    assert (attribution.status_code, attribution.json["errors"][0]["pointer"]) == (422, "/rating")
    taken_up = rate(desk, claim, scale, "unknown", "in_review")
    assert taken_up.status_code == 422
    assert desk.get(f"/v1/claims/{claim}").json["status"] == "unverified"


def test_a_withdrawn_scale_leaves_verdicts_their_ratings(desk: Desk, scale: str) -> None:
    claim = desk.claim()["id"]
    assert rate(desk, claim, scale, "unknown", "unverifiable").status_code == 201
    desk.post(f"/v1/rating-scales/{scale}/withdrawal", {"reason": "We have another one."}, by="admin")
    assert rating_of(desk, claim) == named(scale, "unknown")


def test_formats_have_the_houses_word(desk: Desk, scale: str) -> None:
    claim = desk.claim()["id"]
    piece = {"stance": "supports", "title": "A count"}
    assert rate(desk, claim, scale, "so", "verified", evidence=[piece]).status_code == 201
    rating = desk.get(f"/v1/claims/{claim}/claimreview").json["reviewRating"]
    assert (rating["alternateName"], rating["ratingValue"], rating["bestRating"], rating["worstRating"]) == (
        "It is so", 3, 3, 1,
    )  # fmt: skip
    assert "It is so: " in desk.get("/v1/feeds/verdicts").get_data(as_text=True)
    row = desk.get("/v1/claims", headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert row.splitlines()[1].endswith(",It is so,")
    found = desk.get("/v1alpha1/claims:search?query=people").json["claims"][0]["claimReview"][0]
    assert found["textualRating"] == "It is so"


def test_a_second_opinion_leaves_the_first_rating(desk: Desk, scale: str) -> None:
    claim = desk.claim()["id"]
    assert rate(desk, claim, scale, "unknown", "unverifiable").status_code == 201
    desk.made(f"/v1/claims/{claim}/second-opinion", {})
    hidden = desk.get(f"/v1/claims/{claim}", by="admin")
    assert "rating" not in hidden.json
    own = rate(desk, claim, scale, "unknown", "unverifiable", by="admin", etag=hidden.headers["ETag"])
    assert (own.status_code, own.json["rating"]) == (201, named(scale, "unknown"))
    assert rating_of(desk, claim) == named(scale, "unknown")


# ── What comes with factcheck ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(ready_scales.scales()))
def test_a_ready_scale_has_words_in_each_language_of_the_desk(desk: Desk, name: str) -> None:
    made = desk.made("/v1/rating-scales", ready_scales.scales()[name], by="admin")
    for rating in made["ratings"]:
        assert rating["labels"].keys() == {"en", "fr", "es", "pt", "ar"}
        assert rating["definitions"].keys() in (set(), {"en", "fr", "es", "pt", "ar"})


def test_there_are_five_ready_scales() -> None:
    assert sorted(ready_scales.scales()) == ["averitec", "five-grades", "media-review", "plain-words", "platforms"]


def test_the_command_adds_lists_and_withdraws(migrated_url: str, tmp_path: Path) -> None:
    environment = os.environ | {"FACTCHECK_DATABASE_URL": migrated_url, "FACTCHECK_SECRET_KEY": SECRET}

    def command(*words: str) -> Any:
        return commands.run(*words, cwd=tmp_path, env=environment)

    (tmp_path / "ours.json").write_bytes(orjson.dumps(SCALE))
    (tmp_path / "bad.json").write_text("{")
    for name in ("platforms", "ours.json"):
        done = command("ratings", "add", name)
        assert done.returncode == 0, done.stderr
    scales = orjson.loads(command("ratings", "list", "--json").stdout)
    assert [scale["name"] for scale in scales] == ["Ratings for platforms", "Plain"]
    assert command("ratings", "withdraw", scales[1]["id"], "We have another one.").returncode == 0
    assert f"{scales[1]['id']}\twithdrawn" in command("ratings", "list").stdout.decode()
    for words in (("add", "bad.json"), ("add", "missing"), ("withdraw", scales[1]["id"], "Why?")):
        assert command("ratings", *words).returncode != 0
