"""The measuring itself: children count, failures speak, the floor names what changed."""

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from tests.bench import floor, measure
from tests.bench.measure import Cost

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"
HOLD = "import time; block = bytearray(120_000_000); time.sleep(0.2); print('held')"


def test_cpu_of_children_counts() -> None:
    cost, _ = measure.run([sys.executable, "-c", CHILD], os.environ)
    assert cost.cpu >= 0.3
    assert cost.wall > 0


def test_peak_memory_is_seen_in_the_tree_and_by_the_kernel() -> None:
    cost, said = measure.run([sys.executable, "-c", HOLD], os.environ)
    assert said == "held\n"
    assert cost.tree_mb > 115
    assert cost.max_mb > 115


def test_an_unexpected_exit_code_shows_what_was_said() -> None:
    code = "print('no such file'); raise SystemExit(2)"
    with pytest.raises(measure.Failed, match="ended with 2:\nno such file"):
        measure.run([sys.executable, "-c", code], os.environ)
    assert measure.run([sys.executable, "-c", code], os.environ, accept=(0, 2))[1]


def test_medians_and_spread() -> None:
    costs = [Cost(1, 2.0, 10, 5), Cost(3, 4.0, 30, 6), Cost(2, 3.0, 20, 7)]
    assert measure.median(costs) == Cost(2, 3.0, 20, 6)
    assert measure.spread(costs) == pytest.approx(2 / 3)


def test_the_floor_knows_which_parts_changed(tmp_path: Path) -> None:
    before, after = tmp_path / "before.xlsx", tmp_path / "after.xlsx"
    for path, text in ((before, "<a>1</a>"), (after, "<a>2</a>")):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("same.xml", "<same/>")
            book.writestr("sheet.xml", text)
    assert floor.changed_parts(before, after) == ("sheet.xml",)
    assert floor.floor_seconds(before, after) >= 0
    command = [sys.executable, str(Path(floor.__file__)), str(before), str(after)]
    assert json.loads(measure.run(command, os.environ)[1])["changed"] == ["sheet.xml"]
