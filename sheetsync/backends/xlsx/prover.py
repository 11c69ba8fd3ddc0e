"""Changed sheets proven in another process while the next ones are made.

What is proven there is what ``verify`` proves here, by the same code: the other process is told
the packed bytes of a sheet as it was and as it is to be, what the plan wants of it, and what
cells mean. Its word counts only for exactly those bytes, cells and meanings; whatever it could
not prove, or did not come to, is left to ``verify``.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sheetsync.backends.xlsx.child import bound
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks_in
from sheetsync.backends.xlsx.intent import Intent, intent_of
from sheetsync.backends.xlsx.package import Package, Packed
from sheetsync.backends.xlsx.parts import Book, Sheet
from sheetsync.backends.xlsx.proof import Proof
from sheetsync.backends.xlsx.rows import cut
from sheetsync.backends.xlsx.worker import (
    MEMORY_BYTES,
    PATIENCE,
    SECONDS,
    SECONDS_PER_MEGABYTE,
    SHARED_FROM,
    end,
    processors,
    start,
)
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import Future, ThreadPoolExecutor

_START = (
    f"import sys; sys.path.append({str(Path(__file__).parents[3])!r})\n"
    "from sheetsync.backends.xlsx.prover import main; main()"
)
_BIG = 4 << 20
"""Bytes of a sheet from which proving takes longer than telling another process about it."""

Around = tuple[bytes, bytes]
"""The XML around a sheet's rows, as it was and as it is to be."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That ``new`` is the sheet ``old`` with the intent applied, where cells mean ``context``.

    ``styles`` is how many cell styles there are.
    """

    old: Packed
    new: Packed
    intent: Intent
    context: Context
    styles: int

    def proof(self) -> Around:
        """Prove it; ``Doubt``, or what reading raises, when that fails."""
        old, new = cut(self.old.sound_content()), cut(self.new.sound_content())
        Proof(old, new, self.intent, self.context, self.styles).check()
        return old.head + old.tail, new.head + new.tail


class Prover:
    """Proves sheets of one workbook in another process, one after the other as they are made."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        old: Package,
        intents: Callable[[Book], Mapping[str, Intent]],
        seconds: float,
    ) -> None:
        self._child = child
        self._old = old
        self._intents_of = intents
        self._seconds = seconds
        self._claims: dict[str, tuple[Claim, Future[Around | None]]] = {}

    @cached_property
    def _book(self) -> Book:
        return Book.of(self._old)

    @cached_property
    def _intents(self) -> Mapping[str, Intent]:
        return self._intents_of(self._book)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(1)

    def take(self, part: str, new: Packed, styles: bytes) -> None:
        """Take a sheet that was made; ``styles`` is the styles part as it stands now."""
        if part not in self._old or max(new.size, self._old.size(part)) < _BIG:
            return
        old = self._old.packed(part)
        if old is None:
            return
        known = tuple(looks_in(styles, self._book.styles_part)) if styles else ()
        context = Context((), known, self._book.date1904)
        claim = Claim(old, new, self._intents.get(part, Intent()), context, len(known))
        self._claims[part] = claim, self._pool.submit(self._ask, claim)

    def in_order(self, sheets: Iterable[Sheet]) -> list[Sheet]:
        """These sheets, those first that were not taken, then what was taken last."""
        taken = {part: place for place, part in enumerate(reversed(self._claims), 1)}
        return sorted(sheets, key=lambda sheet: taken.get(sheet.part, 0))

    def proven(
        self, part: str, intent: Intent, new: Package, context: Context, styles: int
    ) -> Around | None:
        """The XML around the rows of a sheet that is proven to be what it should; else None.

        A sheet that the other process did not begin with is left to the caller.
        """
        claim, answer = self._claims.get(part, (None, None))
        if claim is None or answer is None or answer.cancel():
            return None
        known = len(claim.context.looks)
        same = (
            claim.new == new.packed(part)
            and claim.intent == intent
            and replace(context, looks=tuple(context.looks[:known])) == claim.context
            and styles >= claim.styles
        )
        return self._result(answer) if same else None

    def _result(self, answer: Future[Around | None]) -> Around | None:
        try:
            return answer.result(self._seconds * PATIENCE)
        except Exception:  # noqa: BLE001 - too late, or not to be told: it is proven here then
            return None

    def _ask(self, claim: Claim) -> Around | None:
        """Whether the other process could prove a claim; None when it died, too."""
        with contextlib.suppress(OSError, pickle.UnpicklingError, EOFError, ValueError):
            if self._child.stdin and self._child.stdout:
                pickle.dump((self._seconds, MEMORY_BYTES, claim), self._child.stdin, 5)
                self._child.stdin.flush()
                told: Around | None = pickle.load(self._child.stdout)  # noqa: S301 - our own child
                return told
        return None

    def close(self) -> None:
        """Let go of the other process, whatever it is doing."""
        end(self._child)
        if "_pool" in self.__dict__:
            self._pool.shutdown(cancel_futures=True)


@contextmanager
def proving(
    data: bytes, plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot
) -> Iterator[Prover | None]:
    """A prover for changes of this workbook; None where a second process would save no time."""
    if len(data) < SHARED_FROM or processors() == 1:
        yield None
        return
    seconds = SECONDS + SECONDS_PER_MEGABYTE * (len(data) >> 20)
    intents = partial(_intents, plan, tabs, snapshot)
    prover = Prover(start(_START), Package.open(data), intents, seconds)
    try:
        yield prover
    finally:
        prover.close()


def _intents(
    plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot, book: Book
) -> Mapping[str, Intent]:
    return intent_of((book,), plan, tabs, snapshot)


def main() -> None:
    """Read claims with their limits from standard input; answer each with its proof, or None."""
    import gc

    gc.disable()
    with contextlib.suppress(EOFError):
        while True:
            *limits, claim = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent
            bound(*limits)
            pickle.dump(_proof(claim), sys.stdout.buffer, 5)
            del claim
            sys.stdout.buffer.flush()


def _proof(claim: Claim) -> Around | None:
    try:
        return claim.proof()
    except Exception:  # noqa: BLE001 - our parent proves it itself then, and tells what it finds
        return None
