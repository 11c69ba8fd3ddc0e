"""Who listens at the port is found out by shaking hands, not by believing."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from sheetsync.addin import holder as module
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.holder import Holder, holder

TODAY = dt.datetime.now(dt.UTC)


@pytest.fixture
def ours(tmp_path):
    certificate = Certificate(tmp_path / "ours")
    certificate.ensure(TODAY)
    return certificate


@contextmanager
def listening(answer):
    """Answer one connection on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            accepted, _ = server.accept()
            with accepted:
                try:
                    answer(accepted)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)

    def answer(accepted):
        with context.wrap_socket(accepted, server_side=True) as wrapped:
            wrapped.recv(1)

    return answer


def test_our_server_is_known(ours):
    with listening(tls(ours)) as port:
        assert holder(port, ours.authority) is Holder.OURS


def test_our_server_with_an_old_leaf_is_known(tmp_path):
    old = Certificate(tmp_path / "old")
    old.ensure(TODAY - dt.timedelta(days=100))
    with listening(tls(old)) as port:
        assert holder(port, old.authority) is Holder.ENDED


def test_another_one_with_tls_is_not_ours(ours, tmp_path):
    other = Certificate(tmp_path / "other")
    other.ensure(TODAY)
    with listening(tls(other)) as port:
        assert holder(port, ours.authority) is Holder.OTHER


def test_one_without_tls_is_not_ours(ours):
    with listening(lambda accepted: accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        assert holder(port, ours.authority) is Holder.OTHER


def test_a_silent_one_is_not_waited_for(ours, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS", 0.05)
    with listening(lambda accepted: accepted.recv(10_000) and accepted.recv(1)) as port:
        assert holder(port, ours.authority) is Holder.OTHER


@pytest.mark.parametrize("authority", ["there", "missing", "damaged"])
def test_nobody_listens(ours, tmp_path, authority):
    damaged = tmp_path / "damaged.pem"
    damaged.write_text("no certificate")
    paths = {"there": ours.authority, "missing": tmp_path / "no.pem", "damaged": damaged}
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert holder(port, paths[authority]) is Holder.NOBODY
