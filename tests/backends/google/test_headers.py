"""A header formula that was typed over: doctor tells, the next sync or ``new`` puts it back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sheetsync.backends.google import draw_table
from sheetsync.backends.google.create import create
from sheetsync.backends.google.doctor import doctor
from sheetsync.backends.google.workbook import GoogleWorkbook
from sheetsync.catalog.tracker import FULL, LEAN
from sheetsync.engines.duckdb import DuckDb
from sheetsync.sync import sync
from tests.backends.google.shared import Shared, fork, share
from tests.fakes.sheets.humans import Human
from tests.golden.rows import ROWS

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


def synced(shared: Shared, folder):
    book = GoogleWorkbook(shared.client(), shared.id, state=folder)
    return sync(book, FULL, DuckDb(), now=NOW, as_of=date(2026, 6, 30))


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Shared:
    """A synced tracker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_table, "ROWS", 30)
        shared = share()
        create(shared.client(), shared.id, LEAN, ROWS)
        synced(shared, tmp_path_factory.mktemp("once"))
    return shared


@pytest.fixture
def used(once: Shared, monkeypatch: pytest.MonkeyPatch) -> Shared:
    monkeypatch.setattr(draw_table, "ROWS", 30)
    return fork(once)


def header(shared: Shared, tab: str = "Deals", title: str = "Check") -> tuple[int, int]:
    """Row and column (from 0) of a header."""
    return 0, Human(shared.sheet()).rows(tab)[0].index(title)


def overwrite(shared: Shared, words: str) -> tuple[int, int]:
    """The owner types over the header of Check on Deals."""
    place = header(shared)
    Human(shared.sheet(), "owner").type("Deals", *place, words)
    return place


def formula(shared: Shared, place: tuple[int, int]) -> str:
    value = (shared.sheet().named("Deals").cell(*place) or {})["userEnteredValue"]
    return str(value.get("formulaValue", ""))


def checks(shared: Shared) -> list[object]:
    _, column = header(shared)
    return [row[column] for row in Human(shared.sheet()).rows("Deals")[1:]]


def warnings(shared: Shared) -> list[str]:
    found = doctor(shared.client(), shared.id, LEAN)
    return [f"{f.check}: {f.message}" for f in found if f.status != "ok"]


def test_doctor_finds_nothing_in_a_sound_tracker(used):
    assert warnings(used) == []


@pytest.mark.parametrize("words", ["Check", "My check", "=1+1", ""])
def test_doctor_names_the_cell_and_new_puts_the_formula_back(used, words):
    right, before = checks(used), formula(used, header(used))
    place = overwrite(used, words)
    (told,) = warnings(used)
    assert told.startswith("formulas: Deals: the header")
    made = create(used.client(), used.id, LEAN)
    assert made.requests == 1
    assert (formula(used, place), checks(used)) == (before, right)
    assert warnings(used) == []
    assert create(used.client(), used.id, LEAN).requests == 0


def test_a_look_up_in_the_wrong_column_is_told(used):
    place = header(used)
    wrong = formula(used, place).replace("$D:$D", "$E:$E")
    assert wrong != formula(used, place)
    overwrite(used, wrong)
    assert len(warnings(used)) == 1


def test_columns_that_people_moved_are_no_reason(used):
    human = Human(used.sheet())
    human.insert_column("Deals", 2, "Mine")
    human.move_column("Deals", 0, 4)
    assert warnings(used) == []
    assert create(used.client(), used.id, LEAN).requests == 0


def test_the_next_sync_puts_it_back_and_writes_nothing_beside_rows(used, tmp_path):
    right, before = checks(used), formula(used, header(used))
    place = overwrite(used, "Check")
    assert synced(used, tmp_path).status == "written"
    sheet = used.sheet().named("Deals")
    below = (sheet.cell(row, place[1]) or {} for row in range(1, sheet.row_count))
    assert not any("userEnteredValue" in cell for cell in below)
    assert (formula(used, place), checks(used)) == (before, right)
    assert synced(used, tmp_path).status == "unchanged"
