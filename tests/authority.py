"""A time-stamp authority (RFC 3161) of the tests' own: openssl, with a root and a certificate made for the occasion."""

import subprocess
from pathlib import Path

from tests.receiver import Request

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[stamps]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = millisecs:500
clock_precision_digits = 3
ess_cert_id_alg = sha256
"""
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Stamps what it is asked to. `roots` is the file of its root."""

    def __init__(self, folder: Path, name: str = "Authority of the tests") -> None:
        folder.mkdir()
        self.folder, self.roots = folder, folder / "root.pem"
        (folder / "configuration").write_text(CONFIGURATION.format(name=name, folder=folder), encoding="utf-8")
        (folder / "serial").write_text("01\n", encoding="ascii")
        self._openssl("req", "-x509", *CURVE, "-extensions", "root", "-keyout", "root.key", "-out", "root.pem")
        self._openssl("req", "-new", *CURVE, "-keyout", "key", "-out", "request")
        signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "configuration")
        self._openssl("x509", "-req", "-in", "request", *signing, "-extensions", "authority", "-out", "certificate.pem")

    def response(self, query: bytes) -> bytes:
        """Return the response to a query: a stamp, or that none is granted."""
        (self.folder / "query").write_bytes(query)
        signing = ("-section", "stamps", "-signer", "certificate.pem", "-inkey", "key")
        self._openssl("ts", "-reply", "-queryfile", "query", *signing, "-out", "response")
        return (self.folder / "response").read_bytes()

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """Answer over HTTP."""
        assert request.headers["content-type"] == "application/timestamp-query"
        return 200, {"Content-Type": "application/timestamp-reply"}, self.response(request.body)

    def _openssl(self, command: str, *words: str) -> None:
        configured = () if command == "x509" else ("-config", "configuration")
        subprocess.run(["openssl", command, *configured, *words], cwd=self.folder, check=True, capture_output=True)
