"""The engine behind a posted workbook: it sees the posted rows and no file of this computer."""

from __future__ import annotations

from sheetsync.engines.duckdb import DuckDb
from sheetsync.model.engine import FactFile, FileCheck


class PostedOnly(DuckDb):
    """Refuses files: a workbook that is posted must not say what is read on another computer."""

    def check(self, file: FactFile) -> FileCheck:  # noqa: ARG002 - as the port has it
        """Refuse, whatever the file is and whether it is there."""
        return FileCheck("Files beside a workbook are read by `sheetsync sync` only, not in Excel")
