"""The emulator behind real HTTP on the loopback interface.

    with Server(Service()) as server:
        session.mount("https://sheets.googleapis.com", Rewrite(server.url))

`server.url + "/token"` is a token endpoint for service accounts.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.fakes.sheets.service import Service
from tests.fakes.sheets.wire import Answer, Wire


class Server:
    """A threading HTTP server for a Service or a Wire; use as a context manager.

    A broken contract (or a fault of the emulator) cannot be raised in the client's thread: it is
    answered 500 and kept in `broken`; leaving the context raises the first.
    """

    def __init__(self, service: Service | Wire):
        self.wire = service if isinstance(service, Wire) else Wire(service)
        self.broken: list[Exception] = []
        self.http = _Http(("127.0.0.1", 0), _Reply)
        self.http.owner = self
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, kind, *rest) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        if self.broken and kind is None:
            raise self.broken[0]

    def answer(self, method: str, target: str, headers, body: bytes | None) -> Answer:
        """The wire's answer, or 500 for what it raised."""
        try:
            return self.wire.answer(method, target, headers, body)
        except Exception as broken:  # noqa: BLE001 - kept, and raised in the test's thread
            self.broken.append(broken)
            return Answer(500, {}, str(broken).encode())


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: Server

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no news."""


class _Reply(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, *args) -> None:
        """Silent."""

    def _any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else None
        found = self.server.owner.answer(self.command, self.path, self.headers, body)
        if found.reset:
            self._reset()
        else:
            self._send(found)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815

    def _send(self, found: Answer) -> None:
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        if found.late:
            self.wfile.flush()
            time.sleep(found.late)
        try:
            self.wfile.write(found.body if found.cut is None else found.body[: found.cut])
            self.wfile.flush()
        except OSError:
            self.close_connection = True
        if found.cut is not None:
            self.close_connection = True

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
