"""Another process's word counts for what it was told, and for nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from sheetsync.backends.xlsx import apply
from sheetsync.backends.xlsx import second as module
from sheetsync.backends.xlsx.apply import apply_plan
from sheetsync.backends.xlsx.package import Package, Packed, pack
from sheetsync.backends.xlsx.second import Claim, Second, second_process
from sheetsync.backends.xlsx.verify import _SheetCheck, verify
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.model.errors import WriteFailed
from sheetsync.model.plan import Plan, ReplaceRows, WriteCells
from tests.frame.small_tracker import KPIS, TABS, draw, snapshot_of

DAY = datetime(2026, 3, 1)
OLD = draw((("D-1", "P-1", 1.5, DAY), ("D-2", "P-2", "12", None), ("D-3", "P-3", None, None)))
ROWS = tuple((f"F{i}", DAY, i * 1.5, "ok") for i in range(5))
PLAN = Plan(
    (
        WriteCells("deals", "amount", ("D-2",), ("D-2",), (3,), ("12",), (12.0,)),
        ReplaceRows("kpis", tuple(c.key for c in KPIS.columns), (), ROWS),
    ),
    hashlib.sha256(OLD).hexdigest(),
)
SEEN = snapshot_of(OLD)
DEALS, KPI = (f"xl/worksheets/sheet{i}.xml" for i in (2, 3))


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Iterator[Second]:
    """As on a machine with two processors, for a file that is worth a second one."""
    monkeypatch.setattr(module, "SHARED_FROM", 0)
    monkeypatch.setattr(module, "_BIG", 0)
    monkeypatch.setattr(module, "processors", lambda: 2)
    with second_process(OLD, PLAN, TABS, SEEN) as one:
        assert one is not None
        yield one


@pytest.fixture
def checked_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sheets that ``verify`` looks at itself."""
    found: list[str] = []
    check = _SheetCheck.check

    def seen(self: _SheetCheck) -> None:
        found.append(self.sheet.part)
        check(self)

    monkeypatch.setattr(_SheetCheck, "check", seen)
    return found


def made(second: Second) -> bytes:
    """Apply the plan, and wait until all its sheets were looked at."""
    new = apply_plan(OLD, PLAN, TABS, SEEN, second=second)
    for asked in second._claims.values():
        asked.answer.result(60)
    return new


def test_what_is_proven_there_is_not_looked_at_here(
    second: Second, checked_here: list[str]
) -> None:
    new = made(second)
    assert second._claims.keys() == {DEALS, KPI}
    verify(OLD, new, PLAN, TABS, SEEN, second)
    assert checked_here == []


@pytest.mark.parametrize("part", [DEALS, KPI])
def test_a_proof_counts_for_those_very_bytes(
    second: Second, checked_here: list[str], part: str
) -> None:
    package = Package.open(made(second))
    content = package.read(part)
    damaged = package.with_parts({part: content.replace(b"<v>12</v>", b"<v>13</v>")})
    if part == KPI:
        damaged = package.with_parts({part: content.replace(b"<v>4.5</v>", b"<v>4</v>")})
    with pytest.raises(WriteFailed, match="holds"):
        verify(OLD, damaged, PLAN, TABS, SEEN, second)
    assert checked_here == [part]


def test_a_proof_counts_for_that_plan(second: Second, checked_here: list[str]) -> None:
    new = made(second)
    other = replace(PLAN.ops[0], new=(13.0,))
    with pytest.raises(WriteFailed, match="holds 12 and not 13"):
        verify(OLD, new, replace(PLAN, ops=(other, *PLAN.ops[1:])), TABS, SEEN, second)
    assert checked_here == [DEALS]


def test_a_proof_counts_for_what_cells_mean(second: Second, checked_here: list[str]) -> None:
    package = Package.open(made(second))
    styles = package.read("xl/styles.xml")
    reread = package.with_parts({"xl/styles.xml": styles.replace(b"yyyy-mm-dd", b"0.00")})
    assert b"yyyy-mm-dd" in styles
    with pytest.raises(WriteFailed):
        verify(OLD, reread, PLAN, TABS, SEEN, second)
    assert checked_here


@pytest.mark.parametrize("change", ["12", "old", "size"])
def test_a_wrong_claim_is_not_proven(second: Second, change: str) -> None:
    made(second)
    asked = second._claims[DEALS]
    was = Package.open(OLD).packed(DEALS)
    now = Package.open(apply_plan(OLD, PLAN, TABS, SEEN)).packed(DEALS)
    assert was is not None
    assert now is not None
    right = Claim(was, now, asked.meaning)
    wrong = {
        "12": replace(right, new=pack((now.content().replace(b">12<", b">13<"),))),
        "old": replace(right, old=pack((was.content().replace(b">1.5<", b">1.6<"),))),
        "size": replace(right, new=Packed(now.raw, now.crc, now.size + 1)),
    }[change]
    assert second._ask(right) == asked.answer.result()
    assert second._ask(wrong) is None
    assert second._ask(right) == asked.answer.result()


