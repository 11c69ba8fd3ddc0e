"""All tabs in sheet order; the report tabs' single cells are named here."""

from __future__ import annotations

from sheetsync.catalog.computed import ISSUES, KPI_MONTHLY, LOG, SUMMARY
from sheetsync.catalog.dashboard import TIER_CELLS
from sheetsync.catalog.entry import ENTRY_TABS
from sheetsync.catalog.settings import SETTINGS_TAB
from sheetsync.model.tracker import Role, Tab

START = Tab("start", "Start", Role.REPORT, "Five steps from an empty workbook to a dashboard.")
DASHBOARD = Tab(
    "dashboard",
    "Dashboard",
    Role.REPORT,
    "The programme on one page; every number is a live formula over the computed tabs.",
    names=(
        *("dash_as_of", "dash_period_start", "dash_period_end", "dash_currency", "dash_note"),
        *TIER_CELLS,
    ),
)
LISTS_TAB = Tab("lists", "Lists", Role.LISTS, "Allowed values behind the dropdowns.", hidden=True)

TABS: tuple[Tab, ...] = (
    START,
    DASHBOARD,
    *ENTRY_TABS,
    SUMMARY,
    KPI_MONTHLY,
    ISSUES,
    SETTINGS_TAB,
    LOG,
    LISTS_TAB,
)
