"""The add-in's HTTPS server: where it listens, with which certificate, and how it ends.

Unless it is hosted with a certificate of its own it listens on this computer's loopback addresses
and nowhere else.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sheetsync.addin.failures import NotAllowed, PortTaken, SetupMissing

if TYPE_CHECKING:
    import asyncio

    from sheetsync.addin.application import Application

LOOPBACK = ("127.0.0.1", "::1")
"""Both addresses that the name localhost may mean."""
MOST_CONNECTIONS = 400
TICK_SECONDS = 15.0
_TICKS = {h11.IDLE: 2, h11.SEND_BODY: 10}
"""How many ticks a connection may bring no whole header, or no whole body."""
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Tls:
    """The files that a server shows and signs with: its certificate with its chain, and its key."""

    chain: Path
    key: Path

    def check(self) -> None:
        """Raise SetupMissing when they are missing, damaged, locked or no pair."""

        def locked() -> NoReturn:
            raise SetupMissing(f"The key {self.key} is locked by a password: give one without.")

        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.chain, self.key, locked)
        except FileNotFoundError:
            names = f"{self.chain} and {self.key}"
            raise SetupMissing(
                f"The certificate is missing ({names}). Run `sheetsync addin install`, or name the "
                "files of a hosted server with --certificate and --key."
            ) from None
        except OSError as error:  # ssl.SSLError is one
            told = getattr(error, "reason", None) or error.strerror or "unreadable"
            raise SetupMissing(
                f"The certificate {self.chain} with the key {self.key} cannot be used ({told})."
            ) from None


def expect_loopback(host: str) -> None:
    """Raise NotAllowed for an address that others than this computer can reach."""
    with contextlib.suppress(ValueError):
        if ip_address(host).is_loopback:
            return
    if host == "localhost":
        return
    raise NotAllowed(
        f"{host} can be reached from other computers, and the server is for this one: for a team "
        "give it --certificate, --key and --origin as well. Nothing was started."
    )


def expect_certificate_for(tls: Tls, origins: Sequence[str]) -> None:
    """Raise NotAllowed unless a certificate holds now, for all origins, and by another's word."""
    from datetime import UTC, datetime
    from urllib.parse import urlsplit

    from cryptography import x509

    tls.check()
    leaf = x509.load_pem_x509_certificates(tls.chain.read_bytes())[0]
    now = datetime.now(UTC)
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        raise NotAllowed(f"The certificate {tls.chain} does not hold today: renew it.")
    if leaf.issuer == leaf.subject:
        raise NotAllowed(f"The certificate {tls.chain} vouches for itself: have it signed.")
    names = _names(leaf)
    for origin in origins:
        host = urlsplit(origin).hostname or ""
        if host not in names and f"*.{host.partition('.')[2]}" not in names:
            raise NotAllowed(f"The certificate {tls.chain} is not for {host}.")


def _names(leaf: Any) -> set[str]:
    from cryptography import x509

    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name) for name in found.get_values_for_type(x509.DNSName)}


def listen(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Open sockets at the first address and those of the others that this computer has.

    Raises PortTaken.
    """
    opened: list[socket.socket] = []
    for host in hosts:
        try:
            opened.append(_listen(host, port))
        except OSError as error:
            if opened and error.errno not in _taken():
                continue  # no IPv6 here
            for one in opened:
                one.close()
            raise _no_port(host, port, error) from None
    return opened


def _listen(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    one = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(_BACKLOG)
    except BaseException:
        one.close()
        raise
    return one


def _taken() -> tuple[int, ...]:
    import errno

    return errno.EADDRINUSE, errno.EACCES


def _no_port(host: str, port: int, error: OSError) -> PortTaken:
    if error.errno in _taken():
        return PortTaken(
            f"Port {port} is taken: another program listens there, perhaps sheetsync itself. End "
            "it, or give another --port to `sheetsync addin install` and to start."
        )
    return PortTaken(f"This computer cannot listen at {host}, port {port} ({error.strerror}).")


class Connection(H11Protocol):
    """A connection that brings its requests in time; who only holds it open is cut off."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._seen: object = None
        self._ticks = 0
        self._watch = self.loop.call_later(TICK_SECONDS, self._tick)

    def connection_lost(self, exc: Exception | None) -> None:
        """End watching."""
        self._watch.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the words of all refusals."""
        told = {"error": {"kind": "http", "message": f"{msg.rstrip('.')}."}}
        body = json.dumps(told).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        ]
        reply = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (reply, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _tick(self) -> None:
        at = (self.cycle, self.conn.their_state)
        self._ticks = self._ticks + 1 if at == self._seen else 1
        self._seen = at
        if self._ticks > _TICKS.get(self.conn.their_state, self._ticks):
            self.transport.abort()
            return
        self._watch = self.loop.call_later(TICK_SECONDS, self._tick)


def server(app: Application, tls: Tls) -> uvicorn.Server:
    """The server of an application; ``run(sockets)`` serves until Ctrl-C."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        ssl_certfile=tls.chain,
        ssl_keyfile=str(tls.key),
    )
    return uvicorn.Server(config)


class OneLine(logging.Formatter):
    """A log line for people: the time and the message, never a stack unless one is asked for."""

    def __init__(self, *, stacks: bool = False) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")
        self._stacks = stacks

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's one line."""
        if self._stacks:
            return super().format(record)
        record.message = " ".join(record.getMessage().split())
        record.asctime = self.formatTime(record, self.datefmt)
        return self.formatMessage(record)


def log_to_stderr() -> None:
    """Log each request, and what the server itself has to say, to stderr."""
    import os

    from sheetsync.failures import DEBUG

    shown = logging.StreamHandler()
    shown.setFormatter(OneLine(stacks=bool(os.environ.get(DEBUG))))
    levels = {
        "sheetsync.addin": logging.INFO,
        "uvicorn.error": logging.WARNING,
        "asyncio": logging.ERROR,
    }
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.handlers = [shown]
        logger.setLevel(level)
        logger.propagate = False
