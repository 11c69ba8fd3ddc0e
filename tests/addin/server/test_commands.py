"""`sheetsync addin ...` as people and scripts meet it: words, exit codes, JSON, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest
import trustme
from click.testing import CliRunner

from sheetsync import cli
from sheetsync.addin import install as installing
from sheetsync.addin.certificate import Certificate
from sheetsync.addin.holder import Holder
from sheetsync.addin.install import Status, Told
from sheetsync.addin.tokens import Tokens, addin_folder
from tests.addin.server.site import TABS


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder: run("token", "list") -> click Result."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli.main, ["addin", *map(str, words)])


def sentence(told):
    """The one sentence of a refusal."""
    assert told.exit_code == 2
    assert told.stdout == ""
    assert told.stderr.startswith("sheetsync: ")
    assert "Traceback" not in told.stderr
    return told.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(["install"], ["start"], ["status"], ["uninstall"]),
        *(["token", "new"], ["token", "list"], ["token", "revoke"]),
    ],
)
def test_every_command_explains_itself(run, words):
    told = run(*words, "--help")
    assert told.exit_code == 0
    assert "--json" in told.output


def test_help_loads_no_server():
    code = (
        "import sys\nfrom sheetsync.cli import main\n"
        "for words in (['--help'], ['addin', '--help'], ['addin', 'start', '--help']):\n"
        "    try:\n        main(words)\n    except SystemExit:\n        pass\n"
        "heavy = {'starlette', 'uvicorn', 'anyio', 'h11', 'cryptography', 'pydantic', 'ssl',"
        " 'pandas', 'duckdb', 'asyncio', 'logging', 'sheetsync.addin'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(run):
    told = run("token", "new", "Team North", "--scope", "read", "--scope", "propose")
    assert told.exit_code == 0
    text = told.stdout.strip()
    assert Tokens().find(text).name == "Team North"
    assert text not in told.stderr
    listed = run("token", "list")
    assert "Team North" in listed.stdout
    assert "read, propose" in listed.stdout
    assert text not in listed.output
    assert run("token", "revoke", "team north").exit_code == 0
    assert Tokens().find(text) is None
    assert "no token of team north" in sentence(run("token", "revoke", "team north"))
    assert "There is no token" in run("token", "list").stdout


def test_tokens_are_told_as_json(run):
    made = json.loads(run("token", "new", "Ada", "--days", "30", "--json").stdout)
    assert made["scopes"] == ["read", "propose", "apply"]
    days = datetime.fromisoformat(made["expires"]) - datetime.fromisoformat(made["made"])
    assert days.days == 30
    listed = json.loads(run("token", "list", "--json").stdout)
    assert listed == {"tokens": [{k: v for k, v in made.items() if k not in ("token", "manifest")}]}
    assert json.loads(run("token", "revoke", "Ada", "--json").stdout)["status"] == "revoked"
    refused = run("token", "revoke", "Ada", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["kind"]) == (2, "NotAllowed")


@pytest.mark.parametrize(
    "words", [["--days", "0"], ["--days", "9999"], ["--scope", "admin"], ["--manifest", "x.xml"]]
)
def test_a_token_that_makes_no_sense_is_refused(run, words):
    assert run("token", "new", "Ada", *words).exit_code == 2
    assert Tokens().all() == ()


def test_a_team_gets_a_manifest_with_its_token(run, tmp_path):
    words = ("--origin", "https://kpi.example.com", "--manifest", "north.xml")
    told = run("token", "new", "North", *words)
    assert told.exit_code == 0
    manifest = tmp_path / "north.xml"
    text = told.stdout.strip()
    assert f"https://kpi.example.com/taskpane.html?token={text}" in manifest.read_text()
    if sys.platform != "win32":
        assert manifest.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("origin", ["http://a.com", "https://a.com/", "a.com", "https://A.com", ""])
def test_a_manifest_is_for_an_origin(run, tmp_path, origin):
    told = run("token", "new", "North", "--origin", origin, "--manifest", "north.xml")
    assert "no origin" in sentence(told)
    assert list(tmp_path.glob("*.xml")) == []
    assert Tokens().all() == ()


def test_installing_tells_what_was_done_and_what_is_left(run, monkeypatch):
    ports = []
    steps = Told(("Made a certificate.",), ("Start the server.", "Open Excel."))
    monkeypatch.setattr(installing, "install", lambda port: ports.append(port) or steps)
    told = run("install", "--port", 9000)
    assert told.stdout.splitlines() == [
        "Made a certificate.",
        "What is left to you:",
        "1. Start the server.",
        "2. Open Excel.",
    ]
    as_json = json.loads(run("install", "--json").stdout)
    assert as_json == {
        "status": "installed",
        "done": ["Made a certificate."],
        "clicks": ["Start the server.", "Open Excel."],
    }
    assert ports == [9000, 8137]
    monkeypatch.setattr(installing, "uninstall", lambda: Told(("It is gone.",)))
    assert run("uninstall").stdout == "It is gone.\n"


def test_status_tells_how_it_stands(run, monkeypatch):
    assert "not installed" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["installed"] is False
    until = datetime(2026, 9, 1, tzinfo=UTC)
    found = Status(
        installed=True, address="https://localhost:8137", until=until, server=Holder.OURS
    )
    monkeypatch.setattr(installing, "status", lambda: found)
    assert "https://localhost:8137" in run("status").stdout
    told = json.loads(run("status", "--json").stdout)
    assert (told["until"], told["server"]) == ("2026-09-01T00:00:00+00:00", "ours")


def prepared(token=True):
    """A certificate of this computer's, and a token."""
    Certificate(addin_folder()).ensure(datetime.now(UTC))
    return Tokens().make("me") if token else ""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def test_nothing_starts_before_the_add_in_is_installed(run):
    assert "sheetsync addin install" in sentence(run("start"))


