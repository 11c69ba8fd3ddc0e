"""The commands `sheetsync addin desktop | carry | office-script`: files to hand to people."""

from __future__ import annotations

import click

from sheetsync.commands.options import json_option, path_argument
from sheetsync.failures import print_json, telling

LABEL = "sheetsync"
XLAM, SCRIPT = "sheetsync.xlam", "recalc.ts"


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    default=XLAM,
    show_default=True,
    metavar="FILE",
    help="Where to write it.",
)
@click.option("--label", default=LABEL, show_default=True, help="The title of its ribbon tab.")
@json_option
def desktop(out: str, *, label: str, as_json: bool) -> None:
    """Write an Excel add-in with buttons that run this Python, where web add-ins are not allowed.

    For Excel on Windows and Mac. It holds macros, and names the Python of this computer.
    """
    with telling(as_json):
        from pathlib import Path

        from sheetsync.addin.desktop.addin import write

        path = Path(out).expanduser().absolute()
        steps = write(path, label=label)
        if as_json:
            print_json({"status": "written", "file": str(path), "clicks": list(steps)})
            return
        click.echo(f"Wrote {path}. What is left to you:")
        for number, step in enumerate(steps, 1):
            click.echo(f"{number}. {step}")


@click.command()
@path_argument
@json_option
def carry(path: str, *, as_json: bool) -> None:
    """Let the tracker PATH (a file) open with the pane wherever the add-in is installed."""
    with telling(as_json):
        from sheetsync.addin.carry import carry as let_carry

        told = let_carry(path)
        status = "written" if told.changed else "unchanged"
        if as_json:
            print_json({"workbook": told.name, "status": status})
        else:
            done = "opens with the pane" if told.changed else "opened with the pane already"
            click.echo(f"{told.name} {done}.")
        for note in told.notes:
            click.echo(f"Note: {note}", err=True)


@click.command()
@click.option(
    "--origin", required=True, metavar="URL", help="Where Excel finds the server of the team."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    default=SCRIPT,
    show_default=True,
    metavar="FILE",
    help="Where to write it.",
)
@json_option
def office_script(origin: str, *, out: str, as_json: bool) -> None:
    """Write an Office Script that asks a hosted server, for Excel's tab Automate.

    The server must run with --office-scripts. The team's token is put in by hand.
    """
    with telling(as_json):
        from pathlib import Path

        from sheetsync.addin.office_script import write

        path = Path(out).expanduser().absolute()
        write(path, origin)
        if as_json:
            print_json({"status": "written", "file": str(path)})
            return
        click.echo(
            f"Wrote {path}. In Excel choose Automate > New Script, paste it, and put the team's "
            "token into its function settings: whoever may open the script reads it."
        )
