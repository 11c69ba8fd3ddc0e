"""Files that are generated and committed: written anew, or checked whether they are stale."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path


def run(
    arguments: list[str], module: str, stale: Callable[[], list[str]], write: Callable[[], object]
) -> int:
    """Write the files, or with ``--check`` tell which are stale (exit code 1).

    ``module`` is what people run with ``python -m`` to write them.
    """
    if arguments == ["--check"]:
        names = stale()
        for name in names:
            sys.stderr.write(f"{name} is stale: run python -m {module}\n")
        return 1 if names else 0
    write()
    return 0


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the contents by file name into a folder, which is made if it is not there."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
