"""The Settings tab: rows of name and value, read into Settings; what is wrong keeps its default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sheetsync.clean.amounts import take_apart as take_number_apart
from sheetsync.clean.currencies import country_codes, currency_codes, read_country
from sheetsync.clean.moments import take_apart as take_date_apart
from sheetsync.clean.spelling import nearest
from sheetsync.clean.text import tidy
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.tracker import Role, plain
from sheetsync.model.values import CellError, Scalar, result_of, show

if TYPE_CHECKING:
    from sheetsync.model.settings import Settings
    from sheetsync.model.snapshot import Snapshot, TableSnapshot
    from sheetsync.model.tracker import Tracker

_PIVOT = date(2000, 1, 1)  # settings are written with four-digit years
_FULL = 100.0
_KPI = re.compile(r"[A-Z]\d{2,3}")
_LINE = re.compile(r"(\S+)\s+(\S+)\s+(\S+?)\s*\.\.\s*(\S+)")


class _Wrong(ValueError):
    """A value that the setting does not allow; the message says what it allows."""


def _number(value: Scalar, allowed: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    amount = take_number_apart(value) if isinstance(value, str) else None
    readings = {v for v in (amount.point, amount.comma) if v is not None} if amount else set()
    if amount is None or amount.unit or amount.scale != 1 or not readings:
        raise _Wrong(allowed)
    return amount.point if amount.point is not None else readings.pop()


def _between(low: float, high: float | None, *, whole: bool = False, open_low: bool = False) -> Any:
    allowed = (
        f"{'a whole number' if whole else 'a number'} {'above' if open_low else 'from'} {low:g}"
    )
    allowed += f" to {high:g}" if high is not None else ""

    def read(value: Scalar) -> float | int:
        number = _number(value, allowed)
        too_low = number <= low if open_low else number < low
        if too_low or (high is not None and number > high) or (whole and number % 1):
            raise _Wrong(allowed)
        return int(number) if whole else number

    return read


def _day(value: Scalar) -> date:
    if isinstance(value, datetime):
        return value.date()
    moment = take_date_apart(value, _PIVOT) if isinstance(value, str) else None
    readings = {moment.day_first, moment.month_first} - {None} if moment else set()
    if moment is None or moment.partial or len(readings) != 1:
        raise _Wrong("a date, best as 2026-03-31")
    return next(day.date() for day in readings if day is not None)


def _one_of(*words: str) -> Callable[[Scalar], str]:
    def read(value: Scalar) -> str:
        for word in words:
            if isinstance(value, str) and plain(value) == plain(word):
                return word
        raise _Wrong(", ".join(words))

    return read


def _currency(value: Scalar) -> str:
    code = str(value).upper()
    if code not in currency_codes():
        raise _Wrong("a currency code of three letters, e.g. EUR")
    return code


def _country(value: Scalar) -> str:
    reading = read_country(value)
    code = value if reading is None else reading.value
    if code not in country_codes():
        raise _Wrong("a country code of two letters, e.g. DE")
    return str(code)


def _zone(value: Scalar) -> str:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(str(value)).key
    except (ValueError, OSError, LookupError):
        raise _Wrong("a time zone such as Europe/Paris or UTC") from None


def _name(value: Scalar) -> str:
    return show(value)


def _kpis(value: Scalar) -> tuple[str, ...]:
    told = [part.strip().upper() for part in re.split(r"[,;\s]+", str(value)) if part.strip()]
    if not all(map(_KPI.fullmatch, told)):
        raise _Wrong("KPI ids, e.g. F01, S06")
    return tuple(dict.fromkeys(told))


_READERS: Mapping[str, Callable[[Scalar], Any]] = MappingProxyType({
    "reporting_currency": _currency,
    "period_start": _day,
    "period_end": _day,
    "as_of": _day,
    "fiscal_start": _between(1, 12, whole=True),
    "time_zone": _zone,
    "date_order": _one_of("auto", "day first", "month first"),
    "decimal_mark": _one_of("auto", "point", "comma"),
    "default_country": _country,
    "active_window_days": _between(1, 730, whole=True),
    "minimum_n_win_rate": _between(1, None, whole=True),
    "minimum_n_clicks": _between(1, None, whole=True),
    "gross_margin": _between(0, 1, open_low=True),
    "minimum_coverage": _between(0, 1, open_low=True),
    "minimum_revenue": lambda value: _number(value, "a number"),
    "gate_kpis": _kpis,
    "base_tier": _name,
})  # fmt: skip


def _tier(value: Scalar) -> tuple[str, float]:
    found = re.fullmatch(r"(.*\S)\s+(\S+)", str(value))
    allowed = "a name and a score from 0 to 100, e.g. Gold 75"
    if found is None:
        raise _Wrong(allowed)
    threshold = _number(found[2], allowed)
    if not 0 <= threshold <= _FULL:
        raise _Wrong(allowed)
    return found[1], threshold


def _scorecard(value: Scalar) -> tuple[tuple[str, float, float, float], ...]:
    allowed = "KPI weight floor..target; e.g. F01 40 0..100000; S06 20 20%..50%"
    lines = []
    for part in filter(None, map(str.strip, str(value).split(";"))):
        found = _LINE.fullmatch(part)
        if found is None or not _KPI.fullmatch(found[1].upper()):
            raise _Wrong(allowed)
        weight, floor, target = (_number(found[i], allowed) for i in (2, 3, 4))
        if not 0 < weight <= _FULL or floor == target:
            raise _Wrong(allowed)
        lines.append((found[1].upper(), weight, floor, target))
    return tuple(lines)


class _Reader:
    """Reads one Settings table; collects what was set and what is wrong."""

    def __init__(self, table: TableSnapshot, tracker: Tracker) -> None:
        self.table = table
        self.lists = tracker.lists
        self.set: dict[str, Any] = {}
        self.tiers: list[tuple[str, float]] = []
        self.families: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []
        self.seen: dict[str, int] = {}
        self.names = {plain(name): name for name in _READERS}

    def read(self) -> None:
        rows = zip(self.table.column("name"), self.table.column("value"), strict=True)
        for j, (raw_name, raw_value) in enumerate(rows):
            name, value = result_of(raw_name), result_of(raw_value)
            if isinstance(value, str):
                value = tidy(value)
            if name in (None, "") or value in (None, ""):
                self._known(j, show(name), report=name not in (None, ""))
                continue
            self._row(j, show(name, 80), value)

    def _row(self, j: int, name: str, value: Scalar) -> None:
        key = self._known(j, name, report=True)
        if key is None:
            return
        if key in self.seen:
            told = f"{name} stands in row {self.seen[key]} already; the first one counts."
            self._problem("duplicate_setting", Severity.WARNING, j, name, told)
            return
        self.seen[key] = self.table.rows[j]
        try:
            self._take(j, key, value)
        except _Wrong as error:
            told = f"{name} allows {error}; the default applies."
            self._problem("bad_setting", Severity.ERROR, j, name, told, found=show(value))

    def _known(self, j: int, name: str, *, report: bool) -> str | None:
        """The setting's own name: a field, or family and member joined by a colon."""
        folded = plain(name)
        if folded in self.names:
            return self.names[folded]
        family, _, member = folded.partition(" ")
        meant = self._member(family, member)
        if meant:
            return f"{family}:{meant}"
        if report:
            near = nearest(folded, {**self.names, **self._family_names()})
            told = f"There is no setting {show(name)!r}"
            told += f"; {near} is probably meant." if near else "."
            self._problem("unknown_setting", Severity.WARNING, j, name, told)
        return None

    def _member(self, family: str, member: str) -> str | None:
        if family == "tier":
            return member if member.isdecimal() else None
        if family == "rate":
            return member.upper() if member.upper() in currency_codes() else None
        return {plain(m): m for m in self._members(family)}.get(member)

    def _members(self, family: str) -> Sequence[str]:
        name = {"scorecard": "partner_type", "shown": "partner_type", "probability": "stage"}
        extra = ("all", "programme") if family == "shown" else ()
        return (*(c.value for c in self.lists.get(name.get(family, ""), ())), *extra)

    def _family_names(self) -> dict[str, str]:
        families = ("scorecard", "shown", "probability")
        return {plain(f"{f}_{m}"): f"{f}_{m}" for f in families for m in self._members(f)}

    def _take(self, j: int, key: str, value: Scalar) -> None:
        if isinstance(value, CellError):
            raise _Wrong("no error value")
        family, colon, member = key.partition(":")
        if not colon:
            self.set[key] = _READERS[key](value)
            return
        if family == "tier":
            self.tiers.append(_tier(value))
            return
        readers: dict[str, Callable[[Scalar], Any]] = {
            "scorecard": _scorecard,
            "shown": _kpis,
            "probability": _between(0, 1),
            "rate": _between(0, None, open_low=True),
        }
        told = readers[family](value)
        self.families.setdefault(family, {})[member] = told
        if family == "scorecard":
            self._weights(j, member, told)

    def _weights(
        self, j: int, member: str, lines: Sequence[tuple[str, float, float, float]]
    ) -> None:
        total = sum(line[1] for line in lines)
        if abs(total - _FULL) > 1e-9:
            told = f"The weights of scorecard_{member} sum to {total:g}, not 100; "
            told += "they are taken in proportion."
            self._problem("weights_sum", Severity.WARNING, j, f"scorecard_{member}", told)

    def _problem(
        self,
        code: str,
        severity: Severity,
        j: int,
        name: str,
        message: str,
        *,
        found: str = "",
    ) -> None:
        column = "name" if code in ("unknown_setting", "duplicate_setting") else "value"
        told = found or show(name)
        row = self.table.rows[j]
        self.problems.append(
            Problem(code, severity, self.table.tab, name, row, column, told, message)
        )


