"""Rows of the hidden tab ``_requests``: what people ask for in the sheet, and what came of it.

A menu in the sheet (``apps_script/Code.gs``) adds rows; an agent on a computer takes them, runs
them and answers in the same row. Nothing here asks Google.

state       meaning
asked       waits for an agent (a blank state means the same)
running     an agent has taken it; ``agent`` tells which, at which attempt and since when
planned     a strict sync: its plan waits in ``_plan`` for the sheet's own script to play it
done        answered in ``message``
failed      not done; ``message`` says why and what to do
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sheetsync.backends.google import ids
from sheetsync.backends.google.draw_cells import Json, cell, grid, update_cells
from sheetsync.backends.google.draw_cells import Request as Change

REQUESTS = "_requests"
"""Title and key of the hidden tab of requests."""
PLAN = "_plan"
"""Title and key of the hidden tab that carries the plan of a strict sync."""
COLUMNS = ("id", "at", "who", "what", "state", "message", "done", "agent")
KINDS = ("sync", "check", "strict")
EXPIRES = timedelta(minutes=15)
"""A request that waited longer is not run any more: whoever asked has gone on."""
LEASE = timedelta(minutes=10)
"""An agent that took a request and has not answered by then is taken to be gone."""
ATTEMPTS = 3
CHUNK = 40_000
"""Characters of a plan in one cell; Google allows 50,000."""
LONGEST = 2_000
"""Characters of a message."""
_AHEAD = timedelta(minutes=5)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGENT = re.compile(r"(\d{1,3}) ([0-9a-f]{1,32}) (\S+)")
_STATE = COLUMNS.index("state")
_TEXT = {"numberFormat": {"type": "TEXT"}}


@dataclass(frozen=True, slots=True)
class Ask:
    """One row of the tab: ``row`` is its sheet row (from 1), the rest are its texts as found."""

    row: int
    id: str
    at: str = ""
    who: str = ""
    what: str = ""
    state: str = ""
    message: str = ""
    done: str = ""
    agent: str = ""

    @property
    def tail(self) -> tuple[str, str, str, str]:
        """What agents write: state, message, done, agent."""
        return self.state, self.message, self.done, self.agent

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer."""
        return bool(self.what or self.id) and self.state in {"", "asked", "running", "planned"}

    @property
    def kind(self) -> str:
        """What is asked for, in small letters."""
        return self.what.strip().casefold()

    @property
    def taken(self) -> Taken | None:
        """By whom it is run; None when nobody took it or the cell was changed by hand."""
        told = _AGENT.fullmatch(self.agent)
        since = moment(told[3]) if told else None
        return Taken(int(told[1]), told[2], since) if told and since else None


@dataclass(frozen=True, slots=True)
class Taken:
    """That an agent (by its random name) took a request, for the how many-th time, and when."""

    attempt: int
    agent: str
    since: datetime

    def __str__(self) -> str:
        return f"{self.attempt} {self.agent} {stamp(self.since)}"


def moment(text: str) -> datetime | None:
    """A moment as ``2026-06-30T12:00:00Z``; None for anything else.

    >>> moment("2026-06-30T12:00:00.250Z").minute, moment("30/06/2026"), moment("2026-06-30")
    (0, None, None)
    """
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return told if told.tzinfo is not None else None


def stamp(at: datetime) -> str:
    """A moment with a zone as the tab tells it.

    >>> stamp(datetime.fromisoformat("2026-06-30T14:00:00+02:00"))
    '2026-06-30T12:00:00Z'
    """
    from datetime import UTC

    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def asks_in(rows: Sequence[Sequence[Any]]) -> list[Ask]:
    """The requests in the tab's raw rows, header first; blank rows are none."""
    found = []
    for number, row in enumerate(rows[1:], 2):
        texts = [_text(value) for value in (*row, *("",) * len(COLUMNS))][: len(COLUMNS)]
        if any(texts[:_STATE]):
            texts[_STATE] = texts[_STATE].casefold()
            found.append(Ask(number, *texts))
    return found


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if value is not None else ""


