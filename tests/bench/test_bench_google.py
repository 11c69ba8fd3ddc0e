"""The bench of Google Sheets runs, and a sync costs no more requests than promised."""

from __future__ import annotations

import pytest

from tests.bench.bench_google import measured, report


def check(syncs):
    first, second = syncs
    assert (first.status, second.status) == ("written", "unchanged")
    assert second.sent == 0
    assert second.requests <= 2 + second.received // 1_000_000
    assert first.requests <= second.requests + 2 + first.sent // 1_000_000
    assert "max MB" in report(syncs)


def test_a_thousand_deals():
    check(measured(1_000))


@pytest.mark.soak
def test_ten_thousand_deals_take_memory_in_proportion():
    small, large = measured(1_000), measured(10_000)
    check(large)
    assert large[0].max_mb < small[0].max_mb * 10
