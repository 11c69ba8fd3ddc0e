"""What several commands ask for in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""The years that --as-of may name, as in the tracker's own date columns."""


class Day(click.DateTime):
    """A day written as 2026-06-30, within the years that a workbook's dates may have."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the day's first moment; a usage error for anything else."""
        from datetime import datetime

        try:
            day = datetime.strptime(value, "%Y-%m-%d")
        except ValueError:
            self.fail(f"{value!r} is not a day: write it as 2026-06-30.", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between {FIRST_YEAR} and {LAST_YEAR}.", param, ctx)
        return day


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
as_of_option = click.option(
    "--as-of",
    type=Day(),
    metavar="DATE",
    help="Compute as of this day (2026-06-30) instead of today.",
)
path_argument = click.argument("path", type=click.Path(readable=False))


def now() -> datetime:
    """The computer's clock, with its time zone: commands are the only place that looks at it."""
    from datetime import datetime

    return datetime.now().astimezone()
