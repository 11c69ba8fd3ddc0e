"""How often and how much: rates, lock-outs, one job at a time, deadlines."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import anyio
import pytest

from sheetsync.addin import application
from sheetsync.addin.limits import Jobs, Window
from tests.addin.server.site import Reply, ask, kind, made


@pytest.fixture
def server(tmp_path):
    return made(tmp_path)


def scope_of(server, token="all", path="/v1/sync"):
    """A request's scope as a server program makes it."""
    headers = server.headers("POST", token).items()
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 50000),
    }


def test_ten_requests_a_second_get_in_and_the_eleventh_waits(server):
    assert [server.ask().status_code for _ in range(10)] == [200] * 10
    told = server.ask()
    assert (told.status_code, kind(told)) == (429, "too_often")
    assert told.headers["retry-after"] == "1"
    server.at += 0.99
    assert server.ask().status_code == 429
    server.at += 0.02
    assert server.ask().status_code == 200


def test_each_token_has_its_own_rate(server):
    for _ in range(11):
        server.ask(path="/v1/tabs", token="read")
    assert server.ask(path="/v1/tabs", token="read").status_code == 429
    assert server.ask(path="/v1/tabs", token="all").status_code == 200


def test_the_panes_files_are_not_counted(server):
    assert {server.ask("GET", "/taskpane.html").status_code for _ in range(30)} == {200}
    assert server.ask().status_code == 200


def test_ten_wrong_tokens_in_a_minute_shut_the_door_for_the_rest_of_it(server):
    for _ in range(10):
        assert kind(server.ask(token="wrong")) == "token"
        server.at += 1
    for token in ("wrong", "all"):
        told = server.ask(token=token)
        assert (told.status_code, kind(told)) == (429, "locked")
        assert told.headers["retry-after"] == "50"
    server.at += 50.1
    assert server.ask().status_code == 200


def test_nine_wrong_tokens_a_minute_shut_nothing(server):
    for _ in range(40):
        assert kind(server.ask(token="wrong")) == "token"
        server.at += 6.7
    assert server.ask().status_code == 200


def test_a_request_that_is_no_ones_does_not_shut_the_door_on_the_pane(server):
    """A page of another site can make a browser send requests, but none that counts."""
    for _ in range(30):
        assert kind(server.ask(origin="https://evil.com", token="wrong")) == "origin"
        assert kind(server.ask(content_type="text/plain", token="wrong")) == "content_type"
        assert kind(server.ask(token=None)) == "token"
    assert server.ask().status_code == 200


@pytest.mark.parametrize(
    ("attacker", "other", "status"),
    [
        ("203.0.113.7", "203.0.113.7", 429),
        ("203.0.113.7", "203.0.113.8", 200),
        ("2001:db8::1", "2001:db8::ffff", 429),
        ("2001:db8::1", "2001:db8:0:1::1", 200),
        ("fe80::1%eth0", "fe80::2%eth0", 429),
    ],
)
def test_the_door_is_shut_for_who_tried(server, attacker, other, status):
    wrong = list(server.headers("POST", "wrong").items())
    right = list(server.headers("POST").items())
    for _ in range(10):
        server.send("POST", "/v1/sync", wrong, client=(attacker, 1))
    told = server.send("POST", "/v1/sync", right, client=(other, 2))
    assert told.status_code == status


def test_an_expired_or_revoked_token_stays_outside(server, tmp_path):
    text = server.tokens.make("short", days=1)
    now = server.tokens.clock()
    server.tokens.clock = lambda: now.replace(day=3)
    told = server.ask(token=text)
    assert (told.status_code, kind(told)) == (401, "expired")
    server.tokens.revoke("all")
    assert kind(server.ask()) == "token"


def always(told):
    """An answer that is the same whatever is asked."""

    def answer(path, body, now):
        return told

    return answer


def failing(*asked):
    raise ZeroDivisionError


class Slow:
    """An answer that waits until it is let go."""

    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, path, body, now):
        self.begun.set()
        assert self.go.wait(20)
        return b"{}"


def test_one_run_of_a_token_at_a_time_while_others_are_answered(server):
    slow = server.app._answer = Slow()

    async def crowd():
        replies: dict[str, Reply] = {}

        async def one(name, token="all", path="/v1/sync"):
            replies[name] = await ask(server.app, scope_of(server, token, path), [b"{}"])

        async with anyio.create_task_group() as group:
            group.start_soon(one, "first")
            await anyio.to_thread.run_sync(slow.begun.wait, 20)
            await one("second")
            await one("check", path="/v1/check")
            server.app._answer = always(b"{}")
            await one("tabs", path="/v1/tabs")
            await one("other team", token="apply")
            slow.go.set()
        await one("third")
        return replies

    replies = anyio.run(crowd)
    codes = {name: reply.status_code for name, reply in replies.items()}
    assert codes == {
        "first": 200,
        "second": 429,
        "check": 429,
        "tabs": 200,
        "other team": 200,
        "third": 200,
    }
    assert kind(replies["second"]) == "busy"
    assert int(replies["second"].headers["retry-after"]) > 0


