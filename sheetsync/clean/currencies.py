"""Currencies and countries: codes, names in seven languages, signs."""

from __future__ import annotations

from functools import cache

from sheetsync.clean.reading import Parser, Reading, fixed, wrong
from sheetsync.clean.spelling import nearest
from sheetsync.clean.text import tidied
from sheetsync.model.tracker import plain
from sheetsync.model.values import Scalar, show

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
"""Languages whose names of months, days, countries and currencies are understood."""

_CODE = 3
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH",
          "₪": "ILS", "₫": "VND", "₱": "PHP", "₦": "NGN", "zł": "PLN", "kč": "CZK", "ft": "HUF",
          "us$": "USD", "r$": "BRL", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD",
          "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "fr": "CHF", "sfr": "CHF", "eur": "EUR",
          "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP"}  # fmt: skip
_SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "dollar": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD"),
    "dollars": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
}
_COUNTRIES = {
    "uk": "GB", "great britain": "GB",
    "u.k.": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US",
    "united states of america": "US", "holland": "NL", "the netherlands": "NL",
    "czech republic": "CZ", "south korea": "KR", "north korea": "KP",
    "russia": "RU", "vietnam": "VN", "viet nam": "VN", "taiwan": "TW", "iran": "IR",
    "syria": "SY", "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ", "moldova": "MD",
    "laos": "LA", "uae": "AE", "emirates": "AE", "hong kong": "HK", "macau": "MO",
    "turkey": "TR", "türkiye": "TR", "ivory coast": "CI", "burma": "MM", "swaziland": "SZ",
    "macedonia": "MK", "kosovo": "XK", "palestine": "PS", "brasil": "BR", "österreich": "AT",
    "schweiz": "CH", "polska": "PL", "sverige": "SE", "norge": "NO", "danmark": "DK",
    "suomi": "FI", "el": "GR",
}  # fmt: skip


_PARTS = {
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "america": "US",
    "korea": "KR",
}  # fmt: skip


@cache
def currency_codes() -> frozenset[str]:
    """All current ISO 4217 codes."""
    import pycountry

    return frozenset(c.alpha_3 for c in pycountry.currencies)


@cache
def _currency_names() -> dict[str, str]:
    from babel import Locale

    codes, names = currency_codes(), dict[str, str]()
    for language in LANGUAGES:
        for code, name in Locale.parse(language).currencies.items():
            if code in codes:
                names.setdefault(plain(name), code)
    return {**names, **_SIGNS, **{code.casefold(): code for code in codes}}


def currency_of(word: str, reporting: str) -> str:
    """Return the ISO code that a sign, code or name proves; a shared sign only if it reports so.

    >>> currency_of("€", "USD"), currency_of("$", "CAD"), currency_of("$", "EUR")
    ('EUR', 'CAD', '$')
    """
    if word in currency_codes():
        return word
    folded = plain(word).rstrip(".")
    if folded in _SHARED:
        return reporting if reporting in _SHARED[folded] else word
    return _SIGNS.get(folded) or _currency_names().get(folded, "")


def same_currency(named: str, code: str) -> bool:
    """Tell whether a currency named inside an amount (code or shared sign) is the row's."""
    return named == code or code in _SHARED.get(plain(named).rstrip("."), ())


def currency_parser(reporting: str) -> Parser:
    """Return the parser of ISO 4217 codes."""

    def read(value: Scalar) -> Reading | None:
        if isinstance(value, str):
            if value in currency_codes():
                return None
            code = currency_of(value, reporting)
            if code in currency_codes():
                return fixed("case" if value.upper() == code else "currency", code)
            shared = _SHARED.get(plain(value))
            near = shared[0] if shared else _near_currency(value)
            told = f"{show(value)!r} is not a currency code such as EUR or USD."
            return wrong("unknown_currency", told, near)
        return wrong("unknown_currency", "A currency is three letters, e.g. EUR.")

    return tidied(read)


def _near_currency(text: str) -> str | None:
    names = {name: code for name, code in _currency_names().items() if len(name) > 4}
    return nearest(text, names) if len(text) > 4 else None


@cache
def country_codes() -> frozenset[str]:
    """All ISO 3166-1 codes of two letters, and XK."""
    import pycountry

    return frozenset(c.alpha_2 for c in pycountry.countries) | {"XK"}


@cache
def _country_names() -> dict[str, str]:
    import pycountry
    from babel import Locale

    codes, names = country_codes(), dict[str, str]()
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                names.setdefault(plain(name), code)
    for c in pycountry.countries:
        for name in (c.name, getattr(c, "common_name", ""), getattr(c, "official_name", "")):
            names.setdefault(plain(name), c.alpha_2)
        names[c.alpha_3.casefold()] = c.alpha_2
    names.pop("", None)
    return {**names, **_COUNTRIES}


def read_country(value: Scalar) -> Reading | None:
    """Read a country: ISO-2, ISO-3 or a name in one of seven languages."""
    if not isinstance(value, str):
        return wrong("unknown_country", "A country is a two-letter code or a name.")
    if value in country_codes():
        return None
    code = value.upper()
    if code in country_codes():
        return fixed("case", code)
    names = _country_names()
    meant = names.get(plain(value)) or names.get(plain(value.replace(".", "")))
    if meant is not None:
        return fixed("country", meant)
    told = f"{show(value)!r} is not a country known by that code or name."
    near = _PARTS.get(plain(value)) or _near_country(value)
    return wrong("unknown_country", told, near)


def _near_country(text: str) -> str | None:
    if len(text) <= _CODE:
        return None
    return nearest(text, {n: c for n, c in _country_names().items() if len(n) > _CODE})


def country_parser() -> Parser:
    """Return the parser of COUNTRY columns."""
    return tidied(read_country)
