"""The commands that make a tracker: demo and new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sheetsync.commands.options import as_of_option, json_option, now, path_argument
from sheetsync.commands.packs import pack_option, profile_option, wanted
from sheetsync.commands.work import synced
from sheetsync.failures import after, print_json, telling

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False), metavar="[DIR]")
@json_option
@as_of_option
def demo(folder: str, *, as_json: bool, as_of: datetime | None) -> None:
    """Make a filled demo tracker in DIR (made if missing), sync it and say where to look."""
    with telling(as_json):
        path = _free_name(folder)
        _create(path, (as_of or now()).date(), ())
        with after(f"{path} was made"):
            synced(str(path), as_json=as_json, as_of=as_of)


@click.command()
@path_argument
@click.option("--demo", "with_demo", is_flag=True, help="Fill it with a demo programme.")
@profile_option
@pack_option
@json_option
@as_of_option
def new(
    path: str,
    *,
    with_demo: bool,
    profile: str,
    packs: tuple[str, ...],
    as_json: bool,
    as_of: datetime | None,
) -> None:
    """Make a new tracker at PATH: an .xlsx file, or the address of an empty Google Sheet.

    A file is never overwritten; in a Google Sheet only what is missing is made.
    """
    with telling(as_json):
        from pathlib import Path

        from sheetsync.backends.google.address import is_google

        demo_until = (as_of or now()).date() if with_demo else None
        if is_google(path):
            fill(path, demo_until, wanted(profile, packs), as_json=as_json)
            return
        _create(Path(path), demo_until, wanted(profile, packs))
        if as_json:
            print_json({"workbook": Path(path).name, "status": "written"})
        else:
            click.echo(f"Made {path}. Open it: the tab Start tells the five steps.")


def fill(address: str, demo_until: date | None, packs: tuple[str, ...], *, as_json: bool) -> None:
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


def _create(path: Path, demo_until: date | None, packs: tuple[str, ...]) -> None:
    from sheetsync.backends.xlsx.create import create
    from sheetsync.templates import workbook_bytes

    create(path, lambda: workbook_bytes(demo_until, packs))


def _free_name(folder: str) -> Path:
    from pathlib import Path

    from sheetsync.backends.xlsx.create import make_folder

    make_folder(Path(folder))
    names = (Path(folder) / f"sheetsync-demo{i}.xlsx" for i in ("", *map(str, range(2, 1000))))
    return next(path for path in names if not path.exists())
