"""Captures under kill -9, a full disk, responses of 10 GB and a million nested elements.

Nothing is half stored and nothing lost: each acknowledged capture has its row, and its file with the right hash.
"""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from factcheck.rules.roles import Role
from tests import quick
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site, endless, serving
from torture.client import Client
from torture.concurrency import at_once
from torture.figures import Figure, at_least, none, under
from torture.places import Place, folder_of_its_own
from torture.serving import Server, served

CLIENTS = 4
LONG_AGO = 7200  # seconds: `doctor --mend` leaves younger files to whoever may be writing them
SERVES = 10.0  # seconds until another request is answered, while hostile pages are read
HOSTILE = {
    "/large": Page(say=endless, headers=(("Content-Length", "10000000000"),)),
    "/nested": Page(b"<html><body>" + b"<div>" * 1_000_000 + b"<p>text"),
}
PAGES = {f"/{each.name}": Page(each.body, each.media_type) for each in OUTLETS} | HOSTILE


@dataclass
class Run:
    """What a run came to. `acknowledged` has the ids of captures, of those that failed too."""

    kills: int = 0
    acknowledged: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    leftovers: int = 0
    another_file_system: bool = False
    slowest: float = 0.0


@contextmanager
def archive_of_its_own(beside: Path) -> Iterator[Path]:
    """Yield a folder on another file system than a folder is on, where this machine has one."""
    with folder_of_its_own(quick.folder() if quick.IN_MEMORY.is_dir() else str(beside)) as folder:
        yield folder / "archive"


def server_of(place: Place, folder: Path, archive: Path, **environment: str) -> Server:
    own = {"FACTCHECK_ARCHIVE": str(archive), "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32"}
    return Server(place.url, folder, environment=own | environment)


def die(place: Place, folder: Path, kills: int) -> Run:
    """Kill the server this many times while clients capture, mend what is left over, and compare."""
    run, random = Run(), Random(kills)
    with archive_of_its_own(folder) as archive, serving(PAGES) as site:
        run.another_file_system = archive.parent.stat().st_dev != folder.stat().st_dev
        server = server_of(place, folder, archive)
        try:
            for _ in range(kills):
                server.start()
                with _capturing(server, place, site, random, run):
                    _until_one_more(run)
                    time.sleep(random.uniform(0.0, 2.0))  # how far the others are is left to chance
                    server.kill()
                run.kills += 1
            _mended(server, archive, run)
            server.start()
            _compare(server, place, archive, run)
        finally:
            server.kill()
    return run


def endure(place: Place, folder: Path, preload: Path) -> Run:
    """Capture hostile pages, then with a full disk below the archive: other requests are answered meanwhile."""
    run, fault = Run(), folder / "fault"
    with archive_of_its_own(folder) as archive, serving(PAGES) as site:
        archive.mkdir()
        shim = {"LD_PRELOAD": str(preload), "TORTURE_FAULT": str(fault), "TORTURE_WATCH": str(archive)}
        with (
            served(server_of(place, folder, archive, **shim)) as server,
            closing(Client(server.port, place.tokens[Role.CONTRIBUTOR], patience=120)) as client,
        ):
            reasons = [_while_serving(server, place, client, site.url(path), run) for path in HOSTILE]
            if reasons != ["too_large", "too_complex"]:
                run.troubles.append(f"Hostile pages failed for {reasons}.")
            fault.write_text("WO28")
            before = _listed(client)
            full = client.send("POST", "/v1/captures", {"url": site.url(f"/{OUTLETS[0].name}")})
            written = client.send("POST", "/v1/sources", {"name": "While the disk is full", "kind": "group"})
            if (full.status, written.status, _listed(client)) != (503, 201, before):
                run.troubles.append(f"With a full disk: {full.status} {full.body!r}, {written.status}.")
            fault.unlink()
            after = client.send("POST", "/v1/captures", {"url": site.url(f"/{OUTLETS[0].name}")})
            if after.status != 201:
                run.troubles.append(f"After the disk was full: {after.status} {after.body!r}.")
            run.acknowledged += [each["id"] for each in _listed(client)]
            _compare(server, place, archive, run)
        _mended(server, archive, run)
    return run


@contextmanager
def _capturing(server: Server, place: Place, site: Site, random: Random, run: Run) -> Iterator[None]:
    """Let clients capture while the block runs, each until the server is gone."""
    seeds = [random.random() for _ in range(CLIENTS)]
    thread = threading.Thread(
        target=at_once, args=([lambda seed=seed: _capture(server, place, site, Random(seed), run) for seed in seeds],)
    )
    thread.start()
    try:
        yield
    finally:
        server.kill()
        thread.join()


