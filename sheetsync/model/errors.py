"""Exceptions: only the caller's or the world's faults. Bad data is a Problem, not one of these.

SheetsyncError
├── WorkbookUnreadable   not a workbook that can be read safely (wrong kind, damaged, hostile)
├── WorkbookMissing      no file there, or no permission to read it
├── WorkbookBusy         open in Excel or LibreOffice, or another sync holds the lease
├── StaleSnapshot        the workbook changed between reading and writing; nothing was written
├── WriteFailed          the disk refused (full, read-only, I/O); the old workbook stands
├── RemoteRefused        a spreadsheet on the network was refused or not reached; ``kind`` says why
├── NotATracker          a sound workbook without the tabs that the tracker needs
└── NothingToUndo        no recorded sync that could be taken back

Every message is one sentence a person can act on: what, where, what to do. A shell prints it
and exits with code 2; nothing was changed.
"""


class SheetsyncError(Exception):
    """Base of all exceptions raised on purpose by sheetsync."""


class WorkbookUnreadable(SheetsyncError):
    """The file is not a workbook that can be read safely. ``code`` names the case."""

    def __init__(self, message: str, code: str = "unreadable") -> None:
        super().__init__(message)
        self.code = code


class WorkbookMissing(SheetsyncError):
    """There is no such file, or it may not be read."""


class WorkbookBusy(SheetsyncError):
    """Someone has the workbook open, or another sync is at work on it."""


class StaleSnapshot(SheetsyncError):
    """The workbook changed between reading and writing; nothing was written."""


class WriteFailed(SheetsyncError):
    """The disk refused the new workbook; the old one stands as it was."""


class RemoteRefused(SheetsyncError):
    """A service that keeps spreadsheets refused, or could not be reached; ``kind`` says why."""

    kind = "refused"


class NotATracker(SheetsyncError):
    """The workbook is sound but lacks the tabs that the tracker needs."""


class NothingToUndo(SheetsyncError):
    """No recorded sync of this workbook can be taken back."""
