"""The tracker that Google is asked to make, drawn by the same layout and looked at as a picture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sheetsync.backends.google import draw_table
from sheetsync.backends.google.create import create
from sheetsync.catalog.tracker import LEAN
from tests import libreoffice
from tests.backends.google.shared import DEMO, share
from tests.fakes.sheets.export import export

needs_poppler = pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is not installed")
ACCENT = (0x16, 0x5D, 0x64)
"""About the colour of headers, lines and bars."""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """The Dashboard as a PDF: LibreOffice takes some seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw_table, "ROWS", 40)
        shared = share()
        create(shared.client(), shared.id, LEAN, DEMO)
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "look.xlsx").write_bytes(export(shared.sheet(), only=("Start", "Dashboard")))
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf"]
    command += ["--outdir", str(folder), str(folder / "look.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return folder / "look.pdf"


@libreoffice.needed
@needs_poppler
def test_every_word_of_the_dashboard_is_legible(page: Path):
    told = subprocess.run(["pdftotext", "-layout", page, "-"], capture_output=True, check=True)
    text = told.stdout.decode()
    for words in ("Partner programme", "Revenue and cost by month", "Partners by tier", "Win rate"):
        assert words in text
    assert not [line for line in text.splitlines() if "###" in line or "#REF" in line]
    assert "Err:" not in text


@libreoffice.needed
@needs_poppler
def test_cards_and_charts_have_their_colours(page: Path):
    command = ["pdftoppm", "-r", "40", "-f", "2", "-l", "2", page]
    drawn = subprocess.run(command, capture_output=True, check=True).stdout
    kind, size, most, pixels = drawn.split(b"\n", 3)
    width, height = map(int, size.split())
    assert (kind, most, len(pixels)) == (b"P6", b"255", 3 * width * height)
    near = [
        all(abs(a - b) < 24 for a, b in zip(pixels[i : i + 3], ACCENT, strict=True))
        for i in range(0, len(pixels), 3)
    ]
    half = len(near) // 2
    assert sum(near[:half]) > width // 2, "lines over the cards"
    assert sum(near) > 2 * width, "bars and slices"
