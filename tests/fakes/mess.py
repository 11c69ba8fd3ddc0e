"""How people mistype cells: seeded spoilers for generated columns, and what each cell means.

Every spoiler but the truly bad ones is lossless: one reading is left, in the column if not in the
cell, so that a cleaner must give back exactly the value that went in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any

NBSP = "\u00a0"

Spoil = Callable[[Random, Any], Any]


def text(rng: Random, value: str) -> str:
    """Spaces around the text, or a no-break space in place of an inner one."""
    way = rng.randrange(4)
    if way == 0:
        return f"  {value}"
    if way == 1:
        return f"{value} "
    if way == 2:
        return f"{value}{NBSP}"
    return value.replace(" ", NBSP, 1) if " " in value else f" {value}"


def choice(aliases: dict[str, Sequence[str]] | None = None) -> Spoil:
    """Return a spoiler of picklist values: other case, spaces, or a declared alias."""
    known = aliases or {}

    def spoil(rng: Random, value: str) -> str:
        way = rng.randrange(4)
        if way == 0 and value in known:
            return rng.choice(known[value])
        if way == 1:
            return value.upper()
        if way == 2:
            return f"{value.title()}{NBSP}"
        return f" {value.capitalize()}"

    return spoil


def code(rng: Random, value: str) -> str:
    """A currency code in lower case or with spaces."""
    return value.lower() if rng.random() < 0.5 else f" {value}"


def amount_point(rng: Random, value: float) -> str:
    """A number typed as text, 1,234.50: every number in the column reads this way."""
    told = f"{value:,.2f}"
    return told if rng.random() < 0.7 else f" {told}{NBSP}"


def amount_comma(rng: Random, value: float) -> str:
    """A number typed as text, 1.234,50: every number in the column reads this way."""
    told = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    return told if rng.random() < 0.7 else f"{NBSP}{told} "


def count(rng: Random, value: float) -> str:
    """A whole number typed as text."""
    return f"{value:.0f}" if rng.random() < 0.5 else f" {value:.0f} "


def day_first(rng: Random, value: datetime) -> str:
    """A date typed as text, 25/03/2026: days above 12 elsewhere in the column prove the order."""
    return f"{value:%d/%m/%Y}"


def month_first(rng: Random, value: datetime) -> str:
    """A date typed as text, 03/25/2026: days above 12 elsewhere in the column prove the order."""
    return f"{value:%m/%d/%Y}"


def day_iso(rng: Random, value: datetime) -> str:
    """A date typed as text, 2026-03-25, which reads one way only."""
    return f"{value:%Y-%m-%d}"


def month_iso(rng: Random, value: datetime) -> str:
    """A month typed as text, 2026-03."""
    return f"{value:%Y-%m}"


def flag(rng: Random, value: str) -> str:
    """Yes and no as people write them."""
    return rng.choice((value.upper(), value[0].upper(), f"{value.capitalize()} "))


def country(names: dict[str, str]) -> Spoil:
    """Return a spoiler of ISO-2 codes: the country's name, or the code in lower case."""

    def spoil(rng: Random, value: str) -> str:
        return names[value] if rng.random() < 0.5 else value.lower()

    return spoil


def spoil_share(rng: Random, cells: list[Any], share: float, spoil: Spoil) -> tuple[list[Any], int]:
    """Return the column with ``share`` of its filled cells spoilt, and how many were."""
    filled = [j for j, cell in enumerate(cells) if cell is not None]
    picked = rng.sample(filled, round(len(filled) * share))
    found = list(cells)
    for j in picked:
        found[j] = spoil(rng, cells[j])
    return found, len(picked)
