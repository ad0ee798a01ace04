"""Where the desk sends requests of its own: every disguise of a private address is refused without a packet."""

import datetime
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import AddressRefused, Guard, networks
from tests.receiver import receiving

OPEN = Guard(networks("127.0.0.0/8"), http=True)
# G1 and G2 of the catalogue of attacks, and what else leads to the same places.
DISGUISED = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "127.0.0.01", "0x7F.1", "0", "0.0.0.0", "00.0.0.0", "localhost", "LOCALHOST.", "a.localhost",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "2852039166",
    "0xa9fea9fe", "0251.0376.0251.0376", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::1]", "[2002:a9fe:a9fe::]", "[2002:7f00:1::1]",
    "[2001::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001:20::1]", "[2001:db8::1]", "[3fff::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]", "[fec0::1]", "[ff02::1]", "[100::1]", "[5f00::1]",
    "[4000::1]", "[::ffff:0:127.0.0.1]", "[127.0.0.1]", "1.1.1.1.1", "1.2.3", "0x", "256.256.256.256", "08.8.8.8",
)  # fmt: skip
BENT = (
    "https://user@example.org/", "https://user:pass@example.org/", "https://127.0.0.1@example.org/",
    "https://example.org\\@127.0.0.1/", "https://example.org#@127.0.0.1/", "https://exa mple.org/",
    "https://example.org\t/", "https://example.org\n/", "https://ex\u00e4mple.org/", "https://\u2460\u2461\u2466.0.0.1/",
    "https://127\u30020\u30020\u30021/", "https://example.org:0/", "https://example.org:25/", "https://example.org:22/",
    "https://example.org:99999/", "https://example.org:8\u0660/", "https:///", "https://", "https:example.org",
    "//example.org", "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/",
    "javascript:alert(1)",
    "https://.example.org/", "https://example..org/", "https://-example.org/", "https://%31%32%37.0.0.1/",
    "https://[::1/", "https://::1/", "https://example.org/" + "a" * 2000, "", " https://example.org/",
)  # fmt: skip
PUBLIC = ("93.184.215.14", "8.8.8.8", "1.1.1.1", "223.255.255.254", "[2606:4700::1111]", "[2a00:1450:4001::1]")


class Network:
    """Stands for the socket module's two functions, and counts what it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.resolved.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in found]

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    def outbound(self, guard: Guard | None = None) -> Outbound:
        return Outbound(guard or Guard(), resolve=self.resolve, connect=self.connect)


@pytest.mark.parametrize("host", DISGUISED)
def test_an_address_in_disguise_is_refused_without_asking_anybody(host: str) -> None:
    network = Network(["93.184.215.14"])
    for scheme, port in (("https", ""), ("http", ":8000")):
        with pytest.raises(AddressRefused):
            Guard(http=True).target(f"{scheme}://{host}{port}/hook")
        outcome = network.outbound(Guard(http=True)).post(f"{scheme}://{host}{port}/hook", {}, b"{}")
        assert outcome.status is None
        assert outcome.error is not None
        assert outcome.error.startswith("Refused: ")
    assert (network.resolved, network.connected) == ([], [])


@pytest.mark.parametrize("url", BENT)
def test_a_bent_address_is_refused_without_asking_anybody(url: str) -> None:
    network = Network(["93.184.215.14"])
    with pytest.raises(AddressRefused):
        Guard().target(url)
    assert network.outbound().post(url, {}, b"{}").status is None
    assert (network.resolved, network.connected) == ([], [])


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_are_let_pass(host: str) -> None:
    network = Network([host.strip("[]")])
    assert Guard().target(f"https://{host}/hook").authority == host
    outcome = network.outbound().post(f"https://{host}/hook", {}, b"{}")
    assert network.connected == [(host.strip("[]"), 443)]
    assert outcome.error == "No answer: [Errno 111] Connection refused"


@pytest.mark.parametrize("host", [host for host in DISGUISED if host[0] != "[" and host.count(".") == 3])
def test_a_name_that_resolves_to_a_refused_address_is_connected_to_nowhere(host: str) -> None:
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        return  # no resolver gives this form
    network = Network([address])
    outcome = network.outbound().post("https://receiver.example/", {}, b"{}")
    assert outcome.error == f"Refused: The desk does not send to the network address {address}: {_why(address)}."
    assert network.resolved == ["receiver.example"]
    assert network.connected == []


def _why(address: str) -> str:
    with pytest.raises(AddressRefused) as caught:
        Guard().judge([address])
    return str(caught.value).rpartition(": ")[2].removesuffix(".")


@pytest.mark.parametrize(
    "answer",
    [
        ["93.184.215.14", "127.0.0.1"],
        ["127.0.0.1", "93.184.215.14"],
        ["2606:4700::1111", "::ffff:10.0.0.1"],
        ["93.184.215.14", "fe80::1%eth0"],
        ["93.184.215.14", "2002:a9fe:a9fe::"],
        ["93.184.215.14", "not an address"],
        [],
    ],
)
def test_mixed_answers_of_the_resolver_are_refused(answer: list[str]) -> None:
    network = Network(answer)
    outcome = network.outbound().post("https://receiver.example/", {}, b"{}")
    assert outcome.error is not None
    assert outcome.error.startswith("Refused: ")
    assert network.connected == []


def test_a_name_is_resolved_once_and_what_was_judged_is_connected_to() -> None:
    """DNS rebinding: public when it is looked at, private when it would be asked again."""
    network = Network(["93.184.215.14"], ["127.0.0.1"])
    outbound = network.outbound()
    outbound.post("https://receiver.example:8443/", {}, b"{}")
    assert network.connected == [("93.184.215.14", 8443)]
    assert len(network.resolved) == 1
    assert str(outbound.post("https://receiver.example:8443/", {}, b"{}").error).startswith(
        "Refused: The desk does not send to the network address 127.0.0.1: "
    )
    assert len(network.connected) == 1


def test_nothing_arrives_at_a_socket_that_listens_here() -> None:
    """The real resolver and the real connector, and an address of this machine in all its forms."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        port = listening.getsockname()[1]
        outbound = Outbound(Guard(http=True))
        for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"):
            assert outbound.post(f"http://{host}:{port}/", {}, b"{}").status is None
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_what_is_allowed_by_name_is_allowed_alone() -> None:
    guard = Guard(networks("10.1.0.0/16, ::1/128"))
    assert guard.target("https://10.1.2.3/").host == "10.1.2.3"
    assert guard.target("https://[::1]/").host == "::1"
    for host in ("10.2.0.1", "127.0.0.1", "[::ffff:10.1.2.3]"):
        with pytest.raises(AddressRefused):
            guard.target(f"https://{host}/")
    with pytest.raises(AddressRefused):
        guard.target("http://10.1.2.3/")


