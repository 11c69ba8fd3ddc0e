"""Who gets in: hundreds of requests over Host, Origin, path, method, content type, token, length.

Each request is what the pane sends, with one thing changed; then all things changed together in
every combination. An answer that was reached has let somebody in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import pytest

from sheetsync.addin.guard import CALLS
from sheetsync.addin.site import hosted
from tests.addin.server.site import HERE, SCRIPT, Asked, echo, kind, made


@dataclass
class Door:
    """A server, and the calls that got as far as an answer."""

    server: Asked
    reached: list[str] = field(default_factory=list)

    def ask(self, *args, **options):
        """One request, long after the one before."""
        self.reached.clear()
        self.server.at += 1000
        return self.server.ask(*args, **options)


def _door(folder, **options):
    door = Door(made(folder, **options))

    def answer(path, body, now):
        door.reached.append(path)
        return echo(path, body, now)

    door.server.app._answer = answer
    return door


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    return _door(tmp_path_factory.mktemp("door"))


@pytest.fixture(scope="module")
def team_door(tmp_path_factory):
    site = hosted(("https://kpi.example.com", "https://kpi.example.org:8443"), scripts=True)
    return _door(tmp_path_factory.mktemp("team"), site=site)


GOOD_HOSTS = ["localhost:8137", "127.0.0.1:8137"]
BAD_HOSTS = [
    *(None, "", " ", "localhost", "127.0.0.1", "localhost:8138", "localhost:443", "localhost:80"),
    *("evil.com", "evil.com:8137", "localhost.evil.com:8137", "localhost:8137.evil.com"),
    *("evil.com:8137@localhost:8137", "localhost:8137@evil.com", "user@localhost:8137"),
    *("localhost.:8137", "LOCALHOST:8137", "Localhost:8137", "localhost:08137", "localhost:+8137"),
    *("localhost:8137 ", " localhost:8137", "localhost:8137,evil.com", "localhost:8137/evil"),
    *("127.1:8137", "127.0.0.2:8137", "0.0.0.0:8137", "0:8137", "2130706433:8137"),
    *("0x7f000001:8137", "127.0.0.1.nip.io:8137", "localtest.me:8137", "[::1]:8137", "[::]:8137"),
    *("::1:8137", "[::ffff:127.0.0.1]:8137", "localhos\xadt:8137", "\xbd:8137", "*:8137", "*"),
    *("localhost:8137?x", "localhost:8137#x", "http://localhost:8137", "null", "localhost:8137\\"),
    ["localhost:8137", "evil.com"],
    ["evil.com", "localhost:8137"],
    ["localhost:8137", "localhost:8137"],
]
GOOD_ORIGINS = ["https://localhost:8137", "https://127.0.0.1:8137"]
BAD_ORIGINS = [
    *(None, "", " ", "null", "*", "https://localhost", "https://localhost:8138"),
    *("http://localhost:8137", "https://localhost:8137/", "https://localhost:8137/taskpane.html"),
    *("https://evil.com", "https://evil.com:8137", "https://localhost.evil.com:8137"),
    *("https://localhost:8137.evil.com", "https://evil.com#https://localhost:8137"),
    *("https://localhost:8137@evil.com", "https://evil.com?https://localhost:8137"),
    *(
        "HTTPS://localhost:8137",
        "https://LOCALHOST:8137",
        "https://localhost.:8137",
        "localhost:8137",
    ),
    *("https://127.0.0.1", "https://127.1:8137", "https://[::1]:8137", "https://0.0.0.0:8137"),
    *("file://", "data:", "blob:https://localhost:8137", "about:blank", "chrome-extension://abc"),
    *("moz-extension://abc", "ms-appx-web://abc", "wss://localhost:8137", "//localhost:8137"),
    *("https://excel.officeapps.live.com", "https://example.sharepoint.com"),
    *("https://appsforoffice.microsoft.com", "https://script.google.com"),
    *(SCRIPT, "https://localhost:8137 ", " https://localhost:8137", "https://localhost:8137,null"),
    ["https://localhost:8137", "https://evil.com"],
    ["https://evil.com", "https://localhost:8137"],
    ["https://localhost:8137", "https://localhost:8137"],
]
GOOD_KINDS = [
    *("application/json", "Application/JSON", "application/json; charset=utf-8"),
    *("application/json;charset=UTF-8", 'application/json; charset="utf-8"'),
]
BAD_KINDS = [
    *(None, "", " ", "text/plain", "text/plain;charset=UTF-8", "text/json", "text/html"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", "*/*"),
    *("application/json; charset=utf-16", "application/json; charset=latin1", "application/json;"),
    *("application/json, text/plain", "text/plain, application/json", "application/jsonp"),
    *(
        "application/json-seq",
        "application/ld+json",
        "application/vnd.api+json",
        "x-application/json",
    ),
    *("application/csp-report", "application/json;boundary=x", "text/plain; application/json"),
    *("application/json; charset=utf-8; x=1", "application / json", "application/octet-stream"),
    ["application/json", "text/plain"],
    ["text/plain", "application/json"],
]
METHODS = [
    *("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post"),
    *("Post", "POSTT", "SEARCH", "COPY", "LOCK", "X"),
]
BAD_PATHS = [
    *("/", "/v1", "/v1/", "/v1/sync/", "//v1/sync", "/v1//sync", "/v1/./sync", "/v1/x/../sync"),
    *("/V1/sync", "/v1/Sync", "/v1/sync.json", "/v1/sync;x=1", "/v1/%73ync", "/v1%2Fsync"),
    *("/v2/sync", "/sync", "/tabs", "/v1/token", "/v1/apply", "/v1/plan", "/openapi.json", "/docs"),
    *(
        "/metrics",
        "/status",
        "/.well-known/security.txt",
        "/favicon.ico",
        "/robots.txt",
        "/v1/sync%00",
    ),
    *("/v1/sync%20", "/v1/sync%0d%0aX:1", "/v1/sync\u00e9", "/index.php"),
]
BAD_FILES = [
    *("/../server.py", "/..%2fserver.py", "/%2e%2e/server.py", "/icons/../../server.py"),
    *("/icons/..%2f..%2ftokens.py", "/..\\server.py", "/icons\\icon-16.png", "/server.py"),
    *("/__init__.py", "/tokens.json", "/localhost.key", "/authority.key", "/authority.pem"),
    *("/etc/passwd", "//etc/passwd", "/etc/passwd.html", "/%2fetc%2fpasswd", "/C:/Windows/win.ini"),
    *("/taskpane.html/", "/taskpane.html%00.js", "/taskpane%2ehtml", "/.git/config", "/icons/"),
    *(
        "/icons",
        "/icons/x/icon-16.png",
        "/desktop/addin.bas",
        "/office_script/recalc.ts",
        "/no.html",
    ),
    *("/TASKPANE.HTML.js", "/taskpane.html.bak", "/-.js", "/" + "a" * 65 + ".js", "/.html"),
]


@pytest.mark.parametrize("host", GOOD_HOSTS)
@pytest.mark.parametrize("origin", GOOD_ORIGINS)
@pytest.mark.parametrize("path", CALLS)
def test_the_pane_gets_in(door, host, origin, path):
    told = door.ask(path=path, host=host, origin=origin)
    assert (told.status_code, kind(told)) == (200, "")
    assert door.reached == [path]


@pytest.mark.parametrize("host", BAD_HOSTS, ids=repr)
def test_no_other_host_gets_in(door, host):
    for method, path in (("POST", "/v1/sync"), ("GET", "/taskpane.html")):
        told = door.ask(method, path, host=host)
        assert (told.status_code, kind(told)) == (403, "host")
    assert door.reached == []


@pytest.mark.parametrize("origin", BAD_ORIGINS, ids=repr)
def test_no_other_origin_gets_in(door, origin):
    told = door.ask(origin=origin)
    assert (told.status_code, kind(told)) == (403, "origin")
    assert "access-control-allow-origin" not in told.headers
    assert door.reached == []


@pytest.mark.parametrize("origin", [o for o in BAD_ORIGINS if o is not None], ids=repr)
def test_no_other_origin_gets_even_the_pane(door, origin):
    told = door.ask("GET", "/taskpane.html", origin=origin)
    assert (told.status_code, kind(told)) == (403, "origin")


@pytest.mark.parametrize("content_type", GOOD_KINDS)
def test_json_in_utf_8_gets_in(door, content_type):
    assert door.ask(content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", BAD_KINDS, ids=repr)
def test_no_other_content_type_gets_in(door, content_type):
    told = door.ask(content_type=content_type)
    assert (told.status_code, kind(told)) == (415, "content_type")
    assert door.reached == []


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x", "*", ""])
def test_nothing_packed_gets_in(door, coding):
    told = door.ask(content_encoding=coding)
    assert (told.status_code, kind(told)) == (415, "content_type")
    assert door.reached == []


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("method", METHODS)
def test_no_other_method_gets_in(door, method, path):
    headers = door.server.headers("POST")
    door.server.at += 1000
    door.reached.clear()
    told = door.server.send(method, path, list(headers.items()))
    assert told.status_code == 405
    assert told.headers["allow"] == "POST"
    assert door.reached == []


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("GET", "HEAD")] + ["POST"])
def test_the_panes_files_are_only_read(door, method):
    told = door.ask(method, "/taskpane.html")
    assert told.status_code == 405
    assert told.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", BAD_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_no_other_path(door, method, path):
    told = door.ask(method, path)
    assert (told.status_code, kind(told)) == (404, "not_found")
    assert door.reached == []


@pytest.mark.parametrize("path", BAD_FILES)
def test_there_is_no_other_file(door, path):
    told = door.ask("GET", path)
    assert (told.status_code, kind(told)) == (404, "not_found")


@pytest.mark.parametrize("query", ["", "?token=x", "?path=/etc/passwd", "?_host_Info=Excel$Web"])
def test_a_query_changes_nothing(door, query):
    assert door.ask("GET", f"/taskpane.html{query}").status_code == 200
    assert door.ask(path=f"/v1/sync{query}").status_code == 200
    assert door.reached == ["/v1/sync"]


def _wrong_tokens():
    good = "A" * 43
    yield from (None, "Bearer", "Bearer ", "Basic dTpw", "Digest x", "Negotiate", "", " ", "null")
    yield from (good, f"Bearer {good}", f"Bearer  {good}", f"Token {good}", f"Bearer {good},")
    yield from (f"Bearer {good[:-1]}", f"Bearer {good}A", f"Bearer {good} x", "Bearer undefined")
    yield from ("Bearer null", "Bearer *", "Bearer ../../tokens.json", "Bearer ' OR 1=1 --")
    yield from (
        "Bearer " + "0" * 64,
        "Bearer " + "A" * 5000,
        "Bearer \u00e9" * 3,
        f"Bearer {good}\t",
    )


@pytest.mark.parametrize("told", list(_wrong_tokens()), ids=lambda t: repr(t)[:30])
def test_no_other_token_gets_in(door, told):
    answer = door.ask(authorization=told)
    assert (answer.status_code, kind(answer)) == (401, "token")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert door.reached == []


@pytest.mark.parametrize(
    "change",
    [
        *(lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: t[::-1]),
        *(lambda t: f" {t}", lambda t: f"{t} ", lambda t: f"{t}=", lambda t: f'"{t}"'),
        *(lambda t: t[1:] + t[0], lambda t: f"{t},{t}", lambda t: f"{t} {t}", lambda t: t.lower()),
    ],
)
def test_nearly_the_token_is_not_the_token(door, change):
    text = door.server.texts["all"]
    told = door.ask(authorization=f"Bearer {change(text)}")
    assert (told.status_code, kind(told)) == (401, "token")
    assert door.reached == []


@pytest.mark.parametrize(
    "place",
    [
        lambda text: {"path": f"/v1/sync?token={text}"},
        lambda text: {"path": f"/v1/sync?access_token={text}"},
        lambda text: {"cookie": f"token={text}; Authorization=Bearer {text}"},
        lambda text: {"body": f'{{"version":1,"token":"{text}"}}'.encode()},
        lambda text: {"x-api-key": text},
        lambda text: {"proxy-authorization": f"Bearer {text}"},
        lambda text: {"x-authorization": f"Bearer {text}"},
        lambda text: {"authorization": [f"Bearer {text}", f"Bearer {text}"]},
        lambda text: {"authorization": [f"Bearer {text}", "Bearer x"]},
        lambda text: {"authorization": ["Basic x", f"Bearer {text}"]},
        lambda text: {"authorization": f"bearer {text}"},
        lambda text: {"authorization": f"Basic {text}"},
    ],
)
def test_a_token_in_another_place_counts_for_nothing(door, place):
    options = {"token": None, **place(door.server.texts["all"])}
    path = options.pop("path", "/v1/sync")
    told = door.ask(path=path, **options)
    assert (told.status_code, kind(told)) == (401, "token")
    assert door.reached == []


ALLOWED = {"read": ["/v1/tabs"], "propose": ["/v1/check"], "apply": ["/v1/sync", "/v1/undo"]}


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("scope", ALLOWED)
def test_a_token_allows_what_it_is_for(door, scope, path):
    told = door.ask(path=path, token=scope)
    allowed = path in ALLOWED[scope]
    assert (told.status_code, kind(told)) == ((200, "") if allowed else (403, "scope"))
    assert door.reached == ([path] if allowed else [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": "-1"}, 400),
        ({"content-length": "1e3"}, 400),
        ({"content-length": "0x10"}, 400),
        ({"content-length": "+5"}, 400),
        ({"content-length": "5, 5"}, 400),
        ({"content-length": ""}, 400),
        ({"content-length": "9" * 40}, 400),
        ({"content-length": ["5", "5"]}, 400),
        ({"content-length": ["5", "6"]}, 400),
        ({"content-length": "5", "transfer-encoding": "chunked"}, 400),
        ({"content-length": str((50 << 20) + 1)}, 413),
        ({"content-length": "999999999999"}, 413),
        ({"content-length": str(50 << 20)}, 200),
        ({"transfer-encoding": "chunked"}, 200),
    ],
)
def test_lengths_are_told_plainly_and_within_the_limit(door, headers, status):
    assert door.ask(**headers).status_code == status
    assert door.reached == (["/v1/sync"] if status == 200 else [])


@pytest.mark.parametrize(("path", "call"), list(CALLS.items()))
def test_a_body_is_counted_whatever_its_header_says(door, path, call):
    for size, status in ((call.most_bytes, 200), (call.most_bytes + 1, 413)):
        told = door.ask(path=path, body=b" " * size, transfer_encoding="chunked")
        assert told.status_code == status
        assert door.reached == ([path] if status == 200 else [])


AXES = {
    "host": ("localhost:8137", "evil.com:8137"),
    "origin": (HERE, "https://evil.com"),
    "content_type": ("application/json", "text/plain"),
    "token": ("all", "wrong"),
    "method": ("POST", "PUT"),
    "path": ("/v1/sync", "/v1/other"),
}


@pytest.mark.parametrize("chosen", list(product(*AXES.values())), ids=lambda c: "".join(c)[-9:])
def test_one_wrong_thing_is_enough_in_every_combination(door, chosen):
    options = dict(zip(AXES, chosen, strict=True))
    headers = door.server.headers("POST", options["token"])
    headers |= {"host": options["host"], "origin": options["origin"]}
    headers["content-type"] = options["content_type"]
    door.server.at += 1000
    door.reached.clear()
    told = door.server.send(options["method"], options["path"], list(headers.items()), b"{}")
    good = all(one == allowed[0] for one, allowed in zip(chosen, AXES.values(), strict=True))
    assert (told.status_code == 200) == good
    assert door.reached == (["/v1/sync"] if good else [])


TEAM_ORIGINS = [
    ("kpi.example.com", "https://kpi.example.com", 200),
    ("kpi.example.org:8443", "https://kpi.example.org:8443", 200),
    ("kpi.example.com", SCRIPT, 200),
    ("kpi.example.com:443", "https://kpi.example.com", 403),
    ("kpi.example.com", "https://kpi.example.com:443", 403),
    ("localhost:8137", HERE, 403),
    ("127.0.0.1", "https://kpi.example.com", 403),
    ("kpi.example.com", HERE, 403),
    ("kpi.example.com", "http://kpi.example.com", 403),
    ("kpi.example.com", "https://example.com", 403),
    ("kpi.example.com", "https://x.kpi.example.com", 403),
    ("kpi.example.com", "https://officescripts.microsoftusercontent.com", 403),
    ("kpi.example.com", "https://a.b.officescripts.microsoftusercontent.com", 403),
    ("kpi.example.com", "http://a.officescripts.microsoftusercontent.com", 403),
    ("kpi.example.com", "https://a.officescripts.microsoftusercontent.com.evil.com", 403),
    ("kpi.example.com", "https://evil.com/.officescripts.microsoftusercontent.com", 403),
    ("kpi.example.com", "https://evilofficescripts.microsoftusercontent.com", 403),
    ("kpi.example.com", "https://a.officescriptsXmicrosoftusercontent.com", 403),
    ("kpi.example.com", "https://a.officescripts.microsoftusercontent.com:8443", 403),
    ("kpi.example.com", f"{SCRIPT}\n", 403),
]


@pytest.mark.parametrize(("host", "origin", "status"), TEAM_ORIGINS)
def test_a_hosted_server_answers_its_own_names_and_office_scripts(team_door, host, origin, status):
    told = team_door.ask(host=host, origin=origin)
    assert told.status_code == status
    assert team_door.reached == (["/v1/sync"] if status == 200 else [])
    allowed = told.headers.get("access-control-allow-origin")
    assert allowed == (SCRIPT if origin == SCRIPT else None)


PREFLIGHTS = [
    ("/v1/sync", "kpi.example.com", SCRIPT, 204),
    ("/v1/tabs", "kpi.example.com", SCRIPT, 204),
    ("/v1/sync", "kpi.example.com", "https://kpi.example.com", 405),
    ("/v1/sync", "kpi.example.com", "https://evil.com", 405),
    ("/v1/sync", "kpi.example.com", "null", 405),
    ("/v1/sync", "kpi.example.com", None, 405),
    ("/v1/sync", "evil.com", SCRIPT, 403),
    ("/v1/other", "kpi.example.com", SCRIPT, 404),
    ("/taskpane.html", "kpi.example.com", SCRIPT, 405),
]


@pytest.mark.parametrize(("path", "host", "origin", "status"), PREFLIGHTS)
def test_only_office_scripts_are_told_that_they_may_ask(team_door, path, host, origin, status):
    told = team_door.ask("OPTIONS", path, host=host, origin=origin)
    assert told.status_code == status
    assert told.headers.get("access-control-allow-origin") in (None, SCRIPT)
    if status == 204:
        assert told.headers["access-control-allow-methods"] == "POST"
        assert told.headers["access-control-allow-headers"] == "authorization, content-type"
        assert "access-control-allow-credentials" not in told.headers


def test_nobody_is_told_that_they_may_ask_unless_it_is_switched_on(door):
    for origin in (SCRIPT, HERE, "https://evil.com"):
        told = door.ask("OPTIONS", host="localhost:8137", origin=origin)
        assert told.status_code == 405
        assert "access-control-allow-origin" not in told.headers


def test_every_answer_carries_the_headers_that_keep_the_token_in(door):
    for told in (door.ask(), door.ask("GET", "/taskpane.html"), door.ask(token="x")):
        assert told.headers["referrer-policy"] == "no-referrer"
        assert told.headers["x-content-type-options"] == "nosniff"
        assert "connect-src 'self'" in told.headers["content-security-policy"]
        assert "strict-transport-security" not in told.headers
    assert door.ask().headers["cache-control"] == "no-store"
    assert door.ask().headers["cross-origin-resource-policy"] == "same-origin"
    icon = door.ask("GET", "/icons/icon-32.png")  # Excel on the web shows it in its ribbon
    assert icon.headers["cross-origin-resource-policy"] == "cross-origin"
