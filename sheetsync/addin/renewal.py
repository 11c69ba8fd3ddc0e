"""A server that runs for months shows the certificate that its files hold now."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from threading import Event

from sheetsync.addin.server import Tls
from sheetsync.model.errors import SheetsyncError

EVERY_SECONDS = 3600.0
LOG = logging.getLogger("sheetsync.addin")


class Renewal:
    """Looks after the certificate of a running server, whose TLS settings ``context`` are.

    ``renew`` makes the files anew when it is time to; a hosted server's are renewed by others.
    """

    def __init__(self, tls: Tls, context: ssl.SSLContext, renew: Callable[[], object]) -> None:
        self._tls, self._context, self._renew = tls, context, renew
        self._stamp = self._look()

    def refresh(self) -> bool:
        """Show the files as they are; False when they are the same as before or cannot be used."""
        try:
            self._renew()
            stamp = self._look()
            if stamp == self._stamp:
                return False
            self._tls.check()
            self._context.load_cert_chain(self._tls.chain, self._tls.key)
        except (SheetsyncError, OSError) as error:
            LOG.warning("The certificate is not renewed (%s).", type(error).__name__)
            return False
        self._stamp = stamp
        LOG.info("The certificate is a new one.")
        return True

    def keep(self, ended: Event) -> None:
        """Refresh it every hour until the event."""
        while not ended.wait(EVERY_SECONDS):
            self.refresh()

    def _look(self) -> tuple[int, ...]:
        found = [path.stat() for path in (self._tls.chain, self._tls.key)]
        return tuple(part for one in found for part in (one.st_ino, one.st_mtime_ns, one.st_size))
