"""The command line: a thin shell. A command is imported when it is asked for, its libraries later.

Exit codes: 0 done or nothing to do, 1 errors found (``check``, ``sync --strict``), 2 could not
run and nothing was changed, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

from importlib import import_module

import click

from sheetsync import __version__

COMMANDS = {
    "demo": ("make", "Make a filled demo tracker, sync it, and say where to look."),
    "new": ("make", "Make a tracker: a file, or tabs in an empty Google Sheet."),
    "check": ("work", "Read a tracker and report what is wrong; writes nothing."),
    "sync": ("work", "Clean a tracker, compute KPIs and tiers, write the results."),
    "undo": ("work", "Take back the last sync, cell by cell."),
    "add-pack": ("packs", "Add packs of tabs to a tracker in use."),
    "google": ("google", "Sign in to Google, or get the button for a Google Sheet."),
    "agent": ("agent", "Serve the button in a Google Sheet."),
    "addin": ("addin", "Put the button Recalculate into Excel, and serve it."),
    "doctor": ("doctor", "Look over this computer's Excel, or a Google Sheet."),
}
"""By name: the module of ``sheetsync.commands`` that holds the command, and what it does."""


class Commands(click.Group):
    """The commands of ``COMMANDS``, in that order; listing them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """The names of all commands, those of every day first."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sheetsync.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands for ``--help``."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sheetsync")
def main() -> None:
    """Partner KPIs, tiers and data checks inside your own spreadsheet.

    Start with `sheetsync demo`, or make an empty tracker with `sheetsync new partners.xlsx`, fill
    it, and run `sheetsync sync partners.xlsx`. Nothing of yours is deleted or overwritten, and
    nothing leaves this computer unless the workbook is a Google Sheet of yours.
    """
