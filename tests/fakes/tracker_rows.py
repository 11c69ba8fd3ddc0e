"""A big tracker as teams keep it: seeded rows for every entry tab, a tenth of the cells dirty.

``tracker_rows(100_000, seed=1)`` gives, per tab, the cells as typed (``found``), what each of them
means (``truth``) and the few cells that nobody can read (``bad``). Column keys are those of the
tracker's entry tabs; values are plain ``str``, ``float`` and ``datetime``, ``None`` for blank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.fakes import mess

Columns = dict[str, list[Any]]

FIRST_DAY = datetime(2024, 7, 1)
AS_OF = date(2026, 6, 30)
DAYS = (datetime(AS_OF.year, AS_OF.month, AS_OF.day) - FIRST_DAY).days + 1
MONTHS = tuple(datetime(2024 + (6 + i) // 12, (6 + i) % 12 + 1, 1) for i in range(24))
BAD_SHARE = 0.02
"""The part of the dirty cells that is truly bad."""

PARTNER_TYPES = (
    "influencer", "affiliate", "reseller", "referral",
    "technology", "service", "strategic", "marketplace",
)  # fmt: skip
COUNTRIES = {
    "DE": "Germany", "FR": "France", "NL": "Netherlands", "ES": "Spain",
    "IT": "Italy", "SE": "Sweden", "US": "United States", "CA": "Canada",
}  # fmt: skip
STAGES = ("lead", "qualified", "proposal", "negotiation", "won", "lost")
STAGE_WEIGHTS = (10, 10, 10, 8, 32, 30)
STAGE_ALIASES = {"won": ("Closed Won", "closed won"), "lost": ("Closed Lost",)}
OWNERS = ("Team North", "Team South", "Team East", "Team West", "Key accounts")
PRODUCTS = ("platform", "analytics", "support", "training")
SEGMENTS = ("small business", "mid market", "enterprise", "public sector")
REASONS = ("price", "timing", "no budget", "chose another vendor", "no decision")
MONEY_KINDS = ("sale", "renewal", "refund", "commission", "fee", "mdf", "incentive", "staff_time")
MONEY_WEIGHTS = (60, 10, 4, 12, 4, 4, 3, 3)
CHANNELS = ("social", "video", "newsletter", "webinar")
COUNTS = (
    "posts", "impressions", "likes", "comments", "shares", "clicks", "conversions", "leads",
    "qualified_leads", "training_assigned", "training_done", "invited", "joined",
)  # fmt: skip
_SYLLABLES = (
    "bra", "cel", "dor", "fen", "gal", "hin", "jor", "kal", "lum", "mar", "nes",
    "oth", "pel", "quin", "ras", "sol", "tav", "ulm", "ver", "wex", "yor", "zan",
)  # fmt: skip
_FORMS = ("GmbH", "Ltd", "Inc", "SA", "BV", "AB")


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that no rule can read: its row index, its column and what is wrong."""

    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Rows:
    """One tab's rows, column-major: as typed, as meant, and what is truly bad.

    ``truth`` holds the value before it was mistyped; for a bad cell it is the bad value itself.
    """

    tab: str
    found: Columns
    truth: Columns
    bad: tuple[Bad, ...]
    dirty: int

    def __len__(self) -> int:
        return len(next(iter(self.found.values())))

    @property
    def filled(self) -> int:
        """The number of cells that are not blank."""
        return sum(cell is not None for column in self.found.values() for cell in column)

    def dicts(self) -> list[dict[str, Any]]:
        """The rows as typed, one dict by column key each."""
        keys = tuple(self.found)
        return [dict(zip(keys, row, strict=True)) for row in zip(*self.found.values(), strict=True)]


