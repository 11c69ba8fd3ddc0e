"""What each live formula of a report tab will show, worked out without a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sheetsync.model.live import Book
from sheetsync.model.report import Report
from sheetsync.model.values import Scalar


def live_values(
    report: Report,
    columns: Mapping[str, Sequence[Scalar]],
    names: Mapping[str, Scalar],
) -> dict[str, Scalar]:
    """Return the value of every formula of ``report`` by its text (without =).

    ``columns`` gives the bodies of the computed tabs' columns by range name, ``names`` the report
    tab's single named cells.
    """
    book = Book(columns, names)
    return {formula.text(): formula.value(book) for formula in report.formulas()}
