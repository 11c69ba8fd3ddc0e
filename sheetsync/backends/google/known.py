"""What is remembered of a spreadsheet between readings: its tabs' titles, ids and sizes.

With it a reading asks for the right ranges at once; without it, as on a computer's first contact or
after a tab was renamed, one small request for the structure comes first. Nothing of it is trusted:
a reply that does not fit it makes it be learnt anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.model.tracker import Tab, plain

STRUCTURE = (
    "properties(title),namedRanges(range(sheetId)),sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "tables(tableId,name))"
)
STAGE = "_stage"
_STAGE = re.compile(rf"{STAGE} (\d+) \w+")
_LARGE = 2000
"""A sheet of more rows than this is taken to be full when nothing else is known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tab is: its sheet's id and title, and about how many cells are filled."""

    sheet: int
    title: str
    cells: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """The places of declared tabs (and of our hidden ones) by key, and other tabs' titles.

    ``sheets`` are the ids of all sheets. ``asked`` are the keys that were looked for, ``lost``
    those of tabs that had been there. ``stages`` are stage tabs just seen: id, and the number of
    the write that each was for; they are not remembered.
    """

    places: Mapping[str, Place] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    sheets: tuple[int, ...] = ()
    asked: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    stages: tuple[tuple[int, int], ...] = ()

    def covers(self, tabs: Sequence[Tab]) -> bool:
        """Whether these tabs were looked for, and none of them has gone since it was seen."""
        return all(tab.key in self.asked and tab.key not in self.lost for tab in tabs)

    @classmethod
    def of(cls, reply: Mapping[str, Any], tabs: Sequence[Tab], old: Known | None) -> Known:
        """Find the tabs in a reply with the mask ``STRUCTURE``.

        A tab is found by the id that we gave it, else by its table's name, else by its title.
        """
        sheets = list(reply.get("sheets", ()))
        places: dict[str, Place] = {}
        taken: set[int] = set()
        for rule in (_by_id, _by_table, _by_title):
            for tab in tabs:
                sheet = next((s for s in sheets if _id(s) not in taken and rule(tab, s)), None)
                if tab.key not in places and sheet is not None:
                    places[tab.key] = _place(sheet)
                    taken.add(_id(sheet))
        for key in (ids.MARKS, ids.CAPTURE):
            own = next((s for s in sheets if _id(s) == ids.sheet_id(key)), None)
            if own is not None:
                places[key] = _place(own)
                taken.add(_id(own))
        others = tuple(s["properties"]["title"] for s in sheets if _id(s) not in taken)
        asked = tuple(tab.key for tab in tabs)
        before = (*old.places, *old.lost) if old is not None else ()
        lost = tuple(key for key in dict.fromkeys(before) if key in asked and key not in places)
        known = {*map(_id, sheets), *sheets_named(reply)}
        stages = tuple(stage for s in sheets if (stage := _stage(s)) is not None)
        return cls(places, others, tuple(sorted(known)), asked, lost, stages)


def _stage(sheet: Mapping[str, Any]) -> tuple[int, int] | None:
    told = _STAGE.fullmatch(sheet["properties"]["title"])
    return (_id(sheet), int(told[1])) if told else None


def sheets_named(reply: Mapping[str, Any]) -> set[int]:
    """The sheets on which named ranges lie: one that is new tells of tabs that came since."""
    return {int(named["range"].get("sheetId", 0)) for named in reply.get("namedRanges", ())}


def _id(sheet: Mapping[str, Any]) -> int:
    return int(sheet["properties"].get("sheetId", 0))


def _by_id(tab: Tab, sheet: Mapping[str, Any]) -> bool:
    return _id(sheet) == ids.sheet_id(tab.key)


def _by_table(tab: Tab, sheet: Mapping[str, Any]) -> bool:
    tables = sheet.get("tables", ())
    return any(
        t.get("tableId") == ids.table_id(tab.key) or (tab.table and t.get("name") == tab.table)
        for t in tables
    )


def _by_title(tab: Tab, sheet: Mapping[str, Any]) -> bool:
    return plain(sheet["properties"]["title"]) == plain(tab.title)


def _place(sheet: Mapping[str, Any]) -> Place:
    size = sheet["properties"].get("gridProperties", {})
    rows, columns = size.get("rowCount", 0), size.get("columnCount", 0)
    return Place(
        _id(sheet), str(sheet["properties"]["title"]), rows * columns if rows > _LARGE else 0
    )


@dataclass(frozen=True, slots=True)
class Memory:
    """Keeps ``Known`` of one spreadsheet in the state folder; a folder that fails forgets."""

    folder: Path

    @classmethod
    def of(cls, state: Path, spreadsheet: str) -> Memory:
        """The memory of a spreadsheet by its id."""
        return cls(folder_of(state, spreadsheet))

    def recall(self) -> Known | None:
        """What was remembered; None when nothing is, or it cannot be read."""
        try:
            told = json.loads((self.folder / "known.json").read_bytes())
            places = {key: Place(**place) for key, place in told["places"].items()}
            lists = (told[name] for name in ("others", "sheets", "asked", "lost"))
            return Known(places, *map(tuple, lists))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def remember(self, known: Known) -> None:
        """Keep it for the next reading; nothing is lost when it cannot be kept."""
        known = replace(known, stages=())
        if self.recall() == known:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = self.folder / "known.json.new"
            new.write_text(json.dumps(asdict(known)), encoding="utf-8")
            new.replace(self.folder / "known.json")

    def forget(self) -> None:
        """Have the next reading learn the structure first."""
        with suppress(OSError):
            (self.folder / "known.json").unlink(missing_ok=True)


def folder_of(state: Path, spreadsheet: str) -> Path:
    """The folder of one spreadsheet under the state folder; its name does not tell the id."""
    return state / "google" / hashlib.sha256(spreadsheet.encode()).hexdigest()[:20]
