"""Rows of deals, money and sales, those of the files beside those of the tabs: what facts read.

They are kept in the engine, each worked out once. What follows from a day (month, in the period or
not) is looked up in a calendar, so that the texts need no date function. Deals go by numbers: a
million ids take memory and time.
"""

# ruff: noqa: S608 -- names are ours
from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsync.measure.facts import Facts
from sheetsync.measure.frames import calendar, day_number
from sheetsync.measure.money import OWN_SALES, probabilities, reach_back
from sheetsync.measure.outside import Outside
from sheetsync.measure.period import Period
from sheetsync.model.engine import Engine, Kept, Relation, View
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Tracker

if TYPE_CHECKING:
    import pandas as pd

Rows = dict[str, Relation]

_FILE_FIRST = 1_000_000_000
"""Rows of a file are numbered from here on, after those of any tab."""


def rows_of(
    made: Facts,
    found: Outside,
    tracker: Tracker,
    settings: Settings,
    period: Period,
    engine: Engine,
) -> Rows:
    """Return ``deal_rows``, ``money_rows`` and ``sale_rows``, and what they are looked up in.

    ``calendar`` and ``revenue_calendar`` are by day, ``known`` by partner, ``chances`` by stage.
    """
    assert found.known is not None
    assert found.deal_ids is not None
    assert found.campaigns is not None
    days = made.tables["revenue"]["day"].to_numpy()
    reaches = reach_back(days, period, found.earliest)
    ground: Rows = {
        "calendar": calendar(period),
        "revenue_calendar": calendar(period if reaches else period.without_year_ago()),
        "known": found.known,
        "classes": _classes(tracker, settings),
    }
    rates: Rows = {"rates": rates_known(settings), "campaigns": found.campaigns}
    files = {f"outside_{tab}": file for tab, file in found.files.items()}
    names = _names(settings, period)
    deals = View(
        _deals(found, **names),
        {**ground, **rates, **files, **made.beside, "deal_ids": found.deal_ids},
    )
    ground["deal_rows"] = engine.keep(deals)
    money = View(
        _money(found, restates=settings.restate_refunds, **names),
        {**ground, **rates, **files, **made.beside},
    )
    ground["money_rows"] = engine.keep(money)
    ground["sale_rows"] = engine.keep(View(_SALES, {**ground, **made.beside}))
    return ground


def slim(rows: Rows, engine: Engine) -> None:
    """Keep of ``deal_rows`` only what is read again: a million texts take memory."""
    whole = rows["deal_rows"]
    assert isinstance(whole, Kept)
    told = ", ".join(name for name in whole.columns if name not in _ONCE)
    rows["deal_rows"] = engine.keep(View(f"SELECT {told} FROM all_rows", {"all_rows": whole}))
    engine.let_go(whole)


_ONCE = ("customer", "product", "country", "segment", "is_again", "is_more")


def _names(settings: Settings, period: Period) -> dict[str, str]:
    as_of = str(day_number(period.as_of))
    return {"own": OWN_SALES, "reporting": settings.reporting_currency, "as_of": as_of}


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
    told = pd.DataFrame(rows, columns=columns).assign(code=range(len(rows)))
    return told.astype(dict.fromkeys(columns[:3], object) | {"chance": "float64", "code": "int8"})


def rates_known(settings: Settings) -> pd.DataFrame:
    """The value of one unit of each currency: month 0 where its month has no rate of its own."""
    import pandas as pd

    reporting = settings.reporting_currency
    rows = [(code, 0, rate) for code, rate in settings.rates.items() if code != reporting]
    rows.append((reporting, 0, 1.0))
    for code, months in settings.monthly_rates.items():
        rows += [(code, month, rate) for month, rate in months.items() if code != reporting]
    told = pd.DataFrame(rows, columns=["currency", "month", "rate"])
    return told.astype({"currency": object, "month": "int64", "rate": "float64"})


AMOUNT = (
    "FLOOR(f.amount * COALESCE(m.rate, r.rate) * 10000 + 0.5) / 10000 AS amount, "
    "CAST(CASE WHEN f.amount IS NOT NULL AND COALESCE(m.rate, r.rate) IS NULL THEN 1 ELSE 0 END "
    "AS TINYINT) AS rate_missing"
)
"""A row's amount in the reporting currency, to four decimals, in which sums are exact."""
_CURRENCY = "COALESCE(UPPER(f.currency), '{reporting}')"


def rate_on(day: str) -> str:
    """Join the rate of the month of a day, and the one of no month."""
    return (
        f"LEFT JOIN rates AS r ON r.month = 0 AND {_CURRENCY} = r.currency "
        f"LEFT JOIN calendar AS e ON {day} = e.day "
        f"LEFT JOIN rates AS m ON m.month = e.month AND {_CURRENCY} = m.currency"
    )


