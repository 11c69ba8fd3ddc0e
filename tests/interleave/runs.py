"""One run by its seed: a sync, and people who act before any of its requests.

    python -m tests.interleave.runs 4711 [more seeds]     # replay, told step by step
    python -m tests.interleave.runs --count 2000 [--first 0]   # a table of what happened

A run forks a small sheet, lets people act, reads, lets people act again between any two requests
(the plan's batch, a look at what it did, a batch that puts right, pieces of a staged write), now
and then loses a reply, ends the client, or syncs from a second computer; then it leaves the sheet
alone: two quiet syncs at most must lead to one that writes nothing, and nothing may be missing.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import requests

from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.reading import Limits
from sheetsync.backends.google.workbook import LIMITS, GoogleWorkbook
from sheetsync.model.errors import NotATracker, StaleSnapshot
from tests.contract.google_small import HOST, Still, client_of, drawn
from tests.fakes.sheets.adapter import InProcess
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.state import Spreadsheet
from tests.interleave.book import GRIDS, TABS, planned
from tests.interleave.people import People
from tests.interleave.watch import Watch

ATTEMPTS = 3
"""How often a sync reads again, as in sheetsync.sync."""
WINDOWS = 4
"""Requests after the first batch before which people act: a look, what cells show, a mending batch,
or the pieces of a staged write. In a storm they act before every one."""
SMALL = Limits(grid_cells=45_000, write_bytes=1500)
"""Makes the results go by a stage in pieces."""
KINDS = ("plain", "plain", "plain", "plain", "staged", "lost reply", "killed", "two computers",
         "undo", "large")  # fmt: skip


class Killed(BaseException):
    """The client's process ended."""


@cache
def prototype(*, regex_matches_blank: bool) -> Spreadsheet:
    """The sheet that every run begins with, its grids only a little larger than what they hold."""
    service = Service(regex_matches_blank=regex_matches_blank)
    sheet = service.create("small")
    requests_ = list(drawn(GRIDS, TABS))
    client_of(service).batch_update(sheet.id, {"requests": requests_})
    for each in sheet.sheets:
        each.resize(rows=len(each.rows) + 3, columns=10)
    sheet.changed()
    sheet.recalculate()
    return sheet


class Between(InProcess):
    """The way to the sheet, on which people act before every request."""

    def __init__(self, service: Service, run: Run) -> None:
        super().__init__(service)
        self.run = run

    def send(self, request, *args, **kwargs):
        self.run.before(request.method)
        fault = self.run.fault(request.method)
        if fault == "before":
            raise requests.ConnectionError("Connection aborted.", request=request)
        answer = super().send(request, *args, **kwargs)
        self.run.told.append(f"{request.method} {answer.status_code}")
        if request.method == "POST":
            self.run.watch.engine_wrote()
        self.run.watch.asked()
        if fault == "after":
            raise requests.ConnectionError("Connection aborted.", request=request)
        if fault == "killed":
            raise Killed
        return answer


