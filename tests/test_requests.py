"""What a request's headers and query must be, each at its bounds."""

import re
from typing import Any

import pytest

from factcheck.errors import Unauthenticated
from factcheck.rules.roles import Role
from factcheck.web import context, preferences
from tests.desk import Desk

SOURCE = {"name": "Rally organizers", "kind": "group"}
PATH = "/v1/sources"


def sources(desk: Desk) -> int:
    return len(desk.get(PATH).json["items"])


@pytest.mark.parametrize("given", ["a", "a" * 128, "A.b_c:d+e=f/g~h-9"])
def test_a_good_request_id_comes_back(desk: Desk, given: str) -> None:
    for path in (PATH, "/v1/nowhere"):
        assert desk.get(path, headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a" * 129, "-a", "a b", "a\u00e9", ".a", "a;b"])
def test_a_request_id_of_another_form_is_refused_and_replaced(desk: Desk, given: str) -> None:
    answer = desk.get(PATH, headers={"X-Request-Id": given})
    assert (answer.status_code, "X-Request-Id" in answer.json["detail"]) == (400, True)
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["X-Request-Id"])
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_without_a_request_id_each_request_gets_one_of_its_own(desk: Desk) -> None:
    assert len({desk.get(PATH).headers["X-Request-Id"] for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("key", "good"),
    [("k", True), ("k" * 255, True), ("a key", True), ("k" * 256, False), ("", False), ("k\u00e9", False)],
)
def test_an_idempotency_key_has_one_form(desk: Desk, key: str, good: bool) -> None:
    first, again = (desk.post(PATH, SOURCE, headers={"Idempotency-Key": key}) for _ in range(2))
    if good:
        assert (first.status_code, again.status_code, first.json) == (201, 201, again.json)
        assert first.headers["Location"] == again.headers["Location"] == f"{PATH}/{first.json['id']}"
        assert first.headers["ETag"] == again.headers["ETag"]
    else:
        assert (first.status_code, "Idempotency-Key" in first.json["detail"]) == (400, True)
    assert sources(desk) == (1 if good else 0)


def test_a_key_of_what_is_no_post_counts_for_nothing(desk: Desk) -> None:
    source = desk.source()
    headers = {"Idempotency-Key": "k" * 300}
    for name in ("One", "Two"):
        here = f"{PATH}/{source['id']}"
        answer = desk.patch(here, {"name": name}, etag="*", headers=headers)
        assert (answer.status_code, answer.json["name"]) == (200, name)


def test_the_version_seen_has_one_form(desk: Desk) -> None:
    here = f"{PATH}/{desk.source()['id']}"
    tag = desk.get(here).headers["ETag"]
    missing = desk.patch(here, {"name": "A"})
    assert (missing.status_code, "If-Match" in missing.json["detail"]) == (428, True)
    for etag in ("x", tag.strip('"'), f"{tag} {tag}", f"{tag},", '"a', "**"):
        answer = desk.patch(here, {"name": "A"}, etag=etag)
        assert (answer.status_code, "If-Match" in answer.json["detail"]) == (400, True), etag
    for etag in ('"x"', '"x", "y"'):
        stale = desk.patch(here, {"name": "A"}, etag=etag)
        assert (stale.status_code, stale.json["type"]) == (412, "/problems/stale"), etag
    assert desk.get(here).headers["ETag"] == tag
    for number, written in enumerate(("{}", " {} ", '"x", {}', '"x",{},"y"', "*")):
        etag = written.format(desk.get(here).headers["ETag"])
        answer = desk.patch(here, {"name": f"Name {number}"}, etag=etag)
        assert (answer.status_code, answer.json["name"]) == (200, f"Name {number}"), written


def test_what_was_read_before_is_not_sent_again(desk: Desk) -> None:
    here = f"{PATH}/{desk.source()['id']}"
    whole = desk.get(here)
    tag = whole.headers["ETag"]
    assert (whole.status_code, whole.mimetype) == (200, "application/json")
    for held in (tag, f"W/{tag}", f'"x", {tag}'):
        answer = desk.get(here, headers={"If-None-Match": held})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag), held
        assert "Content-Type" not in answer.headers
    for held in ('"x"', tag.strip('"')[:-1]):
        assert desk.get(here, headers={"If-None-Match": held}).data == whole.data


@pytest.mark.parametrize(("many", "good"), [(99, True), (100, True), (101, False)])
def test_a_query_has_at_most_so_many_parameters(desk: Desk, many: int, good: bool) -> None:
    answer = desk.get("/v1/claims?" + "&".join(["status=unverified"] * many))
    told = answer.json["detail"] if answer.status_code == 400 else ""
    assert ("more than 100" in told) != good


