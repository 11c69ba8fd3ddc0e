"""Does what people ask for in the sheet: takes their requests, runs them, answers in the row.

Google cannot reach a laptop, so the laptop asks: one small read of the tab ``_requests`` each
time. Several agents may serve one sheet. Which of them runs a request is decided by Google: taking
it makes a marker (developer metadata) whose id follows from the request and the attempt, and of
two batches that make the same id one is refused whole. The same holds for answers. An agent that
died is followed by another one when its lease is over; a sync that ran twice writes once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sheetsync.backends.google import ids
from sheetsync.backends.google.asking import (
    KINDS,
    LEASE,
    PLAN,
    REQUESTS,
    Ask,
    Taken,
    answer_id,
    asks_in,
    claim_id,
    moment,
    overdue,
    plan_requests,
    stamp,
    tab_requests,
    tail_request,
    wrong,
)
from sheetsync.backends.google.client import SheetsClient
from sheetsync.backends.google.draw_cells import Request
from sheetsync.backends.google.failures import (
    GoogleFailure,
    NotASheet,
    NotFound,
    NotShared,
    Rejected,
    SetupNeeded,
    SignInNeeded,
)
from sheetsync.backends.google.throttle import Clock
from sheetsync.model.errors import SheetsyncError
from sheetsync.model.tables import quoted

MARKER = "sheetsync.request"
KEPT = timedelta(hours=1)
"""Markers older than this are deleted: by then no agent can act on an old reading."""
LARGEST_PLAN = 1_500_000
"""Characters of a plan that one request carries."""
_LASTING = (NotASheet, NotFound, NotShared, SetupNeeded, SignInNeeded)
_STRUCTURE = "sheets(properties(sheetId,title))"
_MARKERS = "developerMetadata(metadataId,metadataKey,metadataValue)"
_REPLY = f"updatedSpreadsheet({_MARKERS})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What running a request came to: a sentence for who asked.

    ``plan``: JSON that the sheet's own script is to play (strict sync); "" when all is done.
    """

    message: str
    plan: str = ""


_WORDS = dict(zip(KINDS, ("a sync", "a check", "a strict sync"), strict=True))
_TWICE = "This request was answered already: ask anew with the menu sheetsync."
Run: TypeAlias = Callable[[str], Answer]
"""Does "sync", "check" or "strict"; raises SheetsyncError."""


