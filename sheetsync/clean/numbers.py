"""Numbers, counts, money and percentages, as numbers or as text in any locale.

The decimal mark of a text number is never assumed: cells that can be read in one way only prove
it for their column, or Settings say it. What stays open becomes a problem with a suggestion.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sheetsync.clean.amounts import Amount, take_apart
from sheetsync.clean.currencies import currency_of
from sheetsync.clean.reading import Parser, Reading, wrong
from sheetsync.clean.text import tidied
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import CellType, Column
from sheetsync.model.values import EPOCH, Scalar, show

_NUMBER_TYPES = frozenset((CellType.NUMBER, CellType.COUNT, CellType.MONEY, CellType.PERCENT))


@dataclass(frozen=True, slots=True)
class MarkEvidence:
    """What the text cells of a column prove about its decimal mark: cells and one example each."""

    counts: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    setting: str = "auto"

    @property
    def mixed(self) -> bool:
        """Whether the cells contradict each other."""
        return self.setting == "auto" and len(self.counts) > 1

    @property
    def mark(self) -> str:
        """The decimal mark that applies: point, comma, or "" when nothing proves it."""
        if self.setting != "auto":
            return self.setting
        return next(iter(self.counts)) if len(self.counts) == 1 else ""


def mark_evidence(texts: Mapping[str, int], setting: str) -> MarkEvidence:
    """Collect the proof from a column's texts (with how many cells hold each)."""
    counts: dict[str, int] = {}
    examples: dict[str, str] = {}
    for text in sorted(texts):
        amount = take_apart(text)
        if amount is not None and amount.proves:
            counts[amount.proves] = counts.get(amount.proves, 0) + texts[text]
            examples.setdefault(amount.proves, text)
    return MarkEvidence(counts, examples, setting)


def number_parser(column: Column, evidence: MarkEvidence, settings: Settings) -> Parser:
    """Return the parser of a NUMBER, COUNT, MONEY or PERCENT column."""
    low, high = _limits(column)
    whole = column.type is CellType.COUNT

    def read(value: Scalar) -> Reading | None:
        kind = type(value)
        if kind is float or kind is int:
            if low <= value <= high and not (whole and value % 1):  # type: ignore[operator]
                return None
            return bounded(column, float(value))  # type: ignore[arg-type]
        if isinstance(value, str):
            return _read_text(column, value, evidence, settings)
        return _other_kind(value)

    return tidied(read)


def doubted_numbers(column: Column) -> Callable[[Iterable[Any]], Iterator[Any]]:
    """Return what leaves out the numbers that are right in the column as they stand."""
    low, high = _limits(column)
    whole = column.type is CellType.COUNT

    def doubted(values: Iterable[Any]) -> Iterator[Any]:
        for v in values:
            number = type(v) is float or type(v) is int
            if not (number and low <= v <= high and not (whole and v % 1)):
                yield v

    return doubted


def _limits(column: Column) -> tuple[float, float]:
    """What a number of the column is at least and at most to be right without a second look."""
    assert column.type in _NUMBER_TYPES
    low = -math.inf if column.low is None else column.low
    high = math.inf if column.high is None else column.high
    return low, min(high, 1.0) if column.type is CellType.PERCENT else high


def bounded(column: Column, value: float) -> Reading | None:
    """Return what is wrong with a number of this column, None when nothing is."""
    if not math.isfinite(value):
        return wrong("not_a_number", "The number is not finite.")
    if column.type is CellType.PERCENT and value > max(column.high or 1.0, 1.0):
        return _over_one(column, value)
    if column.type is CellType.MONEY and value < 0 and (column.low or 0) >= 0:
        told = "The amount is negative; amounts are positive here, the kind says which way."
        return wrong("negative_amount", told, -value, value)
    low, high = column.low, column.high
    if (low is not None and value < low) or (high is not None and value > high):
        told = f"{column.title} must be {_range(low, high)}."
        return wrong("out_of_range", told)
    if column.type is CellType.COUNT and value % 1:
        return wrong("not_whole", f"{column.title} counts whole things.")
    return None


