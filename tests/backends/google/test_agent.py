"""Requests left in a sheet are run once, answered in their row, and never late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from sheetsync.backends.google import ids
from sheetsync.backends.google.agent import Agent, Answer
from sheetsync.backends.google.asking import COLUMNS, REQUESTS, tab_requests
from sheetsync.backends.google.failures import NotShared
from sheetsync.model.errors import NotATracker
from tests.backends.google.shared import Shared, share
from tests.fakes.sheets.humans import Human

START = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
TAKEN = f"1 0a0a {START:%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Office:
    """One shared sheet, the people in it, and agents on several computers."""

    shared: Shared = field(default_factory=share)
    ran: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    run: object = None

    def now(self):
        return START + timedelta(seconds=self.shared.clock.seconds)

    def wait(self, **told):
        self.shared.clock.sleep(timedelta(**told).total_seconds())

    def agent(self, run=None):
        def recorded(what):
            self.ran.append(what)
            return run(what) if run else Answer(f"Did {what}.")

        return Agent(
            self.shared.client(),
            self.shared.id,
            recorded,
            clock=self.shared.clock,
            now=self.now,
            tell=self.told.append,
        )

    @property
    def human(self):
        return Human(self.shared.sheet(), "owner")

    def make_tab(self):
        self.shared.client().batch_update(self.shared.id, {"requests": tab_requests()})

    def ask(self, identity="r1", what="sync", **cells):
        """Add a row as the menu does."""
        if REQUESTS not in [s.title for s in self.shared.sheet().sheets]:
            self.make_tab()
        row = len(self.human.rows(REQUESTS))
        told = {"id": identity, "at": f"{self.now():%Y-%m-%dT%H:%M:%SZ}", "who": "Ana"}
        told |= {"what": what, "state": "asked", **cells}
        for column, text in told.items():
            self.human.type(REQUESTS, row, COLUMNS.index(column), text)
        return row

    def rows(self):
        """The rows by id."""
        head, *rows = self.human.rows(REQUESTS)
        told = [dict(zip(head, (*row, *[None] * 8), strict=False)) for row in rows]
        return {row["id"]: row for row in told if any(row.values())}

    def asked(self):
        """The HTTP requests since the last call."""
        told = [
            f"{method} {path.rpartition('/')[2]}" for method, path in self.shared.service.requests
        ]
        self.shared.service.requests.clear()
        return [t.replace(self.shared.id, "sheet") for t in told]


@pytest.fixture
def office():
    return Office()


def test_the_tab_is_made_hidden_and_with_a_fixed_id(office):
    assert office.agent().look() == 0
    tab = office.shared.sheet().named(REQUESTS)
    assert (tab.id, tab.properties["hidden"]) == (ids.sheet_id(REQUESTS), True)
    assert office.human.rows(REQUESTS) == [list(COLUMNS)]
    office.agent().look()
    assert len(office.shared.sheet().sheets) == 2


def test_looking_with_nothing_to_do_is_one_small_read(office):
    agent = office.agent()
    agent.look()
    office.asked()
    before = agent.client.received
    for _ in range(3):
        agent.look()
    assert [told.split("?")[0] for told in office.asked()] == ["GET values:batchGet"] * 3
    assert agent.client.received - before < 3 * 400


def test_a_request_is_run_and_answered_in_its_row(office):
    office.ask("r1", "sync")
    office.ask("r2", " Check ")
    assert office.agent().look() == 2
    assert office.ran == ["sync", "check"]
    told = office.rows()["r1"]
    assert (told["state"], told["message"]) == ("done", "Did sync.")
    assert told["done"] == "2026-06-30T12:00:00Z" or told["done"].startswith("2026-06-30T12:00:")
    assert told["agent"].startswith("1 ")
    assert office.told[0] == "Ana asked for a sync: running it."
    assert "Done: Did check." in office.told
    assert office.agent().look() == 0


def test_a_failure_is_told_in_the_row(office):
    def fail(_what):
        raise NotATracker("It is not a tracker.")

    office.ask()
    office.agent(fail).look()
    told = office.rows()["r1"]
    assert (told["state"], told["message"]) == ("failed", "It is not a tracker.")


def test_a_bug_ends_the_request_not_the_agent(office):
    def fail(_what):
        raise ZeroDivisionError("by 0")

    office.ask()
    office.agent(fail).look()
    assert "This is a bug in sheetsync (ZeroDivisionError: by 0)" in office.rows()["r1"]["message"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"what": "delete everything"}, "must be sync, check or strict"),
        ({"identity": "a b"}, "an id of its own"),
        ({"identity": ""}, "an id of its own"),
        ({"at": "yesterday"}, "must tell when it was asked"),
        ({"at": "2026-07-30T12:00:00Z"}, "not a time to come"),
        ({"at": ""}, "must tell when it was asked"),
        ({"state": ""}, "Did sync."),
        ({"state": "ASKED"}, "Did sync."),
    ],
)
def test_a_request_typed_by_hand_is_looked_at_first(office, cells, message):
    row = office.ask(**cells)
    office.agent().look()
    assert message in office.human.see(REQUESTS, row, COLUMNS.index("message"))
    assert office.ran == (["sync"] if message == "Did sync." else [])
    office.ran.clear()
    office.asked()
    office.agent().look()
    assert office.ran == []
    assert not [told for told in office.asked() if told.startswith("POST")]


def test_a_copied_row_is_no_second_request(office):
    office.ask()
    office.human.copy_row(REQUESTS, 1, 2)
    office.agent().look()
    assert office.ran == ["sync"]
    assert "has this id already" in office.human.see(REQUESTS, 2, COLUMNS.index("message"))


def test_an_answered_request_is_not_run_again_when_its_state_is_typed_over(office):
    row = office.ask()
    agent = office.agent()
    agent.look()
    office.human.type(REQUESTS, row, COLUMNS.index("state"), "asked")
    agent.look()
    agent.look()
    assert office.ran == ["sync"]
    assert "answered already" in office.rows()["r1"]["message"]


def test_a_request_that_waited_too_long_is_not_run(office):
    office.ask()
    office.wait(minutes=16)
    office.agent().look()
    assert office.ran == []
    told = office.rows()["r1"]
    assert told["state"] == "failed"
    assert told["message"].startswith("No agent took this within 15 minutes")


def test_two_agents_never_run_the_same_request(office):
    """The second agent reads the row before the first takes it, and takes it after."""
    office.ask()
    first, second = office.agent(), office.agent()
    first.look()  # learns the tab
    office.ran.clear()
    office.ask("r2")
    seen = second._asks()
    first.look()
    waiting = next(ask for ask in seen if ask.id == "r2")
    second._serve(waiting, seen)
    assert office.ran == ["sync"]
    assert office.rows()["r2"]["state"] == "done"
    assert office.rows()["r2"]["agent"].split()[1] == first.name


def test_a_running_request_is_left_to_its_agent_until_the_lease_is_over(office):
    office.ask(state="running", agent=TAKEN)
    agent = office.agent()
    office.wait(minutes=9)
    assert agent.look() == 0
    assert office.ran == []
    office.wait(minutes=2)
    assert agent.look() == 1
    assert office.ran == ["sync"]
    told = office.rows()["r1"]
    assert (told["state"], told["agent"][:2]) == ("done", "2 ")


def test_an_agent_killed_between_taking_and_answering_is_followed_by_another(office):
    class Killed(BaseException):
        pass

    def die(_what):
        raise Killed

    office.ask()
    with pytest.raises(Killed):
        office.agent(die).look()
    assert office.rows()["r1"]["state"] == "running"
    other = office.agent()
    assert other.look() == 0
    office.wait(minutes=11)
    assert other.look() == 1
    assert office.ran == ["sync", "sync"]


def test_a_late_answer_does_not_replace_the_first(office):
    """An agent whose lease ended while it slept comes back after another one answered."""
    office.ask()

    def slow(what):
        office.wait(minutes=11)
        office.agent().look()
        return Answer(f"Late {what}.")

    assert office.agent(slow).look() == 0
    assert office.rows()["r1"]["message"] == "Did sync."


def test_nobody_takes_a_request_that_was_answered_while_its_lease_ran_out(office):
    office.ask()
    agent, other = office.agent(), office.agent()
    seen = []

    def slow(_what):
        office.wait(minutes=11)
        seen.extend(other._asks())
        return Answer("Slow.")

    agent.run = slow
    agent.look()
    other._serve(seen[0], seen)
    assert office.rows()["r1"]["message"] == "Slow."
    assert office.ran == []


def test_a_request_that_never_ends_is_given_up(office):
    office.ask(state="running", agent=TAKEN.replace("1 ", "3 ", 1))
    office.wait(minutes=11)
    office.agent().look()
    assert office.ran == []
    assert office.rows()["r1"]["message"].startswith("It was begun 3 times")


def test_ctrl_c_while_running_is_told_and_goes_on(office):
    def stop(_what):
        raise KeyboardInterrupt

    office.ask()
    with pytest.raises(KeyboardInterrupt):
        office.agent(stop).look()
    assert "stopped while it ran" in office.rows()["r1"]["message"]


@pytest.mark.parametrize("kind", ["503 after", "reset after", "503", "reset", "html 502 after"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_lost_reply_is_recognised(office, kind, skip):
    office.ask()
    agent = office.agent()
    office.shared.faults.add(kind, path=":batchUpdate", skip=skip)
    assert agent.look() == 1
    assert office.ran == ["sync"]
    assert office.rows()["r1"]["state"] == "done"


def test_a_network_that_is_away_is_waited_for_and_told_once(office):
    office.ask()
    agent = office.agent()
    agent.look()
    office.ask("r2")
    office.told.clear()
    office.shared.faults.add("reset", times=40)
    office.shared.clock.sleep = stop_after(office, minutes=14)
    with pytest.raises(KeyboardInterrupt):
        agent.serve(10)
    assert office.rows()["r2"]["state"] == "done"
    assert len([told for told in office.told if told.endswith("Trying again.")]) == 1
    assert "Google answers again." in office.told


def test_an_answer_is_owed_while_the_network_is_away(office):
    office.ask()

    def cut(what):
        office.shared.faults.add("503", times=12)
        return Answer(f"Did {what}.")

    agent = office.agent(cut)
    office.shared.clock.sleep = stop_after(office, minutes=30)
    with pytest.raises(KeyboardInterrupt):
        agent.serve(10)
    assert office.ran == ["sync"]
    assert office.rows()["r1"]["message"] == "Did sync."


def test_looking_keeps_its_pace(office):
    agent = office.agent()
    agent.look()
    office.asked()
    office.shared.clock.sleep = stop_after(office, seconds=60)
    with pytest.raises(KeyboardInterrupt):
        agent.serve(10)
    assert 6 <= len(office.asked()) <= 7


def test_what_does_not_pass_by_itself_ends_the_agent(office):
    office.shared.faults.add("forbidden", times=9)
    with pytest.raises(NotShared):
        office.agent().serve(10)


def test_rows_that_people_move_get_back_what_they_held(office):
    office.ask("r1")
    office.agent().look()
    office.ask("r2")
    agent = office.agent()
    agent._found()
    real = agent.client.batch_update
    moved = []

    def meanwhile(*args, **told):
        if not moved:
            moved.append(True)
            office.human.move_row(REQUESTS, 2, 1)
        return real(*args, **told)

    agent.client.batch_update = meanwhile
    assert agent.look() == 1
    told = office.rows()
    assert [told[key]["state"] for key in ("r1", "r2")] == ["done", "done"]
    assert told["r1"]["agent"] != told["r2"]["agent"]
    assert office.ran == ["sync", "sync"]


def test_a_row_that_is_deleted_before_it_is_taken_is_not_run(office):
    office.ask("r1")
    agent = office.agent()
    seen = agent._asks()
    office.human.delete_row(REQUESTS, 1)
    agent._serve(seen[0], seen)
    assert office.ran == []
    assert office.rows() == {}


def test_a_renamed_and_a_deleted_tab_are_found_and_made_again(office):
    agent = office.agent()
    office.ask()
    agent.look()
    office.human.rename_tab(REQUESTS, "mine")
    assert agent.look() == 0
    office.human.delete_tab("mine")
    assert agent.look() == 0
    office.ask("r2")
    assert agent.look() == 1


def test_markers_are_forgotten_after_an_hour(office):
    agent = office.agent()
    for number in range(4):
        office.ask(f"r{number}")
        agent.look()
        office.wait(minutes=61)
    office.ask("last")
    agent.look()
    assert len(office.shared.sheet().metadata) <= 4


def stop_after(office, **span):
    """A sleep that presses Ctrl-C after so long."""
    clock = office.shared.clock
    end = clock.seconds + timedelta(**span).total_seconds()

    def sleep(seconds):
        clock.seconds += seconds
        if clock.seconds >= end:
            raise KeyboardInterrupt

    return sleep