# ── How it is sent ──────────────────────────────────────────────────────────────────────────────────────────────


def test_tls_and_host_name_the_host_while_the_connection_goes_to_the_address(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, "receiver.example")
    trusting = ssl.create_default_context(cafile=str(certificate))
    names: list[str | None] = []
    hosts: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    server.socket = serving.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    port = server.server_address[1]
    network = Network(["127.0.0.1"])
    outbound = Outbound(Guard(networks("127.0.0.1/32")), resolve=network.resolve, context=trusting)
    try:
        assert outbound.post(f"https://receiver.example:{port}/", {}, b"{}").status == 204
        assert (names, hosts) == (["receiver.example"], [f"receiver.example:{port}"])
        other = outbound.post(f"https://other.example:{port}/", {}, b"{}")
        assert "certificate" in str(other.error)
        assert "certificate" in str(Outbound(outbound.guard, resolve=network.resolve).post(
            f"https://receiver.example:{port}/", {}, b"{}").error)  # fmt: skip
        assert len(hosts) == 1
    finally:
        server.shutdown()
        server.server_close()


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert Outbound(OPEN).post(receiver.url, {"webhook-id": "1"}, b"{}").status == 204
        assert (len(receiver.requests), len(proxy.requests)) == (1, 0)


@contextmanager
def talking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what it wants on every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    say(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)


def _silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def _dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"a")
        time.sleep(0.02)  # a byte at a time: what is tested is that this does not go on for ever


def _endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: " + b"a" * 1000 + b"\r\n")


def _continuing(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def _nonsense(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"\x00\xff\r\n\r\n")


@pytest.mark.parametrize("say", [_silent, _dripping, _endless_headers, _continuing, _nonsense])
def test_a_receiver_that_answers_in_no_form_is_left_in_time(say: Callable[[socket.socket], None]) -> None:
    with talking(say) as url:
        outbound = Outbound(OPEN, deadline=0.4)
        outcome = outbound.post(url, {}, b"{}")
    assert outcome.status is None
    assert outcome.error is not None
    assert outcome.error.startswith("No answer")
    assert outcome.milliseconds < 5000


def test_an_endless_answer_is_not_read() -> None:
    sent = [0]

    def endless(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            connection.sendall(b"a" * 65536)
            sent[0] += 65536

    with talking(endless) as url:
        assert Outbound(OPEN).post(url, {}, b"{}").status == 200
    assert sent[0] < 50_000_000  # what fits into the buffers between us


def _certificate(folder: Path, name: str) -> Path:
    """Make a certificate that its own key signed, with the key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file
