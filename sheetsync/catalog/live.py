"""Live tabs: hidden tabs of formulas over the entry tabs that the live KPI formulas add up.

Each row stands for the same row of its entry tab and for what follows from it. The sources say
which rows of them make a fact table of ``sheetsync.measure``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sheetsync.catalog.columns import number, text
from sheetsync.catalog.computed import PLAIN
from sheetsync.catalog.live_cells import FORMULAS, SPANS
from sheetsync.measure.sql import MONEY_COLUMNS
from sheetsync.model.cell_formula import CellFormula, DayOf, Figure
from sheetsync.model.live_facts import LiveFacts, LiveTab, Source
from sheetsync.model.tracker import Owner, Role, Tab

LIVE = "live"
"""The pack of these tabs, which a workbook has while the setting ``live_kpis`` is yes."""


def _titled(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _format(formula: CellFormula) -> str:
    """Days and moments as numbers, in words: LibreOffice would else make them dates."""
    if isinstance(formula, DayOf):
        return "0"
    return "0.0000" if formula in (Figure("asked_at"), Figure("answered_at")) else ""


def _tab(key: str, of: str, formulas: Mapping[str, CellFormula]) -> Tab:
    columns = [
        number(
            k,
            _titled(k),
            _titled(k) + ".",
            range_name=f"{key}_{k}",
            width=12,
            number_format=_format(told),
        )
        for k, told in formulas.items()
    ]
    left_out = text(
        "left_out",
        "Left out",
        "Rows that the last sync left out, by id or row; not in the order of the rows.",
        range_name=f"{key}_left_out",
        **PLAIN,
    )
    return Tab(
        key=key,
        title=f"Live {of.capitalize()}",
        role=Role.COMPUTED,
        doc=f"What follows from each row of {of.capitalize()}, for the formulas of KPI Monthly.",
        table="tbl" + "".join(word.capitalize() for word in key.split("_")),
        key_columns=("partner",),
        columns=tuple(replace(c, owner=Owner.SYNC) for c in (*columns, left_out)),
        hidden=True,
        pack=LIVE,
    )


_RATES = Tab(
    key="live_rates",
    title="Live Rates",
    role=Role.COMPUTED,
    doc="Rates to the reporting currency as the last sync knew them.",
    table="tblLiveRates",
    key_columns=("key",),
    columns=tuple(
        replace(column, owner=Owner.SYNC)
        for column in (
            text("key", "Key", "Currency, or currency|yyyymm.", range_name="live_rates_key"),
            number("rate", "Rate", "Worth of one unit.", range_name="live_rates_rate", **PLAIN),
        )
    ),
    hidden=True,
    pack=LIVE,
)

LIVE_TABS: tuple[Tab, ...] = (*(_tab(k, of, told) for k, (of, told) in FORMULAS.items()), _RATES)
"""In sheet order, behind everything but Lists."""


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_CLOSED_SPANS = _same(*SPANS)
_TWO_SPANS = _same(*SPANS[:2])

_SOURCES: Mapping[str, tuple[Source, ...]] = {
    "revenue": (
        Source(
            "live_money", "is_revenue", "credited", "month", _CLOSED_SPANS,
            {"amount": "signed", **_same("gross", "refunded", "is_refund", "rate_missing")},
        ),
        Source(
            "live_deals", "is_revenue", "credited", "month", _CLOSED_SPANS,
            {"gross": "amount", **_same("amount", "refunded", "is_refund", "rate_missing")},
        ),
    ),
    "cost": (
        Source(
            "live_money", "is_cost", "partner", "month", _CLOSED_SPANS,
            _same("amount", "rate_missing"),
        ),
    ),
    "closed": (
        Source(
            "live_deals", "is_closed", "partner", "month", _CLOSED_SPANS,
            _same("is_won", "amount", "days_to_close", "rate_missing"),
            {"amount": "amount_ranked", "days_to_close": "days_ranked"},
        ),
    ),
    "deals": (
        Source(
            "live_deals", "is_deal", "partner", "", {},
            {
                **_same("is_open", "is_co_sell", "open_amount", "weighted_amount"),
                **_same("co_sell_amount", "stage"),
                "rate_missing": "open_rate_missing",
            },
        ),
    ),
    "lead_deals": (
        Source(
            "live_deals", "is_lead", "partner", "lead_month", {"in_period": "lead_in_period"}, {}
        ),
    ),
    "activity": (
        Source(
            "live_activity", "counted", "partner", "month", _TWO_SPANS,
            _same(*FORMULAS["live_activity"][1]),
        ),
    ),
    "responses": (
        Source(
            "live_interactions", "is_request", "partner", "month", _TWO_SPANS,
            _same("hours", "is_waiting"), {"hours": "hours_ranked"},
        ),
    ),
    "interactions": (
        Source(
            "live_interactions", "is_held", "partner", "held_month",
            {name: f"held_{name}" for name in SPANS[:2]},
            _same(
                "is_scheduled", "is_attended", "is_decision", "is_documented", "is_issue",
                "is_early",
            ),
        ),
    ),
    "plan": (
        Source(
            "live_plan", "is_counted", "partner", "month", _TWO_SPANS,
            _same(
                "is_milestone", "is_overdue", "is_done", "is_on_time", "weight", "done_weight",
                "timely_weight",
            ),
        ),
    ),
    "deliveries": (
        Source(
            "live_plan", "is_delivery", "partner", "done_month",
            {name: f"done_{name}" for name in SPANS[:2]},
            _same("days_late", "days_taken", "quality", "has_standard", "meets_standard"),
            {"days_taken": "taken_ranked"},
        ),
    ),
}  # fmt: skip

LIVE_FACTS = LiveFacts(
    {key: LiveTab(key, of, told) for key, (of, told) in FORMULAS.items()}, _SOURCES, MONEY_COLUMNS
)
"""What the live tabs work out, and which fact tables that covers."""
