"""A workbook's packs: told by their tabs' columns, never by a title alone."""

from __future__ import annotations

from dataclasses import replace

from sheetsync.catalog.tracker import FULL, LEAN
from sheetsync.model.present import present
from sheetsync.model.snapshot import Snapshot
from tests.clean.pack_books import book

SURVEYS = [{"date": "2026-02-01", "group": "partner", "partner_id": "P-0001", "recommend": 9}]


def with_own(seen: Snapshot, key: str, like: str) -> Snapshot:
    """Let a tab of people's own stand under the title of the tab ``key``."""
    own = replace(seen.tables[like], tab=key, title=FULL.tab(key).title, bound={})
    return replace(seen, tables={**seen.tables, key: own})


def test_a_lean_workbook_has_the_lean_tabs_and_kpis() -> None:
    here = present(FULL, book())
    assert [t.key for t in here.tracker.tabs] == [t.key for t in LEAN.tabs]
    assert (here.tracker.kpis, here.packs, here.taken) == (LEAN.kpis, frozenset(), ())


def test_one_tab_of_a_pack_brings_its_others() -> None:
    seen = book(surveys=SURVEYS)
    here = present(FULL, replace(seen, tables={**seen.tables, **book(tiers=[{}]).tables}))
    assert here.packs == {"voice", "settings"}
    keys = {t.key for t in here.tracker.tabs}
    assert {"surveys", "scorecard", "catalogue"} <= keys
    assert keys.isdisjoint({"touches", "alerts"})


def test_a_tab_of_peoples_own_is_theirs() -> None:
    here = present(FULL, with_own(book(), "goals", "deals"))
    assert here.packs == frozenset()
    assert "goals" not in here.seen.tables
    assert here.seen.other_tabs == ("Goals",)
    assert here.problems() == ()


def test_a_present_pack_tells_which_of_its_titles_is_taken() -> None:
    here = present(FULL, with_own(book(alerts=[{}]), "forecast", "deals"))
    keys = [t.key for t in here.tracker.tabs]
    assert ("alerts" in keys, "tier_history" in keys, "forecast" in keys) == (True, True, False)
    (told,) = here.problems()
    assert (told.code, told.found) == ("tab_taken", "Forecast")
