from __future__ import annotations

from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.settings import pack_setting_rows, setting_rows
from sheetsync.model.settings import Settings, Target, Tier

ROWS = {row.name: row for row in setting_rows()}


def test_every_field_of_the_settings_has_its_row() -> None:
    several = {"tiers", "scorecards", "shown_kpis", "stage_probability", "rates"}
    several |= {"monthly_rates", "programme_rates", "user_kpis", "role_weights", "cadence"}
    of_packs = {row.name for row in pack_setting_rows(PACKS)}
    assert set(Settings.model_fields) - several <= set(ROWS) | of_packs
    assert {"role_weight_nurture", "cadence_contacts"} <= of_packs
    assert set(ROWS).isdisjoint(of_packs)
    assert {"tier_1", "tier_4", "scorecard_reseller", "shown_affiliate"} <= set(ROWS)
    assert {"probability_proposal", "rate_USD", "rate_GBP"} <= set(ROWS)


def test_names_are_unique_and_every_row_says_what_it_means() -> None:
    rows = [*setting_rows(), *pack_setting_rows(PACKS)]
    assert len({row.name.casefold() for row in rows}) == len(rows)
    assert all(row.allowed and row.meaning.endswith(".") for row in rows)


def test_values_are_written_as_cleaning_reads_them() -> None:
    told = Settings(
        tiers=(Tier(name="Gold", threshold=75), Tier(name="Silver", threshold=60)),
        scorecards={
            "reseller": (
                Target(kpi="F01", weight=60, floor=0, target=100_000),
                Target(kpi="S06", weight=40, floor=0.2, target=0.5),
            )
        },
        rates={"SEK": 0.09},
        gate_kpis=("F01", "S06"),
    )
    rows = {row.name: row.value for row in setting_rows(told, {"S06": "ratio"})}
    assert (rows["tier_1"], rows["tier_2"], rows["tier_3"]) == ("Silver 60", "Gold 75", None)
    assert rows["scorecard_reseller"] == "F01 60 0..100000; S06 40 20%..50%"
    assert (rows["rate_SEK"], rows["rate_USD"]) == (0.09, None)
    assert rows["gate_kpis"] == "F01, S06"
    assert rows["probability_proposal"] == 0.5
    assert rows["period_start"] is None
