"""The promises of a sync, over trackers that nobody would think of.

Rows are drawn cell by cell from sensible values, values that need fixing and rubbish; the workbook
is held in memory, so that hundreds of them take seconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.backends.memory import MemorySheet, MemoryWorkbook
from sheetsync.catalog.tracker import LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.snapshot import row_keys
from sheetsync.model.tracker import Owner, Role
from sheetsync.model.values import CellError, Formula, kind_of, same
from sheetsync.sync import sync, undo

AS_OF = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
DAYS = st.dates(date(2024, 6, 1), date(2026, 8, 1)).map(lambda d: datetime(d.year, d.month, d.day))
RUBBISH = st.sampled_from(
    ["?", "n/a", -1, 1e20, True, CellError("#N/A"), Formula("A1", "x"), "\u200b"]
)
PARTNER = st.sampled_from(["P-0001", "p-0002", "P-0003 ", "Acme", "P-0404", "DIRECT"])
CELLS = {
    "partner_id": PARTNER,
    "partner_name": st.sampled_from(["Acme", " acme GmbH", "Bolt  Works", "Céleste", "Bolt Works"]),
    "partner_type": st.sampled_from(["reseller", "Reseller", "VAR", "influencer", "refferal"]),
    "status": st.sampled_from(["active", "ACTIVE", "prospect", "ended"]),
    "owner": st.sampled_from(["Ann", "Bo"]),
    "country": st.sampled_from(["DE", "Germany", "fra", "Philipines"]),
    "start_date": DAYS,
    "deal_id": st.sampled_from(["D-0001", "D-0002", "D-0003", "D-9", None, "007", 12.0]),
    "role": st.sampled_from(["sourced", "co-sell", "Influenced"]),
    "stage": st.sampled_from(["won", "Closed Won", "lost", "proposal", "lead", "wn"]),
    "created": st.one_of(DAYS, st.sampled_from(["2025-07-01", "13/07/2025", "07/08/2025"])),
    "closed": DAYS,
    "amount": st.one_of(
        st.integers(1, 10**6), st.sampled_from(["1,200.50", "1.200,50", "€ 5", "1,234", None])
    ),
    "currency": st.sampled_from(["EUR", "eur", "USD", None]),
    "reason": st.sampled_from(["price", None]),
    "entry_id": st.none(),
    "date": DAYS,
    "kind": st.sampled_from(["sale", "Refund", "fee", "commission", "cost"]),
}
KEYS = {
    "partners": ("partner_id", "partner_name", "partner_type", "status", "owner", "country",
                 "start_date"),
    "deals": ("deal_id", "partner_id", "role", "stage", "created", "closed", "amount", "currency",
              "reason"),
    "money": ("entry_id", "date", "partner_id", "kind", "amount", "currency", "deal_id"),
}  # fmt: skip
PARTNERS = ("P-0001", "P-0002", "P-0003")


@st.composite
def trackers(draw):
    """Rows by tab key: up to three partners, six deals and six money rows."""
    told = {}
    for tab, keys in KEYS.items():
        rows = [
            {k: draw(st.one_of(CELLS[k], CELLS[k], CELLS[k], RUBBISH)) for k in keys}
            for _ in range(draw(st.integers(0, 3 if tab == "partners" else 6)))
        ]
        told[tab] = rows
    for row, name in zip(told["partners"], PARTNERS, strict=False):
        row["partner_id"] = draw(st.sampled_from([name, None]))
    return told


def workbook(rows):
    """The lean tracker with these rows, in memory."""
    sheets = []
    for tab in LEAN.tabs:
        report = LEAN.reports.get(tab.key)
        head = [column.title for column in tab.columns]
        body = [[row.get(c.key) for c in tab.columns] for row in rows.get(tab.key, [])]
        formulas = {f.text(): None for f in report.formulas()} if report else {}
        grid = [head, *body] if head else []
        names = dict.fromkeys(tab.names)
        sheets.append(MemorySheet(tab.title, grid, tab.table, names, formulas))
    return MemoryWorkbook("drawn", sheets)


def run(book, **options):
    return sync(book, LEAN, DuckDb(), now=NOW, as_of=AS_OF, **options)


def entry_tables(book):
    seen = book.read(LEAN.tabs)
    return {tab.key: seen.tables[tab.key] for tab in LEAN.of_role(Role.ENTRY)}


@settings(max_examples=30)
@given(trackers())
def test_the_second_sync_writes_nothing(rows):
    book = workbook(rows)
    first = run(book).study
    stands = book.fingerprint()
    second = run(book)
    assert second.status == "unchanged", second.study.plan.ops
    assert book.fingerprint() == stands
    assert second.study.problems == first.problems
    assert second.study.measured == first.measured


@settings(max_examples=30)
@given(trackers())
def test_no_cell_of_people_is_lost(rows):
    book = workbook(rows)
    before = entry_tables(book)
    study = run(book).study
    after = entry_tables(book)
    fixed = {(fix.tab, fix.row, fix.column): fix for fix in study.fixes}
    for tab in LEAN.of_role(Role.ENTRY):
        assert list(after[tab.key].rows) == list(before[tab.key].rows)
        for column in tab.columns:
            if column.owner is Owner.SYNC:
                continue
            cells = zip(
                before[tab.key].rows,
                before[tab.key].column(column.key),
                after[tab.key].column(column.key),
                strict=True,
            )
            for row, was, now in cells:
                fix = fixed.get((tab.key, row, column.key))
                assert same(was, fix.before if fix else now)
                assert same(now, fix.after if fix else was)
                assert kind_of(was) not in {"formula", "error"} or fix is None


@settings(max_examples=30)
@given(trackers())
def test_undo_gives_back_every_cell(rows):
    book = workbook(rows)
    before = entry_tables(book)
    if run(book).status == "unchanged":
        return
    assert undo(book, LEAN, now=NOW).refused == ()
    after = entry_tables(book)
    for key, table in before.items():
        for was, now in zip(table.cells, after[key].cells, strict=True):
            assert all(map(same, was, now))


@settings(max_examples=20)
@given(trackers(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_number(rows, chance):
    """Rows that carry ids: a blank id is given by place, so its row may be named otherwise."""
    for tab, keys in (("partners", "partner_id"), ("deals", "deal_id"), ("money", "entry_id")):
        for number, row in enumerate(rows[tab], 1):
            row[keys] = f"{tab[0].upper()}-{number:04d}"
    other = {tab: chance.sample(told, len(told)) for tab, told in rows.items()}
    a, b = run(workbook(rows)).study, run(workbook(other)).study
    assert set(a.measured.kpis) == set(b.measured.kpis)
    assert set(a.measured.tiers) == set(b.measured.tiers)


@settings(max_examples=20)
@given(trackers())
def test_a_dry_run_is_the_plan_that_is_applied(rows):
    book = workbook(rows)
    planned = run(book, dry_run=True).study.plan
    assert run(book).study.plan == planned


@settings(max_examples=20)
@given(trackers())
def test_every_row_keeps_or_gains_a_name_of_its_own(rows):
    book = workbook(rows)
    run(book)
    for tab in LEAN.of_role(Role.ENTRY):
        table = entry_tables(book)[tab.key]
        names = row_keys(tab, {k: table.column(k) for k in table.bound}, len(table))
        assert len(set(names)) == len(names)
