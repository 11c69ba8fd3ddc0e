"""Who may ask the add-in's server: bearer tokens, told once and kept as hashes.

A token is 256 random bits, so that a plain SHA-256 of it gives nothing away. The file lies in the
state folder and only its owner may read it; a server that runs sees what changes in it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.backends.google.failures import SetupNeeded
from sheetsync.backends.google.private import read_private, write_private
from sheetsync.backends.xlsx.journal import state_folder, utc_now

OWN = "this computer"
"""The name of the token that the add-in installed on this computer uses."""
DAYS = 365
"""How long a token holds when nothing else is said."""
_BYTES = 32
_NAME = re.compile(r"[^\W_][\w .@-]{0,39}")
_WHAT = "The add-in's token file"


def addin_folder() -> Path:
    """Where the add-in's token file and certificate lie, in the state folder."""
    return state_folder() / "addin"


class Scope(StrEnum):
    """What a token allows: READ names tabs, PROPOSE checks, APPLY syncs and undoes."""

    READ = "read"
    PROPOSE = "propose"
    APPLY = "apply"


class Token(BaseModel):
    """What is kept of a token: whose it is, its SHA-256 (hex), what it allows and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: frozenset[Scope]
    made: AwareDatetime
    expires: AwareDatetime

    def expired(self, now: datetime) -> bool:
        """Whether it no longer holds at ``now``."""
        return now >= self.expires


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    tokens: tuple[Token, ...] = ()


class Tokens:
    """The tokens of one file (``addin/tokens.json`` in the state folder unless another is given).

    Raises SetupMissing where the file is damaged, cannot be read, or can be read by others.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        self.path = path or addin_folder() / "tokens.json"
        self.clock = clock
        self._stamp: tuple[int, ...] = ()
        self._kept: tuple[Token, ...] = ()

    def all(self) -> tuple[Token, ...]:
        """Every token, also expired ones, by name; read again when the file changed."""
        stamp = self._look()
        if stamp != self._stamp:
            self._kept = self._read() if stamp else ()
            self._stamp = stamp
        return self._kept

    def make(self, name: str, *, scopes: Iterable[Scope] = Scope, days: int = DAYS) -> str:
        """Make a token and return its text, which is nowhere kept; one of that name is replaced.

        Raises NotAllowed for a name that is none, for no scope, and for days below 1.
        """
        allowed = frozenset(scopes)
        if not _NAME.fullmatch(name) or not allowed or days < 1:
            raise NotAllowed(
                "A token needs a name of up to 40 letters, digits, blanks and . @ - _, at least "
                "one scope and at least one day. Nothing was changed."
            )
        text = secrets.token_urlsafe(_BYTES)
        now = self.clock().replace(microsecond=0)
        made = Token(
            name=name,
            hash=_hash(text),
            scopes=allowed,
            made=now,
            expires=now + timedelta(days=days),
        )
        self._write((*(kept for kept in self.all() if not _same(kept.name, name)), made))
        return text

    def revoke(self, name: str) -> bool:
        """Take a token back; False where there is none of that name."""
        kept = tuple(token for token in self.all() if not _same(token.name, name))
        if len(kept) == len(self.all()):
            return False
        self._write(kept)
        return True

    def find(self, text: str) -> Token | None:
        """The token of that text, expired or not; takes as long for a wrong text as for a right."""
        asked = _hash(text)
        found = [token for token in self.all() if hmac.compare_digest(token.hash, asked)]
        return found[0] if found else None

    def valid(self) -> tuple[Token, ...]:
        """The tokens that hold now."""
        now = self.clock()
        return tuple(token for token in self.all() if not token.expired(now))

    def _look(self) -> tuple[int, ...]:
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SetupMissing(f"{_WHAT} {self.path} cannot be read ({error.strerror}).") from None
        return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode

    def _read(self) -> tuple[Token, ...]:
        try:
            return _File.model_validate_json(read_private(self.path, _WHAT)).tokens
        except SetupNeeded as error:
            raise SetupMissing(str(error)) from None
        except ValidationError:  # its message would quote the file
            raise SetupMissing(
                f"{_WHAT} {self.path} is damaged. Delete it and install the add-in again, or make "
                "new tokens."
            ) from None

    def _write(self, tokens: tuple[Token, ...]) -> None:
        ordered = sorted(tokens, key=lambda token: token.name.casefold())
        try:
            write_private(self.path, _File(tokens=tuple(ordered)).model_dump_json(indent=1) + "\n")
        except OSError as error:
            raise SetupMissing(
                f"{_WHAT} {self.path} cannot be written ({error.strerror}): make room there or "
                "set SHEETSYNC_STATE to a folder of yours."
            ) from None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
