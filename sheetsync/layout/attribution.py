"""The Attribution tab's body: all deals by partner, one deal worked out in words, every deal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sheetsync.layout.tables import rows_of, tidy
from sheetsync.model.expr import aggregates
from sheetsync.model.kpi import Kpi
from sheetsync.model.plan import Row
from sheetsync.model.results import Attribution, Credit, Touch
from sheetsync.model.tracker import Tracker
from sheetsync.model.values import Value

ALL_DEALS = "All deals"
_SHARED = frozenset({"attributed", "credited_customers"})
"""Facts that deals are shared out in."""
OWN_SALES = "DIRECT"
_LISTED = 2
"""Touches of a partner that a note lists."""
_TERMS = 2
"""Terms of a sum that a note writes out."""

_Part = tuple[str, float, Callable[[Touch], bool]]


def names_with_rule(kpis: Sequence[Kpi], told: Attribution | None) -> dict[str, str]:
    """Return the names of KPIs by id, those of shared deals with the rule they are shared by."""
    names = {kpi.id: kpi.title for kpi in kpis}
    if told is None:
        return names
    shared = (k for k in kpis for e in k.expressions() for a in aggregates(e) if a.table in _SHARED)
    return names | {kpi.id: f"{kpi.title} ({told.rule})" for kpi in shared}


def attribution_rows(
    told: Attribution, tracker: Tracker, names: Mapping[str, str]
) -> tuple[Row, ...]:
    """Return the body; ``names`` gives partner names by id.

    The rows of all deals come first, with each partner's range over first, last and linear and
    the share that own sales keep. The first deal is worked out in its notes: each partner's touches
    and arithmetic beside it, so that no note is longer than its cell.
    """
    notes = {("", c.partner_id): _range(c, told) for c in told.totals}
    if told.totals:
        first = ("", told.totals[0].partner_id)
        notes[first] = " ".join(filter(None, (_in_general(told), notes[first])))
    notes |= _worked(told)
    return rows_of(
        tracker.tab("attribution"),
        (_record(c, told, names, notes) for c in (*told.totals, *told.deals)),
    )


def _record(
    credit: Credit,
    told: Attribution,
    names: Mapping[str, str],
    notes: Mapping[tuple[str, str], str],
) -> dict[str, Value]:
    partner = credit.partner_id
    return {
        "deal_id": credit.deal_id or ALL_DEALS,
        "partner_id": partner,
        "partner_name": "Own sales" if partner == OWN_SALES else names.get(partner),
        "model": told.rule,
        "credit": tidy(credit.credit),
        "value": tidy(credit.value),
        "first": tidy(credit.first),
        "last": tidy(credit.last),
        "linear": tidy(credit.linear),
        "spread": tidy(round(max(_three(credit)) - min(_three(credit)), 4)),
        "note": notes.get((credit.deal_id, partner)),
    }


def _three(credit: Credit) -> tuple[float, float, float]:
    return credit.first, credit.last, credit.linear


def _range(credit: Credit, told: Attribution) -> str:
    low, high = min(_three(credit)), max(_three(credit))
    words = f"Between {low:,.2f} and {high:,.2f}, as first, last or linear decides."
    if low == high:
        words = "The same by first, last and linear."
    if credit.partner_id == OWN_SALES and told.direct_share is not None:
        return f"DIRECT keeps {told.direct_share:.1%} of the revenue. {words}"
    return words


def _in_general(told: Attribution) -> str:
    words = f"Shared by {told.rule}."
    if told.refused:
        words += f" No credit: {told.refused}."
    if told.left_out:
        words += f" {told.left_out:,} smaller deals are not listed; all are in the totals."
    return words


def _worked(told: Attribution) -> dict[tuple[str, str], str]:
    """Words beside every partner of the worked deal, by deal and partner."""
    if not told.deals:
        return {}
    deal = told.deals[0].deal_id
    rows = [c for c in told.deals if c.deal_id == deal]
    value = sum(c.linear for c in rows)
    notes = {
        (deal, c.partner_id): " ".join(
            filter(None, (_own_touches(c.partner_id, told.worked), _share(c, told, value)))
        )
        for c in rows
    }
    first = deal, rows[0].partner_id
    notes[first] = f"Worked example: {_all_touches(told.worked)} {notes[first]}"
    return notes


def _all_touches(touches: Sequence[Touch]) -> str:
    if not touches:
        return "nobody touched the deal within the look-back."
    return f"{len(touches)} {'touch' if len(touches) == 1 else 'touches'} in all."


def _own_touches(partner: str, touches: Sequence[Touch]) -> str:
    """When a partner touched the deal, and as what."""
    own = [t for t in touches if t.partner_id == partner]
    told = [
        _days(t.lag) + (f" ({', '.join(about)})" if (about := [w for w in (t.mark, t.role) if w])
                        else "")
        for t in own[:_LISTED]
    ]  # fmt: skip
    more = f" and {len(own) - _LISTED} more times" if len(own) > _LISTED else ""
    return f"{partner} {', '.join(told)} before the close{more}." if own else ""


def _days(lag: int) -> str:
    return "1 day" if lag == 1 else f"{lag} days"


def _share(credit: Credit, told: Attribution, value: float) -> str:
    """The partner's arithmetic and what it comes to."""
    if credit.credit is None or credit.value is None:
        return "The model markov credits partners over all journeys together, not deal by deal."
    how = _arithmetic(credit.partner_id, told)
    return f"{how} = {credit.credit:.2%} of {value:,.2f}, to the cent {credit.value:,.2f}."


