"""A tracker that carries the pane: Excel opens it together with the workbook.

Two small parts name the add-in and ask that its pane be shown with the document ([MS-OWEXML]).
Where the add-in is installed the pane opens; everywhere else they say nothing and do nothing.
All other parts of the workbook keep their bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from sheetsync.addin.manifest import ADDIN_ID, AUTO_SHOW, VERSION
from sheetsync.backends.xlsx.draft import Draft
from sheetsync.backends.xlsx.graft import insert
from sheetsync.backends.xlsx.markup import children, parse
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.transplant import free_name

if TYPE_CHECKING:
    from sheetsync.backends.xlsx.journal import Journal, Run
    from sheetsync.backends.xlsx.workbook import XlsxWorkbook

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KINDS = "http://schemas.microsoft.com/office/2011/relationships"
_SCHEMAS = "http://schemas.microsoft.com/office/webextensions"
_PANES, _EXTENSION = "xl/webextensions/taskpanes.xml", "xl/webextensions/webextension1.xml"
_PANES_TYPE = "application/vnd.ms-office.webextensiontaskpanes+xml"
_EXTENSION_TYPE = "application/vnd.ms-office.webextension+xml"


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it: ``changed`` is False when the workbook carried the pane already."""

    name: str
    changed: bool
    notes: tuple[str, ...] = ()


def carry(path: Path | str, *, state: Path | None = None) -> Carried:
    """Let the tracker at ``path`` (.xlsx or .xlsm) open with the pane; a repeat changes nothing.

    It is saved as a sync saves it: whole or not at all, with the bytes from before in the journal
    under ``state``. Raises NotATracker, StaleSnapshot, and what reading and saving raise; nothing
    was changed then.
    """
    from sheetsync.backends.xlsx.lease import lease
    from sheetsync.backends.xlsx.locks import refuse_if_open
    from sheetsync.backends.xlsx.workbook import XlsxWorkbook

    book = XlsxWorkbook(path, state=state)
    fingerprint = _tracker_fingerprint(book)
    real, journal = book.path.resolve(), book.journal
    with lease(journal.state, real, journal.clock()):
        notes = (*book.notes, *refuse_if_open(real), *journal.recover(real))
        data = _same(book, real, fingerprint)
        new = carried(data)
        if new == data:
            return Carried(book.name, changed=False, notes=notes)
        return Carried(book.name, changed=True, notes=(*notes, *_save(journal, real, data, new)))


def carried(data: bytes) -> bytes:
    """The bytes of a workbook that carries the pane; the very same where it does already.

    Panes of other add-ins stay. Raises WorkbookUnreadable.
    """
    draft = Draft(Package.open(data))
    panes = _related(draft, "", "webextensiontaskpanes")
    extensions = _related(draft, panes[0], "webextension") if panes else []
    ours = next((part for part in extensions if _is_ours(draft.read(part))), "")
    if ours and _is_shown(draft.read(ours)):
        return data
    if ours:
        draft.write(ours, _extension())
    else:
        _add(draft, panes[0] if panes else "")
    return draft.package.with_parts(draft.changes())


def _tracker_fingerprint(book: XlsxWorkbook) -> str:
    """The hash of a file that is a tracker; NotATracker for another."""
    from sheetsync.catalog.tracker import FULL
    from sheetsync.model.errors import NotATracker
    from sheetsync.model.tracker import Role

    seen = book.read(FULL.tabs)
    if not any(tab.key in seen.tables for tab in FULL.of_role(Role.ENTRY)):
        raise NotATracker(
            f"{book.name} is not a tracker: make one with `sheetsync new PATH`, or give the right "
            "file. Nothing was changed."
        )
    return seen.fingerprint


def _same(book: XlsxWorkbook, real: Path, fingerprint: str) -> bytes:
    """The bytes that were looked at, if nobody saved since and they may be written."""
    from sheetsync.backends.xlsx.preflight import write_refusal
    from sheetsync.backends.xlsx.save import digest
    from sheetsync.backends.xlsx.workbook import read_bytes
    from sheetsync.model.errors import StaleSnapshot, WriteFailed

    data = read_bytes(book.disk, real)
    if digest(data) != fingerprint:
        raise StaleSnapshot(
            f"“{book.name}” was saved by someone in this moment: run again. Nothing was changed."
        )
    if refusal := write_refusal(data):
        raise WriteFailed(refusal)
    return data


def _save(journal: Journal, real: Path, data: bytes, new: bytes) -> tuple[str, ...]:
    """Record the old bytes, then exchange the file; returns notes for people."""
    from sheetsync.backends.xlsx.save import digest, save
    from sheetsync.model.errors import SheetsyncError
    from sheetsync.model.plan import Plan

    name = f"{journal.clock().astimezone(UTC):%Y%m%dT%H%M%SZ}-pane"
    run = journal.begin(Plan((), digest(data), name), real, data, new)
    try:
        saved = save(real, run.before, new, disk=journal.disk, mark=journal.mark)
    except SheetsyncError:
        _settle(journal, real, run)
        raise
    journal.done(run)
    return saved.notes


