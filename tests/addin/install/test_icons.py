"""The pictures are there in every size, as the generator draws them, and are seen on any ribbon."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sheetsync.addin import icons, manifest

RIBBONS = {
    "light": (255, 255, 255),
    "grey": (243, 243, 243),
    "dark": (38, 38, 38),
    "black": (0,) * 3,
}
LARGEST = 100 * 1024
"""Bytes of a picture that Excel takes."""


def test_the_committed_pictures_are_the_drawn_ones():
    assert icons.stale() == []
    assert {path.name for path in icons.FOLDER.iterdir()} == set(icons.pictures())


def test_the_manifests_pictures_are_all_drawn():
    drawn = {f"icons/{name}" for name in icons.pictures()}
    assert set(manifest.pictures()) <= drawn
    sizes = {
        int(name.rpartition("-")[2].removesuffix(".png")) for name in drawn if "/icon-" in name
    }
    assert sizes == {16, 32, 64, 80, 128}


@pytest.mark.parametrize("name", icons.pictures())
def test_another_reader_sees_a_picture_of_its_size(name):
    with Image.open(icons.FOLDER / name) as picture:
        size = int(name.rpartition("-")[2].removesuffix(".png"))
        assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (size, size))
        seen = np.asarray(picture)
    assert (icons.FOLDER / name).stat().st_size < LARGEST
    covered = (seen[..., 3] > 200).mean()
    assert 0.1 < covered < 0.95


def lightness(colour):
    parts = [part / 255 for part in colour]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ribbon", RIBBONS.values(), ids=RIBBONS)
@pytest.mark.parametrize("colour", icons.COLOURS.values(), ids=icons.COLOURS)
def test_it_stands_out(colour, ribbon):
    """WCAG 2.2, 1.4.11: at least 3 to 1 for graphics."""
    darker, lighter = sorted((lightness(colour), lightness(ribbon)))
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_check_tells_of_stale_pictures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(icons, "FOLDER", tmp_path)
    monkeypatch.setattr(icons.stale, "__defaults__", (tmp_path,))
    assert icons.main(["--check"]) == 1
    assert "check-16.png is stale" in capsys.readouterr().err
    assert icons.main([]) == 0
    assert icons.main(["--check"]) == 0
    (tmp_path / "undo-32.png").write_bytes((tmp_path / "check-32.png").read_bytes())
    (tmp_path / "undo-16.png").write_bytes(b"no picture")
    (tmp_path / "undo-64.png").write_bytes((tmp_path / "undo-80.png").read_bytes())
    assert icons.stale(tmp_path) == ["undo-16.png", "undo-32.png", "undo-64.png"]
