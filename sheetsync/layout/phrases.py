"""What is wrong with a cell in two or three words, for the Check column beside people's rows."""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "after_close": "after the close",
    "ambiguous_date": "unclear date",
    "ambiguous_number": "unclear number",
    "ambiguous_ref": "several of that name",
    "bad_email": "no email address",
    "bad_phone": "no phone number",
    "bad_setting": "not allowed",
    "bad_slug": "no code for links",
    "bad_user_kpi": "no KPI can be made of it",
    "bool_in_number": "yes/no, not a number",
    "bool_in_text": "yes/no, not text",
    "cell_error": "error in the cell",
    "circular": "leads in a circle",
    "closed_list": "list is closed",
    "control_characters": "control characters",
    "currency_mismatch": "other currency than the row",
    "duplicate": "stands twice",
    "duplicate_id": "same id twice",
    "duplicate_rate": "two rates",
    "duplicate_row": "same row twice",
    "duplicate_setting": "stands twice",
    "floor_is_target": "floor equals target",
    "in_future": "after today",
    "incomplete_date": "no whole date",
    "likely_duplicate": "probably a duplicate",
    "likely_typo": "probably misspelt",
    "lost_digits": "digits may be lost",
    "lost_zeros": "leading zeros lost",
    "markov_refused": "not enough journeys",
    "merged_cells": "merged cells",
    "missing": "required",
    "missing_column": "column is missing",
    "missing_rate": "no exchange rate",
    "missing_tab": "tab is missing",
    "mixed_date_order": "dates in two orders",
    "mixed_decimal_marks": "two decimal marks",
    "more_than": "too many",
    "needed": "needed here",
    "negative_amount": "negative",
    "no_stored_value": "formula without a stored value",
    "not_a_date": "no date",
    "not_a_flag": "neither yes nor no",
    "not_a_number": "no number",
    "not_whole": "no whole number",
    "number_became_date": "a date, not a number",
    "number_too_large": "too large",
    "odd_direction": "other way round",
    "one_per": "only one allowed",
    "out_of_range": "out of range",
    "overlapping_versions": "overlaps another version",
    "percent_over_one": "over 100 %",
    "phone_no_country": "country code is missing",
    "rate_gap": "months without a rate",
    "rate_missing": "rate is missing",
    "rate_without_month": "month is missing",
    "reserved_id": "reserved word",
    "revised_silently": "does not say what it replaces",
    "revised_without_reason": "reason is missing",
    "shortened_number": "shortened number",
    "tab_taken": "tab of your own",
    "text_became_date": "a date, not text",
    "tier_order": "thresholds not in order",
    "too_long": "too long",
    "too_many_digits": "too many digits",
    "total_row": "totals row",
    "two_columns": "two columns of that name",
    "unknown_choice": "not in the list",
    "unknown_country": "unknown country",
    "unknown_currency": "unknown currency",
    "unknown_kpi": "no such KPI",
    "unknown_ref": "not found",
    "unknown_setting": "no such setting",
    "unlikely_date": "unlikely year",
    "weights_sum": "weights are not 100",
    "wrong_order": "dates in the wrong order",
}
"""Phrase by problem code, made to follow "Column title: "."""


def phrase(code: str) -> str:
    """Return the words for a problem code; the code's own words where none are known.

    >>> phrase("unknown_ref"), phrase("quite_new")
    ('not found', 'quite new')
    """
    return PHRASES.get(code) or code.replace("_", " ")
