"""A new workbook that is not the old one with the plan applied does not pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetsync.backends.xlsx.apply import apply_plan
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks
from sheetsync.backends.xlsx.intent import intent_of
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.parts import Book
from sheetsync.backends.xlsx.proof import Proof
from sheetsync.backends.xlsx.rows import cut
from sheetsync.backends.xlsx.verify import verify
from sheetsync.model.errors import WriteFailed
from sheetsync.model.plan import AppendRows, Plan, Recache, ReplaceRows, WriteCells, WriteNames
from sheetsync.model.values import CellError, Formula, Value
from tests.frame.small_tracker import FORMULAS, KPIS, TABS, draw, snapshot_of

DAY = datetime(2026, 3, 1)
OLD = draw((("D-1", "P-1", 1.5, DAY), ("D-2", "P-2", "12", None), ("D-3", "P-3", None, None)))
ROWS = tuple((f"F{i}", DAY, i * 1.5, "ok") for i in range(5))
PLAN = Plan(
    (
        WriteCells("deals", "amount", ("D-2",), ("D-2",), (3,), ("12",), (12.0,)),
        ReplaceRows("kpis", tuple(c.key for c in KPIS.columns), (), ROWS),
        AppendRows("log", ("at", "note"), ((DAY, "one"),)),
        WriteNames("dashboard", ("dash_note",), (None,), ("fine",)),
        Recache("dashboard", FORMULAS, ("", ""), (15.0, "many")),
    ),
    hashlib.sha256(OLD).hexdigest(),
)
NEW = apply_plan(OLD, PLAN, TABS, snapshot_of(OLD))
SHEETS = {
    n: f"xl/worksheets/sheet{i}.xml" for i, n in enumerate(("board", "deals", "kpis", "log"), 1)
}


def check(new: bytes, plan: Plan = PLAN) -> None:
    verify(OLD, new, plan, TABS, snapshot_of(OLD))


def test_what_was_applied_passes() -> None:
    check(NEW)
    verify(OLD, OLD, Plan((), PLAN.fingerprint), TABS, snapshot_of(OLD))


def test_nothing_done_does_not_pass_for_a_plan() -> None:
    touched = Package.open(OLD).with_parts({"docProps/app.xml": b"<a/>"})
    with pytest.raises(WriteFailed, match="differs and should not"):
        check(touched)
    with pytest.raises(WriteFailed, match="holds"):
        check(Package.open(OLD).with_parts({SHEETS["log"]: Package.open(NEW).read(SHEETS["log"])}))


def swap(part: str, old: bytes, new: bytes) -> Callable[[], bytes]:
    def damaged() -> bytes:
        package = Package.open(NEW)
        content = package.read(part)
        assert old in content
        return package.with_parts({part: content.replace(old, new, 1)})

    return damaged


def without(part: str) -> Callable[[], bytes]:
    return lambda: Package.open(NEW).with_parts({part: None})


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (swap(SHEETS["deals"], b"<v>12</v>", b"<v>13</v>"), "C3 of the tab Deals holds 13"),
        (swap(SHEETS["deals"], b"<v>1.5</v>", b"<v>1.6</v>"), "C2 of the tab Deals holds 1.6"),
        (swap(SHEETS["kpis"], b"<v>4.5</v>", b"<v>4</v>"), "C5 of the tab KPI Monthly holds 4"),
        (swap(SHEETS["log"], b">one<", b">two<"), "B2 of the tab Sync Log holds two"),
        (swap(SHEETS["board"], b"fine", b"bad"), "B2 of the tab Dashboard holds bad"),
        (swap(SHEETS["board"], b">many<", b">few<"), "B5 of the tab Dashboard holds"),
        (swap(SHEETS["kpis"], b'<row r="3"', b'<row r="2"'), "twice"),
        (swap(SHEETS["kpis"], b"</c></row>", b"</c>"), "cannot be"),
        (swap(SHEETS["deals"], b' s="', b' s="99'), "style 99"),
        (swap(SHEETS["deals"], b'r:id="rId1"', b'r:id="rId7"'), "rId7"),
        (swap("xl/tables/table2.xml", b"</table>", b""), "not well-formed"),
        (
            swap("[Content_Types].xml", b"/xl/tables/table2.xml", b"/xl/tables/t.xml"),
            "content type",
        ),
        (without("xl/theme/theme1.xml"), "lost"),
        (without("xl/tables/table1.xml"), "lost"),
    ],
)
def test_any_damage_is_found(damaged: Callable[[], bytes], why: str) -> None:
    with pytest.raises(WriteFailed, match=why) as caught:
        check(damaged())
    assert "nothing was changed" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'<c r="A2" s="0"', b'<c r="A2" s="1"', "A2 of the tab Deals is stored in another way"),
        (b"</c></row>", b'</c><c r="Z1"><v>1</v></c></row>', "Z1 of the tab Deals"),
        (b"</sheetData>", b'<row r="99"><c r="A99"><v>1</v></c></row></sheetData>', "A99"),
    ],
)
def test_damage_beside_the_plan_is_found(old: bytes, new: bytes, why: str) -> None:
    part = SHEETS["deals"]
    xml = re.sub(rb'<c r="(\w+)" t=', rb'<c r="\1" s="0" t=', Package.open(OLD).read(part))
    base = Package.open(OLD).with_parts({part: xml})
    plan = Plan(PLAN.ops[:1], hashlib.sha256(base).hexdigest())
    good = Package.open(apply_plan(base, plan, TABS, snapshot_of(base)))
    told = good.read(part)
    assert old in told
    with pytest.raises(WriteFailed, match=why):
        verify(
            base,
            good.with_parts({part: told.replace(old, new, 1)}),
            plan,
            TABS,
            snapshot_of(base),
        )


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet="a <&>\n\t_x0041é\u2028", max_size=8),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from([CellError("#N/A"), Formula("A1&B1", "x<y"), Formula("A1>B1", value=True)]),
)
BODIES = st.lists(st.tuples(*[VALUES] * 4), max_size=6)


@settings(max_examples=40, deadline=None)
@given(BODIES, BODIES)
def test_bytes_alone_prove_bodies_of_any_values(
    first: list[tuple[Value, ...]], second: list[tuple[Value, ...]]
) -> None:
    columns = tuple(c.key for c in KPIS.columns)
    data = OLD
    for body in (first, second):
        op = ReplaceRows("kpis", columns, (), tuple(body))
        plan = Plan((op,), hashlib.sha256(data).hexdigest())
        seen = snapshot_of(data)
        new = apply_plan(data, plan, TABS, seen)
        verify(data, new, plan, TABS, seen)
        sheets = [cut(Package.open(version).read(SHEETS["kpis"])) for version in (data, new)]
        now = Book.of(Package.open(new))
        context = Context((), looks(now.package, now.styles_part), now.date1904)
        intent = intent_of((Book.of(Package.open(data)), now), plan, TABS, seen)[SHEETS["kpis"]]
        Proof(*sheets, intent, context, 10_000).check()
        data = new


def test_a_change_beyond_the_plan_is_found() -> None:
    fewer = Plan(PLAN.ops[1:], PLAN.fingerprint)
    with pytest.raises(WriteFailed, match="C3 of the tab Deals holds 12 and not 12"):
        check(NEW, fewer)


def test_a_date_as_result_of_a_plain_looking_formula_passes() -> None:
    plan = Plan((Recache("dashboard", FORMULAS[:1], ("",), (DAY,)),), PLAN.fingerprint)
    new = apply_plan(OLD, plan, TABS, snapshot_of(OLD))
    check(new, plan)
    other = Plan((Recache("dashboard", FORMULAS[:1], ("",), (12,)),), PLAN.fingerprint)
    with pytest.raises(WriteFailed, match="B4 of the tab Dashboard"):
        check(new, other)


def test_untouched_rows_are_never_parsed() -> None:
    part = SHEETS["deals"]
    xml = Package.open(OLD).read(part)
    odd = re.sub(rb'(<row r="4".*?)</row>', rb'\1<c r="Z4" t="zz"/></row>', xml)
    old = Package.open(OLD).with_parts({part: odd})
    snapshot = snapshot_of(OLD)
    plan = Plan(PLAN.ops[:1], hashlib.sha256(old).hexdigest())
    verify(old, apply_plan(old, plan, TABS, snapshot), plan, TABS, snapshot)
