"""Addresses as people copy them."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetsync.backends.google.address import Address, is_google, parse, spreadsheet_id
from sheetsync.backends.google.failures import NotASheet
from tests.backends.google.scripted import ID

SHEETS = "https://docs.google.com/spreadsheets"


@pytest.mark.parametrize(
    ("address", "gid"),
    [
        (ID, None),
        (f"  <{ID}>\n", None),
        (f"{SHEETS}/d/{ID}", None),
        (f"{SHEETS}/d/{ID}/", None),
        (f"{SHEETS}/d/{ID}/edit", None),
        (f"{SHEETS}/d/{ID}/edit#gid=0", 0),
        (f"{SHEETS}/d/{ID}/edit?gid=1234567#gid=1234567", 1234567),
        (f"{SHEETS}/d/{ID}/edit?usp=sharing", None),
        (f"{SHEETS}/d/{ID}/edit#gid=12&range=A5:B7", 12),
        (f"{SHEETS}/d/{ID}/edit?gid=x", None),
        (f"{SHEETS}/d/{ID}/view", None),
        (f"{SHEETS}/d/{ID}/htmlview", None),
        (f"{SHEETS}/u/0/d/{ID}/edit", None),
        (f"{SHEETS}/u/1/d/{ID}/edit#gid=7", 7),
        (f"https://docs.google.com/a/company.example/spreadsheets/d/{ID}/edit", None),
        (f"http://docs.google.com/spreadsheets/d/{ID}", None),
        (f"docs.google.com/spreadsheets/d/{ID}/edit#gid=3", 3),
        (f'"{SHEETS}/d/{ID}/edit"', None),
        (f"{SHEETS}/ccc?key={ID}", None),
        (f"https://drive.google.com/open?id={ID}&usp=drive_link", None),
    ],
)
def test_whatever_leads_to_a_sheet_is_understood(address, gid):
    assert parse(address) == Address(ID, gid)
    assert spreadsheet_id(address) == ID
    assert is_google(address)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"{SHEETS}/d/e/2PACX-1vR_abc/pubhtml", "published copy"),
        (f"{SHEETS}/u/0/d/e/2PACX-1vR_abc/pub?output=csv", "published copy"),
        (f"{SHEETS}/d/{ID}/copy", "makes a copy"),
        (f"{SHEETS}/d/{ID}/template/preview", "makes a copy"),
        (f"{SHEETS}/u/0/", "list of your sheets"),
        (f"https://docs.google.com/document/d/{ID}/edit", "Google Docs text"),
        (f"https://docs.google.com/presentation/d/{ID}/edit", "Slides"),
        (f"https://docs.google.com/forms/d/e/{ID}/viewform", "Form"),
        (f"https://docs.google.com/drawings/d/{ID}/edit", "drawing"),
        (f"https://drive.google.com/drive/folders/{ID}", "folder"),
        (f"https://drive.google.com/drive/u/0/folders/{ID}", "folder"),
        (f"https://drive.google.com/file/d/{ID}/view", "perhaps an Excel file"),
        (f"https://script.google.com/d/{ID}/edit", "not of a Google Sheet"),
        ("https://drive.google.com/drive/my-drive", "some other page"),
        ("https://docs.google.com/", "some other page"),
        ("https://company.example/sheet.xlsx", "company.example"),
        (f"https://docs.google.com.evil.example/spreadsheets/d/{ID}", "evil.example"),
        (f"https://evilgoogle.com/spreadsheets/d/{ID}", "evilgoogle.com"),
        ("https://[", "no address"),
        ("https://", "nobody"),
    ],
)
def test_whatever_is_no_sheet_is_told_what_it_is(address, words):
    with pytest.raises(NotASheet) as told:
        parse(address)
    assert words in str(told.value)
    assert is_google(address)


@pytest.mark.parametrize(
    "path",
    [
        "partners.xlsx",
        "./partners.xlsx",
        "/home/me/google.com/partners.xlsx",
        "C:\\Users\\me\\partners.xlsx",
        "file:///home/me/partners.xlsx",
        "partners",
        "",
        "a" * 39,
        "2025/partners tracker.xlsx",
    ],
)
def test_files_are_not_taken_for_sheets(path):
    assert not is_google(path)


@given(st.text(max_size=80) | st.text(max_size=40).map(lambda t: f"{SHEETS}/{t}"))
def test_any_text_is_an_id_or_a_refusal(text):
    is_google(text)
    with suppress(NotASheet):
        assert re.fullmatch("[A-Za-z0-9_-]{8,}", parse(text).spreadsheet)


def test_a_host_that_cannot_be_printed_is_not_shown():
    with pytest.raises(NotASheet, match="one of nobody"):
        parse("https://a\x9b31mb/")
