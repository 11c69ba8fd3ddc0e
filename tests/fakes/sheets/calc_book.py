"""Works out formulas: what cells show, spilled arrays, faults, circles.

Each cell is worked out once, ranges are read once, and exact look-ups use an
index, so that a column of ten thousand look-ups stays linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.a1 import cell_name
from tests.fakes.sheets.calc_parse import Node, Ref, parsed
from tests.fakes.sheets.calc_signs import SIGNS
from tests.fakes.sheets.calc_values import Fault, Matrix, Scalar

if TYPE_CHECKING:
    from tests.fakes.sheets.state import Json, Sheet, Spreadsheet


MAY_SPILL = {"ARRAYFORMULA", "VSTACK", "HSTACK", "FILTER", "SORT", "UNIQUE", "TRANSPOSE"}
MAY_SPILL |= {"SEQUENCE", "FLATTEN", "TOCOL", "SPLIT", "INDEX", "XLOOKUP", "LET", "INDIRECT"}
ARRAY_INSIDE = {"ARRAYFORMULA", "SUMPRODUCT", "FILTER", "SORT", "INDEX"}
Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Area:
    """A range of cells; 0-based, ends exclusive."""

    sheet: int
    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return max(self.bottom - self.top, 0)

    @property
    def width(self) -> int:
        return max(self.right - self.left, 0)


Value = Scalar | Matrix | Area


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a formula stands, and whether it is worked out array by array."""

    book: Evaluation
    sheet: int
    row: int
    column: int
    array: bool = False
    names: dict[str, Value] = field(default_factory=dict)

    def arrays(self) -> Frame:
        return self if self.array else replace(self, array=True)

    def value(self, node: Node) -> Value:
        """The node's value: a scalar, an array, or a range that is not read yet."""
        return NODES[node[0]](self, node)

    def scalar(self, node: Node) -> Scalar:
        """One value of a node: of a range, the cell in the formula's own row or column."""
        return self.single(self.value(node))

    def single(self, value: Value) -> Scalar:
        if isinstance(value, Area):
            return self._crossing(value)
        return (value[0][0] if value and value[0] else None) if isinstance(value, list) else value

    def _crossing(self, area: Area) -> Scalar:
        row, column = area.top, area.left
        if area.height == 0 or area.width == 0:
            return None
        if area.height > 1:
            row = self.row
        if area.width > 1:
            column = self.column
        inside = area.top <= row < area.bottom and area.left <= column < area.right
        if not inside or (area.height > 1 and area.width > 1):
            return v.NO_ARRAY
        return self.book.cell((area.sheet, row, column))

    def matrix(self, value: Value) -> Matrix:
        if isinstance(value, Area):
            return self.book.read(value)
        return value if isinstance(value, list) else [[value]]

    def lifted(self, function: Callable[..., Scalar], values: list[Value]) -> Value:
        """A function of scalars over arrays, in a formula of arrays; of one value each else."""
        if not self.array or not any(isinstance(value, Area | list) for value in values):
            return function(*[self.single(value) for value in values])
        grids = [self.matrix(value) for value in values]
        height = max(len(grid) for grid in grids)
        width = max(len(grid[0]) if grid else 0 for grid in grids)
        columns = [_stretched(grid, height, width) for grid in grids]
        return [
            [function(*cells) for cells in zip(*rows, strict=True)]
            for rows in zip(*columns, strict=True)
        ]


def _stretched(grid: Matrix, height: int, width: int) -> Iterator[list[Scalar]]:
    """A grid in a larger shape: one row or column is repeated, what is missing is #N/A."""
    fault = v.NOT_AVAILABLE
    wide = [row * width if len(row) == 1 else row + [fault] * (width - len(row)) for row in grid]
    if len(wide) == 1:
        return iter(wide * height)
    return iter(wide + [[fault] * width] * (height - len(wide)))


def _infix(frame: Frame, node: Node) -> Value:
    _, sign, left, right = node
    return frame.lifted(SIGNS[sign], [frame.value(left), frame.value(right)])


def _array(frame: Frame, node: Node) -> Value:
    rows = [_beside([frame.matrix(frame.value(item)) for item in row]) for row in node[1]]
    widths = {len(row) for block in rows for row in block}
    if len(widths) > 1 or any(block is None for block in rows):
        told = "In ARRAY_LITERAL, an Array Literal was missing values for one or more rows."
        return Fault("#VALUE!", told)
    return [row for block in rows for row in block]


def _beside(blocks: list[Matrix]) -> Matrix:
    if len({len(block) for block in blocks}) > 1:
        return [[], [None]]
    return [[cell for row in rows for cell in row] for rows in zip(*blocks, strict=True)]


