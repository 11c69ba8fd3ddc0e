"""Writes that do not fit one batch, and searches that must not meet more than they are for."""

from __future__ import annotations

import json

import pytest

from sheetsync.backends.google import fixes
from sheetsync.backends.google.reading import Limits
from tests.backends.google.small_sheet import HEAD, Shared, logged, plan, replaced, shared, write
from tests.contract.small import TABS

MANY = 120
SMALL = Limits(write_bytes=6_000)


@pytest.fixture
def many(tmp_path) -> Shared:
    """Deals whose stages all have a blank in front: one text in two rows, the others in one."""
    rows = [(f"D-{i:04}", f" stage {i // 2 or 1}", None, i, None, None) for i in range(1, MANY)]
    return shared(tmp_path, (HEAD, *rows))


def fixed(book, seen):
    """A plan that takes the blanks away."""
    table = seen.tables["deals"]
    stages = dict(zip(table.rows, table.column("stage"), strict=True))
    changes = {row: text.strip() for row, text in stages.items()}
    rows = tuple((f"key {i}", i, None) for i in range(50))
    return plan(seen, write(seen, "stage", changes), replaced(seen, *rows), logged("run-1"))


def sent(book) -> list[int]:
    """The bytes of every batch from now on."""
    sizes: list[int] = []
    told = book.client.batch_update

    def count(identity, body, **options):
        sizes.append(len(json.dumps(body, separators=(",", ":"))))
        return told(identity, body, **options)

    book.client.batch_update = count
    return sizes


def stages(here: Shared) -> list[str]:
    return here.column("Deals", "Stage")


def test_changes_that_do_not_fit_follow_in_batches_of_their_own(many: Shared):
    book = many.book(limits=SMALL)
    seen = book.read(TABS)
    sizes = sent(book)
    many.asked()
    book.apply(fixed(book, seen), TABS)
    assert max(sizes) < SMALL.write_bytes + 500
    assert len(many.asked()) == len(sizes) > 3
    assert stages(many) == [f"stage {i // 2 or 1}" for i in range(1, MANY)]
    assert many.column("Results", "Key") == [f"key {i}" for i in range(50)]


def after_the_marker(book, happens) -> None:
    """Let something happen between the batch with the marker and what follows it."""
    told = book.client.batch_update

    def meanwhile(identity, body, **options):
        reply = told(identity, body, **options)
        if "createDeveloperMetadata" in body["requests"][0]:
            happens()
        return reply

    book.client.batch_update = meanwhile


def test_what_is_refused_in_between_is_made_after_another_look(many: Shared):
    book = many.book(limits=SMALL)
    seen = book.read(TABS)
    after_the_marker(book, lambda: many.faults.add("forbidden", method="POST"))
    book.apply(fixed(book, seen), TABS)
    assert many.faults.happened
    assert stages(many) == [f"stage {i // 2 or 1}" for i in range(1, MANY)]


def test_what_colleagues_moved_in_between_is_found(many: Shared):
    book = many.book(limits=SMALL)
    seen = book.read(TABS)
    after_the_marker(book, lambda: many.human.sort("Deals", 3, descending=True))
    book.apply(fixed(book, seen), TABS)
    found = dict(zip(many.column("Deals", "Deal ID"), stages(many), strict=True))
    assert found == {f"D-{i:04}": f"stage {i // 2 or 1}" for i in range(1, MANY)}


def test_a_number_that_is_shown_as_a_text_keeps_its_digits(tmp_path):
    here = shared(
        tmp_path,
        (
            HEAD,
            ("D-0001", "won", None, "3", None, None),
            ("D-0002", "won", None, 3.4, None, None),
        ),
    )
    sheet = here.sheet.named("Deals")
    whole = {"numberFormat": {"type": "NUMBER", "pattern": "0"}}
    sheet.put(2, 3, {**(sheet.cell(2, 3) or {}), "userEnteredFormat": whole})
    book = here.book()
    seen = book.read(TABS)
    book.apply(plan(seen, write(seen, "amount", {2: 3.0})), TABS)
    kept = [sheet.effective(row, 3) for row in (1, 2)]
    assert kept == [{"numberValue": 3}, {"numberValue": 3.4}]


def test_rare_texts_of_a_long_column_are_changed_in_their_cells(many: Shared, monkeypatch):
    monkeypatch.setattr(fixes, "_LOOKS", 5 * MANY)
    book = many.book()
    seen = book.read(TABS)
    batches = []
    told = book.client.batch_update
    book.client.batch_update = lambda *a, **k: batches.append(a[1]) or told(*a, **k)
    book.apply(fixed(book, seen), TABS)
    finds = [
        r["findReplace"]["range"] for b in batches for r in b["requests"] if "findReplace" in r
    ]
    assert sum("endRowIndex" not in where for where in finds) == 5
    assert stages(many) == [f"stage {i // 2 or 1}" for i in range(1, MANY)]
