"""The server over TLS and real sockets: who is let in, and what half a request comes to."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import ssl
import threading

import httpx
import pytest
import trustme

from sheetsync.addin import server as serving
from sheetsync.addin.failures import NotAllowed, PortTaken, SetupMissing
from sheetsync.addin.renewal import Renewal
from sheetsync.addin.server import Tls, listen, server
from sheetsync.addin.site import local
from tests.addin.server.site import TABS, made


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def written(folder, authority, *names, **options):
    """A certificate's files."""
    cert = authority.issue_cert(*names, **options)
    chain, key = folder / "chain.pem", folder / "key.pem"
    for blob in cert.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    cert.private_key_pem.write_to_path(key)
    return Tls(chain, key)


class Running:
    """A server in a thread of this test: its port, its application, and TLS to it."""

    def __init__(self, folder, authority):
        self.sockets = listen(["127.0.0.1"], 0)
        self.port = self.sockets[0].getsockname()[1]
        self.asked = made(folder, site=local(self.port))
        tls = written(folder, authority, "localhost", "127.0.0.1")
        self.server = server(self.asked.app, tls)
        self.context = ssl.create_default_context()
        authority.configure_trust(self.context)
        self.thread = threading.Thread(target=self.server.run, args=(self.sockets,))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()

    @property
    def base(self):
        return f"https://localhost:{self.port}"

    def headers(self, token="all", **changed):
        told = {
            "Origin": self.base,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.asked.texts.get(token, token)}",
        }
        return told | changed

    def post(self, path="/v1/tabs", body=TABS, **changed):
        with httpx.Client(verify=self.context, trust_env=False) as http:
            return http.post(self.base + path, content=body, headers=self.headers(**changed))

    def raw(self, data):
        """Everything that the server says to these bytes, until it closes."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=30) as plain,
            self.context.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            told = b""
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                line.sendall(data)
                while part := line.recv(65536):
                    told += part
            return told


@pytest.fixture(scope="module")
def running(tmp_path_factory, authority):
    with Running(tmp_path_factory.mktemp("running"), authority) as one:
        yield one


@pytest.fixture(autouse=True)
def _time_passes(request):
    if "running" in request.fixturenames:
        request.getfixturevalue("running").asked.at += 1000


def test_the_pane_is_answered(running):
    told = running.post()
    assert told.status_code == 200
    assert told.json()["reached"] == "/v1/tabs"
    assert "server" not in told.headers


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Host": "evil.com"}, 403),
        ({"Host": "localhost"}, 403),
        ({"Origin": "https://evil.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"token": "wrong"}, 401),
        ({"Authorization": ""}, 401),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_who_should_not_get_in_does_not(running, changed, status):
    told = running.post(**changed)
    assert told.status_code == status
    assert set(told.json()) == {"error"}


def test_nobody_else_vouches_for_it(running):
    with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as http:
        http.post(running.base + "/v1/tabs", content=TABS, headers=running.headers())


def test_nothing_is_said_without_tls(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as line:
        line.sendall(b"GET /taskpane.html HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert b"HTTP" not in line.recv(1000)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_not_spoken(running, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", running.port), timeout=30)
    with plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain)


def request(running, *lines, body=b"", host=None):
    head = [lines[0], f"Host: {host or f'localhost:{running.port}'}", *lines[1:]]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1") + body


RAW = [
    ("GARBAGE", 400),
    ("GET /taskpane.html", 400),
    ("GET  /taskpane.html HTTP/1.1", 400),
    ("GET /../server.py HTTP/1.1", 404),
    ("GET /icons/../../tokens.py HTTP/1.1", 404),
    ("GET /%2e%2e/server.py HTTP/1.1", 404),
    ("GET https://evil.com/taskpane.html HTTP/1.1", 404),
    ("GET https://localhost:8137/taskpane.html HTTP/1.1", 404),
    ("OPTIONS * HTTP/1.1", 404),
    ("CONNECT evil.com:443 HTTP/1.1", 404),
    ("GET /taskpane.html HTTP/1.1", 200),
    ("HEAD /taskpane.html HTTP/1.1", 200),
    ("GET /taskpane.html?token=x HTTP/1.1", 200),
    ("TRACE /taskpane.html HTTP/1.1", 405),
    ("PRI * HTTP/2.0", 404),
]


@pytest.mark.parametrize(("line", "status"), RAW)
def test_odd_requests_are_refused_in_json(running, line, status):
    told = running.raw(request(running, line))
    assert told.startswith(b"HTTP/1.1 %d " % status)
    head, _, body = told.partition(b"\r\n\r\n")
    if status >= 400:
        assert set(json.loads(body)["error"]) == {"kind", "message"}
    assert b"python" not in head.lower()
    assert b"uvicorn" not in head.lower()


SMUGGLED = [
    ("Content-Length: 4", "Content-Length: 5"),
    ("Content-Length: 4", "Transfer-Encoding: chunked"),
    ("Content-Length: +4",),
    ("Content-Length: 4, 5",),
    ("Transfer-Encoding: chunked, identity",),
    ("Transfer-Encoding: xchunked",),
    ("Host: evil.com", "Content-Length: 4"),
    ("Authorization : Bearer x", "Content-Length: 4"),
    ("X: a\x00b", "Content-Length: 4"),
]


@pytest.mark.parametrize("lines", SMUGGLED, ids=lambda told: told[0][:24])
def test_requests_whose_end_is_unsure_are_refused(running, lines):
    token = running.asked.texts["all"]
    known = (f"Origin: {running.base}", "Content-Type: application/json")
    head = ("POST /v1/tabs HTTP/1.1", *known, f"Authorization: Bearer {token}", *lines)
    told = running.raw(request(running, *head, body=b"0\r\n\r\nGET /v1/sync HTTP/1.1\r\n\r\n"))
    assert told.startswith(b"HTTP/1.1 40")
    assert b"reached" not in told


def test_a_header_without_end_is_cut_off(running):
    told = running.raw(request(running, "GET /taskpane.html HTTP/1.1", "X: " + "a" * 1_000_000))
    assert told == b"" or told.startswith(b"HTTP/1.1 400 ")


def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(running):
    head = request(
        running,
        "POST /v1/sync HTTP/1.1",
        f"Origin: {running.base}",
        "Content-Type: application/json",
        f"Authorization: Bearer {running.asked.texts['all']}",
        "Content-Length: 99999999",
        "Expect: 100-continue",
    )
    assert running.raw(head).startswith(b"HTTP/1.1 413 ")


def test_a_web_socket_is_not_opened(running):
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA==")
    told = running.raw(request(running, "GET /v1/sync HTTP/1.1", *upgrade))
    assert told.startswith(b"HTTP/1.1 405 ")


def test_answers_come_while_another_one_is_computed(running):
    begun, go = threading.Event(), threading.Event()

    def slow(path, body, now):
        if path == "/v1/sync":
            begun.set()
            assert go.wait(30)
        return b"{}"

    kept, running.asked.app._answer = running.asked.app._answer, slow
    codes = []
    other = threading.Thread(target=lambda: codes.append(running.post("/v1/sync").status_code))
    try:
        other.start()
        assert begun.wait(30)
        assert running.post().status_code == 200
        assert running.post("/v1/sync").status_code == 429
    finally:
        go.set()
        other.join(30)
        running.asked.app._answer = kept
    assert codes == [200]


@pytest.mark.parametrize("sent", [b"", b"GET /task", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_who_only_holds_a_connection_open_is_cut_off(tmp_path, authority, monkeypatch, sent):
    monkeypatch.setattr(serving, "TICK_SECONDS", 0.02)
    with Running(tmp_path, authority) as one:
        assert one.raw(sent) == b""
        assert one.post().status_code == 200


def test_a_body_that_trickles_is_cut_off(tmp_path, authority, monkeypatch):
    monkeypatch.setattr(serving, "TICK_SECONDS", 0.02)
    with Running(tmp_path, authority) as one:
        head = request(
            one,
            "POST /v1/tabs HTTP/1.1",
            *(f"{name}: {value}" for name, value in one.headers().items()),
            "Content-Length: 50",
        )
        assert one.raw(head + b"{") == b""
        assert one.post().status_code == 200


def test_more_connections_than_there_is_room_for_are_turned_away(tmp_path, authority, monkeypatch):
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 3)
    with Running(tmp_path, authority) as one, contextlib.ExitStack() as held:
        for _ in range(3):
            plain = held.enter_context(socket.create_connection(("127.0.0.1", one.port), 30))
            held.enter_context(one.context.wrap_socket(plain, server_hostname="localhost"))
        assert one.post().status_code == 503


def test_a_server_that_runs_shows_a_renewed_certificate(tmp_path, authority):
    with Running(tmp_path, authority) as one:
        tls = Tls(tmp_path / "chain.pem", tmp_path / "key.pem")
        renewed = []
        before = shown(one)  # and by then it has loaded what it shows
        renewal = Renewal(tls, one.server.config.ssl, lambda: renewed.append(1))
        assert not renewal.refresh()
        tls.chain.unlink()
        written(tmp_path, authority, "localhost")
        assert renewal.refresh()
        assert shown(one) != before
        assert one.post().status_code == 200
        after = shown(one)
        tls.key.write_text("damaged")
        assert not renewal.refresh()
        tls.chain.unlink()
        assert not renewal.refresh()
        assert shown(one) == after
        assert len(renewed) == 4


def shown(running):
    """The certificate that the server shows now."""
    plain = socket.create_connection(("127.0.0.1", running.port), 30)
    with plain, running.context.wrap_socket(plain, server_hostname="localhost") as line:
        return line.getpeercert(binary_form=True)


def test_a_taken_port_is_told():
    (one,) = listen(["127.0.0.1"], 0)
    with one, pytest.raises(PortTaken, match="is taken"):
        listen(["127.0.0.1"], one.getsockname()[1])


def test_both_names_of_this_computer_are_listened_at():
    opened = listen(serving.LOOPBACK, 0)
    try:
        addresses = [one.getsockname()[0] for one in opened]
    finally:
        for one in opened:
            one.close()
    assert addresses in (["127.0.0.1", "::1"], ["127.0.0.1"])


def test_a_computer_without_ipv6_listens_at_the_other(monkeypatch):
    real = serving._listen

    def listening(host, port):
        if ":" in host:
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        return real(host, port)

    monkeypatch.setattr(serving, "_listen", listening)
    (one,) = listen(serving.LOOPBACK, 0)
    with one:
        assert one.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_at_one_name_is_not_opened_at_the_other(monkeypatch):
    """Whoever holds ::1 would be asked by programs that mean localhost."""
    real, opened = serving._listen, []

    def listening(host, port):
        if ":" in host:
            raise OSError(errno.EADDRINUSE, "in use")
        opened.append(real(host, port))
        return opened[-1]

    monkeypatch.setattr(serving, "_listen", listening)
    with pytest.raises(PortTaken):
        listen(serving.LOOPBACK, 0)
    assert opened[0].fileno() == -1


def test_an_address_of_another_computer_cannot_be_had():
    with pytest.raises(PortTaken, match="cannot listen"):
        listen(["192.0.2.1"], 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_this_computer_is_this_computer(host):
    serving.expect_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "", "example.com", "10.0.0.1", "localhost.evil.com"]
)
def test_an_address_that_others_reach_needs_a_hosted_server(host):
    with pytest.raises(NotAllowed, match="other computers"):
        serving.expect_loopback(host)


class TestCertificates:
    def test_one_for_the_name_by_another_is_taken(self, tmp_path, authority):
        tls = written(tmp_path, authority, "kpi.example.com", "*.example.org")
        serving.expect_certificate_for(tls, ["https://kpi.example.com", "https://a.example.org"])

    @pytest.mark.parametrize("origin", ["https://example.com", "https://a.b.example.org"])
    def test_one_for_another_name_is_refused(self, tmp_path, authority, origin):
        tls = written(tmp_path, authority, "kpi.example.com", "*.example.org")
        with pytest.raises(NotAllowed, match="is not for"):
            serving.expect_certificate_for(tls, [origin])

    def test_one_that_has_ended_is_refused(self, tmp_path, authority):
        from datetime import UTC, datetime

        tls = written(tmp_path, authority, "a.com", not_after=datetime(2020, 1, 1, tzinfo=UTC))
        with pytest.raises(NotAllowed, match="does not hold today"):
            serving.expect_certificate_for(tls, ["https://a.com"])

    def test_one_that_vouches_for_itself_is_refused(self, tmp_path):
        tls = alone(tmp_path)
        with pytest.raises(NotAllowed, match="vouches for itself"):
            serving.expect_certificate_for(tls, ["https://a.com"])

    def test_missing_and_damaged_files_are_told(self, tmp_path, authority):
        tls = written(tmp_path, authority, "a.com")
        with pytest.raises(SetupMissing, match="missing"):
            Tls(tmp_path / "none.pem", tls.key).check()
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(SetupMissing, match="cannot be used"):
            Tls(tls.chain, written(other, authority, "b.com").key).check()
        tls.chain.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
        with pytest.raises(SetupMissing, match="cannot be used"):
            tls.check()

    def test_a_key_with_a_password_is_told_and_nobody_is_asked(self, tmp_path, authority):
        from cryptography.hazmat.primitives import serialization as told

        tls = written(tmp_path, authority, "a.com")
        key = told.load_pem_private_key(tls.key.read_bytes(), None)
        locked = told.BestAvailableEncryption(b"secret")
        kinds = (told.Encoding.PEM, told.PrivateFormat.PKCS8, locked)
        tls.key.write_bytes(key.private_bytes(*kinds))
        with pytest.raises(SetupMissing, match="password"):
            tls.check()


def alone(folder):
    """A certificate signed by its own key."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.com")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    kinds = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "k.pem").write_bytes(key.private_bytes(*kinds))
    return Tls(folder / "c.pem", folder / "k.pem")
