"""Where a sign-in is kept: the system's keyring, or a file of its own where there is none.

A keyring counts only if it really keeps secrets: the ones that fail, forget, or write plain text
do not. The file lies in the user's configuration folder, readable by its owner alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetsync.backends.google.failures import SetupNeeded
from sheetsync.backends.google.private import read_private, write_private

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "sheetsync"
LOGIN, CLIENT = "google-login", "google-client"
"""What is kept: the sign-in, and the client file that it was made with."""

_NO_KEYRING = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_WHAT = "The sign-in file"


class Store:
    """Keeps JSON objects by name. ``folder`` and ``keyring`` are the system's own by default."""

    def __init__(self, folder: Path | None = None, keyring: KeyringBackend | None = None) -> None:
        self._folder = folder
        self._ring = _real(keyring)

    @property
    def place(self) -> str:
        """Where secrets are kept, in words for people."""
        return f"keyring ({self._ring.name})" if self._ring else f"file {self._file(LOGIN).parent}"

    def get(self, name: str) -> dict[str, Any] | None:
        """Return what is kept under ``name``; None where there is nothing that can be used.

        Raises SetupNeeded where the file can be read by others.
        """
        text = self._from_ring(name)
        if text is None and self._file(name).exists():
            text = read_private(self._file(name), _WHAT)
        try:
            found = json.loads(text or "null")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def put(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep ``value``; what was kept under ``name`` is gone. Raises SetupNeeded."""
        text = json.dumps(value)
        if self._to_ring(name, text):
            self._file(name).unlink(missing_ok=True)
            return
        try:
            write_private(self._file(name), text)
        except OSError as error:
            raise SetupNeeded(
                f"The sign-in cannot be kept in {self._file(name).parent} ({error.strerror})."
            ) from None

    def delete(self, name: str) -> None:
        """Forget what is kept under ``name``, wherever it is; no error where nothing is."""
        if self._ring:
            with contextlib.suppress(Exception):  # nothing is kept there, or it is locked
                self._ring.delete_password(SERVICE, name)
        self._file(name).unlink(missing_ok=True)

    def _from_ring(self, name: str) -> str | None:
        if self._ring is None:
            return None
        try:
            return self._ring.get_password(SERVICE, name)
        except Exception:  # noqa: BLE001 - systems' keyrings fail in ways of their own
            return None

    def _to_ring(self, name: str, text: str) -> bool:
        """Keep in the keyring; False where there is none, or it is locked or takes no more."""
        if self._ring is None:
            return False
        try:
            self._ring.set_password(SERVICE, name, text)
            return self._ring.get_password(SERVICE, name) == text
        except Exception:  # noqa: BLE001 - systems' keyrings fail in ways of their own
            return False

    def _file(self, name: str) -> Path:
        if self._folder is None:
            import platformdirs

            self._folder = Path(platformdirs.user_config_path("sheetsync", appauthor=False))
        return self._folder / f"{name}.json"


def _real(keyring: KeyringBackend | None) -> KeyringBackend | None:
    """The keyring to use; None where it is not one that keeps secrets."""
    if keyring is None:
        import keyring as system

        try:
            keyring = system.get_keyring()
        except Exception:  # noqa: BLE001 - a broken keyring configuration is as good as none
            return None
    rings = getattr(keyring, "backends", None)
    if rings is not None:  # the chain of all: its first real one
        return next((ring for ring in rings if _real(ring)), None)
    return None if type(keyring).__module__.startswith(_NO_KEYRING) else keyring
