"""An Excel behind office.js: it answers the library's own requests over a workbook.

Office.js sends what it wants done as a list of actions on objects that are told by their paths.
The names and numbers of that protocol are its own, of the version that the tests are run with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fakes.excel.world import FakeBook, FakeSheet, Rect
from tests.fakes.office.objects import Collection, ExcelError, Part, Range, Workbook

LIMIT = 5 * 1024 * 1024
"""What Excel on the web takes and gives in one request, in bytes."""
GLOBAL, METHOD, PROPERTY, INDEXER, REFERENCE, NULL = 1, 3, 4, 5, 6, 7
UNTRACKED = "D"
"""Marks the path of an area that is not to be kept after its request."""
INSTANTIATE, QUERY, CALL, SET = 1, 2, 3, 4
_NUMBERS = count(1)
"""Of all hosts: office.js lets go of an area after the next workbook was opened."""
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def spelt(name: str) -> str:
    """A name of office.js's in Python's spelling.

    >>> spelt("GetRange"), spelt("_KeepReference"), spelt("rowIndex")
    ('get_range', '_keep_reference', 'row_index')
    """
    bare = name.lstrip("_")
    return "_" * (len(name) - len(bare)) + _WORD.sub("_", bare).lower()


@dataclass
class OfficeHost:
    """One window of Excel with a workbook, which counts what it is asked.

    ``editing`` says that a cell is being edited, ``before`` is called with kind, sheet title and
    area ahead of each change and may raise ExcelError or change the workbook; ``limit`` is in
    bytes. ``requests`` and ``answers`` are the sizes of all that came and went.
    """

    book: FakeBook
    date1904: bool = False
    editing: bool = False
    limit: int = LIMIT
    before: Callable[[str, str, Rect | None], None] | None = None
    requests: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    references: dict[str, Part] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    selected: tuple[FakeSheet, Rect] = field(init=False)

    def __post_init__(self) -> None:
        self.selected = self.book.sheets[0], (1, 1, 1, 1)

    def answer(self, body: str) -> tuple[int, str]:
        """HTTP status and body for the body of a ProcessQuery request."""
        self.requests.append(len(body.encode()))
        if self.requests[-1] > self.limit:
            return _too_large("RequestPayloadSizeLimitExceeded")
        told = json.dumps(self._process(json.loads(body)), ensure_ascii=False)
        size = len(told.encode())
        if size > self.limit:
            return _too_large("ResponsePayloadSizeLimitExceeded")
        self.answers.append(size)
        return 200, told

    def touch(self, kind: str, sheet: FakeSheet | None, rect: Rect | None = None) -> None:
        """A change is about to be made; refused where Excel would."""
        title = sheet.title if sheet else ""
        if self.before is not None:
            self.before(kind, title, rect)
        if sheet is not None and (sheet.keeps(rect) if kind == "write" else sheet.protected):
            raise ExcelError("AccessDenied", "The sheet is protected.")
        self.changes.append((kind, title))

    def _process(self, told: Mapping[str, Any]) -> dict[str, Any]:
        query = _Query(self, told["ObjectPaths"])
        results = []
        for index, action in enumerate(told["Actions"]):
            try:
                value = query.act(action)
            except ExcelError as error:
                told = {"Code": error.code, "Message": error.message, "ActionIndex": index}
                return {"Error": {**told, "Location": ""}, "Results": results}
            results.append({"ActionId": action["Id"], "Value": value})
        return {"Results": results}


def _too_large(code: str) -> tuple[int, str]:
    return 400, json.dumps({"error": {"code": code, "message": "The limit is exceeded."}})


class _Query:
    """One request: objects by the id of their path, each found once."""

    def __init__(self, host: OfficeHost, paths: Mapping[str, Any]) -> None:
        self.host, self.paths = host, paths
        self.found: dict[int, Any] = {}

    def act(self, action: Mapping[str, Any]) -> Any:
        if self.host.editing:
            raise ExcelError("InvalidOperationInCellEditMode")
        kind, number = action["ActionType"], action["ObjectPathId"]
        if kind == INSTANTIATE:
            self.found.pop(number, None)
            return self._identity(self._object(number), self.paths[str(number)])
        thing = self._object(number)
        if thing is None:
            if kind == QUERY or action["Name"] == "_KeepReference":
                return None
            raise ExcelError("ItemNotFound", "The requested resource doesn't exist.")
        if kind == QUERY:
            return told_of(thing, action["QueryInfo"].get("Select", []))
        arguments = self._arguments(action)
        if kind == SET:
            getattr(thing, f"set_{spelt(action['Name'])}")(*arguments)
            return None
        assert kind == CALL, action
        return getattr(thing, spelt(action["Name"]))(*arguments)

    def _object(self, number: int) -> Any:
        if number not in self.found:
            self.found[number] = self._find(self.paths[str(number)])
        return self.found[number]

    def _find(self, path: Mapping[str, Any]) -> Any:
        kind = path["ObjectPathType"]
        if kind == GLOBAL:
            return Workbook(self.host)
        if kind == REFERENCE:
            return self.host.references[path["Name"]]
        if kind == NULL:
            return None
        parent = self._object(path["ParentObjectPathId"])
        if parent is None:
            return None
        arguments = self._arguments(path)
        if kind == INDEXER:
            return parent.item(*arguments)
        found = getattr(parent, spelt(path["Name"]))
        return found(*arguments) if kind == METHOD else found

    def _arguments(self, told: Mapping[str, Any]) -> list[Any]:
        information = told.get("ArgumentInfo", {})
        arguments = information.get("Arguments", [])
        objects = information.get("ReferencedObjectPathIds") or [0] * len(arguments)
        pairs = zip(arguments, objects, strict=True)
        return [self._object(number) if number else told for told, number in pairs]

    def _identity(self, thing: Any, path: Mapping[str, Any]) -> Any:
        if thing is None:
            return None
        if isinstance(thing, Range) and not path.get(UNTRACKED):
            name = f"range {next(_NUMBERS)}"
            self.host.references[name] = thing
            return {"_ReferenceId": name}
        identity = getattr(thing, "id", None)
        return {"_Id": identity} if identity else {}


def told_of(thing: Any, select: list[str]) -> dict[str, Any]:
    """The selected properties of an object; of a collection those of its items."""
    if isinstance(thing, Collection):
        bare = [name.removeprefix("items/") for name in select]
        items = [{"_Id": one.id, **told_of(one, bare)} for one in thing.items()]
        return {"_Items": items}
    told: dict[str, Any] = {}
    inner: dict[str, list[str]] = {}
    for name in select:
        head, _, rest = name.partition("/")
        if rest:
            inner.setdefault(head, []).append(rest)
        else:
            told[_pascal(head)] = getattr(thing, spelt(head))
    for head, names in inner.items():
        child = getattr(thing, spelt(head))
        told[_pascal(head)] = None if child is None else told_of(child, names)
    return told


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]
