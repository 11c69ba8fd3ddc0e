"""Short names for the columns that a tracker is made of, so that a tab reads like its own page."""

from __future__ import annotations

from typing import Any

from sheetsync.model.tracker import CellType, Column, Highlight, Owner

AS_TEXT = "@"
DAY_FORMAT = "yyyy-mm-dd"
MONTH_FORMAT = "yyyy-mm"
TIME_FORMAT = "yyyy-mm-dd hh:mm"
MONEY_FORMAT = "#,##0.00"
COUNT_FORMAT = "#,##0"
NUMBER_FORMAT = "#,##0.0##"
PERCENT_FORMAT = "0.0%"


def text(key: str, title: str, doc: str, **more: Any) -> Column:
    """Free text, kept as text so that 00012 and 1-5 stay what they are."""
    return Column(key, title, CellType.TEXT, doc, **{"number_format": AS_TEXT, "width": 18, **more})


def identity(key: str, title: str, doc: str, **more: Any) -> Column:
    """An id: of a row where ``auto`` gives its pattern, else of something elsewhere."""
    return Column(key, title, CellType.ID, doc, **{"number_format": AS_TEXT, "width": 12, **more})


def ref(key: str, title: str, tab: str, doc: str, **more: Any) -> Column:
    """The id of a row of another tab."""
    more = {"number_format": AS_TEXT, "width": 12, "ref": tab, **more}
    return Column(key, title, CellType.REF, doc, **more)


def row_id(
    key: str, title: str, letter: str, doc: str = "Blank until sync numbers it.", **more: Any
) -> Column:
    """The id of a row, given by sync where it is blank: the letter and four digits."""
    return identity(key, title, doc, **{"auto": f"{letter}-{{:04d}}", "unique": True, **more})


def of_partner(doc: str, *words: str, **more: Any) -> Column:
    """Whose row it is: the id of a partner, or one of the words that may stand instead."""
    more = {"required": True, "ref_extra": words, "aliases": ("partner",), **more}
    return ref("partner_id", "Partner ID", "partners", doc, **more)


def choice(key: str, title: str, choices: str, doc: str, **more: Any) -> Column:
    """One value of a list."""
    more = {"number_format": AS_TEXT, "choices": choices, **more}
    return Column(key, title, CellType.CHOICE, doc, **more)


def flag(key: str, title: str, doc: str, **more: Any) -> Column:
    """Yes or no."""
    return Column(key, title, CellType.FLAG, doc, **{"choices": "flag", "width": 11, **more})


def day(key: str, title: str, doc: str, **more: Any) -> Column:
    """A calendar day."""
    return Column(
        key, title, CellType.DAY, doc, **{"number_format": DAY_FORMAT, "width": 12, **more}
    )


def month(key: str, title: str, doc: str, **more: Any) -> Column:
    """A month, held as its first day."""
    more = {"number_format": MONTH_FORMAT, "width": 11, **more}
    return Column(key, title, CellType.MONTH, doc, **more)


def moment(key: str, title: str, doc: str, **more: Any) -> Column:
    """A day with its time."""
    more = {"number_format": TIME_FORMAT, "width": 17, **more}
    return Column(key, title, CellType.TIMESTAMP, doc, **more)


def money(key: str, title: str, doc: str, **more: Any) -> Column:
    """An amount of money, never below zero unless ``low`` says so."""
    more = {"number_format": MONEY_FORMAT, "low": 0, "width": 15, **more}
    return Column(key, title, CellType.MONEY, doc, **more)


def count(key: str, title: str, doc: str, **more: Any) -> Column:
    """A whole number from zero."""
    more = {"number_format": COUNT_FORMAT, "low": 0, "width": 12, **more}
    return Column(key, title, CellType.COUNT, doc, **more)


def number(key: str, title: str, doc: str, **more: Any) -> Column:
    """A number."""
    more = {"number_format": NUMBER_FORMAT, "width": 11, **more}
    return Column(key, title, CellType.NUMBER, doc, **more)


def percent(key: str, title: str, doc: str, **more: Any) -> Column:
    """A fraction, shown as percent."""
    more = {"number_format": PERCENT_FORMAT, "width": 11, **more}
    return Column(key, title, CellType.PERCENT, doc, **more)


def currency(key: str, title: str, doc: str, **more: Any) -> Column:
    """An ISO 4217 code."""
    more = {"number_format": AS_TEXT, "choices": "currency", "width": 11, **more}
    return Column(key, title, CellType.CURRENCY, doc, **more)


def country(key: str, title: str, doc: str, **more: Any) -> Column:
    """An ISO 3166 code of two letters."""
    more = {"number_format": AS_TEXT, "choices": "country", "width": 10, **more}
    return Column(key, title, CellType.COUNTRY, doc, **more)


CHECK = text(
    "check",
    "Check",
    "What is wrong or doubtful in this row, in words; filled by sync, blank when all is well.",
    owner=Owner.SYNC,
    width=38,
    number_format="",
)
"""The last column of every entry tab."""

TINTED = Highlight((), '{check}<>""', "check")
"""A row with something to put right."""