def _capture(server: Server, place: Place, site: Site, random: Random, run: Run) -> None:
    paths = sorted(PAGES)
    with closing(Client(server.port, place.tokens[Role.CONTRIBUTOR], patience=120)) as client:
        while True:
            answer = client.send("POST", "/v1/captures", {"url": site.url(random.choice(paths))})
            if answer.status <= 0:
                return
            if answer.status == 201:
                run.acknowledged.append(answer.json["id"])
            elif answer.status == 422 and "capture_id" in answer.json:
                run.acknowledged.append(answer.json["capture_id"])
            else:
                run.troubles.append(f"A capture was answered {answer.status}: {answer.body[:300]!r}")
                return


def _until_one_more(run: Run) -> None:
    """Wait until one more capture is acknowledged: a kill before it would try nothing."""
    known, end = len(run.acknowledged), time.monotonic() + 120
    while len(run.acknowledged) == known and time.monotonic() < end and not run.troubles:
        time.sleep(0.01)


def _mended(server: Server, archive: Path, run: Run) -> None:
    """Let all files be old enough, and demand that `doctor` is content after it has mended."""
    server.stop()
    past = time.time() - LONG_AGO
    for path in _files(archive):
        os.utime(path, (past, past))
    before = len(_files(archive))
    mended = server.command("doctor", "--mend")
    run.leftovers = before - len(_files(archive))
    again, verified = server.command("doctor"), server.command("log", "verify")
    for done in (again, verified):
        if done.returncode:
            run.troubles.append(
                f"{done.args[-1]}: {done.stdout[-1000:]}{done.stderr[-1000:]} after {mended.stdout[-1000:]}"
            )


def _compare(server: Server, place: Place, archive: Path, run: Run) -> None:
    """Demand a row for each acknowledged capture, a whole file for each row, and no other file."""
    with closing(Client(server.port, place.tokens[Role.ADMIN])) as client:
        rows = {each["id"]: each["warc_sha256"] for each in _listed(client)}
    run.troubles += [f"Capture {each} is lost." for each in run.acknowledged if each not in rows]
    there = {path.name.partition(".")[0]: path for path in _files(archive)}
    named = {each for each in rows.values() if each is not None}
    run.troubles += [f"File {each} is lost." for each in named - there.keys()]
    run.troubles += [f"File {each} is left over." for each in there.keys() - named]
    for name, path in there.items():
        if hashlib.sha256(path.read_bytes()).hexdigest() != name:
            run.troubles.append(f"File {path.name} has another hash.")


def _while_serving(server: Server, place: Place, client: Client, url: str, run: Run) -> str:
    """Capture a page that fails, read claims meanwhile, and return the reason."""
    reasons: list[str] = []

    def capture() -> None:
        reasons.append(client.send("POST", "/v1/captures", {"url": url}).json.get("reason"))

    thread = threading.Thread(target=capture)
    thread.start()
    with closing(Client(server.port, place.tokens[Role.ANALYST], patience=120)) as other:
        while True:
            began = time.monotonic()
            answer = other.send("GET", "/v1/claims?limit=1")
            run.slowest = max(run.slowest, time.monotonic() - began)
            if answer.status != 200:
                run.troubles.append(f"Claims were answered {answer.status} meanwhile: {answer.body[:300]!r}")
            if not thread.is_alive():
                break
            thread.join(0.05)
    return reasons[0]


def _listed(client: Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    path: str | None = "/v1/captures?limit=200"
    while path:
        found = client.send("GET", path).json
        items += found["items"]
        following = found["next_cursor"]
        path = f"/v1/captures?limit=200&cursor={following}" if following else None
    return items


def _files(archive: Path) -> list[Path]:
    return [path for path in archive.rglob("*") if path.is_file()]


def figures(killed: Run, endured: Run) -> list[Figure]:
    where = "another" if killed.another_file_system else "the same"
    return [
        at_least(f"kills while capturing (archive on {where} file system)", killed.kills, 1),
        at_least("  captures acknowledged", len(killed.acknowledged), killed.kills),
        none("  lost, half stored or not mended", len(killed.troubles)),
        none("troubles with 10 GB, a million elements, a full disk", len(endured.troubles)),
        under("the slowest answer to others meanwhile", endured.slowest, SERVES, "s"),
    ]
