"""Bad days: quotas, faults before and after a request is applied, tokens."""

from __future__ import annotations

import json

import pytest
import requests
from google.oauth2 import service_account

from tests.fakes.sheets.adapter import HOSTS, InProcess, Rewrite, session
from tests.fakes.sheets.faults import Faults
from tests.fakes.sheets.quota import Quota
from tests.fakes.sheets.server import Server
from tests.fakes.sheets.service import Service
from tests.fakes.sheets.wire import Wire

URL = "https://sheets.googleapis.com/v4/spreadsheets/book"


class Clock:
    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def wire(clock):
    service = Service()
    service.create(identity="book")
    return Wire(service, quota=Quota(clock))


@pytest.fixture
def local(wire, clock):
    return session(wire, "robot@example.com", clock)


def write(client, text="x"):
    return client.put(
        URL + "/values/A1", params={"valueInputOption": "RAW"}, json={"values": [[text]]}, timeout=5
    )


def stored(wire):
    return wire.service.handle("GET", "/v4/spreadsheets/book/values/A1")[2].get("values")


def test_quota_is_sixty_a_minute_for_each_user_and_refilled(local, wire, clock):
    codes = [local.get(URL).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
    assert write(local).status_code == 200
    other = session(wire, "other@example.com", clock)
    assert other.get(URL).status_code == 200
    clock.sleep(60)
    assert local.get(URL).status_code == 200
    assert wire.quota.refused == 1


def test_the_429_tells_its_limit_as_live_ones_do(local):
    for _ in range(60):
        local.get(URL)
    error = local.get(URL).json()["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert (
        "'Read requests per minute per user' of service 'sheets.googleapis.com'" in error["message"]
    )
    info = error["details"][0]
    assert info["reason"] == "RATE_LIMIT_EXCEEDED"
    assert info["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert info["metadata"]["quota_limit_value"] == "60"


def test_the_project_has_a_quota_of_its_own(wire, clock):
    codes = [
        session(wire, f"user{n}@example.com", clock).get(URL).status_code
        for n in range(6)
        for _ in range(51)
    ]
    assert codes == [200] * 300 + [429] * 6


@pytest.mark.parametrize(
    ("kind", "status", "applied"),
    [
        ("429", 429, False),
        ("503", 503, False),
        ("503 after", 503, True),
        ("500 after", 500, True),
        ("html 502", 502, False),
        ("html 502 after", 502, True),
        ("html 408 after", 408, True),
        ("expired", 401, False),
        ("not found", 404, False),
        ("forbidden", 403, False),
    ],
)
def test_faults_come_before_or_after_the_request_is_applied(local, wire, kind, status, applied):
    wire.faults.add(kind, method="PUT")
    assert write(local).status_code == status
    assert bool(stored(wire)) is applied
    assert write(local).status_code == 200
    assert wire.faults.happened == [kind]


@pytest.mark.parametrize(("kind", "applied"), [("reset", False), ("reset after", True)])
@pytest.mark.parametrize("over_http", [False, True])
def test_broken_connections(wire, clock, kind, applied, over_http):
    wire.faults.add(kind)
    with Server(wire) as server, session(server.url if over_http else wire) as client:
        with pytest.raises(requests.ConnectionError):
            write(client)
        assert bool(stored(wire)) is applied
        assert write(client).status_code == 200


@pytest.mark.parametrize("over_http", [False, True])
def test_half_of_the_json(wire, over_http):
    wire.faults.add("truncated")
    broken = (requests.JSONDecodeError, requests.exceptions.ChunkedEncodingError)
    with (
        Server(wire) as server,
        session(server.url if over_http else wire) as client,
        pytest.raises(broken),
    ):
        write(client).json()
    assert stored(wire) == [["x"]]


def test_a_slow_answer_runs_into_the_timeout(local, wire, clock):
    wire.faults.add("slow", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        write(local)
    assert clock.now() == 5
    assert stored(wire) == [["x"]]


def test_faults_can_wait_repeat_choose_paths_and_bring_headers(local, wire):
    wire.faults.add("503", path="/values/", skip=1, times=2, headers={"Retry-After": "7"})
    assert local.get(URL).status_code == 200
    codes = [write(local).status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    with pytest.raises(ValueError, match="no fault"):
        Faults().add("flood")


def test_expired_tokens_are_refused(local, wire):
    wire.expired.add("robot@example.com")
    assert local.get(URL).status_code == 401


def test_a_service_account_gets_a_token_and_is_known_by_its_address(wire, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from google.auth.transport.requests import AuthorizedSession

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    wire.service.spreadsheets["book"].editors = {"robot@example.com"}
    with Server(wire) as server:
        credentials = service_account.Credentials.from_service_account_info(
            {
                "type": "service_account",
                "client_email": "robot@example.com",
                "private_key": pem.decode(),
                "token_uri": server.url + "/token",
            },
            scopes=["https://www.googleapis.com/auth/spreadsheets"],
        )
        client = AuthorizedSession(credentials)
        for host in HOSTS:
            client.mount(host, Rewrite(server.url))
        assert client.get(URL).status_code == 200
        wire.expired.add("token-1")
        assert client.get(URL).status_code == 200
        assert wire.issued == 2
        client.close()


def test_what_went_over_the_wire_is_counted(local, wire):
    write(local)
    assert wire.received == len(json.dumps({"values": [["x"]]}))
    assert wire.sent > 0
    assert [line[0] for line in wire.seen] == ["PUT"]
    assert isinstance(local.get_adapter(URL), InProcess)


def test_a_broken_contract_over_http_is_raised_at_the_end(wire):
    from tests.fakes.sheets.service import ContractBroken

    with pytest.raises(ContractBroken), Server(wire) as server, session(server.url) as client:
        assert client.get(URL, params={"feilds": "x"}).status_code == 500
