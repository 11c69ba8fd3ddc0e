"""Draw the pictures of the add-in and of its buttons, or check that they are not stale.

``python -m sheetsync.addin.icons`` writes the files of ``officejs/icons/`` anew; with ``--check``
it writes nothing and fails when a picture differs from what would be drawn. Each is a shape in one
colour of middle lightness, which is seen on Excel's light ribbon and on its dark one; a pixel is as
opaque as the shape covers it.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsync.addin.manifest import ICON_SIZES
from sheetsync.generated import run, write_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float64]
    Mask = NDArray[np.bool_]

FOLDER = Path(__file__).parent / "officejs" / "icons"
COLOURS = {
    "icon": (0x2B, 0x8A, 0x5B),
    "recalculate": (0x2B, 0x8A, 0x5B),
    "check": (0x2F, 0x7F, 0xD0),
    "issues": (0xC4, 0x6A, 0x14),
    "undo": (0x7E, 0x7A, 0xB8),
}
"""Red, green and blue by picture."""
_FINE = 8
"""Points of each pixel's side at which the shape is asked."""
_NEARLY = 8
"""Steps of 255 in which a pixel may differ from the drawn one: two points of its 64."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Point = tuple[float, float]


@cache
def pictures() -> dict[str, bytes]:
    """The content of every picture (PNG) by its file's name."""
    return {
        f"{name}-{size}.png": png(pixels(name, size))
        for name in COLOURS
        for size in (*ICON_SIZES, *((128,) if name == "icon" else ()))
    }


def pixels(name: str, size: int) -> NDArray[np.uint8]:
    """The picture as ``size`` x ``size`` x 4: red, green, blue, opacity, 0 to 255."""
    import numpy as np

    steps = (np.arange(size * _FINE) + 0.5) / (size * _FINE)
    x, y = np.meshgrid(steps, steps)
    fine = _SHAPES[name](x, y).reshape(size, _FINE, size, _FINE)
    found = np.empty((size, size, 4), np.uint8)
    found[..., :3] = COLOURS[name]
    found[..., 3] = (fine.sum(axis=(1, 3)) * 255 + _FINE**2 // 2) // _FINE**2
    return found


def png(rgba: NDArray[np.uint8]) -> bytes:
    """A picture (height x width x 4) as a PNG file."""
    height, width, _ = rgba.shape
    rows = b"".join(b"\0" + row.tobytes() for row in rgba)
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def opened(content: bytes) -> NDArray[np.uint8]:
    """The pixels (height x width x 4) of a PNG file that ``png`` made. Raises ValueError."""
    import numpy as np

    parts = dict(_chunks(content))
    width, height, *kind = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    if kind != [8, 6, 0, 0, 0]:
        raise ValueError("another kind of PNG")
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + 4 * width)
    return rows[:, 1:].reshape(height, width, 4)


def stale(folder: Path = FOLDER) -> list[str]:
    """The names of pictures that are missing, or that show something else than would be drawn.

    Pixels are compared, not bytes: another zlib packs the same picture differently, and another
    processor may find a point of an edge on its other side.
    """
    return [name for name, content in pictures().items() if not _shows(folder / name, content)]


def _shows(path: Path, content: bytes) -> bool:
    import numpy as np

    try:
        there, drawn = opened(path.read_bytes()).astype(int), opened(content).astype(int)
    except (OSError, ValueError, KeyError, struct.error, zlib.error):
        return False
    return there.shape == drawn.shape and bool(np.abs(there - drawn).max() <= _NEARLY)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not content.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    at = len(_SIGNATURE)
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        at += size + 12


def _stroke(x: Plane, y: Plane, a: Point, b: Point, width: float) -> Mask:
    """A line with round ends."""
    import numpy as np

    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return (x - a[0] - along * dx) ** 2 + (y - a[1] - along * dy) ** 2 <= (width / 2) ** 2


def _triangle(x: Plane, y: Plane, a: Point, b: Point, c: Point) -> Mask:
    """A filled triangle, its corners clockwise as they are seen."""

    def right(p: Point, q: Point) -> Mask:
        return (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]) >= 0

    return right(a, b) & right(b, c) & right(c, a)


def _box(x: Plane, y: Plane, left: float, top: float, right: float, bottom: float) -> Mask:
    return (x >= left) & (x < right) & (y >= top) & (y < bottom)


