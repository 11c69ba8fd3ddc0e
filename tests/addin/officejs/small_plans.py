"""Scores over the small workbook that are made once, and what Excel holds of them."""

from __future__ import annotations

import copy
from typing import Any

from sheetsync.addin.wire import Posted, PostedWorkbook
from sheetsync.model.plan import Plan
from tests.contract.small import TABS
from tests.fakes.office.objects import ExcelError


def scored(book: Any, *makers: Any) -> dict[str, Any]:
    """The score of ops that functions make of what is read now."""
    posted = PostedWorkbook(Posted.model_validate(book.posted()))
    seen = posted.read(TABS)
    posted.apply(Plan(tuple(make(seen) for make in makers), seen.fingerprint, "r1"), TABS)
    assert posted.score is not None
    return posted.score


def held(host: Any, *, formats: bool = True) -> Any:
    """All that the workbook holds as entered."""
    told = copy.deepcopy(host.book)
    told.stale = True
    for sheet in told.sheets:
        sheet.computed.clear()
        sheet.prefixed.clear()
        if not formats:
            sheet.formats.clear()
    return told


def fail_at(host: Any, number: int, kinds: tuple[str, ...] = ("write",)) -> None:
    """Refuse the n-th change of these kinds, once."""
    count = iter(range(1, 100_000))

    def before(kind: str, _title: str, _rect: Any) -> None:
        if kind in kinds and next(count) == number:
            raise ExcelError("GeneralException", "no")

    host.before = before


def blocks(book: Any) -> list[str]:
    """The areas that the last play told as changed."""
    return [f"{one['sheet']}!{one['address']}" for one in book.played[-1]["changed"]]
