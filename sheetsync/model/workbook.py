"""The port through which everything reaches a workbook, wherever it lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab


@dataclass(frozen=True, slots=True)
class Receipt:
    """What applying a plan did: fingerprints before and after, and where the old state is kept.

    ``changed`` names the parts (of a file) or ranges that differ now.
    """

    before: str
    after: str
    changed: tuple[str, ...] = ()
    backup: str = ""


class Workbook(Protocol):
    """A workbook that can be read as a Snapshot and changed by a Plan.

    ``apply`` writes the whole plan or nothing: it raises ``StaleSnapshot`` when the workbook is no
    longer the one that the plan was made from. ``plan_of`` returns the plan that a recorded run
    applied (KeyError when this place does not know the run).
    """

    @property
    def name(self) -> str:
        """What people call it: a file name, a sheet's title."""

    @property
    def calculates(self) -> bool:
        """Whether formulas are worked out where the workbook lives, so that none is cached.

        Its report tabs are read without formulas, and Recache ops have nothing to do there.
        """

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read the declared tabs; tabs that are not there are left out of the snapshot."""

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Write the plan, whole or not at all."""

    def plan_of(self, run: str) -> Plan:
        """Return the plan that ``run`` applied to this workbook."""

    def close(self) -> None:
        """Let go of files, locks and processes; safe to call twice."""
