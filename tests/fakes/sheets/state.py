"""A spreadsheet's state, kept as the JSON that the Sheets API shows.

Two rules make a batch cheap to undo and must be kept by every request kind:

* **A cell is never changed, it is replaced.**  Rows are tuples of cells, a cell is a `CellData`
  dict (or None where nothing stands), and `Sheet.put` is the way to write.  Twins of a
  spreadsheet share cells.
* **Computed values are not in the cells.**  A cell holds what a person entered (`userEnteredValue`,
  `userEnteredFormat`, `note`, `dataValidation`, `textFormatRuns`, ...).  What formulas give,
  spilled cells included, is in `Sheet.computed`, filled by `calc.recalculate(spreadsheet)`;
  `Sheet.effective(row, column)` knows where to look.  A number format that a formula brings along
  (=TODAY() is a date) is in `Sheet.computed_formats` ({"type": "DATE"}).  `formattedValue`,
  `effectiveValue` and `effectiveFormat` are made when a reply is drawn, never stored.

Everything else (properties, merges, charts, tables, ...) is plain JSON and may be changed in place.
Rows and columns count from 0, ends are exclusive, as in the API.  Objects that name a sheet always
carry `sheetId` here, also 0; the reply leaves 0 out where Google does.
"""

from __future__ import annotations

import copy
import json
import marshal
import zlib
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Cell = Json
Rect = tuple[int, int, int, int]
"""First row, row after the last, first column, column after the last."""

OBJECT_LISTS = (
    "merges",
    "conditional_formats",
    "banded_ranges",
    "protected_ranges",
    "charts",
    "tables",
    "filter_views",
    "slicers",
    "row_groups",
    "column_groups",
)
"""The lists of JSON objects that a sheet owns, by attribute."""


class Refused(Exception):
    """Google's no: an HTTP status, its name, and the sentence people see.

    Inside a batch write only the sentence (`Refused("No grid with id: 7")`): the runner puts
    "Invalid requests[0].updateCells: " before it.  `whole=True` keeps a sentence as it is.
    """

    def __init__(
        self,
        message: str,
        status: int = 400,
        reason: str = "INVALID_ARGUMENT",
        *,
        details: list[Json] | None = None,
        whole: bool = False,
    ):
        super().__init__(message)
        self.message, self.status, self.reason = message, status, reason
        self.details, self.whole = details, whole

    def body(self) -> Json:
        """The reply's JSON."""
        error = {"code": self.status, "message": self.message, "status": self.reason}
        return {"error": error | ({"details": self.details} if self.details else {})}


def clone(value: Any) -> Any:
    """A deep copy of JSON, about ten times as fast as `copy.deepcopy`."""
    return marshal.loads(marshal.dumps(value))


def without_nulls(value: Any) -> Any:
    """JSON with null members left out, as Google reads it; nulls in lists stay."""
    return _stripped(value) if ": null" in json.dumps(value) else value


def _stripped(value: Any) -> Any:
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if item is not None}
    return value


