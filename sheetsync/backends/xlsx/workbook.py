"""An .xlsx or .xlsm file as a ``model.workbook.Workbook``: the one place where its steps meet.

Reading takes the bytes once and parses them in a worker. Applying a plan changes the bytes in
memory, proves the result, records the run and only then exchanges the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sheetsync.backends.records import record_of
from sheetsync.backends.xlsx.apply import apply_plan
from sheetsync.backends.xlsx.disk import Disk
from sheetsync.backends.xlsx.extend import Addition, extended
from sheetsync.backends.xlsx.journal import Journal, Run, state_folder, utc_now
from sheetsync.backends.xlsx.lease import lease
from sheetsync.backends.xlsx.locks import conflict_copies, refuse_if_open
from sheetsync.backends.xlsx.package import Package
from sheetsync.backends.xlsx.preflight import write_refusal
from sheetsync.backends.xlsx.restore import differing, restored
from sheetsync.backends.xlsx.save import digest, missing, save
from sheetsync.backends.xlsx.second import second_process
from sheetsync.backends.xlsx.verify import verify
from sheetsync.backends.xlsx.worker import MEMORY_BYTES, SECONDS, read_in_worker
from sheetsync.model.errors import (
    SheetsyncError,
    StaleSnapshot,
    WorkbookBusy,
    WorkbookMissing,
    WorkbookUnreadable,
    WriteFailed,
)
from sheetsync.model.plan import AppendRows, Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab
from sheetsync.model.workbook import Receipt

SUFFIXES = (".xlsx", ".xlsm")
MAX_BYTES = 300_000_000
_TRIES = 3
_INSTEAD = {
    ".xls": "open it in Excel and save it as Excel Workbook (.xlsx)",
    ".xlsb": "open it in Excel and save it as Excel Workbook (.xlsx)",
    ".ods": "open it in LibreOffice and save it as Excel 2007-365 (.xlsx)",
    ".csv": "open it in Excel and save it as Excel Workbook (.xlsx)",
    ".gsheet": "download the sheet as Microsoft Excel (.xlsx)",
}


class XlsxWorkbook:
    """A workbook file.

    ``template`` draws a fresh tracker, from which a computed tab that people deleted is put back.
    ``state`` is the folder for journal and lease (see ``journal.state_folder``), ``disk`` and
    ``clock`` are for tests. ``notes`` are sentences for people: stale locks, conflict copies,
    what an earlier run that died left behind. Raises WorkbookUnreadable for other kinds of file.
    """

    calculates = False
    """Formulas keep the value that was written beside them until a spreadsheet program opens it."""

    def __init__(
        self,
        path: Path | str,
        *,
        template: Callable[[], bytes] | None = None,
        state: Path | None = None,
        disk: Disk | None = None,
        clock: Callable[[], datetime] = utc_now,
        seconds: float = SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.path = Path(path)
        _check_suffix(self.path)
        self.template = template
        self.disk = disk or Disk()
        self.journal = Journal(state_folder(state), self.disk, clock)
        self.notes: tuple[str, ...] = ()
        self._limits = seconds, memory_bytes
        self._seen: tuple[Snapshot, tuple[Tab, ...]] | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read the declared tabs; the fingerprint is the SHA-256 of the file's bytes.

        Raises WorkbookMissing, WorkbookBusy (just being saved) or WorkbookUnreadable.
        """
        real = self._real()
        data = read_bytes(self.disk, real)
        copies = conflict_copies(real)
        if copies:
            self._note(
                f"Beside {self.name} there is “{'”, “'.join(copies)}”, perhaps a second version "
                "made by a cloud folder: compare them; only this one is synced."
            )
        return self._parse(data, tabs)

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Write the plan, whole or not at all; an empty plan touches nothing.

        Raises WorkbookBusy, StaleSnapshot, WriteFailed or WorkbookUnreadable; the old workbook
        stands then. WriteFailed also when the workbook must not be written (signed, protected).
        """
        if not plan:
            return Receipt(plan.fingerprint, plan.fingerprint)
        real = self._real()
        with lease(self.journal.state, real, self.journal.clock()):
            for note in (*refuse_if_open(real), *self.journal.recover(real)):
                self._note(note)
            data = read_bytes(self.disk, real)
            if digest(data) != plan.fingerprint:
                raise StaleSnapshot(
                    f"“{self.name}” was saved by someone since it was read: read it again. "
                    "Nothing was changed."
                )
            new, record = self._changed(data, plan, tabs)
            return self._write(real, plan, data, new, record)

    def extend(
        self,
        fingerprint: str,
        addition: Addition,
        told: Callable[[Snapshot], Plan],
        tabs: Sequence[Tab],
    ) -> Receipt:
        """Add tabs to the workbook as it was read, then apply what ``told`` plans for it.

        Whole or not at all; raises as ``apply`` and ``extended`` do. Such a run is taken back by
        ``put_back`` alone.
        """
        real = self._real()
        with lease(self.journal.state, real, self.journal.clock()):
            for note in (*refuse_if_open(real), *self.journal.recover(real)):
                self._note(note)
            data = read_bytes(self.disk, real)
            if digest(data) != fingerprint:
                raise StaleSnapshot(
                    f"“{self.name}” was saved by someone since it was read: run again. "
                    "Nothing was changed."
                )
            refusal = write_refusal(data)
            if refusal:
                raise WriteFailed(refusal)
            wider = extended(data, addition)
            seen = self._parse(wider, tabs)
            plan = told(seen)
            new = apply_plan(wider, plan, tabs, seen, addition.template)
            verify(wider, new, plan, tabs, seen)
            return self._write(real, plan, data, new, record_of(plan))

    def put_back(self, run: str, name: str) -> Receipt | None:
        """Give the file the exact bytes from before a run, as a run of its own, ``name``.

        None, and nothing changed, when it was saved since or its record is gone. Raises as
        ``apply`` does.
        """
        real = self._real()
        with lease(self.journal.state, real, self.journal.clock()):
            for note in (*refuse_if_open(real), *self.journal.recover(real)):
                self._note(note)
            data = read_bytes(self.disk, real)
            plan = Plan((), digest(data), name, run)
            before = self._untouched_since(plan, plan.fingerprint)
            return self._write(real, plan, data, before, record_of(plan)) if before else None

    def plan_of(self, run: str) -> Plan:
        """Return the plan that ``run`` applied; KeyError when the journal does not know it."""
        return self.journal.plan_of(run, self.path.resolve())

    def close(self) -> None:
        """Forget what was read; nothing is held open between calls."""
        self._seen = None

    def _real(self) -> Path:
        """The file behind symbolic links, with the same kinds of names allowed."""
        try:
            real = self.path.resolve()
        except (OSError, RuntimeError) as error:
            raise WorkbookMissing(f"{self.path} links to itself: nothing can be read.") from error
        _check_suffix(real)
        return real

    def _parse(self, data: bytes, tabs: Sequence[Tab]) -> Snapshot:
        """What the bytes say; parsed once while neither they nor the tabs change."""
        hashed, wanted = digest(data), tuple(tabs)
        if self._seen is not None:
            seen, asked = self._seen
            if seen.fingerprint == hashed and asked == wanted:
                return seen
        seconds, memory = self._limits
        seen = read_in_worker(data, tabs, self.name, seconds=seconds, memory_bytes=memory)
        seen = replace(seen, fingerprint=hashed)
        self._seen = seen, wanted
        return seen

    def _changed(self, data: bytes, plan: Plan, tabs: Sequence[Tab]) -> tuple[bytes, bytes]:
        """The new file's bytes, proven to be the old ones with the plan applied; the record."""
        refusal = write_refusal(data)
        if refusal:
            raise WriteFailed(refusal)
        seen = self._parse(data, tabs)
        known = seen.tables.keys() | seen.reports.keys()
        lacking = self.template is not None and any(op.tab not in known for op in plan.ops)
        fresh = self.template() if self.template is not None and lacking else None
        with second_process(data, plan, tabs, seen) as second:
            new = apply_plan(data, plan, tabs, seen, fresh, second)
            record = record_of(plan)  # while the second process is at work
            verify(data, new, plan, tabs, seen, second)
        before = self._untouched_since(plan, digest(data))
        if before is None:
            return new, record
        log = Plan(tuple(op for op in plan.ops if isinstance(op, AppendRows)), plan.fingerprint)
        return restored(before, data, new, apply_plan(data, log, tabs, seen, fresh)), record

    def _untouched_since(self, plan: Plan, now: str) -> bytes | None:
        """The bytes from before the run that the plan takes back, if nobody saved since."""
        try:
            run = self.journal.run(plan.reverts, self.path.resolve())
            if not plan.reverts or run.after != now:
                return None
            return self.journal.before_bytes(plan.reverts, self.path.resolve())
        except KeyError:
            return None

    def _write(self, real: Path, plan: Plan, data: bytes, new: bytes, record: bytes) -> Receipt:
        if new == data:
            return Receipt(digest(data), digest(data))
        run = self.journal.begin(plan, real, data, new, record)
        try:
            saved = save(real, run.before, new, disk=self.disk, mark=self.journal.mark)
        except SheetsyncError:
            self._settle(real, run)
            raise
        for note in saved.notes:
            self._note(note)
        self.journal.done(run)
        return self._receipt(run, data, new)

    def _settle(self, real: Path, run: Run) -> None:
        """After a refused save: mark the run by what stands there, unless the disk is gone too."""
        try:
            if digest(self.disk.read(real)) != run.after:
                self.journal.discard(run)
        except (OSError, SheetsyncError):  # the next run settles it
            return

    def _receipt(self, run: Run, data: bytes, new: bytes) -> Receipt:
        parts = differing(Package.open(data), Package.open(new))
        backup = self.journal.state / "runs" / run.folder / "before.xlsx"
        return Receipt(run.before, run.after, tuple(sorted(parts)), str(backup))

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)


