"""Tells at the end of a run which KPIs and edge codes the cases cover."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of KPIs, cases and edge codes when the cases were run."""
    ran = terminalreporter.stats.get("passed", ())
    if any("test_kpi_cases.py" in report.nodeid for report in ran):
        from tests.measure.kpi_cases import summary

        terminalreporter.section("KPIs, cases and edge codes")
        for line in summary():
            terminalreporter.write_line(line)
