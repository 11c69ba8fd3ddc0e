"""The port to wherever queries run: embedded, or a warehouse that speaks the same SQL text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Engine(Protocol):
    """Runs one SELECT over named frames and returns its result.

    Text columns (object or str) arrive as text even when they are empty; a blank is NULL.
    """

    def run(self, sql: str, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the rows of ``sql`` over ``tables``; names not in ``tables`` are an error."""
