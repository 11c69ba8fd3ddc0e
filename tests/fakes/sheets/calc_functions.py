"""Functions of formulas: logic, look-ups, conditional sums and arrays."""

from __future__ import annotations

from dataclasses import replace
from functools import cmp_to_key
from typing import Any

from tests.fakes.sheets import calc_numbers, calc_texts  # noqa: F401 (they register themselves)
from tests.fakes.sheets import calc_values as v
from tests.fakes.sheets.calc_book import Area, Frame, Value
from tests.fakes.sheets.calc_lookup import column_of, first, listed, match, met, missed, sliced
from tests.fakes.sheets.calc_parse import Node, parsed
from tests.fakes.sheets.calc_registry import FUNCTIONS, lazy, scalar, whole
from tests.fakes.sheets.calc_values import Fault, Matrix, Scalar

__all__ = ["FUNCTIONS"]


@lazy("IF")
def _if(frame: Frame, test: Node, then: Node, otherwise: Node = ("value", False)) -> Value:
    told = frame.value(test)
    if frame.array and isinstance(told, Area | list):
        return frame.lifted(_picked, [told, frame.value(then), frame.value(otherwise)])
    holds = v.truth(frame.single(told))
    return holds if isinstance(holds, Fault) else frame.value(then if holds else otherwise)


