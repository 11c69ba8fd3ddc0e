"""What a sync will write, as a value: a few kinds of op, JSON-able, reversible, guarded.

Ops name tabs and columns by key and rows by row key; only backends know A1 addresses. Every op
carries what it expects to find, so that a backend can refuse (``StaleSnapshot``) and ``reverse``
can undo.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sheetsync.model.values import CellError, Formula, Scalar, Value

Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class WriteCells:
    """Set cells of one column of a tab that people own; all tuples have one entry per cell.

    ``keys`` name the rows as found, ``after`` as they are named once the whole plan is applied
    (a filled-in id renames its row); ``rows`` are the sheet rows when read, a hint for backends
    and messages. A cell that does not hold its ``old`` value makes the plan stale.
    """

    tab: str
    column: str
    keys: tuple[str, ...]
    after: tuple[str, ...]
    rows: tuple[int, ...]
    old: tuple[Value, ...]
    new: tuple[Value, ...]

    def reverse(self) -> WriteCells:
        """The op that puts the old values back."""
        return WriteCells(
            self.tab, self.column, self.after, self.keys, self.rows, self.new, self.old
        )

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class ReplaceRows:
    """Replace the whole body of a computed table; rows are in the order of ``columns`` (keys)."""

    tab: str
    columns: tuple[str, ...]
    old: tuple[Row, ...]
    new: tuple[Row, ...]

    def reverse(self) -> ReplaceRows:
        """The op that puts the old body back."""
        return ReplaceRows(self.tab, self.columns, self.new, self.old)


@dataclass(frozen=True, slots=True)
class AppendRows:
    """Append rows to a log table; never reversed, for a log only grows."""

    tab: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class WriteNames:
    """Set single named cells of a report tab: name, old value, new value."""

    tab: str
    names: tuple[str, ...]
    old: tuple[Value, ...]
    new: tuple[Value, ...]

    def reverse(self) -> WriteNames:
        """The op that puts the old values back."""
        return WriteNames(self.tab, self.names, self.new, self.old)


@dataclass(frozen=True, slots=True)
class Recache:
    """Set the cached values of a report tab's live formulas, found by their text (without =)."""

    tab: str
    formulas: tuple[str, ...]
    old: tuple[Scalar, ...]
    new: tuple[Scalar, ...]

    def reverse(self) -> Recache:
        """The op that puts the old cached values back."""
        return Recache(self.tab, self.formulas, self.new, self.old)


Op: TypeAlias = WriteCells | ReplaceRows | AppendRows | WriteNames | Recache
OPS: dict[str, type[Op]] = {
    cls.__name__: cls for cls in (WriteCells, ReplaceRows, AppendRows, WriteNames, Recache)
}


@dataclass(frozen=True, slots=True)
class Plan:
    """All ops of one run, applied whole or not at all.

    ``fingerprint`` is the snapshot's that the plan was made from; ``run`` names the run (it also
    stands in the Sync Log); ``reverts`` names the run that this plan takes back, "" for a sync.
    An empty plan writes nothing.
    """

    ops: tuple[Op, ...]
    fingerprint: str
    run: str = ""
    reverts: str = ""

    def __bool__(self) -> bool:
        return bool(self.ops)

    def reverse(self, fingerprint: str, run: str) -> Plan:
        """The plan that undoes this one, in reverse order, on a workbook of that fingerprint."""
        ops = tuple(op.reverse() for op in reversed(self.ops) if not isinstance(op, AppendRows))
        return Plan(ops, fingerprint, run, self.run)

    def to_text(self) -> Iterator[str]:
        """The JSON of ``to_json`` as text, piece by piece: a plan may have a million cells."""
        head = {"version": 1, "run": self.run, "reverts": self.reverts}
        yield _JSON.encode({**head, "fingerprint": self.fingerprint})[:-1] + ',"ops":['
        for i, op in enumerate(self.ops):
            yield "," if i else ""
            yield from _op_to_text(op)
        yield "]}"

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON-able data; ``from_json`` reads it back equal."""
        return {
            "version": 1,
            "run": self.run,
            "reverts": self.reverts,
            "fingerprint": self.fingerprint,
            "ops": [_op_to_json(op) for op in self.ops],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Read a plan written by ``to_json``; ValueError on another version."""
        if data.get("version") != 1:
            raise ValueError(f"a plan of version {data.get('version')!r}; this reads version 1")
        ops = tuple(_op_from_json(op) for op in data["ops"])
        return cls(ops, data["fingerprint"], data["run"], data["reverts"])


def encode(value: Value) -> Any:
    """A cell as JSON: text, number, bool and null as they are, other kinds as small objects."""
    match value:
        case datetime():
            return {"d": value.isoformat()}
        case timedelta():
            return {"s": value.total_seconds()}
        case CellError():
            return {"e": value.code}
        case Formula():
            return {"f": value.text, "v": encode(value.value)}
        case _:
            return value


def decode(data: Any) -> Value:
    """Read a cell written by ``encode``.

    >>> decode(encode(datetime(2026, 3, 1)))
    datetime.datetime(2026, 3, 1, 0, 0)
    """
    if not isinstance(data, dict):
        return data  # type: ignore[no-any-return]
    if "d" in data:
        return datetime.fromisoformat(data["d"])
    if "s" in data:
        return timedelta(seconds=data["s"])
    if "e" in data:
        return CellError(data["e"])
    return Formula(data["f"], decode(data["v"]))  # type: ignore[arg-type]


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=encode)
_BLOCK = 4096


def _op_to_text(op: Op) -> Iterator[str]:
    yield f'{{"op":"{type(op).__name__}"'
    for name in op.__dataclass_fields__:
        value = getattr(op, name)
        if isinstance(value, str):
            yield f',"{name}":{_JSON.encode(value)}'
            continue
        yield f',"{name}":['
        for at in range(0, len(value), _BLOCK):
            yield ("," if at else "") + _JSON.encode(value[at : at + _BLOCK])[1:-1]
        yield "]"
    yield "}"


def _op_to_json(op: Op) -> dict[str, Any]:
    told: dict[str, Any] = {"op": type(op).__name__}
    for name in op.__dataclass_fields__:
        value = getattr(op, name)
        told[name] = value if isinstance(value, str) else [_cells_to_json(v) for v in value]
    return told


def _cells_to_json(value: Any) -> Any:
    return [encode(v) for v in value] if isinstance(value, tuple) else encode(value)


def _op_from_json(data: Mapping[str, Any]) -> Op:
    fields = {name: value for name, value in data.items() if name != "op"}
    told = {
        name: value if isinstance(value, str) else tuple(_cells_from_json(v) for v in value)
        for name, value in fields.items()
    }
    return OPS[data["op"]](**told)  # type: ignore[arg-type]


def _cells_from_json(value: Any) -> Any:
    return tuple(decode(v) for v in value) if isinstance(value, list) else decode(value)


def as_rows(columns: Sequence[Sequence[Value]]) -> tuple[Row, ...]:
    """Turn columns (all of one length) into rows."""
    return tuple(zip(*columns, strict=True))
