"""Which parser reads which cell type, and what it has to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheetsync.clean.choices import choice_parser, flag_parser
from sheetsync.clean.columns import Build, Built, text_counts
from sheetsync.clean.currencies import country_parser, currency_parser
from sheetsync.clean.days import day_parser, order_evidence
from sheetsync.clean.ids import (
    Target,
    doubted_ids,
    doubted_refs,
    id_parser,
    padded_width,
    ref_parser,
    slug_parser,
)
from sheetsync.clean.numbers import doubted_numbers, mark_evidence, number_parser
from sheetsync.clean.people import read_email, read_phone
from sheetsync.clean.reading import Parser
from sheetsync.clean.text import text_parser, untidy
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import CellType, Choice, Column
from sheetsync.model.values import show

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


def builder(column: Column, context: Context) -> Build:
    """Return what makes the column's parser from its cells."""

    def build(cells: Sequence[Any]) -> Built:
        if column.type in DATES:
            return _dates(column, context, text_counts(cells))
        if column.type in NUMBERS:
            return _numbers(column, context, text_counts(cells))
        if column.type is CellType.ID:
            width = padded_width(cells)
            return Built(id_parser(width), proof=width, doubted=doubted_ids)
        if column.type is CellType.TEXT:
            return Built(text_parser(), doubted=untidy)
        if column.type is CellType.REF:
            target = context.targets.get(column.ref)
            parse = ref_parser(column, target)
            return (
                Built(parse, proof=target, doubted=doubted_refs(target)) if target else Built(parse)
            )
        return Built(_fixed_parser(column, context))

    return build


def _dates(column: Column, context: Context, texts: Mapping[str, int]) -> Built:
    s = context.settings
    proof = order_evidence(texts, s.date_order, s.default_country, context.as_of, context.zone)
    parse = day_parser(column, proof, context.as_of, context.zone)
    told = (proof.order, proof.mixed)
    if not proof.mixed:
        return Built(parse, proof=told)
    said = _mixed(column, proof.counts, proof.examples)
    return Built(parse, ("mixed_date_order", said), told)


def _numbers(column: Column, context: Context, texts: Mapping[str, int]) -> Built:
    proof = mark_evidence(texts, context.settings.decimal_mark)
    parse = number_parser(column, proof, context.settings)
    told, doubted = (proof.mark, proof.mixed), doubted_numbers(column)
    if not proof.mixed:
        return Built(parse, proof=told, doubted=doubted)
    said = _mixed(column, proof.counts, proof.examples)
    return Built(parse, ("mixed_decimal_marks", said), told, doubted)


def _mixed(column: Column, counts: Mapping[str, int], examples: Mapping[str, str]) -> str:
    told = " and ".join(
        f"{count} {'cell' if count == 1 else 'cells'} {name} such as {show(examples[name])!r}"
        for name, count in sorted(counts.items())
    )
    return f"{column.title} is written in two ways: {told}; such cells are left as they are."


def _fixed_parser(column: Column, context: Context) -> Parser:
    match column.type:
        case CellType.CHOICE:
            return choice_parser(column, context.lists.get(column.choices, ()))
        case CellType.FLAG:
            return flag_parser()
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
