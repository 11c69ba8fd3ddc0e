"""The commands `sheetsync google ...`: who asks Google in your name. A thin shell."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from sheetsync.failures import print_json, telling

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group()
def google() -> None:
    """Sign in to Google, so that a shared Google Sheet can be synced.

    A robot (service account) needs no signing in: name its key file in SHEETSYNC_GOOGLE_KEY and
    share the sheet with its address.
    """


@google.command()
@click.option(
    "--client",
    type=click.Path(),
    metavar="FILE",
    help="The OAuth client file (JSON, Desktop app) of your Cloud project; needed once.",
)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@json_option
def login(client: str | None, *, no_browser: bool, as_json: bool) -> None:
    """Sign in with your Google account, in the browser."""
    with telling(as_json):
        from pathlib import Path

        from sheetsync.backends.google.login import login as sign_in
        from sheetsync.backends.google.tokens import Store

        store = Store()
        sign_in(
            store,
            client=Path(client) if client else None,
            show=lambda words: click.echo(words, err=as_json),
            browser=None if no_browser else _browse,
            pasted=_lines(),
        )
        if as_json:
            print_json({"status": "signed in", "kept": store.place})
        else:
            click.echo(f"Signed in; kept in the {store.place}.")


@google.command()
@json_option
def logout(*, as_json: bool) -> None:
    """Sign out: revoke the sign-in at Google and forget it here."""
    with telling(as_json):
        from sheetsync.backends.google.login import logout as sign_out
        from sheetsync.backends.google.tokens import Store

        revoked = sign_out(Store())
        if as_json:
            print_json({"status": "signed out", "revoked": revoked})
            return
        click.echo("Signed out.")
        if not revoked:
            click.echo(
                "Google did not confirm that the sign-in was revoked. To be sure, remove the app "
                "in your Google account: Security > Your connections to third-party apps.",
                err=True,
            )


@google.command()
@json_option
def status(*, as_json: bool) -> None:
    """Tell who would ask Google, and try whether Google accepts it."""
    with telling(as_json):
        from sheetsync.backends.google.auth import credentials, robot_address, try_sign_in
        from sheetsync.backends.google.tokens import Store

        store = Store()
        found = credentials(store=store)
        try_sign_in(found)
        robot = robot_address(found)
        if as_json:
            print_json({"status": "signed in", "robot": robot or None})
        elif robot:
            click.echo(f"Google accepts the robot {robot}. Share sheets with it as Editor.")
        else:
            click.echo(f"Google accepts your sign-in, kept in the {store.place}.")


def _browse(url: str) -> bool:
    import webbrowser

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _lines() -> Iterator[str]:
    """What the person types meanwhile, read without a lock that would hold up the end."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    from io import FileIO

    with FileIO(sys.stdin.fileno(), closefd=False) as typed:
        for line in typed:
            yield line.decode("utf-8", "replace")
