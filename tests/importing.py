"""What tests of imports do: send a file, look at what became of it, and at what was said of what is left out."""

import json
from typing import Any

from tests.desk import Desk

Json = dict[str, Any]
LD_JSON, HTML = "application/ld+json", "text/html"
ANNOTATIONS = f'{LD_JSON}; profile="http://www.w3.org/ns/anno.jsonld"'


def imported(desk: Desk, body: Any, form: str = LD_JSON, query: str = "") -> list[Json]:
    """Import a file or a JSON document, and return what became of each line."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = desk.request("POST", f"/v1/imports{query}", data=raw, content_type=form, by="contributor")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [json.loads(line) for line in answer.data.splitlines()]


def outcomes(results: list[Json]) -> list[str]:
    return [each["result"] for each in results]


def the_claim(desk: Desk, results: list[Json]) -> Json:
    [line] = [each for each in results if each["type"] == "claim"]
    assert line["result"] == "added", line
    claim: Json = desk.get(f"/v1/claims/{line['id']}").json
    return claim


def notices(results: list[Json]) -> dict[str, str]:
    """Return what the lines say that was changed or left out, by where it stood."""
    found = [notice for each in results for notice in each.get("notices", [])]
    by_place = {notice.get("pointer", ""): notice["detail"] for notice in found}
    assert len(by_place) == len(found)
    assert all(by_place.values())
    return by_place


def words(value: Any) -> set[str]:
    """Return the words of a record that are its own."""
    if isinstance(value, dict):
        return {word for name, each in value.items() if not name.startswith("@") for word in words(each)}
    if isinstance(value, list):
        return {word for each in value for word in words(each)}
    return {str(value)} if isinstance(value, str) and "w-" in value else set()


def there(document: Any, pointer: str) -> Any:
    """Return what stands at a pointer of a record, whose keys may have a prefix."""
    for step in pointer.removeprefix("/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        document = (
            document[int(name)] if isinstance(document, list) else document.get(name, document.get(f"schema:{name}"))
        )
    return document
