"""The Settings tab: rows of name and value, read into Settings; what is wrong keeps its default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sheetsync.clean.currencies import currency_codes
from sheetsync.clean.setting_tabs import with_setting_tabs
from sheetsync.clean.setting_values import (
    KPI,
    Wrong,
    between,
    countries_of,
    country_of,
    currency_of,
    day_of,
    flag_of,
    kpi_id,
    kpi_of,
    kpis_of,
    number_of,
    one_of,
    points_of,
    rules_of,
    text_of,
    zone_of,
)
from sheetsync.clean.spelling import nearest
from sheetsync.clean.text import tidy
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.tracker import plain
from sheetsync.model.values import CellError, Scalar, result_of, show

if TYPE_CHECKING:
    from sheetsync.model.settings import Settings
    from sheetsync.model.snapshot import Snapshot, TableSnapshot
    from sheetsync.model.tracker import Tracker

_TAB = "settings"
_FULL = 100.0
MODELS = ("first", "last", "linear", "time-decay", "u", "w", "full path", "custom", "markov")
CADENCES = ("partners", "contacts", "activity", "surveys")
_TOGETHER = {"role_weight_": "role_weights", "cadence_": "cadence"}
"""Fields of the Settings that several names make, by what the names begin with."""
_LINE = re.compile(r"(\S+)\s+(\S+)\s+(\S+?)\s*\.\.\s*(\S+)")


_READERS: Mapping[str, Callable[[Scalar], Any]] = MappingProxyType({
    "reporting_currency": currency_of,
    "period_start": day_of,
    "period_end": day_of,
    "as_of": day_of,
    "fiscal_start": between(1, 12, whole=True),
    "time_zone": zone_of,
    "date_order": one_of("auto", "day first", "month first"),
    "decimal_mark": one_of("auto", "point", "comma"),
    "default_country": country_of,
    "active_window_days": between(1, 730, whole=True),
    "minimum_n_win_rate": between(1, None, whole=True),
    "minimum_n_clicks": between(1, None, whole=True),
    "minimum_n_nps": between(1, None, whole=True),
    "gross_margin": between(0, 1, open_low=True),
    "life_years_cap": between(0, None, open_low=True),
    "clv_horizon_months": between(1, 120, whole=True),
    "discount_rate": between(0, 0.99),
    "minimum_recurring": between(0, None),
    "minimum_coverage": between(0, 1, open_low=True),
    "minimum_revenue": number_of,
    "gate_kpis": kpis_of,
    "base_tier": show,
    "tier_mode": one_of("score", "threshold", "percentile", "points"),
    "tier_kpi": kpi_of,
    "tier_margin": between(0, None),
    "tier_months": between(1, 12, whole=True),
    "tier_points": points_of,
    "growth_markets": countries_of,
    "tier_up": between(1, None, whole=True),
    "tier_down": between(1, None, whole=True),
    "onboarding_days": between(0, None, whole=True),
    "attribution_model": one_of(*MODELS),
    "half_life_days": between(0, None, open_low=True),
    "look_back_days": between(1, None, whole=True),
    "look_back_click_days": between(1, None, whole=True),
    "facts_touches": text_of,
    "facts_deals": text_of,
    "facts_money": text_of,
    "seasonal": flag_of,
    "alerts_off": rules_of,
    "live_kpis": flag_of,
    "restate_refunds": flag_of,
    **{f"role_weight_{role}": between(0, 1) for role in ("awareness", "nurture", "close")},
    **{f"cadence_{tab}": between(1, None, whole=True) for tab in CADENCES},
})  # fmt: skip
"""By field of the Settings, or by a family of names that make one field."""


def _tier(value: Scalar) -> tuple[str, float]:
    found = re.fullmatch(r"(.*\S)\s+(\S+)", str(value))
    allowed = "a name and a score from 0 to 100, e.g. Gold 75"
    if found is None:
        raise Wrong(allowed)
    threshold = number_of(found[2], allowed)
    if not 0 <= threshold <= _FULL:
        raise Wrong(allowed)
    return found[1], threshold


def _scorecard(value: Scalar) -> tuple[tuple[str, float, float, float], ...]:
    allowed = "KPI weight floor..target; e.g. F01 40 0..100000; S06 20 20%..50%"
    lines = []
    for part in filter(None, map(str.strip, str(value).split(";"))):
        found = _LINE.fullmatch(part)
        if found is None or not KPI.fullmatch(kpi_id(found[1])):
            raise Wrong(allowed)
        weight, floor, target = (number_of(found[i], allowed) for i in (2, 3, 4))
        if not 0 < weight <= _FULL or floor == target:
            raise Wrong(allowed)
        lines.append((kpi_id(found[1]), weight, floor, target))
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
        except Wrong as error:
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
            raise Wrong("no error value")
        family, colon, member = key.partition(":")
        if not colon:
            self.set[key] = _READERS[key](value)
            return
        if family == "tier":
            self.tiers.append(_tier(value))
            return
        readers: dict[str, Callable[[Scalar], Any]] = {
            "scorecard": _scorecard,
            "shown": kpis_of,
            "probability": between(0, 1),
            "rate": between(0, None, open_low=True),
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
    replace the default of their type, stage or currency. The tabs Tiers, Scorecard, Rates and KPI
    Catalogue go before it where they are there.
    """
    table = snapshot.tables.get(_TAB)
    settings, problems = defaults, list[Problem]()
    if table is not None:
        reader = _Reader(table, tracker)
        reader.read()
        settings, problems = _merged(defaults, reader), reader.problems
    settings, more = with_setting_tabs(snapshot, tracker, settings)
    return settings, (*problems, *more)


def _merged(defaults: Settings, reader: _Reader) -> Settings:
    from sheetsync.model.settings import Target, Tier

    changes = dict(reader.set)
    for family, field in _TOGETHER.items():
        told = {
            n.removeprefix(family): changes.pop(n) for n in list(changes) if n.startswith(family)
        }
        changes[field] = {**getattr(defaults, field), **told}
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
