"""The command line: a thin shell. Heavy imports wait until a command runs.

Exit codes: 0 done or nothing to do, 1 errors found (``check``, ``sync --strict``), 2 could not
run and nothing was changed, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import click

from sheetsync import __version__
from sheetsync.commands.addin import addin
from sheetsync.commands.agent import agent
from sheetsync.commands.doctor import doctor
from sheetsync.commands.google import google
from sheetsync.commands.make import demo, new
from sheetsync.commands.packs import add_pack
from sheetsync.commands.work import check, sync, undo


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sheetsync")
def main() -> None:
    """Partner KPIs, tiers and data checks inside your own spreadsheet.

    Start with `sheetsync demo`, or make an empty tracker with `sheetsync new partners.xlsx`, fill
    it, and run `sheetsync sync partners.xlsx`. Nothing of yours is deleted or overwritten, and
    nothing leaves this computer unless the workbook is a Google Sheet of yours.
    """


for command in (demo, new, check, sync, undo, add_pack, google, doctor, agent, addin):
    main.add_command(command)