class Sheet:
    """One tab: its properties, cells and objects."""

    def __init__(self, properties: Json):
        self.properties = properties
        self.rows: list[tuple[Cell | None, ...]] = []
        self.computed: dict[tuple[int, int], Json] = {}
        self.computed_formats: dict[tuple[int, int], Json] = {}
        self.basic_filter: Json | None = None
        self.row_metadata: dict[int, Json] = {}
        self.column_metadata: dict[int, Json] = {}
        self.known_rows: dict[int, Any] = {}  # which columns of a row hold formulas, for calc
        self.merges: list[Json] = []
        self.conditional_formats: list[Json] = []
        self.banded_ranges: list[Json] = []
        self.protected_ranges: list[Json] = []
        self.charts: list[Json] = []
        self.tables: list[Json] = []
        self.filter_views: list[Json] = []
        self.slicers: list[Json] = []
        self.row_groups: list[Json] = []
        self.column_groups: list[Json] = []

    @property
    def id(self) -> int:
        """Its sheetId."""
        return int(self.properties["sheetId"])

    @property
    def title(self) -> str:
        """The tab's title."""
        return str(self.properties["title"])

    @property
    def grid(self) -> Json:
        """Its gridProperties."""
        return self.properties["gridProperties"]

    @property
    def row_count(self) -> int:
        """Rows of the grid, empty ones included (`rows` may be shorter)."""
        return int(self.grid["rowCount"])

    @property
    def column_count(self) -> int:
        """Columns of the grid."""
        return int(self.grid["columnCount"])

    def resize(self, rows: int | None = None, columns: int | None = None) -> None:
        """Set the grid's size; cells outside go."""
        if rows is not None:
            self.grid["rowCount"] = rows
            del self.rows[rows:]
        if columns is not None:
            self.grid["columnCount"] = columns
            self.rows = [row[:columns] if len(row) > columns else row for row in self.rows]

    def cell(self, row: int, column: int) -> Cell | None:
        """What stands in one cell; None also beyond what is stored."""
        if row < len(self.rows):
            cells = self.rows[row]
            if column < len(cells):
                return cells[column]
        return None

    def row(self, row: int) -> tuple[Cell | None, ...]:
        """The cells of a row, as far as they are stored."""
        return self.rows[row] if row < len(self.rows) else ()

    def put(self, row: int, column: int, cell: Cell | None) -> None:
        """Replace one cell (an empty dict counts as None)."""
        if not cell:
            cell = None
        if row >= len(self.rows):
            if cell is None:
                return
            self.rows.extend([()] * (row + 1 - len(self.rows)))
        cells = self.rows[row]
        if column < len(cells):
            self.rows[row] = (*cells[:column], cell, *cells[column + 1 :])
        elif cell is not None:
            self.rows[row] = (*cells, *[None] * (column - len(cells)), cell)

    def put_row(self, row: int, column: int, cells: list[Cell | None]) -> None:
        """Replace neighbouring cells of one row, from `column` on."""
        old = self.row(row)
        if len(old) < column:
            old = (*old, *[None] * (column - len(old)))
        new = (*old[:column], *(cell or None for cell in cells), *old[column + len(cells) :])
        if row >= len(self.rows):
            self.rows.extend([()] * (row + 1 - len(self.rows)))
        self.rows[row] = new

    def effective(self, row: int, column: int) -> Json | None:
        """What the cell comes to, as an ExtendedValue ({"numberValue": 1.5}); None when empty."""
        found = self.computed.get((row, column))
        if found is not None:
            return found
        cell = self.cell(row, column)
        value = cell.get("userEnteredValue") if cell else None
        return None if value is None or "formulaValue" in value else value

    def cells(self, rect: Rect | None = None) -> Iterator[tuple[int, int, Cell]]:
        """Cells in which something stands, with their row and column."""
        top, bottom, left, right = rect or (0, self.row_count, 0, self.column_count)
        for number in range(top, min(bottom, len(self.rows))):
            for column, cell in enumerate(self.rows[number][left:right], left):
                if cell is not None:
                    yield number, column, cell

    def whole(self) -> Rect:
        """The rectangle of the whole grid."""
        return 0, self.row_count, 0, self.column_count

    def used(self) -> tuple[int, int]:
        """Rows and columns up to the last cell with a value or a computed value."""
        rows = columns = 0
        for number, column, cell in self.cells():
            if "userEnteredValue" in cell:
                rows, columns = number + 1, max(columns, column + 1)
        for number, column in self.computed:
            rows, columns = max(rows, number + 1), max(columns, column + 1)
        return rows, columns

    def fork(self) -> Sheet:
        """A twin that shares cells and nothing else."""
        twin = copy.copy(self)
        twin.properties = clone(self.properties)
        twin.rows = list(self.rows)
        twin.computed = dict(self.computed)
        twin.computed_formats = dict(self.computed_formats)
        twin.basic_filter = clone(self.basic_filter)
        twin.row_metadata = clone(self.row_metadata)
        twin.column_metadata = clone(self.column_metadata)
        for name in OBJECT_LISTS:
            setattr(twin, name, clone(getattr(self, name)))
        return twin


