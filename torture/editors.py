"""People who enter sources and claims, decide and edit them: writes that the audit derives something from.

Each step knows what the audit shows once it is taken in.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from torture.client import Answer, Client

QUOTE = "Thousands came to the square."


@dataclass(frozen=True)
class Shown:
    """What the audit shows: findings of the claim that are and are not there, and how the record counts the claim."""

    there: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    record: tuple[str, str] | None = None  # a role of the source, and the claim's status


@dataclass(frozen=True)
class Step:
    """One write that was acknowledged: of which source and claim, and its entry's log index."""

    action: str
    source: str
    claim: str
    index: int
    shown: Shown


class _Over(Exception):
    """There is nothing more to write."""


class Editor:
    """Takes one claim after the other from its entry to its edit, as long as `more` says so."""

    def __init__(self, port: int, token: str, article: str, more: Callable[[], bool]) -> None:
        self._client, self._article, self._more = Client(port, token), article, more
        self.refused: list[int] = []  # the statuses of the answers to writes that were not done

    def steps(self) -> Iterator[Step]:
        """Write, and yield each step that was acknowledged. One that was not ends its claim."""
        with closing(self._client), suppress(_Over):
            while True:
                yield from self._one_claim()

    def _one_claim(self) -> Iterator[Step]:
        name = f"Source {uuid4()}"
        source = self._sent("POST", "/v1/sources", {"name": name, "kind": "group"})
        if source is None:
            return
        source_id = source.json["id"]

        def step(action: str, claim_id: str, answer: Answer, shown: Shown) -> Step:
            return Step(action, source_id, claim_id, int(answer.headers["Log-Index"]), shown)

        yield step("source", "", source, Shown())
        named = {"source_id": source_id, "directness": "indirect"}
        nobody = {"described_as": "somebody", "directness": "indirect"}
        body = {
            "article_id": self._article, "text": f"{name} says that thousands came.", "kind": "factual",
            "quotes": [{"exact": QUOTE}], "attribution": [named, nobody],
        }  # fmt: skip
        claim = self._sent("POST", "/v1/claims", body)
        if claim is None:
            return
        claim_id, here = claim.json["id"], f"/v1/claims/{claim.json['id']}"
        unnamed, unchecked = frozenset({"unnamed_origin"}), frozenset({"attribution_unchecked"})
        yield step("claim", claim_id, claim, Shown(unnamed, unchecked, ("as_relay", "unverified")))
        body = {
            "question": "content", "status": "verified", "reason": "Both reports say so in their own words.",
            "evidence": [{"stance": "supports", "title": "A report", "url": "https://a.example/1"}],
        }  # fmt: skip
        review = self._sent("POST", f"{here}/reviews", body, If_Match=claim.etag)
        if review is None:
            return
        yield step("verdict", claim_id, review, Shown(unnamed | unchecked, record=("as_relay", "verified")))
        edited = self._sent("PATCH", here, {"attribution": [named]}, If_Match="*")
        if edited is not None:
            yield step("edit", claim_id, edited, Shown(unchecked, unnamed, ("as_origin", "verified")))

    def _sent(self, method: str, path: str, body: Any, **headers: str) -> Answer | None:
        if not self._more():
            raise _Over
        answer = self._client.send(method, path, body, **headers)
        if answer.status in (200, 201):
            return answer
        self.refused.append(answer.status)
        return None


def enter_article(port: int, token: str) -> str:
    """Enter the article that the claims are of, and return its id."""
    body = {"title": "An article", "text": QUOTE}
    with closing(Client(port, token)) as client:
        article: str = client.send("POST", "/v1/articles", body, Prefer="handling=lenient").json["id"]
    return article
