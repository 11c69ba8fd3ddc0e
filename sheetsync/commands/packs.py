"""Packs of tabs on the command line: the options of ``new``, and ``add-pack``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetsync.failures import after, print_json, telling

if TYPE_CHECKING:
    from sheetsync.packs import Added, Extensible

PACK_NAMES = ("attribution", "voice", "contracts", "goals", "customers", "settings", "insight")


class Packs(click.ParamType):  # type: ignore[type-arg]
    """Names of packs parted by commas."""

    name = "packs"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names; a usage error for one that there is not."""
        if isinstance(value, tuple):
            return value
        told = dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip())
        unknown = [name for name in told if name not in PACK_NAMES]
        if unknown or not told:
            what = f"There is no pack {unknown[0]!r}" if unknown else "No pack was named"
            self.fail(f"{what}; there are {', '.join(PACK_NAMES)}.", param, ctx)
        return tuple(told)


pack_option = click.option(
    "--pack",
    "packs",
    type=Packs(),
    default=(),
    metavar="PACK[,PACK]",
    help=f"Packs of tabs to have besides the lean ones: {', '.join(PACK_NAMES)}.",
)
profile_option = click.option(
    "--profile",
    type=click.Choice(["lean", "full"]),
    default="lean",
    help="lean: the seven tabs to fill in; full: all packs with them.",
)


def wanted(profile: str, packs: tuple[str, ...]) -> tuple[str, ...]:
    """The packs that a profile and an option ask for together."""
    return PACK_NAMES if profile == "full" else packs


@click.command("add-pack")
@click.argument("path", type=click.Path(readable=False))
@click.argument("packs", type=Packs(), metavar="PACK[,PACK]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--as-of", expose_value=False, hidden=True, help="No difference to the tabs.")
def add_pack(path: str, packs: tuple[str, ...], *, as_json: bool) -> None:
    """Add packs of tabs to the tracker at PATH: what it lacks of them, nothing else.

    Packs: attribution, voice, contracts, goals, customers, settings, insight. Every cell and tab
    that is there stays as it is; adding a pack again changes nothing.
    """
    with telling(as_json):
        from datetime import datetime

        from sheetsync.packs import add_packs

        book = _opened(path)
        added = add_packs(book, packs, now=datetime.now().astimezone())
        with after("the packs were added" if added.receipt else "nothing was changed"):
            _tell(added, path, as_json=as_json)
            for note in book.notes:
                click.echo(f"Note: {note}", err=True)


def _opened(path: str) -> Extensible:
    """The tracker at a path or at the address of a Google Sheet."""
    from sheetsync.backends.google.address import is_google, spreadsheet_id
    from sheetsync.backends.xlsx.workbook import XlsxWorkbook

    if not is_google(path):
        from pathlib import Path

        return XlsxWorkbook(Path(path))
    from sheetsync.backends.google.auth import open_client
    from sheetsync.backends.google.workbook import GoogleWorkbook

    return GoogleWorkbook(open_client(), spreadsheet_id(path))


def _tell(added: Added, path: str, *, as_json: bool) -> None:
    if as_json:
        status = "written" if added.receipt else "unchanged"
        told = {"tabs": list(added.tabs), "settings": list(added.settings)}
        print_json({"workbook": path, "status": status, **told})
        return
    if added.receipt is None:
        click.echo(f"{path} has these packs already: nothing was changed.")
        return
    what = [f"the tabs {', '.join(added.tabs)}"] if added.tabs else []
    what += [f"{len(added.settings)} rows on Settings"] if added.settings else []
    click.echo(f"Added to {path}: {' and '.join(what)}. Now run: sheetsync sync {path}")
