"""Text columns as codes into their distinct values, so that each distinct text is met once.

A column of 100,000 partner ids has a few hundred distinct ones: every test, look-up and conversion
below works on those and then spreads the answer by code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of texts: ``distinct[codes[i]]`` is cell i; the last one is None, the blank."""

    codes: Array
    distinct: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Array) -> Labels:
        return Labels(self.codes[rows], self.distinct)

    def tolist(self) -> list[str | None]:
        """Return the cells as a list."""
        return [self.distinct[code] for code in self.codes.tolist()]

    def among(self, allowed: Collection[str | None]) -> Array:
        """Tell (bool) for each cell whether it is one of ``allowed``."""
        told: Array = self._spread([value in allowed for value in self.distinct], "bool")
        return told

    def numbers(self, to: Mapping[Any, float]) -> Array:
        """Look each cell's number up; NaN where it has none."""
        nan = float("nan")
        return self._spread([to.get(value, nan) for value in self.distinct], "float64")

    def mapped(self, to: Mapping[Any, str | None]) -> Labels:
        """Replace each text by what it maps to; blank where it maps to nothing."""
        told = [to.get(value) for value in self.distinct]
        fresh = tuple(dict.fromkeys(v for v in told if v is not None))
        at = {value: code for code, value in enumerate((*fresh, None))}
        return Labels(self._spread([at[v] for v in told], "int64"), (*fresh, None))

    def where(self, keep: Array, other: str) -> Labels:
        """Keep the cells that the mask names; the others become ``other``."""
        import numpy as np

        values = (other, *self.distinct)
        return Labels(np.where(keep, self.codes + 1, 0), values)

    def or_else(self, other: Labels) -> Labels:
        """Fill blanks with the cells of ``other``."""
        import numpy as np

        blank = self.among((None,))
        both = joined(self, other)
        half = len(self)
        return Labels(np.where(blank, both.codes[half:], both.codes[:half]), both.distinct)

    def categories(self) -> pd.Categorical:
        """Return the column as a pandas categorical, blanks missing."""
        import numpy as np
        import pandas as pd

        names = tuple(dict.fromkeys(v for v in self.distinct if v is not None))
        at = {name: code for code, name in enumerate(names)} | {None: -1}
        codes = self._spread([at[v] for v in self.distinct], "int64")
        kinds = pd.Index(np.array(names, dtype=object), dtype=object)
        return pd.Categorical.from_codes(codes, categories=kinds)

    def _spread(self, told: Sequence[Any], dtype: str) -> Array:
        import numpy as np

        spread: Array = np.array(told, dtype=dtype)[self.codes]
        return spread


def labels(frame: pd.DataFrame, column: str) -> Labels:
    """Return a text column; all blank where the frame has no such column."""
    import numpy as np
    import pandas as pd

    if column not in frame:
        return Labels(np.zeros(len(frame), dtype="int64"), (None,))
    if isinstance(frame[column].dtype, pd.CategoricalDtype):
        codes = frame[column].cat.codes.to_numpy("int64")
        found = frame[column].cat.categories.tolist()
    else:
        codes, distinct_cells = pd.factorize(frame[column].to_numpy(dtype=object))
        found = distinct_cells.tolist()
    distinct = tuple(value if value != "" else None for value in found)
    return Labels(np.where(codes < 0, len(distinct), codes), (*distinct, None))


def joined(first: Labels, second: Labels) -> Labels:
    """Put one column after the other."""
    import numpy as np

    codes = np.concatenate([first.codes, second.codes + len(first.distinct)])
    return Labels(codes, (*first.distinct, *second.distinct))
