"""The second look at a workbook as fixed parses little again, and finds what a full one finds."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from sheetsync.clean import columns
from sheetsync.clean.clean import settle
from sheetsync.model.settings import Settings
from tests.clean.small_tracker import (
    AS_OF,
    SMALL,
    cleaned,
    deal,
    partner,
    snapshot,
    with_fixes,
)
from tests.clean.test_clean_properties import _CELLS as CELLS
from tests.clean.test_clean_properties import _ROWS as DEAL_ROWS

_PARTNER_CELLS = st.one_of(
    CELLS,
    st.sampled_from([" Acme", "Acme", "P-0001 ", "p-0001", "Germany", "de", "+49 30 123456", "x"]),
)


def _rows(*keys):
    row = st.dictionaries(st.sampled_from(keys), _PARTNER_CELLS, max_size=5)
    return st.lists(row.map(lambda told: dict.fromkeys(keys) | told), min_size=1, max_size=5)


_PARTNERS = _rows("partner_id", "partner_name", "status", "country", "currency", "start", "end")
_CONTACTS = _rows("contact_id", "partner_id", "name", "email", "phone", "is_primary")
_DEALS = DEAL_ROWS.filter(bool).map(
    lambda rows: [dict.fromkeys(("deal_id", "currency", "note")) | row for row in rows]
)


def _settled(book, decisions=None):
    return settle(book, SMALL, Settings(), AS_OF, decisions or {})


def _full(book, decisions=None):
    """What two whole passes tell: fixes under their later keys, the fixed book, what it says."""
    first = cleaned(book, decisions)
    fixed = with_fixes(book, first.fixes)
    second = cleaned(fixed, decisions)
    names = {
        (tab, row): key
        for tab, table in second.tables.items()
        for row, key in zip(table.frame["_row"], table.frame["_key"], strict=True)
    }
    fixes = [
        (f.code, f.tab, names[f.tab, f.row], f.row, f.column, f.before, f.after)
        for f in first.fixes
    ]
    return fixes, fixed, second


def _same(told, full):
    fixes, fixed, second = full
    assert [(f.code, f.tab, f.key, f.row, f.column, f.before, f.after) for f in told.fixes] == fixes
    assert told.fixed == fixed
    assert told.cleaned.problems == second.problems
    assert told.cleaned.fixes == second.fixes
    for tab, table in second.tables.items():
        assert told.cleaned.tables[tab].frame.equals(table.frame)
        assert (told.cleaned.tables[tab].frame.dtypes == table.frame.dtypes).all()


@given(_PARTNERS, _CONTACTS, _DEALS)
def test_the_short_second_look_equals_a_whole_one(partners, contacts, deals):
    book = snapshot(partners=partners, contacts=contacts, deals=deals)
    _same(_settled(book), _full(book))


@given(_PARTNERS, _DEALS, st.sampled_from(["accept", "reject"]))
def test_so_it_does_with_decisions(partners, deals, decision):
    book = snapshot(partners=partners, deals=deals)
    decisions = {p.id: decision for p in cleaned(book).problems}
    _same(_settled(book, decisions), _full(book, decisions))


def test_a_fix_that_takes_the_proof_away_has_the_column_read_again():
    days = ["13/04/2025", "03/04/2025", datetime(2025, 4, 1)]
    book = snapshot(
        partners=[partner(1)], deals=[deal(n, created=day) for n, day in enumerate(days)]
    )
    _same(_settled(book), _full(book))
    assert [f.after for f in _settled(book).fixes] == [
        datetime(2025, 4, 13),
        datetime(2025, 4, 3),
    ]


def test_what_fixes_leave_as_it_is_is_parsed_once(monkeypatch):
    parsed = []

    def counted(distinct, built, parse=columns._parsed):
        parsed.append(len(list(distinct)))
        return parse(distinct, built)

    monkeypatch.setattr(columns, "_parsed", counted)
    notes = [f"note {n}" for n in range(50)]
    rows = [deal(n, note=note, stage="Won" if n == 7 else "won") for n, note in enumerate(notes)]
    told = _settled(snapshot(partners=[partner(1)], deals=rows))
    assert [f.column for f in told.fixes] == ["stage"]
    half = len(parsed) // 2
    assert sum(parsed[:half]) > 100
    assert sum(parsed[half:]) == 1
