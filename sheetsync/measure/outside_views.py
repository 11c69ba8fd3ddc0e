"""Fact tables over rows of the tabs and of files together: each a view of rows that are kept.

A view has the columns of the workbook's own fact table (see ``sheetsync.measure.facts``).
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetsync.measure.credit_facts import Journeys
from sheetsync.measure.facts import Facts, with_partner
from sheetsync.measure.facts_more import Ground, more_facts
from sheetsync.measure.frames import TIMED, day_number
from sheetsync.measure.money import OWN_SALES
from sheetsync.measure.outside import Outside
from sheetsync.measure.outside_own import own_views
from sheetsync.measure.outside_rows import Rows, rows_of, slim
from sheetsync.measure.outside_sums import reduced_revenue, reduced_sales
from sheetsync.measure.period import Period
from sheetsync.measure.pipeline import AGES, OWN_HISTORY
from sheetsync.model.engine import Engine, Relation, View
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker

if TYPE_CHECKING:
    import pandas as pd

ADDED_TO = frozenset(
    (
        *("revenue", "closed", "deals", "lead_deals", "cost", "new_customers", "partners"),
        *("attributed", "influenced", "credited_customers", "cohorts", "ageing", "chances"),
        *("joint", "targets", "sales", "product_sales", "first_sales", "markets"),
        *("partner_markets", "campaign_deals", "upkeep", "retention", "commissions"),
        *("matured", "tenures"),
    )
)
"""Fact tables with the files' rows; others are made of no deals, money or touches."""

_OF_REVENUE = ("first_sales", "targets", "commissions")
_OF_SALES = ("matured", "tenures")


def with_outside(
    made: Facts,
    found: Outside,
    tracker: Tracker,
    settings: Settings,
    period: Period,
    engine: Engine,
) -> tuple[dict[str, Relation], Journeys]:
    """Return fact tables and journeys, those that the files add to as views."""
    rows = rows_of(made, found, tracker, settings, period, engine)
    rows["first_wins"] = engine.keep(View(_FIRST_WINS.format(**_numbers(period)), dict(rows)))
    rows["products"] = made.beside["products"]
    for each, name in ((False, "markets"), (True, "partner_markets")):
        text = _market_rows(each=each).format(**_numbers(period))
        rows[f"{name}_rows"] = engine.keep(View(text, dict(rows)))
    slim(rows, engine)
    if "joint" in made.tables:
        pairs = {"touch_pairs": _pairs(made.beside["touch_pairs"], found), **rows}
        rows["joint_rows"] = engine.keep(View(_JOINT_ROWS.format(**_numbers(period)), pairs))
    tables: dict[str, Relation] = dict(made.tables)
    for name, text in _texts(period).items():
        if name in tables:
            tables[name] = View(text, dict(rows))
    tables["partners"] = _active(made.tables["partners"], found)
    assert made.ground is not None
    tables |= _summed(made, made.ground, rows, engine)
    tables |= own_views(made, found, rows["classes"], tracker, settings, period)
    touches = _touches(made.journeys["touches"], found)
    return tables, Journeys({**_journeys(rows, period), "touches": touches}, "number")


def _summed(made: Facts, ground: Ground, rows: Rows, engine: Engine) -> dict[str, pd.DataFrame]:
    """Small tables, made of sums of the rows as they are made of the rows of a tab."""
    wanted = frozenset((*_OF_REVENUE, *_OF_SALES)) & made.tables.keys()
    if not wanted:
        return {}
    told = replace(ground, revenue=reduced_revenue(rows, ground, wanted, engine))
    if wanted & set(_OF_SALES):
        told = replace(told, sold_rows=reduced_sales(rows, ground, engine))
    frames = more_facts(told, wanted)
    return {name: with_partner(frames[name], made.types) for name in wanted}


