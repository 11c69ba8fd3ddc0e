"""The commands `sheetsync addin ...`: the button inside Excel and the server behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetsync.commands.addin_files import carry, desktop, office_script
from sheetsync.commands.options import json_option
from sheetsync.failures import print_json, telling

if TYPE_CHECKING:
    from sheetsync.addin.install import Told
    from sheetsync.addin.start import Ready
    from sheetsync.addin.tokens import Token

PORT = 8137
SCOPES = ("read", "propose", "apply")

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help=f"The server's port [default: that of the installed add-in, else {PORT}]",
)


@click.group()
def addin() -> None:
    """Put the button Recalculate into Excel, and run the server behind it.

    `install` once, then `start` whenever you work. A team runs one server for all of its members,
    with a certificate of its own and a `token` for each team.
    """


for command in (desktop, carry, office_script):
    addin.add_command(command)


@addin.command()
@port_option
@json_option
def install(port: int | None, *, as_json: bool) -> None:
    """Set the add-in up for you on this computer; a repeat renews what needs it."""
    with telling(as_json):
        from sheetsync.addin.install import install as set_up
        from sheetsync.addin.install import installed_port

        _tell_steps("installed", set_up(port or installed_port()), as_json=as_json)


@addin.command()
@json_option
def uninstall(*, as_json: bool) -> None:
    """Take the add-in, its certificate and its secret away from this computer again."""
    with telling(as_json):
        from sheetsync.addin.install import uninstall as take_away

        _tell_steps("uninstalled", take_away(), as_json=as_json)


@addin.command()
@json_option
def status(*, as_json: bool) -> None:
    """Tell how the add-in stands on this computer; changes nothing."""
    with telling(as_json):
        from sheetsync.addin.install import status as stand

        found = stand()
        if as_json:
            from dataclasses import asdict

            until = found.until.isoformat() if found.until else None
            print_json({**asdict(found), "until": until, "server": str(found.server)})
            return
        for sentence in found.sentences:
            click.echo(sentence)


def _tell_steps(came_to: str, told: Told, *, as_json: bool) -> None:
    """Tell what was done, then what people are to do themselves, numbered."""
    if as_json:
        print_json({"status": came_to, "done": list(told.done), "clicks": list(told.clicks)})
        return
    for sentence in told.done:
        click.echo(sentence)
    if told.clicks:
        click.echo("What is left to you:")
    for number, sentence in enumerate(told.clicks, 1):
        click.echo(f"{number}. {sentence}")


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
    port: int | None,
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
        from sheetsync.addin.install import installed_port
        from sheetsync.addin.server import log_to_stderr
        from sheetsync.addin.tokens import Tokens

        if certificate or key or origins or office_scripts:
            ready = starting.for_teams(
                host, port or PORT, certificate, key, origins, scripts=office_scripts
            )
        else:
            ready = starting.on_this_computer(host, port or installed_port())
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
@click.option(
    "--manifest",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the add-in's manifest with this token to FILE, to hand out in Microsoft 365.",
)
@click.option("--origin", metavar="URL", help="Where Excel finds the server, for --manifest.")
@json_option
def new(
    name: str,
    scopes: tuple[str, ...],
    *,
    days: int,
    manifest: str | None,
    origin: str | None,
    as_json: bool,
) -> None:
    """Make the token of NAME and show it, this once; an older one of that name ends."""
    with telling(as_json):
        from sheetsync.addin.hosted import make_token

        made, text = make_token(name, scopes, days, manifest=manifest, origin=origin)
        if as_json:
            print_json({**_token_json(made, expired=False), "token": text, "manifest": manifest})
            return
        click.echo(text)
        until = f"The token of {name}, until {made.expires:%Y-%m-%d}. It is shown this once."
        click.echo(f"{until} {manifest} has it too." if manifest else until, err=True)


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
