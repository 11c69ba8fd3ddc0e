"""Organisation and person names folded for comparing: no accents, marks or legal forms."""

from __future__ import annotations

import re
import unicodedata

_LEGAL_WORDS = (
    "inc incorporated corp corporation co company llc llp lp ltd limited plc gmbh mbh ag kg "
    "kgaa ohg gbr ug ev se sa sas sasu sarl eurl srl spa sl slu bv nv vof cv ab as asa aps oy "
    "oyj kk pty pte pvt private sdn bhd sro zoo kft zrt doo dd ooo oao zao lda ltda sccl scs "
    "sca holding holdings group gruppe"
)
_LEGAL = frozenset(_LEGAL_WORDS.split())
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Fold text for comparing: NFKC, small letters, no accents, words parted by one space.

    >>> folded("  Café-Bar  Ñandú ")
    'cafe bar nandu'
    """
    if not text.isascii():
        bare = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
        text = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(_WORD.findall(text.casefold().replace("'", "").replace("’", "")))


def name_key(name: str) -> str:
    """Fold an organisation's name, "&" read as and, legal forms at its end left out.

    >>> name_key("Müller & Söhne GmbH & Co. KG"), name_key("ACME, Inc."), name_key("Acme S.A.")
    ('muller and sohne', 'acme', 'acme')
    """
    joined = _DOTTED.sub(lambda m: m[0].replace(".", "") + " ", name)
    words = folded(joined.replace("&", " and ").replace("+", " and ")).split()
    while len(words) > 1 and (words[-1] in _LEGAL or words[-1] == "and"):
        words.pop()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)
