"""The command line: a thin shell. Heavy imports wait until a command runs.

Exit codes: 0 done or nothing to do, 1 errors found (``check``, ``sync --strict``), 2 could not
run and nothing was changed, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sheetsync import __version__
from sheetsync.cli_doctor import doctor
from sheetsync.cli_google import google
from sheetsync.cli_packs import add_pack, pack_option, profile_option, wanted
from sheetsync.failures import after, print_json, telling

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from sheetsync.backends.xlsx.workbook import XlsxWorkbook
    from sheetsync.sync import Outcome, Progress

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""The years that --as-of may name, as in the tracker's own date columns."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Day(click.DateTime):
    """A day written as 2026-06-30, within the years that a workbook's dates may have."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the day's first moment; a usage error for anything else."""
        from datetime import datetime

        try:
            day = datetime.strptime(value, "%Y-%m-%d")
        except ValueError:
            self.fail(f"{value!r} is not a day: write it as 2026-06-30.", param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(f"{value!r} is not between {FIRST_YEAR} and {LAST_YEAR}.", param, ctx)
        return day


as_of_option = click.option(
    "--as-of",
    type=Day(),
    metavar="DATE",
    help="Compute as of this day (2026-06-30) instead of today.",
)
path_argument = click.argument("path", type=click.Path(readable=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sheetsync")
def main() -> None:
    """Partner KPIs, tiers and data checks inside your own spreadsheet.

    Start with `sheetsync demo`, or make an empty tracker with `sheetsync new partners.xlsx`, fill
    it, and run `sheetsync sync partners.xlsx`. Nothing of yours is deleted or overwritten, and
    nothing leaves this computer.
    """


main.add_command(google)
main.add_command(add_pack)
main.add_command(doctor)


@main.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False), metavar="[DIR]")
@json_option
@as_of_option
def demo(folder: str, *, as_json: bool, as_of: datetime | None) -> None:
    """Make a filled demo tracker in DIR (made if missing), sync it and say where to look."""
    with telling(as_json):
        path = _free_name(folder)
        _create(path, demo=True, as_of=as_of)
        with after(f"{path} was made"):
            _sync(str(path), as_json=as_json, as_of=as_of)


@main.command()
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

        if is_google(path):
            from sheetsync.cli_new import fill

            day = (as_of or _now()).date() if with_demo else None
            fill(path, day, wanted(profile, packs), as_json=as_json)
            return
        _create(Path(path), demo=with_demo, as_of=as_of, packs=wanted(profile, packs))
        if as_json:
            print_json({"workbook": Path(path).name, "status": "written"})
        else:
            click.echo(f"Made {path}. Open it: the tab Start tells the five steps.")


@main.command()
@path_argument
@json_option
@as_of_option
def check(path: str, *, as_json: bool, as_of: datetime | None) -> None:
    """Read PATH and report what is wrong; writes nothing. Exit 1 when there are errors."""
    with telling(as_json):
        outcome = _run(path, as_of=as_of, as_json=as_json, dry_run=True)
    if outcome.study.errors:
        sys.exit(1)


@main.command()
@path_argument
@click.option("--dry-run", is_flag=True, help="Print the exact plan and write nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 when errors remain.")
@json_option
@as_of_option
def sync(path: str, *, dry_run: bool, strict: bool, as_json: bool, as_of: datetime | None) -> None:
    """Clean PATH, compute KPIs and tiers, and write the results into it."""
    with telling(as_json):
        outcome = _sync(path, as_json=as_json, as_of=as_of, dry_run=dry_run)
    if strict and outcome.study.errors:
        sys.exit(1)


@main.command()
@path_argument
@json_option
@click.option("--as-of", expose_value=False, hidden=True, help="No difference to an undo.")
def undo(path: str, *, as_json: bool) -> None:
    """Take back the last sync of PATH, cell by cell; what people changed since stays."""
    with telling(as_json):
        import time

        from sheetsync.catalog.tracker import FULL
        from sheetsync.console import tell_undone, undone_json
        from sheetsync.sync import undo as undo_sync

        started = time.perf_counter()
        book = _open(path)
        undone = undo_sync(book, FULL, now=_now())
        with after("the sync was taken back"):
            if as_json:
                print_json(undone_json(undone, book.name, FULL, time.perf_counter() - started))
            else:
                tell_undone(_console(), undone, book.name, FULL)
            _tell_notes(book)


def _sync(path: str, *, as_json: bool, as_of: datetime | None, dry_run: bool = False) -> Outcome:
    outcome = _run(path, as_of=as_of, as_json=as_json, dry_run=dry_run)
    if dry_run and not as_json and outcome.study.plan:
        from sheetsync.catalog.tracker import FULL
        from sheetsync.console import tell_plan

        tell_plan(_console(), outcome.study.plan, FULL)
    return outcome


def _run(path: str, *, as_of: datetime | None, as_json: bool, dry_run: bool) -> Outcome:
    import time

    started = time.perf_counter()
    with _progress(quiet=as_json) as progress, _no_collection():
        progress("starting")
        from sheetsync.catalog.tracker import FULL
        from sheetsync.console import as_json as outcome_json
        from sheetsync.console import tell
        from sheetsync.engines.duckdb import DuckDb
        from sheetsync.sync import sync as sync_workbook

        book = _open(path)
        outcome = sync_workbook(
            book,
            FULL,
            DuckDb(),
            now=_now(),
            as_of=as_of.date() if as_of else None,
            dry_run=dry_run,
            progress=progress,
        )
    with after("the workbook was written" if outcome.receipt else "nothing was changed"):
        if as_json:
            print_json(outcome_json(outcome, FULL, time.perf_counter() - started))
        else:
            tell(_console(), outcome, FULL, path)
        _tell_notes(book)
    return outcome


@contextmanager
def _no_collection() -> Iterator[None]:
    """Leave garbage alone: a run makes millions of small values and hardly a cycle among them."""
    import gc

    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _tell_notes(book: XlsxWorkbook) -> None:
    for note in book.notes:
        click.echo(f"Note: {note}", err=True)


def _open(path: str) -> XlsxWorkbook:
    from pathlib import Path

    from sheetsync.backends.xlsx.workbook import XlsxWorkbook
    from sheetsync.model.errors import WorkbookMissing

    if not path.strip():
        raise WorkbookMissing("No workbook was named: give its path. Nothing was changed.")
    return XlsxWorkbook(Path(path), template=_fresh)


def _fresh() -> bytes:
    from sheetsync.templates import full_bytes

    return full_bytes()


def _create(path: Path, *, demo: bool, as_of: datetime | None, packs: tuple[str, ...] = ()) -> None:
    from sheetsync.backends.xlsx.create import create
    from sheetsync.templates import workbook_bytes

    day = (as_of or _now()).date() if demo else None
    create(path, lambda: workbook_bytes(day, packs))


def _free_name(folder: str) -> Path:
    from pathlib import Path

    from sheetsync.backends.xlsx.create import make_folder

    make_folder(Path(folder))
    names = (Path(folder) / f"sheetsync-demo{i}.xlsx" for i in ("", *map(str, range(2, 1000))))
    return next(path for path in names if not path.exists())


def _now() -> datetime:
    from datetime import datetime

    return datetime.now().astimezone()


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    """Show the steps as a bar on a terminal; Ctrl-C waits while the file is being exchanged."""
    steps = ("starting", "reading", "cleaning", "computing", "planning", "writing")
    with _uninterrupted_write() as guard:
        if quiet or not sys.stderr.isatty():
            yield guard
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:<10}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("starting", total=len(steps))

            def show(step: str) -> None:
                guard(step)
                bar.update(task, description=step, completed=steps.index(step))

            yield show


@contextmanager
def _uninterrupted_write() -> Iterator[Callable[[str], None]]:
    """Hold back Ctrl-C from the step "writing" on: a sync is then done whole, within moments."""
    import signal

    before = signal.getsignal(signal.SIGINT)

    def guard(step: str) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN if step == "writing" else before)

    try:
        yield guard
    finally:
        signal.signal(signal.SIGINT, before)