def _over_one(column: Column, value: float) -> Reading:
    share = float(f"{value / 100:.15g}")
    likely = value <= 100 and (column.low is None or share >= column.low)
    told = f"{show(value)} means {show(value * 100)} %; "
    told += f"probably {show(value)} % was meant." if likely else "that is out of range."
    kept = value if column.high is None else None
    return wrong("percent_over_one", told, share if likely else None, kept)


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {show(high)}"
    return f"at least {show(low)}" if high is None else f"from {show(low)} to {show(high)}"


def _other_kind(value: Scalar) -> Reading:
    if isinstance(value, bool):
        return wrong("bool_in_number", "A yes/no value stands where a number belongs.")
    if isinstance(value, timedelta):
        return wrong("not_a_number", "A time stands where a number belongs.")
    assert isinstance(value, datetime)
    return _became_date(value)


def _became_date(value: datetime) -> Reading:
    serial = (value - EPOCH).total_seconds() / 86_400
    # Typed text such as 1.5 lands in the year of typing; a number shown as a date lands anywhere.
    typed = 2000 <= value.year < 2100 and serial % 1 == 0
    likely = float(f"{value.day}.{value.month}") if typed else serial
    told = "A date stands where a number belongs; the spreadsheet probably turned "
    told += f"{value.day}.{value.month} into one." if typed else f"{show(serial)} into one."
    return wrong("number_became_date", told, likely)


def _read_text(
    column: Column, text: str, evidence: MarkEvidence, settings: Settings
) -> Reading | None:
    amount = take_apart(text)
    if amount is None:
        return wrong("not_a_number", f"{show(text)!r} is not a number.")
    currency = currency_of(amount.unit, settings.reporting_currency) if amount.unit else ""
    reading = _read_amount(column, text, amount, currency, evidence)
    return reading._replace(currency=currency)


def _read_amount(
    column: Column, text: str, amount: Amount, currency: str, evidence: MarkEvidence
) -> Reading:
    if amount.long:
        told = "The number has more digits than a spreadsheet keeps (15)."
        return wrong("too_many_digits", told)
    values = _candidates(column, amount, evidence)
    if len(values) != 1:
        return _ambiguous(column, amount, text, evidence)
    if amount.unit and (not currency or column.type is not CellType.MONEY):
        told = f"{show(text)!r} names a unit that {column.title} does not have."
        return wrong("not_a_number", told, values[0] if currency else None)
    if amount.scale != 1:
        told = f"{show(text)!r} is a shortened number."
        return wrong("shortened_number", told, values[0] * amount.scale)
    if amount.percent and column.type is not CellType.PERCENT:
        return wrong("not_a_number", f"{column.title} is not a percentage.", values[0])
    return _proven(column, amount, values[0], evidence)


def _proven(column: Column, amount: Amount, value: float, evidence: MarkEvidence) -> Reading:
    if amount.percent and value > 1 and column.high is None:
        return Reading(value)  # "150%" is clear as it stands; a bare 1.5 would not be
    reading = bounded(column, value) or Reading(value)
    if evidence.mixed and amount.marked:
        return reading
    rule = "percent" if column.type is CellType.PERCENT else "number"
    return reading._replace(rule=rule, fix=value)


def _candidates(column: Column, amount: Amount, evidence: MarkEvidence) -> list[float]:
    by_mark = {"point": amount.point, "comma": amount.comma}
    wanted: Iterable[float | None] = by_mark.values()
    if evidence.mark and by_mark[evidence.mark] is not None:
        wanted = (by_mark[evidence.mark],)
    elif evidence.setting != "auto":
        return []
    values = list(dict.fromkeys(v for v in wanted if v is not None))
    if column.type is CellType.COUNT and len(values) > 1:
        values = [v for v in values if v % 1 == 0]
    return values


def _ambiguous(column: Column, amount: Amount, text: str, evidence: MarkEvidence) -> Reading:
    readings = [v for v in (amount.point, amount.comma) if v is not None]
    if evidence.setting != "auto":
        told = f"{show(text)!r} is not a number with a decimal {evidence.setting}."
        return wrong("not_a_number", told, readings[0])
    # Three digits after a single mark are a thousands group far more often than decimals.
    likely = max(readings, key=abs)
    told = f"{show(text)!r} could be {' or '.join(show(v) for v in readings)}, and the other "
    told += f"numbers of {column.title} do not tell which; set decimal_mark on the tab "
    told += "Settings, or accept the suggestion."
    return wrong("ambiguous_number", told, likely)
