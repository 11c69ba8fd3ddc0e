"""Free text: spaces, invisible characters and what spreadsheets make of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sheetsync.clean.reading import Parser, Reading, doubtful, wrong
from sheetsync.model.values import CellError, Scalar, show

CELL_LIMIT = 32_767
"""Characters that a cell of an .xlsx file can hold."""

_INVISIBLE = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Joiners belong to emoji and to several scripts; beside plain Latin they are litter.
_JOINER = re.compile(r"(?<![^\u0000-\u02ff])[\u200c\u200d]|[\u200c\u200d](?![^\u0000-\u02ff])")
_SPACE = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BREAK = re.compile(r" ?(?:\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]) ?")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


def is_tidy(text: str) -> bool:
    """Tell whether nothing about the spacing of a one-line text could be improved (fast)."""
    return text.isprintable() and "  " not in text and text.strip(" ") == text


def tidy(text: str, *, lines: bool = False) -> str:
    r"""Trim, drop invisible marks, make every space plain and single; ``lines`` keeps line breaks.

    >>> tidy("\u00a0Acme\u200b  GmbH ")
    'Acme GmbH'
    """
    text = text.replace("\u00a0", " ")
    if text.isprintable():  # the common case: only plain spaces are to be put right
        return " ".join(text.split())
    text = _JOINER.sub("", _INVISIBLE.sub("", text))
    text = _BREAK.sub("\n" if lines else " ", _SPACE.sub(" ", text))
    return text.strip(" \n") if lines else _SPACE.sub(" ", text).strip(" ")


def tidied(parse: Parser, *, lines: bool = False) -> Parser:
    """Put the steps that all types share before ``parse``: error cells and spacing.

    ``parse`` then sees tidy text only; a spacing fix rides along with what it says.
    """

    def read(value: Scalar) -> Reading | None:
        if type(value) is str:
            if (  # is_tidy, written out: this line runs once for every distinct text
                value.isprintable() and "  " not in value and value[0] != " " != value[-1]
            ):
                return parse(value)
            return _untidy(value, parse, lines=lines)
        if type(value) is CellError:
            told = f"The cell shows {value.code}, so its value is unknown; repair or retype it."
            return wrong("cell_error", told)
        return parse(value)

    return read


def _untidy(text: str, parse: Parser, *, lines: bool) -> Reading | None:
    neat = tidy(text, lines=lines)
    if not neat:
        return Reading(None, "trim", None)
    if not neat.isprintable() and _CONTROL.search(neat):
        return _controls(neat, parse)
    reading = parse(neat)
    if neat == text.replace("\r\n", "\n"):
        return reading
    if reading is None:
        return Reading(neat, "trim", neat)
    return reading if reading.rule else reading._replace(rule="trim", fix=neat)


def _controls(text: str, parse: Parser) -> Reading:
    bare = tidy(_CONTROL.sub("", text))
    told = "The text holds control characters, which no spreadsheet should store."
    inner = parse(bare) if bare else Reading()
    value = bare if inner is None else inner.value
    if value is None:
        return wrong("control_characters", told, bare or None)
    return doubtful(value, "control_characters", told, bare)


def read_text(value: Scalar) -> Reading | None:
    """Read one value of a TEXT column."""
    if type(value) is str:
        return _long(value) if len(value) > CELL_LIMIT else None
    if type(value) is bool:
        told = "A text column holds a yes/no value; it is read as the word."
        return doubtful(show(value), "bool_in_text", told)
    if isinstance(value, datetime | timedelta):
        return became_date(value)
    return Reading(show(value))


def _long(text: str) -> Reading:
    told = f"The text has {len(text):,} characters; a workbook cell holds {CELL_LIMIT:,}."
    return doubtful(text, "too_long", told)


def originals(value: datetime | timedelta) -> tuple[str, ...]:
    """Return what people may have typed before a spreadsheet made a date or time of it.

    >>> originals(datetime(2026, 5, 1))[:2]
    ('1-5', '5-1')
    """
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds() // 60)
        return (f"{minutes // 60}:{minutes % 60}", f"{minutes // 60}:{minutes % 60:02d}")
    d, m, y = value.day, value.month, value.year % 100
    name = value.strftime("%b")
    same = (f"{d}-{m}", f"{m}-{d}", f"{d}/{m}", f"{m}/{d}", f"{d}.{m}", f"{name}{d}")
    return (*same, f"{m}-{y:02d}", f"{name}{y:02d}") if d == 1 else same


def became_date(value: datetime | timedelta, suggested: str = "") -> Reading:
    """Return the problem of a date found where text belongs, with the likely originals."""
    likely = originals(value)
    told = (
        f"A date stands where text belongs; the spreadsheet probably turned "
        f"{likely[0]!r} or {likely[1]!r} into one."
    )
    return wrong("text_became_date", told, suggested or likely[0])


def untidy(values: Iterable[Any]) -> Iterator[Any]:
    """Leave out tidy texts that a cell can hold."""
    for v in values:
        if (  # is_tidy, written out: this line runs once for every distinct value
            type(v) is not str
            or not (v.isprintable() and "  " not in v and v[:1] != " " != v[-1:])
            or len(v) > CELL_LIMIT
        ):
            yield v


def text_parser() -> Parser:
    """Return the parser of TEXT columns."""
    return tidied(read_text, lines=True)
