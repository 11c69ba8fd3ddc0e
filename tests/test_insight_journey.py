"""Forecasts, alerts and goals through a whole workbook: synced, written on, moved, synced again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sheetsync.catalog.demo import demo_rows
from sheetsync.catalog.tracker import tracker_of
from tests import libreoffice
from tests.trackers import AS_OF, opened, synced, tracker_file, undone

PACKED = tracker_of(["insight", "goals"])
GOAL = {
    "goal_id": None,
    "partner_id": "Larkspur Lane",
    "kpi": "F01",
    "from": AS_OF.replace(month=1, day=1),
    "to": AS_OF.replace(month=12, day=31),
    "target": 20_000,
    "baseline": 9_000,
    "owner": "Team Online",
}


def records(path: Path, title: str) -> list[dict[str, Any]]:
    header, *rows = opened(path, data_only=True)[title].iter_rows(values_only=True)
    return [
        {str(name).strip(" *"): cell for name, cell in zip(header, row, strict=True)}
        for row in rows
        if any(cell is not None for cell in row)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("insight") / "book.xlsx"
    rows: Mapping[str, Any] = {**demo_rows(AS_OF), "goals": [GOAL]}
    tracker_file(path, rows, PACKED)
    assert synced(path).status == "written"
    assert synced(path).status == "unchanged"
    return path.read_bytes()


@pytest.fixture
def book(made: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    path.write_bytes(made)
    return path


def test_every_forecast_has_its_band_or_its_reason(book: Path) -> None:
    told = records(book, "Forecast")
    assert told[0]["Partner ID"] == "programme"
    assert {r["KPI"] for r in told} == {"F01", "S05"}
    for row in told:
        if row["Refused"]:
            assert row["Middle"] is None
        else:
            assert 0 <= row["Low"] <= row["Middle"] <= row["High"]
    partners = [r["Partner ID"] for r in told if r["KPI"] == "F01" and r["Month"] is None]
    assert partners[1:] == sorted(partners[1:])


def test_alerts_are_few_and_say_why(book: Path) -> None:
    told = records(book, "Alerts")
    owners = [r["Owner"] for r in told]
    assert told
    assert max(map(owners.count, owners)) <= 10
    assert len({r["Alert ID"] for r in told}) == len(told)
    assert all(r["Evidence"] and r["Tests"] > 50 for r in told)
    assert all(r["Severity"] in ("critical", "warning", "note") for r in told)


def test_goals_are_followed_beside_their_rows(book: Path) -> None:
    (told,) = records(book, "Goals")
    assert told["Goal ID"] == "G-0001"
    assert told["Elapsed"] == pytest.approx(181 / 365, abs=1e-4)
    assert told["Pace"] == pytest.approx(told["Attained"] / told["Elapsed"], abs=1e-3)
    assert told["Horizon"] == "up to 12 months"
    assert told["Suggested"].startswith("None: ")


def test_what_people_write_survives_syncs_sorting_and_undo(book: Path) -> None:
    sheets = opened(book)
    sheet = sheets["Alerts"]
    titles = [cell.value for cell in sheet[1]]
    why, seen = titles.index("Why") + 1, titles.index("Acknowledged") + 1
    first = sheet.cell(2, 1).value
    sheet.cell(2, why).value, sheet.cell(2, seen).value = "we know", "yes"
    # As sorted by somebody: the first two rows change places.
    for column in range(1, len(titles) + 1):
        upper, lower = sheet.cell(2, column), sheet.cell(3, column)
        upper.value, lower.value = lower.value, upper.value
    sheets.save(book)
    synced(book)
    row = next(r for r in records(book, "Alerts") if r["Alert ID"] == first)
    assert (row["Why"], row["Acknowledged"]) == ("we know", "yes")
    assert records(book, "Alerts")[-1]["Alert ID"] == first
    assert synced(book).status == "unchanged"
    undone(book)
    row = next(r for r in records(book, "Alerts") if r["Alert ID"] == first)
    assert (row["Why"], row["Acknowledged"]) == ("we know", "yes")


@pytest.mark.libreoffice
@libreoffice.needed
def test_libreoffice_reads_the_tabs_as_they_were_written(book: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    other.write_bytes(libreoffice.resaved(book.read_bytes(), tmp_path))
    for title in ("Forecast", "Alerts", "Goals"):
        assert records(other, title) == records(book, title)
