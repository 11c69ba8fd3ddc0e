"""The shipped KPIs, scorecards and tiers hang together."""

from __future__ import annotations

import pytest

from sheetsync.catalog.kpis import DEFAULT_SHOWN, KPIS, default_settings
from sheetsync.catalog.lists import LISTS
from sheetsync.catalog.packs import PACKS
from sheetsync.clean.setting_values import KPI
from sheetsync.measure.concentration import NAMED
from sheetsync.model.kpi import EDGES, Grain
from sheetsync.model.settings import Settings

BY_ID = {kpi.id: kpi for kpi in KPIS}
TYPES = {choice.value for choice in LISTS["partner_type"]}


def test_ids_and_titles_are_unique() -> None:
    assert len(BY_ID) == len(KPIS)
    assert len({kpi.title for kpi in KPIS}) == len(KPIS)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_declaration_is_whole(kpi) -> None:
    assert kpi.words.endswith(".")
    assert kpi.grains
    assert set(kpi.types) <= TYPES
    assert (kpi.value is None) == bool(kpi.named)
    assert not kpi.named or kpi.named in NAMED
    assert kpi.interval in ("", "wilson", "exact", "nps", "difference")
    assert len(kpi.parts) == {"nps": 3, "difference": 4}.get(kpi.interval, 0)
    assert (kpi.age is None) == (not kpi.stale_after)
    assert kpi.pack in ("", *PACKS)
    assert set(kpi.edges.split()) <= EDGES.keys()
    assert KPI.fullmatch(kpi.id)
    assert not kpi.minimum_setting or kpi.minimum_setting in Settings.model_fields


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_scorecard_weighs_one_hundred_over_kpis_of_the_type(kind: str) -> None:
    card = default_settings().scorecards[kind]
    assert sum(target.weight for target in card) == 100
    for target in card:
        kpi = BY_ID[target.kpi]
        assert not kpi.types or kind in kpi.types
        assert Grain.PARTNER in kpi.grains
        assert kpi.lower_is_better == (target.floor > target.target), kpi.id


@pytest.mark.parametrize("kind", [*sorted(TYPES), "programme"])
def test_five_to_seven_kpis_are_shown(kind: str) -> None:
    shown = DEFAULT_SHOWN[kind]
    assert 5 <= len(set(shown)) == len(shown) <= 7
    grain = Grain.PROGRAMME if kind == "programme" else Grain.PARTNER
    for kpi in map(BY_ID.get, shown):
        assert grain in kpi.grains
        assert kind == "programme" or not kpi.types or kind in kpi.types


def test_leads_never_decide_a_default_tier_alone() -> None:
    for card in default_settings().scorecards.values():
        assert max(card, key=lambda target: target.weight).kpi not in ("S01", "S02")


def test_tiers_rise_in_steps() -> None:
    thresholds = [tier.threshold for tier in default_settings().tiers]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == len(thresholds)
