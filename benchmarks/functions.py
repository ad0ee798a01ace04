"""Count the functions of factcheck that a request enters: `python -m benchmarks.functions`.

A request goes over HTTP to the application in this process, on the seeded desk; `threading.setprofile` sees each call
in the server's thread. Counted are different functions whose code lies in the package, and their files. Python 3.11
calls a function for each comprehension, and later versions do not: they are told apart. The first request of each kind
is left out: it compiles statements.
"""

import http.client
import json
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from werkzeug.serving import make_server

import factcheck
from factcheck import seeding
from factcheck.app import create_app
from factcheck.desk import people
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import Database

PACKAGE = str(Path(factcheck.__file__).parent)
REQUIRED = {"a review with evidence": (150, 25), "a claim entered": (150, 25), "a claim read": (35, None)}


class Counted:
    """The functions of the package that are entered while it watches."""

    def __init__(self) -> None:
        self.functions: set[tuple[str, str, int]] = set()
        self.calls = 0
        self.watching = False

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if self.watching and event == "call" and code.co_filename.startswith(PACKAGE):
            self.functions.add((code.co_filename[len(PACKAGE) + 1 :], code.co_qualname, code.co_firstlineno))
            self.calls += 1


def main() -> None:
    """Print a line for each kind of request: functions, files and calls, and what is required."""
    counted = Counted()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/desk.db"
        schema.upgrade(url)
        database = Database(url)
        with database.writing() as session:
            seeding.seed(session)
            operator = people.operator(session)
            people.add(session, operator, name="Counter", role=Role.ANALYST)
            token = people.issue_token(session, operator, name="Counter")
        app = create_app(Settings(database_url=url, secret_key="a key for counting"))
        threading.setprofile(counted)
        server = make_server("127.0.0.1", 0, app)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        client = Client(server.port, token)
        claims = client.ask("GET", "/v1/claims?limit=10")["items"]
        etags = [client.version(each["id"]) for each in claims]
        kinds: dict[str, Callable[[int], Any]] = {
            "a claim read": lambda at: client.ask("GET", f"/v1/claims/{claims[at]['id']}"),
            "a review with evidence": lambda at: client.review(claims[at]["id"], etags[at]),
            "a claim entered": lambda at: client.enter(claims[at]),
        }
        for kind, ask in kinds.items():
            ask(0)
            counted.functions.clear()
            counted.calls, counted.watching = 0, True
            ask(1)
            counted.watching = False
            files = {file for file, *_ in counted.functions}
            written = sum("comp>" not in name and "genexpr>" not in name for _, name, _ in counted.functions)
            functions, most = len(counted.functions), REQUIRED[kind]
            required = f"at most {most[0]} functions" + (f" in {most[1]} files" if most[1] else "")
            print(
                f"{kind}: {functions} functions in {len(files)} files, {counted.calls} calls ({required});"
                f" {written} without comprehensions"
            )
            if "--files" in sys.argv:
                for file in sorted(files):
                    print("   ", file, sorted(name for path, name, _ in counted.functions if path == file))
        server.shutdown()
        database.close()


class Client:
    """A client that sends one request at a time."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        self.etag = answer.headers.get("ETag", "")
        return json.loads(text)

    def version(self, claim_id: str) -> str:
        self.ask("GET", f"/v1/claims/{claim_id}")
        return self.etag

    def review(self, claim_id: str, etag: str) -> Any:
        evidence = [{"stance": "context", "url": "https://example.org/", "title": "A count"}]
        body = {"status": "disputed", "reason": "Nobody counted the people.", "evidence": evidence}
        return self.ask("POST", f"/v1/claims/{claim_id}/reviews", body, **{"If-Match": etag})

    def enter(self, like: Any) -> Any:
        quotes = [{name: quote[name] for name in ("exact", "start", "end")} for quote in like["quotes"]]
        chain = [
            {"source_id": hop["source"]["id"], "cue": hop["cue"], "directness": hop["directness"]}
            for hop in like["attribution"]["chain"]
            if hop["source"]
        ]
        body = {"article_id": like["article_id"], "text": like["text"] + " Again.", "kind": "factual",
                "quotes": quotes, "attribution": chain, "tags": ["counted"]}  # fmt: skip
        return self.ask("POST", "/v1/claims", body)


if __name__ == "__main__":
    main()