def _numbers(period: Period) -> dict[str, str]:
    return {
        "own": OWN_SALES,
        "as_of": str(day_number(period.as_of)),
        "first": str(day_number(period.now.start)),
        "last": str(day_number(period.now.end)),
    }


_TIMES = ", ".join(f"c.{name}" for name in TIMED)
_WHO = "k.partner_type, k.is_partner"
_SOURCE = f"CASE WHEN f.is_sourced = 1 THEN f.partner_id ELSE '{OWN_SALES}' END"


def _on(day: str, partner: str = "f.partner_id", calendar: str = "calendar") -> str:
    return f"INNER JOIN {calendar} AS c ON {day} = c.day {_of(partner)}"


def _of(partner: str = "f.partner_id") -> str:
    return f"INNER JOIN known AS k ON {partner} = k.partner_id"


_FIRST_WINS = (
    "SELECT partner_id, deal_id, number, day FROM (SELECT source AS partner_id, deal_id, number, "
    "day, is_again, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY day, is_money, event_id) "
    "AS nth FROM (SELECT f.customer, "
    f"{_SOURCE} AS source, f.deal_id, f.number, f.closed AS day, 0 AS is_money, f.is_again, "
    "f.deal_id AS event_id FROM deal_rows AS f WHERE f.is_won = 1 UNION ALL SELECT m.customer, "
    "m.source, m.deal_id, m.number, m.day, 1 AS is_money, CASE WHEN m.kind = 'renewal' THEN 1 "
    "ELSE 0 END AS is_again, m.event_id FROM money_rows AS m WHERE m.money_class = 'revenue') "
    "AS events WHERE customer IS NOT NULL AND day <= {as_of}) AS ordered "
    "WHERE nth = 1 AND is_again = 0"
)
"""Everything by which a customer was won: the first of it, unless that was a renewal."""


def _texts(period: Period) -> dict[str, str]:
    told = {**_MONEY, **_DEALS, "joint": _JOINT, "chances": _chances()}
    told |= {name: _MARKETS.replace("{rows}", name) for name in ("markets", "partner_markets")}
    told["cohorts"] = _cohorts()
    return {name: text.format(**_numbers(period)) for name, text in told.items()}


_SALE = (
    "SELECT f.source AS partner_id, f.product, f.customer, f.amount, CASE WHEN f.is_more = 1 "
    "THEN f.amount ELSE 0 END AS upsold, 1 - f.is_refund AS is_sale, f.is_more AS is_upsell, "
    f"f.is_joint, f.is_recurring, f.rate_missing, {_TIMES}, {_WHO} FROM sale_rows AS f "
    f"{_on('f.day', 'f.source')}"
)
_ONE_OFF = "COALESCE(f.one_off, CASE WHEN f.kind IN ('onboarding', 'product') THEN 1 ELSE 0 END)"
_MONEY = {
    "revenue": "SELECT f.source AS partner_id, f.row_partner, f.amount, CASE WHEN "
    "f.is_refund = 0 THEN f.amount END AS gross, CASE WHEN f.is_refund = 1 THEN -f.amount ELSE 0 "
    f"END AS refunded, f.is_refund, f.rate_missing, {_TIMES}, {_WHO} FROM sale_rows AS f "
    f"{_on('f.day', 'f.source', 'revenue_calendar')}",
    "cost": f"SELECT f.partner_id, f.amount, f.rate_missing, {_TIMES}, {_WHO} "
    f"FROM money_rows AS f {_on('f.day')} WHERE f.money_class = 'cost'",
    "upkeep": f"SELECT f.partner_id, CASE WHEN {_ONE_OFF} = 1 THEN f.amount ELSE 0 END AS one_off, "
    f"CASE WHEN {_ONE_OFF} = 1 THEN 0 ELSE f.amount END AS yearly, f.rate_missing, {_TIMES}, "
    f"{_WHO} FROM money_rows AS f {_on('f.day')} WHERE f.money_class = 'cost'",
    "new_customers": f"SELECT f.partner_id, f.deal_id, {_TIMES}, {_WHO} FROM first_wins AS f "
    f"{_on('f.day')}",
    "sales": _SALE,
    "product_sales": f"SELECT s.* FROM ({_SALE}) AS s INNER JOIN products AS p "
    "ON s.product = p.product WHERE s.is_sale = 1",
    "retention": "SELECT f.partner_id, f.amount, CASE WHEN f.mrr < 0 THEN 0 WHEN f.mrr > f.amount "
    "THEN f.amount ELSE f.mrr END AS kept, f.mrr, CASE WHEN f.missing > 0 THEN 1 ELSE 0 END "
    f"AS rate_missing, {_WHO} FROM (SELECT s.partner_id, s.customer, SUM(CASE WHEN "
    "s.in_period_before = 1 THEN COALESCE(s.amount, 0) ELSE 0 END) AS amount, SUM(CASE WHEN "
    "s.in_period = 1 THEN COALESCE(s.amount, 0) ELSE 0 END) AS mrr, SUM(CASE WHEN s.in_period = 1 "
    "OR s.in_period_before = 1 THEN s.rate_missing ELSE 0 END) AS missing "
    f"FROM ({_SALE}) AS s WHERE s.is_recurring = 1 AND s.customer IS NOT NULL "
    f"GROUP BY s.partner_id, s.customer) AS f {_of()} WHERE f.amount > 0 OR f.missing > 0",
}

