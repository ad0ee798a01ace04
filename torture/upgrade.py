"""`python -m torture.upgrade OLD`: upgrade a desk of the version in the checkout OLD in place, and compare.

OLD has its own environment in `.venv`. The old version makes the desk, signs its log twice and serves it; then this
version upgrades, checks and serves the same database. Every claim has the same JSON but for its revision, what was
signed and proved before still verifies, and the log goes on from it.
"""

import argparse
import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson
from sqlalchemy import select

from factcheck.log import keys, transparency
from factcheck.rules import merkle, notes
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import Revision
from torture.__main__ import DATABASES
from torture.client import Client
from torture.figures import Figure, at_least, none, tell
from torture.places import folder_of_its_own, private_postgres
from torture.serving import Server, served

PROOFS = 100
MAKE = (
    "import os, sys; os.umask(0o077); from torture.places import Place; from factcheck.rules.roles import Role;"
    " print(Place(sys.argv[1], claims=int(sys.argv[2])).tokens[Role.ADMIN])"
)
Claims = dict[str, str]  # by the path of a claim: the hash of its JSON but for its revision


@dataclass
class Served:
    """What a version serves of a desk."""

    claims: Claims = field(default_factory=dict)
    checkpoints: list[str] = field(default_factory=list)
    consistency: dict[str, bytes] = field(default_factory=dict)
    proofs: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class Upgrade:
    """What a run came to."""

    before: Served
    after: Served
    failures: list[str]


def upgrade(url: str, folder: Path, old: Path, claims: int) -> Upgrade:
    """Make a desk by the old version, of the seeds if `claims` is 0, and upgrade it to this one."""
    python = str(old / ".venv/bin/python")
    made = subprocess.run(
        [python, "-c", MAKE, url, str(claims)], cwd=old, capture_output=True, text=True, check=True, timeout=3600
    )
    token = made.stdout.split()[-1]
    was = Server(url, folder, checkout=old, python=python)
    if not claims:
        _ran(was, "seed")
    _ran(was, "log", "checkpoint")
    with served(was):
        before = _read(was, token)
    new = Server(url, folder)
    failures = list(_checked(new, "db upgrade", "doctor", "log verify"))
    with served(new):
        after = _read(new, token, of=before)
    failures += _checked(new, "doctor", "log verify")  # with what was written and signed since
    with closing(Database(url)) as desk, desk.reading() as connection:
        leaves = [
            merkle.leaf_hash(leaf) for leaf in connection.scalars(select(Revision.leaf).order_by(Revision.log_index))
        ]
    return Upgrade(before, after, [*failures, *_differences(before, after, leaves)])


def _checked(server: Server, *commands: str) -> Iterator[str]:
    """Run commands of the new version, and yield what those printed that did not end well."""
    for words in commands:
        done = server.command(*words.split())
        if done.returncode:
            yield f"{words}: {done.stdout[-500:]} {done.stderr[-500:]}"


def _ran(server: Server, *words: str) -> str:
    done = server.command(*words)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stdout} {done.stderr}")
    return done.stdout


