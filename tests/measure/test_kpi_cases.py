"""Every KPI gives what the cases worked out by hand say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheetsync.catalog.kpis import KPIS
from sheetsync.model.kpi import EDGES
from tests.measure.books import ADDITIVE, adds_up, look
from tests.measure.kpi_cases import Case, cases, covered, lines, told_of


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_case(case: Case) -> None:
    measured = told_of(case)
    found = look(measured)
    for line in lines(case):
        place = (line.kpi, line.group, line.month)
        value: Any = found[place]
        told = [value.value, str(value.flag)]
        want: list[Any] = [line.value, line.flag]
        for name in ("n", "low", "high"):
            if getattr(line, name) is not None:
                told.append(getattr(value, name))
                want.append(getattr(line, name))
        assert told == [pytest.approx(w, abs=2e-4) if isinstance(w, float | int) else w
                        for w in want], place  # fmt: skip


LONG = [case for case in cases() if sum(map(len, case.rows.values())) >= 8]


@pytest.mark.parametrize("case", LONG, ids=str)
def test_the_order_of_rows_changes_nothing(case: Case) -> None:
    turned = {tab: rows if tab == "partners" else rows[::-1] for tab, rows in case.rows.items()}
    assert told_of(replace(case, rows=turned)).kpis == told_of(case).kpis


@pytest.mark.parametrize("case", LONG, ids=str)
def test_partners_and_own_sales_add_up_to_the_programme(case: Case) -> None:
    found = look(told_of(case))
    people = {group for _, group, _ in found if group and ":" not in group}
    assert adds_up(found, people)


def test_additive_kpis_are_told_by_their_expressions() -> None:
    assert {"F01", "F03", "F05", "S04", "S05", "S05h", "T03c", "T07r", "T07l"} <= ADDITIVE.keys()
    assert not {"F02", "S06", "S11", "E02"} & ADDITIVE.keys()


def test_every_kpi_has_a_case() -> None:
    assert {kpi.id for kpi in KPIS} - covered().keys() == set()


@pytest.mark.parametrize("code", EDGES)
def test_every_edge_code_is_shown_by_three_kpis(code: str) -> None:
    assert sum(code in edges for _, edges in covered().values()) >= 3


def test_cases_show_only_edges_that_the_kpi_declares() -> None:
    declared = {kpi.id: set(kpi.edges.split()) for kpi in KPIS}
    for kpi, (_, shown) in covered().items():
        assert shown <= declared.get(kpi, set(EDGES)), kpi
