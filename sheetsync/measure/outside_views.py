"""Facts of the files beside those of the tabs: each fact table a view of both.

A view has the columns of the workbook's own fact table; what follows from a day (month, in the
period or not) is looked up in a calendar made the same way, so that the text needs no date
function.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from sheetsync.measure.facts import Facts
from sheetsync.measure.frames import TIMED, dated, day_number
from sheetsync.measure.money import OWN_SALES, probabilities, reach_back
from sheetsync.measure.outside import Outside
from sheetsync.measure.period import Period
from sheetsync.model.engine import Relation, View
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker

if TYPE_CHECKING:
    import pandas as pd

ADDED_TO = frozenset(
    (
        *("revenue", "closed", "deals", "cost", "new_customers", "partners"),
        *("attributed", "influenced", "credited_customers"),
    )
)
"""Fact tables with the files' rows; others are made of the tabs alone."""

_FIRST, _LAST = date(1950, 1, 1), date(2100, 12, 31)
_PLACES = 10**9
"""Rows of a file are numbered from here on, after those of any tab."""


def with_outside(
    made: Facts, found: Outside, tracker: Tracker, settings: Settings, period: Period
) -> tuple[dict[str, Relation], dict[str, Relation]]:
    """Return fact tables and journeys by name, those that the files add to as views."""
    base = _base(made, found, tracker, settings, period)
    tables: dict[str, Relation] = dict(made.tables)
    journeys: dict[str, Relation] = dict(made.journeys)
    revenue = _revenue_rows(base)
    if revenue is not None:
        base["file_revenue"] = revenue
        tables["revenue"] = _beside(made.tables["revenue"], "revenue", _REVENUE, base)
        journeys["amounts"] = _amounts(made.journeys["amounts"], base)
        events = View(_events(base), {**base, "events_tab": made.beside["events"]})
        tables["new_customers"] = _first_won(made.tables["new_customers"], events, base, period)
        journeys["new"] = _new(events, period)
    if "file_deals" in base:
        tables["closed"] = _beside(made.tables["closed"], "closed", _CLOSED, base)
        tables["deals"] = _beside(
            made.tables["deals"],
            "deals",
            _DEALS.replace("{as_of}", str(day_number(period.as_of))),
            base,
        )
        journeys["deals"] = _journey_deals(made.journeys["deals"], base, period)
    if "file_money" in base:
        tables["cost"] = _beside(made.tables["cost"], "cost", _COST, base)
    if "touches" in found.files:
        journeys["touches"] = _touches(made.journeys["touches"], found)
    tables["partners"] = _active(made.tables["partners"], found)
    return tables, journeys


def _base(
    made: Facts, found: Outside, tracker: Tracker, settings: Settings, period: Period
) -> dict[str, Relation]:
    """What the views read: calendars, partners, stages, rates, and the files' rows in money."""
    assert found.known is not None
    assert found.deal_ids is not None
    shown = period
    days = made.tables["revenue"]["day"]
    if not reach_back(days.to_numpy(), period, found.earliest):
        shown = period.without_year_ago()
    base: dict[str, Relation] = {
        "calendar": _calendar(period),
        "revenue_calendar": _calendar(shown),
        "known": found.known,
        "deal_ids": found.deal_ids,
        "classes": _classes(tracker, settings),
        "rates": _rates(settings),
        "tab_sales": made.beside["tab_sales"],
        "tab_customers": made.beside["tab_customers"],
    }
    told = {f"outside_{tab}": file for tab, file in found.files.items() if tab != "touches"}
    if "deals" in found.files:
        base["file_deals"] = View(_FILE_DEALS.format(**_names(settings, period)), {**base, **told})
    if "money" in found.files:
        roles = "SELECT deal_id FROM other_roles"
        if "deals" in found.files:
            roles += " UNION DISTINCT SELECT deal_id FROM file_deals WHERE is_sourced = 0"
        base["other_roles"] = made.beside["other_roles"]
        base["not_sourced"] = View(roles, dict(base))
        base["file_money"] = View(_FILE_MONEY.format(**_names(settings, period)), {**base, **told})
    return base


def _names(settings: Settings, period: Period) -> dict[str, str]:
    as_of = str(day_number(period.as_of))
    return {"own": OWN_SALES, "reporting": settings.reporting_currency, "as_of": as_of}


def _calendar(period: Period) -> pd.DataFrame:
    import numpy as np

    return dated({}, np.arange(day_number(_FIRST), day_number(_LAST) + 1), period)