def tracker_rows(
    n: int, seed: int = 1, dirty: float = 0.10, bad: float = BAD_SHARE
) -> dict[str, Rows]:
    """Generate a tracker of ``n`` deals: the entry tabs by key, in sheet order.

    Partners are ``n / 200 + 20``, money rows ``n / 2``, activity rows ``n / 25``; ``dirty`` is the
    share of the filled cells that is mistyped, ``bad`` the part of these that is truly bad.
    The same arguments give the same rows.
    """
    deals = deals_rows(n, seed, dirty, bad)
    return {
        "partners": partners_rows(partner_count(n), seed, dirty),
        "deals": deals,
        "money": money_rows(max(n // 2, 1), seed, dirty, deals, bad),
        "activity": activity_rows(max(n // 25, 1), seed, dirty, n),
        "interactions": interactions_rows(max(n // 25, 1), seed, dirty, n),
        "plan": plan_rows(max(n // 50, 1), seed, dirty, n),
    }


def partner_count(deals: int) -> int:
    """The number of partners beside that many deals."""
    return deals // 200 + 20


def partner_ids(count: int) -> list[str]:
    """The first ``count`` partner ids."""
    return [f"P-{i + 1:04d}" for i in range(count)]


def partners_rows(count: int, seed: int, dirty: float = 0.10) -> Rows:
    """Generate the Partners tab; ids and names are unique."""
    rng = Random(f"partners {seed}")
    start = [_day(rng, 0, 365) for _ in range(count)]
    truth: Columns = {
        "partner_id": partner_ids(count),
        "partner_name": _names(rng, count),
        "partner_type": rng.choices(PARTNER_TYPES, k=count),
        "status": rng.choices(("active", "onboarding", "paused"), (8, 1, 1), k=count),
        "owner": rng.choices(OWNERS, k=count),
        "relationship": rng.choices(("direct", "marketplace"), (4, 1), k=count),
        "importance": rng.choices(("low", "medium", "high"), k=count),
        "country": rng.choices(tuple(COUNTRIES), k=count),
        "segment": rng.choices(SEGMENTS, k=count),
        "start_date": start,
        "contract_status": rng.choices(("signed", "none"), (4, 1), k=count),
    }
    return _mistyped("partners", truth, rng, dirty)


def deals_rows(n: int, seed: int, dirty: float = 0.10, bad: float = BAD_SHARE) -> Rows:
    """Generate the Deals tab: 18 columns, a third won, a third lost, the rest open."""
    rng = Random(f"deals {seed}")
    stages = rng.choices(STAGES, STAGE_WEIGHTS, k=n)
    created = [_day(rng, 0, DAYS - 60) for _ in range(n)]
    lasts = rng.choices(range(1, 60), k=n)
    ends = [day + timedelta(days=last) for day, last in zip(created, lasts, strict=True)]
    closed = [s in {"won", "lost"} for s in stages]
    truth: Columns = {
        "deal_id": [f"D-{i + 1:06d}" for i in range(n)],
        "partner_id": _skewed(rng, partner_ids(partner_count(n)), n),
        "role": rng.choices(("sourced", "influenced", "delivered", "co-sell"), (7, 1, 1, 1), k=n),
        "stage": stages,
        "created": created,
        "amount": [round(rng.lognormvariate(9, 1), 2) for _ in range(n)],
        "currency": ["EUR"] * n,
        "account": [f"Account {rng.randrange(n * 3)}" for _ in range(n)],
        "customer_id": [f"K-{rng.randrange(n):06d}" for _ in range(n)],
        "country": rng.choices(tuple(COUNTRIES), k=n),
        "segment": rng.choices(SEGMENTS, k=n),
        "product": rng.choices(PRODUCTS, k=n),
        "deal_type": rng.choices(("new", "upsell", "cross-sell", "renewal"), (6, 2, 1, 1), k=n),
        "expected_close": [day + timedelta(days=last % 30) for day, last in zip(ends, lasts)],  # noqa: B905
        "closed": [day if done else None for day, done in zip(ends, closed, strict=True)],
        "reason": [rng.choice(REASONS) if s == "lost" else None for s in stages],
        "lead_date": [d - timedelta(days=9) if rng.random() < 0.5 else None for d in created],
        "campaign": [f"Campaign {rng.randrange(12)}" for _ in range(n)],
    }
    return _mistyped("deals", truth, rng, dirty, _spoil_deals, bad)


def money_rows(n: int, seed: int, dirty: float, deals: Rows, bad: float = BAD_SHARE) -> Rows:
    """Generate the Money tab; sales and renewals point at won deals of the same partner."""
    rng = Random(f"money {seed}")
    unreadable = {b.row for b in deals.bad}
    stages = enumerate(deals.truth["stage"])
    won = [j for j, stage in stages if stage == "won" and j not in unreadable] or [0]
    picked = rng.choices(won, k=n)
    kinds = rng.choices(MONEY_KINDS, MONEY_WEIGHTS, k=n)
    revenue = [kind in {"sale", "renewal", "refund"} for kind in kinds]
    deal_ids = deals.truth["deal_id"]
    truth: Columns = {
        "entry_id": [f"M-{i + 1:06d}" for i in range(n)],
        "date": [_day(rng, 0, DAYS) for _ in range(n)],
        "partner_id": [deals.truth["partner_id"][j] for j in picked],
        "kind": kinds,
        "amount": [round(rng.lognormvariate(7, 1), 2) for _ in range(n)],
        "currency": ["EUR"] * n,
        "deal_id": [deal_ids[j] if r else None for j, r in zip(picked, revenue, strict=True)],
        "product": [rng.choice(PRODUCTS) if r else None for r in revenue],
        "document": [f"INV{i + 1:07d}" for i in range(n)],
        "recurring": rng.choices(("yes", "no"), (1, 4), k=n),
    }
    return _mistyped("money", truth, rng, dirty, _spoil_money, bad)


def activity_rows(n: int, seed: int, dirty: float, deals: int) -> Rows:
    """Generate the Activity tab: one row per partner, month, channel and campaign."""
    rng = Random(f"activity {seed}")
    impressions = [float(rng.randrange(5_000, 500_000)) for _ in range(n)]
    clicks = [float(int(seen * rng.uniform(0.005, 0.05))) for seen in impressions]
    leads = [float(rng.randrange(60)) for _ in range(n)]
    assigned = [float(rng.randrange(1, 12)) for _ in range(n)]
    invited = [float(rng.randrange(1, 9)) for _ in range(n)]
    truth: Columns = {
        "partner_id": rng.choices(partner_ids(partner_count(deals)), k=n),
        "month": rng.choices(MONTHS, k=n),
        "channel": rng.choices(CHANNELS, k=n),
        "campaign": [f"Wave {i + 1}" for i in range(n)],
        "posts": [float(rng.randrange(1, 30)) for _ in range(n)],
        "impressions": impressions,
        "likes": [float(int(seen * rng.uniform(0.005, 0.04))) for seen in impressions],
        "comments": [float(int(seen * rng.uniform(0, 0.005))) for seen in impressions],
        "shares": [float(int(seen * rng.uniform(0, 0.003))) for seen in impressions],
        "clicks": clicks,
        "conversions": [float(int(hit * rng.uniform(0, 0.05))) for hit in clicks],
        "leads": leads,
        "qualified_leads": [float(int(lead * rng.uniform(0.2, 0.9))) for lead in leads],
        "training_assigned": assigned,
        "training_done": [float(rng.randrange(int(due) + 1)) for due in assigned],
        "invited": invited,
        "joined": [float(rng.randrange(int(asked) + 1)) for asked in invited],
    }
    return _mistyped("activity", truth, rng, dirty)


def interactions_rows(n: int, seed: int, dirty: float, deals: int) -> Rows:
    """Generate the Interactions tab: requests, most of them answered within five days."""
    rng = Random(f"interactions {seed}")
    asked = [_day(rng, 0, DAYS - 6) + timedelta(hours=rng.randrange(8, 17)) for _ in range(n)]
    waits = [timedelta(minutes=rng.randrange(10, 7_000)) for _ in range(n)]
    answered = [a + w if rng.random() < 0.9 else None for a, w in zip(asked, waits, strict=True)]
    truth: Columns = {
        "interaction_id": [f"N-{i + 1:05d}" for i in range(n)],
        "partner_id": rng.choices(partner_ids(partner_count(deals)), k=n),
        "date": [day.replace(hour=0) for day in asked],
        "kind": ["request"] * n,
        "direction": rng.choices(("ours", "theirs"), k=n),
        "asked_at": asked,
        "answered_at": answered,
        "summary": [f"Question {i + 1}" for i in range(n)],
    }
    return _mistyped("interactions", truth, rng, dirty)


def plan_rows(n: int, seed: int, dirty: float, deals: int) -> Rows:
    """Generate the Plan tab: milestones and deliverables, most of them done."""
    rng = Random(f"plan {seed}")
    start = [_day(rng, 0, DAYS - 90) for _ in range(n)]
    due = [day + timedelta(days=rng.randrange(20, 60)) for day in start]
    is_done = [rng.random() < 0.8 for _ in range(n)]
    done = [
        day + timedelta(days=rng.randrange(5, 80)) if finished else None
        for day, finished in zip(start, is_done, strict=True)
    ]
    truth: Columns = {
        "item_id": [f"T-{i + 1:05d}" for i in range(n)],
        "partner_id": rng.choices(partner_ids(partner_count(deals)), k=n),
        "kind": rng.choices(("milestone", "deliverable", "task"), k=n),
        "title": [f"Step {i + 1}" for i in range(n)],
        "owner": rng.choices(OWNERS, k=n),
        "start": start,
        "due": due,
        "done": done,
        "status": ["done" if finished else "open" for finished in is_done],
        "weight": [float(rng.randrange(1, 4)) for _ in range(n)],
    }
    return _mistyped("plan", truth, rng, dirty)


_SPOILERS: dict[str, dict[str, mess.Spoil]] = {
    "partners": {
        "partner_type": mess.choice(),
        "status": mess.choice(),
        "relationship": mess.choice(),
        "importance": mess.choice(),
        "contract_status": mess.choice(),
        "country": mess.country(COUNTRIES),
        "start_date": mess.day_iso,
    },
    "deals": {
        "role": mess.choice(),
        "stage": mess.choice(STAGE_ALIASES),
        "deal_type": mess.choice(),
        "country": mess.country(COUNTRIES),
        "currency": mess.code,
        "amount": mess.amount_point,
        "created": mess.day_first,
        "expected_close": mess.day_iso,
        "closed": mess.month_first,
        "lead_date": mess.day_first,
    },
    "money": {
        "kind": mess.choice(),
        "currency": mess.code,
        "amount": mess.amount_comma,
        "date": mess.day_first,
        "recurring": mess.flag,
    },
    "activity": {
        "month": mess.month_iso,
        **dict.fromkeys(COUNTS, mess.count),
    },
    "interactions": {
        "kind": mess.choice(),
        "direction": mess.choice(),
        "date": mess.day_iso,
        "asked_at": lambda _rng, value: f"{value:%Y-%m-%d %H:%M}",
        "answered_at": lambda _rng, value: f"{value:%Y-%m-%d %H:%M}",
    },
    "plan": {
        "kind": mess.choice(),
        "status": mess.choice(),
        "start": mess.day_iso,
        "due": mess.day_iso,
        "done": mess.day_iso,
        "weight": mess.count,
    },
}
"""How each column is mistyped; columns that are not named here are texts and ids."""


def _mistyped(
    tab: str, truth: Columns, rng: Random, dirty: float, spoil: Any = None, share: float = 0
) -> Rows:
    """Make the truly bad cells first (they are part of the truth), then mistype the others."""
    filled = sum(cell is not None for column in truth.values() for cell in column)
    bad = spoil(rng, truth, math.ceil(filled * dirty * share)) if spoil else ()
    spoilers, found, count = _SPOILERS[tab], {}, len(bad)
    hands_off = {(b.row, b.column) for b in bad}
    for key, cells in truth.items():
        free = [None if (j, key) in hands_off else cell for j, cell in enumerate(cells)]
        typed, spoilt = mess.spoil_share(rng, free, dirty, spoilers.get(key, mess.text))
        count += spoilt
        found[key] = (
            [cells[j] if (j, key) in hands_off else cell for j, cell in enumerate(typed)]
            if hands_off
            else typed
        )
    return Rows(tab, found, truth, bad, count)


def _spoil_deals(rng: Random, truth: Columns, count: int) -> tuple[Bad, ...]:
    """Spoil ``count`` rows past reading, each in one of four ways."""
    n = len(truth["stage"])
    bad = []
    for row in sorted(rng.sample(range(n), min(count, n))):
        way = rng.randrange(4 if truth["closed"][row] else 3)
        if way == 0:
            truth["stage"][row] = "with legal"
            bad.append(Bad(row, "stage", "unknown stage"))
        elif way == 1:
            truth["partner_id"][row] = None if rng.random() < 0.5 else "P-99999"
            bad.append(Bad(row, "partner_id", "missing partner"))
        elif way == 2:
            truth["amount"][row] = -truth["amount"][row]
            bad.append(Bad(row, "amount", "negative amount"))
        else:
            truth["closed"][row] = truth["created"][row] - timedelta(days=3)
            bad.append(Bad(row, "closed", "closed before created"))
    return tuple(bad)


def _spoil_money(rng: Random, truth: Columns, count: int) -> tuple[Bad, ...]:
    """Spoil ``count`` rows past reading: an unknown kind, no partner, a negative amount."""
    n = len(truth["kind"])
    bad = []
    for row in sorted(rng.sample(range(n), min(count, n))):
        column = rng.choice(("kind", "partner_id", "amount"))
        if column == "kind":
            truth["kind"][row] = "barter"
        elif column == "partner_id":
            truth["partner_id"][row] = "P-99999"
        else:
            truth["amount"][row] = -truth["amount"][row]
        bad.append(Bad(row, column, f"bad {column}"))
    return tuple(bad)


def _day(rng: Random, first: int, last: int) -> datetime:
    return FIRST_DAY + timedelta(days=int(first + rng.random() * (last - first)))


def _skewed(rng: Random, ids: list[str], n: int) -> list[str]:
    """A few partners bring most of the deals, as everywhere."""
    return rng.choices(ids, [1 / (i + 3) for i in range(len(ids))], k=n)


def _names(rng: Random, count: int) -> list[str]:
    """Distinct made-up firm names that are not near-duplicates of each other."""
    names: dict[str, None] = {}
    while len(names) < count:
        stem = "".join(rng.sample(_SYLLABLES, 3)).capitalize()
        names.setdefault(f"{stem} {rng.choice(_FORMS)}")
    return list(names)
