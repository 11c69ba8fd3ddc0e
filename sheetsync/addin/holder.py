"""Who listens at the add-in's port: nobody, our server, or another program."""

from __future__ import annotations

import socket
import ssl
from enum import StrEnum
from pathlib import Path

from sheetsync.addin.certificate import ADDRESS, HOST

_SECONDS = 3.0
_ENDED = 10
"""OpenSSL's number for a certificate that has ended (X509_V_ERR_CERT_HAS_EXPIRED)."""


class Holder(StrEnum):
    """Who holds the port."""

    NOBODY = "nobody"
    OURS = "ours"
    ENDED = "ours, with a certificate that has ended"
    OTHER = "another program"


def holder(port: int, authority: Path) -> Holder:
    """Who listens at that port of this computer.

    Ours is who proves to have a certificate of our authority: its key never left this user.
    """
    try:
        client = ssl.create_default_context(cafile=authority)
    except OSError:
        client = ssl.create_default_context()
    try:
        with (
            socket.create_connection((ADDRESS, port), timeout=_SECONDS) as raw,
            client.wrap_socket(raw, server_hostname=HOST),
        ):
            return Holder.OURS
    except ConnectionRefusedError:
        return Holder.NOBODY
    except ssl.SSLCertVerificationError as error:
        return Holder.ENDED if error.verify_code == _ENDED else Holder.OTHER
    except OSError:
        return Holder.OTHER
