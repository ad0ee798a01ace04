"""The example client of the documentation, against a real server on both databases; and against servers that lie."""

import base64
import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature

from factcheck.desk import people
from factcheck.rules.roles import Role
from factcheck.storage.engine.database import Database

EXAMPLE = Path(__file__).resolve().parent.parent / "docs" / "example_client.py"


@pytest.fixture
def served(seeded_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """`factcheck serve` on a seeded desk: its address and an analyst's token."""
    database = Database(seeded_url)
    with database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name="Client", role=Role.ANALYST)
        token = people.issue_token(session, operator, name=person.name)
    database.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")}
    environment |= {"FACTCHECK_DATABASE_URL": seeded_url, "FACTCHECK_SECRET_KEY": "a key for tests alone"}
    server = subprocess.Popen(
        [sys.executable, "-m", "factcheck", "serve", "--port", str(port)],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert "The desk runs at" in server.stdout.readline()
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        try:
            server.wait(30)
        finally:
            server.kill()
            server.communicate()


class Lying(requests.Session):
    """A network that changes what comes from one place of the desk."""

    def __init__(self, place: str, lie: Any) -> None:
        super().__init__()
        self.place, self.lie = place, lie

    def get(self, url: Any, **options: Any) -> requests.Response:
        answer = super().get(url, **options)
        if self.place in str(url):
            answer._content = self.lie(answer.content)
        return answer


def test_it_runs_and_believes_no_lie(served: tuple[str, str]) -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 40
    desk, token = served
    run = subprocess.run(
        [sys.executable, str(EXAMPLE), desk, token], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.rstrip().endswith("{'attribution': 'unverified', 'content': 'unverifiable'}")

    found = importlib.util.spec_from_file_location("example_client", EXAMPLE)
    assert found is not None
    assert found.loader is not None
    client = importlib.util.module_from_spec(found)
    found.loader.exec_module(client)
    http = requests.Session()
    key = base64.b64decode(http.get(f"{desk}/log/key").text.split()[0].split("+", 2)[2])[1:]
    size = int(http.get(f"{desk}/log/checkpoint").text.split("\n")[1])
    for index in (0, 1, size // 2, size - 2, size - 1):
        entry = client.proved(desk, http, index, key)
        assert json.loads(json.dumps(entry))["v"] == 2
    lies = {
        "/log/tile/entries/": lambda raw: raw.replace(b'"action":"add"', b'"action":"adD"'),
        "/v1/log/proofs/": lambda raw: raw.replace(b"\n\n", b"\n" + base64.b64encode(bytes(32)) + b"\n\n", 1),
    }
    for place, lie in lies.items():
        with pytest.raises(ValueError):
            client.proved(desk, Lying(place, lie), 0, key)
    with pytest.raises(InvalidSignature):
        client.proved(desk, http, 0, bytes([key[0] ^ 1]) + key[1:])
    http.close()
