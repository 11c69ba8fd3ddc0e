from __future__ import annotations

from datetime import date, datetime

import pytest

from sheetsync.clean.setting_values import Wrong, rules_of
from sheetsync.clean.settings import read_settings
from sheetsync.model.problems import Severity
from sheetsync.model.settings import Settings, Target, Tier
from sheetsync.model.snapshot import Snapshot, TableSnapshot
from sheetsync.model.tracker import CellType, Choice, Column, Role, Tab, Tracker
from sheetsync.model.values import CellError, Formula

TAB = Tab(
    "settings",
    "Settings",
    Role.SETTINGS,
    "",
    (Column("name", "Name", CellType.TEXT, ""), Column("value", "Value", CellType.TEXT, "")),
    ("name",),
)
TRACKER = Tracker(
    (TAB,),
    {
        "partner_type": (Choice("reseller"), Choice("affiliate")),
        "stage": (Choice("lead"), Choice("won")),
    },
)
DEFAULTS = Settings(
    tiers=(Tier(name="Gold", threshold=80, colour="#ffd700"),), rates={"GBP": 1.2}, base_tier="Base"
)


def read(*rows):
    table = TableSnapshot(
        "settings",
        "Settings",
        ("Name", "Value"),
        {"name": 0, "value": 1},
        range(2, len(rows) + 2),
        ([name for name, _ in rows], [value for _, value in rows]),
    )
    return read_settings(Snapshot("x", "f", {"settings": table}), TRACKER, DEFAULTS)


def test_without_a_settings_tab_the_defaults_apply():
    assert read_settings(Snapshot("x", "f", {}), TRACKER, DEFAULTS) == (DEFAULTS, ())


def test_blank_values_and_blank_rows_keep_the_defaults():
    assert read(("base_tier", None), (None, None), ("fiscal_start", " ")) == (DEFAULTS, ())


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("reporting_currency", "usd", "reporting_currency", "USD"),
        ("Reporting Currency", "USD", "reporting_currency", "USD"),
        ("period_start", datetime(2026, 1, 1), "period_start", date(2026, 1, 1)),
        ("period_end", "31.12.2026", "period_end", date(2026, 12, 31)),
        ("as of", "2026-03-31", "as_of", date(2026, 3, 31)),
        ("fiscal_start", "7", "fiscal_start", 7),
        ("time_zone", "Europe/Paris", "time_zone", "Europe/Paris"),
        ("date_order", "Day-First", "date_order", "day first"),
        ("decimal_mark", "COMMA", "decimal_mark", "comma"),
        ("default_country", "Germany", "default_country", "DE"),
        ("active_window_days", 30.0, "active_window_days", 30),
        ("gross_margin", "60%", "gross_margin", 0.6),
        ("minimum_coverage", 0.5, "minimum_coverage", 0.5),
        ("minimum_revenue", "1 000", "minimum_revenue", 1000.0),
        ("gate_kpis", "f01; S06", "gate_kpis", ("F01", "S06")),
        ("base_tier", "Member", "base_tier", "Member"),
        ("base_tier", Formula("A1", "Member"), "base_tier", "Member"),
        ("probability_lead", "25%", "stage_probability", {"lead": 0.25}),
        ("rate_usd", "1.08", "rates", {"GBP": 1.2, "USD": 1.08}),
        ("shown_reseller", "F01, S06", "shown_kpis", {"reseller": ("F01", "S06")}),
    ],
)
def test_a_setting_is_read(name, value, field, expected):
    settings, problems = read((name, value))
    assert problems == ()
    assert getattr(settings, field) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reporting_currency", "XXZ"),
        ("period_start", "01/02/2026"),
        ("period_start", "soon"),
        ("fiscal_start", 13),
        ("fiscal_start", 1.5),
        ("time_zone", "Mars/Base"),
        ("time_zone", "../etc/passwd"),
        ("date_order", "year first"),
        ("default_country", "Atlantis"),
        ("active_window_days", 0),
        ("gross_margin", 0),
        ("gross_margin", 1.01),
        ("gross_margin", True),
        ("gate_kpis", "revenue"),
        ("tier_1", "Gold"),
        ("tier_1", "Gold 101"),
        ("scorecard_reseller", "F01 40 0-100"),
        ("scorecard_reseller", "F01 40 5..5"),
        ("scorecard_reseller", "F01 0 0..5"),
        ("probability_lead", "120%"),
        ("rate_USD", 0),
        ("base_tier", CellError("#REF!")),
    ],
)
def test_a_wrong_value_names_what_is_allowed_and_the_default_applies(name, value):
    settings, problems = read((name, value))
    assert settings == DEFAULTS
    (problem,) = problems
    assert (problem.code, problem.severity, problem.row) == ("bad_setting", Severity.ERROR, 2)
    assert "allows" in problem.message


def test_tiers_replace_the_defaults_best_first_and_keep_known_colours():
    settings, _ = read(("tier_1", "Silver 45"), ("tier_2", "Gold 75"))
    assert settings.tiers == (
        Tier(name="Gold", threshold=75, colour="#ffd700"),
        Tier(name="Silver", threshold=45),
    )


def test_a_scorecard_reads_percent_and_turned_scales():
    settings, problems = read(
        ("scorecard_reseller", "F01 40 0..100000; s06 40 20%..50%; R04 20 48..4")
    )
    assert problems == ()
    assert settings.scorecards["reseller"] == (
        Target(kpi="F01", weight=40, floor=0, target=100_000),
        Target(kpi="S06", weight=40, floor=0.2, target=0.5),
        Target(kpi="R04", weight=20, floor=48, target=4),
    )


def test_weights_that_do_not_sum_to_100_are_a_warning():
    _, problems = read(("scorecard_reseller", "F01 40 0..1"))
    assert [(p.code, p.severity) for p in problems] == [("weights_sum", Severity.WARNING)]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("reporting_curency", "reporting_currency"),
        ("scorecard_resseller", "scorecard_reseller"),
        ("my own note", None),
        ("rate_XXZ", None),
    ],
)
def test_an_unknown_name_is_a_warning_with_the_likely_one(name, meant):
    settings, (problem,) = read((name, "1"))
    assert settings == DEFAULTS
    assert (problem.code, problem.severity) == ("unknown_setting", Severity.WARNING)
    assert (f"{meant} is probably meant" in problem.message) == bool(meant)


def test_of_two_rows_of_one_setting_the_first_counts():
    settings, problems = read(("fiscal_start", 4), ("Fiscal start", 7))
    assert settings.fiscal_start == 4
    assert [(p.code, p.row) for p in problems] == [("duplicate_setting", 3)]


def test_only_rules_that_there_are_can_be_silenced() -> None:
    assert rules_of("a05; A14") == ("A05", "A14")
    for told in ("A00", "A15", "A99", "all"):
        with pytest.raises(Wrong, match="from A01 to A14"):
            rules_of(told)
