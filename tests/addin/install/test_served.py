"""What the manifest names is really served: over TLS, to a client that trusts our authority."""

from __future__ import annotations

import re
import ssl
import threading

import httpx
import pytest

from sheetsync.addin import start
from sheetsync.addin.application import Application
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.holder import Holder
from sheetsync.addin.install import install, installed_port, manifest_path, status, uninstall
from sheetsync.addin.machine import System
from sheetsync.addin.server import listen, server
from sheetsync.addin.tokens import Tokens, addin_folder
from tests.addin.install.machines import machine


@pytest.fixture
def running(tmp_path):
    """The installed add-in with its server; gives the computer that it is installed on."""
    computer = machine(System.LINUX, tmp_path)
    sockets = listen(["127.0.0.1"], 0)
    port = sockets[0].getsockname()[1]
    install(port, machine=computer)
    ready = start.on_this_computer("127.0.0.1", port)
    serving = server(Application(ready.site, Tokens()), ready.tls)
    thread = threading.Thread(target=serving.run, args=(sockets,))
    thread.start()
    yield computer
    serving.should_exit = True
    thread.join(20)
    for one in sockets:
        one.close()


def test_every_address_of_the_manifest_is_answered(running):
    text = manifest_path().read_text("utf-8")
    addresses = sorted(set(re.findall(r'"(https://[^"]+)"', text)))
    assert len(addresses) > 20
    assert status(machine=running).server is Holder.OURS
    trusting = ssl.create_default_context(cafile=Certificate(addin_folder()).authority)
    with httpx.Client(verify=trusting, trust_env=False) as client:
        for address in addresses:
            told = client.get(address)
            assert told.status_code == 200, address
            kind = "image/png" if address.endswith(".png") else "text/html"
            assert told.headers["content-type"].startswith(kind)
            assert ("cache-control" in told.headers) is (kind == "text/html")
        token = re.search(r"token=([\w-]+)", text)[1]
        asked = {
            "url": f"https://localhost:{installed_port()}/v1/tabs",
            "json": {"version": 1, "sheets": []},
            "headers": {
                "Authorization": f"Bearer {token}",
                "Origin": f"https://localhost:{installed_port()}",
            },
        }
        assert client.post(**asked).status_code == 200
        uninstall(machine=running)
        assert client.post(**asked).status_code == 401
