"""How long all KPIs and all nine attribution models take over Parquet, and in how much memory.

    python tests/bench/bench_facts.py --deals 1000000 --touches 5000000 [--repeats 1] [--json]

Makes the files (tests/bench/facts.py), runs the product (facts_run.py) and the script that people
write (facts_naive.py), each in a fresh process and by turns, and tells medians of wall and CPU
seconds, peak memory and the ratios. The script computes what the product does: every KPI that
deals and touches give a value, a groupby for each grain; the product gives flags, counts,
intervals and credits that add up to the cent beside.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.bench import measure  # noqa: E402
from tests.bench.facts import fact_files  # noqa: E402
from tests.bench.measure import Cost  # noqa: E402

WORK = ("kpis", "models")


@dataclass(slots=True)
class Sides:
    """The runs of both sides at one size, and what they said, by kind of work."""

    deals: int
    touches: int
    ours: dict[str, list[Cost]] = field(default_factory=lambda: {w: [] for w in WORK})
    naive: dict[str, list[Cost]] = field(default_factory=lambda: {w: [] for w in WORK})
    told: dict[str, dict[str, float]] = field(default_factory=dict)
    naively: dict[str, dict[str, float]] = field(default_factory=dict)

    def ratio(self, work: str) -> float:
        """CPU seconds of the naive script for one of the product's."""
        return measure.median(self.naive[work]).cpu / measure.median(self.ours[work]).cpu

    def memory_ratio(self, work: str) -> float:
        """Peak memory of the naive script for one byte of the product's."""
        return measure.median(self.naive[work]).max_mb / measure.median(self.ours[work]).max_mb


def measure_sides(deals: int, touches: int, repeats: int, *, with_naive: bool = True) -> Sides:
    """Run both sides ``repeats`` times, by turns."""
    sides = Sides(deals, touches)
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="bench-facts-") as folder:
        fact_files(Path(folder), deals=deals, touches=touches)
        for work in WORK * repeats:
            cost, said = measure.run(_command("facts_run.py", folder, work), env)
            sides.ours[work].append(cost)
            sides.told[work] = json.loads(said)[work]
            if with_naive:
                cost, said = measure.run(_command("facts_naive.py", folder, work), env)
                sides.naive[work].append(cost)
                sides.naively[work] = json.loads(said)[work]
    return sides


def _command(script: str, folder: str, work: str) -> list[str]:
    return [sys.executable, str(HERE / script), folder, work]


def report(sides: Sides) -> str:
    """The table that people read."""
    lines = [f"{sides.deals:,} deals, {sides.touches:,} touches"]
    lines.append(f"{'':<18}{'wall s':>8}{'CPU s':>8}{'max MB':>8}{'x CPU':>8}{'x memory':>10}")
    for work in WORK:
        for name, costs in (("sheetsync", sides.ours[work]), ("naive", sides.naive[work])):
            if costs:
                cost = measure.median(costs)
                line = f"{f'{name} {work}':<18}{cost.wall:>8.2f}{cost.cpu:>8.2f}{cost.max_mb:>8.0f}"
                if name == "naive":
                    line += f"{sides.ratio(work):>8.1f}{sides.memory_ratio(work):>10.1f}"
                lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Measure the size named on the command line and print the table or JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--touches", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--without-naive", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sides = measure_sides(args.deals, args.touches, args.repeats, with_naive=not args.without_naive)
    print(json.dumps(asdict(sides), indent=1) if args.json else report(sides))


if __name__ == "__main__":
    main()
