"""The Dashboard and Start sheets, placed cell by cell on one grid.

The Dashboard's grid is seven tiles wide: a tile is one column, narrow columns are the gaps. Every
number is a live formula over workbook names, so it follows the computed tabs without a sync; the
charts look at the quiet block below the printed page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from sheetsync.catalog.lists import LISTS
from sheetsync.model.live import (
    Count,
    CountLike,
    IfEqual,
    IfNumber,
    Join,
    KpiCell,
    Live,
    Minus,
    MonthBack,
    Ranked,
    Say,
    Whole,
)
from sheetsync.model.report import Area, Bars, Chart, Place, Report, Rule, Series

if TYPE_CHECKING:
    from sheetsync.model.report import Content

TILES = (2, 4, 6, 8, 10, 12, 14)
"""The sheet columns of the seven tiles."""
LAST = TILES[-1]
TILE_WIDTH, GAP_WIDTH, MARGIN_WIDTH = 21.0, 1.6, 2.5
ACCENT, COST, PALE = "#17616B", "#D9B26F", "#A9CBCF"
TIER_COLOURS = ("#17616B", "#D9B26F", "#A8B2BD", "#BD8A63", "#CFE0E2", "#7D8B99", "#ECEFF2")
"""Best tier first; the last two are other tiers and not rated."""
TIER_CELLS = tuple(f"dash_tier_{i}" for i in range(1, 6))
"""Names of the cells with the tiers' names, best first; a sync fills them from Settings."""
MONEY, PERCENT, COUNT = "#,##0", "0.0%", "#,##0"
MONTHS = 12
TOP = 5
_LABELS, _VALUES, _FIRST, _SECOND = 7, 8, 9, 10
_CHARTS, _LOWER, _BEHIND = 12, 28, 42
_END_OF_PAGE = 38
STAGES_BELOW = 9
"""How far the stages' numbers stand below the tiers', of which there may be six and two more."""


def dashboard(tiers: Sequence[str]) -> Report:
    """The Dashboard; ``tiers`` are the names of the tiers before the first sync, best first."""
    places = chain(_head(), _tiles(), _frames(), _top_partners(), _behind(tiers))
    return Report(
        "dashboard",
        tuple(places),
        charts=_charts(),
        widths=_widths(),
        heights=_heights(),
        rules=_rules(),
        bars=(Bars(Area(_LOWER + 2, 8, _LOWER + 1 + TOP, 8), PALE),),
        printed=Area(1, 1, _END_OF_PAGE, LAST + 1),
    )


def _widths() -> dict[int, float]:
    gaps = dict.fromkeys(range(3, LAST), GAP_WIDTH)
    edges = {1: MARGIN_WIDTH, LAST + 1: MARGIN_WIDTH}
    return gaps | edges | dict.fromkeys(TILES, TILE_WIDTH)


def _heights() -> dict[int, float]:
    head = {1: 9, 2: 30, 3: 17, 4: 17, 5: 18, 6: 9, 7: 22, 8: 33, 9: 17, 10: 20, 11: 12}
    table = dict.fromkeys(range(_LOWER + 2, _LOWER + 2 + TOP), 25)
    return {**head, _CHARTS: 21, _LOWER: 21, _LOWER + 1: 21, **table}


def _head() -> Iterator[Place]:
    yield Place(2, 2, "Partner programme", "title")
    yield Place(3, 2, "How the partnerships perform, on one page", "subtitle")
    stamps = (
        ("Currency", "dash_currency", ""),
        ("Period from", "dash_period_start", "yyyy-mm-dd"),
        ("Period to", "dash_period_end", "yyyy-mm-dd"),
        ("As of", "dash_as_of", "yyyy-mm-dd"),
    )
    for column, (label, name, code) in zip(TILES[-4:], stamps, strict=True):
        yield Place(2, column, label, "stamp label")
        yield Place(3, column, None, "stamp", code, name)
    for column in range(2, LAST + 1):
        yield Place(4, column, None, "rule")
    yield Place(5, 2, "Not synced yet: run sync to fill this page.", "note", name="dash_note")