def _arithmetic(partner: str, told: Attribution) -> str:
    touches = told.worked
    if not touches:
        return "Who sourced the deal has all of it"
    own = sum(t.partner_id == partner for t in touches)
    count = len(touches)
    match told.model:
        case "first" | "last":
            taker = touches[0 if told.model == "first" else -1].partner_id
            return f"The {told.model} touch, by {taker}, takes all: {int(taker == partner)}"
        case "time-decay":
            return _decay(partner, touches, told.half_life)
        case "u" if count > 2:
            return _weighted(partner, touches, tuple(_u_parts(touches)))
        case "w" | "full path":
            return _weighted(partner, touches, tuple(_mark_parts(touches, told.model)))
        case "custom" if any(told.role_weights.get(t.role) for t in touches):
            return _weighted(partner, touches, tuple(_role_parts(told.role_weights)))
        case _:
            return f"{own} of {count} touches: {own} ÷ {count}"


def _decay(partner: str, touches: Sequence[Touch], half_life: float) -> str:
    latest = min(t.lag for t in touches)
    own = [t.lag for t in touches if t.partner_id == partner]
    whole = sum(2 ** (-(t.lag - latest) / half_life) for t in touches)
    mine = sum(2 ** (-(lag - latest) / half_life) for lag in own)
    listed = [f"2^(−{lag - latest}/{half_life:g})" for lag in own]
    terms = " + ".join([*listed[:_TERMS], *(["…"] if len(listed) > _TERMS else [])])
    return (
        f"A touch weighs half per {half_life:g} days before the latest: "
        f"{terms} = {mine:.4f} of {whole:.4f}"
    )


def _u_parts(touches: Sequence[Touch]) -> Iterator[_Part]:
    first, last = touches[0], touches[-1]
    yield "first touch", 0.4, lambda t: t is first
    yield "last touch", 0.4, lambda t: t is last
    yield "touches between", 0.2, lambda t: t is not first and t is not last


def _mark_parts(touches: Sequence[Touch], model: str) -> Iterator[_Part]:
    weight = 0.3 if model == "w" else 0.225
    bearers = {
        "first touch": _bearers(touches, "first", touches[0]),
        "lead": _bearers(touches, "lead"),
        "opportunity": _bearers(touches, "opportunity"),
    }
    if model != "w":
        bearers["close"] = _bearers(touches, "close", touches[-1])
    for name, found in bearers.items():
        yield name, weight, lambda t, found=found: id(t) in found  # type: ignore[misc]
    taken = {place for found in bearers.values() for place in found}
    yield "other touches", 0.1, lambda t: id(t) not in taken


def _bearers(touches: Sequence[Touch], mark: str, other: Touch | None = None) -> set[int]:
    """The touches with the mark; where there are none, the one that stands in for it."""
    found = {id(t) for t in touches if t.mark == mark}
    return found or ({id(other)} if other else set())


def _role_parts(weights: Mapping[str, float]) -> Iterator[_Part]:
    for role, weight in weights.items():
        yield role, weight, lambda t, role=role: t.role == role  # type: ignore[misc]


def _weighted(partner: str, touches: Sequence[Touch], parts: Sequence[_Part]) -> str:
    """Add up the weights of what the partner has a part in, over all weights that are there."""
    terms, there = [], 0.0
    for name, weight, test in parts:
        all_of = [t for t in touches if test(t)]
        own = sum(t.partner_id == partner for t in all_of)
        there += weight if all_of else 0.0
        if own:
            part = f" × {own}/{len(all_of)}" if own < len(all_of) else ""
            terms.append(f"{weight * 100:g} % for {name}{part}")
    missing = f", out of the {there * 100:g} % that are there" if there < 1 - 1e-9 else ""
    return f"{' + '.join(terms) or 'No part'}{missing}"
