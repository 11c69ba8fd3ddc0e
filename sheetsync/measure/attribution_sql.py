"""Who is credited with a deal, printed as SQL: journeys of touches in, credits of every model out.

Two relations are read: ``touches`` (deal_id, partner_id, day, kind, mark, role, place; ``place`` is
the row's unique number in its order of entry) and ``deals`` (deal_id, value, closed, is_won,
source). Days are whole numbers. Credits derive from counts per deal and partner, which are whole
numbers, so that they do not depend on the order in which an engine adds; the text keeps to the
subset that ``sheetsync.measure.sql`` names, with FLOOR and POWER.
"""

# ruff: noqa: S608 -- names are ours, numbers are printed by repr
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MODELS = ("first", "last", "linear", "time_decay", "u", "w", "full_path", "custom")
"""The models that are rules about one journey; ``markov`` looks at all journeys together."""

SENSITIVITY = ("first", "last", "linear")
"""The models over which a partner's range is told: its model sensitivity."""

MARKS = ("first", "lead", "", "opportunity", "close")
"""Marks in the order of the stages; touches of one day without a mark stand in the middle."""

KINDS = (
    "content", "webinar", "click", "referral", "intro", "demo", "co-sell", "implementation",
)  # fmt: skip
"""Kinds of touches in the order of the stages."""

ROLES = ("awareness", "nurture", "close")

_UNIT = 2**40
"""Weights of time are whole multiples of one over this: sums of them are exact."""

Steps = dict[str, str]
"""Named SELECTs, each reading those before it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the Settings say about attribution.

    ``lookback`` and ``lookback_clicks`` (touches of kind click) are days before the deal closed,
    ``half_life`` days in which a touch loses half its weight, ``distinct`` shares linear credit by
    partner instead of by touch, ``role_weights`` are those of the custom model.
    """

    model: str = "linear"
    lookback: int = 365
    lookback_clicks: int = 90
    half_life: float = 30.0
    distinct: bool = False
    role_weights: Mapping[str, float] = field(
        default_factory=lambda: {"awareness": 0.4, "nurture": 0.3, "close": 0.3}
    )


_TEXTS = ("kind", "mark", "role")


def journey_steps(
    rules: Rules, *, lost: bool = False, key: str = "deal_id", texts: Sequence[str] = _TEXTS
) -> Steps:
    """Return ``seen``: the touches within the look-back of closed deals, each with its ``seat``.

    Seats order the touches of a deal: by day, on one day by mark, then kind, then place. Without
    ``lost`` only won deals are looked at. ``key`` is the column of ``deals`` by which they go on
    (a number where there are millions), as ``deal_id``; ``texts`` are the columns to be had.
    """
    # Day, stage and place packed into one whole number: 22, 6 and 33 bits.
    seat = (
        f"((CAST(t.day AS BIGINT) + 1000000) * 64 + {_stage()}) * 8589934592"
        " + CAST(t.place AS BIGINT)"
    )
    window = f"CASE WHEN t.kind = 'click' THEN {rules.lookback_clicks} ELSE {rules.lookback} END"
    won = "" if lost else " AND d.is_won = 1"
    return {
        "seen": f"SELECT d.{key} AS deal_id, t.partner_id, d.closed - t.day AS lag, "
        f"{''.join(f't.{name}, ' for name in texts)}{seat} AS seat "
        "FROM touches AS t INNER JOIN deals AS d ON t.deal_id = d.deal_id "
        f"WHERE d.closed >= t.day AND d.closed - t.day <= {window}{won}"
    }


def _stage() -> str:
    marks = " ".join(f"WHEN '{m}' THEN {i * 10}" for i, m in enumerate(MARKS) if m)
    kinds = " ".join(f"WHEN '{k}' THEN {i}" for i, k in enumerate(KINDS, 1))
    middle = MARKS.index("") * 10
    return f"CASE t.mark {marks} ELSE {middle} END + CASE t.kind {kinds} ELSE 0 END"


