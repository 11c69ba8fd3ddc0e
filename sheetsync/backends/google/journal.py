"""What every run planned for a spreadsheet, on this computer, before Google is asked.

::

    <state folder>/google/<hash of the spreadsheet's id>/runs/<order>-<run>.json.gz

The record is the plan as ``Plan.to_text`` tells it: with what stood in people's cells and in the
engine's tabs before. The last 20 runs are kept, readable by their owner alone (0600 in 0700).
A record whose batch was refused is removed; one whose batch was never answered stays, for it may
have gone through, and undo finds only cells that hold what the run wrote.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sheetsync.backends.google.known import folder_of
from sheetsync.backends.records import plan_in, record_of
from sheetsync.backends.xlsx.journal import KEPT_RUNS
from sheetsync.model.errors import WriteFailed
from sheetsync.model.plan import Plan

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_SUFFIX = ".json.gz"


@dataclass(frozen=True, slots=True)
class Journal:
    """The recorded runs of one spreadsheet."""

    folder: Path

    @classmethod
    def of(cls, state: Path, spreadsheet: str) -> Journal:
        """The journal of a spreadsheet by its id."""
        return cls(folder_of(state, spreadsheet) / "runs")

    def begin(self, plan: Plan) -> Path:
        """Record a run before it writes; WriteFailed when that cannot be done."""
        order = 1 + max((_order(file) for file in self._files()), default=0)
        file = self.folder / f"{order:06d}-{_UNSAFE.sub('_', plan.run)[:80]}{_SUFFIX}"
        told = record_of(plan)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(number, "wb") as out:
                out.write(told)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise WriteFailed(
                f"The journal in {self.folder} could not be written ({error.strerror or error}): "
                "free space there or set SHEETSYNC_STATE to another folder. Nothing was changed."
            ) from error
        return file

    def discard(self, file: Path) -> None:
        """Forget a run that changed nothing."""
        with contextlib.suppress(OSError):
            file.unlink()

    def prune(self) -> None:
        """Let the oldest runs go; what cannot be removed now is tried again next time."""
        for file in self._files()[:-KEPT_RUNS]:
            self.discard(file)

    def plan_of(self, run: str) -> Plan:
        """The plan that a run applied; KeyError when this computer does not know it."""
        wanted = f"-{_UNSAFE.sub('_', run)[:80]}{_SUFFIX}"
        for file in reversed(self._files()):
            if (
                file.name.endswith(wanted)
                and (plan := plan_in(file)) is not None
                and plan.run == run
            ):
                return plan
        raise KeyError(run)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_SUFFIX}"), key=_order)


def _order(file: Path) -> int:
    number = file.name.partition("-")[0]
    return int(number) if number.isdigit() else 0
