"""Make the committed workbooks and the data dictionary, or check that they are not stale.

``python -m sheetsync.templates`` writes the files of ``workbook_templates/`` anew; with
``--check`` it writes nothing and fails when one of them differs from what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sheetsync.catalog.demo import demo_rows
from sheetsync.catalog.demo_more import OWN_KPI
from sheetsync.catalog.kpis import KPIS, default_settings
from sheetsync.catalog.live import LIVE
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.settings import pack_setting_rows, setting_rows
from sheetsync.catalog.settings_packs import settings_rows
from sheetsync.catalog.tracker import tracker_of
from sheetsync.generated import run, write_all
from sheetsync.model.tracker import Column, Owner, Role, Tab, Tracker

CREATED = datetime(2026, 1, 1)
DEMO_AS_OF = date(2026, 2, 28)
FOLDER = Path(__file__).parent.parent / "workbook_templates"


def workbook_bytes(as_of: date | None = None, packs: Collection[str] = ()) -> bytes:
    """A new tracker as an .xlsx file: empty, or with a demo programme up to ``as_of``.

    ``packs`` (keys of PACKS) are the packs that it has.
    """
    from sheetsync.backends.xlsx.draw import draw

    return draw(tracker_of(packs), rows=first_rows(as_of, packs), created=CREATED)


def full_bytes() -> bytes:
    """An empty tracker with every tab: what a workbook's own tabs are put back from."""
    return workbook_bytes(packs=(*PACKS, LIVE))


def first_rows(
    as_of: date | None = None, packs: Collection[str] = ()
) -> Mapping[str, list[dict[str, Any]]]:
    """The rows of a new tracker by tab key: its settings, or a demo programme up to ``as_of``."""
    told = settings_rows(default_settings(), KPIS)
    settings = [asdict(row) for row in pack_setting_rows(packs)]
    if as_of is None:
        return {**told, "settings": [*(asdict(row) for row in setting_rows()), *settings]}
    rows = demo_rows(as_of, packs)
    own = [OWN_KPI] if "settings" in packs else []
    return {
        **told,
        **rows,
        "settings": [*rows["settings"], *settings],
        "catalogue": [*told["catalogue"], *own],
    }


def templates() -> Mapping[str, bytes]:
    """The content of every generated file by its name."""
    return {
        "lean.xlsx": workbook_bytes(),
        "full.xlsx": workbook_bytes(packs=PACKS),
        "demo.xlsx": workbook_bytes(DEMO_AS_OF),
        "data-dictionary.md": dictionary(tracker_of(PACKS)).encode(),
    }


def dictionary(tracker: Tracker) -> str:
    """The data dictionary: every tab and column, what may stand in it and what it means."""
    return "\n".join(_dictionary(tracker)) + "\n"


def _dictionary(tracker: Tracker) -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Made from the tracker's declaration by `python -m sheetsync.templates`."
    yield "People fill in columns owned by *you*; *sync* writes the others. `*` is required."
    yield from ("", "| pack | brings |", "|---|---|")
    yield from (f"| {pack} | {told} |" for pack, told in PACKS.items())
    for tab in tracker.tabs:
        pack = f" Pack `{tab.pack}`." if tab.pack else ""
        yield from ("", f"## {tab.title}", "", f"{tab.doc}{pack}")
        if tab.columns and tab.role is not Role.LISTS:
            yield from _columns(tab)
    yield from _setting_names()
    yield from ("", "## Lists", "")
    yield from ("| list | values |", "|---|---|")
    for name, choices in tracker.lists.items():
        yield f"| {name} | {', '.join(choice.value for choice in choices)} |"
    yield from ("", "## KPIs", "", "| id | name | unit | formula in words |", "|---|---|---|---|")
    for kpi in tracker.kpis:
        yield f"| {kpi.id} | {kpi.title} | {kpi.unit} | {_cell(kpi.words)} |"


def _setting_names() -> Iterator[str]:
    yield from ("", "## Names of settings", "")
    yield "Any of them may be added as a row of the tab Settings by its name."
    yield from ("", "| name | meaning |", "|---|---|")
    for row in (*setting_rows(), *pack_setting_rows(PACKS)):
        yield f"| `{row.name}` | {_cell(row.meaning)} Allowed: {_cell(row.allowed)}. |"


def _columns(tab: Tab) -> Iterator[str]:
    yield from (
        "",
        "| column | key | type | owner | allowed | meaning |",
        "|---|---|---|---|---|---|",
    )
    for column in tab.columns:
        star = " *" if column.required else ""
        owner = "you" if column.owner is Owner.USER else "sync"
        told = (f"{column.title}{star}", f"`{column.key}`", column.type, owner, _allowed(column))
        yield "| " + " | ".join((*told, _cell(column.doc))) + " |"


def _allowed(column: Column) -> str:
    if column.choices:
        return f"list {column.choices}" + (" or others" if column.open_list else "")
    if column.ref:
        extra = "".join(f" or {word}" for word in column.ref_extra)
        return f"an id of {column.ref}{extra}"
    if column.low is not None and column.high is not None:
        return f"{column.low:g} to {column.high:g}"
    return f"{column.low:g} or more" if column.low is not None else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def stale(folder: Path = FOLDER) -> list[str]:
    """The names of files that are missing or differ from what would be written."""
    return [
        name
        for name, content in templates().items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` tell which are stale (exit code 1)."""
    return run(arguments, "sheetsync.templates", stale, lambda: write_all(FOLDER, templates()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
