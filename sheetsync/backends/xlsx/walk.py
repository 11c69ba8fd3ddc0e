"""Rows of a sheet read element by element, whatever their shape.

Handles what the fast reader of ``cells`` leaves: prefixed tags, rich inline text, shared and
array formulas, cells and rows without addresses. Correct first; about a microsecond a cell.
"""

from __future__ import annotations

from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.directory import unreadable
from sheetsync.backends.xlsx.markup import (
    MAX_COLUMN,
    MAX_ROW,
    cell_position,
    column_letters,
    unescape,
)
from sheetsync.backends.xlsx.shift import shifted
from sheetsync.backends.xlsx.strings import Malformed, run_expat
from sheetsync.model.values import Formula, Value

MAX_CELLS = 5_000_000
_MAX_DEPTH = 64
_TEXTS = frozenset(("v", "f", "t"))


def too_many_cells(title: str) -> Exception:
    """The refusal of a sheet with more cells than are read."""
    return unreadable(
        "too_many_cells",
        f"The tab {title!r:.60} holds more than {MAX_CELLS:,} cells; delete unused rows and "
        "columns (also those that only carry formats) and save it again",
    )


class Rows:
    """Walks rows and keeps their cells: ``found`` maps (row, column) to a value.

    ``often`` counts the cells that are stored more than once.
    """

    def __init__(self, context: Context, title: str) -> None:
        self.context = context
        self.title = title
        self.found: dict[tuple[int, int], Value] = {}
        self.often: dict[tuple[int, int], int] = {}
        self._masters: dict[str, tuple[str, int, int]] = {}
        self._stack: list[str] = []
        self._row = self._column = self._count = 0
        self._kind = self._style = self._shared = ""
        self._texts: list[str] = []
        self._value = self._formula = self._inline = None  # type: str | None
        self._preserve = False

    def read(self, text: str, part: str) -> None:
        """Walk a text of well-formed XML; ``Malformed`` when it is not."""
        run_expat(text, part, self._start, self._end, self._texts.append)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        self._stack.append(name)
        if name == "c":
            self._open_cell(attributes)
        elif name in _TEXTS:
            self._texts.clear()
            self._preserve = attributes.get("xml:space") == "preserve"
            if name == "f":
                self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        elif name == "row":
            self._row = _number(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
            if not 1 <= self._row <= MAX_ROW:
                raise Malformed
        elif len(self._stack) > _MAX_DEPTH:
            raise Malformed

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._value = self._formula = self._inline = None
        self._shared = ""
        self._count += 1
        if self._count > MAX_CELLS:
            raise too_many_cells(self.title)
        if "r" not in attributes:
            self._column += 1
        else:
            try:
                row, self._column = cell_position(attributes["r"])
            except ValueError as error:
                raise Malformed from error
            if row != self._row:
                raise Malformed
        if self._column > MAX_COLUMN:
            raise Malformed

    def _end(self, _tag: str) -> None:
        name = self._stack.pop()
        if name == "c":
            self._close_cell()
        elif name == "v":
            self._value = "".join(self._texts)
        elif name == "f":
            self._formula = "".join(self._texts)
        elif name == "t" and "rPh" not in self._stack:
            text = "".join(self._texts)
            run = unescape(text if self._preserve else text.strip(" \t\n"))
            self._inline = (self._inline or "") + run

    def _close_cell(self) -> None:
        if self._value is None and self._inline is None and self._formula is None:
            return
        at = self._row, self._column
        if at in self.found:
            self.often[at] = self.often.get(at, 1) + 1
        self.found[at] = self._cell()

    def _cell(self) -> Value:
        if self._kind == "inlineStr" and self._inline is not None:
            value: object = self._inline
        else:
            # expat has resolved the entities: spell the ampersand again for the one converter
            raw = (self._value or "").replace("&", "&amp;")
            value = self.context.reader(self._kind, self._style)(raw)
        if self._formula is None:
            return value  # type: ignore[return-value]
        return Formula(self._formula_text(), value)  # type: ignore[arg-type]

    def _formula_text(self) -> str:
        text = self._formula or ""
        if not self._shared:
            return text
        if text:
            self._masters[self._shared] = (text, self._row, self._column)
            return text
        master = self._masters.get(self._shared)
        if master is None:
            return ""
        return shifted(master[0], self._row - master[1], self._column - master[2])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise Malformed
    return int(text)


def stored_twice(title: str, row: int, column: int, times: int) -> Exception:
    """The refusal of a sheet that stores a cell more than once."""
    often = {2: "twice", 3: "three times"}.get(times, f"{times} times")
    return unreadable(
        "same_cell_twice",
        f"The tab {title!r:.60} is damaged: {column_letters(column)}{row} is stored {often}, so "
        "nobody can tell its value; open the file in Excel, let it repair it and save it under a "
        "new name",
    )
