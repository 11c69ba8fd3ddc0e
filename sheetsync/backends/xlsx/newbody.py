"""A table's new body with all that drawing it takes, so that another process can draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetsync.backends.xlsx.body import replace_body
from sheetsync.backends.xlsx.package import Packed, pack
from sheetsync.backends.xlsx.pen import keep_style
from sheetsync.backends.xlsx.ranges import Resize
from sheetsync.backends.xlsx.rows import cut
from sheetsync.backends.xlsx.styles import Styles
from sheetsync.backends.xlsx.tables import followed_tail
from sheetsync.model.values import Value


@dataclass(frozen=True, slots=True)
class NewBody:
    """The sheet ``old`` is to have other rows in its table; see ``body.replace_body``.

    ``styles`` is the styles part, ``resizes`` the tables that change their size, each with
    whether it is of this sheet.
    """

    old: Packed
    first_row: int
    last_row: int
    columns: Sequence[int]
    rows: Sequence[Sequence[Value]]
    date1904: bool
    styles: bytes
    resizes: Sequence[tuple[bool, Resize]]

    def run(self) -> Packed | None:
        """The sheet with these rows; None when that changes nothing, or takes new styles.

        Raises what ``replace_body`` does, and ValueError when the old sheet is damaged.
        """
        styles = Styles(self.styles) if self.styles else None
        sheet = cut(self.old.sound_content())
        replace_body(
            sheet,
            self.first_row,
            self.last_row,
            self.columns,
            self.rows,
            date1904=self.date1904,
            restyle=styles.for_value if styles else keep_style,
        )
        for own, change in self.resizes:
            sheet.tail = followed_tail(sheet.tail, change, own=own)
        if not sheet.differs or (styles and styles.xml != self.styles):
            return None
        return pack(sheet.chunks())
