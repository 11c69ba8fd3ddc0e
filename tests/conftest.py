"""Shared settings: hypothesis repeats itself in CI, state stays in a temporary folder.

At the end of a run it is told which KPIs and edge codes the cases cover.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings


def pytest_addoption(parser):
    parser.addoption(
        "--live",
        metavar="URL",
        default=os.environ.get("SHEETSYNC_LIVE", ""),
        help="a scratch Google Sheet (or its address in SHEETSYNC_LIVE): speak to Google itself",
    )


settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory, monkeypatch):
    """No test reads or writes the records of real syncs on this computer."""
    monkeypatch.setenv("SHEETSYNC_STATE", str(tmp_path_factory.mktemp("state")))


def pytest_terminal_summary(terminalreporter):
    """Print the table of KPIs, cases and edge codes when the cases were run.

    It stands here, not beside the cases: of several processes the one that reports reads only this.
    """
    ran = terminalreporter.stats.get("passed", ())
    if any("test_kpi_cases.py" in report.nodeid for report in ran):
        from tests.measure.kpi_cases import summary

        terminalreporter.section("KPIs, cases and edge codes")
        for line in summary():
            terminalreporter.write_line(line)
