"""How long a sync takes, beside the script that people write today and beside the floor.

    python tests/bench/bench_sync.py --rows 1000 10000 100000 [--repeats 3] [--json]

Makes a tracker of that many deals (tests/fakes), runs ``sheetsync sync`` twice (the second finds
nothing to do) and tests/bench/naive.py on copies, each in a fresh process and by turns, and tells
medians of wall and CPU seconds, peak memory, how many times longer the naive script takes by the
clock and by the processor, seconds per 1,000 deals and the distance to the floor
(tests/bench/floor.py). ``spread`` is the machine's noise. "tuned" is the naive script with dicts
instead of ``iterrows``: what one pass of tuning by its author would leave of the difference.
All run with compiled bytecode, as they do for people; a sync uses two processors where there are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.bench import measure  # noqa: E402
from tests.bench.books import tracker_book  # noqa: E402
from tests.bench.measure import Cost  # noqa: E402
from tests.fakes.tracker_rows import AS_OF, tracker_rows  # noqa: E402


@dataclass(slots=True)
class Size:
    """All runs at one size."""

    deals: int
    cells: int
    file_mb: float
    first: list[Cost] = field(default_factory=list)
    second: list[Cost] = field(default_factory=list)
    naive: list[Cost] = field(default_factory=list)
    tuned: list[Cost] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    second_changed_bytes: bool = False

    @property
    def ratio(self) -> float:
        """CPU seconds of the naive script for one of sheetsync's."""
        return measure.median(self.naive).cpu / measure.median(self.first).cpu

    @property
    def tuned_ratio(self) -> float:
        """The same of the tuned script."""
        return measure.median(self.tuned).cpu / measure.median(self.first).cpu

    @property
    def per_thousand(self) -> float:
        """CPU seconds of a sync per 1,000 deals."""
        return measure.median(self.first).cpu / self.deals * 1_000


def measure_sizes(sizes: Sequence[int], repeats: int, *, with_naive: bool = True) -> list[Size]:
    """Run everything ``repeats`` times, by turns, largest size last."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        _compile(_environment(place), place)
        books = [_book(place, deals) for deals in sorted(sizes)]
        for _ in range(repeats):
            for path, size in books:
                _round(path, size, place, with_naive=with_naive)
        return [size for _, size in books]


def _book(place: Path, deals: int) -> tuple[Path, Size]:
    tabs = tracker_rows(deals, seed=1)
    path = tracker_book(place / f"tracker-{deals}.xlsx", tabs)
    cells = sum(rows.filled for rows in tabs.values())
    return path, Size(deals, cells, path.stat().st_size / 1e6)


def _round(path: Path, size: Size, place: Path, *, with_naive: bool) -> None:
    env = _environment(place)
    copy = place / f"copy-{path.name}"
    shutil.copyfile(path, copy)
    size.first.append(measure.run(sync_command(copy), env)[0])
    synced = copy.read_bytes()
    size.second.append(measure.run(sync_command(copy), env)[0])
    size.second_changed_bytes |= copy.read_bytes() != synced
    floor = [sys.executable, str(HERE / "floor.py"), str(path), str(copy)]
    told = json.loads(measure.run(floor, env)[1])
    size.floor.append(told["seconds"])
    size.changed = told["changed"]
    copy.unlink()
    if with_naive:
        naive = naive_command(path, place / "naive.xlsx")
        size.naive.append(measure.run(naive, env)[0])
        size.tuned.append(measure.run([*naive, "--tuned"], env)[0])


def sync_command(path: Path) -> list[str]:
    """The command line of a sync, as its users run it."""
    code = "from sheetsync.cli import main; main()"
    return [sys.executable, "-c", code, "sync", str(path), "--as-of", str(AS_OF)]


def naive_command(path: Path, target: Path) -> list[str]:
    """The command line of the naive script."""
    return [sys.executable, str(HERE / "naive.py"), str(path), str(target), "--as-of", str(AS_OF)]


def _environment(place: Path) -> dict[str, str]:
    """A home of its own for the states that a sync keeps; compiled bytecode is kept, as usual."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(place.parent / f"bench-bytecode-{os.getuid()}")
    return {**env, "HOME": str(place), "XDG_STATE_HOME": str(place / "state")}


def _compile(env: Mapping[str, str], place: Path) -> None:
    """Run both programs once on a small workbook, so that no measured run compiles anything."""
    path, _ = _book(place, 200)
    measure.run(naive_command(path, place / "naive.xlsx"), env)
    measure.run(sync_command(path), env)


def report(sizes: Sequence[Size]) -> str:
    """The table that people read."""
    head = f"{'deals':>8} {'what':<12} {'wall s':>8} {'CPU s':>8} {'spread':>7} {'tree MB':>8}"
    lines = [f"{head} {'max MB':>8} {'CPU s/1000':>10} {'x wall':>7} {'x CPU':>6} {'x floor':>8}"]
    for size in sizes:
        lines += [*_lines(size), ""]
    return "\n".join(lines)


def _lines(size: Size) -> list[str]:
    floor = sorted(size.floor)[len(size.floor) // 2]
    lines = [f"{size.deals:>8,} {size.cells:,} cells, {size.file_mb:.1f} MB, floor {floor:.3f} s"]
    first = measure.median(size.first)
    syncs = (("first sync", size.first), ("second sync", size.second))
    peers = (("naive", size.naive), ("tuned", size.tuned))
    for name, costs in (*syncs, *peers):
        if costs:
            cost = measure.median(costs)
            lines.append(_line(name, cost, measure.spread(costs), size))
            lines[-1] += f" {cost.wall / first.wall:>7.1f} {cost.cpu / first.cpu:>6.1f}"
            lines[-1] += f" {cost.cpu / floor:>8.1f}"
    if size.second_changed_bytes:
        lines.append("         the second sync changed the file")
    return lines


def _line(name: str, cost: Cost, noise: float, size: Size) -> str:
    return (
        f"{'':>8} {name:<12} {cost.wall:>8.2f} {cost.cpu:>8.2f} {noise:>7.0%} {cost.tree_mb:>8.0f} "
        f"{cost.max_mb:>8.0f} {cost.cpu / size.deals * 1_000:>10.4f}"
    )


def main() -> None:
    """Measure the sizes named on the command line and print the table or JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-naive", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sizes = measure_sizes(args.rows, args.repeats, with_naive=not args.without_naive)
    if args.json:
        print(json.dumps([asdict(size) for size in sizes], indent=1))
    else:
        print(report(sizes))


if __name__ == "__main__":
    main()