def test_nothing_starts_while_nobody_could_ask(run):
    prepared(token=False)
    assert "No token holds" in sentence(run("start", "--port", free_port()))


def test_nothing_starts_at_a_port_that_is_taken(run):
    prepared()
    with socket.create_server(("127.0.0.1", 0)) as one:
        told = run("start", "--port", one.getsockname()[1])
    assert "is taken" in sentence(told)
    with socket.create_server(("127.0.0.1", 0)) as one:
        as_json = run("start", "--json", "--port", one.getsockname()[1])
    assert json.loads(as_json.stdout)["error"]["kind"] == "PortTaken"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_nothing_starts_where_others_could_reach_it(run, host):
    prepared()
    assert "other computers" in sentence(run("start", "--host", host))


HOSTED = {
    "--certificate": "chain.pem",
    "--key": "key.pem",
    "--origin": "https://kpi.example.com",
}


@pytest.mark.parametrize("missing", HOSTED)
def test_a_hosted_server_needs_certificate_key_and_origin(run, missing):
    prepared()
    words = [word for pair in HOSTED.items() if pair[0] != missing for word in pair]
    assert "needs all three" in sentence(run("start", *words))
    assert "needs all three" in sentence(run("start", "--office-scripts"))


def test_a_hosted_server_needs_a_certificate_for_its_name(run, tmp_path):
    prepared()
    words = [word for pair in HOSTED.items() for word in pair]
    assert "is missing" in sentence(run("start", *words))
    cert = trustme.CA().issue_cert("other.example.com")
    cert.cert_chain_pems[0].write_to_path(tmp_path / "chain.pem")
    cert.private_key_pem.write_to_path(tmp_path / "key.pem")
    assert "is not for kpi.example.com" in sentence(run("start", *words))


def served(*words):
    """Start the real command; its process, once it says that it listens."""
    command = [sys.executable, "-m", "sheetsync", "addin", "start", *map(str, words)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    return process, process.stdout.readline()


def ended(process):
    """Press Ctrl-C; what was printed on stderr and the exit code."""
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=60)
    return printed, process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way")
def test_it_serves_until_ctrl_c_and_tells_what_it_did():
    token, port = prepared(), free_port()
    process, line = served("--port", port)
    try:
        assert line == (
            f"Listening at https://localhost:{port} for Excel on this computer; Ctrl-C ends it.\n"
        )
        context = ssl.create_default_context(cafile=Certificate(addin_folder()).authority)
        base = f"https://localhost:{port}"
        headers = {"Origin": base, "Authorization": f"Bearer {token}"}
        with httpx.Client(verify=context, trust_env=False, timeout=60) as http:
            page = http.get(f"{base}/taskpane.html?token={token}")
            kind = {"Content-Type": "application/json"}
            tabs = http.post(f"{base}/v1/tabs", content=TABS, headers=headers | kind)
            wrong = http.post(f"{base}/v1/tabs", content=TABS, headers=kind | {"Origin": base})
    finally:
        printed, code = ended(process)
    assert (page.status_code, tabs.json()["sheets"], wrong.status_code) == (200, ["Partners"], 401)
    assert code == 130
    assert printed.splitlines()[-1] == "Stopped; 2 requests were answered."
    assert "GET /taskpane.html 200" in printed
    assert token not in printed
    assert "Traceback" not in printed


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way")
def test_it_serves_a_team_over_its_own_certificate(tmp_path):
    authority = trustme.CA()
    cert = authority.issue_cert("localhost")
    for blob in cert.cert_chain_pems:
        blob.write_to_path(tmp_path / "chain.pem", append=True)
    cert.private_key_pem.write_to_path(tmp_path / "key.pem")
    token, port = Tokens().make("North"), free_port()
    origin = f"https://localhost:{port}"
    files = ("--certificate", tmp_path / "chain.pem", "--key", tmp_path / "key.pem")
    process, line = served("--port", port, *files, "--origin", origin, "--json")
    try:
        assert json.loads(line) == {"status": "listening", "origins": [origin]}
        context = ssl.create_default_context()
        authority.configure_trust(context)
        headers = {
            "Origin": origin,
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        with httpx.Client(verify=context, trust_env=False, timeout=60) as http:
            told = http.post(f"{origin}/v1/tabs", content=TABS, headers=headers)
            assert told.status_code == 200
            assert "max-age" in told.headers["strict-transport-security"]
            Tokens().revoke("North")
            told = http.post(f"{origin}/v1/tabs", content=TABS, headers=headers)
            assert told.status_code == 401
    finally:
        _, code = ended(process)
    assert code == 130
