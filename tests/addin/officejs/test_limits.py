"""Big trackers stay inside of what Excel takes and gives in one request."""

from __future__ import annotations

import pytest

from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.errors import WriteFailed
from sheetsync.sync import study, sync
from tests.addin.officejs.big_book import big_book
from tests.addin.officejs.small_plans import scored
from tests.backends.excel.plans import results
from tests.contract.small import TABS
from tests.fakes.office.browser import needs_office
from tests.fakes.office.host import LIMIT, OfficeHost
from tests.fakes.office.office_book import OfficeBook
from tests.trackers import AS_OF, NOW

pytestmark = needs_office


def wide(count):
    """So many rows of long texts for Results."""
    rows = tuple((f"k{i}", i, f"text {i} " + "x" * 200) for i in range(count))
    return lambda seen: results(seen, *rows)


def test_a_reading_that_is_too_large_is_cut_into_smaller_ones(book, host):
    sheet = host.book.sheet("Results")
    sheet.cells.update({(row, 3): f"{row} " + "x" * 300 for row in range(2, 600)})
    sheet.cells.update({(row, 1): f"k{row}" for row in range(2, 600)})
    whole = book.read(TABS).tables["results"]
    host.limit, host.requests, host.answers = 30_000, [], []
    assert book.read(TABS).tables["results"] == whole
    assert len(host.answers) > 20
    assert max(host.answers) <= 30_000


def test_one_row_that_is_too_large_is_told(book, host):
    host.book.sheet("Results").cells[2, 3] = "x" * 30_000
    host.limit = 20_000
    with pytest.raises(Exception, match=r"limit|ResponsePayload") as told:
        book.read(TABS)
    assert told.value.code == "ResponsePayloadSizeLimitExceeded"


def test_a_write_is_cut_into_requests_of_the_size_that_is_asked_for(book, host):
    score = scored(book, wide(400))
    host.requests.clear()
    host.limit = 40_000
    book.play(score, size=20_000)
    assert book.read(TABS).tables["results"].column("value") == list(range(400))
    assert len(host.requests) > 8


def test_a_write_that_is_cut_is_put_back_whole(book, host):
    score = scored(book, wide(400))
    before = book.read(TABS)
    writes = []

    def before_each(kind, _title, _rect):
        writes.append(kind)
        if writes.count("write") == 4:
            from tests.fakes.office.objects import ExcelError

            raise ExcelError("GeneralException", "no")

    host.before = before_each
    with pytest.raises(WriteFailed, match="put back"):
        book.play(score, size=20_000)
    host.before = None
    assert book.read(TABS).tables == before.tables
    assert host.book.sheet("Results").tables[0].rect == (1, 1, 3, 3)


def synced(book):
    return sync(book, LEAN, DuckDb(), now=NOW, as_of=AS_OF)


def test_a_tracker_is_synced_through_small_requests(tmp_path):
    host = OfficeHost(big_book(tmp_path, 60), limit=250_000)
    book = OfficeBook(host, size=100_000)
    assert synced(book).status == "written"
    assert not study(book, LEAN, DuckDb(), now=NOW, as_of=AS_OF).plan
    assert len(host.answers) > 10
    assert max(host.answers) <= 250_000


def test_50_000_rows_are_read_and_written_within_the_limits_of_excel(book, host):
    sheet = host.book.sheet("Results")
    sheet.cells.update({(row, 1): f"key {row}" for row in range(2, 50_002)})
    sheet.cells.update({(row, 2): row / 7 for row in range(2, 50_002)})
    sheet.tables[0].rect = (1, 1, 50_001, 3)
    rows = tuple((f"key {row}", row / 3, None) for row in range(2, 50_102))
    book.play(scored(book, lambda seen: results(seen, *rows)))
    assert [sheet.cells[row, 2] for row in (2, 50_101)] == [2 / 3, 50_101 / 3]
    assert max(host.requests) < LIMIT / 2
    assert max(host.answers) < LIMIT / 2
    assert sum(host.answers) > LIMIT


@pytest.mark.soak
def test_a_tracker_of_50_000_rows_is_synced_within_the_limits_of_excel(tmp_path):
    host = OfficeHost(big_book(tmp_path, 33_000))
    book = OfficeBook(host)
    assert synced(book).status == "written"
    assert max(host.requests) < LIMIT / 2
    assert max(host.answers) < LIMIT / 2
    assert sum(host.answers) > 2 * LIMIT
