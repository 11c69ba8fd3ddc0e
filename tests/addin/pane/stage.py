"""The pane on a stage: its real pages in Chromium, with Excel, reading and playing stubbed.

What a real workbook makes of it is in ``test_whole_way.py``; here every state of the page is set
at will, without a server.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import sheetsync.addin

ROOT = Path(sheetsync.addin.__file__).parent / "officejs"
ORIGIN = "https://localhost:8137"
OFFICE = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".png": "image/png"}

STUB_OFFICE = """
globalThis.stage = globalThis.stage || {};
Object.assign(stage, { jumps: [], answers: [], completed: 0, partner: null, dialogs: [] });
globalThis.Office = {
  onReady: async () => ({ host: 'Excel' }),
  EventType: { DocumentSelectionChanged: 'documentSelectionChanged' },
  actions: { associate: (name, pressed) => { stage[name] = pressed; } },
  context: {
    officeTheme: stage.theme,
    requirements: { isSetSupported: () => !stage.old },
    document: { url: 'Tracker.xlsx', addHandlerAsync: (kind, heard) => { stage.select = heard; } },
    ui: { displayDialogAsync: (address) => { stage.dialogs.push(address); } },
  },
};
globalThis.Excel = { run: async (work) => work({}) };
"""

STUBS = {
    "reading.js": """
        export async function readWorkbook(context, wanted) {
          await wanted([{ name: 'Partners', tables: ['tblPartners'] }]);
          await stage.pause?.('reading');
          return { version: 1, sheets: stage.sheets ?? [], names: [] };
        }""",
    "playing.js": """
        import { Refused, Stale } from './refusals.js';
        export class Torn extends Error {}
        export async function play(context, score, { onProgress }) {
          if (stage.stale-- > 0) throw new Stale('Changed.');
          if (stage.refused) throw new Refused(stage.refused);
          onProgress({ done: 60, of: 100 });
          await stage.pause?.('writing');
          return { changed: [{ sheet: 'Issues', address: 'A2:K15' }], cells: 1203 };
        }""",
    "cells.js": """
        const fail = () => {
          if (stage.excel) throw Object.assign(new Error('x'), { code: stage.excel });
        };
        export async function goTo(place) { fail(); stage.jumps.push(place); }
        export async function decide(issue, answer) {
          fail();
          stage.answers.push([issue.id, answer]);
        }
        export async function partnerHere() { return stage.partner; }""",
}


class Stage:
    """One page and what the server answers to it; ``asked`` holds the questions."""

    def __init__(self, context, *, sizes=(320, 900)):
        self.asked = []
        self.answers = {"tabs": (200, {"version": 1, "sheets": ["Partners"]})}
        self.page = context.new_page()
        self.faults = []
        self.page.set_viewport_size({"width": sizes[0], "height": sizes[1]})
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.page.route("**/*", self._serve)

    def open(self, name="taskpane.html", *, token="secret", **stage):
        """Open a page with what ``window.stage`` is to say; ends when the pane has its host."""
        self.page.add_init_script(f"globalThis.stage = {json.dumps(stage)};")
        self.page.goto(f"{ORIGIN}/{name}" + (f"?token={token}" if token else ""))
        return self

    def ready(self):
        """Wait until the pane is ready for work."""
        self.page.get_by_text("Ready.").wait_for()
        return self

    def press(self, name):
        """Press a button by its name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def status(self):
        """The text of the status line."""
        return self.page.locator("#status-text")

    def _serve(self, route):
        parts = urlsplit(route.request.url)
        name = parts.path.lstrip("/")
        if route.request.url == OFFICE:
            route.fulfill(body=STUB_OFFICE, content_type="text/javascript")
        elif name.startswith("v1/"):
            self._answer(route, name.removeprefix("v1/"))
        elif name in STUBS:
            route.fulfill(body=STUBS[name], content_type="text/javascript")
        elif (ROOT / name).is_file():
            route.fulfill(path=ROOT / name, content_type=KINDS[Path(name).suffix])
        else:
            route.fulfill(status=404, body="")

    def _answer(self, route, question):
        request = route.request
        self.asked.append((question, request.headers.get("authorization"), request.post_data_json))
        told = self.answers.get(question)
        if told is None:
            route.abort("connectionrefused")
        else:
            status, body = told
            text = body if isinstance(body, str) else json.dumps(body)
            route.fulfill(status=status, body=text, content_type="application/json")


