"""The script as it is handed out: with the team's server in it, and nothing that breaks it."""

from __future__ import annotations

import pytest

from sheetsync.addin.failures import NotAllowed
from sheetsync.addin.office_script import SCRIPT, script_text


def test_it_names_the_server_and_the_token():
    text = script_text("https://kpi.example.com/", "ss_abc-123")
    assert 'return { url: "https://kpi.example.com", token: "ss_abc-123", asOf: "" };' in text
    changed = {*text.splitlines()} ^ {*SCRIPT.read_text(encoding="utf-8").splitlines()}
    assert len(changed) == 2


@pytest.mark.parametrize(
    "url", ["http://kpi.example.com", "kpi.example.com", 'https://x"}; evil()', "https://", ""]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(NotAllowed, match="needs the address of a server with https"):
        script_text(url)


@pytest.mark.parametrize("token", ['a"b', "a b", "x" * 501, "a\nb"])
def test_other_tokens_are_refused(token):
    with pytest.raises(NotAllowed, match="signs that no token"):
        script_text("https://kpi.example.com", token)