def test_a_job_beyond_its_time_is_told_and_keeps_its_place_until_it_ends(server, monkeypatch):
    slow = server.app._answer = Slow()
    monkeypatch.setattr(application.anyio, "fail_after", late_once(slow.begun))

    async def late():
        first = await ask(server.app, scope_of(server), [b"{}"])
        second = await ask(server.app, scope_of(server), [b"{}"])
        slow.go.set()
        return first, second

    first, second = anyio.run(late)
    assert (first.status_code, kind(first)) == (503, "too_long")
    assert (second.status_code, kind(second)) == (429, "busy")


def test_a_caller_is_told_when_the_server_ends(server):
    slow = server.app._answer = Slow()

    async def ending():
        task = asyncio.create_task(ask(server.app, scope_of(server), [b"{}"]))
        await anyio.to_thread.run_sync(slow.begun.wait, 20)
        task.cancel()
        told = await task
        slow.go.set()
        return told

    told = anyio.run(ending)
    assert (told.status_code, kind(told)) == (503, "ended")


def late_once(begun):
    """A deadline of jobs that passes as soon as the job has begun, however slow the computer is."""
    real = anyio.fail_after

    @contextmanager
    def fail_after(seconds):
        if seconds != application.JOB_SECONDS:
            with real(seconds):
                yield
            return
        loop = asyncio.get_running_loop()
        with anyio.CancelScope() as deadline:
            threading.Thread(
                target=lambda: begun.wait(20) and loop.call_soon_threadsafe(deadline.cancel)
            ).start()
            yield
        if deadline.cancelled_caught:
            raise TimeoutError

    return fail_after


def test_a_body_that_does_not_arrive_is_given_up_and_its_place_is_free(server, monkeypatch):
    monkeypatch.setattr(application, "BODY_SECONDS", 0.01)
    sent = []

    async def never():
        async def receive():
            await anyio.sleep_forever()

        async def send(message):
            sent.append(message)

        await server.app(scope_of(server), receive, send)
        return await ask(server.app, scope_of(server), [b"{}"])

    after = anyio.run(never)
    assert sent[0]["status"] == 400
    assert b'"too_slow"' in sent[1]["body"]
    assert after.status_code == 200


def test_a_caller_who_goes_away_leaves_its_place_free(server):
    gone = anyio.run(ask, server.app, scope_of(server), [])
    assert (gone.status_code, kind(gone)) == (400, "cut_off")
    assert server.ask().status_code == 200


def test_a_failing_job_leaves_its_place_free(server):
    server.app._answer = failing
    assert server.ask().status_code == 503
    server.app._answer = always(b"{}")
    assert server.ask().status_code == 200


def test_a_window_forgets_and_does_not_grow():
    at = 0.0
    window = Window(2, 10.0, lambda: at)
    for name in range(5000):
        window.add(str(name))
    assert len(window._seen) <= 1000
    at = 11.0
    window.add("x")
    window.add("x")
    assert window.wait("x") == pytest.approx(10.0)
    assert window.wait("4999") == 0.0
    at = 21.0
    assert window.wait("x") == 0.0


def test_a_place_is_given_once():
    jobs = Jobs()
    first = jobs.take("a")
    assert jobs.take("a") is None
    assert jobs.take("b")
    assert first.run(lambda: jobs.take("a")) is None
    second = jobs.take("a")
    first.leave()
    assert jobs.take("a") is None
    second.leave()
    assert jobs.take("a")


def test_a_job_whose_place_was_left_never_begins():
    place, ran = Jobs().take("a"), []
    place.leave()
    with pytest.raises(TimeoutError):
        place.run(lambda: ran.append(1))
    assert ran == []


def test_a_place_is_free_after_a_job_that_failed():
    jobs = Jobs()
    with pytest.raises(ZeroDivisionError):
        jobs.take("a").run(lambda: 1 / 0)
    assert jobs.take("a")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be chosen here")
@pytest.mark.parametrize(("zone", "hours"), [("UTC-9", 9), ("UTC+5", -5)])
def test_today_is_the_day_that_it_is_here(monkeypatch, zone, hours):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        offset = application.today().utcoffset()
    time.tzset()
    assert offset == timedelta(hours=hours)
