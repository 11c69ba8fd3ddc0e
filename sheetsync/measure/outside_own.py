"""KPIs of a team's own over rows of the tabs and of files together.

A row of a file counts as the same row of the tab would, see ``sheetsync.measure.own``.
"""

# ruff: noqa: S608 -- names are ours, values are quoted
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from sheetsync.measure.facts import Facts
from sheetsync.measure.frames import TIMED, calendar, day_number
from sheetsync.measure.outside import COLUMNS, Outside
from sheetsync.measure.outside_rows import (
    AMOUNT,
    FIRST_OF_ID,
    YES,
    one,
    rate_on,
    rates_known,
)
from sheetsync.measure.own import named_parts
from sheetsync.measure.period import Period
from sheetsync.measure.sql_rows import literal
from sheetsync.model.engine import FactKind, Relation, View
from sheetsync.model.settings import Condition, Measurand, Settings
from sheetsync.model.tracker import CellType, Tracker

_DAYS: Mapping[str, str] = {
    "deals": "COALESCE(f.closed, f.created)",
    "money": "f.date",
    "touches": "f.date",
}
"""The day of a file's row, by tab."""

_CLASSES: Mapping[str, str] = {
    "deals": "INNER JOIN classes AS s ON s.list_name = 'stage' AND LOWER(f.stage) = s.kind ",
    "money": "INNER JOIN classes AS s ON s.list_name = 'money_kind' AND LOWER(f.kind) = s.kind ",
    "touches": "",
}
"""Rows of a stage or kind that is on no list are left out."""


def own_views(
    made: Facts,
    found: Outside,
    classes: Relation,
    tracker: Tracker,
    settings: Settings,
    period: Period,
) -> dict[str, View]:
    """Return the fact tables of own KPIs that files add to; ``classes`` are stages and kinds."""
    assert found.known is not None
    assert found.deal_ids is not None
    ground: dict[str, Relation] = {
        "calendar": calendar(period),
        "known": found.known,
        "deal_ids": found.deal_ids,
        "classes": classes,
        "rates": rates_known(settings),
    }
    told = {}
    for name, part in named_parts(settings, tracker):
        if part.tab in found.files and name in made.tables:
            text = _text(part, found, tracker, settings, period)
            files: dict[str, Relation] = {
                "own_tab": made.tables[name],
                "own_file": found.files[part.tab],
            }
            told[name] = View(text, {**_read(text, ground), **files})
    return told


def _read(text: str, ground: Mapping[str, Relation]) -> dict[str, Relation]:
    return {name: told for name, told in ground.items() if f" {name} AS " in text}


def _text(
    part: Measurand, found: Outside, tracker: Tracker, settings: Settings, period: Period
) -> str:
    day = _DAYS[part.tab]
    column = COLUMNS[part.tab].get(part.column)
    money = column is not None and column.kind is FactKind.NUMBER
    value = AMOUNT if money else f"{_counted(part)} AS x, CAST(0 AS TINYINT) AS rate_missing"
    rate = rate_on(day).format(reporting=settings.reporting_currency) if money else ""
    own = "amount" if money else "x"
    names = f"partner_id, {own}, rate_missing, {', '.join(TIMED)}, partner_type, is_partner"
    times = ", ".join(f"c.{name}" for name in TIMED)
    tests = [f"{day} <= {day_number(period.as_of)}", *_tests(part, tracker)]
    once = lacking = ""
    if part.tab == "deals":
        once = FIRST_OF_ID.replace("outside_deals", "own_file") if found.repeated else ""
        lacking = "LEFT JOIN deal_ids AS t ON f.deal_id = t.deal_id "
        tests += ["t.deal_id IS NULL", "f.deal_id IS NOT NULL"]
    return (
        f"SELECT {names} FROM own_tab UNION ALL SELECT f.partner_id, {value}, {times}, "
        "k.partner_type, k.is_partner FROM own_file AS f "
        "INNER JOIN known AS k ON f.partner_id = k.partner_id "
        f"INNER JOIN calendar AS c ON {day} = c.day {_CLASSES[part.tab]}{lacking}{once}{rate} "
        f"WHERE {' AND '.join(tests)}"
    )


def _counted(part: Measurand) -> str:
    """One for each row, or for each that has the column filled."""
    if not part.column:
        return "CAST(1 AS DOUBLE)"
    if part.column not in COLUMNS[part.tab]:
        return "CAST(NULL AS DOUBLE)"
    return f"CASE WHEN f.{part.column} IS NULL THEN NULL ELSE CAST(1 AS DOUBLE) END"


def _tests(part: Measurand, tracker: Tracker) -> Iterator[str]:
    """Yield the conditions; a blank fulfils none but !=."""
    for condition in part.where:
        kind = tracker.tab(part.tab).column(condition.column).type
        if condition.column in COLUMNS[part.tab]:
            yield _test(condition, kind)
        else:
            yield "1 = 1" if condition.compare == "!=" else "1 = 0"


def _test(condition: Condition, kind: CellType) -> str:
    cell, value = f"f.{condition.column}", condition.value
    if kind in (CellType.DAY, CellType.MONTH, CellType.TIMESTAMP):
        day = day_number(date.fromisoformat(str(value)))
        return f"{cell} {condition.compare.replace('!=', '<>')} {day}"
    if kind is CellType.FLAG:
        wanted = int(str(value).casefold() in ("yes", "1"))
        told = f"{one(f'LOWER({cell}) IN {YES}')} = {wanted}"
    elif isinstance(value, str):
        told = f"LOWER({cell}) = {literal(value.casefold())}"
    else:
        told = f"{cell} {condition.compare.replace('!=', '=')} {literal(value)}"
    if condition.compare == "!=":
        return f"({cell} IS NULL OR NOT ({told}))"
    return f"({cell} IS NOT NULL AND {told})"