def credit_steps(rules: Rules, models: Sequence[str] = MODELS, *, key: str = "deal_id") -> Steps:
    """Return the steps that end with ``credits``: one row per won deal and partner.

    Columns: deal_id (see ``journey_steps`` for ``key``), partner_id, ``seat`` (of the partner's
    first touch), ``own`` (its touches), ``touches`` and ``partners`` of the deal, and one credit
    per model, 0 to 1. A deal without touches in the look-back has one row: its source, wholly
    credited.
    """
    counted = tuple(dict.fromkeys(name for model in models for name in _COUNTED[model]))
    marks = any(name not in _UNMARKED for name in counted)
    texts = (*(("mark",) if marks else ()), *(("role",) if set(ROLES) & set(counted) else ()))
    ends = {
        "shared": _shared(rules, models),
        "credits": _credits(models, key),
    }
    if set(counted) <= _ENDS:
        light = {"players": _ENDED, "counted": _ended(), "journeys": _TOUCHED}
        return {**journey_steps(rules, key=key, texts=()), **light, **ends}
    return {
        **journey_steps(rules, key=key, texts=texts),
        "journeys": _journeys(marks=marks),
        "players": _players(rules, counted),
        "counted": _totalled(counted),
        **ends,
    }


def select(steps: Steps, text: str) -> str:
    r"""Put steps before a SELECT.

    >>> select({"a": "SELECT 1 AS x"}, "SELECT x FROM a")
    'WITH a AS (\n  SELECT 1 AS x\n)\nSELECT x FROM a'
    """
    if not steps:
        return text
    told = ",\n".join(f"{name} AS (\n  {body}\n)" for name, body in steps.items())
    return f"WITH {told}\n{text}"


def _journeys(*, marks: bool) -> str:
    marked = "".join(
        f"SUM(CASE WHEN mark = '{mark}' THEN 1 ELSE 0 END) AS {name}, "
        for mark, name in ((("first", "starts"), ("close", "ends")) if marks else ())
    )
    return (
        f"SELECT deal_id, MIN(seat) AS first_seat, MAX(seat) AS last_seat, {marked}"
        "MIN(lag) AS last_lag FROM seen GROUP BY deal_id"
    )


_TESTS: Mapping[str, str] = {
    "first": "s.seat = j.first_seat",
    "last": "s.seat = j.last_seat",
    # Who marks no first or close touch has one all the same: the journey's first or last.
    "start": "(s.mark = 'first' OR (j.starts = 0 AND s.seat = j.first_seat))",
    "lead": "s.mark = 'lead'",
    "opportunity": "s.mark = 'opportunity'",
    "end": "(s.mark = 'close' OR (j.ends = 0 AND s.seat = j.last_seat))",
}
_W = ("start", "lead", "opportunity")
_PATH = (*_W, "end")


_COUNTED: Mapping[str, tuple[str, ...]] = {
    "first": ("first",),
    "last": ("last",),
    "linear": (),
    "time_decay": ("time",),
    "u": ("first", "last"),
    "w": (*_W, "rest_w"),
    "full_path": (*_PATH, "rest_path"),
    "custom": ROLES,
}
"""What each model counts of a partner's touches beside their number."""

_UNMARKED = frozenset({"first", "last", "time", *ROLES})
_RESTS = {"rest_w": _W, "rest_path": _PATH}


def _players(rules: Rules, counted: Sequence[str]) -> str:
    counts = [
        f"CAST(SUM(CASE WHEN {_test(name)} THEN 1 ELSE 0 END) AS DOUBLE) AS own_{name}"
        for name in counted
        if name != "time"
    ]
    if "time" in counted:
        # Only how far apart touches are matters: the latest of a journey weighs 1, however old.
        ages = f"CAST(j.last_lag - s.lag AS DOUBLE) / CAST({float(rules.half_life)!r} AS DOUBLE)"
        weight = f"FLOOR(POWER(2.0, {ages}) * {_UNIT} + 0.5)"
        counts.append(f"CAST(SUM({weight}) AS DOUBLE) AS own_time")
    columns = [
        "s.deal_id",
        "s.partner_id",
        "MIN(s.seat) AS seat",
        "CAST(COUNT(*) AS DOUBLE) AS own",
        *counts,
    ]
    return (
        f"SELECT {', '.join(columns)} FROM seen AS s INNER JOIN journeys AS j "
        "ON s.deal_id = j.deal_id GROUP BY s.deal_id, s.partner_id"
    )