def _rounded(x: Plane, y: Plane, edge: float, radius: float) -> Mask:
    """A square with round corners, ``edge`` away from the picture's sides."""
    import numpy as np

    inner = 0.5 - edge - radius
    across: Plane = np.maximum(abs(x - 0.5) - inner, 0)
    down: Plane = np.maximum(abs(y - 0.5) - inner, 0)
    return across**2 + down**2 <= radius**2


def _arc(x: Plane, y: Plane, centre: Point, radius: float, width: float, ends: Point) -> Mask:
    """Part of a ring, clockwise between two angles (degrees, 0 to the right)."""
    import numpy as np

    dx, dy = x - centre[0], y - centre[1]
    ring = abs(np.hypot(dx, dy) - radius) <= width / 2
    turned: Plane = (np.degrees(np.arctan2(dy, dx)) - ends[0]) % 360
    return ring & (turned <= ends[1] - ends[0])


def _icon(x: Plane, y: Plane) -> Mask:
    """Three rising bars, cut out of a tile."""
    bars = (
        _box(x, y, 3 / 16, 9 / 16, 5 / 16, 13 / 16)
        | _box(x, y, 7 / 16, 6 / 16, 9 / 16, 13 / 16)
        | _box(x, y, 11 / 16, 3 / 16, 13 / 16, 13 / 16)
    )
    return _rounded(x, y, 0.0, 3 / 16) & ~bars


def _recalculate(x: Plane, y: Plane) -> Mask:
    """Two arrows that follow each other round."""
    half = _one_way(x, y)
    return half | _one_way(1 - x, 1 - y)


def _one_way(x: Plane, y: Plane) -> Mask:
    radius, end = 0.345, 330.0
    angle = math.radians(end)
    tip = 0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle)
    along = -math.sin(angle), math.cos(angle)
    out = math.cos(angle), math.sin(angle)
    size = 0.19
    head = (
        (tip[0] + size * out[0], tip[1] + size * out[1]),
        (tip[0] + 1.35 * size * along[0], tip[1] + 1.35 * size * along[1]),
        (tip[0] - size * out[0], tip[1] - size * out[1]),
    )
    return _arc(x, y, (0.5, 0.5), radius, 0.13, (190.0, end)) | _triangle(x, y, *head)


def _check(x: Plane, y: Plane) -> Mask:
    """A tick."""
    corner = (0.39, 0.77)
    short = _stroke(x, y, (0.14, 0.52), corner, 0.16)
    return short | _stroke(x, y, corner, (0.86, 0.22), 0.16)


def _issues(x: Plane, y: Plane) -> Mask:
    """A warning sign."""
    mark = _box(x, y, 7 / 16, 6 / 16, 9 / 16, 10 / 16)
    mark |= _box(x, y, 7 / 16, 11 / 16, 9 / 16, 13 / 16)
    sign = _triangle(x, y, (0.5, 0.1), (0.92, 0.875), (0.08, 0.875))
    edges = (
        _stroke(x, y, (0.5, 0.1), (0.92, 0.875), 0.12)
        | _stroke(x, y, (0.92, 0.875), (0.08, 0.875), 0.12)
        | _stroke(x, y, (0.08, 0.875), (0.5, 0.1), 0.12)
    )
    return (sign | edges) & ~mark


def _undo(x: Plane, y: Plane) -> Mask:
    """An arrow that turns back to the left."""
    bend = _arc(x, y, (0.56, 0.6), 0.27, 0.14, (-90.0, 90.0))
    upper = _box(x, y, 0.3, 0.26, 0.565, 0.40)
    lower = _box(x, y, 0.25, 0.80, 0.565, 0.94)
    return bend | upper | lower | _triangle(x, y, (0.06, 0.33), (0.36, 0.06), (0.36, 0.60))


_SHAPES: dict[str, Callable[[Plane, Plane], Mask]] = {
    "icon": _icon,
    "recalculate": _recalculate,
    "check": _check,
    "issues": _issues,
    "undo": _undo,
}


def main(arguments: list[str]) -> int:
    """Write the pictures, or with ``--check`` tell which are stale (exit code 1)."""
    return run(arguments, "sheetsync.addin.icons", stale, lambda: write_all(FOLDER, pictures()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
