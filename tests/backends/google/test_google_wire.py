"""One request over real sockets: connections that break, drip, lie about their length, or last."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from contextlib import suppress
from random import Random

import pytest
import requests

from sheetsync.backends.google import failures
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.retry import Limits
from sheetsync.backends.google.wire import Lost, send
from tests.backends.google.scripted import ID, Steady, read, write
from tests.fakes.sheets.adapter import Rewrite

GOOD = b'{"a":1}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = OK + b"Content-Length: 7\r\n\r\n" + GOOD
END = None
"""Close the connection in order."""


class Peer:
    """A TCP server that reads a request and answers with bytes as they stand in its script.

    Each step is the bytes of one answer, or a function that is given the connection.
    """

    def __init__(self, *steps):
        self.steps, self.asked, self.threads = list(steps), 0, []
        self.done, self.open = threading.Event(), []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (self.thread, *self.threads):
            thread.join(10)
            assert not thread.is_alive()

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.open.append(connection)
            self.threads.append(threading.Thread(target=self._talk, args=(connection,)))
            self.threads[-1].start()

    @property
    def connections(self):
        return len(self.open)

    def _talk(self, connection):
        with connection:
            while self._answer(connection):
                pass

    def _answer(self, connection):
        """Answer one request; tell whether the connection stays open."""
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                got = connection.recv(65536)
                if not got:
                    return False
                head += got
            head, body = head.split(b"\r\n\r\n", 1)
            left = _length(head) - len(body)
            while left > 0:
                left -= len(connection.recv(65536))
            self.asked += 1
            step = self.steps.pop(0) if self.steps else WHOLE
            if callable(step):
                step(connection, self.done)
                return False
            connection.sendall(step)
        except OSError:
            return False
        return step == WHOLE


def _length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(_, done):
    done.wait()


def drip(connection, done):
    """Send a body byte by byte for as long as somebody listens."""
    connection.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while not done.wait(0.02):
        connection.sendall(b" ")


def drip_chunks(connection, done):
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    while not done.wait(0.02):
        connection.sendall(b"1\r\n \r\n")


BROKEN = {
    "reset": reset,
    "closed without an answer": b"",
    "half of the headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "no HTTP": b"\x16\x03\x01 what?\r\n\r\n",
    "less than the length": OK + b"Content-Length: 70\r\n\r\n" + GOOD,
    "half of a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n7\r\n" + GOOD[:3],
    "chunks without an end": OK + b"Transfer-Encoding: chunked\r\n\r\n7\r\n" + GOOD + b"\r\n",
    "a chunk length that is none": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD,
    "half of the gzip": OK
    + b"Connection: close\r\nContent-Encoding: gzip\r\n\r\n"
    + gzip.compress(GOOD * 99)[:30],
    "no gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\n" + GOOD,
    "half of the JSON": OK + b"Content-Length: 5\r\n\r\n" + GOOD[:5],
    "half of the JSON until the end": OK + b"Connection: close\r\n\r\n" + GOOD[:5],
    "silence": silent,
    "a body that drips": drip,
    "chunks that drip": drip_chunks,
}


def client_of(peer, **limits):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://sheets.googleapis.com", Rewrite(peer.url))
    chosen = Limits(**{"connect": 5.0, "read": 1.0, "write": 1.0, **limits})
    return SheetsClient(session=session, clock=Instant(), limits=chosen, jitter=Random(0))


class Instant:
    """A clock that does not wait: what is measured here are the sockets' own time limits."""

    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


@pytest.mark.parametrize("fault", BROKEN)
def test_a_read_survives_a_broken_reply(fault):
    with Peer(BROKEN[fault]) as peer:
        client = client_of(peer)
        assert read(client) == {"a": 1}
        assert peer.asked == client.requests == 2


@pytest.mark.parametrize("fault", BROKEN)
def test_a_write_survives_a_broken_reply_only_with_a_token(fault):
    with Peer(BROKEN[fault]) as peer:
        assert write(client_of(peer)) == {"a": 1}
        assert peer.asked == 2
    with Peer(BROKEN[fault]) as peer:
        with pytest.raises(failures.Ambiguous):
            write(client_of(peer), token=False)
        assert peer.asked == 1


def test_a_body_that_drips_is_cut_off_and_the_next_request_gets_its_own_connection():
    with Peer(drip) as peer:
        with requests.Session() as session, pytest.raises(Lost) as lost:
            send(session, "GET", peer.url, connect=5.0, seconds=0.3)
        assert (lost.value.cause, lost.value.sent) == ("timeout", True)
        assert 0 < lost.value.received < 100_000


def test_a_refused_connection_cannot_have_carried_anything_out():
    closed = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    closed.close()
    with requests.Session() as session, pytest.raises(Lost) as lost:
        send(session, "POST", url, connect=5.0, seconds=5.0, data=b"{}")
    assert (lost.value.cause, lost.value.sent) == ("network", False)
    assert lost.value.detail == "Connection refused"


def test_a_certificate_file_that_is_not_there_is_told_as_such():
    with requests.Session() as session, pytest.raises(Lost) as lost:
        send(session, "GET", "https://127.0.0.1:9/", connect=1, seconds=1, verify="/not/there.pem")
    assert (lost.value.cause, lost.value.sent) == ("certificate", False)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:bad", "http://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_told_as_such(proxy):
    with requests.Session() as session, pytest.raises(Lost) as lost:
        send(session, "GET", "https://a.invalid/", connect=1, seconds=1, proxies={"https": proxy})
    assert (lost.value.cause, lost.value.sent) == ("proxy", False)


def test_a_server_that_shakes_no_hands_is_given_up_in_time():
    with Peer() as peer, requests.Session() as session, pytest.raises(Lost) as lost:
        send(session, "GET", peer.url.replace("http", "https"), connect=0.3, seconds=0.3)
    assert lost.value.cause == "timeout"


def test_connections_are_kept_for_the_next_request():
    with Peer() as peer:
        client = client_of(peer)
        for _ in range(3):
            read(client)
        assert (peer.asked, peer.connections) == (3, 1)


def test_received_bytes_are_those_on_the_wire():
    packed = gzip.compress(b'{"a":"' + b"x" * 5000 + b'"}')
    answer = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
    with Peer(answer) as peer:
        client = client_of(peer)
        assert len(read(client)["a"]) == 5000
        assert client.received == len(packed) < 500


def test_a_redirect_is_not_followed():
    with Peer(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n") as peer:
        assert read(client_of(peer)) == {"a": 1}
        assert peer.asked == 2


def test_stored_passwords_of_other_programs_do_not_replace_the_access_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []

    def answer(connection, _):
        connection.sendall(WHOLE)

    with Peer(answer) as peer:
        client = SheetsClient(Bearer(), clock=Instant(), jitter=Steady())
        client.session.mount("https://sheets.googleapis.com", Recording(peer.url, seen))
        client.get_sheet(ID, {})
    assert seen == ["Bearer t"]


class Bearer:
    """Credentials that need no renewal."""

    service_account_email = ""

    def before_request(self, request, method, url, headers):
        headers["Authorization"] = "Bearer t"


class Recording(Rewrite):
    def __init__(self, url, seen):
        super().__init__(url)
        self.seen = seen

    def send(self, request, *args, **kwargs):
        self.seen.append(request.headers["Authorization"])
        return super().send(request, *args, **kwargs)
