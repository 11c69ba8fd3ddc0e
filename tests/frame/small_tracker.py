"""A tracker of five small tabs, drawn with XlsxWriter, to change workbooks by."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab
from sheetsync.model.values import Value

DEALS = Tab(
    "deals",
    "Deals",
    Role.ENTRY,
    "One row per deal.",
    (
        Column("deal_id", "Deal ID", CellType.ID, "Its id."),
        Column("partner", "Partner", CellType.TEXT, "Its partner."),
        Column("amount", "Amount", CellType.MONEY, "Its amount."),
        Column("closed", "Closed", CellType.DAY, "Its last day."),
        Column("check", "Check", CellType.TEXT, "What is wrong.", owner=Owner.SYNC),
    ),
    key_columns=("deal_id",),
    table="tblDeals",
)
KPIS = Tab(
    "kpis",
    "KPI Monthly",
    Role.COMPUTED,
    "One row per value.",
    (
        Column("key", "Key", CellType.TEXT, "Its key.", range_name="kpi_key"),
        Column("month", "Month", CellType.MONTH, "Its month."),
        Column("value", "Value", CellType.NUMBER, "Its value.", range_name="kpi_value"),
        Column("flag", "Flag", CellType.TEXT, "Its flag."),
    ),
    key_columns=("key",),
    table="tblKpis",
)
LOG = Tab(
    "log",
    "Sync Log",
    Role.LOG,
    "What was changed.",
    (
        Column("at", "At", CellType.TIMESTAMP, "When."),
        Column("note", "Note", CellType.TEXT, "What."),
    ),
    table="tblLog",
)
DASHBOARD = Tab(
    "dashboard", "Dashboard", Role.REPORT, "The state.", names=("dash_as_of", "dash_note")
)
TABS = (DASHBOARD, DEALS, KPIS, LOG)
FORMULAS = ("SUM(kpi_value)", 'IF(COUNTA(kpi_key)>1,"many","few")')


def draw(deals: Sequence[Sequence[Value]], extra: Any = None) -> bytes:
    """Draw the tracker with these deals; ``extra(book, sheets)`` adds what people add."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd", "locked": False})
    money = book.add_format({"num_format": "#,##0.00", "locked": False})
    sheets = {tab.title: book.add_worksheet(tab.title) for tab in TABS}
    formats = {"closed": day, "month": day, "at": day, "amount": money, "value": money}
    for tab in (DEALS, KPIS, LOG):
        _draw_table(sheets[tab.title], tab, deals if tab is DEALS else (), formats)
    for column in KPIS.columns:
        if column.range_name:
            letter = "ABCD"[KPIS.columns.index(column)]
            book.define_name(column.range_name, f"='KPI Monthly'!${letter}$2")
    board = sheets["Dashboard"]
    for row, text in enumerate(FORMULAS, 3):
        board.write_formula(row, 1, f"={text}", None, "")
    board.write(0, 0, "As of")
    board.write_blank(0, 1, None, day)
    board.write_blank(1, 1, None, book.add_format({"bold": True}))
    book.define_name("dash_as_of", "=Dashboard!$B$1")
    book.define_name("dash_note", "=Dashboard!$B$2")
    sheets["KPI Monthly"].protect()
    if extra:
        extra(book, sheets)
    book.close()
    return file.getvalue()


def _draw_table(sheet: Any, tab: Tab, rows: Sequence[Sequence[Value]], formats: Any) -> None:
    columns = [{"header": c.title, "format": formats.get(c.key)} for c in tab.columns]
    sheet.add_table(
        0, 0, max(len(rows), 1), len(columns) - 1, {"name": tab.table, "columns": columns}
    )
    for i, column in enumerate(tab.columns):
        look = formats.get(column.key)
        sheet.write(1, i, None, look)
        for row, cells in enumerate(rows, 1):
            sheet.write(row, i, cells[i] if i < len(cells) else None, look)


def snapshot_of(data: bytes, tabs: Sequence[Tab] = TABS) -> Snapshot:
    """Read the tracker's tabs as they are."""
    return snapshot(data, tabs, "small")


def body_of(snapshot: Snapshot, tab: Tab) -> tuple[tuple[Value, ...], ...]:
    """The rows of a computed tab as read, in the order of its declared columns."""
    table = snapshot.tables[tab.key]
    return tuple(zip(*(table.column(c.key) for c in tab.columns), strict=True))