def _call(frame: Frame, node: Node) -> Value:
    from tests.fakes.sheets.calc_functions import FUNCTIONS  # the functions work on frames

    function = FUNCTIONS.get(node[1])
    if function is None:
        return Fault("#NAME?", f"Unknown function: '{node[1]}'.")
    return function(frame.arrays() if node[1] in ARRAY_INSIDE else frame, *node[2])


def _name(frame: Frame, node: Node) -> Value:
    if (key := node[1].casefold()) in frame.names:
        return frame.names[key]
    found = frame.book.named.get(key)
    return found or Fault("#NAME?", f"Unknown range name: '{node[1].upper()}'.")


NODES: dict[str, Callable[[Frame, Node], Value]] = {
    "value": lambda _, node: node[1],
    "missing": lambda _, __: None,
    "ref": lambda frame, node: frame.book.area(node[1], frame.sheet),
    "table": lambda frame, node: frame.book.table(node[1]),
    "name": _name,
    "array": _array,
    "call": _call,
    "infix": _infix,
    "-": lambda frame, node: frame.lifted(lambda x: SIGNS["*"](-1, x), [frame.value(node[1])]),
    "%": lambda frame, node: frame.lifted(lambda x: SIGNS["/"](x, 100), [frame.value(node[1])]),
}


class Evaluation:
    """One working-out of a whole spreadsheet."""

    def __init__(self, spreadsheet: Spreadsheet, now: datetime, *, comma: bool = False):
        self.now = now
        self.comma = comma
        self.sheets: list[Sheet] = spreadsheet.sheets
        self.done: dict[Place, Scalar] = {}
        self.spilled: dict[Place, Scalar] = {}
        self.indexes: dict[Any, Any] = {}
        self.looked_at: set[int] = set()
        self._busy: set[Place] = set()
        self._areas: dict[Area, Matrix] = {}
        self._titles = {s.properties["title"].casefold(): i for i, s in enumerate(self.sheets)}
        ids = {s.properties.get("sheetId", 0): i for i, s in enumerate(self.sheets)}
        self.named = {
            told["name"].casefold(): self._grid_area(told["range"], ids)
            for told in spreadsheet.named_ranges.values()
        }
        self.formulas = {
            (i, r, c): parsed(told, comma)
            for i, sheet in enumerate(self.sheets)
            for r, c, told in formulas(sheet)
        }
        self._formula_rows = {place[:2] for place in self.formulas}
        self._spillers: list[list[Place]] = [[] for _ in self.sheets]
        for place, node in self.formulas.items():
            if may_spill(node):
                self._spillers[place[0]].append(place)

    def _size(self, sheet: int) -> tuple[int, int]:
        grid = self.sheets[sheet].properties["gridProperties"]
        return grid["rowCount"], grid["columnCount"]

    def _grid_area(self, told: dict[str, int], ids: dict[int, int]) -> Area | Fault:
        if told.get("sheetId", 0) not in ids:
            return v.NO_REFERENCE
        sheet = ids[told.get("sheetId", 0)]
        self.looked_at.add(sheet)
        rows, columns = self._size(sheet)
        return Area(
            sheet,
            told.get("startRowIndex", 0),
            told.get("startColumnIndex", 0),
            min(told.get("endRowIndex", rows), rows),
            min(told.get("endColumnIndex", columns), columns),
        )

    def area(self, ref: Ref, here: int) -> Area | Fault:
        """The range that a reference means, cut to the grid."""
        sheet = here if ref.sheet is None else self._titles.get(ref.sheet.casefold())
        if sheet is None:
            return Fault("#REF!", f"Unresolved sheet name '{ref.sheet}'.")
        self.looked_at.add(sheet)
        rows, columns = self._size(sheet)
        bottom = rows if ref.bottom is None else ref.bottom
        right = columns if ref.right is None else ref.right
        if ref.lost or ref.top >= rows or ref.left >= columns:
            return v.NO_REFERENCE
        return Area(sheet, ref.top, ref.left, min(bottom, rows), min(right, columns))

    def table(self, told: str) -> Area | Fault:
        """Table[Column]: the body of one column of a table."""
        name, _, column = told[:-1].partition("[")
        for i, sheet in enumerate(self.sheets):
            for table in sheet.tables:
                if table.get("name", "").casefold() == name.casefold():
                    found = self._grid_area(table["range"] | {"sheetId": 0}, {0: i})
                    assert isinstance(found, Area)
                    for c in range(found.left, found.right):
                        if v.text(self.cell((i, found.top, c))).casefold() == column.casefold():
                            return Area(i, found.top + 1, c, found.bottom, c + 1)
        return v.NO_REFERENCE

    def read(self, area: Area) -> Matrix:
        """The values of a range, worked out once."""
        found = self._areas.get(area)
        if found is None:
            self._spill_into(area)
            found = [self._row(area, row) for row in range(area.top, area.bottom)]
            self._areas[area] = found
        return found

    def _row(self, area: Area, row: int) -> list[Scalar]:
        """One row of a range; a row without formulas is read at one go."""
        sheet, span = area.sheet, range(area.left, area.right)
        if (sheet, row) in self._formula_rows:
            return [self.cell((sheet, row, column)) for column in span]
        rows = self.sheets[sheet].rows
        cells = rows[row][area.left : area.right] if row < len(rows) else ()
        found = [_literal(cell) for cell in cells]
        found += [None] * (area.width - len(found))
        if self.spilled:
            spilled = self.spilled
            for i, value in enumerate(found):
                if value is None:
                    found[i] = spilled.get((sheet, row, area.left + i))
        return found

    def _spill_into(self, area: Area) -> None:
        for place in self._spillers[area.sheet]:
            if place[1] < area.bottom and place[2] < area.right and place not in self._busy:
                self.cell(place)

    def cell(self, place: Place) -> Scalar:
        """What one cell shows."""
        if place in self.done:
            return self.done[place]
        node = self.formulas.get(place)
        if node is None:
            found = self._typed(place)
            if found is None and self._spillers[place[0]] and place not in self.spilled:
                self._spill_into(Area(place[0], place[1], place[2], place[1] + 1, place[2] + 1))
            return self.spilled.get(place) if found is None else found
        if place in self._busy:
            return v.CIRCULAR
        self._busy.add(place)
        result = Frame(self, *place).value(node)
        found = self.done[place] = self._settled(place, result)
        self._busy.discard(place)
        return found

    def _typed(self, place: Place) -> Scalar:
        return _literal(self.sheets[place[0]].cell(place[1], place[2]))

    def _settled(self, place: Place, result: Value) -> Scalar:
        """The anchor's own value; an array goes into the cells below and beside."""
        frame = Frame(self, *place)
        if isinstance(result, Area):
            one = result.height == 1 and result.width == 1
            if one or not may_spill(self.formulas[place]):
                return frame.single(result)
            result = self.read(result)
        if not isinstance(result, list):
            return result
        if not result or not result[0]:
            return v.NOT_AVAILABLE
        return self._spill(place, result)

    def _spill(self, place: Place, result: Matrix) -> Scalar:
        sheet, row, column = place
        rows, columns = self._size(sheet)
        beyond = row + len(result) - rows, column + len(result[0]) - columns
        for over, what in zip(beyond, ("rows", "columns"), strict=True):
            if over > 0:
                told = f"Result was not automatically expanded, please insert more {what} ({over})."
                return Fault("#REF!", told)
        spread = {
            (sheet, row + i, column + j): value
            for i, values in enumerate(result)
            for j, value in enumerate(values)
            if i or j
        }
        for target in spread:
            if target in self.formulas or target in self.spilled or self._typed(target) is not None:
                told = "Array result was not expanded because it would overwrite data in "
                return Fault("#REF!", told + cell_name(*target[1:]) + ".")
        self.spilled.update(spread)
        return result[0][0]


