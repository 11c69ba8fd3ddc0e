"""The fake Excel as the one that xlwings finds, for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import xlwings

from tests.fakes.excel.engine import Engine
from tests.fakes.excel.world import FakeExcel


@contextmanager
def registered(*running: FakeExcel) -> Iterator[None]:
    """Register an engine over these instances; what was there before comes back."""
    before = list(xlwings.engines.engines), dict(xlwings.engines.engines_by_name)
    active = xlwings.engines.active
    xlwings.engines.engines = [e for e in before[0] if e.name != "excel"]
    engine = xlwings.Engine(impl=Engine(*running))
    xlwings.engines.add(engine)
    engine.activate()
    try:
        yield
    finally:
        xlwings.engines.engines, xlwings.engines.engines_by_name = before
        xlwings.engines.active = active