def _classes(tracker: Tracker, settings: Settings) -> pd.DataFrame:
    """Stages and kinds of money: open, won, lost, revenue, refund or cost; chance of a stage."""
    import pandas as pd

    chances = probabilities(tracker, settings)
    rows = [
        (name, c.value, c.group, chances.get(c.value, 0.0))
        for name in ("stage", "money_kind")
        for c in tracker.lists[name]
    ]
    columns = ["list_name", "kind", "class", "chance"]
    told = pd.DataFrame(rows, columns=columns)
    return told.astype(dict.fromkeys(columns[:3], object) | {"chance": "float64"})


def _rates(settings: Settings) -> pd.DataFrame:
    """The value of one unit of each currency: month 0 where its month has no rate of its own."""
    import pandas as pd

    reporting = settings.reporting_currency
    rows = [(code, 0, rate) for code, rate in settings.rates.items() if code != reporting]
    rows.append((reporting, 0, 1.0))
    for code, months in settings.monthly_rates.items():
        rows += [(code, month, rate) for month, rate in months.items() if code != reporting]
    told = pd.DataFrame(rows, columns=["currency", "month", "rate"])
    return told.astype({"currency": object, "month": "int64", "rate": "float64"})


# Amounts keep four decimals, the unit in which sums are exact.
_AMOUNT = (
    "FLOOR(f.amount * COALESCE(m.rate, r.rate) * 10000 + 0.5) / 10000 AS amount, "
    "CASE WHEN f.amount IS NOT NULL AND COALESCE(m.rate, r.rate) IS NULL THEN 1 ELSE 0 END "
    "AS rate_missing"
)
_CURRENCY = "COALESCE(UPPER(f.currency), '{reporting}')"


def _rate(day: str) -> str:
    """Join the rate of the month of a day, and the one of no month."""
    return (
        f"LEFT JOIN rates AS r ON r.month = 0 AND {_CURRENCY} = r.currency "
        f"LEFT JOIN calendar AS e ON {day} = e.day "
        f"LEFT JOIN rates AS m ON m.month = e.month AND {_CURRENCY} = m.currency"
    )


_FILE_DEALS = (
    "SELECT f.deal_id, f.partner_id, k.partner_type, k.is_partner, c.kind AS stage, "
    "c.class AS deal_class, c.chance, f.created, f.closed, f.place, "
    "CASE WHEN COALESCE(LOWER(f.role), 'sourced') = 'sourced' THEN 1 ELSE 0 END AS is_sourced, "
    "CASE WHEN COALESCE(LOWER(f.role), 'sourced') = 'sourced' THEN f.partner_id ELSE '{own}' END "
    "AS source, CASE WHEN LOWER(f.role) = 'co-sell' AND c.class = 'open' THEN 1 ELSE 0 END "
    "AS is_co_sell, COALESCE(f.customer_id, 'account ' || LOWER(f.account)) AS customer, "
    "CASE WHEN LOWER(f.deal_type) = 'renewal' THEN 1 ELSE 0 END AS is_again, "
    f"{_AMOUNT} FROM outside_deals AS f INNER JOIN known AS k ON f.partner_id = k.partner_id "
    "INNER JOIN classes AS c ON c.list_name = 'stage' AND LOWER(f.stage) = c.kind "
    f"{_rate('COALESCE(f.closed, {as_of})')} LEFT JOIN deal_ids AS t ON f.deal_id = t.deal_id "
    "WHERE t.deal_id IS NULL AND f.deal_id IS NOT NULL"
)
"""Deals of the file but for those that the tab has too."""

_FILE_MONEY = (
    "SELECT f.deal_id, f.partner_id, k.partner_type, k.is_partner, c.kind, c.class AS money_class, "
    "CASE WHEN o.deal_id IS NULL THEN f.partner_id ELSE '{own}' END AS source, f.date AS day, "
    f"f.customer_id AS customer, f.place, {_AMOUNT} FROM outside_money AS f "
    "INNER JOIN known AS k ON f.partner_id = k.partner_id "
    "INNER JOIN classes AS c ON c.list_name = 'money_kind' AND LOWER(f.kind) = c.kind "
    f"{_rate('f.date')} LEFT JOIN not_sourced AS o ON f.deal_id = o.deal_id"
)


