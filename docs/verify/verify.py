#!/usr/bin/env python3
"""Verify a factcheck desk from outside. Needs Python 3.11 and the package `cryptography`; shares no code with factcheck.

    python verify.py https://desk.example --key desk.key --checkpoint saved.checkpoint

It reads the public log (RFC 6962, C2SP tlog-tiles), computes the root again from every entry, verifies the signature of
the checkpoint and of the one that you saved, and that the entries of each thing follow one another. Then it reads every
public claim with its history and compares statuses, revisions, times and actions with the log, and each article's text
with its hash. It prints what is wrong and exits 1. A desk that needs a token for reading: --token.
"""

import argparse
import base64
import hashlib
import json
import sys
import urllib.parse
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TILE = 256  # entries of a bundle
MEMBERS = {"actor", "at", "commit", "number", "previous", "status", "subject", "v"}
ACTION = {1: "deed", 2: "action"}  # what versions of entries call the action


# ── The tree of RFC 6962 ────────────────────────────────────────────────────────────────────────────────────────


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The right edge of a tree that grows: the roots of its complete subtrees, the largest first, with their sizes."""

    def __init__(self):
        self.size, self.edge = 0, []

    def append(self, entry):
        self.size += 1
        hashed, width = leaf_hash(entry), 1
        while self.edge and self.edge[-1][0] == width:
            hashed, width = node_hash(self.edge.pop()[1], hashed), 2 * width
        self.edge.append((width, hashed))

    def root(self):
        if not self.edge:
            return hashlib.sha256(b"").digest()
        root = self.edge[-1][1]
        for _, left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root


# ── Signed checkpoints ──────────────────────────────────────────────────────────────────────────────────────────


def checkpoint(note, keys):
    """Verify a signed checkpoint with public keys (NAME+ID+BASE64); return its size and root. Raises ValueError."""
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise ValueError("it is not a signed note")
    known = {}
    for key in keys:
        name, hexed, encoded = key.strip().split("+", 2)
        blob = base64.b64decode(encoded, validate=True)
        if blob[0] != 1 or hashlib.sha256(name.encode() + b"\n" + blob).hexdigest()[:8] != hexed:
            raise ValueError(f"the key {name} is not an Ed25519 key with its id")
        known[name, bytes.fromhex(hexed)] = Ed25519PublicKey.from_public_bytes(blob[1:])
    signed = 0
    for line in lines.splitlines():
        dash, name, encoded = line.split(" ")
        blob = base64.b64decode(encoded, validate=True)
        if dash == "—" and (name, blob[:4]) in known:
            try:
                known[name, blob[:4]].verify(blob[4:], f"{text}\n".encode())
            except InvalidSignature:
                raise ValueError(f"the signature of {name} is wrong") from None
            signed += 1
    if not signed:
        raise ValueError("no known key signed it")
    _, size, root, *_ = text.split("\n")
    return int(size), base64.b64decode(root, validate=True)


# ── The log ─────────────────────────────────────────────────────────────────────────────────────────────────────


def check_log(entries, heads):
    """Check entries in their order against signed heads (size, root). Return what is wrong, and each thing's entries."""
    wrong, things, tree, last = [], {}, Tree(), ""
    due = sorted(heads)
    for index, entry in enumerate(entries):
        tree.append(entry)
        try:
            said = json.loads(entry)
            canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            if canonical != entry or set(said) != MEMBERS | {ACTION[said["v"]]}:
                raise ValueError
            own = things.setdefault((said["subject"]["kind"], said["subject"]["id"]), [])
            follows = (said["number"], said["previous"]) == (len(own) + 1, own[-1]["index"] if own else None)
            if not follows or said["at"] < last:
                wrong.append(f"entry {index} does not follow on the one before it")
            last = said["at"]
            own.append({**said, "index": index, "action": said[ACTION[said["v"]]]})
        except (ValueError, KeyError, TypeError):
            wrong.append(f"entry {index} is not an entry of this log")
        while due and due[0][0] == tree.size:
            if due.pop(0)[1] != tree.root():
                wrong.append(f"the root of {tree.size} entries is not the one that was signed")
    wrong += [f"{size} entries were signed, and there are {tree.size}" for size, _ in due if size]
    return wrong, things


def check_claim(claim, history, own):
    """Compare a claim and its history, as the desk serves them, with the log's entries about it."""
    told = {"content": claim["status"], "attribution": claim["attribution"]["status"]}
    wrong = [] if own and (own[-1]["number"], own[-1]["status"]) == (claim["revision"], told) else ["status or revision"]
    log = [(each["number"], each["index"], each["action"], each["at"]) for each in own]
    if [(each["number"], each["log_index"], each["action"], each["at"]) for each in history] != log:
        wrong.append("history")
    return [f"claim {claim['id']}: its {each} is not what the log says" for each in wrong]


# ── A desk ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Desk:
    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/"), token

    def get(self, path):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=60) as answer:
            return answer.read()

    def entries(self, size):
        for first in range(0, size, TILE):
            number, width = first // TILE // 1000, min(TILE, size - first)
            path = f"{first // TILE % 1000:03}"
            while number:
                path, number = f"x{number % 1000:03}/{path}", number // 1000
            bundle = self.get(f"/log/tile/entries/{path}" + (f".p/{width}" if width < TILE else ""))
            at = 0
            for _ in range(width):
                length = int.from_bytes(bundle[at : at + 2], "big")
                yield bundle[at + 2 : at + 2 + length]
                at += 2 + length

    def items(self, path):
        cursor = None
        while True:
            more = f"{'&' if '?' in path else '?'}limit=200" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else "")
            page = json.loads(self.get(path + more))
            yield from page["items"]
            if not (cursor := page["next_cursor"]):
                return


def verify(desk, keys, saved):
    """Verify a whole desk; yield what is wrong."""
    heads = [checkpoint(note, keys) for note in (desk.get("/log/checkpoint").decode(), *saved)]
    size = heads[0][0]
    wrong, things = check_log(desk.entries(size), heads)
    yield from wrong
    for claim in desk.items("/v1/claims?sort=created_at"):
        history = [each for each in desk.items(f"/v1/claims/{claim['id']}/history") if each["log_index"] < size]
        if len(history) == claim["revision"]:  # otherwise it changed after the checkpoint
            yield from check_claim(claim, history, things.get(("claim", claim["id"]), []))
    for article in desk.items("/v1/articles"):
        whole = json.loads(desk.get(f"/v1/articles/{article['id']}"))
        if hashlib.sha256(whole["text"].encode()).hexdigest() != whole["sha256"]:
            yield f"article {article['id']}: its text does not have the hash that it shows"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", required=True, help="a file with the log's public keys, from /log/key")
    parser.add_argument("--checkpoint", action="append", default=[], help="a file with a checkpoint that you saved")
    parser.add_argument("--token")
    given = parser.parse_args()
    read = [open(file, encoding="utf-8").read() for file in (given.key, *given.checkpoint)]
    try:
        wrong = list(verify(Desk(given.url, given.token), read[0].split(), read[1:]))
    except (OSError, ValueError) as error:
        wrong = [str(error)]
    print("\n".join(wrong) or "Everything is as the log says.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
