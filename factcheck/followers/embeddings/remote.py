"""A sentence model behind an address that speaks OpenAI's protocol for embeddings, as most servers of models do."""

import http.client
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson

from factcheck.followers.embeddings.vectors import MOST, ModelFailed, Vector, unit
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import Guard, networks

DEADLINE = 5.0  # seconds for one request; who asked waits for a shorter time
WRITTEN = 26  # bytes of a number in JSON, at most, with what parts it from the next
LONGEST = 1000  # code points of a text that are sent
# The operator names the address, so it may be of this machine or a private network.
ANYWHERE = Guard(networks("0.0.0.0/0,::/0"), http=True)


class RemoteModel:
    """The model behind an address. `key` and `name` are sent where they are set."""

    def __init__(self, url: str, key: str = "", name: str = "", deadline: float = DEADLINE) -> None:
        self._url, self._name = url, name
        self.identity = blake2b(f"{url}\n{name}".encode(), digest_size=16).digest()
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._outbound = Outbound(ANYWHERE, deadline=deadline)

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector of each text, from one request. Raises ModelFailed."""
        asked: dict[str, Any] = {"input": [text[:LONGEST] for text in texts]}
        if self._name:
            asked["model"] = self._name
        try:
            largest = 10_000 + len(texts) * MOST * WRITTEN
            status, body = self._outbound.exchange(self._url, self._headers, orjson.dumps(asked), largest)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ModelFailed(f"The model's address does not respond: {str(error) or type(error).__name__}") from error
        if status != 200:
            raise ModelFailed(f"The model's address responds with {status}.")
        try:
            found = sorted(orjson.loads(body)["data"], key=lambda each: each["index"])
            numbers = [each["embedding"] for each in found]
        except (ValueError, LookupError, TypeError) as error:
            raise ModelFailed("The response of the model's address cannot be read.") from error
        if len(numbers) != len(texts):
            raise ModelFailed("The model's address responds with another number of vectors.")
        return [unit(each) for each in numbers]