def _tiles() -> Iterator[Place]:
    issues = Count("issue_severity", "error")
    warnings = Join((Count("issue_severity", "warning"), Say(" warnings · see Issues")))
    tiles: tuple[tuple[str, Content, str, Content, str, Content], ...] = (
        ("Revenue", KpiCell("F01"), MONEY, KpiCell("F19"), _CHANGE, _behind_it("F01", "entries")),
        ("Open pipeline", KpiCell("S04"), MONEY, KpiCell("S05"), _WEIGHTED, _deals("S04")),
        (
            "Win rate",
            KpiCell("S06"),
            PERCENT,
            _interval("S06"),
            "",
            _behind_it("S06", "closed deals"),
        ),
        ("Cost", KpiCell("F05"), MONEY, _behind_it("F05", "entries"), "", None),
        ("Return (ROPI)", KpiCell("F06"), '0.0"×"', "revenue per 1 of cost", "", None),
        ("Active partners", KpiCell("P04"), PERCENT, _behind_it("P04", "partners"), "", None),
        ("Errors open", issues, COUNT, warnings, "", "left out until put right"),
    )
    for column, (label, value, code, first, first_code, second) in zip(TILES, tiles, strict=True):
        yield Place(_LABELS, column, label, "tile label")
        yield Place(_VALUES, column, value, "tile value", code)
        yield Place(_FIRST, column, first, "tile line", first_code)
        yield Place(_SECOND, column, second, "tile end")


_CHANGE = '"▲ "0.0%" vs period before";"▼ "0.0%" vs period before";"unchanged"'
_WEIGHTED = '#,##0" weighted"'


def _behind_it(kpi: str, noun: str) -> Live:
    """The rows behind a value, with the flag where it is not plainly ok."""
    told = KpiCell(kpi, "flag")
    flag = IfEqual(told, "ok", Say(""), Join((Say(" · "), told)))
    n = KpiCell(kpi, "n")
    return IfNumber(KpiCell(kpi), Join((Say("from "), Whole(n), Say(f" {noun}"), flag)), Say(""))


def _deals(kpi: str) -> Live:
    return _behind_it(kpi, "open deals")


def _interval(kpi: str) -> Live:
    low, high = KpiCell(kpi, "low"), KpiCell(kpi, "high")
    told = Join((Say("95 %: "), Whole(low, 100), Say(" to "), Whole(high, 100), Say(" %")))
    return IfNumber(low, told, Say(""))


def _frames() -> Iterator[Place]:
    for row, column, title, until in (
        (_CHARTS, 2, "Revenue and cost by month", 8),
        (_CHARTS, 10, "Partners by tier", LAST),
        (_LOWER, 2, "Top partners by revenue", 8),
        (_LOWER, 10, "Open pipeline by stage", LAST),
    ):
        for place in range(column, until + 1):
            yield Place(row, place, title if place == column else None, "heading")


def _top_partners() -> Iterator[Place]:
    head = _LOWER + 1
    for column, label, style in (
        (2, "Partner", "table head"),
        (3, None, "table head"),
        (4, "Tier", "table head"),
        (5, None, "table head"),
        (6, "Score", "table head right"),
        (7, None, "table head"),
        (8, "Revenue", "table head right"),
    ):
        yield Place(head, column, label, style)
    for rank in range(1, TOP + 1):
        row = head + rank
        partner: Live = Ranked(rank, "summary_partner")
        if rank == 1:
            partner = IfEqual(partner, "", Say("no data"), partner)
        yield Place(row, 2, partner, "table cell")
        yield Place(row, 3, None, "table cell")
        yield Place(row, 4, Ranked(rank, "summary_tier"), "table cell")
        yield Place(row, 5, None, "table cell")
        yield Place(row, 6, Ranked(rank, "summary_score"), "table number", "0.0")
        yield Place(row, 7, None, "table cell")
        yield Place(row, 8, Ranked(rank, "summary_revenue"), "table number", MONEY)
    yield Place(head + TOP + 1, 2, "All partners: see Partner Summary.", "quiet")


