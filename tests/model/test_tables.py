import pytest

from sheetsync.model.tables import Grid, is_total_word, letters, read_table
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab
from sheetsync.model.values import Formula

ID = Column("deal_id", "Deal ID", CellType.ID, "Id.", required=True)
AMOUNT = Column("amount", "Amount", CellType.MONEY, "Value.")
CHECK = Column("check", "Check", CellType.TEXT, "Findings.", owner=Owner.SYNC)
DEALS = Tab("deals", "Deals", Role.ENTRY, "Deals.", (ID, AMOUNT, CHECK), ("deal_id",))
HEAD = ("Deal ID", "Amount", "Check")


def grid_of(*rows, merges=()):
    columns = {i + 1: list(cells) for i, cells in enumerate(zip(*rows, strict=True))}
    return Grid(range(1, len(rows) + 1), columns, merges)


def rows_of(tab, *rows, **told):
    return list(read_table(tab, "Deals", grid_of(*rows), **told).rows)


def test_a_mark_of_the_engine_keeps_no_row_alive():
    assert rows_of(DEALS, HEAD, (None, None, "amount is missing"), ("D-2", None, None)) == [3]


@pytest.mark.parametrize("role", [Role.COMPUTED, Role.LOG])
def test_every_column_counts_where_the_engine_writes_the_rows(role):
    tab = Tab("log", "Sync Log", role, "Log.", (AMOUNT, CHECK))
    assert rows_of(tab, ("Amount", "Check"), (None, "written"), (None, None), (1, "")) == [2, 4]


def test_every_column_counts_where_people_own_none():
    tab = Tab("lists", "Lists", Role.SETTINGS, "Lists.", (CHECK,))
    assert rows_of(tab, ("Check",), ("x",)) == [2]


def test_a_formula_that_shows_nothing_is_no_content_and_zero_is():
    assert rows_of(DEALS, HEAD, (Formula('""', ""), None, None), (None, 0, None)) == [3]


def test_the_programs_own_header_wins_over_an_equal_one_above():
    rows = [HEAD, ("D-1", 1, None), HEAD, ("D-2", 2, None)]
    assert rows_of(DEALS, *rows, header=3) == [4]
    assert rows_of(DEALS, *rows) == [2, 3, 4]


def test_totals_rows_of_another_table_are_data():
    rows = [HEAD, ("D-1", 1, None), ("D-2", 2, None)]
    assert rows_of(DEALS, *rows, header=1, totals=range(3, 4)) == [2]
    assert rows_of(DEALS, *rows, header=7, totals=range(3, 4)) == [2, 3]


def test_merged_cells_are_emptied_but_the_first():
    merged = grid_of(HEAD, ("D-1", 1, None), ("D-2", 1, None), merges=((2, 3, 2, 2),))
    table = read_table(DEALS, "Deals", merged)
    assert table.column("amount") == [1, None]
    assert [p.code for p in table.problems] == ["merged_cells"]


def test_an_empty_sheet_is_an_empty_table():
    table = read_table(DEALS, "Deals", Grid())
    assert (table.headers, list(table.rows), table.cells) == ((), [], ())
    assert [p.code for p in table.problems] == ["missing_column"]


@pytest.mark.parametrize(
    "word", ["Total", " SUMME: ", "Grand total", "итого", "合計", "Total: 5 deals", "Sum 12"]
)
def test_words_for_totals(word):
    assert is_total_word(word)
    assert rows_of(DEALS, HEAD, ("D-1", 1, None), (word, 1, None)) == [2]


@pytest.mark.parametrize(
    "word", ["Total Energies", "Sum41", "Consumers: all", "Total 24 hours Ltd"]
)
def test_names_that_only_begin_so_are_data(word):
    assert rows_of(DEALS, HEAD, ("D-1", 1, None), (word, 1, None)) == [2, 3]


def test_a_count_under_the_names_is_no_partner():
    name = Column("partner_name", "Partner name", CellType.TEXT, "Name.", required=True)
    tab = Tab("partners", "Partners", Role.ENTRY, "", (ID, name, CHECK), ("deal_id",))
    rows = [("Deal ID", "Partner name", "Check"), (None, "Acme", None)]
    told = read_table(tab, "Partners", grid_of(*rows, (None, "Total: 5 partners", None)))
    assert list(told.rows) == [2]
    assert [p.code for p in told.problems] == ["total_row"]


def test_columns_are_named_as_in_spreadsheets():
    assert [letters(i) for i in (0, 25, 26, 701, 702, 16383)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    ]
