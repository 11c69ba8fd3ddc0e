"""The commands on a workbook that is open in Excel, as people run them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sheetsync import cli
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.excel.registered import registered
from tests.fakes.excel.world import FakeExcel
from tests.trackers import demo_file

DAY = ("--as-of", "2026-06-30")


@pytest.fixture
def excel(tmp_path):
    fake = opened(demo_file(tmp_path / "Partners.xlsx"))
    fake.sheets = [sheet for sheet in fake.sheets if sheet.title != "Dashboard"]
    excel = FakeExcel([fake])
    with registered(excel):
        yield excel


def run(*words):
    return CliRunner().invoke(cli.main, list(words))


def test_check_sync_and_undo_in_the_window(excel):
    checked = json.loads(run("check", "excel:", "--json", *DAY).stdout)
    assert (checked["workbook"], checked["status"]) == ("Partners.xlsx", "planned")
    synced = run("sync", "excel:partners.xlsx", *DAY)
    assert synced.exit_code == 0, synced.output
    assert "Partners.xlsx" in synced.stdout
    assert "Note: The tab Dashboard is gone from “Partners.xlsx”" in synced.stderr
    assert json.loads(run("sync", "excel:", "--json", *DAY).stdout)["status"] == "unchanged"
    assert json.loads(run("undo", "excel:", "--json").stdout)["restored"] > 50


def test_a_name_that_is_not_open_is_one_sentence(excel):
    told = run("sync", "excel:Other.xlsx")
    assert told.exit_code == 2
    assert told.stdout == ""
    assert "“Other.xlsx” is not open in Excel (open are “Partners.xlsx”)" in told.stderr
