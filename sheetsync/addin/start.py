"""What must be in place before the add-in's server starts: where, for whom, with which certificate.

Everything that could not work or would be unsafe is told before a port is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from sheetsync.addin.application import Application
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.failures import NotAllowed, SetupMissing
from sheetsync.addin.renewal import Renewal
from sheetsync.addin.server import (
    LOOPBACK,
    Tls,
    expect_certificate_for,
    expect_loopback,
    listen,
    server,
)
from sheetsync.addin.site import Site, hosted, local
from sheetsync.addin.tokens import Tokens, addin_folder
from sheetsync.backends.xlsx.journal import utc_now


@dataclass(frozen=True, slots=True)
class Ready:
    """A server that may start: its site, its certificate, and the addresses to listen at.

    ``renew`` makes the certificate anew when it ends soon.
    """

    site: Site
    tls: Tls
    hosts: tuple[str, ...]
    port: int
    renew: Callable[[], object] = lambda: None


def on_this_computer(host: str, port: int) -> Ready:
    """A server for this computer alone, with the certificate that installing the add-in made.

    A certificate that ends soon is renewed. Raises NotAllowed for an address that others reach,
    SetupMissing before the add-in was installed.
    """
    expect_loopback(host)
    certificate = Certificate(addin_folder())

    def renew() -> object:
        return certificate.renew(utc_now())

    renew()
    tls = Tls(certificate.chain, certificate.key)
    tls.check()
    return Ready(local(port), tls, LOOPBACK, port, renew)


def for_teams(
    host: str,
    port: int,
    certificate: str | None,
    key: str | None,
    origins: Sequence[str],
    *,
    scripts: bool,
) -> Ready:
    """A hosted server: with a certificate that others vouch for, and the origins that it holds for.

    Raises NotAllowed, SetupMissing.
    """
    if not (certificate and key and origins):
        raise NotAllowed(
            "A hosted server needs all three: --certificate, --key and --origin. Nothing was "
            "started."
        )
    site = hosted(tuple(origins), scripts=scripts)
    tls = Tls(Path(certificate).expanduser(), Path(key).expanduser())
    expect_certificate_for(tls, site.origins)
    return Ready(site, tls, (host,), port)


def serve(ready: Ready, tokens: Tokens, listening: Callable[[], None]) -> None:
    """Serve until Ctrl-C, which is raised with a note of what was done; ``listening`` is told.

    Raises SetupMissing while no token holds, PortTaken.
    """
    if not tokens.valid():
        raise SetupMissing(
            "No token holds, so nobody could ask. Run `sheetsync addin install`, or make one with "
            "`sheetsync addin token new NAME`."
        )
    app = Application(ready.site, tokens)
    sockets = listen(ready.hosts, ready.port)
    ended = Event()
    try:
        running = server(app, ready.tls)
        running.config.load()
        assert running.config.ssl is not None
        renewal = Renewal(ready.tls, running.config.ssl, ready.renew)
        Thread(target=renewal.keep, args=(ended,), name="renewing", daemon=True).start()
        Thread(target=_load, name="loading", daemon=True).start()
        listening()
        running.run(sockets)
    except KeyboardInterrupt as stopped:
        stopped.add_note(f"{app.answered} requests were answered")
        raise
    finally:
        ended.set()
        for one in sockets:
            one.close()


def _load() -> None:
    """Load what computes while nobody asks yet."""
    import sheetsync.addin.answers  # noqa: F401
