"""What people are told about a reference that names no row, or several."""

from __future__ import annotations

from dataclasses import replace

from tests.clean.small_tracker import cleaned, deal, partner, snapshot

PARTNERS = [
    partner(1, partner_name="Delta Tech SARL", country="FR"),
    partner(2, partner_name="Copperfield GmbH", country="DE"),
    partner(3, partner_name="Copperfield", country="FR"),
    partner(4, partner_name="Windermere Cloud"),
]


def told_of(reference, **titles):
    book = snapshot(partners=PARTNERS, deals=[deal(partner_id=reference)])
    tables = {k: replace(t, title=titles.get(k, t.title)) for k, t in book.tables.items()}
    problems = cleaned(replace(book, tables=tables)).problems
    return next((p for p in problems if p.tab == "deals"), None)


def test_an_unknown_id_is_told_with_the_tab_as_people_see_it():
    told = told_of("P-0099")
    assert told.message == "There is no partner 'P-0099' on the tab Partners."
    assert (told.code, told.suggested, told.excludes) == ("unknown_ref", None, True)
    assert told_of("P-0099", partners="Our partners").message.endswith("on the tab Our partners.")


def test_a_name_without_its_legal_form_is_suggested():
    assert told_of("Delta Tech").suggested == "P-0001"
    assert told_of("Windermere Cloud Ltd").suggested == "P-0004"
    assert told_of("Windermre Cloud").suggested == "P-0004"


def test_a_name_that_several_rows_have_is_told_with_all_of_them():
    told = told_of("Copperfield SA")
    assert (told.code, told.suggested) == ("ambiguous_ref", None)
    assert told.message == (
        "'Copperfield SA' may be P-0002 (Copperfield GmbH) or P-0003 (Copperfield) on the tab "
        "Partners; write the id that is meant."
    )


def test_two_rows_of_exactly_one_name_are_told_too():
    rows = [partner(n, partner_name="Copperfield") for n in (1, 2, 3, 4, 5)]
    told = cleaned(snapshot(partners=rows, deals=[deal(partner_id="copperfield")])).problems[-1]
    assert told.code == "ambiguous_ref"
    assert "P-0003 (Copperfield) or 2 others on the tab Partners" in told.message