def _revenue_rows(base: Mapping[str, Relation]) -> View | None:
    """Revenue of the files: sales, renewals, refunds, and won deals without a sale."""
    parts = []
    if "file_money" in base:
        parts.append(
            "SELECT source, partner_id AS row_partner, deal_id, day, place + 2000000000 AS entry, "
            "CASE WHEN money_class = 'refund' THEN -ABS(amount) ELSE amount END AS amount, "
            "CASE WHEN money_class = 'refund' THEN 1 ELSE 0 END AS is_refund, rate_missing "
            "FROM file_money WHERE money_class IN ('revenue', 'refund')"
        )
    if "file_deals" in base:
        part = (
            "SELECT d.source, d.partner_id AS row_partner, d.deal_id, d.closed AS day, "
            "d.place + 4000000000 AS entry, d.amount, 0 AS is_refund, d.rate_missing "
            "FROM file_deals AS d"
        )
        sold = "SELECT deal_id FROM tab_sales"
        if "file_money" in base:
            kinds = "('sale', 'renewal')"
            sold += f" UNION DISTINCT SELECT deal_id FROM file_money WHERE kind IN {kinds}"
        parts.append(
            f"{part} LEFT JOIN ({sold}) AS s ON d.deal_id = s.deal_id "
            "WHERE d.deal_class = 'won' AND s.deal_id IS NULL"
        )
    return View(" UNION ALL ".join(parts), dict(base)) if parts else None


_TIMES = ", ".join(f"c.{name}" for name in TIMED)
_WHO = "k.partner_type, k.is_partner"

_REVENUE = (
    "SELECT f.source AS partner_id, f.row_partner, f.deal_id, f.amount, CASE WHEN f.is_refund = 0 "
    "THEN f.amount END AS gross, CASE WHEN f.is_refund = 1 THEN -f.amount ELSE 0 END AS refunded, "
    f"f.is_refund, f.rate_missing, {_TIMES}, {_WHO} FROM file_revenue AS f "
    "INNER JOIN revenue_calendar AS c ON f.day = c.day "
    "INNER JOIN known AS k ON f.source = k.partner_id"
)
_CLOSED = (
    "SELECT f.partner_id, CASE WHEN f.deal_class = 'won' THEN 1 ELSE 0 END AS is_won, f.amount, "
    "CASE WHEN f.closed >= f.created THEN f.closed - f.created END AS days_to_close, "
    f"f.rate_missing, {_TIMES}, f.partner_type, f.is_partner FROM file_deals AS f "
    "INNER JOIN calendar AS c ON f.closed = c.day WHERE f.deal_class IN ('won', 'lost')"
)
_OPEN = "CASE WHEN f.deal_class = 'open' THEN {} ELSE 0 END"
_DEALS = (
    f"SELECT f.partner_id, f.stage, {_OPEN.format(1)} AS is_open, f.is_co_sell, "
    f"{_OPEN.format('f.amount')} AS open_amount, {_OPEN.format('f.amount * f.chance')} "
    "AS weighted_amount, CASE WHEN f.is_co_sell = 1 THEN f.amount ELSE 0 END AS co_sell_amount, "
    f"{_OPEN.format('f.rate_missing')} AS rate_missing, f.partner_type, f.is_partner "
    "FROM file_deals AS f WHERE (f.created IS NULL OR f.created <= {as_of})"
)
_COST = (
    f"SELECT f.partner_id, f.amount, f.rate_missing, {_TIMES}, f.partner_type, f.is_partner "
    "FROM file_money AS f INNER JOIN calendar AS c ON f.day = c.day WHERE f.money_class = 'cost'"
)


def _beside(frame: Relation, name: str, text: str, base: Mapping[str, Relation]) -> View:
    """The rows of a fact table and those of the files, with the table's columns."""
    columns = ", ".join(frame.columns)  # type: ignore[union-attr]
    sql = f"SELECT {columns} FROM {name}_tab UNION ALL SELECT {columns} FROM ({text}) AS more"
    return View(sql, {**base, f"{name}_tab": frame})


def _amounts(frame: Relation, base: Mapping[str, Relation]) -> View:
    columns = "entry, deal_id, source, day, amount"
    return View(
        f"SELECT {columns} FROM amounts_tab UNION ALL SELECT {columns} FROM file_revenue "
        "WHERE day IS NOT NULL AND (amount IS NOT NULL OR rate_missing = 1)",
        {**base, "amounts_tab": frame},
    )


def _journey_deals(frame: Relation, base: Mapping[str, Relation], period: Period) -> View:
    return View(
        "SELECT deal_id, closed, is_won, source FROM journeys_tab UNION ALL SELECT deal_id, "
        "closed, CASE WHEN deal_class = 'won' THEN 1 ELSE 0 END AS is_won, source FROM file_deals "
        f"WHERE deal_class IN ('won', 'lost') AND closed <= {day_number(period.as_of)}",
        {**base, "journeys_tab": frame},
    )


