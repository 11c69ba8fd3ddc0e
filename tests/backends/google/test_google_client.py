"""Every fault of a bad day: how often is asked, how long is waited, and how it ends."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from random import Random

import gspread
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sheetsync import __version__
from sheetsync.backends.google import failures
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.retry import Limits
from sheetsync.model.errors import RemoteRefused, SheetsyncError
from tests.backends.google.scripted import (
    FAULTS,
    GOOD,
    ID,
    Answer,
    after,
    read,
    scripted,
    write,
)

PASSING = [
    "500",
    "503",
    "html 502",
    "html 408",
    "truncated json",
    "html 200",
    "redirect",
    "short body",
    "reset",
    "read timeout",
]
"""After these a write may have been carried out."""
HARMLESS = ["429", "403 rate", "refused", "connect timeout", "proxy"]
"""After these it has not."""


@pytest.mark.parametrize("fault", PASSING + HARMLESS)
def test_a_read_is_asked_again_after_a_passing_fault(fault):
    client, script = scripted(fault)
    assert read(client) == GOOD
    assert len(script.asked) == 2


@pytest.mark.parametrize("fault", [*PASSING[:-1], *HARMLESS])
def test_a_write_with_a_token_is_sent_again_after_a_passing_fault(fault):
    client, script = scripted(fault)
    assert write(client) == GOOD
    assert len(script.asked) == 2
    assert script.asked[0].body == script.asked[1].body


@pytest.mark.parametrize("fault", PASSING)
def test_a_write_without_token_is_never_sent_again_once_it_may_have_been_carried_out(fault):
    client, script = scripted(fault)
    with pytest.raises(failures.Ambiguous, match="did not confirm it") as told:
        write(client, token=False)
    assert len(script.asked) == 1
    assert told.value.unsure


@pytest.mark.parametrize("fault", HARMLESS)
def test_a_write_without_token_is_sent_again_where_nothing_can_have_been_done(fault):
    client, script = scripted(fault)
    assert write(client, token=False) == GOOD
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("500", failures.Outage),
        ("503", failures.Outage),
        ("html 502", failures.Outage),
        ("html 408", failures.Outage),
        ("truncated json", failures.Unreachable),
        ("html 200", failures.Unreachable),
        ("redirect", failures.Unreachable),
        ("short body", failures.Unreachable),
        ("reset", failures.Unreachable),
        ("refused", failures.Unreachable),
        ("proxy", failures.Unreachable),
        ("connect timeout", failures.Unreachable),
    ],
)
def test_a_read_gives_up_after_six_tries_in_at_most_150_seconds(fault, kind):
    client, script = scripted(*[fault] * 9)
    started = script.clock.now()
    with pytest.raises(kind):
        read(client)
    assert len(script.asked) == 6
    assert script.began[-1] - started <= 150
    assert sum(script.clock.slept) <= 1 + 2 + 4 + 8 + 16


def test_waits_grow_twofold_up_to_the_cap_and_are_drawn_between_nothing_and_that():
    drawn = []

    class Drawing:
        def uniform(self, low, high):
            drawn.append((low, high))
            return high

    client, script = scripted(*["503"] * 6, jitter=Drawing())
    with pytest.raises(failures.Outage):
        read(client)
    assert drawn == [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16)]
    assert min(Limits().cap, Limits().base * 2**5) == 32
    assert script.clock.slept == pytest.approx([1, 2, 4, 8, 16])


def test_read_timeouts_use_up_the_150_seconds_and_not_six_tries():
    client, script = scripted(*["read timeout"] * 9)
    started = script.clock.now()
    with pytest.raises(failures.Unreachable, match="did not answer in time"):
        read(client)
    assert len(script.asked) == 3
    assert script.clock.now() - started <= 150 + 60


def test_a_write_that_timed_out_once_is_not_sent_again_because_its_time_is_up():
    client, script = scripted(*["read timeout"] * 9)
    with pytest.raises(failures.Ambiguous):
        write(client)
    assert len(script.asked) == 1


def test_connection_read_and_write_have_their_own_time_limits():
    client, script = scripted()
    read(client)
    write(client)
    assert script.times == [(10.0, 60.0), (10.0, 190.0)]


def test_a_spent_quota_is_waited_for_until_the_minutes_refill():
    client, script = scripted("429")
    read(client)
    assert sum(script.clock.slept) >= 60


def test_a_quota_that_stays_spent_is_told_within_the_time():
    client, script = scripted(*["429"] * 9)
    started = script.clock.now()
    with pytest.raises(failures.QuotaExceeded, match="again in a minute") as told:
        read(client)
    assert len(script.asked) == 3
    assert script.clock.now() - started <= 150
    assert told.value.wait == 60


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_waited_for(status):
    client, script = scripted(after(17, status))
    read(client)
    assert 17 <= sum(script.clock.slept) <= 17 + 2


def test_retry_after_as_a_moment_is_measured_by_the_replys_own_date():
    asked = after("Fri, 31 Jan 2031 10:00:30 GMT")
    asked.headers["Date"] = "Fri, 31 Jan 2031 10:00:00 GMT"
    client, script = scripted(asked)
    read(client)
    assert 30 <= sum(script.clock.slept) <= 32


@pytest.mark.parametrize("told", ["soon", "-5", "", "1e9", "Fri, 99 Foo 2031", "²"])
def test_a_retry_after_that_says_nothing_is_as_good_as_none(told):
    client, script = scripted(after(told))
    read(client)
    assert sum(script.clock.slept) <= 2


def test_a_longer_wait_than_we_have_time_for_is_told_at_once():
    client, script = scripted(after(600, 429))
    with pytest.raises(failures.QuotaExceeded, match="again in 10 minutes") as told:
        read(client)
    assert len(script.asked) == 1
    assert script.clock.slept == []
    assert told.value.wait == 600


@pytest.mark.parametrize("fault", ["400", "403", "413", "certificate"])
@pytest.mark.parametrize("act", [read, write])
def test_a_refusal_for_good_is_never_asked_again(fault, act):
    client, script = scripted(fault)
    with pytest.raises(failures.GoogleFailure):
        act(client)
    assert len(script.asked) == 1


def test_a_sheet_not_seen_before_and_not_found_is_asked_for_once():
    client, script = scripted("404")
    with pytest.raises(failures.NotFound, match="no Google Sheet at this address"):
        read(client)
    assert len(script.asked) == 1


def test_a_sheet_that_was_there_is_asked_for_three_times():
    client, script = scripted("ok", "404", "404", "ok", "404", "404", "404", "404")
    read(client)
    assert read(client) == GOOD
    with pytest.raises(failures.NotFound, match="there a moment ago"):
        write(client, token=False)
    assert len(script.asked) == 1 + 3 + 3


def test_an_expired_access_token_is_renewed_once():
    client, script = scripted("401")
    assert write(client, token=False) == GOOD
    assert (len(script.asked), client.session.credentials.renewed) == (2, 1)
    assert script.clock.slept == []


def test_a_sign_in_that_stays_refused_is_told_after_one_renewal():
    client, script = scripted("401", "401", "401")
    with pytest.raises(failures.SignInNeeded, match="sheetsync google login"):
        read(client)
    assert (len(script.asked), client.session.credentials.renewed) == (2, 1)


def test_a_write_with_a_token_whose_outcome_stays_unknown_is_told_as_such():
    client, script = scripted("reset", *["429"] * 9)
    with pytest.raises(failures.Ambiguous, match="run sheetsync again"):
        write(client)
    assert len(script.asked) == 4


def test_a_refusal_after_a_lost_reply_tells_that_the_first_try_may_be_the_reason():
    message = "developer metadata with that ID already exists."
    exists = Answer(400, json.dumps({"error": {"message": message}}).encode())
    client, script = scripted("reset", exists)
    with pytest.raises(failures.Rejected, match="earlier try may have gone through") as told:
        write(client)
    assert told.value.unsure
    assert told.value.words == message
    assert told.value.status == 400
    assert len(script.asked) == 2


def test_requests_and_bytes_are_counted_as_they_go_over_the_wire():
    client, script = scripted("503", "refused", compress=True)
    read(client)
    assert client.requests == 2
    assert client.sent == 0
    bodies = FAULTS["503"].body, Answer().body
    assert client.received == sum(len(gzip.compress(body)) for body in bodies)
    write(client)
    assert client.requests == 3
    assert client.sent == len(script.asked[-1].body)


def test_a_body_is_compact_utf8_and_replies_are_asked_for_compressed():
    client, script = scripted()
    client.batch_update(ID, {"requests": [{"note": "Žluťoučký"}]}, token=True)
    sent = script.asked[0]
    assert sent.body == '{"requests":[{"note":"Žluťoučký"}]}'.encode()
    assert sent.headers["Accept-Encoding"] == "gzip"
    assert sent.headers["User-Agent"] == f"sheetsync/{__version__} (gzip)"


def test_values_are_asked_for_raw_with_dates_as_serial_numbers():
    client, script = scripted()
    client.batch_get_values(ID, ["'Deals'!A1:Z", "'Money'!A1:Z"])
    url = script.asked[0].url
    assert url.count("ranges=") == 2
    assert "UNFORMATTED_VALUE" in url
    assert "SERIAL_NUMBER" in url


def test_not_a_number_is_refused_before_it_is_sent():
    client, script = scripted()
    with pytest.raises(ValueError, match="not JSON compliant"):
        client.batch_update(ID, {"requests": [{"x": float("nan")}]})
    assert script.asked == []


def test_gspread_itself_works_through_the_client():
    client, _ = scripted(Answer(body=json.dumps({"properties": {"title": "Partners"}}).encode()))
    book = gspread.Client(auth=None, session=client.session, http_client=SheetsClient)
    book.http_client = client
    assert book.open_by_key(ID).id == ID


def test_every_failure_is_one_that_the_command_line_knows():
    client, _ = scripted("400")
    with pytest.raises(SheetsyncError) as told:
        read(client)
    assert isinstance(told.value, RemoteRefused)
    assert told.value.kind == "rejected"


faults = st.lists(st.sampled_from(sorted(FAULTS)) | st.integers(0, 400).map(after), max_size=12)


@settings(max_examples=300)
@given(faults, st.sampled_from(["read", "token", "bare"]), st.integers())
@example(["404"] * 9, "read", 0)
def test_whatever_happens_tries_and_time_are_bounded_and_nothing_is_done_twice(script, act, seed):
    client, met = scripted(*script, jitter=Random(seed))
    started = met.clock.now()
    with suppress(failures.GoogleFailure):
        read(client) if act == "read" else write(client, token=act == "token")
    tries = len(met.asked)
    renewed = client.session.credentials.renewed
    assert 1 <= tries <= 6 + renewed
    assert renewed <= 1
    assert met.began[-1] - started <= 150
    assert met.clock.now() - started <= 150 + 10 + 190
    if act == "bare":
        done = [name for name in script[: tries - 1] if name == "ok" or name in PASSING]
        assert done == []
        assert not any(
            isinstance(step, Answer) and step.status == 503 for step in script[: tries - 1]
        )
