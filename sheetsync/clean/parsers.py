"""Which parser reads which cell type, and what it has to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheetsync.clean.choices import choice_parser, flag_parser
from sheetsync.clean.columns import Build
from sheetsync.clean.currencies import country_parser, currency_parser
from sheetsync.clean.days import OrderEvidence, day_parser, order_evidence
from sheetsync.clean.ids import Target, id_parser, padded_width, ref_parser, slug_parser
from sheetsync.clean.numbers import MarkEvidence, mark_evidence, number_parser
from sheetsync.clean.people import read_email, read_phone
from sheetsync.clean.reading import Parser
from sheetsync.clean.text import text_parser
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import CellType, Choice, Column

DATES = (CellType.DAY, CellType.MONTH, CellType.TIMESTAMP)
NUMBERS = (CellType.NUMBER, CellType.COUNT, CellType.MONEY, CellType.PERCENT)


@dataclass(frozen=True, slots=True)
class Context:
    """What parsers know beyond the cell: settings, lists, the day, and the ids of other tabs."""

    settings: Settings
    lists: Mapping[str, tuple[Choice, ...]]
    as_of: date
    targets: Mapping[str, Target]

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of the settings; None means UTC."""
        if self.settings.time_zone in ("", "UTC"):
            return None
        try:
            return ZoneInfo(self.settings.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return None


def order_of(context: Context, texts: Mapping[str, int]) -> OrderEvidence:
    """What a column's texts prove about the order of day and month."""
    s = context.settings
    return order_evidence(texts, s.date_order, s.default_country, context.as_of, context.zone)


def mark_of(context: Context, texts: Mapping[str, int]) -> MarkEvidence:
    """What a column's texts prove about the decimal mark."""
    return mark_evidence(texts, context.settings.decimal_mark)


def builder(column: Column, context: Context) -> Build:
    """Return what makes the column's parser from its texts; PHONE also needs a region per row."""

    def build(texts: Mapping[str, int]) -> Parser:
        if column.type in DATES:
            return day_parser(column, order_of(context, texts), context.as_of, context.zone)
        if column.type in NUMBERS:
            return number_parser(column, mark_of(context, texts), context.settings)
        if column.type is CellType.ID:
            return id_parser(padded_width(texts))
        return _fixed_parser(column, context)

    return build


def _fixed_parser(column: Column, context: Context) -> Parser:
    match column.type:
        case CellType.CHOICE:
            return choice_parser(column, context.lists.get(column.choices, ()))
        case CellType.FLAG:
            return flag_parser()
        case CellType.REF:
            return ref_parser(column, context.targets.get(column.ref))
        case CellType.EMAIL:
            return read_email
        case CellType.PHONE:
            region = context.settings.default_country
            return lambda value: read_phone(value, region)
        case CellType.COUNTRY:
            return country_parser()
        case CellType.CURRENCY:
            return currency_parser(context.settings.reporting_currency)
        case CellType.SLUG:
            return slug_parser()
        case _:
            return text_parser()