def _picked(test: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    holds = v.truth(test)
    return holds if isinstance(holds, Fault) else (then if holds else otherwise)


@lazy("IFS")
def _ifs(frame: Frame, *nodes: Node) -> Value:
    if not nodes:
        return Fault("#N/A", "No match")
    rest: Node = ("call", "IFS", nodes[2:])
    return frame.value(("call", "IF", (nodes[0], nodes[1], rest)))


@lazy("IFERROR")
def _iferror(frame: Frame, tried: Node, instead: Node = ("missing",)) -> Value:
    return _caught(frame, tried, instead, set(v.TYPES))


@lazy("IFNA")
def _ifna(frame: Frame, tried: Node, instead: Node = ("missing",)) -> Value:
    return _caught(frame, tried, instead, {"#N/A"})


def _caught(frame: Frame, tried: Node, instead: Node, shown: set[str]) -> Value:
    def chosen(value: Scalar, other: Scalar) -> Scalar:
        return other if isinstance(value, Fault) and value.shown in shown else value

    value = frame.value(tried)
    if isinstance(value, Area | list) and (frame.array or isinstance(value, list)):
        return frame.arrays().lifted(chosen, [value, frame.value(instead)])
    single = frame.single(value)
    return frame.value(instead) if isinstance(single, Fault) and single.shown in shown else single


@lazy("SWITCH")
def _switch(frame: Frame, tested: Node, *nodes: Node) -> Value:
    told = frame.scalar(tested)
    if isinstance(told, Fault):
        return told
    for case, result in zip(nodes[::2], nodes[1::2], strict=False):
        if v.compared(told, frame.scalar(case)) == 0:
            return frame.value(result)
    return frame.value(nodes[-1]) if len(nodes) % 2 else Fault("#N/A", "No match")


@lazy("CHOOSE")
def _choose(frame: Frame, which: Node, *nodes: Node) -> Value:
    place = v.number(frame.scalar(which), "CHOOSE")
    if isinstance(place, Fault):
        return place
    if not 1 <= place <= len(nodes):
        return Fault("#NUM!", "Function CHOOSE parameter 1 is out of range.")
    return frame.value(nodes[int(place) - 1])


@lazy("LET")
def _let(frame: Frame, *nodes: Node) -> Value:
    for name, node in zip(nodes[:-1:2], nodes[1:-1:2], strict=True):
        frame = replace(frame, names=frame.names | {name[1].casefold(): frame.value(node)})
    return frame.value(nodes[-1])


def _truths(frame: Frame, values: tuple[Value, ...]) -> list[bool] | Fault:
    found = []
    for value in values:
        several = isinstance(value, Area | list)
        for cell in column_of(frame, value):
            if several and (cell is None or isinstance(cell, str)):
                continue
            told = v.truth(cell)
            if isinstance(told, Fault):
                return told
            found.append(told)
    return found or Fault("#VALUE!", "No valid input data.")


@whole("AND")
def _and(frame: Frame, *values: Value) -> Value:
    found = _truths(frame, values)
    return found if isinstance(found, Fault) else all(found)


@whole("OR")
def _or(frame: Frame, *values: Value) -> Value:
    found = _truths(frame, values)
    return found if isinstance(found, Fault) else any(found)


@scalar("NOT")
def _not(value: Scalar) -> Scalar:
    told = v.truth(value)
    return told if isinstance(told, Fault) else not told


@lazy("ARRAYFORMULA")
def _arrayformula(frame: Frame, node: Node) -> Value:
    value = frame.value(node)
    return frame.matrix(value) if isinstance(value, Area) else value


@lazy("LAMBDA", "SPARKLINE", "IMAGE")
def _drawn(frame: Frame, *nodes: Node) -> Value:
    return ""


@scalar("HYPERLINK")
def _hyperlink(address: Scalar, label: Scalar = None) -> Scalar:
    return address if label is None else label


@lazy("INDIRECT")
def _indirect(frame: Frame, node: Node) -> Value:
    told = parsed(v.text(frame.scalar(node)), frame.book.comma)
    return frame.value(told) if told[0] in {"ref", "name"} else v.NO_REFERENCE


@lazy("INDEX")
def _index(
    frame: Frame, node: Node, row: Node = ("value", 0), column: Node = ("value", 0)
) -> Value:
    value = frame.value(node)
    if isinstance(value, Fault):
        return value
    grid = (value.height, value.width) if isinstance(value, Area) else None
    height, width = grid or (len(frame.matrix(value)), len(frame.matrix(value)[0]))
    places = [v.number(frame.scalar(part), "INDEX", i) for i, part in ((2, row), (3, column))]
    for place in places:
        if isinstance(place, Fault):
            return place
    r, c = (int(place) for place in places)
    if height == 1 and width > 1 and column == ("value", 0):
        r, c = 0, r
    if height == 1 and width == 1:
        r, c = r or 1, c or 1
    if width == 1 and r:
        c = c or 1
    if height == 1 and c:
        r = r or 1
    if min(r, c) < 0:
        return Fault("#NUM!", "Function INDEX parameter value is negative.")
    return sliced(value, frame, r - 1 if r else None, c - 1 if c else None)


@lazy("MATCH", "XMATCH")
def _match(frame: Frame, wanted: Node, where: Node, order: Node | None = None) -> Value:
    searched = frame.value(where)
    kind = 1 if order is None else v.number(frame.scalar(order), "MATCH", 3)

    def found(value: Scalar) -> Scalar:
        if isinstance(value, Fault):
            return value
        assert not isinstance(kind, Fault)
        place = match(frame, value, searched, int(kind > 0) - int(kind < 0))
        return missed("MATCH", value) if place is None else place + 1

    return frame.lifted(found, [frame.value(wanted)])


@whole("HLOOKUP")
def _hlookup(frame: Frame, wanted: Value, where: Value, row: Value, ordered: Value = True) -> Value:
    turned = [list(column) for column in zip(*frame.matrix(where), strict=True)]
    nodes = [("value", x) for x in (wanted, turned, row, ordered)]
    return FUNCTIONS["VLOOKUP"](frame, *nodes)


@lazy("VLOOKUP")
def _vlookup(
    frame: Frame, wanted: Node, where: Node, column: Node, ordered: Node = ("value", True)
) -> Value:
    table = frame.value(where)
    if isinstance(table, Fault):
        return table
    keys = sliced(table, frame, None, 0)
    near = v.truth(frame.scalar(ordered))

    def found(value: Scalar, which: Scalar) -> Scalar:
        if isinstance(value, Fault):
            return value
        place = match(frame, value, keys, 1 if near is True else 0)
        if place is None:
            return missed("VLOOKUP", value)
        offset = v.number(which, "VLOOKUP", 3)
        if isinstance(offset, Fault) or offset < 1:
            told = (
                f"Function VLOOKUP parameter 3 value is {v.text(which)}. It should be at least 1."
            )
            return Fault("#VALUE!", told)
        cell = sliced(table, frame, place, int(offset) - 1)
        if isinstance(cell, Fault):
            return Fault("#REF!", "VLOOKUP evaluates to an out of bounds range.")
        return frame.single(cell)

    return frame.lifted(found, [frame.value(wanted), frame.value(column)])


@lazy("XLOOKUP")
def _xlookup(
    frame: Frame, wanted: Node, where: Node, result: Node, instead: Node | None = None, *_: Node
) -> Value:
    searched, given = frame.value(where), frame.value(result)

    cells = listed(frame, given) if frame.array else None

    def found(value: Scalar) -> Scalar:
        if isinstance(value, Fault):
            return value
        place = first(frame, value, searched)
        if place is None:
            return frame.scalar(instead) if instead else missed("XLOOKUP", value)
        if cells and len(cells) > place:
            return cells[place]
        tall = len(frame.matrix(given)) > 1
        return frame.single(sliced(given, frame, *((place, 0) if tall else (0, place))))

    return frame.lifted(found, [frame.value(wanted)])


@lazy("COUNTIF", "COUNTIFS")
def _countifs(frame: Frame, *nodes: Node) -> Value:
    positions = met(frame, "COUNTIFS", nodes)

    def counted(*criteria: Scalar) -> Scalar:
        found = positions(*criteria)
        return found if isinstance(found, Fault) else len(found)

    return frame.lifted(counted, [frame.value(node) for node in nodes[1::2]])


def _summed(name: str, frame: Frame, summed: Node, nodes: tuple[Node, ...]) -> Any:
    cells = column_of(frame, frame.value(summed))
    positions = met(frame, name, nodes)

    def chosen(*criteria: Scalar) -> list[float] | Fault:
        found = positions(*criteria)
        if isinstance(found, Fault):
            return found
        hits = [cells[i] for i in found if i < len(cells)]
        fault = next((x for x in hits if isinstance(x, Fault)), None)
        return fault or [x for x in hits if isinstance(x, int | float) and not isinstance(x, bool)]

    return chosen


def _reduced(name: str, hits: list[float]) -> Scalar:
    if name.startswith("SUM"):
        return v.tidy(sum(hits))
    if name.startswith("AVERAGE"):
        return v.tidy(sum(hits) / len(hits)) if hits else v.divided(name)
    return (max if name.startswith("MAX") else min)(hits, default=0)


def _conditional(name: str) -> None:
    plural = name.endswith("S")

    @lazy(name)
    def conditional(frame: Frame, *nodes: Node) -> Value:
        summed = nodes[0] if plural or len(nodes) < 3 else nodes[2]
        pairs = nodes[1:] if plural else nodes[:2]
        chosen = _summed(name, frame, summed, pairs)

        def reduced(*criteria: Scalar) -> Scalar:
            hits = chosen(*criteria)
            return hits if isinstance(hits, Fault) else _reduced(name, hits)

        # SUMIFS gives one value even inside ARRAYFORMULA; SUMIF gives one for each criterion.
        here = replace(frame, array=frame.array and not plural)
        return here.lifted(reduced, [frame.value(node) for node in pairs[1::2]])


for _each in ("SUMIF", "SUMIFS", "AVERAGEIF", "AVERAGEIFS", "MAXIFS", "MINIFS"):
    _conditional(_each)


@whole("VSTACK")
def _vstack(frame: Frame, *values: Value) -> Value:
    blocks = [frame.matrix(value) for value in values]
    width = max(len(block[0]) for block in blocks if block)
    return [row + [v.NOT_AVAILABLE] * (width - len(row)) for block in blocks for row in block]


@whole("HSTACK")
def _hstack(frame: Frame, *values: Value) -> Value:
    blocks = [frame.matrix(value) for value in values]
    height = max(len(block) for block in blocks)
    filled = [b + [[v.NOT_AVAILABLE] * len(b[0])] * (height - len(b)) for b in blocks]
    return [[cell for row in rows for cell in row] for rows in zip(*filled, strict=True)]


@whole("FILTER")
def _filter(frame: Frame, value: Value, *tests: Value) -> Value:
    grid = frame.matrix(value)
    masks = [[v.truth(cell) is True for cell in column_of(frame, test)] for test in tests]
    if any(len(mask) != len(grid) for mask in masks):
        return Fault("#N/A", "FILTER has mismatched range sizes.")
    kept = [row for i, row in enumerate(grid) if all(mask[i] for mask in masks)]
    return kept or Fault("#N/A", "No matches are found in FILTER evaluation.")


@whole("SORT")
def _sort(frame: Frame, value: Value, *orders: Value) -> Value:
    grid: Matrix = list(frame.matrix(value))
    rules = [frame.single(order) for order in orders] or [1, True]
    for column, up in reversed(list(zip(rules[::2], rules[1::2], strict=True))):
        at = int(column) - 1  # type: ignore[arg-type]
        key = cmp_to_key(v.compared)
        grid.sort(key=lambda row, at=at, key=key: key(row[at]), reverse=up is False)
        grid.sort(key=lambda row, at=at: row[at] is None)
    return grid


@whole("UNIQUE")
def _unique(frame: Frame, value: Value) -> Value:
    found: dict[Any, list[Scalar]] = {}
    for row in frame.matrix(value):
        found.setdefault(tuple((type(x), x) for x in row), row)
    return list(found.values())


@whole("TRANSPOSE")
def _transpose(frame: Frame, value: Value) -> Value:
    return [list(column) for column in zip(*frame.matrix(value), strict=True)]


@whole("FLATTEN", "TOCOL")
def _flatten(frame: Frame, *values: Value) -> Value:
    return [[cell] for value in values for cell in column_of(frame, value)]


@whole("SEQUENCE")
def _sequence(
    frame: Frame, rows: Value, columns: Value = 1, start: Value = 1, step: Value = 1
) -> Value:
    height, width, at, by = (int(v.number(frame.single(x))) for x in (rows, columns, start, step))  # type: ignore[arg-type]
    return [[at + by * (r * width + c) for c in range(width)] for r in range(height)]


def _position(name: str, along_rows: bool) -> None:
    @whole(name)
    def position(frame: Frame, value: Value = None) -> Value:
        if not isinstance(value, Area):
            return (frame.row if along_rows else frame.column) + 1
        start, stop = (value.top, value.bottom) if along_rows else (value.left, value.right)
        found = list(range(start + 1, stop + 1))
        if not frame.array or len(found) == 1:
            return found[0]
        return [[i] for i in found] if along_rows else [found]


_position("ROW", along_rows=True)
_position("COLUMN", along_rows=False)


@whole("ROWS")
def _rows(frame: Frame, value: Value) -> Value:
    return value.height if isinstance(value, Area) else len(frame.matrix(value))


@whole("COLUMNS")
def _columns(frame: Frame, value: Value) -> Value:
    return value.width if isinstance(value, Area) else len(frame.matrix(value)[0])
