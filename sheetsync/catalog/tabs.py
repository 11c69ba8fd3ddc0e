"""All tabs in sheet order; the report tabs' single cells are named here."""

from __future__ import annotations

from dataclasses import replace

from sheetsync.catalog.columns import text
from sheetsync.catalog.computed import ISSUES, KPI_MONTHLY, LOG, SUMMARY
from sheetsync.catalog.computed_packs import PACK_COMPUTED
from sheetsync.catalog.dashboard import TIER_CELLS
from sheetsync.catalog.entry import ENTRY_TABS
from sheetsync.catalog.entry_packs import PACK_ENTRY
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.lists_packs import PACK_LISTS
from sheetsync.catalog.live import LIVE_TABS
from sheetsync.catalog.settings import SETTINGS_TAB
from sheetsync.catalog.settings_packs import PACK_SETTINGS
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


def _list_title(name: str) -> str:
    return "KPI" if name == "kpi" else name.replace("_", " ").capitalize()


OPEN_LISTS = replace(
    LISTS_TAB,
    doc="Allowed values behind the dropdowns; values that you add below a list are allowed too.",
    hidden=False,
    columns=tuple(
        text(name, _list_title(name), "Values of this list.", number_format="")
        for name in (*LISTS, *PACK_LISTS, "kpi")
    ),
)
"""The tab Lists as it is read, and as the pack ``settings`` shows it."""

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
"""The lean tracker's."""

ALL_TABS: tuple[Tab, ...] = (
    START,
    DASHBOARD,
    *ENTRY_TABS,
    *PACK_ENTRY,
    SUMMARY,
    KPI_MONTHLY,
    *PACK_COMPUTED,
    ISSUES,
    SETTINGS_TAB,
    *PACK_SETTINGS,
    LOG,
    *LIVE_TABS,
    OPEN_LISTS,
)
"""Those of all packs with them."""
