"""What every run planned and what stood there before, on disk before the workbook is touched.

::

    <state folder>/runs/<run>/plan.json.gz  the plan, as Plan.to_text tells it
                              before.xlsx   the workbook's exact bytes before the run
                              state.json    path, hashes before and after, when, status

A run is ``open`` until its workbook was saved and verified (``done``) or is known not to have
been changed (``discarded``). ``left`` is a run that died and whose workbook has since been saved
by someone else: nobody can tell if it went through, and its plan still undoes only what it finds.
A second record of one run name, as two workbooks that are synced in one second may have, lies in
``<run>~2``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from sheetsync.backends.records import plan_in, record_of
from sheetsync.backends.xlsx.disk import Disk, write_file
from sheetsync.backends.xlsx.leftovers import clean_leftovers
from sheetsync.backends.xlsx.save import digest
from sheetsync.model.errors import WriteFailed
from sheetsync.model.plan import Plan

KEPT_RUNS = 20
_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}")


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run of the workbook at ``path``, kept in ``folder`` (a name under ``runs``).

    ``before`` and ``after`` are hashes of the file, ``order`` counts a workbook's runs.
    """

    run: str
    folder: str
    path: str
    before: str
    after: str
    when: str
    order: int
    reverts: str = ""
    status: str = "open"


def state_folder(given: Path | None = None) -> Path:
    """The state folder: as given, else of SHEETSYNC_STATE, else where the system keeps such."""
    if given is not None:
        return given
    if told := os.environ.get("SHEETSYNC_STATE"):
        return Path(told).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_path("sheetsync", appauthor=False))


