"""How fast requests leave: never more than Google's quota in any minute."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.backends.google.throttle import SystemClock, Throttle
from tests.backends.google.scripted import ID, SimulatedClock, read, scripted, write


def leave(throttle, clock, kind="read", sheet=""):
    """When a request that is asked for now may leave."""
    seconds = throttle.take(kind, sheet, clock.time)
    clock.time += seconds
    return clock.time


@given(st.lists(st.floats(0, 30), max_size=200), st.booleans())
@settings(max_examples=100)
def test_no_minute_sees_more_requests_of_a_kind_than_google_allows(pauses, one_sheet):
    clock = SimulatedClock()
    throttle = Throttle(clock.now())
    left = []
    for number, pause in enumerate([*pauses, *[0.0] * 100]):
        clock.time += pause
        left.append(leave(throttle, clock, sheet=ID if one_sheet else str(number)))
    for first, time in enumerate(left):
        assert sum(1 for other in left[first:] if other < time + 60 - 1e-6) <= 60


def test_one_spreadsheet_is_asked_at_most_once_a_second():
    clock = SimulatedClock()
    throttle = Throttle(clock.now())
    left = [leave(throttle, clock, kind, ID) for kind in ["read", "write"] * 5]
    gaps = [round(b - a, 6) for a, b in pairwise(left)]
    assert gaps == [1.0] * 9


def test_reads_and_writes_and_spreadsheets_do_not_wait_for_each_other():
    clock = SimulatedClock()
    throttle = Throttle(clock.now())
    for number in range(10):
        leave(throttle, clock, "read", f"a{number}")
        leave(throttle, clock, "write", f"b{number}")
    assert clock.time == SimulatedClock().time
    leave(throttle, clock, "read", "c")
    assert round(clock.time - SimulatedClock().time, 6) == 1.2


def test_a_sync_of_one_read_and_one_write_waits_at_most_a_second():
    client, script = scripted()
    read(client)
    write(client)
    assert sum(script.clock.slept) <= 1.0


def test_a_hundred_reads_take_the_time_that_the_quota_gives_them():
    client, script = scripted()
    started = script.clock.now()
    for _ in range(100):
        read(client)
    assert 99 <= script.clock.now() - started <= 130


def test_thousands_of_spreadsheets_are_not_remembered_for_ever():
    throttle = Throttle(0.0)
    for number in range(3000):
        throttle.take("read", str(number), number * 2.0)
    assert len(throttle._sheets) <= 1000


def test_the_systems_clock_does_not_go_back():
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.0)
    assert clock.now() >= before
