"""The demo with every pack as a new user makes it: synced twice, undone, opened elsewhere."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sheetsync.backends.xlsx.draw import draw
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tracker import tracker_of
from sheetsync.measure.credited import ATTRIBUTED_KPIS
from sheetsync.templates import first_rows
from tests import libreoffice
from tests.trackers import AS_OF, CREATED, dump, opened, synced, undone

GOLDEN = Path(__file__).parent / "golden" / "full_demo.txt"
CENT = 0.005


@pytest.fixture(scope="module")
def fresh() -> bytes:
    return draw(tracker_of(PACKS), rows=first_rows(AS_OF, PACKS), created=CREATED)


@pytest.fixture(scope="module")
def made(fresh: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("full") / "demo.xlsx"
    path.write_bytes(fresh)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHEETSYNC_STATE", str(path.parent / "state"))
        assert synced(path).status == "written"
        data = path.read_bytes()
        assert synced(path).status == "unchanged"
    assert path.read_bytes() == data
    return data


@pytest.fixture(scope="module")
def tabs(made: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    path = tmp_path_factory.mktemp("read") / "demo.xlsx"
    path.write_bytes(made)
    book = opened(path, data_only=True)
    return {sheet.title: list(_records(sheet)) for sheet in book.worksheets[2:]}


def _records(sheet: Any) -> Iterator[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    names = [str(name).strip(" *") for name in header]
    yield from (dict(zip(names, row, strict=True)) for row in rows if any(row))


def test_undo_gives_back_what_was_there_but_for_the_log(fresh: bytes, tmp_path: Path) -> None:
    before, path = tmp_path / "before.xlsx", tmp_path / "demo.xlsx"
    before.write_bytes(fresh)
    path.write_bytes(fresh)
    synced(path)
    assert undone(path).refused == ()
    changed = set(dump(path).splitlines()) ^ set(dump(before).splitlines())
    assert {line.split("!")[0] for line in changed} == {"Sync Log"}


def test_issues_speak_of_the_mistakes_and_nothing_else(tabs: dict[str, Any]) -> None:
    issues = tabs["Issues"]
    assert 15 <= len(issues) <= 30
    assert {"Touches", "Customers", "Contracts", "Goals", "Surveys"} <= {i["Tab"] for i in issues}
    assert {i["Severity"] for i in issues} == {"error", "warning"}


def test_every_pack_has_something_to_tell(tabs: dict[str, Any]) -> None:
    of_partners = {r["KPI"] for r in tabs["KPI Monthly"] if r["Flag"] == "ok"}
    assert {"F02", "F03", "F11", "F14", "F18", "R01", "R02", "R03", "E13", "T02", "T05", "T09"} <= (
        of_partners | {r["KPI"] for r in tabs["KPI Monthly"] if r["Flag"] == "small"}
    )
    months = [r for r in tabs["Forecast"] if r["Month"]]
    assert len({r["Partner ID"] for r in months}) >= 4
    assert max(r["Points"] for r in months) >= 18
    assert {"critical", "warning", "note"} == {r["Severity"] for r in tabs["Alerts"]}
    states = {r["State"] for r in tabs["Tier History"]}
    assert {"steady", "up", "down", "at risk 1/2", "onboarding"} <= states
    assert any(r["KPI"] == "X01" and r["Flag"] == "ok" for r in tabs["KPI Monthly"])


def test_the_status_of_contracts_is_theirs_on_every_tab(tabs: dict[str, Any]) -> None:
    told = {r["Partner ID"]: r["Contract status"] for r in tabs["Partners"]}
    assert (told["P-0017"], told["P-0020"], told["P-0001"]) == ("proposal", "expired", "signed")
    found = {r["Partner ID"]: r["Contract status"] for r in tabs["Partner Summary"]}
    assert found["P-0017"] == "proposal"
    assert found.items() <= told.items()
    (line,) = (r for r in tabs["Sync Log"] if r["Column"] == "Contract status")
    assert (line["Before"], line["After"], line["Note"]) == ("signed", "proposal", "follows")


def test_the_rule_stands_beside_every_attributed_number(tabs: dict[str, Any]) -> None:
    rule = "(linear, look-back 365 days (clicks 90))"
    told = {r["KPI"] for r in tabs["KPI Monthly"] if r["Name"].endswith(rule)}
    assert {*ATTRIBUTED_KPIS, "F13"} <= told
    assert not {"F01", "F05", "S06"} & told
    names = {r["Name"] for r in tabs["KPI Monthly"] if r["KPI"] in told}
    assert len(names) == len(told)


@pytest.mark.parametrize("kpi", ["F01", "F03", "F05"])
def test_partners_and_own_sales_add_up_to_the_programme(tabs: dict[str, Any], kpi: str) -> None:
    whole: dict[Any, float] = {}
    parts: defaultdict[Any, float] = defaultdict(float)
    for row in (r for r in tabs["KPI Monthly"] if r["KPI"] == kpi):
        value = row["Value"] if isinstance(row["Value"], int | float) else 0.0
        if row["Group"] == "programme":
            whole[row["Month"]] = value
        elif row["Group"] == "DIRECT" or row["Group"].startswith("P-"):
            parts[row["Month"]] += value
    assert len(whole) == 13
    assert dict(parts) == pytest.approx(whole, abs=CENT)


def test_credits_sum_to_one_and_values_to_the_deal(tabs: dict[str, Any]) -> None:
    deals: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in tabs["Attribution"]:
        deals[row["Deal ID"]].append(row)
    totals = {key: [sum(r[key] for r in deals["All deals"])] for key in ("Value", "First", "Last")}
    assert totals["Value"] == pytest.approx(totals["First"], abs=CENT)
    assert totals["Value"] == pytest.approx(totals["Last"], abs=CENT)
    for rows in deals.values():
        assert sum(r["Credit"] for r in rows) == pytest.approx(1)
        assert sum(r["Value"] for r in rows) == pytest.approx(sum(r["First"] for r in rows))
        assert all(r["Credit"] >= 0 for r in rows)


def test_the_synced_demo_is_the_agreed_one(tabs: dict[str, Any]) -> None:
    """``UPDATE_GOLDEN=1`` writes it anew; read the difference before committing."""
    told = "".join(f"{line}\n" for line in _digest(tabs))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(told, encoding="utf-8")
    assert told == GOLDEN.read_text(encoding="utf-8")


_DIGEST = {
    "Issues": ("Tab", "Row", "Column", "Severity", "What it means", "Suggested"),
    "Partner Summary": ("Partner ID", "Tier", "Target tier", "State", "Score", "Health", "Revenue"),
    "KPI Monthly": ("KPI", "Value", "n", "Low", "High", "Flag"),
    "Attribution": ("Partner ID", "Credit", "Value", "First", "Last", "Linear", "Note"),
    "Forecast": ("Partner ID", "KPI", "Method", "Middle", "Low", "High", "Points", "Refused"),
    "Alerts": ("Rule", "Severity", "Partner ID", "KPI", "Evidence", "At stake"),
    "Tier History": ("As of", "Partner ID", "Score", "Target tier", "Tier", "State"),
    "Goals": ("Goal ID", "KPI", "Attained", "Elapsed", "Pace", "Suggested", "Check"),
}


def _digest(tabs: dict[str, Any]) -> Iterator[str]:
    """What counts of the computed tabs: of KPI Monthly the programme, of others the totals."""
    for title, names in _DIGEST.items():
        yield f"== {title}"
        for row in tabs[title]:
            if _counts(title, row):
                yield " | ".join(_shown(row[name]) for name in names)


def _counts(title: str, row: dict[str, Any]) -> bool:
    match title:
        case "KPI Monthly":
            return row["Group"] == "programme" and row["Month"] is None
        case "Attribution":
            return row["Deal ID"] == "All deals" or row["Note"] is not None
        case "Forecast":
            return row["Month"] is None
        case "Tier History":
            return row["Run"] != "made-up"
    return True


def _shown(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else "" if value is None else str(value)


@pytest.mark.libreoffice
@libreoffice.needed
def test_libreoffice_opens_it_with_the_same_values(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "demo.xlsx"
    path.write_bytes(made)
    theirs = libreoffice.recalculated(made, tmp_path)
    for sheet in opened(path, data_only=True).worksheets:
        other = theirs[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    found = other[cell.coordinate].value
                    if isinstance(cell.value, int | float):
                        assert found == pytest.approx(cell.value, rel=1e-9), cell
                    else:
                        assert (found or "") == cell.value, cell