@pytest.mark.parametrize(
    "start",
    [
        "raise SystemExit",
        "import os; os._exit(9)",
        "print('no pickle'); import time; time.sleep(60)",
    ],
)
def test_whatever_becomes_of_it_the_sheets_are_proven(
    monkeypatch: pytest.MonkeyPatch, checked_here: list[str], start: str
) -> None:
    monkeypatch.setattr(module, "_START", start)
    monkeypatch.setattr(module, "SHARED_FROM", 0)
    monkeypatch.setattr(module, "_BIG", 0)
    monkeypatch.setattr(module, "processors", lambda: 2)
    with second_process(OLD, PLAN, TABS, SEEN) as second:
        assert second is not None
        new = made(second)
        verify(OLD, new, PLAN, TABS, SEEN, second)
        child = second._children[Claim]
    assert sorted(checked_here) == [DEALS, KPI]
    assert child.poll() is not None


def test_what_it_did_not_come_to_is_proven_here(
    monkeypatch: pytest.MonkeyPatch, checked_here: list[str]
) -> None:
    monkeypatch.setattr(module, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(module, "SHARED_FROM", 0)
    monkeypatch.setattr(module, "_BIG", 0)
    monkeypatch.setattr(module, "PATIENCE", 0.001)
    monkeypatch.setattr(module, "processors", lambda: 2)
    with second_process(OLD, PLAN, TABS, SEEN) as second:
        assert second is not None
        new = apply_plan(OLD, PLAN, TABS, SEEN, second=second)
        verify(OLD, new, PLAN, TABS, SEEN, second)
        child = second._children[Claim]
    assert sorted(checked_here) == [DEALS, KPI]
    assert child.poll() is not None


@pytest.mark.usefixtures("second")
def test_a_workbook_is_written_with_it_as_without(tmp_path: Path, checked_here: list[str]) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(OLD)
    book = XlsxWorkbook(path, state=tmp_path / "state")
    book.apply(PLAN, TABS)
    assert path.read_bytes() == apply_plan(OLD, PLAN, TABS, SEEN)
    assert len(checked_here) < len(PLAN.ops)


def test_one_processor_or_a_small_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with second_process(OLD, PLAN, TABS, SEEN) as small:
        assert small is None
    monkeypatch.setattr(module, "SHARED_FROM", 0)
    monkeypatch.setattr(module, "processors", lambda: 1)
    with second_process(OLD, PLAN, TABS, SEEN) as alone:
        assert alone is None


@pytest.fixture
def drawn_there(monkeypatch: pytest.MonkeyPatch) -> list[Packed | None]:
    """What came of the bodies that the second process was given; any body is big."""
    found: list[Packed | None] = []
    drawn = Second.drawn

    def seen(self: Second, part: str) -> Packed | None:
        if part in self._bodies:
            self._bodies[part].result(60)
            found.append(drawn(self, part))
            return found[-1]
        return None

    monkeypatch.setattr(Second, "drawn", seen)
    monkeypatch.setattr(apply, "_MANY_ROWS", 0)
    return found


def test_a_body_drawn_there_is_the_very_same(
    second: Second, drawn_there: list[Packed | None]
) -> None:
    new = made(second)
    assert len(drawn_there) == 1
    assert drawn_there[0] is not None
    assert new == apply_plan(OLD, PLAN, TABS, SEEN)
    verify(OLD, new, PLAN, TABS, SEEN, second)


def test_a_body_that_takes_new_styles_is_drawn_here(
    second: Second, drawn_there: list[Packed | None]
) -> None:
    rows = tuple((DAY, *row[1:]) for row in ROWS)  # days in a column of texts
    plan = replace(PLAN, ops=(replace(PLAN.ops[1], new=rows),))
    new = apply_plan(OLD, plan, TABS, SEEN, second=second)
    assert drawn_there == [None]
    assert new == apply_plan(OLD, plan, TABS, SEEN)


def test_a_body_that_cannot_be_drawn_is_told_why(
    second: Second, drawn_there: list[Packed | None]
) -> None:
    rows = (("F1", DAY, float("nan"), "ok"),)
    plan = replace(PLAN, ops=(replace(PLAN.ops[1], new=rows),))
    with pytest.raises(WriteFailed, match="infinite or undefined"):
        apply_plan(OLD, plan, TABS, SEEN, second=second)
    assert drawn_there == [None]
