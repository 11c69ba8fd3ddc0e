"""The use case of adding packs of tabs to a tracker in use: what it lacks, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sheetsync.backends.xlsx.extend import Addition
from sheetsync.backends.xlsx.workbook import XlsxWorkbook
from sheetsync.catalog.settings import pack_setting_rows
from sheetsync.catalog.settings_packs import settings_rows
from sheetsync.catalog.tracker import FULL, tracker_of
from sheetsync.clean.lists import with_added_values
from sheetsync.clean.settings import read_settings
from sheetsync.layout.log import last_run, runs_done
from sheetsync.layout.tables import rows_of
from sheetsync.model.errors import NotATracker, NothingToUndo, WriteFailed
from sheetsync.model.plan import AppendRows, Plan
from sheetsync.model.present import Present, present
from sheetsync.model.tracker import Role, Tab, Tracker, plain
from sheetsync.model.values import result_of

if TYPE_CHECKING:
    from sheetsync.backends.google.workbook import GoogleWorkbook
    from sheetsync.model.settings import Settings
    from sheetsync.model.snapshot import Snapshot
    from sheetsync.model.workbook import Receipt

    Extensible = XlsxWorkbook | GoogleWorkbook

KIND = "packs"
"""What the Sync Log calls such a run."""

CREATED = datetime(2026, 1, 1)
"""The day in the properties of the drawing that tabs are taken from; it is not copied."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was added: titles of tabs, names of settings; ``receipt`` None when nothing was."""

    tabs: tuple[str, ...]
    settings: tuple[str, ...]
    receipt: Receipt | None = None


def add_packs(book: Extensible, packs: Collection[str], *, now: datetime) -> Added:
    """Add to a workbook the tabs, lists and settings of packs (keys of PACKS) that it lacks.

    Raises NotATracker, WriteFailed when people's own tab has the title of one to be added, and
    whatever reading and writing raise; nothing was changed then.
    """
    found = book.read(FULL.tabs)
    here = present(FULL, found)
    if not any(tab.key in here.seen.tables for tab in here.tracker.of_role(Role.ENTRY)):
        raise NotATracker(f"{book.name} is not a tracker: packs are added to one. Nothing changed.")
    tracker = tracker_of({*here.packs, *packs})
    new = _lacking(tracker, packs, here, found)
    settings = _settings(here)
    rows = _setting_lines(packs, settings, here.seen)
    hidden = "settings" in packs and any(tab.pack == "settings" for tab in new)
    if not new and not rows:
        return Added((), ())
    names = tuple(str(row["name"]) for row in rows)
    titles = tuple(tab.title for tab in new)

    def told(seen: Snapshot) -> Plan:
        return _plan(seen, rows, _note(packs, titles), now)

    wanted = _Wanted(tracker, new, settings, shown=hidden)
    return Added(titles, names, _extended(book, here.seen.fingerprint, wanted, told))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The tabs to add, of the tracker that the workbook then has; ``shown``: its lists, too."""

    tracker: Tracker
    tabs: tuple[Tab, ...]
    settings: Settings
    shown: bool


def _extended(
    book: Extensible, fingerprint: str, wanted: _Wanted, told: Callable[[Snapshot], Plan]
) -> Receipt:
    """Add tabs in the way of the place where the workbook lives."""
    rows = settings_rows(wanted.settings, wanted.tracker.kpis)
    if isinstance(book, XlsxWorkbook):
        lists = {
            name: tuple(choice.value for choice in wanted.tracker.lists[name])
            for name in _lists_of(wanted.tabs)
        }
        titles, drawn = tuple(tab.title for tab in wanted.tabs), _drawn(wanted.tracker, rows)
        addition = Addition(titles, drawn, lists, shown=wanted.shown)
        return book.extend(fingerprint, addition, told, FULL.tabs)
    from sheetsync.backends.google.adding import Extension, extend

    extension = Extension(wanted.tracker, wanted.tabs, rows, shown=wanted.shown)
    return extend(book, extension, told, FULL.tabs)


def take_back(book: Extensible, *, now: datetime) -> str | None:
    """Give a file back as it was before packs were added, if that was the last thing done to it.

    Returns the run that was taken back. None when the last run was another one, and when the tabs
    stay, which is noted, but an earlier sync can be undone: a file was saved since, or it is a
    Google Sheet, where people may have typed into them. Raises NothingToUndo when they stay and
    there is no such sync.
    """
    seen = book.read(FULL.tabs)
    last = last_run(seen)
    if last is None or last[0] != KIND:
        return None
    stay = "packs that were added to a Google Sheet are not taken back, for people may use them"
    if isinstance(book, XlsxWorkbook):
        if book.put_back(last[1], f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-undo"):
            return last[1]
        stay = "adding packs is taken back only while nobody has saved the workbook since"
    if not runs_done(seen):
        raise NothingToUndo(
            f"{book.name}: {stay}. Delete the tabs that you do not want. Nothing was changed."
        )
    book.notes = (*book.notes, f"The packs that were added stay: {stay}.")
    return None


def _lacking(
    tracker: Tracker, packs: Collection[str], here: Present, found: Snapshot
) -> tuple[Tab, ...]:
    """The tabs of the packs that are not there; WriteFailed when people use the title."""
    new = tuple(t for t in tracker.tabs if t.pack in packs and t.key not in here.seen.tables)
    taken = next((tab for tab in new if tab.key in found.tables), None)
    if taken is not None:
        title = found.tables[taken.key].title
        raise WriteFailed(
            f"{found.name} has a tab {title} with other columns already: rename that tab, then add "
            f"the pack {taken.pack} again. Nothing was changed."
        )
    return new


def _settings(here: Present) -> Settings:
    assert here.tracker.defaults is not None
    tracker, _ = with_added_values(here.tracker, here.seen)
    return read_settings(here.seen, tracker, here.tracker.defaults)[0]


def _setting_lines(
    packs: Collection[str], settings: Settings, seen: Snapshot
) -> list[Mapping[str, Any]]:
    """Rows of the packs that the tab Settings lacks."""
    table = seen.tables.get("settings")
    if table is None:
        return []
    known = {plain(str(result_of(name))) for name in table.column("name")}
    return [asdict(r) for r in pack_setting_rows(packs, settings) if plain(r.name) not in known]


def _lists_of(tabs: Sequence[Tab]) -> list[str]:
    return list(dict.fromkeys(c.choices for tab in tabs for c in tab.columns if c.choices))


def _drawn(tracker: Tracker, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    from sheetsync.backends.xlsx.draw import draw

    return draw(tracker, rows=rows, created=CREATED)


def _note(packs: Collection[str], titles: Sequence[str]) -> str:
    tabs = f": tabs {', '.join(titles)}" if titles else ""
    return f"added the packs {', '.join(packs)}{tabs}"


def _plan(seen: Snapshot, rows: Sequence[Mapping[str, Any]], note: str, now: datetime) -> Plan:
    """Append the settings and a line of the Sync Log."""
    at = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    run = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-packs"
    line = {"at": at, "run": run, "kind": KIND, "note": note}
    told: dict[str, Sequence[Mapping[str, Any]]] = {"log": [line]}
    if rows:
        told = {"settings": rows, **told}
    ops = tuple(
        AppendRows(key, tuple(c.key for c in tab.columns), rows_of(tab, lines))
        for key, lines in told.items()
        for tab in (FULL.tab(key),)
    )
    return Plan(ops, seen.fingerprint, run)