def one(test: str) -> str:
    """Print a test as 1 or 0."""
    return f"CAST(CASE WHEN {test} THEN 1 ELSE 0 END AS TINYINT)"


def _day(column: str) -> str:
    return f"CAST({column} AS INTEGER)"


_DEAL_COLUMNS = (
    "number, deal_id, partner_id, stage, is_open, is_won, is_sourced, is_co_sell, is_again, "
    "is_more, is_joint, created, closed, lead_date, customer_id, account, product, country, "
    "segment, amount, rate_missing"
)
_MORE = "('upsell', 'cross-sell')"
_CLASSED = one("c.class = '{}'")
_SOURCED = one("COALESCE(LOWER(f.role), 'sourced') = 'sourced'")
_CO_SELL = one("LOWER(f.role) = 'co-sell'")
_AGAIN = one("LOWER(f.deal_type) = 'renewal'")
_REFUND = one("money_class = 'refund'")
_FILE_DEALS = (
    f"SELECT CAST(f.place + {_FILE_FIRST} AS INTEGER) AS number, f.deal_id, f.partner_id, "
    f"c.kind AS stage, {_CLASSED.format('open')} AS is_open, {_CLASSED.format('won')} AS is_won, "
    f"{_SOURCED} AS is_sourced, "
    f"{_CO_SELL} AS is_co_sell, "
    f"{_AGAIN} AS is_again, "
    f"{one(f'LOWER(f.deal_type) IN {_MORE}')} AS is_more, "
    f"{one('p.campaign IS NOT NULL')} AS is_joint, {_day('f.created')} AS created, "
    f"{_day('f.closed')} AS closed, {_day('f.lead_date')} AS lead_date, f.customer_id, "
    "'account ' || LOWER(f.account) AS account, f.product, f.country, f.segment, "
    f"{AMOUNT} FROM outside_deals AS f INNER JOIN known AS k ON f.partner_id = k.partner_id "
    "INNER JOIN classes AS c ON c.list_name = 'stage' AND LOWER(f.stage) = c.kind "
    f"{rate_on('COALESCE(f.closed, {as_of})')} LEFT JOIN deal_ids AS t ON f.deal_id = t.deal_id "
    "LEFT JOIN campaigns AS p ON f.campaign = p.campaign {once}"
    "WHERE t.deal_id IS NULL AND f.deal_id IS NOT NULL"
)
"""Deals of the file but for those that the tab has too."""

FIRST_OF_ID = (
    "INNER JOIN (SELECT deal_id, MIN(place) AS place FROM outside_deals GROUP BY deal_id) AS u "
    "ON f.deal_id = u.deal_id AND f.place = u.place "
)
"""Keeps of deals that stand more than once the first row."""


def _deals(found: Outside, **names: str) -> str:
    """All deals, each with its customer: its id, else the one seen with its account."""
    parts = [f"SELECT {_DEAL_COLUMNS} FROM tab_deals"]
    seen = ["SELECT account, customer_id FROM tab_deals"]
    if "deals" in found.files:
        text = _FILE_DEALS.format(**names, once=FIRST_OF_ID if found.repeated else "")
        parts.append(f"SELECT {_DEAL_COLUMNS} FROM ({text}) AS more")
        seen.append(
            "SELECT 'account ' || LOWER(account) AS account, customer_id FROM outside_deals"
        )
    kept = _DEAL_COLUMNS.replace("customer_id, account, ", "").split(", ")
    told = ", ".join(f"d.{name}" for name in kept if name != "stage")
    return (
        f"SELECT {told}, s.code AS stage_code, "
        "COALESCE(d.customer_id, a.customer_id, d.account) AS customer "
        f"FROM ({' UNION ALL '.join(parts)}) AS d LEFT JOIN (SELECT account, MIN(customer_id) "
        f"AS customer_id FROM ({' UNION ALL '.join(seen)}) AS seen WHERE account IS NOT NULL "
        "AND customer_id IS NOT NULL GROUP BY account) AS a ON d.account = a.account "
        "LEFT JOIN classes AS s ON s.list_name = 'stage' AND d.stage = s.kind"
    )


