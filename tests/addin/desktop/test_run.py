"""The ribbon's buttons on a fake Excel: what they write, say and show meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import xlwings

from sheetsync.addin.desktop import run
from sheetsync.model.errors import SheetsyncError
from tests.fakes.excel.engine import App, Book
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.excel.registered import registered
from tests.fakes.excel.world import FakeExcel
from tests.trackers import demo_file

STEPS = [
    f"sheetsync: {step} …"
    for step in ("starting", "reading", "cleaning", "computing", "planning", "writing")
]


class Window:
    """An Excel with the demo open; ``said`` are its messages, ``bar`` its status bar's texts."""

    def __init__(self, path, monkeypatch):
        self.book = opened(path)
        self.excel = FakeExcel([self.book])
        self.said, self.bar = [], []
        alert = lambda _app, text, title, _buttons, mode, _callback: self.said.append(  # noqa: E731
            (title, mode, text)
        )
        monkeypatch.setattr(App, "alert", alert, raising=False)
        status = property(lambda _app: False, lambda _app, text: self.bar.append(text))
        monkeypatch.setattr(App, "status_bar", status, raising=False)

    def told(self):
        """The one message that was shown since the last time: its kind and its lines."""
        ((title, mode, text),) = self.said
        self.said.clear()
        assert title == "sheetsync"
        return mode, text.splitlines()


@pytest.fixture
def window(tmp_path, monkeypatch):
    monkeypatch.setenv("SHEETSYNC_STATE", str(tmp_path / "state"))
    window = Window(demo_file(tmp_path / "Partners.xlsx"), monkeypatch)
    with registered(window.excel):
        monkeypatch.setattr(xlwings.Book, "_mock_caller", None, raising=False)
        xlwings.books.active.set_mock_caller()
        yield window


def cells(window):
    return {sheet.title: dict(sheet.cells) for sheet in window.book.sheets}


def test_a_click_writes_and_says_what_changed_and_undo_takes_it_back(window):
    before = cells(window)
    run.check()
    mode, lines = window.told()
    assert mode == "info"
    assert lines[0].startswith("Partners.xlsx, as of ")
    assert lines[1].startswith("Nothing was written. Recalculate would correct ")
    assert cells(window) == before

    window.bar.clear()
    run.recalculate()
    assert window.bar == [*STEPS, False]
    mode, lines = window.told()
    assert (mode, cells(window) != before) == ("info", True)
    assert lines[1].startswith("Recalculated; ")
    assert lines[1].endswith(" cells corrected. Undo takes it back.")
    assert any(" → " in line for line in lines)
    assert any(
        line.startswith("Issues: ") and line.endswith("(see the tab Issues).") for line in lines
    )
    assert len(lines) < 30

    run.recalculate()
    assert window.told()[1][1] == "Up to date: nothing was written."

    run.undo()
    mode, lines = window.told()
    assert lines[0].startswith("Took back 20")
    assert mode == "info"
    assert cells(window)["Partners"] == before["Partners"]


def test_a_status_bar_that_cannot_be_written_is_no_reason_to_fail(window, monkeypatch):
    def busy(_app, _text):
        raise OSError("busy")

    monkeypatch.setattr(App, "status_bar", property(lambda _app: False, busy))
    run.undo()
    assert window.told()[1][0].startswith("No sync of Partners.xlsx is recorded")


def test_what_is_known_to_go_wrong_is_one_sentence(window):
    run.undo()
    mode, lines = window.told()
    assert mode == "critical"
    assert len(lines) == 1
    assert lines[0].startswith("No sync of Partners.xlsx is recorded here that could be undone")
    assert window.bar[-1] is False


def test_a_bug_is_one_sentence_without_a_traceback(window, monkeypatch):
    monkeypatch.setattr("sheetsync.sync.study", lambda *_a, **_k: 1 / 0)
    run.recalculate()
    mode, lines = window.told()
    assert mode == "critical"
    assert lines == [
        "This is a bug in sheetsync (ZeroDivisionError: division by zero). Look at the Sync Log."
    ]


def test_a_tab_that_is_protected_is_told_and_nothing_is_written(window):
    before = cells(window)
    window.book.sheet("Partners").protected = True
    run.recalculate()
    mode, lines = window.told()
    assert mode == "critical"
    assert "protected" in lines[0]
    assert cells(window) == before


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        ("{tmp}/Team/Partners.xlsx", "{tmp}/Team"),
        ("https://acme.example/sites/x/Partners.xlsx", None),
        ("Book1", None),
        (None, None),
    ],
)
def test_files_that_the_tracker_names_are_looked_for_beside_a_local_workbook(
    window, monkeypatch, tmp_path, place, folder
):
    def fullname(_book):
        if place is None:
            raise xlwings.XlwingsError("cannot be placed")
        return place.format(tmp=tmp_path)

    seen = []

    class Engine:
        def __init__(self, folder):
            seen.append(folder)
            raise SheetsyncError("enough")

    monkeypatch.setattr(Book, "fullname", property(fullname), raising=False)
    monkeypatch.setattr("sheetsync.engines.duckdb.DuckDb", Engine)
    run.recalculate()
    assert window.told() == ("critical", ["enough"])
    assert seen == [folder and Path(folder.format(tmp=tmp_path))]


def test_without_an_excel_that_called_it_ends_with_one_sentence(monkeypatch):
    monkeypatch.delattr(xlwings.Book, "_mock_caller", raising=False)
    with pytest.raises(SystemExit, match=r"^Excel's active workbook was not found: "):
        run.recalculate()


def test_the_command_of_the_buttons_starts_light():
    """What VBA runs imports neither pandas nor DuckDB before the status bar says something."""
    code = (
        "import sys; from sheetsync.addin.desktop import run; run.recalculate, run.check, run.undo;"
        "print([m for m in ('pandas', 'duckdb', 'xlwings', 'click') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
