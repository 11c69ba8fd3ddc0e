"""Names of months and weekdays in seven languages, as people write them in dates."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from sheetsync.clean.currencies import LANGUAGES

_FILLERS_WORDS = "st nd rd th er re o a º ª de del of di do den der le the el il am d"
FILLERS = frozenset(_FILLERS_WORDS.split())
"""Words in dates that carry no meaning: ordinals, articles, "of"."""


def folded_word(word: str) -> str:
    """Fold a word for comparing: small letters, no accents, no dots.

    >>> folded_word("Févr.")
    'fevr'
    """
    bare = unicodedata.normalize("NFKD", word.casefold())
    return re.sub(r"[^\w]", "", "".join(c for c in bare if not unicodedata.combining(c)))


@cache
def month_names() -> dict[str, int]:
    """Month number by folded name or abbreviation."""
    from babel import Locale

    names: dict[str, int] = {"sept": 9, "setem": 9, "jui": 7, "marz": 3, "mrz": 3}
    for language in LANGUAGES:
        months = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    names[folded_word(name)] = number
    return names


@cache
def day_names() -> frozenset[str]:
    """Folded names and abbreviations of weekdays."""
    from babel import Locale

    names: set[str] = {"tues", "thur", "thurs", "weds"}
    for language in LANGUAGES:
        days = Locale.parse(language).days
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                names.update(folded_word(part) for part in days[context][width].values())
                names.update(
                    folded_word(name.split("-")[0]) for name in days[context][width].values()
                )
    return frozenset(names - month_names().keys())
