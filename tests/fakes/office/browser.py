"""A page in headless Chromium with Microsoft's own office.js, in front of a workbook host.

The library is fetched for tests only and is no part of this project: its folder is named by the
environment variable ``SHEETSYNC_OFFICEJS``. One browser with one page serves a whole test run; it
lives in a thread of its own, so that its event loop is in nobody's way.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import pytest

from tests.fakes.office.host import OfficeHost

T = TypeVar("T")
VARIABLE = "SHEETSYNC_OFFICEJS"
ADDRESS = "https://pane.test"
OFFICE = "https://appsforoffice.microsoft.com/lib/1/hosted/"
ONE = f"{ADDRESS}/blank.html?_host_Info=Excel$Web$16.01$en-US$$$$0"
MODULES = Path(__file__).parents[3] / "sheetsync" / "addin" / "officejs"
BLANK = f'<!doctype html><title>pane</title><script src="{OFFICE}office.js"></script>'
QUERY = re.compile(r"/excel/+ProcessQuery")
READY = """
let office;
Object.defineProperty(window, 'Office', {
  configurable: true,
  get: () => office,
  set(value) {
    office = value;
    const onReady = (call) => {
      const told = Promise.resolve({ host: 'Excel', platform: 'OfficeOnline' });
      return call ? told.then(call) : told;
    };
    Object.defineProperty(value, 'onReady', { value: onReady, writable: true });
  },
});
"""
"""Before any script: the real ``Office.onReady`` waits for a frame of Excel's."""
RUN = """
async ([source, argument]) => {
  OfficeExtension.ClientRequestContext.defaultRequestUrlAndHeaders = { url: '%s', headers: {} };
  const work = eval(source);
  try {
    const told = await Excel.run((context) => work(context, JSON.parse(argument)));
    return JSON.stringify({ told: told === undefined ? null : told });
  } catch (error) {
    const { name, message, code, stack } = error;
    return JSON.stringify({ failed: { name, message, code, stack } });
  }
}
""" % (ADDRESS + "/excel")


def missing() -> str:
    """Why no page can be opened here; "" when one can."""
    folder = os.environ.get(VARIABLE, "")
    if not (folder and (Path(folder) / "dist" / "office.js").exists()):
        return f"{VARIABLE} names no folder with office.js"
    if find_spec("playwright") is None:
        return "playwright is not installed"
    return "" if chromium() else "chromium is not installed"


def chromium() -> str:
    """The path of an installed Chromium, "" without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), "")


needs_office = pytest.mark.skipif(bool(missing()), reason=missing() or "never")


class ScriptError(Exception):
    """What a script in the page threw: ``name`` and ``code`` are the error's own."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told["message"])
        self.name, self.code, self.stack = told["name"], told.get("code"), told.get("stack")


class OfficePage:
    """One page, in which scripts are run against one host after another."""

    def __init__(self) -> None:
        self.asked: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        threading.Thread(target=self._serve, name="browser", daemon=True).start()
        self.host: OfficeHost | None = None
        self.console: list[str] = []
        self.in_thread(self._open)
        atexit.register(self.close)

    def in_thread(self, work: Callable[[], T]) -> T:
        """Do something with ``page`` in the browser's thread."""
        done: Future[T] = Future()
        self.asked.put((work, done))
        return done.result()

    def _serve(self) -> None:
        while True:
            work, done = self.asked.get()
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is the asker's
                done.set_exception(error)

    def run(self, host: OfficeHost, source: str, argument: Any = None) -> Any:
        """Run ``source``, a function of context and argument, by ``Excel.run`` against a host.

        Raises ScriptError when it throws.
        """
        self.host = host
        given = [source, json.dumps(argument, ensure_ascii=False)]
        told = json.loads(self.in_thread(lambda: self.page.evaluate(RUN, given)))
        if host.faults:
            raise host.faults.pop()
        if "failed" in told:
            raise ScriptError(told["failed"])
        return told["told"]

    def close(self) -> None:
        """End the browser."""
        self.in_thread(self._close)

    def _open(self) -> None:
        from playwright.sync_api import sync_playwright

        self.playwright = sync_playwright().start()
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        self.browser = self.playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = self.browser.new_context()
        route(context, lambda: self.host)
        self.page = context.new_page()
        self.page.on("console", lambda told: self.console.append(told.text))
        self.page.goto(ONE)
        self.page.wait_for_function("typeof Excel !== 'undefined'")

    def _close(self) -> None:
        self.browser.close()
        self.playwright.stop()


def route(context: Any, host: Callable[[], OfficeHost | None], *, pages: bool = True) -> None:
    """Serve a browser context (of playwright's) office.js and a host's answers.

    With ``pages`` also the add-in's modules and a blank page, at ADDRESS; a page elsewhere asks
    the host at any address that ends in ``/excel/ProcessQuery``.
    """
    context.add_init_script(READY)
    context.route(f"{OFFICE}**", _library)
    if pages:
        context.route(f"{ADDRESS}/**", _module)
    context.route(QUERY, lambda asked: _answer(asked, host()))


def _library(asked: Any) -> None:
    name = asked.request.url.split("?")[0].removeprefix(OFFICE)
    path = Path(os.environ[VARIABLE]) / "dist" / name
    if path.is_file():
        asked.fulfill(path=path, content_type="text/javascript")
    else:
        asked.fulfill(status=404)


def _module(asked: Any) -> None:
    name = asked.request.url.split("?")[0].removeprefix(ADDRESS + "/")
    if name.endswith(".js"):
        asked.fulfill(path=MODULES / name, content_type="text/javascript")
    else:
        asked.fulfill(body=BLANK, content_type="text/html")


def _answer(asked: Any, host: OfficeHost | None) -> None:
    try:
        assert host is not None, "no workbook is open"
        status, body = host.answer(asked.request.post_data)
    except Exception as error:  # noqa: BLE001 - the page must not wait for ever
        status, body = 500, json.dumps({"error": {"code": "FakeFailed", "message": repr(error)}})
        if host is not None:
            host.faults.append(error)
    asked.fulfill(status=status, body=body, content_type="application/json")


@cache
def office_page() -> OfficePage:
    """The page of this test run."""
    return OfficePage()
