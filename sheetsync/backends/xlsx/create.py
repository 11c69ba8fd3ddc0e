"""A new workbook file, made whole or not at all, never over another file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from sheetsync.model.errors import WriteFailed

SUFFIX = ".xlsx"


def create(path: Path, content: Callable[[], bytes]) -> None:
    """Write ``content()`` to a new file at ``path``; WriteFailed when that is not possible."""
    if path.suffix.lower() != SUFFIX:
        raise WriteFailed(f"{path}: a new tracker's name must end in {SUFFIX}. Nothing was made.")
    if os.path.lexists(path):
        raise WriteFailed(f"{path} is already there and is never overwritten: choose another name.")
    if not os.path.isdir(path.parent):  # noqa: PTH112 - Path.is_dir raises for too long a name
        raise WriteFailed(f"There is no folder {path.parent}: make it first. Nothing was made.")
    data = content()
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise WriteFailed(f"{path} has just been made by someone else; it was left.") from error
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        why = error.strerror
        raise WriteFailed(f"{path} could not be written ({why}). Nothing was made.") from error


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where there is none; WriteFailed when that is refused."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror
        raise WriteFailed(f"The folder {path} could not be made ({why}).") from error
