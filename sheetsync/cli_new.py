"""What ``sheetsync new`` does with the address of a Google Sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sheetsync.failures import print_json

if TYPE_CHECKING:
    from datetime import date


def fill(
    address: str, demo_until: date | None, packs: tuple[str, ...] = (), *, as_json: bool
) -> None:
    """Make the tracker in the shared spreadsheet, with a demo programme where a day is given.

    ``packs`` (keys of PACKS) are the packs that it has, beside those that it has already.
    """
    from sheetsync.backends.google.address import spreadsheet_id
    from sheetsync.backends.google.auth import open_client
    from sheetsync.backends.google.create import create, packs_made
    from sheetsync.catalog.tracker import FULL, tracker_of
    from sheetsync.templates import first_rows

    client, sheet = open_client(), spreadsheet_id(address)
    there = {*packs, *packs_made(client, sheet, FULL)}
    made = create(client, sheet, tracker_of(there), first_rows(demo_until, there))
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