def utc_now() -> datetime:
    """The clock that is used when none is given."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Journal:
    """The recorded runs of all workbooks under one state folder; ``clock`` gives the time in UTC.

    Folders are made for their owner alone (0700), files too (0600). WriteFailed when the state
    folder cannot be written: then the workbook has not been touched.
    """

    state: Path
    disk: Disk = field(default_factory=Disk)
    clock: Callable[[], datetime] = utc_now

    @property
    def mark(self) -> str:
        """The word in temporary names by which runs that share this journal know their own."""
        return digest(f"{socket.gethostname()}\x1f{self.state}".encode())[:8]

    def begin(
        self, plan: Plan, real: Path, before: bytes, after: bytes, told: bytes | None = None
    ) -> Run:
        """Record a run before it writes: the plan, the exact old bytes, the hashes.

        ``told`` is the plan as ``record_of`` tells it, if that was done before.
        """
        order = max((run.order for run in self.runs(real)), default=0) + 1
        when = self.clock().isoformat(timespec="seconds")
        told = record_of(plan) if told is None else told
        try:
            folder = self._free_folder(plan.run)
            hashes = digest(before), digest(after)
            run = Run(plan.run, folder.name, str(real), *hashes, when, order, plan.reverts)
            self.disk.make_folder(folder)
            write_file(self.disk, folder / "plan.json.gz", told)
            write_file(self.disk, folder / "before.xlsx", before)
            self._write_state(run)
            self.disk.sync_folder(folder.parent)
        except OSError as error:
            raise self._failure(error, len(told) + len(before)) from error
        return run

    def done(self, run: Run) -> None:
        """Mark a run whose workbook is saved and verified, and let old runs go."""
        self._mark(run, "done")
        self._prune(Path(run.path))

    def discard(self, run: Run) -> None:
        """Mark a run that did not change its workbook."""
        self._mark(run, "discarded")

    def runs(self, real: Path) -> list[Run]:
        """The recorded runs of a workbook, newest first; damaged records are left out."""
        found = (self._read_state(file) for file in self.state.glob("runs/*/state.json"))
        mine = [run for run in found if run is not None and run.path == str(real)]
        return sorted(mine, key=lambda run: run.order, reverse=True)

    def run(self, name: str, real: Path) -> Run:
        """The newest record of that run name that may have changed its workbook.

        One of the workbook at ``real`` is preferred; another counts too, for people rename and
        move files. KeyError when there is none.
        """
        folders = self._folders(name)
        found = [run for f in folders if (run := self._read_state(f / "state.json")) is not None]
        mine = [run for run in found if run.run == name and run.status != "discarded"]
        if not mine:
            raise KeyError(name)
        return max(mine, key=lambda run: (run.path == str(real), run.order))

    def plan_of(self, name: str, real: Path) -> Plan:
        """The plan that a run applied; KeyError when this journal does not know the run."""
        plan = plan_in(self._folder(self.run(name, real)) / "plan.json.gz")
        if plan is None:
            raise KeyError(name)
        return plan

    def before_bytes(self, name: str, real: Path) -> bytes:
        """The exact bytes before a run; KeyError when they are not, or no longer, kept."""
        run = self.run(name, real)
        try:
            data = self.disk.read(self._folder(run) / "before.xlsx")
        except OSError as error:
            raise KeyError(name) from error
        if digest(data) != run.before:
            raise KeyError(name)
        return data

    def recover(self, real: Path) -> tuple[str, ...]:
        """Settle runs of this workbook that died; return notes for people. The lease is held.

        Target as before the run: discarded. Target as planned: done. Anything else: ``left``.
        """
        runs = self.runs(real)
        dead = [run for run in runs if run.status == "open"]
        try:
            notes = list(self._clean(real, runs, dead))
            if dead and real.exists():
                current = digest(self.disk.read(real))
                notes += [note for run in dead if (note := self._settle(run, current))]
        except OSError as error:
            raise self._failure(error, 0) from error
        return tuple(notes)

    def _clean(self, real: Path, runs: list[Run], dead: list[Run]) -> tuple[str, ...]:
        known = {run.before for run in runs if self._has_before(run)}
        planned = {run.after for run in dead}
        wasted = {run.after for run in runs if run.status in ("open", "discarded")}
        return clean_leftovers(
            real,
            known | wasted,
            planned,
            disk=self.disk,
            mark=self.mark,
            now=self.clock().timestamp(),
        )

    def _settle(self, run: Run, current: str) -> str:
        if current == run.before:
            self._mark(run, "discarded")
            return ""
        if current == run.after:
            self._mark(run, "done")
            return f"Run {run.run} of {run.when} died after saving; it is complete."
        self._mark(run, "left")
        return (
            f"Run {run.run} of {run.when} died and the workbook was saved by someone since: it was "
            f"left as it is. The version before that run is kept in {self._folder(run)}."
        )

    def _has_before(self, run: Run) -> bool:
        return (self._folder(run) / "before.xlsx").exists()

    def _folder(self, run: Run) -> Path:
        return self.state / "runs" / run.folder

    def _folders(self, name: str) -> list[Path]:
        """The folders that hold records of a run name."""
        first = _folder_name(name)
        found = (self.state / "runs").glob(f"{first}*")
        return [f for f in found if f.name == first or f.name.startswith(f"{first}~")]

    def _free_folder(self, name: str) -> Path:
        """A folder for a new record; one of a begin that died, or of a discarded run, is reused."""
        for folder in self._folders(name):
            state = self._read_state(folder / "state.json")
            if state is None or state.status == "discarded":
                shutil.rmtree(folder)
        first = self.state / "runs" / _folder_name(name)
        names = chain((first,), (first.with_name(f"{first.name}~{n}") for n in count(2)))
        return next(folder for folder in names if not folder.exists())

    def _mark(self, run: Run, status: str) -> None:
        try:
            self._write_state(replace(run, status=status))
        except OSError as error:
            raise self._failure(error, 0) from error

    def _write_state(self, run: Run) -> None:
        folder = self._folder(run)
        new = folder / "state.json.new"
        self.disk.unlink(new)
        write_file(self.disk, new, json.dumps(asdict(run)).encode())
        self.disk.rename(new, folder / "state.json")
        self.disk.sync_folder(folder)

    def _read_state(self, file: Path) -> Run | None:
        try:
            return Run(**json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def _prune(self, real: Path) -> None:
        """Keep a workbook's newest runs; what cannot be removed now is tried again next time."""
        settled = [run for run in self.runs(real) if run.status != "open"]
        last = next((run for run in settled if run.status == "done"), None)
        for run in settled[KEPT_RUNS:]:
            if run is not last:
                with contextlib.suppress(OSError):
                    shutil.rmtree(self._folder(run))

    def _failure(self, error: OSError, size: int) -> WriteFailed:
        return WriteFailed(
            f"The journal in {self.state} could not be written ({error.strerror or error}"
            f"{f'; {size:,} bytes are needed' if size else ''}): free space there or set "
            "SHEETSYNC_STATE to another folder."
        )


def _folder_name(run: str) -> str:
    """A run's name where it is safe as a folder's, else a hash of it."""
    return run if _SAFE_NAME.fullmatch(run) else f"run-{digest(run.encode())[:16]}"
