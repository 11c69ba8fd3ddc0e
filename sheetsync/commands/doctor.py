"""``sheetsync doctor`` tells whether everything is in place: for Excel, or for a Google Sheet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from sheetsync.failures import print_json, telling

if TYPE_CHECKING:
    from sheetsync.backends.google.doctor import Finding

_SIGNS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@click.command()
@click.argument("address", metavar="[URL|excel:]", default="excel:")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def doctor(address: str, *, as_json: bool) -> None:
    """Look over this computer's Excel and its add-in, or a Google Sheet; changes nothing.

    Without an address, and with excel:, Python, Excel, certificate, manifest and server are looked
    at; of a Google Sheet sign-in, access, quota and layout. Exit 1 when something is in the way.
    """
    with telling(as_json):
        found, traffic = _look(address)
        if as_json:
            print_json(findings_json(found, traffic))
        else:
            _tell(found)
    if any(finding.status == "fail" for finding in found):
        sys.exit(1)


def _look(address: str) -> tuple[list[Finding], dict[str, int] | None]:
    """The findings, and for a Google Sheet the traffic that they took."""
    from sheetsync.backends.excel.attach import is_excel

    if not is_excel(address):
        return _look_at_sheet(address)
    from sheetsync.addin.doctor import doctor as look_over

    return look_over(), None


def _look_at_sheet(address: str) -> tuple[list[Finding], dict[str, int]]:
    from sheetsync.backends.google.address import spreadsheet_id
    from sheetsync.backends.google.auth import open_client
    from sheetsync.backends.google.doctor import doctor as look_over
    from sheetsync.backends.google.doctor import refused
    from sheetsync.backends.google.failures import GoogleFailure
    from sheetsync.catalog.tracker import FULL, tracker_of

    sheet = spreadsheet_id(address)
    try:
        client = open_client()
    except GoogleFailure as failure:
        return [refused(failure)], {"requests": 0, "sent": 0, "received": 0}
    found = look_over(client, sheet, FULL, tracker_of)
    counts = (client.requests, client.sent, client.received)
    return found, dict(zip(("requests", "sent", "received"), counts, strict=True))


def findings_json(found: list[Finding], traffic: dict[str, int] | None) -> dict[str, Any]:
    """The findings as JSON: ``ok`` is false when one of them would stop a sync."""
    from dataclasses import asdict

    return {
        "ok": all(finding.status != "fail" for finding in found),
        "findings": [asdict(finding) for finding in found],
        **({} if traffic is None else {"traffic": traffic}),
    }


def _tell(found: list[Finding]) -> None:
    for finding in found:
        click.echo(f"{_SIGNS[finding.status]}  {finding.check:<11}  {finding.message}")
        if finding.remedy:
            click.echo(f"{'':19}{finding.remedy}")
