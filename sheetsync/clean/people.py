"""Email addresses and phone numbers."""

from __future__ import annotations

import re

from sheetsync.clean.reading import Reading, doubtful, fixed, wrong
from sheetsync.clean.text import tidied
from sheetsync.model.values import Scalar, show

_PLAIN = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*\.[a-z]{2,24}"
)
_WRAPPED = re.compile(r"[^<>@]*<\s*([^<>\s]+@[^<>\s]+)\s*>")
_KNOWN_WORDS = (
    "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.fr yahoo.de ymail.com hotmail.com "
    "hotmail.co.uk hotmail.fr hotmail.de outlook.com outlook.de live.com msn.com icloud.com "
    "me.com mac.com aol.com mail.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de "
    "proton.me protonmail.com pm.me mail.ru yandex.ru qq.com orange.fr free.fr libero.it "
    "comcast.net att.net"
)
_KNOWN = frozenset(_KNOWN_WORDS.split())
_OFTEN = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "googlemail.com",
          "protonmail.com", "comcast.net")  # fmt: skip
_ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "vom": "com", "comm": "com", "nte": "net"}
_FEWEST_DIGITS = 5
_PHONE_NOISE = re.compile(r"^(?:tel|phone|fon|mobile|mob|cell)\b\.?\s*:?\s*", re.IGNORECASE)


def _email(value: Scalar) -> Reading | None:
    if not isinstance(value, str):
        return wrong("bad_email", f"{show(value)!r} is not an email address.")
    if _PLAIN.fullmatch(value):
        return _slip(value)
    text = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
    normal = _normal(text)
    if normal is None:
        return _broken(value)
    slip = _slip(normal)
    if normal == value:
        return slip
    return slip._replace(rule="email", fix=normal) if slip else fixed("email", normal)


def _normal(text: str) -> str | None:
    local, at, domain = text.rpartition("@")
    if at and _PLAIN.fullmatch(f"{local}@{domain.lower()}"):
        return f"{local}@{domain.lower()}"
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def _broken(text: str) -> Reading:
    wrapped = _WRAPPED.fullmatch(text)
    parts = [wrapped[1]] if wrapped else re.split(r"[;,/\s]+", text)
    likely = next((p for p in map(_normal, filter(None, parts)) if p), None)
    if likely is None:
        tried = re.sub(r"\s+", "", text).replace(",", ".").replace("..", ".")
        tried = re.sub(r"\s*[(\[](?:at|@)[)\]]\s*", "@", tried).rstrip(".")
        likely = _normal(tried)
    told = f"{show(text)!r} is not one email address."
    return wrong("bad_email", told, likely)


def _slip(address: str) -> Reading | None:
    local, _, domain = address.rpartition("@")
    meant = _meant(domain)
    if meant is None:
        return None
    told = f"The domain {domain!r} is probably {meant!r}."
    return doubtful(address, "likely_typo", told, f"{local}@{meant}")


def _meant(domain: str) -> str | None:
    if domain in _KNOWN:
        return None
    name, _, ending = domain.rpartition(".")
    if ending in _ENDINGS:
        return _meant(f"{name}.{_ENDINGS[ending]}") or f"{name}.{_ENDINGS[ending]}"
    if domain in ("gmail.co", "hotmail.co", "yahoo.co", "outlook.co"):
        return f"{domain}m"
    if len(domain) > 15:
        return None
    from rapidfuzz.distance import OSA

    near = [known for known in _OFTEN if OSA.distance(domain, known, score_cutoff=1) == 1]
    return near[0] if near else None


read_email = tidied(_email)
"""Read an email address: syntax only, never the network."""


def _phone(text: str, region: str) -> Reading | None:
    import phonenumbers as pn

    bare = _PHONE_NOISE.sub("", text)
    if sum(c.isdigit() for c in bare) < _FEWEST_DIGITS:
        return wrong("bad_phone", f"{show(text)!r} is not a phone number.")
    if not region and not bare.startswith(("+", "00", "011")):
        told = "The number has no country code, and neither row, partner nor Settings tell one."
        return wrong("phone_no_country", told)
    assumed = "" if region or bare.startswith("+") else f"+{re.sub('^(?:011|00)', '', bare)}"
    try:
        number = pn.parse(assumed or bare, region or None)
    except pn.NumberParseException:
        return wrong("bad_phone", f"{show(text)!r} is not a phone number.")
    told = pn.format_number(number, pn.PhoneNumberFormat.E164)
    if not pn.is_valid_number(number):
        return wrong("bad_phone", f"{show(text)!r} is not a possible phone number.")
    if assumed:
        return wrong("phone_no_country", "The country code follows no plus sign.", told)
    # An extension has no place in E.164, so that the cell keeps it.
    return Reading(told) if number.extension or told == text else fixed("phone", told)


def read_phone(value: Scalar, region: str) -> Reading | None:
    """Read a phone number to E.164; ``region`` is the country (ISO-2) of one without a plus."""

    def read(value: Scalar) -> Reading | None:
        if isinstance(value, str):
            return _phone(value, region)
        if isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0:
            return _phone(show(value), region)
        return wrong("bad_phone", f"{show(value)!r} is not a phone number.")

    return tidied(read)(value)
