"""Days, months and timestamps, as dates, serial numbers or text in many spellings.

Whether 03/04/2026 is in March or April is never assumed: cells such as 13/04/2026 prove the order
for their column, or Settings say it. What stays open becomes a problem with a suggestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from sheetsync.clean.moments import Moment, of_serial, take_apart
from sheetsync.clean.reading import Parser, Reading, doubtful, wrong
from sheetsync.clean.text import tidied
from sheetsync.model.tracker import CellType, Column
from sheetsync.model.values import Scalar, show

_MONTH_FIRST_COUNTRIES = frozenset(("US", "PH", "PR", "GU", "AS", "FM", "MH", "PW"))
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_EARLIEST, _AHEAD = 1970, 30


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """What the text cells of a column prove about day and month; ``likely`` is for guesses."""

    counts: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    setting: str = "auto"
    likely: str = "day first"

    @property
    def mixed(self) -> bool:
        """Whether the cells contradict each other."""
        return self.setting == "auto" and len(self.counts) > 1

    @property
    def order(self) -> str:
        """The order that applies: "day first", "month first", or "" when nothing proves it."""
        if self.setting != "auto":
            return self.setting
        return next(iter(self.counts)) if len(self.counts) == 1 else ""


def order_evidence(
    texts: Mapping[str, int],
    setting: str,
    country: str,
    as_of: date,
    zone: tzinfo | None = None,
) -> OrderEvidence:
    """Collect the proof from a column's texts (with how many cells hold each)."""
    counts: dict[str, int] = {}
    examples: dict[str, str] = {}
    for text in sorted(texts):
        moment = take_apart(text, as_of, zone)
        if moment is not None and moment.proves:
            counts[moment.proves] = counts.get(moment.proves, 0) + texts[text]
            examples.setdefault(moment.proves, text)
    likely = "month first" if country in _MONTH_FIRST_COUNTRIES else "day first"
    return OrderEvidence(counts, examples, setting, likely)


@dataclass(frozen=True, slots=True)
class _DayReader:
    """Reads the cells of one DAY, MONTH or TIMESTAMP column."""

    column: Column
    evidence: OrderEvidence
    as_of: date
    zone: tzinfo | None

    def read(self, value: Scalar) -> Reading | None:
        if isinstance(value, datetime):
            right = self._typed(value) == value and _EARLIEST <= value.year <= self.as_of.year
            return None if right else self._finished(value, fix=False)
        if isinstance(value, str):
            return self._from_text(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return wrong("not_a_date", f"{show(value)} is not a date.")
        moment = _of_number(float(value), self.as_of)
        if moment is None or moment.day_first is None or (moment.partial and not self._monthly):
            return wrong("not_a_date", f"The number {show(value)} is not a date.")
        return self._finished(moment.day_first, fix=True)

    @property
    def _monthly(self) -> bool:
        return self.column.type is CellType.MONTH

    def _typed(self, moment: datetime) -> datetime:
        if self.column.type is CellType.TIMESTAMP:
            return moment
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return day.replace(day=1) if self._monthly else day

    def _finished(self, moment: datetime, *, fix: bool) -> Reading | None:
        value = self._typed(moment)
        told: Reading | None = None
        if not _EARLIEST <= value.year <= self.as_of.year + _AHEAD:
            told = doubtful(value, "unlikely_date", f"The year {value.year} is unlikely.")
        if not fix:
            return told or Reading(value)
        rule = "month" if self._monthly else "day"
        return (told or Reading(value))._replace(rule=rule, fix=moment)

    def _from_text(self, text: str) -> Reading | None:
        moment = take_apart(text, self.as_of, self.zone)
        if moment is None:
            return wrong("not_a_date", f"{show(text)!r} is not a date that can be read.")
        if moment.partial and not (self._monthly and moment.partial in ("month", "yy")):
            told = f"{show(text)!r} is not a whole date."
            return wrong("incomplete_date", told, moment.day_first)
        readings = _candidates(moment, self.evidence)
        if len(readings) != 1:
            return _ambiguous(self.column, text, moment, self.evidence)
        return self._finished(readings[0], fix=not (self.evidence.mixed and moment.numeric))


def day_parser(
    column: Column, evidence: OrderEvidence, as_of: date, zone: tzinfo | None = None
) -> Parser:
    """Return the parser of a DAY, MONTH or TIMESTAMP column."""
    return tidied(_DayReader(column, evidence, as_of, zone).read)


def _of_number(number: float, as_of: date) -> Moment | None:
    if number % 1 == 0 and 190_001 <= number <= 21_991_231:
        return take_apart(f"{number:.0f}", as_of)
    return of_serial(number)


def _candidates(moment: Moment, evidence: OrderEvidence) -> list[datetime]:
    readings = {"day first": moment.day_first, "month first": moment.month_first}
    order = evidence.order if moment.numeric else ""
    if order and (readings[order] is not None or evidence.setting != "auto"):
        readings = {order: readings[order]}
    return list(dict.fromkeys(r for r in readings.values() if r is not None))


def _ambiguous(column: Column, text: str, moment: Moment, evidence: OrderEvidence) -> Reading:
    if evidence.setting != "auto":
        told = f"{show(text)!r} is not a date with the {evidence.setting}."
        return wrong("not_a_date", told, moment.day_first or moment.month_first)
    first, second = moment.day_first, moment.month_first
    assert first is not None
    assert second is not None
    told = f"{show(text)!r} could be {_in_words(first)} or {_in_words(second)}, and the other "
    told += f"dates of {column.title} do not tell which; set date_order on the tab Settings, "
    told += "or accept the suggestion."
    return wrong("ambiguous_date", told, first if evidence.likely == "day first" else second)


def _in_words(moment: datetime) -> str:
    """Write a day so that nobody can take it for another one.

    >>> _in_words(datetime(2026, 4, 3))
    '3 April 2026'
    """
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
