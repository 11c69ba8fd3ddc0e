"""What check, sync and demo have in common: one run over a workbook, with a bar and a report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sheetsync.commands.options import now
from sheetsync.failures import after, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from sheetsync.places import Opened
    from sheetsync.sync import Outcome, Progress

STEPS = ("starting", "reading", "cleaning", "computing", "planning", "writing")
UNSURE = "the sheet may have been written: run the same command again, it finishes what is missing"
"""What people read who stop a run while a network is between us and the workbook."""


def run(path: str, *, as_of: datetime | None, as_json: bool, dry_run: bool) -> Outcome:
    """Sync the workbook at an address (or only plan it) and tell the outcome."""
    import time

    started = time.perf_counter()
    with _progress(quiet=as_json) as bar, _no_collection():
        bar("starting")
        from sheetsync.catalog.tracker import FULL
        from sheetsync.console import as_json as outcome_json
        from sheetsync.console import tell
        from sheetsync.engines.duckdb import DuckDb
        from sheetsync.places import Remote, open_workbook
        from sheetsync.sync import sync as sync_workbook

        book = open_workbook(path)
        with _interrupts(remote=isinstance(book, Remote)) as guard:
            outcome = sync_workbook(
                book,
                FULL,
                DuckDb(None if isinstance(book, Remote) else Path(path).expanduser().parent),
                now=now(),
                as_of=as_of.date() if as_of else None,
                dry_run=dry_run,
                progress=lambda step: (guard(step), bar(step))[0],
            )
    with after("the workbook was written" if outcome.receipt else "nothing was changed"):
        if as_json:
            told = outcome_json(outcome, FULL, time.perf_counter() - started)
            if isinstance(book, Remote):
                told["traffic"] = dict(book.traffic)
            print_json(told)
        else:
            tell(console(), outcome, FULL, path)
        tell_notes(book)
    return outcome


def tell_notes(book: Opened) -> None:
    """Say on stderr what people should know of the workbook beside the results."""
    for note in book.notes:
        click.echo(f"Note: {note}", err=True)


def console() -> Console:
    """The terminal that reports are written to."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Leave garbage alone: a run makes millions of small values and hardly a cycle among them.

    What is alive at its end is looked through no more until the program's end.
    """
    import atexit
    import gc

    atexit.register(gc.unfreeze)  # libraries tell of their own parts that stay behind
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    """Show the steps as a bar on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=len(STEPS))

        def show(step: str) -> None:
            bar.update(task, description=step, completed=STEPS.index(step))

        yield show


@contextmanager
def _interrupts(*, remote: bool) -> Iterator[Callable[[str], None]]:
    """From the step "writing" on, hold Ctrl-C back until a file is written whole, within moments.

    A network may take minutes, so a run over one can be stopped: then it tells what may have been
    written.
    """
    import signal

    before = signal.getsignal(signal.SIGINT)
    reached = ""

    def guard(step: str) -> None:
        nonlocal reached
        reached = step
        if not remote:
            signal.signal(signal.SIGINT, signal.SIG_IGN if step == "writing" else before)

    try:
        yield guard
    except KeyboardInterrupt as error:
        if remote and reached == "writing":
            error.add_note(UNSURE)
        raise
    finally:
        if not remote:
            signal.signal(signal.SIGINT, before)
