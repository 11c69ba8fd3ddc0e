"""Fact tables that only some KPIs ask for, each made when one of the tracker's KPIs does.

What a table holds is told where it is made, in the module of its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sheetsync.measure import (
    contracts,
    delivery,
    interactions,
    lifetime,
    own,
    partners,
    pipeline,
    sales,
)
from sheetsync.measure.customers import Customers, customers_of
from sheetsync.measure.frames import framed
from sheetsync.measure.labels import labels
from sheetsync.measure.money import Ledger
from sheetsync.measure.period import Period
from sheetsync.model.expr import aggregates
from sheetsync.model.kpi import Kpi
from sheetsync.model.problems import Problem, Severity
from sheetsync.model.results import Cleaned
from sheetsync.model.settings import Settings
from sheetsync.model.tracker import Role, Tracker

if TYPE_CHECKING:
    import pandas as pd

_OF_TWO = frozenset({"duplicate", "likely_duplicate"})
"""Codes of problems that are about two rows, whichever of them they are told at."""

Maker = Callable[[], "pd.DataFrame"]


@dataclass(frozen=True)
class Ground:
    """What fact tables are made of; ``rows`` gives the rows of a tab that count, of known partners.

    ``all_goals`` are those of partner types and everyone as well.
    """

    cleaned: Cleaned
    tracker: Tracker
    settings: Settings
    period: Period
    partners: pd.DataFrame
    ledger: Ledger
    sold: frozenset[str]
    revenue: pd.DataFrame
    rows: Callable[[str], pd.DataFrame]
    all_goals: pd.DataFrame
    types: Mapping[str | None, str | None]
    sold_rows: pd.DataFrame | None = None

    @cached_property
    def campaigns(self) -> frozenset[str]:
        """The campaigns of partners."""
        return sales.joint_campaigns(self.rows("activity"))

    @cached_property
    def customers(self) -> Customers:
        """The customer of each row of the ledger."""
        return customers_of(self.ledger)

    @cached_property
    def sales(self) -> pd.DataFrame:
        """Revenue rows with what was sold: ``sold_rows`` where these are told from elsewhere."""
        if self.sold_rows is not None:
            return self.sold_rows
        return sales.sales_facts(
            self.ledger, self.sold, self.campaigns, self.customers, self.period
        )

    @property
    def catalogue(self) -> tuple[str, ...]:
        """What can be sold."""
        return products(self.tracker)


def products(tracker: Tracker) -> tuple[str, ...]:
    """The products of the tracker's list."""
    return tuple(choice.value for choice in tracker.lists.get("product", ()))


def asked_for(kpis: Iterable[Kpi]) -> frozenset[str]:
    """The fact tables that KPIs ask for."""
    told: set[str] = set()
    for kpi in kpis:
        told.update(a.table for expr in kpi.expressions() for a in aggregates(expr))
    return frozenset(told)


def more_facts(g: Ground, wanted: frozenset[str]) -> dict[str, pd.DataFrame]:
    """Make the tables that are wanted, but for those of tabs that the tracker lacks."""
    tabs = {tab.key for tab in g.tracker.tabs}
    makers: dict[str, Maker] = {**_lean(g), **dict(_of_packs(g, tabs))}
    made = {name: maker() for name, maker in makers.items() if name in wanted}
    return made | own.own_tables(g.settings, g.tracker, g.rows, g.period)


def _lean(g: Ground) -> dict[str, Maker]:
    told, period, plan, talks = g.ledger, g.period, g.rows("plan"), g.rows("interactions")
    return {
        "interactions": lambda: interactions.interaction_facts(talks, period),
        "feedback": lambda: interactions.feedback_facts(talks, g.rows("surveys"), period),
        "deliveries": lambda: delivery.delivery_facts(plan, period),
        "initiatives": lambda: delivery.initiative_facts(plan, period),
        "issues": lambda: issue_facts(g.cleaned, g.tracker),
        "cohorts": lambda: pipeline.cohort_facts(told, period),
        "ageing": lambda: pipeline.ageing_facts(told, period),
        "chances": lambda: pipeline.chance_facts(told, period),
        "sales": lambda: g.sales,
        "product_sales": lambda: sales.product_facts(g.sales, g.catalogue),
        "catalogue": lambda: sales.catalogue_facts(g.catalogue),
        "first_sales": lambda: sales.first_sale_facts(g.partners, g.revenue, period),
        "markets": lambda: sales.market_facts(told, period, each=False),
        "partner_markets": lambda: sales.market_facts(told, period, each=True),
        "campaign_deals": lambda: sales.campaign_facts(told, g.campaigns, period),
        "lives": lambda: lifetime.life_facts(g.partners, period, g.settings.life_years_cap),
        "upkeep": lambda: lifetime.upkeep_facts(told, period),
        "retention": lambda: lifetime.retention_facts(g.sales),
        "stages": lambda: partners.stage_facts(g.partners, period),
    }


def _of_packs(g: Ground, tabs: set[str]) -> Iterator[tuple[str, Maker]]:
    period, settings = g.period, g.settings
    if "touches" in tabs:
        yield "joint", lambda: pipeline.joint_facts(g.ledger, g.rows("touches"), period)
    if "goals" in tabs:
        yield "targets", lambda: pipeline.target_facts(g.all_goals, g.revenue, period)
    if "surveys" in tabs:
        yield "surveys", lambda: interactions.survey_facts(g.rows("surveys"), period)
    if "contracts" in tabs:
        told = g.rows("contracts")
        yield "contracts", lambda: contracts.contract_facts(g.partners, told, period)
        yield (
            "commissions",
            lambda: contracts.commission_facts(g.revenue, told, settings.fiscal_start, period),
        )
    if "customers" in tabs:
        found = g.rows("customers")
        yield "customer_base", lambda: lifetime.customer_base(found, period)
        yield "recurring", lambda: lifetime.recurring_facts(found, settings, period)
        yield (
            "matured",
            lambda: lifetime.matured_facts(found, g.sales, settings.clv_horizon_months, period),
        )
        yield "tenures", lambda: lifetime.tenure_facts(found, g.sales, g.types, period)


def issue_facts(cleaned: Cleaned, tracker: Tracker) -> pd.DataFrame:
    """One row per problem still open (notes and rejected ones apart), with its partner and tab.

    That two rows may be one is told at the lower row, so it is of its tab and of no partner.
    """
    titles = {tab.key: tab.title for tab in tracker.of_role(Role.ENTRY)}
    owners: dict[str, dict[str, str]] = {}
    for key, table in cleaned.tables.items():
        if key in titles:
            partner = labels(table.frame, "partner_id").tolist()
            owners[key] = {
                k: p for k, p in zip(table.frame["_key"], partner, strict=True) if p is not None
            }
    found = [
        (owners.get(p.tab, {}).get(p.key) if p.code not in _OF_TWO else None, titles[p.tab])
        for p in cleaned.problems
        if p.tab in titles and p.severity is not Severity.NOTE and p.decision != "reject"
    ]
    return framed_texts(("partner_id", "tab"), found)


def framed_texts(names: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> pd.DataFrame:
    """Make a frame of rows of texts."""
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(names), dtype=object)
    return framed({name: labels(frame, name) for name in names})


def more_problems(g: Ground) -> Iterator[Problem]:
    """Yield what is wrong with what only these tables look at."""
    yield from sales.unknown_campaigns(g.ledger, g.campaigns)
    if any(tab.key == "contracts" for tab in g.tracker.tabs):
        yield from contracts.bad_tables(g.rows("contracts"))
