"""Every command beside the server, while others write over HTTP: no write is refused because of one.

FACTCHECK_TEST_TOGETHER=20000 imports that many claims, and so takes longer.
"""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from factcheck.cli import COMMANDS
from factcheck.inspection import upkeep
from factcheck.rules.roles import Role
from factcheck.storage.engine.database import Database
from tests import postgres
from tests.commands import Command
from tests.desk import TEXT
from tests.mail_server import taking_mail
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, serving
from tests.serving import Served
from torture.client import Answer, Client

LINES = int(os.environ.get("FACTCHECK_TEST_TOGETHER", "1200"))
WRITERS = 3
REDACTED = 5  # of so many claims, one is redacted
PATIENCE = 120 + LINES // 20  # seconds

SOURCE = {"type": "source", "external_id": "organizers", "name": "Rally organizers", "kind": "group"}
ARTICLE = {"type": "article", "external_id": "rally", "title": "A rally", "text": TEXT}


def claim(number: int) -> dict[str, Any]:
    return {
        "type": "claim", "external_id": f"claim-{number}", "article_id": "rally", "kind": "factual",
        "text": f"Up to a million people came on day {number}.", "tags": ["rally"],
        "quotes": [{"exact": "up to a million people were present"}],
        "attribution": [{"source_id": "organizers", "directness": "indirect"}],
    }  # fmt: skip


@dataclass
class Writes:
    """What became of the writes: how many had which status, and those that were refused."""

    statuses: Counter[int] = field(default_factory=Counter)
    refused: list[Answer] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if not 200 <= answer.status < 300:
            self.refused.append(answer)


@contextmanager
def writing(served: Served, token: str) -> Iterator[Writes]:
    """Enter claims and redact some of them, with several clients, for the length of the block."""
    writes, stop = Writes(), threading.Event()
    client = Client(served.port, token)
    lines = "\n".join(json.dumps(each) for each in (SOURCE, ARTICLE))
    assert served.ask(
        served.head(
            "POST", "/v1/imports", b"Content-Length: %d" % len(lines), b"Connection: close", kind="application/x-ndjson"
        ),
        lines.encode(),
    ).startswith(b"HTTP/1.1 200")
    article = client.send("GET", "/v1/articles").json["items"][0]["id"]
    client.close()

    def write(name: int) -> None:
        client, number = Client(served.port, token), 0
        while not stop.is_set():
            number += 1
            body = {
                "article_id": article, "kind": "factual", "text": f"Writer {name} says {number}.",
                "quotes": [{"exact": "thousands of people gathered"}],
            }  # fmt: skip
            made = sent("POST", "/v1/claims", body, client)
            if made.status == 201 and number % REDACTED == 0:
                sent("POST", f"{made.headers['Location']}/redaction", {"reason": "A court said so."}, client)
        client.close()

    def sent(method: str, path: str, body: Any, client: Client) -> Answer:
        answer = client.send(method, path, body)
        writes.add(answer)
        return answer

    threads = [threading.Thread(target=write, args=(name,), daemon=True) for name in range(WRITERS)]
    for each in threads:
        each.start()
    try:
        yield writes
    finally:
        stop.set()
        for each in threads:
            each.join()


@pytest.mark.slow
def test_no_command_makes_a_write_wait_until_it_is_refused(seeded_url: str, engine: str, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("\n".join(json.dumps(claim(n)) for n in range(LINES)), encoding="utf-8")
    beside = {
        "audit": ["audit"], "backup": ["backup", "copy"], "db": ["db", "check"], "doctor": ["doctor"],
        "export": ["export", "--everything"], "import": ["import", "lines"], "log": ["log", "verify"],
        "openapi": ["openapi"], "people": ["people", "add", "Ama", "--role", "reader"], "seed": ["seed"],
        "webhooks": ["webhooks", "run"], "watch": ["watch", "run"], "mending": ["doctor", "--mend"],
        "followers": ["followers"], "signing": ["log", "checkpoint"], "capture": ["capture"],
        "feeds": ["feeds", "list"], "sources": ["sources", "reconcile", "--kind", "group", "--against"],
        "trying": ["import", "lines", "--dry-run"], "up": ["db", "upgrade"], "mail": ["mail", "run"],
        "ratings": ["ratings", "list"], "data": ["data", "make"],
    }  # fmt: skip
    elsewhere = {"demo", "restore", "serve", "witness"}  # is a server, or has no business with a database in use
    assert set(COMMANDS) - elsewhere <= set(beside)
    with closing(Database(seeded_url)) as database:
        list(upkeep.renew(database))  # as it is between two upgrades
    words = ("--workers", "2") if engine == "postgresql" else ()
    served = Served(tmp_path, seeded_url, *words, FACTCHECK_PUBLIC_READ="on")
    programs = f"{postgres.programs() or ''}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **served.settings, "PATH": programs, "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.0/8"}
    ended: dict[str, int] = {}
    with ExitStack() as stack:
        stack.callback(served.stop)
        token = served.token_of("Admin", Role.ADMIN)
        served.wait()
        environment |= {
            "FACTCHECK_SMTP_URL": stack.enter_context(taking_mail()).url,
            "FACTCHECK_MAIL_FROM": "desk@example.org",
            "FACTCHECK_PUBLIC_SITE": "on",
            "FACTCHECK_DATA_LICENCE": "CC-BY-4.0",
            "FACTCHECK_DATA_DIR": str(tmp_path / "dumps"),
            "FACTCHECK_BASE_URL": f"http://127.0.0.1:{served.port}",
        }
        site = stack.enter_context(serving({"/story": Page(OUTLETS[0].body, OUTLETS[0].media_type)}))
        beside["capture"].append(site.url("/story"))
        beside["sources"].append(f"http://127.0.0.1:{served.port}/reconcile")
        writes = stack.enter_context(writing(served, token))
        started: dict[str, Command] = {}
        for name, each in beside.items():
            with (tmp_path / f"{name}.out").open("wb") as out:
                started[name] = Command(each, env=environment, cwd=tmp_path, stdout=out, stderr=out)
        stays = ("webhooks", "watch", "mail")  # which end when they are told to
        for name in [*(each for each in beside if each not in stays), *stays]:
            if name in stays:
                assert started[name].poll() is None, (tmp_path / f"{name}.out").read_text()
                started[name].send_signal(signal.SIGTERM)
            ended[name] = started[name].wait(PATIENCE)
    told = {name: (tmp_path / f"{name}.out").read_text()[-2000:] for name, code in ended.items() if code}
    assert told == {}
    assert [(each.status, each.body[:300]) for each in writes.refused] == []
    assert writes.statuses[201] > 2 * REDACTED, writes.statuses
    assert writes.statuses[204] > 0, writes.statuses
