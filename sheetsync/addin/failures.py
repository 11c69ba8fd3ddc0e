"""What can keep the add-in from working, each as one exception that says what to do.

SheetsyncError
├── SetupMissing    the add-in lacks something that installing it makes (certificate, token)
├── PortTaken       another program listens where the server should
└── NotAllowed      asked for something unsafe: a public address without certificate, a bad name
"""

from __future__ import annotations

from sheetsync.model.errors import SheetsyncError


class SetupMissing(SheetsyncError):
    """Something that `sheetsync addin install` or `sheetsync addin token new` makes is missing."""


class PortTaken(SheetsyncError):
    """The address and port that the server should listen at cannot be had."""


class NotAllowed(SheetsyncError):
    """What was asked for would be unsafe, so it is refused before anything starts."""
