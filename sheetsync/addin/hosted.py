"""A hosted server's teams: a token for each, and the manifest that carries it into their Excel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.addin.manifest import manifest as manifest_text
from sheetsync.addin.manifest import write_manifest
from sheetsync.addin.site import hosted
from sheetsync.addin.tokens import Scope, Token, Tokens


def make_token(
    name: str,
    scopes: Iterable[str],
    days: int,
    *,
    manifest: str | None = None,
    origin: str | None = None,
) -> tuple[Token, str]:
    """Make a team's token and, when asked for, the manifest file that holds it; the text as well.

    The manifest is a secret of the team's like the token (0600): whoever has it may ask. Raises
    NotAllowed for a manifest without its origin, SetupMissing where a file cannot be written.
    """
    if (manifest is None) != (origin is None):
        raise NotAllowed("A manifest needs --manifest FILE and --origin URL. Nothing was made.")
    if origin is not None:
        hosted((origin,))
    tokens = Tokens()
    text = tokens.make(name, scopes=map(Scope, scopes), days=days)
    made = tokens.find(text)
    assert made is not None
    if manifest is not None and origin is not None:
        _write(Path(manifest).expanduser(), manifest_text(origin, text), name)
    return made, text


def _write(path: Path, text: str, name: str) -> None:
    try:
        write_manifest(path, text)
    except OSError as error:
        Tokens().revoke(name)
        raise SetupMissing(
            f"The manifest {path} cannot be written ({error.strerror}). No token was made."
        ) from None
