"""The KPI Catalogue kept whole: KPIs that came with a pack or a later release get their rows."""

from __future__ import annotations

from collections.abc import Mapping

from sheetsync.layout.tables import rows_of
from sheetsync.model.kpi import described
from sheetsync.model.plan import AppendRows
from sheetsync.model.settings import Settings
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import Value, result_of

TAB = "catalogue"


def catalogue_ops(
    tracker: Tracker, seen: Snapshot, settings: Settings, formulas: Mapping[str, Value]
) -> tuple[AppendRows, ...]:
    """Return the op that appends rows of the tracker's KPIs that the tab lacks.

    ``formulas`` gives each KPI's formula as text. People's own KPIs are theirs to write.
    """
    table = seen.tables.get(TAB)
    if table is None or "kpi" not in table.bound:
        return ()
    known = {str(result_of(cell) or "").strip().casefold() for cell in table.column("kpi")}
    known |= {kpi.id.casefold() for kpi in settings.user_kpis}
    lacking = [kpi for kpi in tracker.kpis if kpi.id.casefold() not in known]
    if not lacking:
        return ()
    tab = tracker.tab(TAB)
    told = (
        {**described(kpi, settings.shown_kpis), "formula": formulas.get(kpi.id)} for kpi in lacking
    )
    kept = [i for i, column in enumerate(tab.columns) if column.key in table.bound]
    rows = tuple(tuple(row[i] or None for i in kept) for row in rows_of(tab, told))
    return (AppendRows(TAB, tuple(tab.columns[i].key for i in kept), rows),)