_OPEN = "CASE WHEN f.is_open = 1 THEN {} ELSE 0 END"
_CO_SELL = "f.is_open * f.is_co_sell"
_BEGUN = "(f.created IS NULL OR f.created <= {as_of})"
_DEALS = {
    "closed": f"SELECT f.partner_id, f.is_won, f.amount, CASE WHEN f.closed >= f.created THEN "
    f"f.closed - f.created END AS days_to_close, f.rate_missing, {_TIMES}, {_WHO} "
    f"FROM deal_rows AS f {_on('f.closed')} WHERE f.is_open = 0",
    "deals": f"SELECT f.partner_id, s.kind AS stage, f.is_open, {_CO_SELL} AS is_co_sell, "
    f"{_OPEN.replace('{}', 'f.amount')} AS open_amount, "
    f"{_OPEN.replace('{}', 'f.amount * s.chance')} AS weighted_amount, "
    f"CASE WHEN {_CO_SELL} = 1 THEN f.amount ELSE 0 END AS co_sell_amount, "
    f"{_OPEN.replace('{}', 'f.rate_missing')} AS rate_missing, {_WHO} FROM deal_rows AS f "
    f"INNER JOIN classes AS s ON f.stage_code = s.code {_of()} WHERE {_BEGUN}",
    "lead_deals": f"SELECT f.partner_id, {_TIMES}, {_WHO} FROM deal_rows AS f {_on('f.lead_date')}",
    "ageing": "SELECT f.partner_id, CAST(f.until - f.created AS DOUBLE) AS days, f.is_open "
    f"AS is_waiting, {_WHO} FROM (SELECT partner_id, created, is_open, CASE WHEN is_open = 1 THEN "
    "{as_of} ELSE closed END AS until FROM deal_rows WHERE is_open = 1 OR (is_won = 1 AND closed "
    f"BETWEEN {{first}} AND {{last}})) AS f {_of()} WHERE f.until >= f.created",
    "campaign_deals": f"SELECT f.partner_id, f.amount, f.is_joint, f.rate_missing, {_WHO} "
    f"FROM deal_rows AS f {_of()} WHERE f.is_open = 1 AND {_BEGUN} AND f.partner_id <> '{{own}}'",
}


