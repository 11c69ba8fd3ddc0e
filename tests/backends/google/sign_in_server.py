"""Google's sign-in servers on the loopback interface: /auth, /token and /revoke.

Assertions of robots are verified (RS256, audience, times); codes are bound to their PKCE challenge.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import urllib.request
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from sheetsync.backends.google.auth import SCOPES
from tests.backends.google.scripted import ROBOT

REFRESH = "1//refresh-canary"
SECRET = "GOCSPX-canary"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""Whom google-auth makes assertions for, whatever server they are sent to."""


@cache
def robot_key():
    """An RSA key pair as (private PEM, public PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class SignInServer:
    """``refusal``: an OAuth error that /token answers with; ``scope``: the rights it gives."""

    def __init__(self):
        self.asked, self.revoked, self.codes = [], [], {}
        self.refusal = None
        self.scope = " ".join(SCOPES)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _visit(self))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def robot(self, **changes):
        """A service account's key file."""
        return {
            "type": "service_account",
            "project_id": "project",
            "private_key_id": "k1",
            "private_key": robot_key()[0],
            "client_email": ROBOT,
            "client_id": "1",
            "token_uri": f"{self.url}/token",
            **changes,
        }

    def client(self, kind="installed"):
        """An OAuth client file."""
        return {
            kind: {
                "client_id": "client-1",
                "project_id": "project",
                "auth_uri": f"{self.url}/auth",
                "token_uri": f"{self.url}/token",
                "client_secret": SECRET,
                "redirect_uris": ["http://localhost"],
            }
        }

    def sign_in(self):
        """A stored sign-in."""
        return {
            "type": "authorized_user",
            "refresh_token": REFRESH,
            "token_uri": f"{self.url}/token",
            "client_id": "client-1",
            "client_secret": SECRET,
        }

    def agree(self, url, **changes):
        """The person agrees in the browser; returns the address that the browser ends on."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert told["response_type"] == "code"
        assert told["code_challenge_method"] == "S256"
        assert (told["access_type"], told["prompt"]) == ("offline", "consent")
        assert told["scope"].split() == list(SCOPES)
        assert len(told["state"]) >= 20
        self.codes["code-1"] = (told["code_challenge"], told["redirect_uri"])
        answer = {"state": told["state"], "code": "code-1", "scope": self.scope, **changes}
        answer = {name: value for name, value in answer.items() if value is not None}
        return f"{told['redirect_uri']}?{urlencode(answer)}"

    def browser(self, **changes):
        """A browser in which the person agrees; returns whether a page could be opened."""

        def browse(url):
            address = self.agree(url, **changes)
            threading.Thread(target=visit, args=(address,), daemon=True).start()
            return True

        return browse

    def token(self, form):
        """Answer one request for a token."""
        self.asked.append(form)
        if self.refusal:
            return 400, self.refusal
        grant = form["grant_type"]
        if grant.endswith("jwt-bearer"):
            claims = jwt.decode(form["assertion"], certs=_Verified(), audience=AUDIENCE)
            assert (claims["iss"], claims["scope"].split()) == (ROBOT, list(SCOPES))
        elif grant == "refresh_token":
            assert (form["refresh_token"], form["client_secret"]) == (REFRESH, SECRET)
        else:
            challenge, redirect = self.codes.pop(form["code"])
            assert form["redirect_uri"] == redirect
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        reply = {
            "access_token": f"ya29.access-{len(self.asked)}",
            "expires_in": 3599,
            "token_type": "Bearer",
            "scope": self.scope,
        }
        return 200, reply | ({"refresh_token": REFRESH} if "code" in form else {})


class _Verified(dict):
    """Certificates for google.auth.jwt: the robot's public key under any id."""

    def __init__(self):
        super().__init__(k1=robot_key()[1])


def visit(address):
    """Open an address as a browser does."""
    with urllib.request.urlopen(address, timeout=5) as page:
        return page.read().decode()


def _visit(server):
    class Visit(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if self.path == "/revoke":
                server.revoked.append(form["token"])
                self._say(200, {})
            else:
                self._say(*server.token(form))

        def _say(self, status, body):
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            """Silent."""

    return Visit
