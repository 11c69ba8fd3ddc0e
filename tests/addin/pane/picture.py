"""The README's picture of the pane: ``python -m tests.addin.pane.picture``.

The demo tracker is recalculated through office.js (SHEETSYNC_OFFICEJS) and the real server; three
tabs of the pane are put side by side.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.addin.pane.window import Window, served
from tests.fakes.excel.from_xlsx import opened
from tests.fakes.office.browser import chromium
from tests.trackers import demo_file

PICTURE = Path(__file__).parents[3] / "workbook_templates" / "pane.png"
WIDTH, HEIGHT, SCALE, GAP = 360, 760, 1.5, 18
PARTNER = "P-0001"


def shots(window):
    """Issues with an answer, changes, and a partner's card, as PNG."""
    page = window.page
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    window.press("Recalculate")
    page.get_by_role("button", name="Accept").first.click()
    page.get_by_text("your answers (1)").wait_for()
    page.mouse.move(0, 0)
    yield page.screenshot()
    page.get_by_role("tab", name="Changes").click()
    page.mouse.move(0, 0)
    yield page.screenshot()
    partners = window.sheet("Partners")
    row = next(row for (row, at), value in partners.cells.items() if (at, value) == (1, PARTNER))
    window.host.selected = partners, (row, 2, row, 2)
    page.evaluate("stage.select()")
    page.get_by_role("tab", name="Partner").click()
    page.mouse.move(0, 0)
    page.locator("#partner h3").wait_for()
    page.emulate_media(color_scheme="dark")
    yield page.screenshot()


def side_by_side(pictures):
    """One picture of several of one size."""
    images = [Image.open(io.BytesIO(told)) for told in pictures]
    step = images[0].width + GAP
    whole = Image.new("RGB", (step * len(images) - GAP, images[0].height), "#8c939d")
    for i, image in enumerate(images):
        whole.paste(image, (i * step, 0))
    return whole


def main():
    """Draw the picture."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        book = opened(demo_file(Path(name) / "Partner tracker.xlsx"))
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(ignore_https_errors=True, device_scale_factor=SCALE)
        with served(Path(name)) as server:
            whole = side_by_side(shots(Window(context, server, book).open()))
        browser.close()
    whole.quantize(128).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
