"""Cells in JavaScript mean what they mean in Python."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sheetsync.backends.excel.values import as_text
from sheetsync.backends.xlsx.dates import Look, look_of
from sheetsync.model.plan import Plan, encode
from sheetsync.model.snapshot import _key_text
from sheetsync.model.values import CellError, Formula, same
from tests.addin.officejs.small_plans import fail_at, held
from tests.backends.excel.test_excel_properties import FILTERS, TEXTS, plans
from tests.contract.office_small import as_office
from tests.contract.small import TABS, in_memory
from tests.contract.test_every_hand import differences
from tests.fakes.office import cells
from tests.fakes.office.browser import needs_office, office_page
from tests.fakes.office.host import OfficeHost

pytestmark = needs_office

EACH = """async (context, { name, lists }) => {
  const values = await import('/values.js');
  return lists.map((list) => values[name](...list));
}"""
FORMATS = (
    *("General", "0", "0.00", "#,##0.00", "0.0%", "@", "0.00E+00", "# ?/?", "[Red]0;[Blue]-0"),
    *("yyyy-mm-dd", "d/m/yy", "mmm yyyy", "h:mm", "hh:mm:ss AM/PM", "[h]:mm", "mm:ss.0", "m/d"),
    *('"day" 0', '0 "m"', "\\d0", "#,##0.00 [$€-407]", "[$-409]d mmmm yyyy", "ge.m.d", "_(* 0_)"),
    *('0.0 "hours"', "bbbb", "yyyy", "m", "[mm]:ss", "0;yyyy", "0*d", "[Color10]0"),
)
MOMENTS = st.one_of(
    st.datetimes(datetime(1900, 1, 1), datetime(1900, 3, 9)),
    st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)),
).map(lambda day: day.replace(microsecond=0))
KINDS = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    MOMENTS,
    st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    st.sampled_from([CellError("#N/A"), CellError("#REF!"), Formula("1+1", 2), Formula("A1")]),
)


def in_page(name, lists):
    """Call a function of values.js with each list of arguments."""
    told = {"name": name, "lists": [list(one) for one in lists]}
    return office_page().run(OfficeHost(as_office(None).host.book), EACH, told)


def test_number_formats_that_show_days_are_the_same_in_both():
    found = in_page("isCalendar", [[code] for code in FORMATS])
    expected = [look_of(code) is not Look.NUMBER for code in FORMATS]
    told = dict(zip(FORMATS, zip(found, expected, strict=True), strict=True))
    assert {code: pair for code, pair in told.items() if pair[0] != pair[1]} == {}


def test_texts_get_an_apostrophe_in_the_same_cases():
    texts = ["won", "=1+1", "0012", "true", "Wahr", "P-0001", "a" * 61 + "1", "x 5", "-", "é", "'x"]
    assert in_page("entered", [[text, False] for text in texts]) == list(map(as_text, texts))


@settings(max_examples=4)
@given(st.lists(st.tuples(KINDS, KINDS), min_size=40, max_size=80))
@example([(datetime(1900, 2, 28, 0, 0, 1), datetime(1900, 3, 1))])
def test_cells_are_the_same_in_both_languages(pairs):
    pairs += [(a, a) for a, _ in pairs]
    lists = [[told(found), encode(expected), False] for found, expected in pairs]
    for pair, found in zip(pairs, in_page("sameCell", lists), strict=True):
        assert found == alike_in_excel(*pair), pair


def told(value):
    """A value as office.js tells of its cell."""
    shown = value.value if isinstance(value, Formula) else value
    raw = cells.raw(shown, date1904=False)
    return {"value": raw, "formula": str(value) if isinstance(value, Formula) else raw}


def alike_in_excel(a, b):
    """``same``, but a day and its number are one to Excel, and of a formula its text counts."""
    if isinstance(a, Formula) and isinstance(b, Formula):
        return a.text == b.text
    if isinstance(a, CellError) and isinstance(b, str):
        return a.code == b
    if isinstance(a, str) and isinstance(b, CellError):
        return a == b.code
    times = datetime, timedelta
    if isinstance(a, (*times, int, float)) and isinstance(b, times) and not isinstance(a, bool):
        x, y = (cells.raw(value, date1904=False) for value in (a, b))
        return abs(x - y) < 1e-8
    if isinstance(a, times) and type(b) in {int, float}:
        return f"{cells.raw(a, date1904=False):.15g}" == f"{b:.15g}"
    return same(a, b)


@settings(max_examples=4)
@given(st.lists(st.one_of(TEXTS, st.integers(-(10**9), 10**9), MOMENTS, st.booleans()), min_size=9))
def test_rows_have_the_same_names_in_both_languages(values):
    lists = [
        [
            cells.raw(v, date1904=False),
            "yyyy-mm-dd" if isinstance(v, datetime) else "General",
            False,
        ]
        for v in values
    ]
    for value, found in zip(values, in_page("keyText", lists), strict=True):
        if not (isinstance(value, str) and (value.startswith("#") or not value.isprintable())):
            assert found == _key_text(value)


@settings(max_examples=12)
@given(plans(), FILTERS)
def test_the_same_plan_gives_the_same_cells_as_in_lists(ops, criteria):
    book, lists = as_office(None), in_memory(None)
    deals = book.host.book.sheet("Deals")
    deals.tables[0].criteria = dict(criteria)
    for one in (book, lists):
        seen = one.read(TABS)
        one.apply(Plan(tuple(ops(seen)), seen.fingerprint, "r1"), TABS)
    assert differences(lists.read(TABS), book.read(TABS)) == []
    assert deals.tables[0].criteria == criteria


@settings(max_examples=12)
@given(plans(), FILTERS, st.integers(1, 12))
def test_a_refusal_anywhere_leaves_everything_as_it_was(ops, criteria, number):
    from sheetsync.model.errors import WriteFailed

    book = as_office(None)
    book.host.book.sheet("Deals").tables[0].criteria = dict(criteria)
    before = held(book.host, formats=False)
    seen = book.read(TABS)
    fail_at(book.host, number, ("write", "format", "resize", "name"))
    try:
        book.apply(Plan(tuple(ops(seen)), seen.fingerprint, "r1"), TABS)
    except WriteFailed:
        assert held(book.host, formats=False) == before
