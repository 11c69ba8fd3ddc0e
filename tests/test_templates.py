from __future__ import annotations

from pathlib import Path

import pytest

from sheetsync import templates
from sheetsync.catalog.packs import PACKS
from sheetsync.catalog.tracker import FULL


def test_the_committed_files_are_not_stale() -> None:
    assert templates.stale() == []


def test_a_missing_or_changed_file_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(templates, "FOLDER", tmp_path / "made")
    monkeypatch.setattr(templates, "templates", lambda: {"a.md": b"a", "b.md": b"b"})
    assert templates.main([]) == 0
    assert templates.stale(tmp_path / "made") == []
    (tmp_path / "made" / "a.md").write_bytes(b"x")
    (tmp_path / "made" / "b.md").unlink()
    assert templates.stale(tmp_path / "made") == ["a.md", "b.md"]


def test_the_dictionary_has_every_column_and_kpi() -> None:
    told = templates.dictionary(FULL)
    assert all(f"| {pack} | {brings} |" in told for pack, brings in PACKS.items())
    for tab in FULL.tabs:
        assert f"\n## {tab.title}\n" in told
        if tab.key == "lists":
            continue
        for column in tab.columns:
            assert f"| `{column.key}` |" in told
    assert all(f"| {kpi.id} | " in told for kpi in FULL.kpis)
    assert all(line.count("|") - line.count("\\|") in (0, 3, 5, 7) for line in told.splitlines())
