"""`sheetsync agent URL`: does what the menu inside a Google Sheet asks for, while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from sheetsync.commands.google import google
from sheetsync.commands.options import json_option, now
from sheetsync.failures import print_json, telling

if TYPE_CHECKING:
    from sheetsync.backends.google.agent import Answer
    from sheetsync.backends.google.workbook import GoogleWorkbook
    from sheetsync.sync import Outcome, Study


@click.command()
@click.argument("address", metavar="URL")
@click.option(
    "--every",
    type=click.FloatRange(2, 600),
    default=10.0,
    metavar="SECONDS",
    help="How often to look for requests (10: 6 of the 60 reads a minute that Google allows).",
)
@click.option("--once", is_flag=True, help="Answer what waits now and end; for schedulers.")
@json_option
def agent(address: str, *, every: float, once: bool, as_json: bool) -> None:
    """Serve the menu `sheetsync` of the Google Sheet at URL until Ctrl-C.

    The menu (see `sheetsync google script`) leaves requests in a hidden tab; this takes them, runs
    them on this computer and answers in the sheet. Several computers may serve one sheet.
    """
    with telling(as_json):
        from sheetsync.backends.google.agent import Agent
        from sheetsync.backends.google.client import SystemClock

        book = _open(address)
        log = _log(as_json=as_json)
        served = Agent(
            book.client,
            book.id,
            lambda what: run(book, what),
            clock=SystemClock(),
            now=now,
            tell=log,
        )
        try:
            if once:
                count = served.look()
                log(f"{count} request{'s' if count != 1 else ''} answered.")
                return
            log(f"Looking for requests every {every:g} seconds; Ctrl-C ends it.")
            served.serve(every)
        except KeyboardInterrupt as stopped:
            stopped.add_note(f"{served.answered} requests were answered")
            raise


@google.command()
@click.argument("folder", type=click.Path(file_okay=False), metavar="DIR")
@json_option
def script(folder: str, *, as_json: bool) -> None:
    """Put the menu's script (Apps Script files) into DIR, to add it to a sheet."""
    with telling(as_json):
        from pathlib import Path

        from sheetsync.backends.google.apps_script import write_files

        names = write_files(Path(folder))
        if as_json:
            print_json({"folder": folder, "files": names})
        else:
            click.echo(f"Put {', '.join(names)} into {folder}. The README tells how to add them.")


def _open(address: str) -> GoogleWorkbook:
    from sheetsync.backends.google.workbook import GoogleWorkbook
    from sheetsync.model.errors import WorkbookMissing
    from sheetsync.places import open_workbook

    book = open_workbook(address)
    if not isinstance(book, GoogleWorkbook):
        raise WorkbookMissing(
            f"{address} is a file, and the menu is for Google Sheets: give the sheet's address, or "
            "use `sheetsync sync`. Nothing was changed."
        )
    return book


def _log(*, as_json: bool) -> Callable[[str], None]:
    """Print one line for each thing that happens, with its time."""

    def tell(sentence: str) -> None:
        at = now()
        if as_json:
            print_json({"at": at.isoformat(timespec="seconds"), "message": sentence})
        else:
            click.echo(f"{at:%H:%M:%S} {' '.join(sentence.split())}")

    return tell


def run(book: GoogleWorkbook, what: str) -> Answer:
    """Do "sync", "check" or "strict" on a sheet and tell what came of it.

    Raises SheetsyncError.
    """
    from sheetsync.backends.google.agent import Answer
    from sheetsync.catalog.tracker import FULL
    from sheetsync.engines.duckdb import DuckDb
    from sheetsync.sync import study, sync

    if what == "strict":
        from sheetsync.backends.google.apps_script.score import score_text

        told = study(book, FULL, DuckDb(), now=now())
        if not told.plan:
            return Answer(_message("unchanged", told))
        return Answer(_message("written", told), score_text(book, told.plan, FULL.tabs))
    outcome: Outcome = sync(book, FULL, DuckDb(), now=now(), dry_run=what == "check")
    return Answer(_message(outcome.status, outcome.study))


def _message(status: str, told: Study) -> str:
    """What the person who asked reads: counts, and the run that undo takes back."""
    from collections import Counter

    from sheetsync.model.problems import Severity

    counts = Counter(problem.severity for problem in told.problems)
    open_ones = [f"{counts[s]} {s}{'s' if counts[s] != 1 else ''}" for s in Severity if counts[s]]
    issues = f"Issues: {', '.join(open_ones) or 'none'}."
    fixes = f"{len(told.fixes)} cell{'s' if len(told.fixes) != 1 else ''}"
    match status:
        case "written":
            return f"Written as of {told.as_of}; {fixes} corrected. {issues} Run {told.plan.run}."
        case "unchanged":
            return f"Up to date as of {told.as_of}: nothing to write. {issues}"
        case _:
            return f"Checked as of {told.as_of}; nothing written, {fixes} to correct. {issues}"
