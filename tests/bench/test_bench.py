"""The sync is many times cheaper than the script people write today, and grows in step with rows.

Ratios with wide margins, for the machine may be busy: of CPU seconds, and at full size (``pytest
-m soak``) of seconds by the clock too, which a sync spends on two processors. Both peers count:
the naive script, and the same script tuned by its author.
"""

import pytest

from sheetsync.backends.xlsx.worker import processors
from tests.bench.bench_sync import Size, measure_sizes, report

TIMES_CHEAPER = {1_000: 0.7, 10_000: 2.0, 100_000: 4.0}
"""The least ratio of a peer's CPU seconds to the sync's; small books pay for start-up."""
TIMES_FASTER = 6.0
"""The same by the clock, for 100,000 deals."""
NOT_WORSE_THAN_LINEAR = 2.0
SECOND_AT_MOST = 0.9


@pytest.fixture(scope="module")
def sizes() -> dict[int, Size]:
    return {size.deals: size for size in measure_sizes([1_000, 10_000], repeats=1)}


@pytest.mark.parametrize("deals", [1_000, 10_000])
def test_many_times_cheaper_than_the_naive_script(sizes: dict[int, Size], deals: int) -> None:
    size = sizes[deals]
    assert min(size.ratio, size.tuned_ratio) > TIMES_CHEAPER[deals], report([size])


def test_grows_in_step_with_the_rows(sizes: dict[int, Size]) -> None:
    small, big = sizes[1_000].per_thousand, sizes[10_000].per_thousand
    assert big < small * NOT_WORSE_THAN_LINEAR, report(list(sizes.values()))


def test_a_sync_with_nothing_to_do_is_cheaper_and_changes_no_byte(sizes: dict[int, Size]) -> None:
    size = sizes[10_000]
    assert size.second[0].cpu < size.first[0].cpu * SECOND_AT_MOST, report([size])
    assert not size.second_changed_bytes


@pytest.mark.soak
def test_a_hundred_thousand_deals() -> None:
    small, big = measure_sizes([10_000, 100_000], repeats=1)
    assert min(big.ratio, big.tuned_ratio) > TIMES_CHEAPER[100_000], report([small, big])
    if processors() > 1:
        assert big.tuned[0].wall > big.first[0].wall * TIMES_FASTER, report([small, big])
    assert big.per_thousand < small.per_thousand * NOT_WORSE_THAN_LINEAR, report([small, big])
    assert not big.second_changed_bytes