def outside(sheet: Sheet, area: tuple[int | None, int | None, int | None, int | None]) -> Refused:
    """The refusal of a range (None: an open end) that is not in the grid."""
    from tests.fakes.sheets.a1 import open_label

    return Refused(
        f"Range ({open_label(sheet.title, area)}) exceeds grid limits. "
        f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


class Spreadsheet:
    """A spreadsheet: its tabs in order, named ranges and developer metadata.

    `named_ranges` is keyed by namedRangeId, `metadata` by metadataId (locations of every kind; the
    reply sorts them to the spreadsheet, its sheets, rows and columns).  `owner` may edit all;
    `editors` are the addresses that may write (None: anybody), `readers` may read.
    `version` grows with each change, `calculated` is the version that `computed` belongs to;
    `inputs` are what was calculated from, `looked_at` the places of the sheets that matter to it.
    """

    def __init__(self, identity: str, properties: Json, sheets: list[Sheet], owner: str = "owner"):
        self.id = identity
        self.properties = properties
        self.sheets = sheets
        self.named_ranges: dict[str, Json] = {}
        self.metadata: dict[int, Json] = {}
        self.owner = owner
        self.editors: set[str] | None = None
        self.readers: set[str] = set()
        self.version = 0
        self.calculated = 0
        self.inputs: Any = None
        self.looked_at: frozenset[int] = frozenset()
        self.serial = 0
        self.regex_matches_blank = True
        self.tables_take_dropdowns = True

    @property
    def locale(self) -> str:
        """Such as en_US."""
        return str(self.properties.get("locale", "en_US"))

    def sheet(self, identity: int) -> Sheet:
        """The tab with this sheetId, or Refused as Google words it."""
        for sheet in self.sheets:
            if sheet.properties["sheetId"] == identity:
                return sheet
        raise Refused(f"No grid with id: {identity}")

    def named(self, title: str) -> Sheet:
        """The tab with this title (case counts not); KeyError when there is none: for tests."""
        for sheet in self.sheets:
            if sheet.title.casefold() == title.casefold():
                return sheet
        raise KeyError(title)

    def rect(self, grid_range: Json, *, clip: bool = False) -> tuple[Sheet, Rect]:
        """The sheet and rectangle of a GridRange, open ends filled.

        Refused when it starts outside the grid, or ends there unless `clip` cuts it.  With `clip`
        a range of no cells is allowed too.
        """
        sheet = self.sheet(grid_range.get("sheetId", 0))
        rows, columns = sheet.row_count, sheet.column_count
        top, left = grid_range.get("startRowIndex", 0), grid_range.get("startColumnIndex", 0)
        bottom, right = grid_range.get("endRowIndex"), grid_range.get("endColumnIndex")
        if top >= rows or left >= columns:
            raise outside(sheet, (top, bottom, left, right))
        area = (top, rows if bottom is None else bottom, left, columns if right is None else right)
        for name, start, end in (("Row", *area[:2]), ("Column", *area[2:])):
            if start < 0 or end < 0:
                raise Refused(f"start{name}Index and end{name}Index must not be negative.")
            if start > end or (start == end and not clip):
                raise Refused(
                    f"end{name}Index[{end}] must be greater than start{name}Index[{start}]"
                )
        if clip:
            return sheet, (top, min(area[1], rows), left, min(area[3], columns))
        if area[1] > rows or area[3] > columns:
            raise outside(sheet, (top, bottom, left, right))
        return sheet, area

    def new_id(self) -> int:
        """A fresh id, positive and below 2**31, the same in every run of a test."""
        self.serial += 1
        return zlib.crc32(f"{self.id}/{self.serial}".encode()) & 0x7FFFFFFF or 1

    def changed(self) -> None:
        """Say that computed values are out of date; whoever writes calls it."""
        self.version += 1

    def recalculate(self) -> None:
        """Bring `computed` up to date; nothing to do when nothing changed."""
        if self.calculated == self.version:
            return
        try:
            from tests.fakes.sheets import calc
        except ImportError:
            pass
        else:
            calc.recalculate(self)
        self.calculated = self.version

    def fork(self) -> Spreadsheet:
        """A twin to go back to."""
        twin = copy.copy(self)
        twin.properties = clone(self.properties)
        twin.sheets = [sheet.fork() for sheet in self.sheets]
        twin.named_ranges = clone(self.named_ranges)
        twin.metadata = clone(self.metadata)
        return twin

    def restore(self, twin: Spreadsheet) -> None:
        """Become what `twin` was (its sheets are taken over)."""
        self.__dict__.update(twin.__dict__)
