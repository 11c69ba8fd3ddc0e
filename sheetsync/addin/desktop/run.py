"""What the ribbon's buttons run: one use case on the workbook of the Excel that was clicked in.

Excel starts a new Python for each click, so nothing heavy is imported before the first sight of
progress. Steps stand in Excel's status bar, what came of it in a message. Whatever fails is one
sentence: an exception that left here would be shown as a traceback.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sheetsync.places import Opened

TITLE = "sheetsync"
_Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Click:
    """The workbook that was clicked in: its ``folder`` on this computer, None for one elsewhere."""

    book: Opened
    folder: Path | None
    show: _Show


def recalculate() -> None:
    """Clean the workbook, compute, and write the results into it; it is not saved."""
    _clicked(_synced)


def check() -> None:
    """Tell what is wrong and what a recalculation would change."""
    _clicked(_checked)


def undo() -> None:
    """Take back the last recalculation, cell by cell."""
    _clicked(_undone)


def _synced(click: _Click, *, dry_run: bool = False) -> str:
    from sheetsync.addin.desktop.message import told
    from sheetsync.catalog.tracker import FULL
    from sheetsync.engines.duckdb import DuckDb
    from sheetsync.sync import sync

    engine = DuckDb(click.folder)
    outcome = sync(click.book, FULL, engine, now=_now(), dry_run=dry_run, progress=click.show)
    return told(outcome, FULL, click.book.notes)


def _checked(click: _Click) -> str:
    return _synced(click, dry_run=True)


def _undone(click: _Click) -> str:
    from sheetsync.addin.desktop.message import told_undone
    from sheetsync.catalog.tracker import FULL
    from sheetsync.sync import undo as take_back

    click.show("taking back")
    return told_undone(take_back(click.book, FULL, now=_now()), FULL, click.book.notes)


def _clicked(work: Callable[[_Click], str]) -> None:
    """Do the work on the workbook that was clicked in, and show what came of it there."""
    try:
        import xlwings

        clicked = xlwings.Book.caller()
        app, name = clicked.app, str(clicked.name)
    except Exception as error:  # noqa: BLE001 - whatever it is, VBA shows this sentence
        raise SystemExit(f"Excel's active workbook was not found: {_words(error)}") from None
    with _status(app) as show:
        show("starting")
        text, mode = _done(work, name, _folder(clicked), show)
    app.alert(text, TITLE, mode=mode)


def _done(
    work: Callable[[_Click], str], name: str, folder: Path | None, show: _Show
) -> tuple[str, str]:
    """What to tell, and as what (info or critical); never raises."""
    from sheetsync.backends.excel.attach import PREFIX
    from sheetsync.model.errors import SheetsyncError
    from sheetsync.places import open_workbook

    try:
        return work(_Click(open_workbook(PREFIX + name), folder, show)), "info"
    except SheetsyncError as error:
        return str(error), "critical"
    except Exception as error:  # noqa: BLE001 - people get a sentence, never a traceback
        return f"This is a bug in sheetsync ({_words(error)}). Look at the Sync Log.", "critical"


def _folder(clicked: Any) -> Path | None:
    """Where files that the tracker names are looked for: beside a workbook on this computer."""
    from pathlib import Path

    with contextlib.suppress(Exception):  # xlwings cannot place every workbook of a cloud
        folder = Path(str(clicked.fullname)).parent
        return folder if folder.is_absolute() else None
    return None


@contextlib.contextmanager
def _status(app: Any) -> Iterator[_Show]:
    """Show steps in the status bar; the bar is Excel's own again afterwards.

    An Excel that is too busy to show a step is no reason to fail.
    """

    def show(step: str | bool) -> None:
        with contextlib.suppress(Exception):
            app.status_bar = f"{TITLE}: {step} …" if isinstance(step, str) else step

    try:
        yield show
    finally:
        show(step=False)


def _words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _now() -> datetime:
    from datetime import datetime

    return datetime.now().astimezone()
