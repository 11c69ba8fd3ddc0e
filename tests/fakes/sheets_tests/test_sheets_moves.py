"""Rows and columns that come, go and change places, by the API and by people."""

from __future__ import annotations

import pytest

from tests.fakes.sheets.humans import Human
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.shifts import deleted, inserted, moved_formula, rewritten
from tests.fakes.sheets.state import Refused

BOOK = "/v4/spreadsheets/book"


@pytest.fixture
def service():
    made = Service()
    made.create(identity="book")
    return made


@pytest.fixture
def human(service):
    made = Human(service.spreadsheets["book"], "amira@example.com")
    for row, line in enumerate([["id", "n"], ["a", 3], ["b", 1], ["c", 2]]):
        for column, value in enumerate(line):
            made.type("Sheet1", row, column, value)
    return made


def do(service, *requests, user="owner"):
    status, _, reply = service.handle(
        "POST", BOOK + ":batchUpdate", {}, {"requests": [*requests]}, user
    )
    assert status == 200, reply
    return reply["replies"]


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        ("=A1+B5", "=A1+B7"),
        ("=SUM(A1:A9)", "=SUM(A1:A11)"),
        ("=SUM(A:A)", "=SUM(A:A)"),
        ('=$B$5&"A5"', '=$B$7&"A5"'),
        ("=Other!A5+Here!A5", "=Other!A5+Here!A7"),
        ("=LOG10(A3)", "=LOG10(A5)"),
        ("=people", "=people"),
        ("=SUM(2:5)", "=SUM(2:7)"),
    ],
)  # fmt: skip
def test_formulas_after_two_rows_are_inserted_before_the_third(formula, after):
    assert rewritten(formula, "Here", "Here", "ROWS", inserted(2, 2)) == after


@pytest.mark.parametrize(
    ("formula", "after"),
    [("=A1", "=A1"), ("=A3", "=#REF!"), ("=A5", "=A4"), ("=SUM(A2:A4)", "=SUM(A2:A3)")],
)
def test_formulas_after_the_third_row_is_deleted(formula, after):
    assert rewritten(formula, "Here", "Here", "ROWS", deleted(2, 3)) == after


def test_copied_formulas_move_what_is_not_fixed():
    assert moved_formula("=A1+$B$1+C$1+$D1", 2, 1) == "=B3+$B$1+D$1+$D3"
    assert moved_formula("=A1", -1, 0) == "=#REF!"


def test_objects_follow_their_rows(service, human):
    area = {
        "sheetId": 0,
        "startRowIndex": 1,
        "endRowIndex": 4,
        "startColumnIndex": 0,
        "endColumnIndex": 2,
    }
    do(
        service,
        {"addNamedRange": {"namedRange": {"namedRangeId": "n", "name": "body", "range": area}}},
        {"setBasicFilter": {"filter": {"range": area}}},
        {"addProtectedRange": {"protectedRange": {"range": area, "warningOnly": True}}},
        {"mergeCells": {"range": {**area, "startRowIndex": 3}, "mergeType": "MERGE_ALL"}},
    )
    human.insert_row("Sheet1", 1, ["new", 9])
    book = service.spreadsheets["book"]
    sheet = book.sheets[0]
    assert book.named_ranges["n"]["range"]["startRowIndex"] == 2
    assert sheet.basic_filter["range"]["endRowIndex"] == 5
    assert sheet.protected_ranges[0]["range"]["startRowIndex"] == 2
    assert sheet.merges[0]["startRowIndex"] == 4
    human.delete_row("Sheet1", 2, 3)
    assert book.named_ranges == {}
    assert sheet.merges == []
    assert sheet.basic_filter is None


def test_people_type_sort_copy_move_and_delete(human):
    human.sort("Sheet1", 1)
    assert human.rows("Sheet1") == [["id", "n"], ["b", 1], ["c", 2], ["a", 3]]
    human.copy_row("Sheet1", 1, 4)
    human.move_row("Sheet1", 3, 1)
    assert human.rows("Sheet1") == [["id", "n"], ["a", 3], ["b", 1], ["c", 2], ["b", 1]]
    human.delete_row("Sheet1", 2)
    human.insert_row("Sheet1", 1, ["z"])
    human.clear("Sheet1", 2, 1)
    assert human.rows("Sheet1") == [["id", "n"], ["z", None], ["a", None], ["c", 2], ["b", 1]]


