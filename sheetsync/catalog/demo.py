"""A made-up programme to try things on: believable, the same every time, and a little messy.

The mess is what real sheets have: stray spaces, numbers typed as text, a misspelt type, dates
that could be read two ways, a partner entered twice. Organisations are invented, people are
named by what they do, addresses are at example.com.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from random import Random

from sheetsync.catalog.demo_more import (
    more_activity,
    more_money,
    rate_rows,
    renewals,
    tier_history,
)
from sheetsync.catalog.demo_packs import pack_rows
from sheetsync.catalog.demo_sketches import (
    MONTHS,
    RATES,
    SKETCHES,
    SOCIAL,
    Row,
    Sketch,
    months_to,
    partner_id,
)
from sheetsync.catalog.entry_sales import OWN_SALES
from sheetsync.catalog.kpis import default_settings
from sheetsync.catalog.settings import setting_rows

_ACCOUNTS = (
    "Alder Bakery",
    "Birch Clinic",
    "Cedar Logistics",
    "Damson Foods",
    "Elm Insurance",
    "Fir Energy",
    "Gorse Motors",
    "Hazel Hotels",
    "Ivy Textiles",
    "Juniper Labs",
    "Kelp Fisheries",
    "Linden Schools",
)
_PRODUCTS = ("platform", "analytics", "integrations", "services", "support", "training")
_PHONES = {"GB": "+44 20 7946 0{:03d}", "US": "+1 202 555 01{:02d}", "DE": "+49 30 23125 {:03d}"}
_LOST_FOR = ("price", "went with another supplier", "no budget this year", "no decision")
_KINDS = ("meeting", "call", "email", "request", "feedback", "issue", "decision")
_ITEMS = (
    ("task", "Send the new price list"),
    ("milestone", "Joint offer agreed"),
    ("deliverable", "Customer story published"),
    ("milestone", "First ten customers live"),
    ("initiative", "Connector in the catalogue"),
    ("task", "Refresh the contact list"),
    ("improvement", "Win back the response time"),
)


def demo_rows(as_of: date, packs: Collection[str] = ()) -> Mapping[str, list[Row]]:
    """Rows of every entry tab and of Settings, by tab key: ``MONTHS`` months up to ``as_of``.

    ``packs`` (keys of PACKS) bring the rows of their tabs, and more rows of Money and Activity.
    """
    make = _Programme(as_of)
    deals = list(make.deals())
    plan = list(make.plan())
    rows = {
        "partners": list(make.partners()),
        "contacts": list(make.contacts()),
        "deals": deals,
        "money": list(make.money(deals)),
        "activity": list(make.activity()),
        "interactions": list(make.interactions(plan)),
        "plan": plan,
        "settings": _settings(),
    }
    told = pack_rows(rows, as_of, packs)
    _make_a_mess(rows, as_of)
    _extend(rows, told, as_of, packs)
    return {**rows, **told}


def _extend(
    rows: Mapping[str, list[Row]], told: dict[str, list[Row]], as_of: date, packs: Collection[str]
) -> None:
    """Add what packs bring to the lean tabs, and the rows of their settings and history."""
    if "insight" in packs:
        rows["money"].extend(more_money(as_of))
        rows["activity"].extend(more_activity(as_of))
        told["tier_history"] = tier_history(rows["partners"], default_settings(), as_of)
    if "customers" in packs:
        rows["money"].extend(renewals(told["customers"], as_of, len(rows["money"])))
    if "settings" in packs:
        told["rates"] = rate_rows(as_of)


def _settings() -> list[Row]:
    rows = [asdict(row) for row in setting_rows()]
    for row in rows:
        code = row["name"].removeprefix("rate_")
        if row["name"] != code and code in RATES:
            row["value"] = RATES[code]
    return rows


class _Programme:
    """The programme's facts, drawn one after the other from one seeded source of chance."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self.chance = Random(20_24)  # noqa: S311 - a made-up programme, the same every time
        self.months = months_to(as_of)

    def day_in(self, month: date) -> date:
        """Some working day of a month, never after as-of."""
        day = month + timedelta(days=self.chance.randrange(27))
        day -= timedelta(days=max(0, day.weekday() - 4))
        return min(max(day, month), self.as_of)

    def partners(self) -> Iterator[Row]:
        for i, sketch in enumerate(SKETCHES):
            since = self.months[0] + timedelta(days=self.chance.randrange(-500, 300))
            ended = sketch.status == "ended"
            yield {
                "partner_id": partner_id(i),
                "partner_name": sketch.name,
                "partner_type": sketch.kind,
                "status": sketch.status,
                "owner": sketch.owner,
                "relationship": "marketplace" if sketch.kind == "marketplace" else "direct",
                "importance": "high"
                if sketch.size > 1.5
                else "medium"
                if sketch.size > 0.5
                else "low",
                "objective": "awareness" if sketch.kind == "influencer" else "direct sales",
                "country": sketch.country,
                "segment": self.chance.choice(("retail", "health", "industry", "public")),
                "start_date": since,
                "end_date": self.as_of - timedelta(days=70) if ended else None,
                "currency": sketch.currency,
                "track_level": "detailed"
                if sketch.kind in SOCIAL or sketch.size > 1.5
                else "basic",
                "contract_status": "expired" if ended else "signed",
                "contract_end": self.as_of + timedelta(days=self.chance.randrange(20, 500)),
                "utm_code": sketch.name.lower().replace(" & ", "-").replace(" ", "-"),
                "pilot": "yes" if i in (0, 8, 20) else None,
                "last_verified": self.as_of - timedelta(days=self.chance.randrange(5, 140)),
            }

    def contacts(self) -> Iterator[Row]:
        desks = ("Partner desk", "Billing office", "Marketing team")
        for n in range(60):
            i = n % len(SKETCHES)
            sketch = SKETCHES[i]
            phone = _PHONES.get(sketch.country, "").format(n)
            consent = n % 4 == 0
            yield {
                "contact_id": f"C-{n + 1:04d}",
                "partner_id": partner_id(i),
                "name": desks[n // len(SKETCHES)],
                "email": f"desk{n + 1:02d}@example.{'org' if n % 5 == 0 else 'com'}",
                "phone": phone or None,
                "role": self.chance.choice(("Head of sales", "Alliances", "Accounts", "Marketing")),
                "is_primary": "yes" if n < len(SKETCHES) else "no",
                "lawful_basis": "consent" if consent else "legitimate interests",
                "consent_date": self.day_in(self.months[4]) if consent else None,
                "retain_until": self.as_of + timedelta(days=700),
                "last_verified": self.as_of - timedelta(days=self.chance.randrange(3, 160)),
            }

    def deals(self) -> Iterator[Row]:
        makers = [i for i, s in enumerate(SKETCHES) if s.kind not in ("influencer", "affiliate")]
        weights = [SKETCHES[i].size + 0.4 for i in makers]
        for n in range(160):
            own = n % 12 == 11
            i = self.chance.choices(makers, weights)[0]
            month = self.months[int(MONTHS * n / 160)]
            yield self._deal(n, OWN_SALES if own else partner_id(i), SKETCHES[i], month)

    def _deal(self, n: int, partner: str, sketch: Sketch, month: date) -> Row:
        created = self.day_in(month)
        closed = created + timedelta(days=int(self.chance.gauss(68, 26)) % 150 + 12)
        over = closed <= self.as_of
        stage = "won" if self.chance.random() < sketch.skill else "lost"
        if not over:
            stage = self.chance.choice(("lead", "qualified", "proposal", "negotiation"))
        amount = round(self.chance.lognormvariate(9.7 + n / 400, 0.5) * sketch.size**0.8, -2)
        return {
            "deal_id": f"D-{n + 1:04d}",
            "partner_id": partner,
            "role": self.chance.choices(("sourced", "influenced", "co-sell"), (8, 1, 1))[0],
            "stage": stage,
            "created": created,
            "amount": amount,
            "currency": sketch.currency if partner != OWN_SALES else "EUR",
            "account": self.chance.choice(_ACCOUNTS),
            "customer_id": f"K-{self.chance.randrange(1, 90):04d}",
            "country": sketch.country,
            "product": self.chance.choice(_PRODUCTS),
            "deal_type": self.chance.choices(("new", "upsell", "renewal"), (6, 2, 2))[0],
            "expected_close": closed,
            "closed": closed if over else None,
            "reason": self.chance.choice(_LOST_FOR) if stage == "lost" else None,
            "lead_date": created - timedelta(days=self.chance.randrange(3, 40)),
        }

    def money(self, deals: list[Row]) -> Iterator[Row]:
        rows = [self._sale(deal) for deal in deals if deal["stage"] == "won"]
        rows += [self._sale(deal, refund=True) for deal in deals[7::60] if deal["stage"] == "won"]
        social = [i for i, s in enumerate(SKETCHES) if s.kind in SOCIAL]
        while len(rows) < 260:
            i = self.chance.choice(social) if len(rows) % 2 else self.chance.randrange(24)
            sketch, month = SKETCHES[i], self.chance.choice(self.months)
            if sketch.kind in SOCIAL and self.chance.random() < 0.6:
                kind, amount = "sale", 11_000 * sketch.size
            else:
                kind = self.chance.choice(("fee", "commission", "mdf", "incentive", "staff_time"))
                amount = 900 * sketch.size**0.5
            rows.append(
                {
                    "date": self.day_in(month),
                    "partner_id": partner_id(i),
                    "kind": kind,
                    "amount": round(amount * self.chance.uniform(0.5, 2.2), 2),
                    "currency": sketch.currency,
                }
            )
        rows.sort(key=lambda row: row["date"])
        for n, row in enumerate(rows, 1):
            yield {"entry_id": f"M-{n:04d}", **row}

    def _sale(self, deal: Row, *, refund: bool = False) -> Row:
        date_ = min(deal["closed"] + timedelta(days=9 if refund else 2), self.as_of)
        return {
            "date": date_,
            "partner_id": deal["partner_id"],
            "kind": "refund" if refund else "renewal" if deal["deal_type"] == "renewal" else "sale",
            "amount": round(deal["amount"] * (0.2 if refund else 1), 2),
            "currency": deal["currency"],
            "deal_id": deal["deal_id"],
            "customer_id": deal["customer_id"],
            "product": deal["product"],
            "upsell_flag": "upsell" if deal["deal_type"] == "upsell" else None,
            "recurring": "yes" if deal["deal_type"] == "renewal" else None,
            "document": f"INV-{2000 + int(deal['deal_id'][2:])}",
        }

    def activity(self) -> Iterator[Row]:
        social = [i for i, s in enumerate(SKETCHES) if s.kind in SOCIAL]
        slots = [(i, month) for month in self.months[-19:] for i in social][:150]
        for i, month in slots:
            yield self._figures(i, month)

    def _figures(self, i: int, month: date) -> Row:
        shown = int(40_000 * SKETCHES[i].size * self.chance.uniform(0.7, 1.4)) + 2_000
        clicks = int(shown * self.chance.uniform(0.012, 0.03))
        leads = self.chance.randrange(4, 30)
        return {
            "partner_id": partner_id(i),
            "month": month,
            "channel": self.chance.choice(("social", "video", "blog", "newsletter")),
            "posts": self.chance.randrange(2, 12),
            "impressions": shown,
            "reach": int(shown * 0.7),
            "likes": int(shown * self.chance.uniform(0.02, 0.05)),
            "comments": int(shown * 0.004),
            "shares": int(shown * 0.003),
            "saves": int(shown * 0.002),
            "clicks": clicks,
            "conversions": int(clicks * self.chance.uniform(0.01, 0.04)),
            "followers": int(60_000 * SKETCHES[i].size) + 900 * self.months.index(month),
            "audience_quality": round(self.chance.uniform(6, 9), 1),
            "leads": leads,
            "qualified_leads": int(leads * self.chance.uniform(0.3, 0.8)),
        }

    def interactions(self, plan: list[Row]) -> Iterator[Row]:
        for n in range(90):
            i = self.chance.randrange(len(SKETCHES))
            day = self.day_in(self.months[-1 - n % 14])
            kind = self.chance.choice(_KINDS)
            asked = datetime.combine(day, time(9, self.chance.randrange(60)))
            hours = self.chance.lognormvariate(2.2, 0.8)
            request, meeting = kind in ("request", "issue"), kind == "meeting"
            follow_up = plan[n % len(plan)]
            yield {
                "interaction_id": f"N-{n + 1:04d}",
                "partner_id": partner_id(i),
                "date": day,
                "kind": kind,
                "direction": self.chance.choice(("ours", "theirs")),
                "asked_at": asked if request else None,
                "answered_at": asked + timedelta(minutes=int(hours * 60)) if request else None,
                "scheduled": "yes" if meeting else None,
                "attended": ("yes" if n % 6 else "no") if meeting else None,
                "documented": "yes" if kind == "decision" else None,
                "theme": self.chance.choice(("pricing", "product", "support", "marketing")),
                "summary": f"{kind.capitalize()} about the current quarter",
                "action_item": follow_up["item_id"] if n % 15 == 0 else None,
                "reply_sent": "yes" if kind == "feedback" and n % 3 else None,
            }

    def plan(self) -> Iterator[Row]:
        for n in range(70):
            i = self.chance.randrange(len(SKETCHES))
            kind, title = _ITEMS[n % len(_ITEMS)]
            due = self.as_of + timedelta(days=45 - n * 9 + self.chance.randrange(10))
            late = self.chance.choices((-6, 0, 8), (5, 3, 2))[0]
            past = due + timedelta(days=late) <= self.as_of and self.chance.random() < 0.9
            yield {
                "item_id": f"T-{n + 1:04d}",
                "partner_id": partner_id(i),
                "kind": kind,
                "title": title,
                "owner": SKETCHES[i].owner,
                "start": due - timedelta(days=self.chance.randrange(20, 60)),
                "due": due,
                "done": due + timedelta(days=late) if past else None,
                "status": "done" if past else "open",
                "weight": self.chance.choice((1, 1, 2)),
                "quality": self.chance.choice((3, 4, 4, 5)) if past else None,
                "standard": 4,
            }


def _make_a_mess(rows: Mapping[str, list[Row]], as_of: date) -> None:
    """Put in what people do to a sheet; every line of it is something that sync speaks about."""
    partners, contacts, deals, money = (
        rows[tab] for tab in ("partners", "contacts", "deals", "money")
    )
    partners[1]["partner_name"] = "  Quillfeather Networks "
    partners[2]["partner_type"] = "Reseler"
    partners[4]["partner_type"] = "Value Added Reseller"
    partners[6]["country"] = "UK"
    partners[12]["status"] = "Active "
    partners[17]["owner"] = None
    partners.append(
        {**partners[0], "partner_id": "P-0025", "partner_name": "Tin Lantern Systems Ltd"}
    )
    partners[-1]["utm_code"] = None
    contacts[5]["email"] = "desk06[at]example.com"
    contacts[9]["email"] = contacts[8]["email"]
    contacts[12] = {**contacts[12], "consent_date": None, "lawful_basis": "consent"}
    deals[3]["stage"] = "Closed Won" if deals[3]["stage"] == "won" else "Closed-Lost"
    deals[8]["amount"] = f"{deals[8]['amount']:,.2f}"
    deals[21]["amount"] = f"€ {deals[21]['amount']:.0f}"
    deals[30]["created"] = f"{deals[30]['created']:%Y-%m-%d}"
    deals[33]["created"] = "03/04/" + str(deals[33]["created"].year)
    deals[40]["partner_id"] = "P-0099"
    deals[52]["amount"] = -1 * float(deals[52]["amount"])
    next(deal for deal in deals if deal["stage"] == "lost")["reason"] = None
    still_open = next(deal for deal in deals if not deal["closed"])
    still_open["amount"] = None
    deals[-1]["expected_close"] = as_of - timedelta(days=12)
    money[14]["amount"] = f" {money[14]['amount']:.2f} "
    money[40]["kind"] = "Sales" if money[40]["kind"] == "sale" else money[40]["kind"].upper()
    money[77]["currency"] = "euro" if money[77]["currency"] == "EUR" else money[77]["currency"]
    rows["activity"][31]["clicks"] = rows["activity"][31]["impressions"] + 10
    rows["plan"][20]["status"] = "Completed" if rows["plan"][20]["done"] else "in progress"
