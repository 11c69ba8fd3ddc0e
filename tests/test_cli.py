"""The command line as people and scripts meet it: words, exit codes, JSON, start-up."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from sheetsync import cli
from sheetsync.console import _line
from tests.trackers import demo_file, opened

DAY = ["--as-of", "2026-06-30"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder: run("sync", "x.xlsx") -> click Result."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli.main, list(map(str, words)))


@pytest.fixture(scope="module")
def demo_bytes(tmp_path_factory):
    return demo_file(tmp_path_factory.mktemp("demo") / "demo.xlsx").read_bytes()


@pytest.fixture
def demo(demo_bytes, tmp_path):
    path = tmp_path / "partners.xlsx"
    path.write_bytes(demo_bytes)
    return path


def python(*words, **options):
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, **options
    )


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom sheetsync.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'duckdb', 'numpy', 'gspread', 'xlwings', 'openpyxl', 'pydantic',"
        " 'xlsxwriter', 'rich', 'phonenumbers', 'babel'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert python("-c", code).stdout.splitlines()[-1] == "[]"


def test_help_takes_at_most_six_times_as_long_as_an_empty_program():
    def seconds(*words):
        start = time.perf_counter()
        python(*words)
        return time.perf_counter() - start

    python("-m", "sheetsync", "--help")
    pairs = [(seconds("-c", "pass"), seconds("-m", "sheetsync", "--help")) for _ in range(15)]
    empty, help_ = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert help_ / empty <= 6


def test_a_run_says_nothing_but_its_report(demo):
    told = python("-m", "sheetsync", "sync", str(demo), *DAY)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("command", ["demo", "new", "check", "sync", "undo"])
def test_every_command_explains_itself(run, command):
    told = run(command, "--help")
    assert told.exit_code == 0
    assert "--json" in told.output


def test_demo_makes_syncs_and_tells_where_to_look(run, tmp_path):
    told = run("demo", *DAY)
    assert told.exit_code == 0, told.output
    assert (tmp_path / "sheetsync-demo.xlsx").is_file()
    assert "Dashboard" in told.output
    assert "Issues" in told.output


def test_demo_makes_its_folder(run, tmp_path):
    assert run("demo", "new/folder", *DAY).exit_code == 0
    assert (tmp_path / "new/folder/sheetsync-demo.xlsx").is_file()


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(run, tmp_path):
    (tmp_path / "file").touch()
    told = run("demo", "file/below", *DAY)
    assert told.exit_code == 2
    assert "file/below could not be made" in told.stderr


def test_a_second_demo_leaves_the_first(run, tmp_path):
    run("demo", *DAY)
    first = (tmp_path / "sheetsync-demo.xlsx").read_bytes()
    assert run("demo", *DAY).exit_code == 0
    assert (tmp_path / "sheetsync-demo.xlsx").read_bytes() == first
    assert (tmp_path / "sheetsync-demo2.xlsx").is_file()


@pytest.mark.parametrize(("path", "words"), [(".", "is a folder"), ("", "No workbook was named")])
@pytest.mark.parametrize("command", ["check", "sync", "undo"])
def test_what_is_no_file_is_told_as_such(run, command, path, words):
    told = run(command, path)
    assert told.exit_code == 2
    assert words in told.stderr
    assert told.stderr.count("\n") == 1


def test_new_never_overwrites(run, demo, demo_bytes):
    told = run("new", demo)
    assert told.exit_code == 2
    assert "never overwritten" in told.stderr
    assert demo.read_bytes() == demo_bytes


@pytest.mark.parametrize("name", ["x.csv", "x", "no/such/folder/x.xlsx"])
def test_new_wants_a_sensible_name(run, tmp_path, name):
    assert run("new", name).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_new_makes_an_empty_tracker_that_checks_clean(run):
    assert run("new", "p.xlsx").exit_code == 0
    told = run("check", "p.xlsx", *DAY)
    assert told.exit_code == 0, told.output


def test_check_writes_nothing_and_exits_1_on_errors(run, demo, demo_bytes):
    assert run("check", demo, *DAY).exit_code == 1
    assert demo.read_bytes() == demo_bytes


def test_sync_exits_0_and_with_strict_1(run, demo):
    assert run("sync", demo, *DAY).exit_code == 0
    assert run("sync", demo, *DAY).exit_code == 0
    assert run("sync", demo, "--strict", *DAY).exit_code == 1


def test_a_dry_run_prints_the_plan_and_writes_nothing(run, demo, demo_bytes):
    told = run("sync", demo, "--dry-run", *DAY)
    assert told.exit_code == 0
    assert "→" in told.output
    assert demo.read_bytes() == demo_bytes


def test_undo_tells_what_it_restored(run, demo):
    run("sync", demo, *DAY)
    told = run("undo", demo)
    assert told.exit_code == 0, told.output
    assert "took back" in told.output
    assert run("undo", demo).exit_code == 2


SHAPES = {
    "issues": {
        *("code", "severity", "tab", "key", "row", "column", "found", "message", "suggested"),
    },
    "fixes": {"code", "tab", "key", "row", "column", "before", "after"},
    "kpis": {"kpi", "partner_id", "month", "value", "n", "low", "high", "flag"},
    "tiers": {
        *("partner_id", "tier", "score", "state", "target_tier", "health", "direction"),
    },
}


@pytest.mark.parametrize("command", ["check", "sync"])
def test_json_has_the_documented_shape(run, demo, command):
    told = json.loads(run(command, demo, "--json", *DAY).stdout)
    assert list(told) == [
        *("workbook", "as_of", "status", "tabs", "issues", "fixes", "kpis", "tiers", "seconds"),
    ]
    assert told["workbook"] == "partners.xlsx"
    assert told["as_of"] == "2026-06-30"
    assert told["status"] == ("planned" if command == "check" else "written")
    for name, keys in SHAPES.items():
        assert told[name], name
        assert all(set(item) == keys for item in told[name])
    for counts in told["tabs"].values():
        assert counts["rows"] == counts["used"] + counts["excluded"]


def test_json_of_undo(run, demo):
    run("sync", demo, *DAY)
    told = json.loads(run("undo", demo, "--json").stdout)
    assert told["status"] == "undone"
    assert told["refused"] == []
    assert told["restored"] > 0


def test_json_of_a_failure_is_json(run):
    told = run("sync", "none.xlsx", "--json")
    assert told.exit_code == 2
    assert set(json.loads(told.stdout)["error"]) == {"kind", "message"}


BAD = {
    "missing.xlsx": None,
    "empty.xlsx": b"",
    "text.xlsx": b"Partner;Deal\n1;2\n",
    "page.xlsx": b"<html><table></table></html>",
    "old.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "cut.xlsx": b"PK\x03\x04" + b"\0" * 50,
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", ["check", "sync", "undo"])
def test_the_wrong_file_gets_one_sentence(run, tmp_path, name, command):
    if BAD[name] is not None:
        (tmp_path / name).write_bytes(BAD[name])
    told = run(command, name)
    assert told.exit_code == 2
    assert told.stdout == ""
    assert told.stderr.startswith("sheetsync: ")
    assert "Traceback" not in told.stderr
    assert told.stderr.strip().endswith(".")
    assert len(told.stderr) < 500


def test_a_folder_is_not_a_workbook(run, tmp_path):
    assert run("sync", tmp_path).exit_code == 2


@pytest.mark.skipif(os.name != "posix", reason="signals are posix")
def test_ctrl_c_changes_nothing(demo, demo_bytes, tmp_path):
    code = (
        "import os, signal, sheetsync.sync as s\n"
        "s.measure = lambda *a: os.kill(os.getpid(), signal.SIGINT)\n"
        "from sheetsync.cli import main\n"
        f"main(['sync', {str(demo)!r}])"
    )
    told = python("-c", code, env={**os.environ, "SHEETSYNC_STATE": str(tmp_path / "state")})
    assert told.returncode == 130
    assert told.stderr == "Stopped; nothing was changed.\n"
    assert demo.read_bytes() == demo_bytes


def broken(tmp_path, demo, said, *words, **environment):
    """Sync with one step replaced by the statement ``said``."""
    code = (
        "import errno, sheetsync.sync as s\n"
        f"def wrong(*a, **k):\n    {said}\n"
        "s.measure = wrong\n"
        "from sheetsync.cli import main\n"
        f"main(['sync', {str(demo)!r}, *{words!r}])"
    )
    state = {"SHEETSYNC_STATE": str(tmp_path / "state")}
    return python("-c", code, env={**os.environ, **state, **environment})


SURPRISES = {
    "raise KeyError('x')": "This is a bug in sheetsync (KeyError: 'x'); nothing was changed.",
    "raise OSError(errno.ENOSPC, 'No space left')": "The disk or the output failed",
    "raise MemoryError": "ran out of memory; nothing was changed.",
}


@pytest.mark.parametrize(("said", "sentence"), SURPRISES.items())
def test_a_surprise_is_told_in_one_sentence(tmp_path, demo, demo_bytes, said, sentence):
    told = broken(tmp_path, demo, said)
    assert told.returncode == 2
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert demo.read_bytes() == demo_bytes


def test_a_bug_is_json_too_and_shows_its_traceback_on_request(tmp_path, demo):
    told = broken(tmp_path, demo, "raise KeyError('x')", "--json")
    assert json.loads(told.stdout)["error"]["kind"] == "Bug"
    told = broken(tmp_path, demo, "raise KeyError('x')", SHEETSYNC_DEBUG="1")
    assert "Traceback" in told.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals are posix")
def test_ctrl_c_that_a_library_tells_in_its_own_words_is_still_ctrl_c(tmp_path, demo):
    said = (
        "import os, signal\n    try:\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n        raise RuntimeError('interrupted')"
    )
    told = broken(tmp_path, demo, said)
    assert told.returncode == 130
    assert told.stderr == "Stopped; nothing was changed.\n"


def shell(tmp_path, *words, **more):
    state = {"SHEETSYNC_STATE": str(tmp_path / "state")}
    environment = {**os.environ, **state, **more.pop("env", {})}
    return python("-m", "sheetsync", *map(str, words), env=environment, **more)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_old_consoles_see_plainer_signs(tmp_path, demo_bytes, encoding):
    path = tmp_path / "Überblick – 日本.xlsx"
    path.write_bytes(demo_bytes)
    told = subprocess.run(
        [sys.executable, "-m", "sheetsync", "sync", path, "--dry-run", *DAY],
        env={
            **os.environ,
            "PYTHONIOENCODING": encoding,
            "SHEETSYNC_STATE": str(tmp_path / "state"),
        },
        capture_output=True,
        check=False,
    )
    assert told.returncode == 0
    assert told.stderr == b""
    assert b"berblick" in told.stdout
    assert b"->" in told.stdout


def test_json_for_an_old_console_loses_nothing(tmp_path, demo_bytes):
    path = tmp_path / "Überblick 日本.xlsx"
    path.write_bytes(demo_bytes)
    told = shell(tmp_path, "check", path, "--json", *DAY, env={"PYTHONIOENCODING": "ascii"})
    assert json.loads(told.stdout)["workbook"] == path.name


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_output_that_cannot_be_printed_is_told(tmp_path, demo, words):
    command = [sys.executable, "-m", "sheetsync", "sync", demo, *words, *DAY]
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "SHEETSYNC_STATE": str(tmp_path / "state")},
        )
    assert told.returncode == 2
    assert "nothing was changed" not in told.stderr
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="pipes are posix")
def test_a_reader_who_stops_reading_sees_no_traceback(tmp_path, demo):
    command = f'"{sys.executable}" -m sheetsync sync "{demo}" --dry-run | head -n 1'
    told = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SHEETSYNC_STATE": str(tmp_path / "state")},
    )
    assert told.stderr == ""


@pytest.mark.parametrize("day", ["30.06.2026", "2026-13-01", "0001-01-01", "9999-12-31", "today"])
def test_as_of_wants_a_day(run, demo, demo_bytes, day):
    told = run("sync", demo, "--as-of", day)
    assert told.exit_code == 2
    assert repr(day) in told.stderr
    assert demo.read_bytes() == demo_bytes


def test_too_long_a_name_is_told(run, tmp_path):
    told = run("new", f"{'x' * 300}.xlsx")
    assert told.exit_code == 2
    assert "Nothing was made." in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_report_names_the_currency(run, demo):
    told = run("check", demo, *DAY)
    money = [line for line in told.output.splitlines() if "Revenue" in line or "Pipeline" in line]
    assert all(line.split()[2] == "EUR" for line in money[:2])


def test_what_concerns_a_whole_column_is_listed_first(run, demo):
    book = opened(demo)
    book["Deals"]["D1"] = "something else"
    book.save(demo)
    listed = [line for line in run("check", demo, *DAY).output.splitlines() if " row " in line]
    assert "Deals row 1" in listed[0]
    assert "is missing" in listed[0]


def test_a_narrow_terminal_breaks_lines_at_words():
    narrow = Console(file=StringIO(), force_terminal=True, width=40, soft_wrap=True, no_color=True)
    _line(narrow, "  error Deals row 2 [Reason]: it is needed because the stage is lost", "red")
    lines = narrow.file.getvalue().splitlines()
    assert lines[0].endswith("[Reason]: it is")
    assert lines[1] == "    needed because the stage is lost"