def _open_stages() -> list[str]:
    return [stage.value for stage in LISTS["stage"] if stage.group == "open"]


def _behind(tiers: Sequence[str]) -> Iterator[Place]:
    top = _BEHIND
    yield Place(top, 2, "Numbers behind the charts", "quiet heading")
    for column, label in ((2, "Month"), (4, "Revenue"), (6, "Cost")):
        yield Place(top + 1, column, label, "quiet head")
    for i in range(MONTHS):
        back, row = MONTHS - 1 - i, top + 2 + i
        yield Place(row, 2, MonthBack(back), "quiet", "mmm yyyy")
        yield Place(row, 4, KpiCell("F01", back=back), "quiet number", MONEY)
        yield Place(row, 6, KpiCell("F05", back=back), "quiet number", MONEY)
    yield from _tier_numbers(top + 1, tiers)
    yield from _stage_numbers(top + 1 + STAGES_BELOW)


def _tier_numbers(head: int, tiers: Sequence[str]) -> Iterator[Place]:
    named = tuple(CountLike("summary_tier", cell) for cell in TIER_CELLS)
    rated = Minus(Count("summary_tier"), (Count("summary_tier", "not rated"),))
    labels = [*tiers, *("",) * len(TIER_CELLS)][: len(TIER_CELLS)]
    rows: list[tuple[str, str, Live]] = list(zip(labels, TIER_CELLS, named, strict=True))
    rows.append(("Other tiers", "", Minus(rated, named)))
    rows.append(("Not rated", "", Minus(Count("summary_partner"), (rated,))))
    yield Place(head, 8, "Tier", "quiet head")
    yield Place(head, 10, "Partners", "quiet head")
    for row, (label, cell, number) in enumerate(rows, head + 1):
        yield Place(row, 8, label or None, "quiet", name=cell)
        yield Place(row, 10, number, "quiet number", COUNT)


def _stage_numbers(head: int) -> Iterator[Place]:
    for column, label in ((8, "Stage"), (10, "Open"), (12, "Weighted")):
        yield Place(head, column, label, "quiet head")
    for row, stage in enumerate(_open_stages(), head + 1):
        yield Place(row, 8, stage, "quiet")
        yield Place(row, 10, KpiCell("S04", group=f"stage:{stage}"), "quiet number", MONEY)
        yield Place(row, 12, KpiCell("S05", group=f"stage:{stage}"), "quiet number", MONEY)


def _charts() -> tuple[Chart, ...]:
    first, last = _BEHIND + 2, _BEHIND + 1 + MONTHS
    months = Area(first, 2, last, 2)
    kinds = len(TIER_CELLS) + 2
    stage = first + STAGES_BELOW
    end = stage + len(_open_stages()) - 1
    stage_names = Area(stage, 8, end, 8)
    return (
        Chart(
            "column",
            "Revenue and cost by month",
            (
                Series("Revenue", months, Area(first, 4, last, 4), (ACCENT,)),
                Series("Cost", months, Area(first, 6, last, 6), (COST,)),
            ),
            _CHARTS + 1,
            2,
            656,
            280,
            MONEY,
            "mmm yy",
        ),
        Chart(
            "doughnut",
            "Partners by tier",
            (
                Series(
                    "Partners",
                    Area(first, 8, first + kinds - 1, 8),
                    Area(first, 10, first + kinds - 1, 10),
                    TIER_COLOURS,
                ),
            ),
            _CHARTS + 1,
            10,
            488,
            280,
            COUNT,
        ),
        Chart(
            "bar",
            "Open pipeline by stage",
            (
                Series("Open", stage_names, Area(stage, 10, end, 10), (ACCENT,)),
                Series("Weighted", stage_names, Area(stage, 12, end, 12), (PALE,)),
            ),
            _LOWER + 1,
            10,
            488,
            240,
            MONEY,
        ),
    )


