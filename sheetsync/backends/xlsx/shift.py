"""Formula text moved to another cell, as a shared formula's children need it.

Only references move: text in quotes, sheet names, table references and function names stay.
"""

from __future__ import annotations

import re

from sheetsync.backends.xlsx.markup import MAX_COLUMN, MAX_ROW, column_letters
from sheetsync.model.tables import column_number

_TOKEN = re.compile(
    r'"(?:[^"]|"")*"'
    r"|'(?:[^']|'')*'!?"
    r"|\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]"
    r"|(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?![\w.(!])"
    r"|(?<![\w.$:])(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})(?![\w.(!$])"
    r"|(?<![\w.$:])(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})(?![\w.(!$])"
)


def shifted(formula: str, down: int, right: int) -> str:
    """The formula's text as it reads ``down`` rows lower and ``right`` columns further.

    >>> shifted('SUM(A1:$B$2)+Deals!C3&"A1"', 1, 2)
    'SUM(C2:$B$2)+Deals!E4&"A1"'
    >>> shifted("A1", -1, 0)
    '#REF!'
    """
    return _TOKEN.sub(lambda match: _moved(match, down, right), formula)


def _moved(match: re.Match[str], down: int, right: int) -> str:
    if match[2]:
        return _both(_column(match[1], match[2], right), _row(match[3], match[4], down), "")
    if match[6]:
        return _both(_column(match[5], match[6], right), _column(match[7], match[8], right), ":")
    if match[10]:
        return _both(_row(match[9], match[10], down), _row(match[11], match[12], down), ":")
    return match[0]


def _both(first: str, second: str, between: str) -> str:
    return f"{first}{between}{second}" if first and second else "#REF!"


def _column(fixed: str, letters: str, right: int) -> str:
    number = column_number(letters) + (0 if fixed else right)
    return f"{fixed}{column_letters(number)}" if 1 <= number <= MAX_COLUMN else ""


def _row(fixed: str, digits: str, down: int) -> str:
    number = int(digits) + (0 if fixed else down)
    return f"{fixed}{number}" if 1 <= number <= MAX_ROW else ""
