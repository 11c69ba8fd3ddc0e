"""Large bodies in pieces: written to a hidden stage tab, then taken over by one small batch.

Readers never see a half state: the pieces go to a tab of this run's own, and only the last batch,
which begins with the epoch marker, copies them to their places and deletes the stage. A stage that
a client left behind when it died is deleted by a write that takes the number which it was for.

Changes of people's cells cannot be staged. Those for which the last batch has no room come after
it, in batches of their own: each of them finds its cell by what it holds, so that sending one twice
does no more than once, and the next sync makes those that a client which died has left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.bodies import VALUE, Body
from sheetsync.backends.google.draw_cells import Json, Request, grid, update_cells
from sheetsync.backends.google.known import STAGE


@dataclass(frozen=True, slots=True)
class Staged:
    """Batches of requests to send first, and what stands for the staged blocks in the last one."""

    batches: list[list[Request]]
    commit: list[Request]


def size_of(requests: Sequence[Request]) -> int:
    """The bytes of requests as they are sent."""
    return sum(len(_told(request)) + 1 for request in requests)


def _told(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def staged(
    requests: Sequence[Request], bodies: dict[int, Body], limit: int, mark: str, epoch: int
) -> Staged:
    """Take the largest blocks out of a batch until the rest fits the limit (bytes)."""
    sizes = {at: size_of([requests[at]]) for at in bodies}
    over = size_of(requests) - limit
    taken: list[int] = []
    for at in sorted(sizes, key=lambda at: -sizes[at]):
        if over <= 0:
            break
        taken.append(at)
        over -= sizes[at]
    if not taken:
        return Staged([], list(requests))
    stage = ids.sheet_id(f"{STAGE}/{mark}")
    tops: dict[int, int] = {}
    high = wide = 0
    for at in taken:
        tops[at] = high
        high += max(len(bodies[at].rows), 1)
        wide = max(wide, _width(bodies[at].where))
    properties = {
        "sheetId": stage,
        "title": f"{STAGE} {epoch + 1} {mark[-8:]}",
        "hidden": True,
        "gridProperties": {"rowCount": high, "columnCount": wide},
    }
    first: list[Request] = [{"addSheet": {"properties": properties}}]
    batches = list(_pieces(first, [(bodies[at], tops[at]) for at in taken], stage, limit))
    commit: list[Request] = []
    for at, request in enumerate(requests):
        commit += _taken_over(bodies[at], stage, tops[at]) if at in tops else [request]
    return Staged(batches, [*commit, {"deleteSheet": {"sheetId": stage}}])


def parted(requests: Sequence[Request], room: int, limit: int) -> list[list[Request]]:
    """Requests in the same order: as many as there is room for, then batches within the limit.

    (Bytes.) The first part may be empty; of the others each has one request at least.
    """
    parts: list[list[Request]] = [[]]
    for request in requests:
        room -= len(_told(request)) + 1
        if room < 0:
            parts.append([])
            room = limit - len(_told(request)) - 1
        parts[-1].append(request)
    return parts


def _width(where: Json) -> int:
    return int(where["endColumnIndex"]) - int(where.get("startColumnIndex", 0))


def _pieces(
    first: list[Request], blocks: Sequence[tuple[Body, int]], stage: int, limit: int
) -> Iterator[list[Request]]:
    batch, room = first, limit
    for body, top in blocks:
        start, rows = 0, [len(_told(row)) + 1 for row in body.rows]
        while start < len(rows):
            end, size = start, 0
            while end < len(rows) and (size + rows[end] <= room or (end == start and not batch)):
                size += rows[end]
                end += 1
            if end > start:
                where = grid(stage, top + start, top + end, 0, _width(body.where))
                batch.append(update_cells(where, body.rows[start:end], VALUE))
                room -= size
            if end < len(rows):
                yield batch
                batch, room = [], limit
            start = end
    if batch:
        yield batch


def _taken_over(body: Body, stage: int, top: int) -> Iterator[Request]:
    """Copy a block from the stage to its place, and clear what is left below it."""
    where, rows = body.where, len(body.rows)
    start = int(where["startRowIndex"])
    if rows:
        wide = _width(where)
        yield {
            "copyPaste": {
                "source": grid(stage, top, top + rows, 0, wide),
                "destination": {**where, "endRowIndex": start + rows},
                "pasteType": "PASTE_FORMULA" if body.formulas else "PASTE_VALUES",
            }
        }
    if int(where["endRowIndex"]) > start + rows:
        yield replace(body, where={**where, "startRowIndex": start + rows}, rows=[]).request()
