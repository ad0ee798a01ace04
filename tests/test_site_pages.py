"""What the house says of itself on its public site: its pages, their languages, and their history."""

from pathlib import Path
from typing import Any

import pytest

from tests.desk import Desk
from tests.redacting import faults, rebuilt_faults
from tests.reporting import FRESH, REASON

PAGE = {"name": "methodology", "language": "en", "title": "How we work", "text": "# Sources\n\nWe *ask* them."}
Json = dict[str, Any]


def added(desk: Desk, **fields: Any) -> Json:
    return desk.made("/v1/site-pages", {**PAGE, **fields}, by="admin")


def read(desk: Desk, path: str) -> Any:
    return desk.get(path, by=None, headers=FRESH)


def test_a_page_from_its_first_words_to_its_end(desk: Desk, tmp_path: Path) -> None:
    assert read(desk, "/methodology").status_code == 404
    page = added(desk)
    here = page["links"]["self"]
    told = read(desk, "/methodology").get_data(as_text=True)
    assert ("<h1" in told, "<h2>Sources</h2>" in told, "<em>ask</em>" in told) == (True, True, True)
    again = desk.post("/v1/site-pages", PAGE, by="admin")
    assert again.status_code == 409
    changed = desk.patch(
        here, {"text": "We ask <script>them</script> all."}, etag=desk.get(here).headers["ETag"], by="admin"
    )
    assert (changed.status_code, changed.json["revision"]) == (200, 2)
    told = read(desk, "/methodology").get_data(as_text=True)
    assert ("them</script> all" in told, "Sources" in told) == (False, False)
    first, second = desk.get(f"{here}/history", by=None).json["items"]
    assert (first["action"], second["action"], second["changes"][0]["before"]) == ("add", "amend", PAGE["text"])
    stale = desk.patch(here, {"text": "Else."}, etag='"old"', by="admin")
    assert stale.status_code == 412
    gone = desk.post(f"{here}/withdrawal", {"reason": REASON}, by="admin")
    assert (gone.status_code, gone.json["withdrawn_at"] is not None) == (200, True)
    assert read(desk, "/methodology").status_code == 404
    assert desk.patch(here, {"text": "Else."}, etag="*", by="admin").status_code == 409
    assert desk.post(f"{here}/withdrawal", {"reason": REASON}, by="admin").status_code == 409
    assert added(desk)["id"] != page["id"]  # it may come back
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_readers_get_a_page_in_their_language(desk: Desk) -> None:
    added(desk)
    added(desk, language="fr-CA", title="Notre méthode", text="Nous demandons.")
    for lang, title in (("en", "How we work"), ("fr", "Notre méthode"), ("ar", "How we work")):
        assert title in read(desk, f"/methodology?lang={lang}").get_data(as_text=True), lang


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": "secrets"}, "/name"),
        ({"language": "x y"}, "/language"),
        ({"title": ""}, "/title"),
        ({"text": "x" * 50_001}, "/text"),
    ],
    ids=["name", "language", "title", "text"],
)
def test_what_is_wrong_with_a_page_is_named(desk: Desk, fields: Json, pointer: str) -> None:
    refused = desk.post("/v1/site-pages", {**PAGE, **fields}, by="admin")
    assert (refused.status_code, [each["pointer"] for each in refused.json["errors"]]) == (422, [pointer])
    assert desk.post("/v1/site-pages", PAGE).status_code == 403