_MONEY_COLUMNS = (
    "entry, event_id, deal_id, partner_id, kind, day, customer_id, product, is_more, is_campaign, "
    "is_joint, is_recurring, one_off, amount, rate_missing"
)
YES = "('yes', 'true', '1', 'y', '1.0')"
"""What means yes in a file."""
_FILE_MONEY = (
    f"SELECT f.place + {_FILE_FIRST} AS entry, CAST(f.place AS VARCHAR) AS event_id, f.deal_id, "
    f"f.partner_id, c.kind, {_day('f.date')} AS day, f.customer_id, f.product, "
    f"{one(f'LOWER(f.upsell_flag) IN {_MORE}')} AS is_more, "
    f"{one('f.campaign IS NOT NULL')} AS is_campaign, "
    f"{one('p.campaign IS NOT NULL')} AS is_joint, "
    f"{one(f'LOWER(f.recurring) IN {YES}')} AS is_recurring, "
    f"CASE WHEN f.one_off IS NULL THEN NULL ELSE {one(f'LOWER(f.one_off) IN {YES}')} END "
    f"AS one_off, {AMOUNT} FROM outside_money AS f "
    "INNER JOIN known AS k ON f.partner_id = k.partner_id "
    "INNER JOIN classes AS c ON c.list_name = 'money_kind' AND LOWER(f.kind) = c.kind "
    f"{rate_on('f.date')} LEFT JOIN campaigns AS p ON f.campaign = p.campaign"
)


def _money(found: Outside, *, restates: bool, **names: str) -> str:
    """All money, each row with what it lacks and its deal has.

    With ``restates`` refunds stand on the day of their sale, see ``Ledger.money_days``.
    """
    parts = [f"SELECT {_MONEY_COLUMNS} FROM tab_money"]
    if "money" in found.files:
        parts.append(f"SELECT {_MONEY_COLUMNS} FROM ({_FILE_MONEY.format(**names)}) AS more")
    own = ("entry", "event_id", "deal_id", "partner_id", "kind", "one_off", "is_recurring")
    day, sold = (_RESTATED, _SOLD_BEFORE) if restates else ("m.day", "")
    return (
        f"WITH told AS ({' UNION ALL '.join(parts)}) "
        f"SELECT {', '.join(f'm.{name}' for name in own)}, {day} AS day, d.number, "
        "c.class AS money_class, "
        f"CASE WHEN d.is_sourced = 0 THEN '{OWN_SALES}' ELSE m.partner_id END AS source, "
        "COALESCE(m.customer_id, d.customer) AS customer, COALESCE(m.product, d.product) "
        "AS product, CASE WHEN m.is_more = 1 OR d.is_more = 1 THEN 1 ELSE 0 END AS is_more, "
        "CASE WHEN m.is_campaign = 1 THEN m.is_joint ELSE COALESCE(d.is_joint, 0) END AS is_joint, "
        "m.amount, m.rate_missing FROM told AS m INNER JOIN classes AS c "
        "ON c.list_name = 'money_kind' AND m.kind = c.kind "
        f"LEFT JOIN deal_rows AS d ON m.deal_id = d.deal_id{sold}"
    )


_RESTATED = (
    "CASE WHEN c.class = 'refund' THEN COALESCE(o.day, CASE WHEN d.is_won = 1 "
    "AND d.closed <= m.day THEN d.closed END, m.day) ELSE m.day END"
)
_SOLD_BEFORE = (
    " LEFT JOIN (SELECT r.entry, MAX(s.day) AS day FROM told AS r INNER JOIN told AS s "
    "ON r.deal_id = s.deal_id AND s.day <= r.day WHERE r.kind = 'refund' "
    "AND s.kind IN ('sale', 'renewal') GROUP BY r.entry) AS o ON m.entry = o.entry"
)


_SALES = (
    "SELECT source, partner_id AS row_partner, number, day, entry, "
    "CASE WHEN money_class = 'refund' THEN -ABS(amount) ELSE amount END AS amount, "
    f"{_REFUND} AS is_refund, rate_missing, product, customer, is_more, "
    "is_joint, is_recurring FROM money_rows WHERE money_class IN ('revenue', 'refund') "
    f"UNION ALL SELECT CASE WHEN d.is_sourced = 1 THEN d.partner_id ELSE '{OWN_SALES}' END "
    "AS source, d.partner_id AS row_partner, d.number, d.closed AS day, "
    f"d.number + {10 * _FILE_FIRST} AS entry, d.amount, CAST(0 AS TINYINT) AS is_refund, "
    "d.rate_missing, d.product, d.customer, d.is_more, d.is_joint, CAST(0 AS TINYINT) "
    "AS is_recurring FROM deal_rows AS d LEFT JOIN (SELECT deal_id FROM tab_sales UNION DISTINCT "
    "SELECT deal_id FROM money_rows WHERE kind IN ('sale', 'renewal')) AS s "
    "ON d.deal_id = s.deal_id WHERE d.is_won = 1 AND s.deal_id IS NULL"
)
"""Sales, renewals and refunds, and won deals without a sale."""
