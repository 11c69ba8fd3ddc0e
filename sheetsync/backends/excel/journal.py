"""What every run planned for a workbook that was open in Excel, on this computer.

::

    <state folder>/excel/<hash of the workbook's name>/runs/<order>-<run>.json.gz

The records are those of ``google.journal``. People save workbooks under other names, so a run is
looked for under all of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sheetsync.backends.google import journal
from sheetsync.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Journal:
    """The recorded runs of the open workbook called ``name``, under the state folder."""

    state: Path
    name: str

    def own(self) -> journal.Journal:
        """The records under this name."""
        folded = hashlib.sha256(self.name.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        return journal.Journal(self.state / "excel" / folded[:32] / "runs")

    def plan_of(self, run: str) -> Plan:
        """The plan that a run applied; KeyError when this computer does not know it."""
        others = sorted((self.state / "excel").glob("*/runs"))
        for told in (self.own(), *map(journal.Journal, others)):
            try:
                return told.plan_of(run)
            except KeyError:
                continue
        raise KeyError(run)
