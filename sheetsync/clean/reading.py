"""What a parser says about one raw value: the typed value, a safe fix, or what is wrong.

A parser is a pure function of one distinct raw value. It returns None for the common case, a
value that is right as it stands and is its own typed value, so that clean columns cost almost
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from sheetsync.model.problems import Severity
from sheetsync.model.values import Scalar


class Reading(NamedTuple):
    """One raw value, read.

    ``value`` is the typed value (None: blank or unreadable). A non-empty ``rule`` is a safe fix
    that writes ``fix`` into the cell. A non-empty ``code`` is a problem with ``message``;
    ``suggested`` is a guess that people may accept, ``kept`` the typed value if they reject it.
    ``currency`` is the currency named inside an amount.
    """

    value: Scalar = None
    rule: str = ""
    fix: Scalar = None
    code: str = ""
    message: str = ""
    suggested: Scalar = None
    severity: Severity = Severity.ERROR
    kept: Scalar = None
    currency: str = ""


Parser: TypeAlias = Callable[[Scalar], Reading | None]


def wrong(code: str, message: str, suggested: Scalar = None, kept: Scalar = None) -> Reading:
    """Return the reading of a value that cannot be used: an error."""
    return Reading(None, code=code, message=message, suggested=suggested, kept=kept)


def doubtful(value: Scalar, code: str, message: str, suggested: Scalar = None) -> Reading:
    """Return the reading of a value that is used, but worth a look: a warning."""
    return Reading(
        value,
        code=code,
        message=message,
        suggested=suggested,
        severity=Severity.WARNING,
        kept=value,
    )


def fixed(rule: str, value: Scalar) -> Reading:
    """Return the reading of a value that has one proven meaning in another spelling."""
    return Reading(value, rule, value)
