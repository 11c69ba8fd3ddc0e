"""The seven tabs that people fill in: one row is one fact, 25 cells of it required in all."""

from __future__ import annotations

from sheetsync.catalog.entry_partners import CONTACTS, PARTNERS
from sheetsync.catalog.entry_sales import DEALS, MONEY
from sheetsync.catalog.entry_work import ACTIVITY, INTERACTIONS, PLAN
from sheetsync.model.tracker import Tab

ENTRY_TABS: tuple[Tab, ...] = (PARTNERS, CONTACTS, DEALS, MONEY, ACTIVITY, INTERACTIONS, PLAN)
