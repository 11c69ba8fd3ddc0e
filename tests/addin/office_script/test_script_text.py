"""The script as it is handed out: with the team's server in it, and nothing that breaks it."""

from __future__ import annotations

import pytest

from sheetsync.addin.failures import NotAllowed
from sheetsync.addin.office_script import SCRIPT, script_text, write
from sheetsync.model.errors import WriteFailed


def test_it_names_the_server():
    text = script_text("https://kpi.example.com/")
    assert 'return { url: "https://kpi.example.com", token: "", asOf: "" };' in text
    changed = {*text.splitlines()} ^ {*SCRIPT.read_text(encoding="utf-8").splitlines()}
    assert len(changed) == 2


@pytest.mark.parametrize(
    "url", ["http://kpi.example.com", "kpi.example.com", 'https://x"}; evil()', "https://", ""]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(NotAllowed, match="needs the address of a server with https"):
        script_text(url)


def test_it_is_written_or_told_why_not(tmp_path):
    write(tmp_path / "recalc.ts", "https://kpi.example.com:8443/team")
    assert 'url: "https://kpi.example.com:8443/team"' in (tmp_path / "recalc.ts").read_text("utf-8")
    with pytest.raises(WriteFailed, match="could not be written"):
        write(tmp_path / "none" / "recalc.ts", "https://kpi.example.com")