def _cohorts() -> str:
    won = "f.is_won = 1 AND (f.closed IS NULL OR f.closed <= {as_of})"
    tests = {"is_won": won, "is_open": "f.is_open = 1"}
    for age in AGES:
        seen = f"f.created <= {{as_of}} - {age}"
        tests[f"seen_{age}"] = seen
        soon = f"(f.closed IS NULL OR f.closed <= f.created + {age})"
        tests[f"won_{age}"] = f"{seen} AND {won} AND {soon}"
    told = ", ".join(
        f"CASE WHEN {test} THEN 1 ELSE 0 END AS {name}" for name, test in tests.items()
    )
    return (
        f"SELECT f.partner_id, {told}, {_TIMES}, {_WHO} FROM deal_rows AS f {_on('f.created')} "
        "WHERE f.created <= {as_of}"
    )


def _chances() -> str:
    """Open deals at the partner's own win rate, or at that of all where it has few."""
    counts = "COUNT(*) AS trials, SUM(is_won) AS hits"
    over = "FROM deal_rows WHERE is_open = 0 AND closed <= {as_of}"
    rate = "CAST({0}.hits AS DOUBLE) / {0}.trials"
    chance = (
        f"CASE WHEN w.trials >= {OWN_HISTORY} THEN CASE WHEN o.trials >= {OWN_HISTORY} "
        f"THEN {rate.format('o')} ELSE {rate.format('w')} END "
        f"WHEN o.trials >= {OWN_HISTORY} THEN {rate.format('o')} END"
    )
    return (
        f"SELECT f.partner_id, f.amount * f.chance AS weighted_amount, f.rate_missing, {_WHO} FROM "
        f"(SELECT f.partner_id, f.amount, f.rate_missing, {chance} AS chance FROM deal_rows AS f "
        f"LEFT JOIN (SELECT partner_id, {counts} {over} GROUP BY partner_id) AS o "
        f"ON f.partner_id = o.partner_id CROSS JOIN (SELECT {counts} {over}) AS w "
        f"WHERE f.is_open = 1 AND {_BEGUN}) AS f {_of()} WHERE f.chance IS NOT NULL"
    )


_BEGUN_OPEN = (
    "SELECT f.number, f.deal_id, f.partner_id, f.amount, f.is_co_sell, f.rate_missing "
    f"FROM deal_rows AS f WHERE f.is_open = 1 AND {_BEGUN} AND f.deal_id IS NOT NULL"
)
_JOINT_ROWS = (
    "WITH open_deals AS ("
    f"{_BEGUN_OPEN}), pairs AS (SELECT number, partner_id FROM open_deals UNION DISTINCT "
    "SELECT o.number, t.partner_id FROM touch_pairs AS t INNER JOIN open_deals AS o "
    "ON t.deal_id = o.deal_id), partnered AS (SELECT number, partner_id FROM pairs "
    "WHERE partner_id <> '{own}'), per_deal AS (SELECT number, COUNT(*) AS often, "
    "MIN(partner_id) AS one FROM partnered GROUP BY number) "
    "SELECT p.partner_id, p.number, o.amount, CASE WHEN p.partner_id = d.one THEN 1 ELSE 0 END "
    "AS is_once, o.rate_missing FROM partnered AS p INNER JOIN per_deal AS d "
    "ON p.number = d.number INNER JOIN open_deals AS o ON p.number = o.number "
    "WHERE d.often > 1 OR o.is_co_sell = 1"
)
"""Open deals and their partners, their own and those that touched them."""

_JOINT = (
    f"SELECT f.partner_id, f.number AS deal_id, f.amount, f.is_once, f.rate_missing, {_WHO} "
    f"FROM joint_rows AS f {_of()}"
)