def read_settings(
    snapshot: Snapshot, tracker: Tracker, defaults: Settings
) -> tuple[Settings, tuple[Problem, ...]]:
    """Read the Settings tab over ``defaults``; problems name the row, the default then applies.

    Tiers replace the default tiers as a whole; scorecards, shown KPIs, probabilities and rates
    replace the default of their type, stage or currency.
    """
    table = next(
        (
            snapshot.tables[t.key]
            for t in tracker.of_role(Role.SETTINGS)
            if t.key in snapshot.tables
        ),
        None,
    )
    if table is None:
        return defaults, ()
    reader = _Reader(table, tracker)
    reader.read()
    return _merged(defaults, reader), tuple(reader.problems)


def _merged(defaults: Settings, reader: _Reader) -> Settings:
    from sheetsync.model.settings import Target, Tier

    changes = dict(reader.set)
    if reader.tiers:
        colours = {tier.name: tier.colour for tier in defaults.tiers}
        ranked = sorted(reader.tiers, key=lambda t: -t[1])
        changes["tiers"] = tuple(
            Tier(name=n, threshold=t, colour=colours.get(n, "")) for n, t in ranked
        )
    cards = {
        kind: tuple(Target(kpi=k, weight=w, floor=f, target=t) for k, w, f, t in lines)
        for kind, lines in reader.families.get("scorecard", {}).items()
    }
    merged = {
        "scorecards": {**defaults.scorecards, **cards},
        "shown_kpis": {**defaults.shown_kpis, **reader.families.get("shown", {})},
        "stage_probability": {
            **defaults.stage_probability, **reader.families.get("probability", {})
        },
        "rates": {**defaults.rates, **reader.families.get("rate", {})},
    }  # fmt: skip
    return defaults.model_copy(update={**changes, **merged})