def issue(number, severity="error", **traits):
    """One issue of the pane's JSON."""
    return {
        "id": f"I-{number:010x}",
        "severity": severity,
        "sheet": "Deals",
        "address": f"H{number + 1}",
        "message": "Amount is needed because Stage is proposal.",
        "suggested": None,
        "decision": "",
        "can_decide": False,
        "decision_cell": None,
    } | traits


def guess(number, message, suggested, **traits):
    """An issue that people can accept or reject."""
    cell = {"sheet": "Issues", "address": f"J{number + 1}"}
    told = {"message": message, "suggested": suggested, "can_decide": True, "decision_cell": cell}
    return issue(number, **(told | traits))


KPIS = [
    ("F01", "Sourced revenue", "186,400 EUR", 14, None, "ok"),
    ("F06", "Win rate", "41.8%", 67, "30.7% to 53.7%", "ok"),
    ("F09", "Average deal size", "13,314 EUR", 14, None, "ok"),
    ("S06", "Sales cycle", "62.5 days", 9, "41 to 88 days", "small"),
    ("E06", "Meetings per month", "1.8", 22, None, "ok"),
    ("R04", "Partner satisfaction", "no data", 0, None, "no data"),
]

PANE = {
    "partners": {
        "P-0001": {
            "name": "Tin Lantern Systems",
            "type": "reseller",
            "tier": "Gold",
            "score": "78.4",
            "why": "Revenue and win rate are above the target of Gold. 6.6 points are missing to "
            "Platinum: most of them in certified people.",
            "kpis": [
                dict(zip(("kpi", "title", "text", "n", "range", "flag"), one, strict=True))
                for one in KPIS
            ],
        },
        "P-0002": {
            "name": "Quillfeather Networks",
            "type": "referral",
            "tier": "",
            "score": None,
            "why": "Too little is known for a score.",
            "kpis": [],
        },
    },
    "tier_changes": [
        {
            "partner_id": "P-0001",
            "name": "Tin Lantern Systems",
            "from": "Silver",
            "to": "Gold",
            "why": "78.4 of 100; strongest F01 (24.4).",
        },
        {
            "partner_id": "P-0002",
            "name": "Quillfeather Networks",
            "from": "Bronze",
            "to": "",
            "why": "Only 2 of 6 KPIs have data, so there is no score.",
        },
    ],
    "issues": [
        guess(
            3,
            "'Reseler' is not in the list of Partner type.",
            "reseller",
            sheet="Partners",
            address="C4",
        ),
        issue(18, sheet="Partners", address="F19", message="Owner is required."),
        guess(
            34,
            "'03/04/2024' could be 3 April 2024 or 4 March 2024, and the other dates of Created "
            "do not tell which.",
            "2024-04-03",
            address="D35",
        ),
        issue(140, "warning", address="H141"),
        issue(9, "warning", sheet="Contacts", address="E10", message="Row 11 has the same Email."),
        issue(
            1, "note", sheet=None, address=None, message="No exchange rate is older than a year."
        ),
    ],
    "changes": {"fixes": 3, "cells": 1203, "rows": 75},
}

FIXES = [
    {
        "code": "trim",
        "tab": "Partners",
        "key": "P-0002",
        "row": 3,
        "column": "Partner name",
        "before": "  Quillfeather Networks ",
        "after": "Quillfeather Networks",
    },
    {
        "code": "phone",
        "tab": "Contacts",
        "key": "C-0001",
        "row": 2,
        "column": "Phone",
        "before": "+49 30 23125 000",
        "after": "+493023125000",
    },
    {
        "code": "day",
        "tab": "Deals",
        "key": "D-0007",
        "row": 8,
        "column": "Created",
        "before": "2024-01-31",
        "after": {"d": "2024-01-31T00:00:00"},
    },
]


def reply(*, status="planned", run="20261122T031200Z-a1b2c3", **pane):
    """The server's answer to a sync of the example."""
    score = {"version": 1, "plan": {"run": run, "ops": []}, "tabs": {}, "rows": {}}
    report = {"workbook": "Tracker.xlsx", "as_of": "2026-06-30", "status": status, "fixes": FIXES}
    return {
        "version": 1,
        "report": report,
        "score": score if status == "planned" else None,
        "pane": PANE | pane,
        "notes": [],
    }
