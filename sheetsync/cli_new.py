"""What ``sheetsync new`` does with the address of a Google Sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sheetsync.failures import print_json

if TYPE_CHECKING:
    from datetime import date


def fill(address: str, demo_until: date | None, *, as_json: bool) -> None:
    """Make the tracker in the shared spreadsheet, with a demo programme where a day is given."""
    from sheetsync.backends.google.address import spreadsheet_id
    from sheetsync.backends.google.auth import open_client
    from sheetsync.backends.google.create import create
    from sheetsync.catalog.tracker import LEAN
    from sheetsync.templates import first_rows

    client = open_client()
    made = create(client, spreadsheet_id(address), LEAN, first_rows(demo_until))
    if as_json:
        traffic = {
            "requests": client.requests,
            "sent": client.sent,
            "received": client.received,
        }
        status = "written" if made.requests else "unchanged"
        print_json({"workbook": made.title, "status": status, "traffic": traffic})
    elif made.requests:
        click.echo(f"Made the tracker in {made.title}. Its tab Start tells the five steps.")
    else:
        click.echo(f"The tracker in {made.title} was complete already: nothing was changed.")
