"""The commands `sheetsync addin ...`: the button inside Excel and the server behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetsync.commands.options import json_option
from sheetsync.failures import print_json, telling

if TYPE_CHECKING:
    from sheetsync.addin.start import Ready
    from sheetsync.addin.tokens import Token

PORT = 8137
SCOPES = ("read", "propose", "apply")

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PORT,
    show_default=True,
    help="The port that the server listens at.",
)


@click.group()
def addin() -> None:
    """Put the button Recalculate into Excel, and run the server behind it.

    `install` once, then `start` whenever you work. A team runs one server for all of its members,
    with a certificate of its own and a `token` for each team.
    """


@addin.command()
@port_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--certificate", type=click.Path(), metavar="FILE", help="Hosted: its chain (PEM).")
@click.option("--key", type=click.Path(), metavar="FILE", help="Hosted: the certificate's key.")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="Hosted: where Excel finds the server, https://kpi.example.com; may be repeated.",
)
@click.option("--office-scripts", is_flag=True, help="Hosted: let Office Scripts ask as well.")
@json_option
def start(
    port: int,
    host: str,
    *,
    certificate: str | None,
    key: str | None,
    origins: tuple[str, ...],
    office_scripts: bool,
    as_json: bool,
) -> None:
    """Serve the add-in until Ctrl-C: on this computer alone, or hosted for teams.

    Workbooks stay in Excel: what it posts is computed and answered, and nothing is kept.
    """
    with telling(as_json):
        from sheetsync.addin import start as starting
        from sheetsync.addin.server import log_to_stderr
        from sheetsync.addin.tokens import Tokens

        if certificate or key or origins or office_scripts:
            ready = starting.for_teams(
                host, port, certificate, key, origins, scripts=office_scripts
            )
        else:
            ready = starting.on_this_computer(host, port)
        log_to_stderr()
        starting.serve(ready, Tokens(), lambda: _tell_started(ready, as_json=as_json))


def _tell_started(ready: Ready, *, as_json: bool) -> None:
    import sys

    if as_json:
        print_json({"status": "listening", "origins": list(ready.site.origins)})
    else:
        where = "for teams" if ready.site.hosted else "for Excel on this computer"
        click.echo(f"Listening at {ready.site.origins[0]} {where}; Ctrl-C ends it.")
    sys.stdout.flush()


@addin.group()
def token() -> None:
    """Make, list and revoke the tokens of a hosted server: one for each team or program."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=SCOPES,
    help="What it allows: read (find the tabs), propose (Check), apply (Recalculate, Undo).",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    help="How long it holds.",
)
@json_option
def new(name: str, scopes: tuple[str, ...], *, days: int, as_json: bool) -> None:
    """Make the token of NAME and show it, this once; an older one of that name ends."""
    with telling(as_json):
        from sheetsync.addin.tokens import Scope, Tokens

        tokens = Tokens()
        text = tokens.make(name, scopes=map(Scope, scopes), days=days)
        made = tokens.find(text)
        assert made is not None
        if as_json:
            print_json({**_token_json(made, expired=False), "token": text})
        else:
            click.echo(text)
            click.echo(
                f"The token of {name}, until {made.expires:%Y-%m-%d}. It is shown this once.",
                err=True,
            )


@token.command(name="list")
@json_option
def list_(*, as_json: bool) -> None:
    """List whose tokens there are, what they allow and until when."""
    with telling(as_json):
        from sheetsync.addin.tokens import Tokens

        tokens = Tokens()
        told = [_token_json(one, expired=one.expired(tokens.clock())) for one in tokens.all()]
        if as_json:
            print_json({"tokens": told})
            return
        for one in told:
            end = "ended" if one["expired"] else "until"
            click.echo(f"{one['name']:<40} {end} {one['expires'][:10]}  {', '.join(one['scopes'])}")
        if not told:
            click.echo("There is no token. Make one: sheetsync addin token new NAME")


@token.command()
@click.argument("name")
@json_option
def revoke(name: str, *, as_json: bool) -> None:
    """End the token of NAME at once, also for a server that runs."""
    with telling(as_json):
        from sheetsync.addin.failures import NotAllowed
        from sheetsync.addin.tokens import Tokens

        if not Tokens().revoke(name):
            raise NotAllowed(f"There is no token of {name}: see `sheetsync addin token list`.")
        if as_json:
            print_json({"status": "revoked", "name": name})
        else:
            click.echo(f"The token of {name} holds no more.")


def _token_json(told: Token, *, expired: bool) -> dict[str, Any]:
    return {
        "name": told.name,
        "scopes": [scope for scope in SCOPES if scope in told.scopes],
        "made": told.made.isoformat(),
        "expires": told.expires.isoformat(),
        "expired": expired,
    }