def _settle(journal: Journal, real: Path, run: Run) -> None:
    """After a refused save: the run is discarded unless its bytes stand there all the same."""
    from sheetsync.backends.xlsx.save import digest
    from sheetsync.model.errors import SheetsyncError

    try:
        if digest(journal.disk.read(real)) != run.after:
            journal.discard(run)
    except (OSError, SheetsyncError):  # the next run settles it
        return


def _related(draft: Draft, part: str, kind: str) -> list[str]:
    """The parts that a part ("" for the package) leads to by that kind of relationship."""
    rels = draft.book.rels(part)
    return [
        rel.target_part for rel in rels if rel.kind == kind and rel.target_part in draft.package
    ]


def _is_ours(extension: bytes) -> bool:
    """Whether a webextension part refers to our add-in."""
    references = children(parse(extension, _EXTENSION), "reference")
    return any(one.get("id", "").strip("{}").casefold() == ADDIN_ID for one in references)


def _is_shown(extension: bytes) -> bool:
    """Whether a webextension part asks for its pane to be shown."""
    told = (one for block in children(parse(extension, _EXTENSION), "properties") for one in block)
    return any(one.get("name") == AUTO_SHOW and one.get("value") == "true" for one in told)


def _extension() -> bytes:
    """The part that names the add-in: as one that is sideloaded, or put in by an administrator."""
    instance = str(uuid5(UUID(ADDIN_ID), AUTO_SHOW)).upper()
    return (
        f'{_HEAD}<we:webextension xmlns:we="{_SCHEMAS}/webextension/2010/11" id="{{{instance}}}">'
        f'<we:reference id="{ADDIN_ID}" version="{VERSION}" store="developer" '
        'storeType="Registry"/><we:alternateReferences/><we:properties>'
        f'<we:property name="{AUTO_SHOW}" value="true"/></we:properties><we:bindings/>'
        f'<we:snapshot xmlns:r="{_OFFICE}"/></we:webextension>'
    ).encode()


def _pane(relation: str, panes: bytes) -> bytes:
    """The pane's element, without a prefix: on the right, below the panes that are there.

    ``visibility`` is 0, so that Excel does not ask people who lack the add-in to trust it.
    """
    row = len(re.findall(rb"<(?:[\w.-]+:)?taskpane\s", panes))
    return (
        f'<taskpane dockstate="right" visibility="0" width="350" row="{row}">'
        f'<webextensionref xmlns:r="{_OFFICE}" r:id="{relation}"/></taskpane>'
    ).encode()


def _add(draft: Draft, panes: str) -> None:
    """Add our extension, and its pane to those in the part ``panes``, "" where there is none."""
    part = free_name(draft.package, set(), _EXTENSION)
    draft.write(part, _extension())
    _declare(draft, part, _EXTENSION_TYPE)
    if not panes:
        panes = free_name(draft.package, set(), _PANES)
        space = f'xmlns:wetp="{_SCHEMAS}/taskpanes/2010/11"'
        draft.write(panes, f"{_HEAD}<wetp:taskpanes {space}></wetp:taskpanes>".encode())
        _declare(draft, panes, _PANES_TYPE)
        _relate(draft, "", "webextensiontaskpanes", panes)
    relation = _relate(draft, panes, "webextension", part)
    insert(draft, panes, b"taskpanes", _pane(relation, draft.read(panes)))


def _declare(draft: Draft, part: str, content_type: str) -> None:
    """Declare a new part's content type."""
    told = f'<Override PartName="/{part}" ContentType="{content_type}"/>'
    insert(draft, draft.package.find("[Content_Types].xml"), b"Types", told.encode())


def _relate(draft: Draft, source: str, kind: str, target: str) -> str:
    """Lead from a part ("" for the package) to another one; returns the relationship's id."""
    folder, _, base = source.rpartition("/")
    usual = f"{folder}/_rels/{base}.rels".lstrip("/")
    rels = draft.package.find(usual) or usual
    if rels not in draft.package:
        empty = f'{_HEAD}<Relationships xmlns="{_RELATIONS}"></Relationships>'
        draft.write(rels, empty.encode())
    ids = {rel.id for rel in draft.book.rels(source)}
    name = next(told for n in count(1) if (told := f"rId{n}") not in ids)
    told = f'<Relationship Id="{name}" Type="{_KINDS}/{kind}" Target="/{target}"/>'
    insert(draft, rels, b"Relationships", told.encode())
    return name
