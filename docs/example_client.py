"""Filter, fetch, decide, follow, and check the proof: python example_client.py https://desk.example fck_…"""
import base64, hashlib, json, requests, sys, time
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

def follow(desk, http, after):  # every change of the desk after a log index, in order: none is ever skipped
    while changes := http.get(f"{desk}/v1/changes", params={"after": after, "limit": 200}).json()["items"]:
        yield from changes
        after = changes[-1]["log_index"]

def proved(desk, http, index, key):  # the entry at a log index, once it is sure that the signed log holds it
    while (answer := http.get(f"{desk}/v1/log/proofs/{index}")).status_code == 404:
        time.sleep(0.5)  # it is signed within two seconds or so
    head, text, signatures = answer.text.split("\n\n")  # a C2SP tlog-proof: hashes, then the signed checkpoint
    (origin, size, root), path = text.split("\n")[:3], [base64.b64decode(line) for line in head.split("\n")[2:]]
    signed = signatures.partition(f"— {origin} ")[2].split("\n")[0]
    Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signed)[4:], f"{text}\n".encode())
    tile, last, part = index // 256, int(size) - 1, f".p/{int(size) % 256}"  # the first 1000 tiles go by such names
    rest = http.get(f"{desk}/log/tile/entries/{tile:03}{part if tile == int(size) // 256 else ''}").content
    for _ in range(index % 256 + 1):  # each entry stands behind its length in two bytes
        entry, rest = rest[2 : 2 + int.from_bytes(rest[:2], "big")], rest[2 + int.from_bytes(rest[:2], "big") :]
    node = hashlib.sha256(b"\0" + entry).digest()
    for other in path:  # RFC 9162, section 2.1.3.2
        node = hashlib.sha256(b"\1" + (other + node if index % 2 or index == last else node + other)).digest()
        while index and index % 2 == 0 and index == last:
            index, last = index // 2, last // 2
        index, last = index // 2, last // 2
    if last or node != base64.b64decode(root):
        raise ValueError("The entry is not in the log that was signed.")
    return json.loads(entry)

if __name__ == "__main__":
    desk, http = sys.argv[1], requests.Session()
    http.headers["Authorization"] = f"Bearer {sys.argv[2]}"
    found = http.get(f"{desk}/v1/claims?status=unverified&kind=opinion").json()["items"][0]["links"]
    seen = {"If-Match": http.get(desk + found["self"]).headers["ETag"]}
    verdict = {"status": "unverifiable", "reason": "An opinion: nothing could show it."}
    review = http.post(desk + found["reviews"], json=verdict, headers=seen).json()
    change = next(each for each in follow(desk, http, -1) if each["log_index"] == review["log_index"])
    key = base64.b64decode(http.get(f"{desk}/log/key").text.splitlines()[0].split("+", 2)[2])[1:]  # keep it
    print(change["reason"], proved(desk, http, change["log_index"], key)["status"])