def _literal(cell: Json | None) -> Scalar:
    """The value that stands in a cell, None for a formula's."""
    value = cell.get("userEnteredValue") if cell else None
    if not value:
        return None
    ((kind, told),) = value.items()
    return v.from_extended(value) if kind in {"errorValue", "formulaValue"} else told


def may_spill(node: Node) -> bool:
    """Whether a formula's result may be an array."""
    match node[0]:
        case "array":
            return True
        case "call":
            if node[1] in {"IF", "IFERROR", "IFNA", "IFS", "CHOOSE"}:
                return any(may_spill(part) for part in node[2])
            return node[1] in MAY_SPILL
    return False


def spillers(sheet: Sheet) -> list[tuple[int, int]]:
    """Where formulas stand whose arrays may reach other cells; in any locale."""
    return [(r, c) for r, c, told in formulas(sheet) if _array_maker(told)]


@lru_cache(maxsize=4096)
def _array_maker(text: str) -> bool:
    return any(may_spill(parsed(text, comma)) for comma in (False, True))


def formulas(sheet: Sheet) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of every formula of a sheet; rows that are known are not looked into."""
    old, known = sheet.known_rows, {}
    for number, row in enumerate(sheet.rows):
        found = old.get(id(row))
        if found is None or found[0] is not row:
            found = (row, _formula_columns(row))
        known[id(row)] = found
        for column in found[1]:
            yield number, column, row[column]["userEnteredValue"]["formulaValue"]
    sheet.known_rows = known


def _formula_columns(row: tuple[Json | None, ...]) -> tuple[int, ...]:
    return tuple(
        column
        for column, cell in enumerate(row)
        if cell and "formulaValue" in cell.get("userEnteredValue", ())
    )
