"""Colleagues with a plan of their own: every act is drawn from a seed and typed by ``Human``.

What they type is never the same twice. A row that people fill in, move, copy or delete is one that
stands in the sheet at that moment, whatever the sync has just done to it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

from sheetsync.backends.google import ids
from sheetsync.backends.google.marks import shown_header
from tests.fakes.sheets.humans import Human
from tests.fakes.sheets.state import Refused, Sheet, Spreadsheet
from tests.interleave.book import NUMBER, OURS

ODD = (
    "(a*b?)",
    "^x$",
    "~1",
    'the "one"',
    "O'Neil",
    "naïve 日本",
    "=x",
    "#",
    "$1",
    r"\d",
    "TRUE so",
)
"""Endings of texts that searching, typing or formulas could take for something else."""


class Both:
    """Does in a second sheet whatever is done in the first, by the same places."""

    def __init__(self, sheet: Spreadsheet, shadow: Spreadsheet) -> None:
        self.first, self.second = Human(sheet, "owner"), Human(shadow, "owner")

    def __getattr__(self, name: str) -> Callable[..., None]:
        def act(*args: object, **more: object) -> None:
            getattr(self.first, name)(*args, **more)
            getattr(self.second, name)(*args, **more)

        return act

    def sort(self, tab: str, column: int, *, first: int = 1, last: int, descending: bool) -> None:
        """Sort; the second sheet's rows go where the first one's went."""
        orders: list[tuple[int, list[int]]] = []
        move = self.first._reorder

        def moved(sheet: Sheet, start: int, order: list[int]) -> None:
            orders.append((start, order))
            move(sheet, start, order)

        self.first._reorder = moved  # type: ignore[method-assign]
        self.first.sort(tab, column, first=first, last=last, descending=descending)
        self.first._reorder = move  # type: ignore[method-assign]
        for start, order in orders:
            self.second._reorder(self.second.spreadsheet.named(tab), start, order)


class People:
    """Editors who own the sheet, one act at a time; ``shadow`` is where nobody else writes."""

    def __init__(self, sheet: Spreadsheet, shadow: Spreadsheet, chance: random.Random) -> None:
        self.sheet, self.chance = sheet, chance
        self.human = Both(sheet, shadow)
        self.typed = 0
        self.did: list[str] = []
        self.copied: set[str] = set()
        self.ids: set[str] = set()

    def act(self) -> str:
        """Do something; its name."""
        names = list(ACTS)
        (name,) = self.chance.choices(names, [ACTS[n][0] for n in names])
        with suppress(Refused):
            told = ACTS[name][1](self)
            self.did.append(f"{name} {told}".strip())
            return name
        return ""

    @property
    def deals(self) -> Sheet:
        """The sheet of deals, whatever its tab is called now."""
        return self.sheet.sheet(ids.sheet_id("deals"))

    @property
    def results(self) -> Sheet:
        return self.sheet.sheet(ids.sheet_id("results"))

    def header(self) -> int:
        """The row of the headers (from 0)."""
        rows = range(len(self.deals.rows))
        return next((r for r in rows if "Tier" in self.texts(self.deals, r)), 0)

    def texts(self, sheet: Sheet, row: int) -> list[str]:
        """What was typed in a row, as text; of a formula for a header that header."""
        cells = (sheet.cell(row, i) for i in range(sheet.column_count))
        told = (cell.get("userEnteredValue") if cell else None for cell in cells)
        texts = [str(next(iter(value.values()))) if value else "" for value in told]
        return [shown_header(text) or text if text[:1] == "=" else text for text in texts]

    def last(self, sheet: Sheet) -> int:
        """The row after the last one in which people typed something."""
        filled = [row for row, _, cell in sheet.cells() if "userEnteredValue" in cell]
        return max(filled, default=0) + 1

    def row(self) -> int:
        """A row of deals below the header."""
        first = self.header() + 1
        return self.chance.randrange(first, max(self.last(self.deals), first + 1))

    def columns(self) -> dict[str, int]:
        """Columns that people fill in, by header."""
        told = self.texts(self.deals, self.header())
        return {text: i for i, text in enumerate(told) if text and text not in OURS}

    def new(self, header: str) -> str:
        """Something to type into a column that nobody ever typed."""
        self.typed += 1
        n, chance = self.typed, self.chance
        if header == "Deal ID":
            return self.new_id(n)
        if header == "Amount":
            return chance.choice((f"{n}.25", f"'{n},125", f"-{n}.5", f"={n}+0.125"))
        if header == "Closed":
            day = f"2027-{n % 12 + 1:02d}-{n % 28 + 1:02d}"
            return chance.choice((day, f"'{day}"))
        text = f"t{n}" + (" " + chance.choice(ODD) if chance.random() < 0.4 else "")
        if header == "Stage":
            text = chance.choice((text, f" {text.upper()} ", f"{text}  Won", "'  Won", "'LEAD"))
            return text if text.startswith("'") else f"'{text}"
        return f"'{text}"

    def new_id(self, n: int) -> str:
        """An id of their own, or the next number: the sync may be giving that very one."""
        if self.chance.random() < 0.5:
            return f"H-{n:03d}"
        column = self.columns().get("Deal ID", 0)
        rows = range(len(self.deals.rows))
        held = (NUMBER.fullmatch(self.texts(self.deals, row)[column]) for row in rows)
        told = f"D-{max((int(m[1]) for m in held if m), default=0) + 1:04d}"
        self.ids.add(told)
        return told

    def type(self) -> str:
        """Fill in or change a cell."""
        header, column = self.chance.choice(list(self.columns().items()))
        if header == "Deal ID":
            return self.give_id()
        row = self.row()
        self.human.type(self.deals.title, row, column, text := self.new(header))
        return f"{header} {row}: {text}"

    def give_id(self) -> str:
        """Type an id where there is none."""
        columns = self.columns()
        row = self.row()
        if "Deal ID" not in columns or self.deals.effective(row, columns["Deal ID"]):
            return "none"
        self.human.type(self.deals.title, row, columns["Deal ID"], text := self.new("Deal ID"))
        return f"{row}: {text}"

    def clear(self) -> str:
        header, column = self.chance.choice(list(self.columns().items()))
        row = self.row()
        if header != "Deal ID":
            self.human.clear(self.deals.title, row, column)
        return f"{header} {row}"

    def insert(self) -> str:
        """Insert a row and fill it in."""
        row = self.chance.randrange(self.header() + 1, self.last(self.deals) + 1)
        self.human.insert_row(self.deals.title, row)
        return self.fill(row)

    def fill(self, row: int) -> str:
        for header, column in self.columns().items():
            if self.chance.random() < (0.3 if header == "Deal ID" else 0.7):
                self.human.type(self.deals.title, row, column, self.new(header))
        return str(row)

    def append(self) -> str:
        """Fill in the first row below all others."""
        return self.fill(self.last(self.deals))

    def blank(self) -> str:
        """Insert empty rows, now and then above the header."""
        low = self.header() + (self.chance.random() < 0.93)
        row, count = (
            self.chance.randrange(low, self.last(self.deals) + 1),
            self.chance.randint(1, 2),
        )
        self.human.insert_row(self.deals.title, row, count=count)
        return f"{row} x{count}"

    def delete(self) -> str:
        row = self.row()
        self.human.delete_row(self.deals.title, row)
        return str(row)

    def copy(self) -> str:
        """Copy a row below all others or over another one; formulas' cells stay as they are."""
        source = self.row()
        target = self.chance.choice((self.last(self.deals), self.row()))
        self.copied.update(self.texts(self.deals, source))
        self.human.copy_row(self.deals.title, source, target)
        return f"{source} to {target}"

    def move(self) -> str:
        source, before = self.row(), self.row()
        self.human.move_row(self.deals.title, source, before)
        return f"{source} before {before}"

    def sort(self) -> str:
        header, column = self.chance.choice(list(self.columns().items()))
        low, down = self.header() + 1, self.chance.random() < 0.5
        last = self.last(self.deals)
        self.human.sort(self.deals.title, column, first=low, last=last, descending=down)
        return f"{header} {'down' if down else 'up'}"

    def move_column(self) -> str:
        told = self.texts(self.deals, self.header())
        wide = len([text for text in told if text])
        source, before = self.chance.randrange(wide), self.chance.randrange(wide)
        self.human.move_column(self.deals.title, source, before)
        return f"{told[source]} before {told[before]}"

    def insert_column(self) -> str:
        at = self.chance.randrange(len(self.columns()))
        self.typed += 1
        self.human.insert_column(self.deals.title, at)
        self.human.type(self.deals.title, self.header(), at, name := f"Mine {self.typed}")
        self.human.type(self.deals.title, self.row(), at, self.new(name))
        return f"{name} at {at}"

    def delete_column(self) -> str:
        """Delete a column that the tracker does not know."""
        theirs = [text for text in self.columns() if text.startswith("Mine")]
        if theirs:
            name = self.chance.choice(theirs)
            self.human.delete_column(self.deals.title, self.columns()[name])
            return name
        return ""

    def rename_tab(self) -> str:
        sheet = self.chance.choice((self.deals, self.results))
        self.typed += 1
        self.human.rename_tab(sheet.title, title := f"Tab {self.typed}")
        return title

    def move_tab(self) -> str:
        self.human.move_tab(self.deals.title, self.chance.randrange(len(self.sheet.sheets)))
        return ""

    def _answers(self) -> list[int]:
        keys = range(1, self.last(self.results))
        return [row for row in keys if self.texts(self.results, row)[0].startswith("D-")]

    def decide(self) -> str:
        """Answer a result, or take an answer back."""
        rows = self._answers()
        if not rows:
            return ""
        row = self.chance.choice(rows)
        key = self.texts(self.results, row)[0]
        self.typed += 1
        words = self.chance.choice(("accept", "reject", "later"))
        text = "" if self.chance.random() < 0.15 else f"{words} {self.typed} {key}"
        self.human.type(self.results.title, row, 2, text)
        return f"{row}: {text or 'nothing'}"

    def sort_results(self) -> str:
        column = self.chance.randrange(3)
        last = self.last(self.results)
        self.human.sort(self.results.title, column, last=last, descending=False)
        return str(column)

    def insert_result(self) -> str:
        row = self.chance.randrange(1, self.last(self.results) + 1)
        self.human.insert_row(self.results.title, row)
        return str(row)


ACTS: dict[str, tuple[int, Callable[[People], str]]] = {
    "type": (14, People.type),
    "give id": (6, People.give_id),
    "clear": (3, People.clear),
    "insert": (8, People.insert),
    "append": (5, People.append),
    "blank rows": (7, People.blank),
    "delete row": (8, People.delete),
    "copy row": (7, People.copy),
    "move row": (7, People.move),
    "sort": (10, People.sort),
    "move column": (3, People.move_column),
    "insert column": (3, People.insert_column),
    "delete column": (1, People.delete_column),
    "rename tab": (2, People.rename_tab),
    "move tab": (1, People.move_tab),
    "decide": (10, People.decide),
    "sort results": (3, People.sort_results),
    "insert result": (2, People.insert_result),
}
"""How often each act comes, and the act."""
