from hypothesis import given
from hypothesis import strategies as st

from sheetsync.model.snapshot import bind, row_keys
from sheetsync.model.tracker import CellType, Column, Owner, Role, Tab, plain

TAB = Tab(
    "deals",
    "Deals",
    Role.ENTRY,
    "Deals.",
    (
        Column("deal_id", "Deal ID", CellType.ID, "Id.", required=True),
        Column("amount", "Amount", CellType.MONEY, "Value.", aliases=("value",)),
        Column("check", "Check", CellType.TEXT, "Findings.", owner=Owner.SYNC),
    ),
    ("deal_id",),
)


def test_headers_match_by_title_key_or_alias_whatever_their_dress():
    found = bind(TAB, ["VALUE ", "Mine", "deal_id*", " check:"])
    assert found == {"deal_id": (2,), "amount": (0,), "check": (3,)}


def test_two_columns_of_one_name_are_both_named():
    assert bind(TAB, ["Amount", "Deal ID", "amount"])["amount"] == (0, 2)


def test_the_title_wins_over_an_alias():
    assert bind(TAB, ["Value", "Amount"])["amount"] == (1,)


def test_rows_are_named_by_their_key_and_else_by_content():
    columns = {"deal_id": ["D-1", "D-2", "d-2", None, None], "amount": [1, 2, 3, 4, 4]}
    keys = row_keys(TAB, columns, 5)
    assert keys[0] == "D-1"
    assert all(key.startswith("~") for key in keys[1:])
    assert keys[4] == f"{keys[3]}/2"
    assert len(set(keys)) == 5


def test_what_sync_writes_renames_no_row():
    columns = {"deal_id": [None], "amount": [4], "check": [None]}
    assert row_keys(TAB, columns, 1) == row_keys(TAB, {**columns, "check": ["!"]}, 1)


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(0, 5)), max_size=30))
def test_no_two_rows_share_a_name(ids):
    keys = row_keys(TAB, {"deal_id": ids, "amount": [1] * len(ids)}, len(ids))
    assert len(set(keys)) == len(ids)


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert plain(plain(text)) == plain(text)