def _touches(frame: Relation, found: Outside) -> View:
    columns = "deal_id, partner_id, day, kind, mark, role, place"
    known = found.known
    assert known is not None
    return View(
        f"SELECT {columns} FROM touches_tab UNION ALL SELECT f.deal_id, f.partner_id, f.date "
        "AS day, LOWER(f.kind) AS kind, LOWER(f.mark) AS mark, LOWER(f.role) AS role, "
        f"f.place + {_PLACES} AS place FROM outside_touches AS f INNER JOIN known AS k "
        "ON f.partner_id = k.partner_id WHERE f.date IS NOT NULL AND f.deal_id IS NOT NULL",
        {"touches_tab": frame, "known": known, "outside_touches": found.files["touches"]},
    )


def _events(base: Mapping[str, Relation]) -> str:
    """Everything by which a customer was won: the tabs' won deals and sales, then the files'."""
    head = "partner_id, deal_id, day, is_money, is_again, event_id"
    parts = [f"SELECT customer, {head} FROM events_tab"]
    customers = ["SELECT deal_id, customer FROM tab_customers"]
    if "file_deals" in base:
        parts.append(
            "SELECT customer, source AS partner_id, deal_id, closed AS day, 0 AS is_money, "
            "is_again, deal_id AS event_id FROM file_deals WHERE deal_class = 'won'"
        )
        customers.append("SELECT deal_id, customer FROM file_deals")
    if "file_money" in base:
        parts.append(
            "SELECT customer, source AS partner_id, deal_id, day, 1 AS is_money, CASE WHEN kind = "
            "'renewal' THEN 1 ELSE 0 END AS is_again, CAST(place AS VARCHAR) AS event_id "
            "FROM file_money WHERE money_class = 'revenue'"
        )
    told = ", ".join(f"e.{name}" for name in head.split(", "))
    return (
        f"SELECT COALESCE(e.customer, o.customer) AS customer, {told} FROM "
        f"({' UNION ALL '.join(parts)}) AS e LEFT JOIN ({' UNION ALL '.join(customers)}) AS o "
        "ON e.deal_id = o.deal_id"
    )


def _won(period: Period) -> str:
    ordered = "ROW_NUMBER() OVER (PARTITION BY customer ORDER BY day, is_money, event_id) AS nth"
    return (
        f"SELECT partner_id, deal_id, day, customer, is_again, {ordered} FROM customer_events "
        f"WHERE customer IS NOT NULL AND day <= {day_number(period.as_of)}"
    )


def _first_won(frame: Relation, events: View, base: Mapping[str, Relation], period: Period) -> View:
    columns = [*TIMED, "partner_type", "is_partner", "deal_id", "partner_id"]
    told = {name: f"c.{name}" for name in TIMED}
    told |= {"partner_type": "k.partner_type", "is_partner": "k.is_partner"}
    told |= {"deal_id": "w.deal_id", "partner_id": "w.partner_id"}
    assert set(frame.columns) <= set(columns)  # type: ignore[union-attr]
    return View(
        f"SELECT {', '.join(f'{told[c]} AS {c}' for c in columns)} FROM ({_won(period)}) AS w "
        "INNER JOIN calendar AS c ON w.day = c.day INNER JOIN known AS k "
        "ON w.partner_id = k.partner_id WHERE w.nth = 1 AND w.is_again = 0",
        {**base, "customer_events": events},
    )


def _new(events: View, period: Period) -> View:
    return View(
        "SELECT ROW_NUMBER() OVER (ORDER BY customer) AS entry, deal_id, partner_id AS source, "
        f"day, CAST(1 AS DOUBLE) AS amount FROM ({_won(period)}) AS w "
        "WHERE nth = 1 AND is_again = 0",
        {"customer_events": events},
    )


def _active(partners: Relation, found: Outside) -> pd.DataFrame:
    """Partners with revenue in the files are active too."""
    import pandas as pd

    assert isinstance(partners, pd.DataFrame)
    seen = partners["partner_id"].isin(found.active & set(partners["partner_id"]) - {OWN_SALES})
    active = (partners["is_active"].astype(bool) | seen).astype("int8")
    both = active & partners["is_established"]
    return partners.assign(is_active=active, is_established_active=both.astype("int8"))
