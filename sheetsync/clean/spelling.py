"""Near misses: which known name a misspelt one probably means, if exactly one comes close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sheetsync.model.tracker import plain

SHORT, MIDDLE = 4, 8


def nearest(text: str, names: Mapping[str, str]) -> str | None:
    """Return the meaning of the one folded name that ``text`` is a near miss of, else None.

    ``names`` maps folded names (see ``plain``) to meanings. Allowed are one slip (a letter wrong,
    missing, extra or two swapped) up to 4 letters, two up to 8, three beyond; or the unfinished
    beginning (three letters or more) of one name.

    >>> nearest("Reseler", {"reseller": "reseller", "referral": "referral"})
    'reseller'
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    folded = plain(text)
    slips = 1 if len(folded) <= SHORT else 2 if len(folded) <= MIDDLE else 3
    found = extract(folded, names.keys(), scorer=OSA.distance, score_cutoff=slips, limit=8)
    best = {names[name] for name, distance, _ in found if distance == found[0][1]}
    if not best and len(folded) >= 3:
        begun = folded.rstrip(".")
        best = {meaning for name, meaning in names.items() if name.startswith(begun)}
    return best.pop() if len(best) == 1 and len(folded) > 1 else None


class Slips:
    """Finds, among many names, the one that differs by a slip; time does not grow with them.

    Two words one slip apart share a form with one letter left out, so that a dictionary of all
    such forms answers at once.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._forms: dict[str, set[str]] = {}
        for name, meaning in names:
            for form in _forms(name):
                self._forms.setdefault(form, set()).add(meaning)

    def nearest(self, name: str) -> str | None:
        """Return the only meaning within one slip of the folded ``name``, else None."""
        found: set[str] = set()
        for form in _forms(name):
            found |= self._forms.get(form, set())
        return found.pop() if len(found) == 1 else None


def _forms(name: str) -> set[str]:
    if len(name) <= SHORT:
        return {name}
    return {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))}
