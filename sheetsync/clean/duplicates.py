"""Rows that are probably one and the same organisation or person.

Comparing all pairs would grow with the square of the rows, so that only rows sharing a rare word,
a beginning, a phone number or a street are compared, all at once in compiled code. The limits
were found on 3,337 messy rows of organisations with known identity.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from sheetsync.clean.names import folded, name_key

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 60
"""Rows that share one word at most, for that word to make them candidates."""
_LOOSE = ("word", "begins")
_PAIRS, _FEW = 6, 10_000
"""Pairs to compare per row, as if there were so many rows more: in longer lists a word must be
rarer to make candidates, so that time grows with the rows and not with their square."""
_BEGINNING, _STREET = 6, 9
_SAME_PLACE = 85.0
_NAME_ALONE, _NAME_WITH_MARK, _NAME_WITH_PLACE = 80.0, 55.0, 45.0

SAME = 100
"""The score of names that are equal after normalising."""
_SAME_NAME = "the same name"


class Pair(NamedTuple):
    """Two rows (positions, ``first`` above) that are probably the same, and why.

    ``score`` is 0 to 100; 100 means equal after normalising.
    """

    first: int
    second: int
    score: int
    reason: str


def find_duplicates(
    names: Sequence[str],
    places: Sequence[str] = (),
    marks: Sequence[str] = (),
    *,
    name_alone: float = _NAME_ALONE,
) -> list[Pair]:
    """Return pairs of rows that are probably the same, in the order of their rows.

    ``places`` are addresses or countries: different ones speak against a pair, equal ones with
    a house number for it. ``marks`` are phone numbers or codes, whose equality counts. ``""`` is
    unknown. Below ``name_alone`` (0-100) two names need such support.
    """
    size = len(names)
    told = [name_key(name) for name in names]
    where = [folded(place) for place in places] or [""] * size
    codes = list(marks) or [""] * size
    candidates = _candidates(told, where, codes)
    if not candidates:
        return []
    return list(_judge(candidates, told, where, codes, name_alone))


def repeated(names: Sequence[str]) -> list[Pair]:
    """Return each later row with the first row above whose name is the same after normalising.

    >>> repeated(["Acme GmbH", "Windermere", "ACME"])[0][:2]
    (0, 2)
    """
    first: dict[str, int] = {}
    rows = ((first.setdefault(key, j), j) for j, key in enumerate(map(name_key, names)) if key)
    return [Pair(above, j, SAME, _SAME_NAME) for above, j in rows if above != j]


def _candidates(
    names: Sequence[str], places: Sequence[str], marks: Sequence[str]
) -> list[tuple[int, int]]:
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for j, (name, place, mark) in enumerate(zip(names, places, marks, strict=True)):
        for word in set(name.split()):
            blocks["word", word].append(j)
        blocks["begins", name.replace(" ", "")[:_BEGINNING]].append(j)
        blocks["name", name].append(j)
        blocks["place", place[:_STREET] if place[:1].isdigit() else ""].append(j)
        blocks["mark", mark].append(j)
    shared = {key: rows for key, rows in blocks.items() if key[1] and 1 < len(rows) <= _BLOCK}
    largest = _largest((len(rows) for rows in shared.values()), _PAIRS * (len(names) + _FEW))
    pairs: set[tuple[int, int]] = set()
    for (kind, _), rows in shared.items():
        if kind not in _LOOSE or len(rows) <= largest:
            pairs.update(combinations(rows, 2))
    return sorted(pairs)


def _largest(sizes: Iterable[int], allowed: int) -> int:
    """Return the size up to which blocks together make at most so many pairs."""
    many = Counter(sizes)
    made = 0
    for size in sorted(many):
        made += many[size] * size * (size - 1) // 2
        if made > allowed:
            return size - 1
    return _BLOCK


def _judge(
    pairs: Sequence[tuple[int, int]],
    names: Sequence[str],
    places: Sequence[str],
    marks: Sequence[str],
    name_alone: float,
) -> Iterator[Pair]:
    name = _name_scores(pairs, names)
    place = _place_scores(pairs, places)
    for at, (i, j) in enumerate(pairs):
        support, against = place[at] >= _SAME_PLACE, place[at] < 0
        marked = bool(marks[i]) and marks[i] == marks[j]
        score = float(name[at])
        if names[i] == names[j] and names[i] and not against:
            yield Pair(i, j, SAME, _SAME_NAME)
        elif support and score >= _NAME_WITH_PLACE:
            yield Pair(i, j, round((score + 100) / 2), "a similar name at the same address")
        elif marked and score >= _NAME_WITH_MARK and not against:
            yield Pair(i, j, round((score + 100) / 2), "a similar name and the same number or code")
        elif score >= name_alone and not against and _labels(names[i]) == _labels(names[j]):
            yield Pair(i, j, min(round(score), 99), "a similar name")


def _labels(name: str) -> list[str]:
    """Numbers and single letters tell branches and series apart: "Store 12" is not "Store 13"."""
    return sorted(word for word in name.split() if len(word) == 1 or word.isdigit())


def _name_scores(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> np.ndarray[Any, Any]:
    import numpy as np
    from rapidfuzz import fuzz

    sides = [names[i] for i, _ in pairs], [names[j] for _, j in pairs]
    whole, sorted_, shared = (
        _scores(sides, s) for s in (fuzz.ratio, fuzz.token_sort_ratio, fuzz.token_set_ratio)
    )
    best: np.ndarray[Any, Any] = np.maximum(np.maximum(whole, sorted_), 0.9 * shared)
    return best


def _place_scores(pairs: Sequence[tuple[int, int]], places: Sequence[str]) -> np.ndarray[Any, Any]:
    """Likeness 0-100 of addresses; -1 where house numbers or countries contradict; 0 unknown."""
    import numpy as np
    from rapidfuzz import fuzz

    sides = [places[i] for i, _ in pairs], [places[j] for _, j in pairs]
    scores = np.asarray(_scores(sides, fuzz.token_set_ratio), dtype="float64")
    for at, (a, b) in enumerate(zip(*sides, strict=True)):
        first, other = a.split(" ", 1)[0], b.split(" ", 1)[0]
        numbered = first.isdigit() and other.isdigit()
        if not a or not b or (not numbered and a == b):
            scores[at] = 0.0
        elif first != other and (numbered or (" " not in a and " " not in b)):
            scores[at] = -1.0
        elif not numbered:
            scores[at] = 0.0
    return scores


def _scores(sides: tuple[list[str], list[str]], scorer: Any) -> np.ndarray[Any, Any]:
    from rapidfuzz.process import cpdist

    return cpdist(*sides, scorer=scorer)


def first_matches(pairs: Iterable[Pair]) -> dict[int, Pair]:
    """Return for each later row of a pair its best match above (the first of equals)."""
    best: dict[int, Pair] = {}
    for pair in pairs:
        if pair.second not in best or pair.score > best[pair.second].score:
            best[pair.second] = pair
    return best
