"""The daily commands: check, sync, undo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sheetsync.commands.options import as_of_option, json_option, now, path_argument
from sheetsync.commands.running import console, run, tell_notes
from sheetsync.failures import after, print_json, telling

if TYPE_CHECKING:
    from datetime import datetime

    from sheetsync.places import Opened
    from sheetsync.sync import Outcome


@click.command()
@path_argument
@json_option
@as_of_option
def check(path: str, *, as_json: bool, as_of: datetime | None) -> None:
    """Read PATH and report what is wrong; writes nothing. Exit 1 when there are errors."""
    with telling(as_json):
        outcome = run(path, as_of=as_of, as_json=as_json, dry_run=True)
    if outcome.study.errors:
        sys.exit(1)


@click.command()
@path_argument
@click.option("--dry-run", is_flag=True, help="Print the exact plan and write nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 when errors remain.")
@json_option
@as_of_option
def sync(path: str, *, dry_run: bool, strict: bool, as_json: bool, as_of: datetime | None) -> None:
    """Clean PATH, compute KPIs and tiers, and write the results into it.

    PATH is a file, or the address of a Google Sheet.
    """
    with telling(as_json):
        outcome = synced(path, as_json=as_json, as_of=as_of, dry_run=dry_run)
    if strict and outcome.study.errors:
        sys.exit(1)


def synced(path: str, *, as_json: bool, as_of: datetime | None, dry_run: bool = False) -> Outcome:
    """Run over the workbook, and print the exact plan of a dry run."""
    outcome = run(path, as_of=as_of, as_json=as_json, dry_run=dry_run)
    if dry_run and not as_json and outcome.study.plan:
        from sheetsync.catalog.tracker import FULL
        from sheetsync.console import tell_plan

        tell_plan(console(), outcome.study.plan, FULL)
    return outcome


@click.command()
@path_argument
@json_option
@click.option("--as-of", expose_value=False, hidden=True, help="No difference to an undo.")
def undo(path: str, *, as_json: bool) -> None:
    """Take back the last sync of PATH, cell by cell; what people changed since stays."""
    with telling(as_json):
        import time

        from sheetsync.catalog.tracker import FULL
        from sheetsync.console import tell_undone, undone_json
        from sheetsync.places import Remote, open_workbook
        from sheetsync.sync import undo as undo_sync

        started = time.perf_counter()
        book = open_workbook(path)
        if _packs_taken_back(book, as_json=as_json):
            return
        undone = undo_sync(book, FULL, now=now())
        with after("the sync was taken back"):
            if as_json:
                told = undone_json(undone, book.name, FULL, time.perf_counter() - started)
                if isinstance(book, Remote):
                    told["traffic"] = dict(book.traffic)
                print_json(told)
            else:
                tell_undone(console(), undone, book.name, FULL)
            tell_notes(book)


def _packs_taken_back(book: Opened, *, as_json: bool) -> bool:
    """Take back the adding of packs, if that was the last run of a file and nobody saved since."""
    from sheetsync.backends.xlsx.workbook import XlsxWorkbook
    from sheetsync.packs import take_back
    from sheetsync.places import Remote

    run = None
    if isinstance(book, XlsxWorkbook):
        run = take_back(book, now=now())
    elif isinstance(book, Remote):
        from sheetsync.backends.google.workbook import GoogleWorkbook

        run = take_back(book, now=now()) if isinstance(book, GoogleWorkbook) else None
    if run is None:
        return False
    with after("the packs were taken back"):
        if as_json:
            told = {"workbook": book.name, "status": "undone", "run": run}
            print_json({**told, "restored": 0, "refused": []})
        else:
            click.echo(f"{book.name}  took back {run}: the file is as it was before the packs.")
        tell_notes(book)
    return True