def _read(server: Server, token: str, of: Served | None = None) -> Served:
    """Read every claim, write once, sign again, and read proofs of the log as it is then.

    Of a desk that was read `of` before, the same proofs of consistency are asked for, and one from its last checkpoint.
    """
    found = Served()
    with closing(Client(server.port, token)) as client:
        for path in _paths(client):
            answer = client.send("GET", path)
            # An entry that attests a claim is one more revision, and changes nothing else.
            shown = orjson.dumps(answer.json | {"revision": None})
            assert answer.etag == f'"{sha256(answer.body).hexdigest()[:32]}"', path
            found.claims[path] = sha256(shown).hexdigest()
        found.checkpoints.append(client.send("GET", "/log/checkpoint").body.decode())
        made = client.send("POST", "/v1/sources", {"name": f"Written by {server.port}", "kind": "group"})
        assert made.status == 201, made.body
        found.checkpoints.append(_ran(server, "log", "checkpoint"))
        first, second = (_head(note).size for note in found.checkpoints)
        paths = {f"/v1/log/consistency/{first}/{second}"}
        if of is not None:
            paths |= {*of.consistency, f"/v1/log/consistency/{_head(of.checkpoints[-1]).size}/{second}"}
        found.consistency = {path: client.send("GET", path).body for path in sorted(paths)}
        for index in sorted({at * (second - 1) // PROOFS for at in range(PROOFS + 1)}):
            found.proofs.append(client.send("GET", f"/v1/log/proofs/{index}").body.decode())
        found.keys = client.send("GET", "/log/key").body.decode().splitlines()
    return found


def _paths(client: Client) -> Iterator[str]:
    """Yield the path of every claim, page by page."""
    path: str | None = "/v1/claims?limit=200"
    while path:
        answer = client.send("GET", path)
        yield from [item["links"]["self"] for item in answer.json["items"]]
        link = answer.headers.get("Link")
        path = link.partition("<")[2].partition(">")[0] if link and 'rel="next"' in link else None


def _head(note: str) -> notes.Checkpoint:
    return notes.parse_checkpoint(notes.parse(note).text)


def _differences(before: Served, after: Served, leaves: list[bytes]) -> Iterator[str]:
    """Yield what is not as it was, and what of the old does not verify with the keys and the tree of the new."""
    for path in before.claims.keys() | after.claims.keys():
        if before.claims.get(path) != after.claims.get(path):
            yield f"{path} was {before.claims.get(path)} and is {after.claims.get(path)}"
    if not set(before.keys) <= set(after.keys):
        yield f"keys were {before.keys} and are {after.keys}"
    signed = [*before.checkpoints, *after.checkpoints]
    for note in signed:
        try:
            keys.verified(note, after.keys)
        except notes.NoteError as error:
            yield f"{_head(note)}: {error}"
    for path, body in before.consistency.items():
        if orjson.loads(after.consistency[path]) != orjson.loads(body):
            yield f"{path} was {body!r} and is {after.consistency[path]!r}"
    roots = {_head(note).size: _head(note).root for note in signed}
    for path, body in after.consistency.items():
        first, second = (int(number) for number in path.split("/")[-2:])
        proof = [base64.b64decode(line) for line in orjson.loads(body)["proof"]]
        if not merkle.consistent(first, roots[first], second, roots[second], proof):
            yield f"{path} is no proof"
    for written in (*before.proofs, *after.proofs):
        index, proof, note = transparency.parse_inclusion(written)
        head = _head(note)
        if note not in signed or not merkle.includes(leaves[index], index, head.size, proof, head.root):
            yield f"the proof of entry {index} in {head.size} does not hold"


def figures(run: Upgrade, claims: int) -> list[Figure]:
    proofs, chains = len(run.before.proofs), len(run.after.consistency)
    return [
        at_least("claims, served by both versions", len(run.before.claims), claims or 1),
        at_least("  proofs of entries made before, and checked after", proofs, min(PROOFS, 20)),
        at_least("  proofs of consistency, from before and across the upgrade", chains, 2),
        none("what is not as before, and commands that found faults", len(run.failures)),
    ]


@contextmanager
def _empty(engine: str) -> Iterator[tuple[Path, str]]:
    """Yield a folder and the URL of a database that nothing is in."""
    with folder_of_its_own() as folder:
        if engine == "sqlite":
            yield folder, f"sqlite:///{folder}/desk.db"
        else:
            with private_postgres() as server:
                yield folder, server.fresh()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture.upgrade", description=__doc__)
    parser.add_argument("old", type=Path, help="a checkout of the old version, with its environment in .venv")
    parser.add_argument("--claims", type=int, default=0, help="made as the benchmarks make them; else the seeds")
    parser.add_argument("--database", choices=DATABASES, help="both by default")
    given = parser.parse_args()
    held = True
    for engine in [given.database] if given.database else DATABASES:
        with _empty(engine) as (folder, url):
            run = upgrade(url, folder, given.old.resolve(), given.claims)
        for failure in run.failures[:10]:
            sys.stdout.write(f"  {failure}\n")
        held = tell(f"an upgrade in place, {engine}", figures(run, given.claims)) and held
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
