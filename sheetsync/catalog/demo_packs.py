"""What the made-up programme has in the tabs of packs, tied to its partners and deals.

Each pack draws from its own source of chance, so that it holds the same rows whichever other packs
are there. Some mistakes are made on purpose, a few per tab, as people make them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from random import Random

from sheetsync.catalog.demo_sketches import RATES, SKETCHES, Row, Sketch, months_to, partner_id
from sheetsync.catalog.entry_packs import ASKED, CLAUSES, EVERYONE
from sheetsync.catalog.entry_sales import OWN_SALES

Rows = Mapping[str, list[Row]]

_KINDS = {
    "influencer": ("content", "click"),
    "affiliate": ("click", "content"),
    "referral": ("referral", "intro"),
    "technology": ("demo", "co-sell"),
    "service": ("implementation", "intro"),
    "strategic": ("co-sell", "webinar"),
    "marketplace": ("click", "demo"),
    "reseller": ("demo", "co-sell"),
}
_ROLES = ("awareness", "nurture", "close")
_MARKS = (("first", -30), ("lead", 0), ("opportunity", 15), ("close", 60))
"""Marks of a touch with the days after the lead on which such a touch happens at the latest."""
_COMMENTS = (
    "Quick answers, thank you.",
    "Price list came late again.",
    "The joint webinar paid off.",
    "Reporting could be simpler.",
)
_OLD_CUSTOMERS = 40
"""Customers won before the deals of the tab begin."""


def pack_rows(rows: Rows, as_of: date, packs: Collection[str]) -> dict[str, list[Row]]:
    """Rows of the entry tabs of these packs, by tab key; ``rows`` are those of the lean tabs."""
    told: dict[str, list[Row]] = {}
    for pack, (tab, make) in _MAKERS.items():
        if pack in packs:
            told[tab] = list(make(rows, as_of))
            _MISTAKES[pack](told[tab], as_of)
    return told


def _chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a made-up programme, the same every time


# ---- attribution: what was done on the way to each deal ----


def _touches(rows: Rows, as_of: date) -> Iterator[Row]:
    chance = _chance(31)
    found: list[Row] = []
    for deal in rows["deals"]:
        found += _journey(deal, as_of, chance)
    found.sort(key=lambda row: row["date"])
    for n, row in enumerate(found, 1):
        yield {"touch_id": f"X-{n:04d}", **row}


def _journey(deal: Row, as_of: date, chance: Random) -> list[Row]:
    """One to four touches: the source has most of them, others come in, own people close."""
    lead, last = deal["lead_date"], deal["closed"] or as_of
    told: dict[date, Row] = {}
    for mark, after in _MARKS[: chance.choice((1, 2, 3, 3, 4))]:
        day = min(lead + timedelta(days=after + chance.randrange(-8, 9)), last)
        who = _toucher(deal["partner_id"], mark, chance)
        kind = "demo" if who == OWN_SALES else chance.choice(_KINDS[_sketch(who).kind])
        role = _ROLES[0 if mark == "first" else 2 if mark == "close" else 1]
        told[day] = {
            "deal_id": deal["deal_id"],
            "partner_id": who,
            "date": day,
            "kind": kind,
            "mark": mark,
            "role": role,
        }
    return list(told.values())


def _toucher(source: str, mark: str, chance: Random) -> str:
    """Who made the touch: social partners at first, now and then another partner or we."""
    at = chance.random()
    if mark == "first" and at < 0.3:
        return partner_id(chance.randrange(5, 11))
    if mark == "close" and at < 0.25:
        return OWN_SALES
    if at > 0.85:
        return partner_id(chance.choice((14, 15, 17, 18, 20, 21)))
    return str(source)


def _sketch(partner: str) -> Sketch:
    return SKETCHES[int(partner[2:]) - 1]


def _wrong_touches(told: list[Row], as_of: date) -> None:
    told[24]["kind"] = "Webinar "
    told[61]["kind"] = "podcats"
    told[-1]["date"] = as_of + timedelta(days=20)


# ---- customers: who was won, by whom, and what recurs ----


def _customers(rows: Rows, as_of: date) -> Iterator[Row]:
    chance = _chance(32)
    won = sorted((d for d in rows["deals"] if d["stage"] == "won"), key=lambda d: d["closed"])
    first = {deal["customer_id"]: deal for deal in reversed(won)}
    for n in range(_OLD_CUSTOMERS):
        i = chance.choice((0, 1, 2, 3, 4, 14, 15, 17, 18, 22, 23))
        acquired = months_to(as_of)[0] - timedelta(days=chance.randrange(20, 700))
        monthly = 10.0 * chance.randrange(20, 120)
        who = partner_id(i) if n % 8 else OWN_SALES
        yield _customer(f"K-{n + 101:04d}", who, i, acquired, monthly, as_of, chance)
    for deal in sorted(first.values(), key=lambda d: (d["closed"], d["customer_id"])):
        who = deal["partner_id"]
        i = 0 if who == OWN_SALES else int(who[2:]) - 1
        monthly = round(deal["amount"] / 40, -1)
        yield _customer(deal["customer_id"], who, i, deal["closed"], monthly, as_of, chance)


def _customer(
    key: str, who: str, i: int, acquired: date, monthly: float, as_of: date, chance: Random
) -> Row:
    ended = acquired + timedelta(days=chance.randrange(200, 2600))
    cared = SKETCHES[i].kind in ("reseller", "service", "marketplace") and who != OWN_SALES
    return {
        "customer_id": key,
        "partner_id": who,
        "acquired": acquired,
        "ended": ended if ended <= as_of else None,
        "managed_by": "partner" if cared else "direct",
        "country": SKETCHES[i].country,
        "segment": chance.choice(("retail", "health", "industry", "public")),
        "products": chance.choice(("platform", "platform, support", "analytics, training")),
        "recurring_amount": monthly,
        "currency": SKETCHES[i].currency if who != OWN_SALES else "EUR",
    }


def _wrong_customers(told: list[Row], _as_of: date) -> None:
    told[9]["ended"] = told[9]["acquired"] - timedelta(days=14)


# ---- contracts: versions, their clauses and commission ----


def _contracts(rows: Rows, as_of: date) -> Iterator[Row]:
    chance = _chance(33)
    found = [row for i in range(len(SKETCHES)) for row in _versions(i, rows, as_of, chance)]
    for n, row in enumerate(found, 1):
        yield {"contract_id": f"K-{n:04d}", **row}


def _versions(i: int, rows: Rows, as_of: date, chance: Random) -> Iterator[Row]:
    """The contracts of a partner: two years each, the last one up to the end that Partners says."""
    partner = rows["partners"][i]
    begin, end = partner["start_date"], partner["end_date"] or partner["contract_end"]
    if SKETCHES[i].status == "onboarding":
        begin, end = as_of - timedelta(days=40), as_of + timedelta(days=690)
    last = max(begin, end - timedelta(days=729))
    spans = [(begin, last - timedelta(days=1)), (last, end)] if last > begin else [(begin, end)]
    for version, (start, until) in enumerate(spans, 1):
        fee = SKETCHES[i].kind in ("reseller", "affiliate", "referral", "influencer")
        missing = chance.choice((None, None, "dispute", "data_terms", "metrics"))
        signed = SKETCHES[i].status != "onboarding"
        held = "signed" if until >= as_of else "expired"
        yield {
            "partner_id": partner_id(i),
            "version": version,
            "status": held if signed else "proposal",
            "signed": start - timedelta(days=chance.randrange(3, 25)) if signed else None,
            "start": start,
            "end": until,
            "notice_days": chance.choice((30, 60, 90)),
            "auto_renew": "no",
            **{clause: "no" if clause == missing else "yes" for clause in CLAUSES},
            "commission_rate": 0.05 if fee and i % 2 else None,
            "commission_table": "0 5%; 50000 7%; 100000 10%" if fee and not i % 2 else None,
            "attribution_model": "linear" if version > 1 else None,
        }


def _wrong_contracts(told: list[Row], _as_of: date) -> None:
    of: defaultdict[str, list[Row]] = defaultdict(list)
    for row in told:
        of[row["partner_id"]].append(row)
    earlier, later = next(rows for rows in of.values() if len(rows) > 1)
    earlier["status"], earlier["end"] = "signed", later["start"] + timedelta(days=30)
    next(row for row in told if row["commission_table"])["commission_table"] = "5 percent"
    told[-1]["status"] = "Executed"


# ---- goals: what was agreed for the last year and for this one ----


def _goals(rows: Rows, as_of: date) -> Iterator[Row]:
    sold = _sold(rows, as_of)
    this, last = as_of.year, as_of.year - 1
    told: list[Row] = [
        _goal(EVERYONE, "F01", last, sum(sold.values()) * 0.8, sum(sold.values()), "Head office"),
        _goal(EVERYONE, "F01", this, sum(sold.values()) * 1.15, sum(sold.values()), "Head office"),
        _goal(EVERYONE, "F05", this, 60_000, 52_000, "Head office", outcome="risk"),
        _goal("reseller", "P01", this, 0.8, 0.4, "Head office"),
    ]
    for i in (0, 1, 4, 11, 14, 18, 20, 22, 23):
        name, owner = partner_id(i), SKETCHES[i].owner
        base = max(round(sold[name], -3), 5_000.0)
        told.append(_goal(name, "F01", last, round(base * 0.9, -3), base * 0.8, owner))
        told.append(_goal(name, "F01", this, round(base * 1.1, -3), base, owner))
    told += [
        _goal("P-0009", "E03", this, 0.05, 0.04, "Team Online", outcome="brand"),
        _goal("P-0010", "E03", this, 0.06, 0.04, "Team Online", outcome="brand", stretch="yes"),
        _goal("P-0021", "T01", this, 0.9, 0.6, "Team South", outcome="expansion"),
    ]
    for n, row in enumerate(told, 1):
        row["goal_id"] = f"G-{n:04d}"
    yield from told
    for n, name in enumerate(("P-0001", "P-0002"), len(told) + 1):
        old = next(r for r in told if r["partner_id"] == name and r["from"].year == this)
        target = round(old["target"] * 0.95, -3)
        why = {"revises": old["goal_id"], "reason": "Two large deals moved to next year."}
        yield {**old, **why, "goal_id": f"G-{n:04d}", "target": target}


def _goal(
    who: str, kpi: str, year: int, target: float, baseline: float, owner: str, **more: str
) -> Row:
    return {
        "partner_id": who,
        "kpi": kpi,
        "from": date(year, 1, 1),
        "to": date(year, 12, 31),
        "target": target if target < 1 else round(target, -3),
        "baseline": baseline if baseline < 1 else round(baseline, -2),
        "outcome": "revenue",
        "owner": owner,
        "assumptions": "Prices stay as they are.",
        "agreed_on": date(year - 1, 12, 10),
        **more,
    }


def _sold(rows: Rows, as_of: date) -> Mapping[str, float]:
    """Net revenue of the last twelve months by partner, in the reporting currency."""
    told: defaultdict[str, float] = defaultdict(float)
    for row in rows["money"]:
        sign = {"sale": 1, "renewal": 1, "refund": -1}.get(row["kind"], 0)
        if sign and row["date"] > as_of - timedelta(days=365):
            told[row["partner_id"]] += sign * row["amount"] * RATES.get(row["currency"], 1)
    return told


def _wrong_goals(told: list[Row], _as_of: date) -> None:
    told[-1]["reason"] = None
    told[-3]["baseline"] = None


# ---- voice: what partners and customers answer, quarter by quarter ----


def _surveys(_rows: Rows, as_of: date) -> Iterator[Row]:
    chance = _chance(34)
    found = [*_of_partners(as_of, chance), *_of_customers(as_of, chance)]
    found += _of_waves(as_of, chance)
    found.sort(key=lambda row: row["date"])
    for n, row in enumerate(found, 1):
        yield {"response_id": f"R-{n:04d}", **row}


def _quarters(as_of: date) -> list[date]:
    """A day in each of the last eight quarters, the latest a month before as-of."""
    return [as_of - timedelta(days=30 + 91 * n) for n in range(7, -1, -1)]


def _of_partners(as_of: date, chance: Random) -> Iterator[Row]:
    """Two desks of most partners answer each quarter; the skilled ones are the happier ones."""
    for day in _quarters(as_of):
        for i, sketch in enumerate(SKETCHES):
            for _ in range(2):
                if chance.random() < 0.65:
                    yield _answer(partner_id(i), "partner", day, 6.2 + 3.2 * sketch.skill, chance)


def _of_customers(as_of: date, chance: Random) -> Iterator[Row]:
    for day in _quarters(as_of):
        for i in (0, 1, 2, 3, 4, 17, 18, 22, 23):
            for _ in range(chance.choice((0, 1, 2))):
                yield _answer(partner_id(i), "customer", day, 7.8, chance)
        for _ in range(4):
            yield _answer(OWN_SALES, "customer", day, 7.5, chance)


def _answer(who: str, group: str, day: date, mood: float, chance: Random) -> Row:
    marks = {item: min(5, max(1, round(chance.gauss(mood / 2, 0.8)))) for item in ASKED}
    feeling = chance.random()
    return {
        "date": day - timedelta(days=chance.randrange(20)),
        "group": group,
        "partner_id": who,
        "recommend": min(10, max(0, round(chance.gauss(mood, 1.6)))),
        **(marks if group == "partner" else {"overall": marks["overall"]}),
        "comment": chance.choice(_COMMENTS) if feeling < 0.12 else None,
        "theme": chance.choice(("pricing", "support", "marketing")) if feeling < 0.12 else None,
        "reply_sent": "yes" if feeling < 0.08 else None,
    }


def _of_waves(as_of: date, chance: Random) -> Iterator[Row]:
    """A campaign of one influencer: as many asked before it as after it."""
    for wave, before, share in (("pre", 120, 0.25), ("post", 60, 0.48)):
        for _ in range(34):
            yield {
                "date": as_of - timedelta(days=before + chance.randrange(8)),
                "group": "customer",
                "partner_id": "P-0009",
                "brand_recall": "yes" if chance.random() < share else "no",
                "wave": wave,
            }


def _wrong_surveys(told: list[Row], _as_of: date) -> None:
    told[11]["recommend"] = 11
    told[18]["group"] = "Client" if told[18]["group"] == "customer" else "Partners"


_MAKERS: Mapping[str, tuple[str, Callable[[Rows, date], Iterator[Row]]]] = {
    "attribution": ("touches", _touches),
    "voice": ("surveys", _surveys),
    "contracts": ("contracts", _contracts),
    "goals": ("goals", _goals),
    "customers": ("customers", _customers),
}
_MISTAKES: Mapping[str, Callable[[list[Row], date], None]] = {
    "attribution": _wrong_touches,
    "voice": _wrong_surveys,
    "contracts": _wrong_contracts,
    "goals": _wrong_goals,
    "customers": _wrong_customers,
}