def test_people_change_columns_and_tabs(service, human):
    do(service, {"addSheet": {"properties": {"title": "Sums"}}})
    human.type("Sums", 0, 0, "=SUM(Sheet1!B2:B4)")
    human.insert_column("Sheet1", 1, "extra")
    human.rename_tab("Sheet1", "Deals 2026")
    assert human.see("Sums", 0, 0) == 6
    formula = service.spreadsheets["book"].named("Sums").cell(0, 0)["userEnteredValue"]
    assert formula == {"formulaValue": "=SUM('Deals 2026'!C2:C4)"}
    human.delete_column("Deals 2026", 1)
    assert human.rows("Deals 2026")[0] == ["id", "n"]
    human.move_tab("Sums", 0)
    human.move_column("Deals 2026", 1, 0)
    assert human.rows("Deals 2026")[1] == [3, "a"]
    human.delete_tab("Sums")
    assert [sheet.title for sheet in service.spreadsheets["book"].sheets] == ["Deals 2026"]


def test_people_meet_protection(service, human):
    protected = {
        "range": {"sheetId": 0, "endRowIndex": 1},
        "editors": {"users": ["robot@example.com"]},
    }
    do(service, {"addProtectedRange": {"protectedRange": protected}}, user="robot@example.com")
    with pytest.raises(Refused, match="protected cell"):
        human.type("Sheet1", 0, 0, "mine")
    human.type("Sheet1", 1, 0, "fine")
    human.insert_row("Sheet1", 1, ["below the protected header"])
    column = {"range": {"sheetId": 0, "startColumnIndex": 3}, "editors": protected["editors"]}
    do(service, {"addProtectedRange": {"protectedRange": column}}, user="robot@example.com")
    with pytest.raises(Refused, match="protected cell"):
        human.insert_row("Sheet1", 2)
    Human(service.spreadsheets["book"], "owner").type("Sheet1", 0, 0, "the owner may")


def test_the_grid_grows_where_people_type_below_it(human):
    human.type("Sheet1", 1000, 0, "last")
    assert human.spreadsheet.named("Sheet1").row_count == 1001


@pytest.mark.parametrize(
    ("source", "target", "order"),
    [((0, 1), 2, "bacd"), ((0, 2), 4, "cdab"), ((2, 4), 0, "cdab"), ((3, 4), 1, "adbc")],
)
def test_move_dimension_counts_before_the_move(service, source, target, order):
    human = Human(service.spreadsheets["book"])
    for row, letter in enumerate("abcd"):
        human.type("Sheet1", row, 0, letter)
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": source[0], "endIndex": source[1]}
    do(service, {"moveDimension": {"source": span, "destinationIndex": target}})
    assert "".join(line[0] for line in human.rows("Sheet1")) == order


def test_row_metadata_follows_its_row(service, human):
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    meta = {"metadataId": 5, "metadataKey": "row", "metadataValue": "b", "visibility": "DOCUMENT",
            "location": {"dimensionRange": span}}  # fmt: skip
    do(service, {"createDeveloperMetadata": {"developerMetadata": meta}})

    def place():
        return service.spreadsheets["book"].metadata[5]["location"]["dimensionRange"]["startIndex"]

    human.insert_row("Sheet1", 0)
    assert place() == 3
    human.sort("Sheet1", 1, first=2)
    assert place() == 2
    human.move_row("Sheet1", 2, 5)
    assert place() == 4
    human.delete_row("Sheet1", 4)
    assert service.spreadsheets["book"].metadata == {}


def test_inserted_rows_look_like_their_neighbour(service, human):
    bold = {
        "cell": {"userEnteredFormat": {"textFormat": {"bold": True}}},
        "fields": "userEnteredFormat",
    }
    do(
        service,
        {"repeatCell": {"range": {"sheetId": 0, "endRowIndex": 2, "startRowIndex": 1}, **bold}},
    )
    span = {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    do(service, {"insertDimension": {"range": span, "inheritFromBefore": True}})
    sheet = service.spreadsheets["book"].sheets[0]
    assert sheet.cell(2, 0) == {"userEnteredFormat": {"textFormat": {"bold": True}}}
    assert sheet.row_count == 1001
