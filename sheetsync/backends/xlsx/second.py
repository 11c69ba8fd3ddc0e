"""A second process that draws big table bodies and proves big sheets beside the first.

What is proven there is what ``verify`` proves here, by the same code: the other process is told
the packed bytes of a sheet as it was and as it is to be, what the plan wants of it, and what
cells mean. Its word counts only for exactly those bytes, cells and meanings. Whatever it could
not do, or did not come to, is left to the first process.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sheetsync.backends.xlsx.child import bound
from sheetsync.backends.xlsx.convert import Context
from sheetsync.backends.xlsx.dates import looks_in
from sheetsync.backends.xlsx.intent import Intent, intent_of
from sheetsync.backends.xlsx.newbody import NewBody
from sheetsync.backends.xlsx.package import Package, Packed
from sheetsync.backends.xlsx.parts import Book, Sheet
from sheetsync.backends.xlsx.proof import Proof
from sheetsync.backends.xlsx.rows import Cut, cut
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
    "from sheetsync.backends.xlsx.second import main; main()"
)
_BIG = 4 << 20
"""Bytes of a sheet from which proving takes longer than telling another process about it."""

_T = TypeVar("_T")

Around = tuple[bytes, bytes]
"""The XML around a sheet's rows, as it was and as it is to be."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a sheet is to hold, and what its cells mean; ``styles`` is how many styles there are."""

    intent: Intent
    context: Context
    styles: int


@dataclass(slots=True)
class Claim:
    """That the sheet ``new`` is the sheet ``old`` with the intent of its meaning applied."""

    old: Packed | None
    new: Packed | None
    meaning: Meaning

    def run(self) -> Around:
        """Prove it, and be used up; ``Doubt``, or what reading raises, when that fails."""
        told = self.meaning
        old, new = self._cuts()
        Proof(old, new, told.intent, told.context, told.styles).check()
        return old.head + old.tail, new.head + new.tail

    def _cuts(self) -> tuple[Cut, Cut]:
        """Both sheets; what they were packed in is let go, for each may be a hundred megabytes."""
        assert self.old is not None
        assert self.new is not None
        old, self.old = cut(self.old.sound_content()), None
        new, self.new = cut(self.new.sound_content()), None
        return old, new


class _Asked(NamedTuple):
    """A claim that the other process was told: the mark of the new sheet, and its answer to be."""

    new: str
    meaning: Meaning
    answer: Future[Around | None]


class Second:
    """Works on sheets of one workbook in another process, one after the other.

    In fact in two, for one that has drawn bodies keeps more memory than there is to spare.
    """

    def __init__(
        self, old: Package, intents: Callable[[Book], Mapping[str, Intent]], seconds: float
    ) -> None:
        self._children: dict[type, subprocess.Popen[bytes]] = {Claim: start(_START)}
        self._old = old
        self._intents_of = intents
        self._seconds = seconds
        self._claims: dict[str, _Asked] = {}
        self._bodies: dict[str, Future[Packed | None]] = {}

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

    def draw(self, part: str, body: NewBody) -> None:
        """Draw a sheet's new body, to be asked for with ``drawn``."""
        if NewBody not in self._children:
            self._children[NewBody] = start(_START)
        self._bodies[part] = self._pool.submit(self._ask, body)

    def drawn(self, part: str) -> Packed | None:
        """The sheet with its new body; None when it has to be drawn by the caller."""
        answer = self._bodies.pop(part, None)
        return None if answer is None or answer.cancel() else self._result(answer)

    def prove(self, part: str, new: Packed, styles: bytes) -> None:
        """Prove a sheet that was made; ``styles`` is the styles part as it stands now."""
        if part not in self._old or max(new.size, self._old.size(part)) < _BIG:
            return
        old = self._old.packed(part)
        if old is None:
            return
        known = tuple(looks_in(styles, self._book.styles_part)) if styles else ()
        context = Context((), known, self._book.date1904)
        meaning = Meaning(self._intents.get(part, Intent()), context, len(known))
        if not self._claims and NewBody in self._children:  # all bodies were told before
            self._pool.submit(end, self._children[NewBody])
        answer = self._pool.submit(self._ask, Claim(old, new, meaning))
        self._claims[part] = _Asked(_mark(new), meaning, answer)

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
        asked = self._claims.get(part)
        if asked is None or asked.answer.cancel():
            return None
        known = len(asked.meaning.context.looks)
        same = (
            asked.new == _mark(new.packed(part))
            and asked.meaning.intent == intent
            and asked.meaning.context == replace(context, looks=tuple(context.looks[:known]))
            and asked.meaning.styles <= styles
        )
        return self._result(asked.answer) if same else None

    def _result(self, answer: Future[_T | None]) -> _T | None:
        try:
            return answer.result(self._seconds * PATIENCE)
        except Exception:  # noqa: BLE001 - too late, or not to be told: it is done here then
            return None

    def _ask(self, job: Claim | NewBody) -> Any:
        """What the other process made of a job; None when it could not, or died."""
        child = self._children[type(job)]
        try:
            assert child.stdin
            assert child.stdout
            pickle.dump((self._seconds, MEMORY_BYTES, job), child.stdin, 5)
            child.stdin.flush()
            return pickle.load(child.stdout)  # noqa: S301 - our own child
        except (OSError, pickle.UnpicklingError, EOFError, ValueError):
            child.kill()  # nobody can tell where its next answer would begin
            return None

    def close(self) -> None:
        """Let go of the other process, whatever it is doing."""
        for child in self._children.values():
            end(child)
        if "_pool" in self.__dict__:
            self._pool.shutdown(cancel_futures=True)


def _mark(packed: Packed | None) -> str:
    """By which a packed sheet is known: its size, and the SHA-256 of its content as packed."""
    if packed is None:
        return ""
    return f"{packed.size} {packed.crc} {hashlib.sha256(packed.raw).hexdigest()}"


@contextmanager
def second_process(
    data: bytes, plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot
) -> Iterator[Second | None]:
    """A second process for changes of this workbook; None where it would save no time."""
    if len(data) < SHARED_FROM or processors() == 1:
        yield None
        return
    seconds = SECONDS + SECONDS_PER_MEGABYTE * (len(data) >> 20)
    intents = partial(_intents, plan, tabs, snapshot)
    second = Second(Package.open(data), intents, seconds)
    try:
        yield second
    finally:
        second.close()


def _intents(
    plan: Plan, tabs: Sequence[Tab], snapshot: Snapshot, book: Book
) -> Mapping[str, Intent]:
    return intent_of((book,), plan, tabs, snapshot)


def main() -> None:
    """Read jobs with their limits from standard input; answer each with its result, or None."""
    import gc

    gc.disable()
    with contextlib.suppress(EOFError):
        while True:
            *limits, job = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent
            bound(*limits)
            pickle.dump(_result_of(job), sys.stdout.buffer, 5)
            del job
            sys.stdout.buffer.flush()


def _result_of(job: Claim | NewBody) -> Any:
    try:
        return job.run()
    except Exception:  # noqa: BLE001 - our parent does it itself then, and tells what it finds
        return None
