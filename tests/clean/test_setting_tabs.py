"""The settings tabs: what they set, and how a wrong cell is told while the default applies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sheetsync.catalog.tracker import FULL
from sheetsync.clean.lists import with_user_kpis
from sheetsync.clean.settings import CADENCES, MODELS, read_settings
from sheetsync.layout.phrases import PHRASES
from sheetsync.model.present import present
from sheetsync.model.settings import Measurand, Settings
from tests.clean.pack_books import book

CASES = json.loads((Path(__file__).parent / "setting_tabs.json").read_text(encoding="utf-8"))


def settings_of(**tabs: Any) -> tuple[Settings, list[Any]]:
    here = present(FULL, book(**tabs))
    assert FULL.defaults is not None
    settings, told = read_settings(here.seen, here.tracker, FULL.defaults)
    return settings, list(told)


def measurand(told: Measurand) -> str:
    where = ", ".join(f"{c.column} {c.compare} {c.value}" for c in told.where)
    return f"{told.tab}.{told.column} [{where}]"


def field(settings: Settings, name: str) -> Any:
    match name:
        case "tiers":
            return [[t.name, t.threshold] for t in settings.tiers]
        case "card":
            card = settings.scorecards["reseller"]
            defaults = FULL.defaults.scorecards["reseller"] if FULL.defaults else ()
            return None if card == defaults else [list(t.model_dump().values()) for t in card]
        case "rates":
            monthly = json.loads(json.dumps(settings.monthly_rates))
            return {"monthly": monthly, "fixed": settings.programme_rates}
        case "shown":
            return list(settings.shown_kpis["reseller"])
        case _:
            return [own(k) for k in settings.user_kpis]


def own(kpi: Any) -> str:
    below = f" / {measurand(kpi.denominator)}" if kpi.denominator else ""
    return f"{kpi.id} {kpi.name} {kpi.unit} {measurand(kpi.numerator)}{below}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_settings_tab_is_read_and_wrong_cells_are_told(case):
    settings, told = settings_of(**{case["tab"]: case["rows"]})
    found = [[p.code, p.row, p.column] for p in told]
    assert sorted(found) == sorted(case["told"])
    assert {p.tab for p in told} <= {case["tab"]}
    assert all(p.code in PHRASES and p.message.endswith(".") for p in told)
    assert field(settings, case["field"]) == case["read"]


def test_a_wrong_cell_names_what_it_allows():
    _, told = settings_of(tiers=[{"tier": "Gold", "threshold": 120}])
    assert [p.message for p in told] == [
        "Threshold allows a number from 0 to 100; this row is left out."
    ]


def test_thresholds_are_read_by_the_mode():
    mode = [{"name": "tier_mode", "value": "percentile"}]
    rows = [
        {"tier": "Base", "order": 1, "threshold": 1},
        {"tier": "Top", "order": 2, "threshold": 0.03},
    ]
    settings, told = settings_of(settings=mode, tiers=rows)
    assert (settings.tier_mode, told) == ("percentile", [])
    mode[0]["value"] = "threshold"
    settings, told = settings_of(settings=mode, tiers=[{"tier": "Top", "threshold": 50_000}])
    assert ([t.threshold for t in settings.tiers], told) == ([50_000.0], [])


def test_names_of_packs_are_read_on_the_settings_tab():
    rows = {
        "attribution_model": "Time decay",
        "half_life_days": 14,
        "role_weight_nurture": 0.5,
        "cadence_surveys": 90,
        "seasonal": "yes",
        "alerts_off": "a05, A11",
        "tier_kpi": "f01",
        "facts_touches": "touches.parquet",
    }
    told = [{"name": name, "value": value} for name, value in rows.items()]
    settings, problems = settings_of(settings=told)
    assert problems == []
    assert (settings.attribution_model, settings.half_life_days) == ("time-decay", 14.0)
    assert settings.role_weights == {"awareness": 0.4, "nurture": 0.5, "close": 0.3}
    assert settings.cadence["surveys"] == 90
    assert (settings.seasonal, settings.alerts_off) == (True, ("A05", "A11"))
    assert (settings.tier_kpi, settings.facts_touches) == ("F01", "touches.parquet")


def test_models_and_cadences_are_those_of_the_settings():
    schema = Settings.model_json_schema()["properties"]
    assert tuple(schema["attribution_model"]["enum"]) == MODELS
    assert tuple(c.value for c in FULL.lists["attribution_model"]) == MODELS
    assert set(Settings().cadence) == set(CADENCES)


def test_goals_may_name_an_own_kpi():
    rows = [{"name": "Mine", "unit": "count", "numerator": "Deals"}]
    settings, _ = settings_of(catalogue=rows)
    assert with_user_kpis(FULL, settings.user_kpis).lists["kpi"][-1].value == "X01"
