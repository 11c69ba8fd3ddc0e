"""One Chromium for the pane's tests of a module."""

import shutil

import pytest

from tests.addin.pane.stage import Stage


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser):
    """A browser profile of one test: nothing that an earlier one kept."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def stage(context):
    """The pane on its stage; a fault of its scripts fails the test."""
    stage = Stage(context)
    yield stage
    assert stage.faults == []
