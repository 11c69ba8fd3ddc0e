"""An Excel window with the pane in it: Microsoft's office.js, the real server, a fake workbook."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from sheetsync.addin.application import Application, compute
from sheetsync.addin.server import Tls, listen, server
from sheetsync.addin.site import local
from sheetsync.addin.tokens import Tokens
from tests.fakes.office.browser import route
from tests.fakes.office.host import OfficeHost
from tests.trackers import NOW

HOST = "_host_Info=Excel$Web$16.01$en-US$$$$0"
"""Without it office.js does not load what it has for Excel."""
FRAME = "conversationId"
"""What the library misses where there is no frame of Excel's."""
EXCEL = """
Object.defineProperty(window, 'Office', {
  configurable: true,
  get: () => globalThis.stage.office,
  set(office) {
    const stage = globalThis.stage;
    if (stage.office) return;
    Object.assign(stage, { office, dialogs: [], completed: 0 });
    const context = {
      requirements: { isSetSupported: () => true },
      document: { url: stage.book, addHandlerAsync: (kind, heard) => { stage.select = heard; } },
      ui: { displayDialogAsync: (address) => { stage.dialogs.push(address); } },
    };
    const onReady = async () => {
      while (!globalThis.Excel) await new Promise((resolve) => { setTimeout(resolve, 5); });
      const url = `${location.origin}/excel`;
      OfficeExtension.ClientRequestContext.defaultRequestUrlAndHeaders = { url, headers: {} };
      Object.defineProperty(office, 'context', { value: context });
      office.EventType = { DocumentSelectionChanged: 'documentSelectionChanged' };
      return { host: 'Excel' };
    };
    Object.defineProperty(office, 'onReady', { value: onReady });
  },
});
"""
"""Before any script: what only a frame of Excel's own tells the library."""


@dataclass
class Served:
    """The server that runs; ``meanwhile`` is called between a sync's reading and its answer."""

    port: int
    token: str
    meanwhile: list = field(default_factory=list)

    def answer(self, path, body, now):
        """As the product answers, after what happens meanwhile."""
        if path == "/v1/sync" and self.meanwhile:
            self.meanwhile.pop(0)()
        return compute(path, body, now)


@contextmanager
def served(folder: Path):
    """Serve the add-in over HTTPS at a free port of this computer."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    chain, key = folder / "chain.pem", folder / "key.pem"
    issued.cert_chain_pems[0].write_to_path(chain)
    issued.private_key_pem.write_to_path(key)
    sockets = listen(("127.0.0.1",), 0)
    port = sockets[0].getsockname()[1]
    tokens = Tokens(folder / "tokens.json", clock=lambda: NOW)
    told = Served(port, tokens.make("pane"))
    app = Application(local(port), tokens, answer=told.answer, now=lambda: NOW)
    running = server(app, Tls(chain, key))
    thread = threading.Thread(target=running.run, args=(sockets,))
    thread.start()
    try:
        yield told
    finally:
        running.should_exit = True
        for one in list(running.server_state.connections):  # a browser keeps its connections
            one.loop.call_soon_threadsafe(one.transport.abort)
        thread.join(30)


class Window:
    """A window of Excel: ``host`` holds its workbook, ``page`` is the pane."""

    def __init__(self, context, server, book):
        self.host, self.server = OfficeHost(book), server
        route(context, lambda: self.host, pages=False)
        context.add_init_script(f"globalThis.stage = {{ book: {book.name!r} }};{EXCEL}")
        self.context, self.faults = context, []
        self.page = None

    def open(self, name="taskpane.html", *, token=None):
        """Open a page of the add-in in a frame of its own."""
        page = self.context.new_page()
        page.on("pageerror", lambda fault: self._note(str(fault), FRAME not in str(fault)))
        page.on("console", lambda line: self._note(line.text, "Content Sec" in line.text))
        told = self.server.token if token is None else token
        page.goto(f"https://localhost:{self.server.port}/{name}?token={told}&{HOST}")
        if name == "taskpane.html":
            page.locator("#status-text", has_text="Ready.").wait_for()
        self.page = page
        return self

    def _note(self, text, wrong):
        if wrong:
            self.faults.append(text)

    def press(self, name, kind="good"):
        """Press a button and wait until what it does is over; the status text."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.locator(f"main[data-busy=false] #status.{kind}").wait_for()
        return self.status

    @property
    def status(self):
        """The text of the status line."""
        return self.page.locator("#status-text").inner_text()

    def sheet(self, title):
        """A sheet of the workbook."""
        return self.host.book.sheet(title)

    @property
    def place(self):
        """Title of the sheet in front, and the selected area."""
        sheet, rect = self.host.selected
        book = self.host.book
        assert book.sheets[book.active] is sheet
        return sheet.title, rect
