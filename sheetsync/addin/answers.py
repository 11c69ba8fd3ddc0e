"""What the add-in is answered: a posted workbook in, a report, a score and the pane's texts out.

All of it is the use case of ``sheetsync.sync`` over another workbook. Nothing is kept, and nothing
is read but what was posted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from sheetsync.addin.guard import Refusal
from sheetsync.addin.pane import pane
from sheetsync.addin.posted_only import PostedOnly
from sheetsync.addin.wire import VERSION, Posted, PostedWorkbook, find_names
from sheetsync.catalog.tracker import FULL
from sheetsync.console import as_json, undone_json
from sheetsync.model.errors import SheetsyncError
from sheetsync.sync import Outcome, study, undo

FIRST_YEAR, LAST_YEAR = 1990, 2100
_MOST_SHEETS = 1000
_MOST_SIGNS = {b",": 8_000_000, b"[": 2_000_000, b"{": 500_000}
"""How often a body may hold them: its cells, its rows, and what a plan tells as an object."""
_WORDS = 160


class PostedTabs(BaseModel):
    """All sheets of a workbook by name, with the names of their tables."""

    class Sheet(BaseModel):
        """One sheet; names as Excel shows them."""

        model_config = ConfigDict(extra="ignore")

        name: Annotated[str, Field(max_length=255)]
        tables: Annotated[list[Annotated[str, Field(max_length=255)]], FailFast()] = []

    model_config = ConfigDict(extra="ignore")

    version: Literal[1]
    sheets: Annotated[list[Sheet], Field(max_length=_MOST_SHEETS), FailFast()]


def answer(path: str, body: bytes, now: datetime) -> bytes:
    """The JSON answer to a call of ``guard.CALLS``; takes as long as a sync does.

    Raises Refusal for a body that is no posted workbook, and for what a sync cannot do with it.
    """
    try:
        told = _ANSWERS[path](body, now)
    except ValidationError as error:
        raise _unreadable(error) from None
    except SheetsyncError as error:
        raise Refusal(422, type(error).__name__, " ".join(str(error).split())) from None
    return json.dumps({"version": VERSION, **told}, allow_nan=False).encode()


def _tabs(body: bytes, _now: datetime) -> dict[str, Any]:
    posted = PostedTabs.model_validate_json(body)
    sheets = {sheet.name: sheet.tables for sheet in posted.sheets}
    read = set(find_names(sheets, FULL.tabs).values())
    return {"sheets": [name for name in sheets if name in read]}


def _check(body: bytes, now: datetime) -> dict[str, Any]:
    return _studied(body, now, write=False)


def _sync(body: bytes, now: datetime) -> dict[str, Any]:
    return _studied(body, now, write=True)


def _studied(body: bytes, now: datetime, *, write: bool) -> dict[str, Any]:
    started = time.perf_counter()
    book = PostedWorkbook(_posted(body))
    told = study(book, FULL, PostedOnly(), now=now, as_of=book.posted.as_of)
    if write and told.plan:
        book.apply(told.plan, FULL.tabs)
    outcome = Outcome("planned" if told.plan else "unchanged", told)
    shown = pane(told, applied=write)
    report = as_json(outcome, FULL, time.perf_counter() - started)
    return {"report": report, "score": book.score, "pane": shown, "notes": list(book.notes)}


def _undo(body: bytes, now: datetime) -> dict[str, Any]:
    started = time.perf_counter()
    book = PostedWorkbook(_posted(body))
    undone = undo(book, FULL, now=now)
    told = undone_json(undone, book.name, FULL, time.perf_counter() - started)
    kept = {key: told[key] for key in ("run", "restored", "refused")}
    return {**kept, "score": book.score, "notes": list(book.notes)}


def _posted(body: bytes) -> Posted:
    if any(body.count(sign) > most for sign, most in _MOST_SIGNS.items()):
        words = "The workbook has more cells than the add-in takes: save and close it, and sync it."
        raise Refusal(413, "too_large", words)
    posted = Posted.model_validate_json(body)
    if posted.as_of and not FIRST_YEAR <= posted.as_of.year <= LAST_YEAR:
        words = f"The day to compute for must lie between {FIRST_YEAR} and {LAST_YEAR}."
        raise Refusal(422, "invalid", words)
    return posted


def _unreadable(error: ValidationError) -> Refusal:
    """The first thing wrong with a body, by its place; what stands there is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    words = " ".join(str(first["msg"]).split())[:_WORDS]
    if first["type"] == "json_invalid" and ("surrogate" in words or "hex escape" in words):
        told = (
            "A cell holds half of a character, as LEFT or MID make of an emoji: correct it there."
        )
        return Refusal(422, "half_character", told)
    if first["type"] == "json_invalid":
        return Refusal(400, "json", f"The request is not JSON: {words}.")
    place = ".".join(map(str, first["loc"]))[:_WORDS] or "the request"
    return Refusal(422, "invalid", f"The request is not a workbook as posted: {place}: {words}.")


_ANSWERS: Mapping[str, Callable[[bytes, datetime], dict[str, Any]]] = {
    "/v1/tabs": _tabs,
    "/v1/check": _check,
    "/v1/sync": _sync,
    "/v1/undo": _undo,
}
