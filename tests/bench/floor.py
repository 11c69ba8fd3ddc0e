"""The least that any program must do to change these parts of a workbook, timed.

Inflate every part, let expat walk the changed ones without a callback, and deflate them once:
no cell is read, no value made. What a sync takes beyond that is its own work.
Run ``python tests/bench/floor.py BEFORE.xlsx AFTER.xlsx``; prints CPU seconds and part names.
"""

from __future__ import annotations

import json
import sys
import time
import zipfile
from pathlib import Path
from xml.parsers import expat


def changed_parts(before: Path, after: Path) -> tuple[str, ...]:
    """The parts of the second file that the first lacks or holds with other bytes."""
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after) as new:
        was = {info.filename: (info.CRC, info.file_size) for info in old.infolist()}
        return tuple(
            info.filename
            for info in new.infolist()
            if was.get(info.filename) != (info.CRC, info.file_size)
        )


def floor_seconds(before: Path, after: Path) -> float:
    """CPU seconds to inflate all of ``before``, parse its parts that changed and deflate the new.

    Deflating uses isal where it is installed (the fastest there is), else zlib's level 1.
    """
    changed = changed_parts(before, after)
    with zipfile.ZipFile(after) as new:
        fresh = [new.read(name) for name in changed]
    begun = time.process_time()
    with zipfile.ZipFile(before) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    for name in changed:
        if name in parts and name.endswith((".xml", ".rels")):
            expat.ParserCreate().Parse(parts[name], True)  # noqa: FBT003 - expat takes it by position
    for part in fresh:
        _deflate(part)
    return time.process_time() - begun


try:
    from isal import isal_zlib

    def _deflate(data: bytes) -> bytes:
        return isal_zlib.compress(data)
except ImportError:
    import zlib

    def _deflate(data: bytes) -> bytes:
        return zlib.compress(data, 1)


if __name__ == "__main__":
    files = Path(sys.argv[1]), Path(sys.argv[2])
    print(json.dumps({"seconds": floor_seconds(*files), "changed": changed_parts(*files)}))
