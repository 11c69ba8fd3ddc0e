"""The bench of Google Sheets runs, and a sync costs no more requests and bytes than promised."""

from __future__ import annotations

import pytest

from tests.bench.bench_google import Sync, measured, report

FEW, MORE = 150, 450


@pytest.fixture(scope="module")
def small() -> dict[int, list[Sync]]:
    """Two small sizes: processes of their own are started, which takes some seconds."""
    return {deals: measured(deals) for deals in (FEW, MORE)}


def check(syncs: list[Sync]) -> None:
    first, second = syncs
    assert (first.status, second.status) == ("written", "unchanged")
    assert second.sent == 0
    assert second.requests <= 2 + second.received // 1_000_000
    assert first.requests <= second.requests + 2 + first.sent // 1_000_000
    assert "max MB" in report(syncs)


def test_requests_are_as_few_as_promised(small):
    for syncs in small.values():
        check(syncs)
    assert [sync.requests for sync in small[FEW]] == [3, 1]


def test_bytes_grow_no_faster_than_deals(small):
    for few, more in zip(small[FEW], small[MORE], strict=True):
        assert more.sent <= few.sent * MORE / FEW
        assert more.received <= few.received * MORE / FEW


@pytest.mark.soak
def test_ten_thousand_deals_take_memory_in_proportion():
    small, large = measured(1_000), measured(10_000)
    check(large)
    assert large[0].max_mb < small[0].max_mb * 10


@pytest.mark.soak
def test_a_hundred_thousand_deals_take_ten_times_as_much_as_ten_thousand():
    base, large, most = measured(1_000), measured(10_000), measured(100_000)
    check(most)
    for one, ten, hundred in zip(base, large, most, strict=True):
        assert hundred.max_mb - one.max_mb < 15 * max(ten.max_mb - one.max_mb, 20)
        assert hundred.cpu < 12 * ten.cpu
