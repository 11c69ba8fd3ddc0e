"""How the facts that KPIs count are found on live tabs, so that a formula can count them too.

A live tab mirrors an entry tab row by row; its columns are formulas over the row that people
typed. A fact table of ``sheetsync.measure`` is one or more ``Source``s: rows of a live tab.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sheetsync.model.cell_formula import CellFormula


@dataclass(frozen=True, slots=True)
class LiveTab:
    """A live tab: the entry tab ``of`` which it mirrors, and its columns' formulas by key.

    Columns without a formula are values that the sync writes.
    """

    key: str
    of: str
    formulas: Mapping[str, CellFormula]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a live tab that are rows of a fact table.

    ``rows`` names the 0/1 column that marks them, ``partner`` the column with whom they belong
    to, ``month`` that of the month as yyyymm ("": timeless). ``spans`` gives the 0/1 column of
    each span that is known, ``columns`` the live column of each column of the fact table; of
    those with blanks ``ranked`` names one that has 0 instead, for what is sorted.
    """

    tab: str
    rows: str
    partner: str
    month: str
    spans: Mapping[str, str]
    columns: Mapping[str, str]
    ranked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """All live tabs by key, and the sources of the fact tables that they cover by name.

    ``money`` are columns of fact tables that are blank where an exchange rate is missing.
    """

    tabs: Mapping[str, LiveTab]
    sources: Mapping[str, tuple[Source, ...]]
    money: frozenset[str] = frozenset()
