"""What the README shows is what people get: every console block is run and compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from sheetsync import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)


def sessions(block):
    """The commands of a block with the output shown under each."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def alike(shown, printed):
    """Compare line by line; a line ``…`` stands for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line.rstrip()) + r"[ ]*\n"
        for line in shown.splitlines()
    )
    return re.fullmatch(pattern, printed)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_session_prints_what_the_readme_shows(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for command, shown in sessions(BLOCKS[number]):
        words = shlex.split(command)
        assert words[0] == "sheetsync"
        told = CliRunner().invoke(cli.main, words[1:])
        assert told.exit_code in (0, 1), told.output
        assert alike(shown, told.stdout), f"$ {command}\n{told.stdout}"


def test_there_is_a_session():
    assert BLOCKS


def test_every_command_and_flag_is_documented():
    context = click.Context(cli.main)
    for name in cli.main.list_commands(context):
        command = cli.main.get_command(context, name)
        assert command.name == name
        assert f"sheetsync {name}" in README
        for option in command.params:
            for flag in option.opts:
                if flag.startswith("--") and not option.hidden:
                    assert flag in README, (name, flag)


def test_the_files_that_the_readme_names_are_there():
    root = Path(__file__).parent.parent
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    named = re.findall(r"`((?:sheetsync|workbook_templates|tests)/[\w/.-]+)`", README)
    assert links
    for name in (*links, *named):
        assert (root / name).exists(), name


def test_the_documented_json_is_json():
    import json

    block = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert block
    assert "kpis" in json.loads(block[1])