_ENDS = frozenset({"first", "last"})
_ENDED = (
    "SELECT deal_id, partner_id, MIN(seat) AS seat, MAX(seat) AS last_seat, "
    "CAST(COUNT(*) AS DOUBLE) AS own FROM seen GROUP BY deal_id, partner_id"
)
_TOUCHED = "SELECT DISTINCT deal_id FROM players"


def _ended() -> str:
    """Who is first and last follows from seats: no look at single touches is needed for it."""
    first = f"seat = MIN(seat) OVER ({_DEAL})"
    last = f"last_seat = MAX(last_seat) OVER ({_DEAL})"
    return (
        f"SELECT *, COUNT(*) OVER ({_DEAL}) AS partners, SUM(own) OVER ({_DEAL}) AS touches, "
        f"CASE WHEN {first} THEN 1 ELSE 0 END AS own_first, "
        f"CASE WHEN {last} THEN 1 ELSE 0 END AS own_last FROM players"
    )


def _test(name: str) -> str:
    if name in _RESTS:
        return f"{_any(_RESTS[name])} = 0"
    return f"s.role = '{name}'" if name in ROLES else _TESTS[name]


def _any(marks: Sequence[str]) -> str:
    return f"CASE WHEN {' OR '.join(_TESTS[mark] for mark in marks)} THEN 1 ELSE 0 END"


_UNTOTALLED = frozenset({"first", "last"})


def _totalled(counted: Sequence[str]) -> str:
    totals = {"touches": "own"} | {
        f"all_{name}": f"own_{name}" for name in counted if name not in _UNTOTALLED
    }
    told = [f"SUM({own}) OVER ({_DEAL}) AS {name}" for name, own in totals.items()]
    return f"SELECT *, COUNT(*) OVER ({_DEAL}) AS partners, {', '.join(told)} FROM players"


_DEAL = "PARTITION BY deal_id"


def _shared(rules: Rules, models: Sequence[str]) -> str:
    linear = "1 / CAST(partners AS DOUBLE)" if rules.distinct else "own / touches"
    u = (
        "CASE WHEN touches <= 2 THEN own / touches ELSE 0.4 * own_first + 0.4 * own_last"
        " + 0.2 * (own - own_first - own_last) / (touches - 2) END"
    )
    roles = {role: rules.role_weights.get(role, 0.0) for role in ROLES}
    texts = {
        "first": "own_first",
        "last": "own_last",
        "linear": linear,
        "time_decay": "own_time / all_time",
        "u": u,
        "w": _weighted({**dict.fromkeys(_W, 0.3), "rest_w": 0.1}),
        "full_path": _weighted({**dict.fromkeys(_PATH, 0.225), "rest_path": 0.1}),
        "custom": f"COALESCE({_weighted(roles)}, own / touches)",
    }
    told = [f"CAST({texts[name]} AS DOUBLE) AS credit_{name}" for name in models]
    return (
        f"SELECT deal_id, partner_id, seat, own, touches, partners, {', '.join(told)} FROM counted"
    )


def _weighted(weights: Mapping[str, float]) -> str:
    """Each part's weight by the partner's share of its touches; parts not there leave theirs."""
    parts = [
        f"COALESCE({weight!r} * own_{name} / NULLIF(all_{name}, 0), 0)"
        for name, weight in weights.items()
    ]
    there = [
        f"CASE WHEN all_{name} > 0 THEN CAST({weight!r} AS DOUBLE) ELSE 0 END"
        for name, weight in weights.items()
    ]
    return f"({' + '.join(parts)}) / NULLIF({' + '.join(there)}, 0)"


def _credits(models: Sequence[str], key: str) -> str:
    names = [f"credit_{name}" for name in models]
    whole = ", ".join(f"CAST(1 AS DOUBLE) AS {name}" for name in names)
    head = "deal_id, partner_id, seat, own, touches, partners"
    return (
        f"SELECT {head}, {', '.join(names)} FROM shared UNION ALL "
        f"SELECT d.{key} AS deal_id, d.source AS partner_id, CAST(0 AS BIGINT) AS seat, "
        "CAST(0 AS DOUBLE) AS own, CAST(0 AS DOUBLE) AS touches, 1 AS partners, "
        f"{whole} FROM deals AS d LEFT JOIN journeys AS j ON d.{key} = j.deal_id "
        "WHERE d.is_won = 1 AND j.deal_id IS NULL"
    )
