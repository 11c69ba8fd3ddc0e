"""Bodies of computed tabs from results."""

from __future__ import annotations

from datetime import datetime

from sheetsync.catalog.tracker import LEAN
from sheetsync.layout.tables import kpi_rows
from sheetsync.model.results import Flag, KpiValue

KEYS = [column.key for column in LEAN.tab("kpis").columns]


def value(kpi: str, group: str, month: int = 0, flag: Flag = Flag.OK) -> KpiValue:
    number = 1 / 3 if flag is Flag.OK else None
    return KpiValue(kpi, group, month, number, 3, None, None, flag)


def test_a_kpi_row_stands_in_the_order_of_the_columns():
    row = kpi_rows([value("F01", "P-1", 202503)], LEAN, {"P-1": "Acme"})[0]
    told = dict(zip(KEYS, row, strict=True))
    assert told["key"] == "F01|P-1|202503"
    assert told["partner_name"] == "Acme"
    assert told["month"] == datetime(2025, 3, 1)
    assert told["value"] == 0.333333333333
    assert told["flag"] == "ok"
    assert type(told["flag"]) is str


def test_kpis_that_do_not_apply_have_no_row_but_blanks_do():
    told = [
        value("F01", "", flag=Flag.NO_DATA),
        value("S08", "P-1", flag=Flag.NOT_APPLICABLE),
        value("S08", "P-2"),
    ]
    rows = kpi_rows(told, LEAN, {})
    assert [row[KEYS.index("key")] for row in rows] == ["F01|programme|period", "S08|P-2|period"]