class Agent:
    """Serves the requests of one spreadsheet.

    ``clock`` counts seconds and sleeps, ``now`` tells the time of day with its zone, ``tell``
    takes one sentence for each thing that happens.
    """

    def __init__(
        self,
        client: SheetsClient,
        spreadsheet: str,
        run: Run,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        tell: Callable[[str], None],
    ) -> None:
        self.client, self.spreadsheet, self.run = client, spreadsheet, run
        self.name = secrets.token_hex(8)
        self.answered = 0
        self._clock, self._now, self._tell = clock, now, tell
        self._tab: tuple[int, str] | None = None
        self._plan_made = False
        self._owed: dict[str, tuple[Ask, Answer, str, bool]] = {}
        self._ran: set[tuple[str, int]] = set()
        self._refused: set[tuple[str, int]] = set()
        self._old: list[int] = []
        self._seen: list[Ask] = []
        self._trouble = ""

    def serve(self, every: float) -> None:
        """Look every so many seconds, until Ctrl-C; a network that fails is waited for.

        Raises GoogleFailure for what will not pass by itself (no sign-in, not shared).
        """
        while True:
            began = self._clock.now()
            try:
                self.look()
                self._recovered()
            except _LASTING:
                raise
            except GoogleFailure as failure:
                self._troubled(failure)
            self._clock.sleep(max(0.0, every - (self._clock.now() - began)))

    def look(self) -> int:
        """Answer everything that waits now; return how many requests that were.

        With nothing to do that is one small read. Raises GoogleFailure.
        """
        before = self.answered
        self._found()
        for owed, answer, state, marked in list(self._owed.values()):
            self._give(owed, answer, state, marked=marked)
        seen: set[tuple[str, int]] = set()
        while True:
            asks = self._asks()
            due = (ask for ask in asks if (ask.id, ask.row) not in seen and self._is_due(ask))
            if (ask := next(due, None)) is None:
                return self.answered - before
            seen.add((ask.id, ask.row))
            self._serve(ask, asks)

    def _is_due(self, ask: Ask) -> bool:
        """Whether there is something to do: not while another agent's lease runs."""
        taken, now = ask.taken, self._now()
        if not ask.open or ask.id in self._owed:
            return False
        if ask.state in {"", "asked"} or taken is None or overdue(ask, now):
            return True
        return ask.state == "running" and (now - taken.since > LEASE or self._is_ours(taken, ask))

    def _is_ours(self, taken: Taken, ask: Ask) -> bool:
        """Whether we took it without learning so: the reply was lost."""
        return taken.agent == self.name and (ask.id, taken.attempt) not in self._ran

    def _serve(self, ask: Ask, asks: Sequence[Ask]) -> None:
        now = self._now()
        before = ask.taken if ask.state == "running" else None
        refusal = wrong(ask, asks, now)
        if refusal:
            self._give(ask, Answer(refusal), "failed", marked=False)
            return
        refusal = overdue(ask, now) if ask.state in {"running", "planned"} else ""
        if refusal:
            self._give(ask, Answer(refusal), "failed")
            return
        if before is not None and self._is_ours(before, ask):
            self._do(ask)
            return
        mine = Taken(before.attempt + 1 if before else 1, self.name, now)
        if (ask.id, mine.attempt) in self._refused:
            self._give(ask, Answer(_TWICE), "failed", marked=False)
        elif taken := self._take(replace(ask, agent=str(mine)), mine):
            self._do(taken)
        else:
            self._refused.add((ask.id, mine.attempt))

    def _do(self, ask: Ask) -> None:
        """Run a request that is ours and answer it, whatever happens."""
        assert ask.taken is not None
        self._ran.add((ask.id, ask.taken.attempt))
        self._tell(f"{ask.who or 'Somebody'} asked for {_WORDS[ask.kind]}: running it.")
        try:
            answer, state = self.run(ask.kind), "done"
        except SheetsyncError as error:
            answer, state = Answer(str(error)), "failed"
        except KeyboardInterrupt:
            self._give(ask, Answer("The agent was stopped while it ran: ask again."), "failed")
            raise
        except Exception as error:  # noqa: BLE001 - one request's bug must not end the service
            words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            answer, state = Answer(f"This is a bug in sheetsync ({words})."), "failed"
        if len(answer.plan) > LARGEST_PLAN:
            words = "The changes are too many for a strict sync: use Sync now."
            answer, state = Answer(words), "failed"
        self._give(ask, answer, "planned" if answer.plan else state)

    def _take(self, ask: Ask, mine: Taken) -> Ask | None:
        """Make a request ours; None when another agent was faster or it is gone."""
        claim, answered = claim_id(ask.id, mine.attempt), answer_id(ask.id)
        running = replace(ask, state="running", message=f"running since {stamp(mine.since)}")
        markers = [
            self._marker(claim),
            self._marker(answered),
            _deleted(answered),
        ]
        return self._put(running, markers, claim)

    def _give(self, ask: Ask, answer: Answer, state: str, *, marked: bool = True) -> None:
        """Write an answer; where the network fails it is owed until it comes back.

        ``marked``: only the first answer to a request counts.
        """
        self._owed[ask.id] = ask, answer, state, marked
        done = "" if answer.plan else stamp(self._now())
        told = replace(ask, state=state, message=answer.message, done=done)
        marker = answer_id(ask.id) if marked and not answer.plan else 0
        first = [self._marker(marker)] if marker else []
        if answer.plan:
            first += plan_requests(ask.id, answer.plan, made=self._plan_made)
        given = self._put(told, [*self._forgotten(), *first], marker)
        del self._owed[ask.id]
        if answer.plan:
            self._plan_made = True
        elif given is not None:
            self.answered += 1
            self._tell(f"{state.capitalize()}: {answer.message}")

    def _put(self, ask: Ask, first: Sequence[Request], marker: int) -> Ask | None:
        """Write a request's row in the batch that makes its marker, and see that it was its row.

        None when another agent made the marker, or the row is gone. Rows that people moved
        meanwhile get back what they held.
        """
        before = self._seen
        if not self._send([*first, self._tail(ask)], marker):
            return None
        for _ in range(3):
            now = self._asks()
            here = next((each for each in now if each.row == ask.row), None)
            if here is not None and here.id == ask.id:
                return ask
            found = next((each for each in now if each.id == ask.id), None)
            held = next((each for each in before if here is not None and each.id == here.id), None)
            mended = [replace(held or Ask(ask.row, ""), row=ask.row)]
            if found is not None:
                ask = replace(ask, row=found.row)
                mended.append(ask)
            self._send([self._tail(each) for each in mended], 0)
            if found is None:
                return None
        return ask

    def _tail(self, ask: Ask) -> Request:
        assert self._tab is not None
        return tail_request(self._tab[0], ask.row, ask.tail)

    def _send(self, requests: Sequence[Request], marker: int) -> bool:
        """Send a batch; False when its marker is another agent's."""
        body = {"requests": list(requests), "includeSpreadsheetInResponse": True}
        try:
            reply = self.client.batch_update(self.spreadsheet, body, token=True, fields=_REPLY)
        except Rejected as refused:
            if "already exists" in refused.words:
                return bool(refused.unsure and marker) and self._is_mine(marker)
            self._tab = None
            raise
        told = reply.get("updatedSpreadsheet", {}).get("developerMetadata", ())
        self._old = [m["metadataId"] for m in told if self._is_old(m)]
        return True

    def _is_mine(self, marker: int) -> bool:
        """Whether we made a marker in a try whose reply was lost."""
        told = self.client.get_sheet(self.spreadsheet, {"fields": _MARKERS})
        return any(
            m["metadataId"] == marker and m.get("metadataValue", "").startswith(self.name)
            for m in told.get("developerMetadata", ())
        )

    def _is_old(self, metadata: Mapping[str, Any]) -> bool:
        if metadata.get("metadataKey") != MARKER:
            return False
        at = moment(str(metadata.get("metadataValue", "")).rpartition(" ")[2])
        return at is None or self._now() - at > KEPT

    def _forgotten(self) -> list[Request]:
        """Delete markers that nobody can need any more."""
        old, self._old = self._old, []
        return [_deleted(number) for number in old]

    def _marker(self, number: int) -> Request:
        told = {
            "metadataId": number,
            "metadataKey": MARKER,
            "metadataValue": f"{self.name} {stamp(self._now())}",
            "location": {"spreadsheet": True},
            "visibility": "DOCUMENT",
        }
        return {"createDeveloperMetadata": {"developerMetadata": told}}

    def _asks(self) -> list[Ask]:
        """The rows of the tab now: one small read, once the tab is known."""
        for last_try in (False, False, True):
            title = self._found()[1]
            try:
                reply = self.client.batch_get_values(self.spreadsheet, [f"{quoted(title)}!A1:H"])
            except Rejected as refused:
                if last_try or "range" not in refused.words.casefold():
                    raise
                self._tab = None
                continue
            self._seen = asks_in(reply["valueRanges"][0].get("values", ()))
            return self._seen
        raise AssertionError

    def _found(self) -> tuple[int, str]:
        """The tab's id and title; it is made when it is not there."""
        if self._tab is None:
            self._tab = self._looked_up()
        if self._tab is None:
            body = {"requests": tab_requests()}
            with suppress(Rejected):  # made by somebody else at this moment
                self.client.batch_update(self.spreadsheet, body, token=True)
            self._tab = self._looked_up() or (ids.sheet_id(REQUESTS), REQUESTS)
        return self._tab

    def _looked_up(self) -> tuple[int, str] | None:
        told = self.client.get_sheet(self.spreadsheet, {"fields": _STRUCTURE})
        found = [sheet["properties"] for sheet in told.get("sheets", ())]
        titles = {int(each.get("sheetId", 0)): str(each["title"]) for each in found}
        self._plan_made = ids.sheet_id(PLAN) in titles
        if ids.sheet_id(REQUESTS) in titles:
            return ids.sheet_id(REQUESTS), titles[ids.sheet_id(REQUESTS)]
        return next(((at, title) for at, title in titles.items() if title == REQUESTS), None)

    def _troubled(self, failure: GoogleFailure) -> None:
        """Tell of a failure once, not at every look."""
        if failure.kind != self._trouble:
            self._tell(f"{failure} Trying again.")
        self._trouble = failure.kind

    def _recovered(self) -> None:
        if self._trouble:
            self._tell("Google answers again.")
        self._trouble = ""


def _deleted(number: int) -> Request:
    where = {"developerMetadataLookup": {"metadataId": number}}
    return {"deleteDeveloperMetadata": {"dataFilter": where}}
