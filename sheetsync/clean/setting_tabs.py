"""The settings tabs Tiers, Scorecard, Rates and KPI Catalogue; what is wrong keeps its default.

Each goes before its short form on the tab Settings where it is there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sheetsync.clean.setting_rows import Reader, SettingLine, SettingTable, choice_of
from sheetsync.clean.setting_values import (
    KPI,
    Wrong,
    between,
    currency_of,
    kpi_id,
    kpis_of,
    month_of,
    number_of,
)
from sheetsync.clean.user_kpis import user_kpi
from sheetsync.model.months import month_after, month_name
from sheetsync.model.tracker import plain
from sheetsync.model.values import Scalar, show

if TYPE_CHECKING:
    from sheetsync.model.problems import Problem
    from sheetsync.model.settings import Settings, Target, Tier
    from sheetsync.model.snapshot import Snapshot
    from sheetsync.model.tracker import Tracker

_FULL = 100.0
_ABOVE_ZERO = between(0, None, open_low=True)
_THRESHOLDS: dict[str, Reader] = {
    "score": between(0, _FULL),
    "threshold": between(0, None),
    "percentile": between(0, 1, open_low=True),
    "points": between(0, None),
}
_PROGRAMME = "programme"


def with_setting_tabs(
    snapshot: Snapshot, tracker: Tracker, settings: Settings
) -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings as these tabs say; problems name the cell and what it allows."""
    problems: list[Problem] = []
    steps = {"catalogue": _catalogue, "tiers": _tiers, "scorecard": _scorecard, "rates": _rates}
    for key, step in steps.items():
        if key in snapshot.tables:
            table = SettingTable(tracker.tab(key), snapshot.tables[key])
            settings = settings.model_copy(update=step(table, tracker, settings))
            problems += table.problems
    return settings, tuple(problems)


def _known_kpis(tracker: Tracker, settings: Settings) -> set[str]:
    return {kpi.id for kpi in tracker.kpis} | {kpi.id for kpi in settings.user_kpis}


def _tiers(table: SettingTable, tracker: Tracker, settings: Settings) -> dict[str, Any]:
    told: dict[str, tuple[SettingLine, float | None, Tier]] = {}
    kpis = _known_kpis(tracker, settings)
    for line in table.rows():
        name = line.take("tier", show, needed=True)
        threshold = line.take("threshold", _THRESHOLDS[settings.tier_mode], needed=True)
        if name is None or threshold is None:
            continue
        if plain(name) in told:
            row = told[plain(name)][0].row
            line.warn("duplicate_setting", "tier", f"{name} stands in row {row} already.")
            continue
        order = line.take("order", between(1, None, whole=True))
        told[plain(name)] = line, order, _tier(line, name, threshold, kpis)
    if not told:
        return {}
    _check_order(told.values(), falling=settings.tier_mode == "percentile")
    ranked = sorted((tier for _, _, tier in told.values()), key=lambda t: -t.threshold)
    return {"tiers": tuple(ranked)}


def _tier(line: SettingLine, name: str, threshold: float, kpis: set[str]) -> Tier:
    from sheetsync.model.settings import Tier

    gates = line.take("gates", lambda value: _declared(kpis_of(value), kpis))
    return Tier(
        name=name,
        threshold=threshold,
        colour=line.take("colour", _colour) or "",
        gates=gates or (),
        margin=line.take("margin", between(0, None)),
        up=line.take("up", between(1, None, whole=True)),
        down=line.take("down", between(1, None, whole=True)),
        benefits=line.take("benefits", show) or "",
    )


