"""Whatever becomes of the reading process, its parent tells it in one sentence."""

import io

import pytest
import xlsxwriter

from sheetsync.backends.xlsx import worker
from sheetsync.backends.xlsx.worker import ReaderBug, read_in_worker
from sheetsync.model.errors import WorkbookUnreadable


def a_file() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet()
    return out.getvalue()


TAKE = "import os, pickle, sys; sys.stdin.buffer.read()\n"


@pytest.mark.parametrize(
    ("child", "code"),
    [
        (f"{TAKE}os._exit(3)", "too_big"),
        (f"{TAKE}os._exit(9)", "crashed"),
        (f"{TAKE}print('no pickle at all')", "crashed"),
        (f"{TAKE}os.write(1, pickle.dumps(('snapshot', None))[:-4])", "crashed"),
        (f"{TAKE}os.write(1, pickle.dumps(('memory',)))", "too_big"),
        (f"{TAKE}os.write(1, pickle.dumps(('memory',))); os._exit(1)", "crashed"),
        ("raise SystemExit", "crashed"),
        ("import time; time.sleep(60)", "too_slow"),
    ],
)
def test_a_child_that_gives_no_answer(monkeypatch, child: str, code: str) -> None:
    monkeypatch.setattr(worker, "_START", child)
    seconds = 0.5 if code == "too_slow" else 30
    with pytest.raises(WorkbookUnreadable) as refusal:
        read_in_worker(a_file(), (), "b", seconds=seconds)
    assert refusal.value.code == code


def test_a_failure_of_the_reader_itself_is_no_fault_of_the_file(monkeypatch) -> None:
    start = (
        "from sheetsync.backends.xlsx import child\n"
        "def snapshot(*_): raise KeyError('x')\n"
        "child.snapshot = snapshot; child.main()"
    )
    monkeypatch.setattr(worker, "_START", start)
    with pytest.raises(ReaderBug, match="KeyError: 'x'") as bug:
        read_in_worker(a_file(), (), "b")
    assert "Traceback" in str(bug.value.__cause__)
