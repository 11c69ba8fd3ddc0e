"""Short codes for links, made of names: small letters, digits and hyphens, each only once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sheetsync.clean.names import folded

AUTO = "slug:"
"""How ``Column.auto`` begins where blank cells get the slug of another column's text."""

_PLAIN_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})


def slug_of(text: str) -> str:
    """Return a text as a code for links; "" when it has no letter or digit that codes may have.

    >>> slug_of("Spring Sale"), slug_of("Müller & Søhne GmbH"), slug_of("日本")
    ('spring-sale', 'muller-sohne-gmbh', '')
    """
    return "-".join(re.findall("[a-z0-9]+", folded(text).translate(_PLAIN_LETTERS)))


def new_slugs(texts: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return each text's slug, numbered from 2 on where it is taken already.

    >>> new_slugs(["Acme", "ACME", "Acme!"], ["acme-2"])
    ['acme', 'acme-3', 'acme-4']
    """
    used = set(taken)
    next_number: dict[str, int] = {}
    told: list[str] = []
    for slug in map(slug_of, texts):
        new, number = slug, next_number.get(slug, 2)
        while slug and new in used:
            new, number = f"{slug}-{number}", number + 1
        next_number[slug] = number
        used.add(new)
        told.append(new)
    return told