@dataclass
class Run:
    """Everything about one seed; ``told`` is what happened, in order."""

    seed: int
    folder: Path
    told: list[str] = field(default_factory=list)
    people_act: bool = True
    syncs: int = 0
    gave_up: str = ""
    quiet_syncs: int = 0
    storm: bool = False
    since: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.kind = self.chance.choice(KINDS)
        self.pace = self.chance.choice((0.0, 0.3, 0.7))
        self.service = Service(validate=self.seed % 50 == 0)
        self.sheet = prototype(regex_matches_blank=self.seed % 4 != 3).fork()
        self.service.spreadsheets[self.sheet.id] = self.sheet
        shadow = self.sheet.fork()
        self.watch = Watch(self.sheet, shadow)
        self.people = People(self.sheet, shadow, self.chance)
        self.faults: dict[int, str] = {}
        self.posts = 0
        if self.kind == "lost reply":
            self.faults = {self.chance.randint(1, 2): self.chance.choice(("before", "after"))}
        elif self.kind == "killed":
            self.faults = {
                self.chance.randint(1, 3): self.chance.choice(("killed", "killed", "dead"))
            }
        self.limits = SMALL if self.kind == "staged" else LIMITS
        if self.kind == "large":
            self.limits = Limits(grid_cells=60, value_cells=90, check_cells=40)

    def book(self, computer: str) -> GoogleWorkbook:
        """The sheet as one computer opens it."""
        session = requests.Session()
        session.trust_env = False  # no proxies or netrc to look for
        session.mount(HOST, Between(self.service, self))
        client = SheetsClient(session=session, clock=Still(), jitter=random.Random(self.seed))
        return GoogleWorkbook(
            client, self.sheet.id, state=self.folder / computer, limits=self.limits
        )

    def act(self, at_least: int = 0) -> None:
        """People act, maybe more than once."""
        count = at_least
        while count < 4 and self.chance.random() < self.pace:
            count += 1
        for _ in range(count):
            self.watch.look()
            self.people.act()
            self.watch.people_acted()
            self.watch.copied |= self.people.copied
            self.watch.own |= self.people.ids
            self.told.append(f"  {self.people.did[-1]}" if self.people.did else "  (refused)")

    def before(self, method: str) -> None:
        """What happens before a request; a plan's first batch never comes undisturbed."""
        if not self.people_act:
            return
        self.since += self.posts > 0
        if self.posts == 0 or self.storm or self.since <= WINDOWS:
            self.act(at_least=1 if method == "POST" and self.posts == 0 else 0)

    def fault(self, method: str) -> str:
        """The fault of a request."""
        if method != "POST" or not self.people_act:
            return ""
        self.posts += 1
        told = self.faults.get(self.posts, "")
        if told == "dead":
            raise Killed
        return told

    def sync(self, book: GoogleWorkbook) -> bool:
        """A sync as sheetsync.sync does it; whether there was something to write."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                seen = book.read(TABS)
                self.syncs += 1
                plan = planned(seen, f"run-{self.syncs}")
                if not plan:
                    return False
                self.told.append(f"plan {plan.run}: {', '.join(_words(op) for op in plan.ops)}")
                book.apply(plan, TABS)
            except StaleSnapshot as stale:
                self.told.append(f"stale: {stale}")
                if attempt == ATTEMPTS:
                    raise
            else:
                return True
        raise AssertionError

    def go(self) -> Run:
        """The whole run; raises AssertionError with all that was wrong."""
        self.watch.begin()
        self.act()
        mine = self.book("mine")
        try:
            self._busy(mine)
        except Killed:
            self.told.append("killed")
        except (StaleSnapshot, NotATracker) as told:
            self.gave_up = type(told).__name__
        self.people_act = False
        self.watch.keeps = True
        self._quiet()
        self.watch.settle()
        return self

    def _busy(self, mine: GoogleWorkbook) -> None:
        self.sync(mine)
        if self.kind == "two computers":
            other = self.book("other")
            seen = other.read(TABS)
            self.act()
            self.sync(mine)
            plan = planned(seen, "run-other")
            if plan and self.syncs:
                try:
                    other.apply(plan, TABS)
                except StaleSnapshot:
                    self.told.append("the other computer's plan was stale")
        elif self.kind == "undo":
            self._undo(mine)

    def _undo(self, mine: GoogleWorkbook) -> None:
        """Take the last run back as far as nobody changed its cells."""
        run = f"run-{self.syncs}"
        self.people_act = False
        seen = mine.read(TABS)
        self.people_act = True
        try:
            reverse = mine.plan_of(run).reverse(seen.fingerprint, "undo")
        except KeyError:
            return
        self.watch.undoing = True
        self.posts = self.since = 0
        mine.apply(reverse, TABS)

    def _quiet(self) -> None:
        """Nobody acts: at most two syncs, then one that writes nothing, from a fresh computer."""
        book = self.book("mine" if self.seed % 2 else "fresh")
        self.watch.undoing = False
        while self.sync(book):
            self.quiet_syncs += 1
            if self.quiet_syncs > 2:
                self.watch.wrong.append("three quiet syncs each wrote something")
                break
        left = [s.title for s in self.sheet.sheets if s.title.startswith("_stage")]
        if left and self.kind != "killed":
            self.watch.wrong.append(f"left behind: {left}")


def _words(op) -> str:
    rows = getattr(op, "rows", ())
    what = getattr(op, "column", "")
    cells = ""
    if hasattr(op, "column"):
        cells = " " + ", ".join(
            f"{r}: {a!r}>{b!r}" for r, a, b in zip(rows, op.old, op.new, strict=True)
        )
    return f"{type(op).__name__} {op.tab} {what}{cells}"


def told(run: Run, error: BaseException | None = None) -> str:
    """A run in words, with how to replay it."""
    lines = [f"seed {run.seed} ({run.kind}): python -m tests.interleave.runs {run.seed}"]
    lines += [f"  {line}" for line in run.told]
    lines += [f"  WRONG: {line}" for line in dict.fromkeys(run.watch.wrong)]
    if error is not None:
        lines.append(f"  RAISED: {type(error).__name__}: {error}")
    return "\n".join(lines)


@dataclass
class Tally:
    """What many runs came to."""

    runs: int = 0
    bad: list[str] = field(default_factory=list)
    bad_kinds: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    flickers: Counter[str] = field(default_factory=Counter)
    flickering: int = 0
    lasted: Counter[int] = field(default_factory=Counter)
    syncs: Counter[int] = field(default_factory=Counter)
    gave_up: Counter[str] = field(default_factory=Counter)
    acts: int = 0

    def add(self, seed: int, folder: Path, *, storm: bool = False) -> None:
        """Run a seed."""
        run = Run(seed, folder, storm=storm)
        error: BaseException | None = None
        try:
            run.go()
        except (Exception, Killed) as raised:  # noqa: BLE001 - told with its seed
            error = raised
        self.runs += 1
        self.kinds[run.kind] += 1
        self.acts += len(run.people.did)
        self.flickers += run.watch.flickers
        self.flickering += bool(run.watch.flickers)
        self.lasted += Counter(run.watch.lasted)
        self.syncs[run.quiet_syncs] += 1
        if run.gave_up:
            self.gave_up[run.gave_up] += 1
        if run.watch.wrong or error is not None:
            self.bad.append(told(run, error))
            self.bad_kinds.append(run.kind)
            self.seeds.append(seed)

    def __str__(self) -> str:
        lines = [
            f"{self.runs} runs, {self.acts} acts of people",
            f"wrong: {dict(Counter(self.bad_kinds))} {self.seeds[:40]}",
            f"kinds: {dict(self.kinds)}",
            f"quiet syncs until silence: {dict(sorted(self.syncs.items()))}",
            f"given up by the busy sync (nothing written): {dict(self.gave_up)}",
            f"runs in which something flickered: {self.flickering}",
            f"requests until it was put back: {dict(sorted(self.lasted.items()))}",
            *(f"  {count:>6} {name}" for name, count in self.flickers.most_common()),
        ]
        return "\n".join(lines)


def _memory() -> str | None:
    """A folder of the machine's memory where there is one: a run's journal needs no disk."""
    return next((str(p) for p in (Path("/dev/shm"),) if p.is_dir()), None)


def tally(seeds: range, *, storm: bool = False) -> Tally:
    """Run seeds."""
    made = Tally()
    with tempfile.TemporaryDirectory(prefix="interleave-", dir=_memory()) as place:
        for seed in seeds:
            made.add(seed, Path(place) / str(seed), storm=storm)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="*")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--storm", action="store_true", help="people act before every request")
    args = parser.parse_args()
    for seed in args.seeds:
        with tempfile.TemporaryDirectory(prefix="interleave-") as place:
            run, error = Run(seed, Path(place), storm=args.storm), None
            try:
                run.go()
            except (Exception, Killed) as raised:  # noqa: BLE001
                error = raised
                import traceback

                traceback.print_exc()
            print(told(run, error))
    if args.count:
        begun = time.perf_counter()
        made = tally(range(args.first, args.first + args.count), storm=args.storm)
        print(made)
        print(f"{(time.perf_counter() - begun) / args.count * 1000:.1f} ms a run")
        sys.exit(bool(made.bad))


if __name__ == "__main__":
    main()
