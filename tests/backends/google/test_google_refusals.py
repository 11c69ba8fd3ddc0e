"""Google's refusals in sentences: what is wrong, where, what to do; and never a secret."""

from __future__ import annotations

import json

import pytest

from sheetsync.backends.google import failures
from sheetsync.backends.google.refusals import printable
from tests.backends.google.scripted import FAULTS, ROBOT, Answer, error, read, scripted, write

OFFICE = error(400, "This operation is not supported for this document", "", "FAILED_PRECONDITION")
PROTECTED = error(
    400,
    "Invalid requests[0].updateCells: You are trying to edit a protected cell or object. Please "
    "contact the spreadsheet owner to remove protection if you need to edit.",
)
API_OFF = Answer(
    403,
    json.dumps(
        {
            "error": {
                "code": 403,
                "message": "Google Sheets API has not been used in project 123456 before or it is "
                "disabled. Enable it by visiting https://console.invalid/x then retry.",
                "status": "PERMISSION_DENIED",
                "details": [
                    {"reason": "SERVICE_DISABLED", "metadata": {"consumer": "projects/123456"}}
                ],
            }
        }
    ).encode(),
)
SCOPES = error(
    403,
    "Request had insufficient authentication scopes.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "PERMISSION_DENIED",
)
STORAGE = Answer(
    403,
    json.dumps(
        {
            "error": {
                "code": 403,
                "message": "The user's Drive storage quota has been exceeded.",
                "errors": [{"domain": "usageLimits", "reason": "storageQuotaExceeded"}],
            }
        }
    ).encode(),
)
POLICY = Answer(
    403,
    json.dumps(
        {
            "error": {
                "message": "The domain administrators have disabled Drive apps.",
                "errors": [{"reason": "domainPolicy"}],
            }
        }
    ).encode(),
)
PAYLOAD = error(400, "Request payload size exceeds the limit: 10485760 bytes.")
UNKNOWN = error(418, "I'm a teapot")
PROXY = Answer(403, b"<html>Blocked by your company</html>")
LOGIN_WALL = Answer(511, b"<html>Log in to the Wi-Fi</html>")

CASES = {
    "a robot that was not invited": (
        ["403"],
        ROBOT,
        failures.NotShared,
        f"add {ROBOT} as Editor",
    ),
    "a person who was not invited": (["403"], "", failures.NotShared, "ask its owner to share it"),
    "an Excel file in Drive": ([OFFICE], "", failures.NotASheet, "File > Save as Google Sheets"),
    "a protected tab": ([PROTECTED], ROBOT, failures.Rejected, f"allow {ROBOT} to edit"),
    "the API is off": ([API_OFF], "", failures.SetupNeeded, "Cloud project 123456 that"),
    "too few rights": ([SCOPES], "", failures.SetupNeeded, "leave the tick"),
    "a robot's Drive": ([STORAGE], ROBOT, failures.StorageFull, f"share it with {ROBOT}"),
    "a full Drive": ([STORAGE], "", failures.StorageFull, "empty the bin"),
    "an administrator's rule": ([POLICY], "", failures.SetupNeeded, "administrator to trust it"),
    "a long request": ([PAYLOAD], "", failures.TooLarge, "shorten them"),
    "a longer request": (["413"], "", failures.TooLarge, "shorten them"),
    "no such sheet": (["404"], "", failures.NotFound, "Copy the whole address"),
    "a robot's dead key": (["401", "401"], ROBOT, failures.SignInNeeded, f"key of {ROBOT}"),
    "a person's dead sign-in": (
        ["401", "401"],
        "",
        failures.SignInNeeded,
        "sheetsync google login",
    ),
    "an outage": (["503"] * 6, "", failures.Outage, "again in a few minutes"),
    "a company's proxy": ([PROXY], "", failures.Unreachable, "company proxy"),
    "a Wi-Fi's log-in page": ([LOGIN_WALL] * 6, "", failures.Unreachable, "Wi-Fi"),
    "a log-in page in place of the reply": (["redirect"] * 6, "", failures.Unreachable, "Wi-Fi"),
    "whatever else": ([UNKNOWN], "", failures.Rejected, "teapot"),
    "an unknown certificate": (["certificate"], "", failures.Unreachable, "REQUESTS_CA_BUNDLE"),
    "a proxy that says no": (["proxy"] * 6, "", failures.Unreachable, "HTTPS_PROXY"),
    "no network": (["refused"] * 6, "", failures.Unreachable, "Check the network"),
    "a network that breaks": (["reset"] * 6, "", failures.Unreachable, "broke off several times"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_says_what_to_do(case):
    steps, who, kind, words = CASES[case]
    client, _ = scripted(*steps, who=who)
    with pytest.raises(kind) as told:
        read(client)
    assert words in str(told.value)
    assert type(told.value) is kind
    assert "\n" not in str(told.value)


def test_a_sheet_that_can_be_read_but_not_written_is_shared_for_viewing_only():
    client, _ = scripted("ok", "403", who=ROBOT)
    read(client)
    with pytest.raises(failures.NotShared, match="for viewing only, so nothing was changed"):
        write(client)


def test_a_sheet_that_was_never_read_and_refuses_a_write_is_not_shared():
    client, _ = scripted("403", who=ROBOT)
    with pytest.raises(failures.NotShared, match="is not shared: open it"):
        write(client)


def test_googles_own_words_are_added_and_kept_for_programs():
    client, _ = scripted("400")
    with pytest.raises(failures.Rejected) as told:
        read(client)
    assert str(told.value).endswith('Google says: "Invalid requests[0]: No grid with id: 7"')
    assert told.value.words == "Invalid requests[0]: No grid with id: 7"
    assert told.value.status == 400


@pytest.mark.parametrize(
    "secret",
    [
        "ya29.a0AfH6SM-canary_x",
        "Bearer canary",
        "1//0canary-x",
        "GOCSPX-canary",
        "eyJhbGciOi.canary.x",
        "-----BEGIN PRIVATE KEY-----\ncanary\n",
    ],
)
def test_what_looks_like_a_secret_is_hidden(secret):
    assert "canary" not in printable(f"bad token {secret}")
    assert printable(f"bad token {secret}").startswith("bad token (hidden)")


def test_somebody_elses_words_cannot_draw_on_the_terminal_or_fill_it():
    assert printable("a\x1b[31mb\r\nc\x9b") == "a [31mb c"
    assert len(printable("word " * 1000)) == 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"error": "text"}',
        b'{"error": {"message": 7, "errors": "x", "details": [1, {"metadata": 2}]}}',
        b'{"error": {"errors": [null], "details": null}}',
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500])
def test_errors_of_any_shape_are_told(body, status):
    client, _ = scripted(*[Answer(status, body)] * 6)
    with pytest.raises(failures.GoogleFailure):
        read(client)


def test_each_kind_of_failure_has_a_name_of_its_own():
    kinds = [kind.kind for kind in failures.GoogleFailure.__subclasses__()]
    assert len(set(kinds)) == len(kinds) == 12
    assert all(kind in failures.__doc__ for kind in kinds)


def test_a_scripted_fault_is_what_it_says():
    assert json.loads(FAULTS["429"].body)["error"]["code"] == 429
