"""The checklist for people with Excel: short, whole, and of commands that there are."""

from __future__ import annotations

import re
from pathlib import Path

import click

from sheetsync import cli

TEXT = (Path(__file__).parent / "excel-checklist.md").read_text(encoding="utf-8")
STEPS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d", line)
]


def test_it_has_at_most_fifteen_steps_each_with_what_should_be_seen():
    assert [int(step[0]) for step in STEPS] == list(range(1, len(STEPS) + 1))
    assert len(STEPS) <= 15
    assert all(len(step) == 4 and len(step[3]) > 20 for step in STEPS)


def test_every_platform_is_tried():
    wheres = " ".join(step[1] for step in STEPS)
    assert all(platform in wheres for platform in ("Windows", "Mac", "web"))


def test_its_commands_are_there():
    named = set(re.findall(r"`sheetsync (\w+)(?: ([a-z-]+))?", TEXT))
    assert ("addin", "desktop") in named
    for name, inner in named:
        command = cli.main.get_command(click.Context(cli.main), name)
        assert command is not None, name
        assert not inner or inner in getattr(command, "commands", {})
