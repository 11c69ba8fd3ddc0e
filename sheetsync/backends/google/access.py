"""Credentials that get access tokens and do nothing else.

google-auth's own credentials also ask a further Google service, from a thread in the background,
in which regions an account may be used. A sync needs none of that.
"""

from __future__ import annotations

from typing import Any

from google.auth.credentials import Credentials


class AccessCredentials(Credentials):
    """Takes access tokens from google-auth credentials: a robot's key, or a person's sign-in."""

    def __init__(self, source: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._source = source
        self.service_account_email = str(getattr(source, "service_account_email", "") or "")

    def refresh(self, request: Any) -> None:
        """Get a new access token. Raises google.auth.exceptions.GoogleAuthError."""
        self._source.refresh(request)
        self.token, self.expiry = self._source.token, self._source.expiry