def _market_rows(*, each: bool) -> str:
    """First wins of a country or segment: their days by group, then whose they were."""
    by = "partner_id, " if each else ""
    parts = []
    for column in ("country", "segment"):
        won = f"is_won = 1 AND closed <= {{as_of}} AND {column} IS NOT NULL"
        same = "f.partner_id = e.partner_id AND " if each else ""
        group = "f.partner_id, " if each else ""
        parts.append(
            f"SELECT f.partner_id, f.closed AS day, {int(column == 'country')} AS is_country, "
            f"ROW_NUMBER() OVER (PARTITION BY {group}f.{column} ORDER BY f.deal_id) AS nth "
            f"FROM deal_rows AS f INNER JOIN (SELECT {by}{column}, MIN(closed) AS day "
            f"FROM deal_rows WHERE {won} GROUP BY {by}{column}) AS e "
            f"ON {same}f.{column} = e.{column} AND f.closed = e.day WHERE f.is_won = 1"
        )
    both = " UNION ALL ".join(parts)
    return f"SELECT partner_id, day, is_country FROM ({both}) AS won WHERE nth = 1"


_MARKETS = (
    "SELECT f.partner_id, f.is_country, 1 - f.is_country AS is_segment, CASE WHEN f.day < "
    f"{{first}} THEN 1 ELSE 0 END AS is_before, {_TIMES}, {_WHO} FROM {{rows}}_rows AS f "
    f"{_on('f.day')}"
)


def _journeys(rows: Rows, period: Period) -> dict[str, Relation]:
    """What attribution reads, deals by their number."""
    texts = {
        "deals": f"SELECT f.deal_id, f.number, f.closed, f.is_won, {_SOURCE} AS source "
        "FROM deal_rows AS f WHERE f.is_open = 0 AND f.deal_id IS NOT NULL "
        "AND f.closed <= {as_of}",
        "amounts": "SELECT entry, number AS deal_id, source, day, amount FROM sale_rows "
        "WHERE day IS NOT NULL AND (amount IS NOT NULL OR rate_missing = 1)",
        "new": "SELECT ROW_NUMBER() OVER (ORDER BY day, number, partner_id) AS entry, "
        "number AS deal_id, partner_id AS source, day, CAST(1 AS DOUBLE) AS amount "
        "FROM first_wins WHERE day IS NOT NULL",
    }
    return {n: View(t.format(**_numbers(period)), dict(rows)) for n, t in texts.items()}


_FILE_TOUCHES = (
    "FROM outside_touches AS f INNER JOIN known AS k ON f.partner_id = k.partner_id "
    "WHERE f.deal_id IS NOT NULL"
)


def _touches(frame: Relation, found: Outside) -> Relation:
    if "touches" not in found.files:
        return frame
    columns = "deal_id, partner_id, day, kind, mark, role, place"
    return View(
        f"SELECT {columns} FROM touches_tab UNION ALL SELECT f.deal_id, f.partner_id, f.date "
        "AS day, LOWER(f.kind) AS kind, LOWER(f.mark) AS mark, LOWER(f.role) AS role, "
        f"f.place + 1000000000 AS place {_FILE_TOUCHES} AND f.date IS NOT NULL",
        dict(_touch_files("touches_tab", frame, found)),
    )


def _pairs(frame: Relation, found: Outside) -> Relation:
    if "touches" not in found.files:
        return frame
    return View(
        "SELECT deal_id, partner_id FROM pairs_tab UNION ALL "
        f"SELECT f.deal_id, f.partner_id {_FILE_TOUCHES}",
        dict(_touch_files("pairs_tab", frame, found)),
    )


def _touch_files(name: str, frame: Relation, found: Outside) -> Iterator[tuple[str, Relation]]:
    assert found.known is not None
    yield name, frame
    yield "known", found.known
    yield "outside_touches", found.files["touches"]


def _active(partners: Relation, found: Outside) -> pd.DataFrame:
    """Partners with revenue in the files are active too."""
    import pandas as pd

    assert isinstance(partners, pd.DataFrame)
    seen = partners["partner_id"].isin(found.active & set(partners["partner_id"]) - {OWN_SALES})
    active = (partners["is_active"].astype(bool) | seen).astype("int8")
    both = active & partners["is_established"]
    return partners.assign(is_active=active, is_established_active=both.astype("int8"))
