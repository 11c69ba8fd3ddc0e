"""Whatever becomes of the reading process, its parent tells it in one sentence."""

import io
from datetime import datetime

import pytest
import xlsxwriter

from sheetsync.backends.xlsx import worker
from sheetsync.backends.xlsx.draw import draw
from sheetsync.backends.xlsx.reader import snapshot
from sheetsync.backends.xlsx.worker import ReaderBug, read_in_worker
from sheetsync.catalog.tracker import LEAN
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


@pytest.fixture
def two_readers(monkeypatch) -> None:
    """As on a machine with two processors and a file worth two children."""
    monkeypatch.setattr(worker, "SHARED_FROM", 0)
    monkeypatch.setattr(worker, "processors", lambda: 2)


@pytest.mark.usefixtures("two_readers")
def test_two_children_read_what_one_reads() -> None:
    rows = [{"deal_id": f"D-{i}"} for i in range(50)]
    data = draw(LEAN, rows={"deals": rows}, created=datetime(2026, 1, 1))
    told = read_in_worker(data, LEAN.tabs, "b")
    whole = snapshot(data, LEAN.tabs, "b")
    assert told == whole
    assert [*told.tables, *told.reports] == [*whole.tables, *whole.reports]
    shares = [snapshot(data, LEAN.tabs, "b", (i, 2)) for i in range(2)]
    assert all(share.tables for share in shares)
    assert not shares[0].tables.keys() & shares[1].tables.keys()


OTHER = (
    "import os, pickle, sys\n"
    "job = pickle.load(sys.stdin.buffer)\n"
    "if job[-1][0] == {place}: {fate}\n"
    "from sheetsync.backends.xlsx import child\n"
    "from sheetsync.backends.xlsx.reader import snapshot\n"
    "told = snapshot(sys.stdin.buffer.read(), *job[:2], job[-1])\n"
    "child._tell(('snapshot', told), sys.stdout.buffer)\n"
)


@pytest.mark.usefixtures("two_readers")
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    ("fate", "code"),
    [
        ("os._exit(9)", "crashed"),
        ("os._exit(3)", "too_big"),
        ("os.write(1, pickle.dumps(('refused', 'no', 'odd'))); os._exit(0)", "odd"),
        ("import time; time.sleep(60)", "too_slow"),
    ],
)
def test_nothing_is_read_when_one_of_two_children_fails(
    monkeypatch, place: int, fate: str, code: str
) -> None:
    monkeypatch.setattr(worker, "_START", OTHER.format(place=place, fate=fate))
    with pytest.raises(WorkbookUnreadable) as refusal:
        read_in_worker(a_file(), (), "b", seconds=1.0 if code == "too_slow" else 30)
    assert refusal.value.code == code


@pytest.mark.usefixtures("two_readers")
def test_no_child_outlives_an_interrupt(monkeypatch) -> None:
    started = []

    def start(code: str) -> object:
        started.append(start_child(code))
        return started[-1]

    def interrupted(_: bytes) -> None:
        raise KeyboardInterrupt

    start_child = worker.start
    monkeypatch.setattr(worker, "start", start)
    monkeypatch.setattr(worker, "preflight", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_in_worker(a_file(), (), "b")
    assert len(started) == 2
    assert all(child.poll() is not None for child in started)
