"""A report sheet as plain values: cells in their places, charts, widths. Only backends draw it.

Rows and columns count from 1, as on the sheet. Looks are named (``style``), so that a backend
decides once what a tile or a heading looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sheetsync.model.live import Live

    Content: TypeAlias = None | str | int | float | Live


@dataclass(frozen=True, slots=True)
class Place:
    """One cell: a text, a number, a live formula, or a look only (``content`` None).

    ``span`` merges that many columns; ``name`` is the workbook name of this single cell.
    """

    row: int
    column: int
    content: Content = None
    style: str = ""
    number_format: str = ""
    name: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells of the report's own sheet."""

    row: int
    column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Series:
    """A chart's row of numbers; one ``colours`` entry paints all points, more paint each."""

    title: str
    categories: Area
    values: Area
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its upper left corner in a cell; sizes in pixels.

    ``kind`` is column, bar or doughnut; ``title`` is told to readers who cannot see it.
    """

    kind: str
    title: str
    series: tuple[Series, ...]
    row: int
    column: int
    width: int
    height: int
    number_format: str = "General"
    category_format: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A look that cells of an area take while a formula over the sheet's own cells holds."""

    area: Area
    formula: str
    style: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars in the cells of an area, as long as their numbers."""

    area: Area
    colour: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report sheet.

    ``widths`` (characters) by column, ``heights`` (points) by row; ``printed`` is the part that
    fits one landscape page.
    """

    tab: str
    places: tuple[Place, ...]
    charts: tuple[Chart, ...] = ()
    widths: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    bars: tuple[Bars, ...] = ()
    printed: Area | None = None

    def formulas(self) -> Iterator[Live]:
        """Every live formula on the sheet."""
        for place in self.places:
            if place.content is not None and not isinstance(place.content, str | int | float):
                yield place.content
