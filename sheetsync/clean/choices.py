"""Picklist values and yes/no flags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sheetsync.clean.reading import Parser, Reading, doubtful, fixed, wrong
from sheetsync.clean.spelling import nearest
from sheetsync.clean.text import became_date, originals, tidied
from sheetsync.model.tracker import Choice, Column, plain
from sheetsync.model.values import Scalar, show

_LISTED = 8
_YES_WORDS = (
    "yes y true t 1 x ✓ ✔ ☑ on ja j oui o si sí sim да waar vrai verdadero verdadeiro vero "
    "wahr tak ano kyllä evet 是 はい"
)
_YES = frozenset(_YES_WORDS.split())
_NO_WORDS = (
    "no n false f 0 ✗ ✘ ☐ off nein non nee não nao нет onwaar faux falso falsch nie ne ei hayır "
    "否 いいえ"
)
_NO = frozenset(_NO_WORDS.split())


def choice_parser(column: Column, choices: Sequence[Choice]) -> Parser:
    """Return the parser of a picklist; an ``open_list`` column accepts other values too."""
    exact = {choice.value for choice in choices}
    names = {plain(name): c.value for c in choices for name in (*c.aliases, c.value)}
    listed = ", ".join(c.value for c in choices[:_LISTED])
    listed += ", …" if len(choices) > _LISTED else ""

    def unknown(text: str) -> Reading | None:
        near = nearest(text, names)
        if not column.open_list:
            told = f"{show(text)!r} is not in the list of {column.title}: {listed}."
            return wrong("unknown_choice", told, near)
        if near and len(text) > 4 and abs(len(near) - len(text)) <= 1:
            told = f"{show(text)!r} is close to {near!r} of the list."
            return doubtful(text, "unknown_choice", told, near)
        return None

    def read(value: Scalar) -> Reading | None:
        if isinstance(value, datetime | timedelta):
            likely = [text for text in originals(value) if text in exact]
            return became_date(value, likely[0] if likely else "")
        text = value if isinstance(value, str) else show(value)
        if text in exact:
            return None if isinstance(value, str) else Reading(text)
        meant = names.get(plain(text))
        if meant is None:
            reading = unknown(text)
            return Reading(text) if reading is None and not isinstance(value, str) else reading
        return fixed("case" if plain(meant) == plain(text) else "alias", meant)

    return tidied(read)


def read_flag(value: Scalar) -> Reading | None:
    """Read yes or no in eight languages; check boxes (real booleans) stay as they are."""
    if type(value) is bool:
        return None
    if value in ("yes", "no"):
        return Reading(value == "yes")
    word = plain(value) if isinstance(value, str) else show(value)
    if word in _YES or word in _NO:
        return Reading(word in _YES, "flag", "yes" if word in _YES else "no")
    near = nearest(word, {"yes": "yes", "no": "no", "true": "yes", "false": "no"})
    return wrong("not_a_flag", f"{show(value)!r} is neither yes nor no.", near)


def flag_parser() -> Parser:
    """Return the parser of FLAG columns."""
    return tidied(read_flag)
