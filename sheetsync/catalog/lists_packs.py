"""Dropdown lists that only packs of tabs use; they follow the lean tracker's on the tab Lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sheetsync.model.tracker import Choice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsync.model.kpi import Kpi

PACK_LISTS: Mapping[str, tuple[Choice, ...]] = {
    "touch_kind": (
        Choice("content", ("post", "article", "blog post")),
        Choice("webinar", ("webinars", "event")),
        Choice("referral", ("referred", "recommendation")),
        Choice("intro", ("introduction",)),
        Choice("demo", ("demonstration", "product demo")),
        Choice("co-sell", ("cosell", "co-selling", "joint meeting")),
        Choice("implementation", ("delivery", "implemented")),
        Choice("click", ("clicks", "link click")),
    ),
    "touch_mark": (
        Choice("first", ("first touch",)),
        Choice("lead", ("lead created", "lead creation")),
        Choice("opportunity", ("opportunity created", "opp")),
        Choice("close", ("closing", "closed")),
    ),
    "touch_role": (
        Choice("awareness", ("aware",)),
        Choice("nurture", ("nurturing", "consideration")),
        Choice("close", ("closing",)),
    ),
    "survey_group": (
        Choice("partner", ("partners",)),
        Choice("customer", ("customers", "client")),
        Choice("internal", ("own team", "employee", "employees")),
    ),
    "survey_wave": (Choice("pre", ("before",)), Choice("post", ("after",))),
    "contract_state": (
        Choice("draft", ("drafted",)),
        Choice("proposal", ("proposed", "sent", "pending")),
        Choice("signed", ("executed", "in force")),
        Choice("expired", ("lapsed",)),
        Choice("terminated", ("ended", "cancelled", "canceled")),
    ),
    "attribution_model": (
        Choice("first", ("first touch", "first click")),
        Choice("last", ("last touch", "last click")),
        Choice("linear", ("even",)),
        Choice("time-decay", ("decay",)),
        Choice("u", ("u-shaped", "position", "position based")),
        Choice("w", ("w-shaped",)),
        Choice("full path", ("fullpath", "z-shaped")),
        Choice("custom", ("custom role", "by role")),
        Choice("markov", ("markov chain", "data-driven")),
    ),
    "goal_outcome": (
        Choice("revenue", ("sales",)),
        Choice("expansion", ("growth",)),
        Choice("brand", ("awareness",)),
        Choice("innovation"),
        Choice("risk", ("risk reduction",)),
    ),
    "managed_by": (Choice("partner", ("by partner",)), Choice("direct", ("us", "own team"))),
    "better": (Choice("higher", ("more", "up")), Choice("lower", ("less", "down"))),
    "alert_severity": (Choice("critical"), Choice("warning"), Choice("note")),
}
"""Every list of the packs by name."""


def kpi_choices(kpis: Iterable[Kpi]) -> tuple[Choice, ...]:
    """KPIs as a list: their ids, which people may also write as the KPIs' names."""
    told = tuple(kpis)
    titles = [kpi.title.casefold() for kpi in told]
    return tuple(
        Choice(kpi.id, (kpi.title,) if titles.count(kpi.title.casefold()) == 1 else ())
        for kpi in told
    )
