"""Cleaning is idempotent, conserves every row and cell, and does not depend on order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sheetsync.clean.columns import is_blank
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.values import CellError, Formula
from tests.clean.small_tracker import DEALS, SMALL, cleaned, partner, table, with_fixes

_DAYS = st.datetimes(datetime(1995, 1, 1), datetime(2026, 3, 1)).map(
    lambda t: t.replace(microsecond=0)
)
_DATE_TEXTS = st.builds(
    lambda day, form: day.strftime(form),
    _DAYS,
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%y", "%d %b %Y", "%Y-%m"]),
)
_AMOUNT_TEXTS = st.builds(
    lambda value, form: form.format(value).replace("_", " "),
    st.floats(-1e7, 1e7).map(lambda x: round(x, 3)),
    st.sampled_from(
        ["{:,.2f}", "{:.3f}", "{:_.0f}", "{:,.0f}", "€ {:,.2f}", "{:.1f}%", "({:.0f})"]
    ),
)
_WORDS = st.sampled_from(
    ["Won", " won", "closed won", "wonn", "lost", "yes", "N", "x", "P-0001", "p-0002", "P-2",
     "P-77", "Partner A", "direct", "eur", "€", "$", "USD", "45%", "1,234", "1.234", "1.5k",
     "#N/A", "abc", "Mar-26", "00042", "1E+19", "", " ", "\u200b", "a\u00a0b", "x\x07y",
     "D-0001", "100 USD"]
)  # fmt: skip
_SCALARS = st.one_of(
    st.none(),
    _WORDS,
    _DATE_TEXTS,
    _AMOUNT_TEXTS,
    st.text(max_size=6),
    st.booleans(),
    st.integers(-5, 50_000),
    st.floats(-1e6, 1e6),
    _DAYS,
    st.sampled_from(["#N/A", "#REF!"]).map(CellError),
    st.integers(0, 10**5).map(lambda s: timedelta(seconds=s)),
)
_CELLS = st.one_of(_SCALARS, _SCALARS, _SCALARS, st.builds(Formula, st.just("A1"), _SCALARS))
_KEYS = [column.key for column in DEALS.columns]
_SOUND = {
    "partner_id": "P-0001",
    "stage": "won",
    "created": datetime(2026, 1, 1),
    "amount": 5.0,
}
_ROWS = st.lists(
    st.dictionaries(st.sampled_from(_KEYS), _CELLS, max_size=8).map(lambda row: {**_SOUND, **row}),
    max_size=8,
)


def _book(rows):
    full = [dict.fromkeys(_KEYS) | row for row in rows]
    partners = table(SMALL.tab("partners"), [partner(1), partner(2, partner_name="Windermere")])
    return Snapshot("x", "f", {"partners": partners, "deals": table(DEALS, full)})


def _typed(told, tab="deals"):
    frame = told.tables[tab].frame
    return frame.drop(columns=["_key", "_row"])


@given(_ROWS)
def test_cleaning_what_was_cleaned_changes_nothing(rows):
    book = _book(rows)
    first = cleaned(book)
    second = cleaned(with_fixes(book, first.fixes))
    assert second.fixes == ()
    assert _typed(second).equals(_typed(first))
    assert [(p.code, p.row, p.column, p.found) for p in second.problems] == [
        (p.code, p.row, p.column, p.found) for p in first.problems
    ]


@given(_ROWS)
def test_accepting_every_guess_settles_what_can_be_settled(rows):
    book = _book(rows)
    ids = {p.id: "accept" for p in cleaned(book).problems}
    first = cleaned(book, ids)
    after = with_fixes(book, first.fixes)
    again = cleaned(after)
    assert not [f for f in again.fixes if f.code == "accepted"]
    assert again.fixes == ()


@given(_ROWS)
def test_every_row_and_cell_is_accounted_for(rows):
    book = _book(rows)
    told = cleaned(book)
    frame = told.tables["deals"].frame
    assert frame["_row"].tolist() == list(book.tables["deals"].rows)
    accused = {(p.row, p.column) for p in told.problems}
    for key in _KEYS:
        for row, cell, value in zip(
            frame["_row"], book.tables["deals"].column(key), frame[key].isna(), strict=True
        ):
            assert is_blank(cell) or not value or (row, key) in accused


@given(st.data(), _ROWS)
def test_the_order_of_rows_and_columns_does_not_matter(data, rows):
    rows = [{**row, "deal_id": f"D-{n:04d}"} for n, row in enumerate(rows)]
    book = _book(rows)
    seen = book.tables["deals"]
    rows_as = data.draw(st.permutations(range(len(rows))))
    columns_as = data.draw(st.permutations(range(len(seen.headers))))
    shuffled = replace(
        seen,
        headers=tuple(seen.headers[i] for i in columns_as),
        bound={key: columns_as.index(i) for key, i in seen.bound.items()},
        cells=tuple([seen.cells[i][j] for j in rows_as] for i in columns_as),
    )
    other = cleaned(replace(book, tables={**book.tables, "deals": shuffled}))
    one = cleaned(book)
    frames = [t.tables["deals"].frame.set_index("_key").sort_index() for t in (one, other)]
    assert frames[0].drop(columns="_row").equals(frames[1].drop(columns="_row"))
    assert {p.id for p in one.problems} == {p.id for p in other.problems}
