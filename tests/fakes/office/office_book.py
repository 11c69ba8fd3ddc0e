"""A workbook that the add-in's own modules read and write, in a page with office.js."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheetsync.addin.wire import Posted, PostedWorkbook
from sheetsync.model.errors import StaleSnapshot, WriteFailed
from sheetsync.model.plan import Plan
from sheetsync.model.snapshot import Snapshot
from sheetsync.model.tracker import Tab
from sheetsync.model.workbook import Receipt
from tests.fakes.office.browser import ScriptError, office_page
from tests.fakes.office.host import OfficeHost

READ = """async (context, wanted) => {
  const { readWorkbook } = await import('/reading.js');
  const names = (tabs) => tabs.map((tab) => tab.name);
  return readWorkbook(context, async (tabs) => wanted || names(tabs));
}"""
PLAY = """async (context, { score, options }) => {
  const { play } = await import('/playing.js');
  const steps = [];
  const how = { ...options, wait: async () => {}, onProgress: (told) => steps.push(told) };
  const told = await play(context, score, how);
  return { ...told, steps };
}"""
REFUSALS = {"Stale": StaleSnapshot, "Refused": WriteFailed, "Torn": WriteFailed}


class OfficeBook:
    """A ``Workbook``: reading.js posts, ``PostedWorkbook`` makes scores, playing.js plays them.

    ``options`` are for every play.
    """

    calculates = True

    def __init__(self, host: OfficeHost, **options: Any) -> None:
        self.host, self.options = host, options
        self.notes: tuple[str, ...] = ()
        self.played: list[dict[str, Any]] = []
        self._runs: dict[str, Plan] = {}

    @property
    def name(self) -> str:
        """The workbook's name."""
        return self.host.book.name

    def posted(self, wanted: Sequence[str] | None = None) -> dict[str, Any]:
        """What the add-in would post: tabs of these names, or all."""
        return {"version": 1, **office_page().run(self.host, READ, wanted)}

    def read(self, tabs: Sequence[Tab]) -> Snapshot:
        """Read by the add-in's reading.js and the server's wire."""
        return self._opened().read(tabs)

    def apply(self, plan: Plan, tabs: Sequence[Tab]) -> Receipt:
        """Have the add-in play the plan's score."""
        book = self._opened()
        receipt = book.apply(plan, tabs)
        if book.score is not None:
            self.play(book.score)
        self._runs[plan.run] = plan
        return receipt

    def play(self, score: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Play a score; a refusal of the player's is raised as the product's exception."""
        try:
            given = {"score": score, "options": {**self.options, **options}}
            told = office_page().run(self.host, PLAY, given)
        except ScriptError as error:
            if error.name not in REFUSALS:
                raise AssertionError(error.stack) from error
            raise REFUSALS[error.name](str(error)) from error
        self.played.append(told)
        return told

    def plan_of(self, run: str) -> Plan:
        """The plan of a run."""
        return self._runs[run]

    def close(self) -> None:
        """Nothing to close: the page serves the next test."""

    def _opened(self) -> PostedWorkbook:
        return PostedWorkbook(Posted.model_validate(self.posted()))