def wrong(ask: Ask, asks: Sequence[Ask], now: datetime) -> str:
    """Why a waiting request will not be run, in a sentence for who asked; "" when it will."""
    at = moment(ask.at)
    if not _ID.fullmatch(ask.id):
        return (
            "A request needs an id of its own in column id (letters, digits, - and _): use the "
            "menu sheetsync."
        )
    if any(other.id == ask.id and other.row < ask.row for other in asks):
        return "Another request has this id already: ask anew with the menu sheetsync."
    if ask.kind not in KINDS:
        return f"Column what says {ask.what[:40]!r}: it must be sync, check or strict."
    if at is None or at > now + _AHEAD:
        return (
            "Column at must tell when it was asked, such as 2026-06-30T12:00:00Z, and not a time "
            "to come: use the menu sheetsync."
        )
    if ask.state in {"", "asked"} and now - at > EXPIRES:
        return (
            f"No agent took this within {EXPIRES // timedelta(minutes=1)} minutes, so it was not "
            "run: start `sheetsync agent` on a computer and ask again."
        )
    return ""


def overdue(ask: Ask, now: datetime) -> str:
    """Why a request that was taken will not go on; "" when it may."""
    taken = ask.taken
    if taken is None:
        return "The row was changed by hand while it ran: ask again."
    late = now - taken.since > LEASE
    if ask.state == "planned" and late:
        return "Nobody played the plan in time: keep the sidebar open, and ask again."
    if ask.state == "running" and late and taken.attempt >= ATTEMPTS:
        return f"It was begun {ATTEMPTS} times and never finished: see what the agents say."
    return ""


def claim_id(request: str, attempt: int) -> int:
    """The ``metadataId`` that only one of several agents can make for this attempt."""
    return ids.number("request", f"{request}/{attempt}")


def answer_id(request: str) -> int:
    """The ``metadataId`` that only the first answer to a request can make."""
    return ids.number("answer", request)


def tab_requests() -> list[Change]:
    """Make the tab: hidden, with its header, every cell formatted as text."""
    sheet = ids.sheet_id(REQUESTS)
    return [
        _hidden(REQUESTS, 200, len(COLUMNS)),
        {
            "repeatCell": {
                "range": grid(sheet, 0, 200, 0, len(COLUMNS)),
                "cell": {"userEnteredFormat": _TEXT},
                "fields": "userEnteredFormat.numberFormat",
            }
        },
        update_cells(
            grid(sheet, 0, 1, 0, len(COLUMNS)),
            [{"values": [cell(name) for name in COLUMNS]}],
            "userEnteredValue",
        ),
    ]


def _hidden(title: str, rows: int, columns: int) -> Change:
    size = {"rowCount": rows, "columnCount": columns}
    told = {
        "sheetId": ids.sheet_id(title),
        "title": title,
        "hidden": True,
        "gridProperties": size,
    }
    return {"addSheet": {"properties": told}}


def tail_request(sheet: int, row: int, tail: Sequence[str]) -> Change:
    """Write state, message, done and agent into a row of the tab."""
    where = grid(sheet, row - 1, row, _STATE, len(COLUMNS))
    values = [cell(text[:LONGEST]) for text in tail]
    return update_cells(where, [{"values": values}], "userEnteredValue")


def plan_requests(request: str, text: str, *, made: bool) -> Iterator[Change]:
    """Put a plan's text into ``_plan``, beside the request's id; ``made``: the tab is there."""
    pieces = [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)]
    rows: list[Json] = [{"values": [cell(request), cell(piece)]} for piece in pieces]
    sheet = ids.sheet_id(PLAN)
    size = {"rowCount": max(len(rows), 2), "columnCount": 2}
    if made:
        told = {"sheetId": sheet, "gridProperties": size}
        fields = "gridProperties.rowCount,gridProperties.columnCount"
        yield {"updateSheetProperties": {"properties": told, "fields": fields}}
    else:
        yield _hidden(PLAN, size["rowCount"], 2)
    yield update_cells(grid(sheet, 0, size["rowCount"], 0, 2), rows, "userEnteredValue")
