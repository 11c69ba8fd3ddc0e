"""What a sync of a shared Google Sheet costs: requests, bytes, seconds and the client's memory.

    python tests/bench/bench_google.py --rows 1000 10000 100000 [--json]

Makes a tracker of that many deals on the emulator (tests/fakes/sheets) and syncs it twice over real
HTTP from a process of its own. Seconds are the client's CPU, for the emulator's own are not
Google's; throttling does not wait. Memory is the client's high-water mark.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.bench import measure  # noqa: E402
from tests.fakes.tracker_rows import AS_OF, FIRST_DAY, tracker_rows  # noqa: E402


@dataclass(frozen=True)
class Sync:
    """One sync: requests, bytes sent and received, CPU seconds, megabytes at the most."""

    deals: int
    name: str
    status: str
    requests: int
    sent: int
    received: int
    cpu: float
    max_mb: float


def measured(deals: int) -> list[Sync]:
    """Fill a sheet and sync it twice."""
    from sheetsync.backends.google.create import create
    from sheetsync.catalog.settings import setting_rows
    from sheetsync.catalog.tracker import LEAN
    from tests.backends.google.shared import share
    from tests.fakes.sheets.server import Server

    chosen = {"period_start": FIRST_DAY.date(), "period_end": AS_OF}
    told = setting_rows(
        LEAN.defaults.model_copy(update=chosen), {kpi.id: str(kpi.unit) for kpi in LEAN.kpis}
    )
    rows = {tab: one.dicts() for tab, one in tracker_rows(deals, seed=1).items()}
    shared = share()
    shared.service.validate = False
    create(shared.client(), shared.id, LEAN, {**rows, "settings": [asdict(row) for row in told]})
    with Server(shared.service) as server, tempfile.TemporaryDirectory(prefix="bench-") as place:
        return [_one(deals, name, server.url, shared.id, place) for name in ("first", "second")]


def _one(deals: int, name: str, url: str, identity: str, place: str) -> Sync:
    command = [sys.executable, __file__, "--client", url, identity, place]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    cost, said = measure.run(command, env)
    told = json.loads(said.splitlines()[-1])
    return Sync(deals, name, **told, cpu=round(cost.cpu, 2), max_mb=round(cost.max_mb, 1))


def client(url: str, identity: str, place: str) -> None:
    """Sync once, as the command line does, against the emulator; tells traffic as JSON."""
    from datetime import UTC, datetime

    import requests

    from sheetsync.backends.google.client import SheetsClient
    from sheetsync.backends.google.workbook import GoogleWorkbook
    from sheetsync.catalog.tracker import LEAN
    from sheetsync.engines.duckdb import DuckDb
    from sheetsync.sync import sync
    from tests.backends.google.shared import SimulatedClock
    from tests.fakes.sheets.adapter import HOSTS, Rewrite

    session = requests.Session()
    session.headers["Authorization"] = "Bearer owner"
    for host in HOSTS:
        session.mount(host, Rewrite(url))
    book = GoogleWorkbook(
        SheetsClient(session=session, clock=SimulatedClock()), identity, state=Path(place)
    )
    done = sync(book, LEAN, DuckDb(), now=datetime(2026, 7, 1, tzinfo=UTC), as_of=AS_OF)
    print(json.dumps({"status": done.status, **book.traffic}))


def report(syncs: list[Sync]) -> str:
    """The table that people read."""
    head = f"{'deals':>8} {'sync':<7} {'status':<10} {'requests':>8} {'sent kB':>9} {'got kB':>9}"
    lines = [f"{head} {'CPU s':>7} {'max MB':>7}"]
    lines += [
        f"{s.deals:>8,} {s.name:<7} {s.status:<10} {s.requests:>8} {s.sent / 1e3:>9.0f} "
        f"{s.received / 1e3:>9.0f} {s.cpu:>7.2f} {s.max_mb:>7.0f}"
        for s in syncs
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure the sizes named on the command line and print the table or JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--client", nargs=3, metavar=("URL", "ID", "FOLDER"))
    args = parser.parse_args()
    if args.client:
        client(*args.client)
        return
    syncs = [sync for deals in sorted(args.rows) for sync in measured(deals)]
    print(json.dumps([asdict(s) for s in syncs], indent=1) if args.json else report(syncs))


if __name__ == "__main__":
    main()