def _declared(ids: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    if not known.issuperset(ids):
        unknown = next(i for i in ids if i not in known)
        raise Wrong(f"ids of the KPI Catalogue, and {unknown} is none")
    return ids


def _colour(value: Scalar) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", show(value)):
        raise Wrong("a colour such as #C9A227")
    return show(value)


def _check_order(told: Iterable[tuple[SettingLine, float | None, Tier]], *, falling: bool) -> None:
    """Thresholds rise with the order of the tiers; top shares fall."""
    ranked = sorted(((o, line, t) for line, o, t in told if o is not None), key=lambda x: x[0])
    for (_, _, below), (_, line, tier) in pairwise(ranked):
        right = tier.threshold < below.threshold if falling else tier.threshold > below.threshold
        if not right:
            word = "below" if falling else "above"
            message = f"{tier.name} is not {word} {below.name}, as its order says; "
            line.warn("tier_order", "threshold", message + "thresholds decide.")


def _scorecard(table: SettingTable, tracker: Tracker, settings: Settings) -> dict[str, Any]:
    cards: defaultdict[str, dict[str, tuple[SettingLine, Target]]] = defaultdict(dict)
    kinds = choice_of(tracker.lists.get("partner_type", ()))
    kpis = _known_kpis(tracker, settings)
    for line in table.rows():
        kind = line.take("partner_type", kinds, needed=True)
        target = _target(line, kpis)
        if kind is None or target is None:
            continue
        if target.kpi in cards[kind]:
            row = cards[kind][target.kpi][0].row
            told = f"{target.kpi} of {kind} stands in row {row} already; the first one counts."
            line.warn("duplicate_setting", "kpi", told)
            continue
        cards[kind][target.kpi] = line, target
    for kind, lines in cards.items():
        _check_weights(kind, list(lines.values()))
    read = {kind: tuple(target for _, target in c.values()) for kind, c in cards.items() if c}
    return {"scorecards": {**settings.scorecards, **read}}


def _target(line: SettingLine, kpis: set[str]) -> Target | None:
    from sheetsync.model.settings import Target

    def one_kpi(value: Scalar) -> str:
        return _declared((kpi_id(show(value)),), kpis)[0]

    kpi = line.take("kpi", one_kpi, needed=True)
    weight = line.take("weight", between(0, _FULL, open_low=True), needed=True)
    floor = line.take("floor", number_of, needed=True)
    target = line.take("target", number_of, needed=True)
    if kpi is None or weight is None or floor is None or target is None:
        return None
    if floor == target:
        told = f"Floor and Target are both {floor:g}: nothing lies between. This row is left out."
        line.tell("floor_is_target", "target", told)
        return None
    _check_direction(line, lower=floor > target)
    return Target(kpi=kpi, weight=weight, floor=floor, target=target)


def _check_direction(line: SettingLine, *, lower: bool) -> None:
    told = line.found("direction")
    word = "lower" if lower else "higher"
    if told is not None and plain(show(told)) != word:
        message = f"Floor and Target say that {word} is better, and they decide."
        line.warn("odd_direction", "direction", message)


def _check_weights(kind: str, lines: list[tuple[SettingLine, Target]]) -> None:
    total = sum(target.weight for _, target in lines)
    if lines and abs(total - _FULL) > 1e-9:
        told = f"The weights of {kind} sum to {total:g}, not 100; they are taken in proportion."
        lines[0][0].warn("weights_sum", "weight", told)


def _rates(table: SettingTable, _tracker: Tracker, settings: Settings) -> dict[str, Any]:
    monthly: defaultdict[str, dict[int, tuple[SettingLine, float]]] = defaultdict(dict)
    fixed: dict[str, tuple[SettingLine, float]] = {}
    for line in table.rows():
        code = line.take("currency", currency_of, needed=True)
        if code is None:
            continue
        month, rate = line.take("month", month_of), line.take("rate", _ABOVE_ZERO)
        programme = line.take("programme_rate", _ABOVE_ZERO)
        if programme is not None:
            _once(line, "programme_rate", code, fixed, (code, programme))
        if rate is not None and month is not None:
            _once(line, "rate", f"{code} in {month_name(month)}", monthly[code], (month, rate))
        elif rate is not None and line.found("month") is None:
            told = "A rate needs its month; a rate for the whole programme is a Programme rate."
            line.tell("rate_without_month", "month", told)
        elif line.found("rate") is None and line.found("programme_rate") is None:
            line.tell("rate_missing", "rate", f"No rate of {code} stands here.")
    for code, rates in monthly.items():
        _gaps(code, rates, in_settings=code in settings.rates)
    read = {code: {m: r for m, (_, r) in sorted(told.items())} for code, told in monthly.items()}
    return {
        "monthly_rates": {code: rates for code, rates in read.items() if rates},
        "programme_rates": {code: rate for code, (_, rate) in fixed.items()},
    }


def _once(
    line: SettingLine,
    column: str,
    what: str,
    taken: dict[Any, tuple[SettingLine, float]],
    told: tuple[Any, float],
) -> None:
    """Take a rate unless there is one already; two that differ are pointed out."""
    key, rate = told
    if key not in taken:
        taken[key] = line, rate
    elif taken[key][1] != rate or column == "rate":
        row = taken[key][0].row
        line.warn(
            "duplicate_rate", column, f"{what} has a rate in row {row} already, which counts."
        )


def _gaps(code: str, rates: dict[int, tuple[SettingLine, float]], *, in_settings: bool) -> None:
    """Point out months between others that have no rate."""
    months = sorted(rates)
    for before, after in pairwise(months):
        if month_after(before) != after:
            then = "the rate on Settings is taken" if in_settings else "rows of then wait"
            told = (
                f"{code} has no rate between {month_name(before)} and {month_name(after)}: {then}."
            )
            rates[after][0].warn("rate_gap", "month", told)


def _catalogue(table: SettingTable, tracker: Tracker, settings: Settings) -> dict[str, Any]:
    shipped = {kpi.id for kpi in tracker.kpis}
    kinds = [choice.value for choice in tracker.lists.get("partner_type", ())]
    shown: dict[str, list[str]] = {kind: [] for kind in (*kinds, _PROGRAMME)}
    listed, own = set[str](), list[Any]()
    taken = set(shipped)
    for line in table.rows():
        told = line.found("kpi")
        kpi = kpi_id(show(told)) if told is not None else ""
        if kpi not in shipped and line.found("numerator") is not None:
            made = user_kpi(line, kpi, taken, tracker)
            kpi = made.id if made is not None else ""
            own += [made] if made is not None else []
        elif kpi not in shipped and not KPI.fullmatch(kpi):
            line.warn(
                "unknown_kpi", "kpi", f"There is no KPI {show(kpi)}; own KPIs need a Numerator."
            )
        if not kpi or (kpi not in shipped and kpi not in taken):
            continue
        taken.add(kpi)
        listed.add(kpi)
        for kind in line.take("shown", _shown_reader(kinds)) or ():
            shown[kind].append(kpi)
    return {"user_kpis": tuple(own), "shown_kpis": _shown(settings.shown_kpis, shown, listed)}


def _shown_reader(kinds: list[str]) -> Reader:
    known: dict[str, tuple[str, ...]] = {plain(kind): (kind,) for kind in (*kinds, _PROGRAMME)}
    known |= {"all": (*kinds, _PROGRAMME), "yes": (*kinds, _PROGRAMME), "no": ()}

    def read(value: Scalar) -> tuple[str, ...]:
        told: dict[str, None] = {}
        for part in filter(None, map(str.strip, re.split(r"[,;]", show(value, 500)))):
            if plain(part) not in known:
                raise Wrong(f"{', '.join(kinds)}, {_PROGRAMME}, all or no")
            told.update(dict.fromkeys(known[plain(part)]))
        return tuple(told)

    return read


def _shown(
    before: dict[str, tuple[str, ...]], told: dict[str, list[str]], listed: set[str]
) -> dict[str, tuple[str, ...]]:
    """What the catalogue says, in the order of Settings; KPIs that it does not list stay."""
    result = dict(before)
    for kind, kpis in told.items():
        kept = [k for k in before.get(kind, ()) if k in kpis or k not in listed]
        result[kind] = tuple(dict.fromkeys((*kept, *kpis)))
    return {kind: kpis for kind, kpis in result.items() if kpis or kind in before}