def read_bytes(disk: Disk, real: Path) -> bytes:
    """Read a whole workbook that nobody is writing at the moment.

    Raises WorkbookMissing, WorkbookBusy (being saved, nothing in it yet) or WorkbookUnreadable
    (a folder, too big).
    """
    try:
        for _ in range(_TRIES):
            before = disk.identity(real)
            _check_size(real, before[2])
            data = disk.read(real)
            if disk.identity(real) == before and len(data) == before[2]:
                return data
    except FileNotFoundError as error:
        raise missing(real) from error
    except IsADirectoryError as error:
        raise WorkbookUnreadable(f"{real} is a folder: give the workbook in it.", "kind") from error
    except PermissionError as error:
        raise WorkbookMissing(
            f"{real} may not be read by you: ask its owner for the permission, or close the "
            "program that has it open."
        ) from error
    except OSError as error:
        raise WorkbookMissing(
            f"{real} could not be read ({error.strerror or error}): check the disk or its "
            "connection, or whether a cloud folder has still to download it."
        ) from error
    raise WorkbookBusy(f"“{real.name}” is being saved just now: try again in a moment.")


def _check_size(real: Path, size: int) -> None:
    if size == 0:
        raise WorkbookBusy(
            f"“{real.name}” is empty (0 bytes): it is being saved or downloaded just now, or a "
            "save was cut off; try again in a moment, else restore an older version."
        )
    if size > MAX_BYTES:
        raise WorkbookUnreadable(
            f"“{real.name}” has {size:,} bytes, more than the {MAX_BYTES:,} that are read: move "
            "old rows or pictures to another file.",
            "too_big",
        )


def _check_suffix(path: Path) -> None:
    suffix = path.suffix.casefold()
    if suffix in SUFFIXES:
        return
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for too long a name
        raise WorkbookUnreadable(
            f"“{path.name or path}” is a folder: name a workbook in it, such as partners.xlsx. "
            "Nothing was changed.",
            "folder",
        )
    how = _INSTEAD.get(suffix, "give an Excel workbook whose name ends in .xlsx or .xlsm")
    raise WorkbookUnreadable(
        f"“{path.name}” is not an .xlsx or .xlsm file: {how}. Nothing was changed.", "kind"
    )
