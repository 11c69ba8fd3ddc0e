"""The step of live KPIs: what the engine knows, as the terms that formulas stand on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sheetsync.layout.live import (
    Measures,
    formula_of,
    is_live,
    live_kpi_rows,
    not_live,
    refusal,
)
from sheetsync.layout.live_rows import LiveBook, Terms
from sheetsync.measure.measure import PARAMS
from sheetsync.measure.money import probabilities
from sheetsync.measure.period import Period, period_of, shift
from sheetsync.measure.values import minimum_of
from sheetsync.model.cell_formula import serial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sheetsync.model.plan import Row
    from sheetsync.model.problems import Problem
    from sheetsync.model.results import Cleaned, Measured
    from sheetsync.model.settings import Settings
    from sheetsync.model.snapshot import Snapshot
    from sheetsync.model.tracker import Tracker
    from sheetsync.model.values import Value

_SPANS = ("in_period", "in_period_before", "in_period_year_ago")


@dataclass(frozen=True, slots=True)
class LiveKpis:
    """What a sync writes for live KPIs; ``refused`` says why values are written instead."""

    tracker: Tracker
    settings: Settings
    fixed: Snapshot
    cleaned: Cleaned
    measured: Measured
    as_of: date
    refused: str = ""

    @classmethod
    def of(
        cls,
        tracker: Tracker,
        settings: Settings,
        fixed: Snapshot,
        cleaned: Cleaned,
        measured: Measured,
        as_of: date,
    ) -> LiveKpis | None:
        """Return what the settings ask for; None in a workbook without the live tabs."""
        if not is_live(tracker):
            return None
        why = "the setting live_kpis is no"
        if settings.live_kpis:
            partners = [str(p) for p in cleaned.tables["partners"].used["partner_id"]]
            why = refusal(fixed, tracker, partners, len(measured.kpis))
            if settings.restate_refunds:
                why = "with restate_refunds a refund's month is that of another row"
        return cls(tracker, settings, fixed, cleaned, measured, as_of, why)

    def problems(self) -> tuple[Problem, ...]:
        """Return the note that formulas asked for are not written."""
        return (not_live(self.refused),) if self.refused and self.settings.live_kpis else ()

    def bodies(self, kpi_rows: Sequence[Row]) -> dict[str, tuple[Row, ...]]:
        """Return the bodies of KPI Monthly and of the live tabs, which are empty without use."""
        assert self.tracker.live is not None
        keys = (*self.tracker.live.tabs, "live_rates")
        if self.refused:
            return {"kpis": tuple(kpi_rows), **dict.fromkeys(keys, ())}
        period = period_of(self.settings, self.as_of)
        book = self._book(period)
        measures = Measures(
            lambda kpi: minimum_of(kpi, self.settings),
            _params(self.settings),
            period.months(),
        )
        kpis = live_kpi_rows(kpi_rows, self.measured.kpis, book, measures)
        return {"kpis": kpis, **book.bodies()}

    def _book(self, period: Period) -> LiveBook:
        assert self.tracker.live is not None
        days = _days(period)
        chances = probabilities(self.tracker, self.settings)
        terms = Terms(
            self.as_of, days, chances, _rates(self.settings), self.settings.reporting_currency
        )
        book = LiveBook(self.tracker.live, self.tracker, self.fixed, self.cleaned, terms)
        if not _reaches(book, period):
            days["in_period_year_ago last"] = period.year_ago.start - timedelta(days=1)
        return book


def catalogue_marks(tracker: Tracker, settings: Settings) -> dict[str, Value]:
    """Return each KPI's formula as text by KPI id, for the tab KPI Catalogue."""
    return {kpi.id: formula_of(kpi, tracker, _params(settings)) for kpi in tracker.kpis}


def _params(settings: Settings) -> dict[str, float]:
    """Numbers of the settings that KPI expressions name."""
    return {name: float(getattr(settings, name)) for name in PARAMS}


def _days(period: Period) -> dict[str, date]:
    """First and last day of each span."""
    stretches = zip(_SPANS, (period.now, period.before, period.year_ago), strict=True)
    return {
        f"{name} {end}": day
        for name, stretch in stretches
        for end, day in (("first", stretch.start), ("last", stretch.end))
    }


def _rates(settings: Settings) -> Mapping[str, float]:
    """Rates by currency, and by currency|yyyymm."""
    monthly = {
        f"{code}|{month}": rate
        for code, rates in settings.monthly_rates.items()
        for month, rate in rates.items()
    }
    return {**settings.rates, **monthly}


def _reaches(book: LiveBook, period: Period) -> bool:
    """Whether revenue is known from the month on in which the days one year ago begin."""
    known = [
        day
        for key, name in (("live_money", "day"), ("live_deals", "closed"))
        for day, counts in zip(
            book.mirror(key).cells("", name), book.mirror(key).cells("", "is_revenue"), strict=True
        )
        if counts
    ]
    return bool(known) and min(known) < serial(shift(period.year_ago.start.replace(day=1), 1))