def _rules() -> tuple[Rule, ...]:
    change = Area(_FIRST, 2, _FIRST, 2)
    errors = Area(_VALUES, LAST, _VALUES, LAST)
    return (
        Rule(change, f"AND(ISNUMBER($B${_FIRST}),$B${_FIRST}>0)", "good"),
        Rule(change, f"AND(ISNUMBER($B${_FIRST}),$B${_FIRST}<0)", "bad"),
        Rule(errors, f"$N${_VALUES}>0", "bad"),
        Rule(Area(5, 2, 5, 2), 'ISNUMBER(SEARCH("rows are left out",$B$5))', "bad"),
    )


STEPS = (
    ("Partners", "Add your partners: name, type, status and owner. Leave the id blank."),
    ("Deals or Money", "Paste deals from your CRM, or what was sold and spent, below the header."),
    ("Activity", "For influencers and affiliates: last month's figures. Others can wait."),
    ("Sync", "Run: sheetsync sync FILE. It cleans, computes and fills the grey tabs."),
    ("Issues", "Answer what it could not decide alone in the Decision column, then sync again."),
)
ROADMAP = (
    ("Audit", "List who your partners are and what you know of each."),
    ("Set-up", "Agree on 5 to 7 KPIs per type; set tiers and targets on Settings."),
    ("Align", "Show each partner what you measure and agree on targets."),
    ("Pilot", "Start with two or three partners; mark them in the Pilot column."),
    ("Rollout", "Add the rest; review every quarter and write down what you change."),
)
COLOURS = (
    ("key input", "White", "You fill it in. A header with * is required."),
    ("key computed", "Grey", "Sync fills it in; what you type there is replaced."),
    ("key settings", "Yellow", "Settings: yours to change, with a sensible default."),
    ("key issue", "Tinted", "A row with something to put right: read its Check column."),
)


def start() -> Report:
    """The Start sheet: five steps, a roadmap to tick off, the colour key and where help is."""
    places = [
        Place(2, 2, "Partner tracker", "title"),
        Place(3, 2, "From an empty workbook to a dashboard in five steps", "subtitle"),
        *(Place(4, column, None, "rule") for column in range(2, 8)),
    ]
    places += _listed(6, "Five steps", [(str(i), *s) for i, s in enumerate(STEPS, 1)])
    places += _listed(14, "Roadmap: tick off as you go", [("☐", *s) for s in ROADMAP])
    places += _frame_heading(22, "What the colours mean")
    for i, (style, name, meaning) in enumerate(COLOURS):
        places += [
            Place(23 + i, 2, None, style),
            Place(23 + i, 4, name, "step name"),
            Place(23 + i, 6, meaning, "step text"),
        ]
    places += _frame_heading(29, "Good to know")
    for i, told in enumerate(HELP):
        places.append(Place(30 + i, 2, told, "step text"))
    return Report(
        "start",
        tuple(places),
        widths={1: MARGIN_WIDTH, 2: 7, 3: GAP_WIDTH, 4: 20, 5: GAP_WIDTH, 6: 84, 7: 4},
        heights={1: 9, 2: 30, 3: 17, 4: 8, **dict.fromkeys(range(6, 36), 20.0)},
        printed=Area(1, 1, 34, 7),
    )


HELP = (
    "Columns of your own may stand to the right of ours; sync never touches them.",
    "Tabs and columns may be renamed or moved: sync finds them again.",
    "Every cell that sync changed stands on Sync Log with what was there before; undo restores it.",
    "A number that is missing says why: no data, no base, small, partial, stale, not applicable.",
)


def _frame_heading(row: int, title: str) -> list[Place]:
    return [Place(row, column, title if column == 2 else None, "heading") for column in range(2, 8)]


def _listed(row: int, title: str, lines: Sequence[tuple[str, str, str]]) -> list[Place]:
    places = _frame_heading(row, title)
    for i, (mark, name, told) in enumerate(lines, row + 1):
        style = "tick" if mark == "☐" else "step number"
        places += [
            Place(i, 2, mark, style),
            Place(i, 4, name, "step name"),
            Place(i, 6, told, "step text"),
        ]
    return places