def test_a_query_is_utf_8_and_holds_no_token(desk: Desk) -> None:
    token = desk.tokens["reader"]
    for query, word in (("q=%ff", "UTF-8"), (f"q={token}", "Do not send a token in a URL"), (f"{token}=1", "URL")):
        answer = desk.get(f"/v1/claims?{query}", by=None)
        assert (answer.status_code, word in answer.json["detail"]) == (400, True), query
        assert token not in answer.get_data(as_text=True)
    # A cursor is sealed: what looks like a token in it is there by chance, and the cursor itself is what is wrong.
    refused = desk.get(f"/v1/claims?cursor={token}")
    assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "cursor")
    nowhere = desk.get("/v1/me?x=1")
    assert (nowhere.status_code, nowhere.json["errors"][0]["parameter"]) == (422, "x")


@pytest.mark.parametrize(
    ("written", "good"),
    [
        ("Bearer {}", True), ("bearer {}", True), ("BEARER {} ", True), ("Bearer  {}", False), ("Basic {}", False),
        ("{}", False), ("Bearer", False), ("Bearer x{}", False), ("Bearer {}\u00e9", False), ("Bearer {}x", None),
    ],
)  # fmt: skip
def test_a_token_is_shown_in_one_form(desk: Desk, written: str, good: bool | None) -> None:
    header = {"Authorization": written.format(desk.tokens["reader"])}
    answer = desk.get("/v1/me", by=None, headers=header)
    if good:
        assert (answer.status_code, answer.json["role"]) == (200, "reader")
    else:
        assert (answer.status_code, answer.json["type"]) == (401, "/problems/unauthenticated")
        assert ("is not valid" if good is None else "Authorization: Bearer") in answer.json["detail"]


def test_who_shows_a_token_is_told_of_another_form() -> None:
    for header in ("", "Bearer", "Bearer abc", "Token fck_x"):
        with pytest.raises(Unauthenticated):
            context.bearer(header)


def test_reading_is_public_where_that_is_set_and_writing_never(desk: Desk) -> None:
    public = desk.with_settings(public_read=True)
    for path in (PATH, "/v1/claims"):
        assert (desk.get(path, by=None).status_code, public.get(path, by=None).json["items"]) == (401, [])
    for each in (desk, public):
        refused = each.post(PATH, SOURCE, by=None)
        assert (refused.status_code, refused.json["type"]) == (401, "/problems/unauthenticated")
        assert each.get("/v1/me", by=None).status_code == 401
        assert each.request("OPTIONS", PATH, by=None).status_code in (200, 204)
    assert sources(desk) == 0


@pytest.mark.parametrize("role", Role)
def test_a_role_is_demanded_before_anything_is_done(desk: Desk, role: Role) -> None:
    may = role.includes(Role.CONTRIBUTOR)
    answer = desk.post(PATH, SOURCE, by=role)
    assert answer.status_code == (201 if may else 403)
    if not may:
        assert answer.json["detail"] == f"This needs the role contributor; Test {role} has the role {role}."
    assert sources(desk) == int(may)


@pytest.mark.parametrize(
    ("preference", "strict"),
    [
        ("handling=strict", True), ("HANDLING=STRICT", True), ('handling="strict"', True), ("handling = strict", True),
        ("a=1, handling=strict", True), ("handling=strict; x=1", True), ("handling=lenient", False),
        ("handling=lenient, handling=strict", False), ("x=strict", False), ("handling", False), ("", False),
    ],
)  # fmt: skip
def test_a_preference_is_read_as_the_rfc_has_it(desk: Desk, preference: str, strict: bool) -> None:
    with desk.app.test_request_context(headers={"Prefer": preference}):
        assert (preferences.handling() == "strict") == strict


def test_an_answer_to_a_look_up_is_not_kept(desk: Desk) -> None:
    claim = desk.claim()
    asked: dict[str, Any] = {"text": claim["text"]}
    first = desk.post("/v1/claims/match", asked, headers={"Idempotency-Key": "k"})
    assert (first.status_code, len(first.json["items"])) == (200, 1)
    assert re.fullmatch(r'"[^"]+"', first.headers["ETag"])
    desk.claim(article_id=claim["article"]["id"])
    second = desk.post("/v1/claims/match", asked, headers={"Idempotency-Key": "k"})
    assert len(second.json["items"]) == 2
    assert second.headers["ETag"] != first.headers["ETag"]
    assert desk.post("/v1/claims/match", asked, headers={"Idempotency-Key": "k" * 256}).status_code == 400
