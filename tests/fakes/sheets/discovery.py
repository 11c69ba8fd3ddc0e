"""Google's discovery document as a contract: every request and reply is checked against it.

The document ships in google-api-python-client, so the check needs no network.  Each schema becomes
one checking function, built once: objects are closed, int64 may be a string, null counts as absent,
enums and field masks are checked.  What the document cannot say (one kind per request) is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Any

from tests.fakes.sheets import masks
from tests.fakes.sheets.service import ContractBroken
from tests.fakes.sheets.state import Json, Refused

Check = Callable[[Any, str], None]
_TYPES = {"string": "TYPE_STRING", "boolean": "TYPE_BOOL", "number": "TYPE_DOUBLE"}
_TYPES["integer"] = "TYPE_INT32"
_LOCATIONS = {"range", "start", "dataFilters", "tableRange", "dataSourceSheetRange", "tableId"}


@lru_cache(maxsize=1)
def document() -> Json:
    """The discovery document of Sheets v4."""
    folder = resources.files("googleapiclient.discovery_cache")
    return json.loads(folder.joinpath("documents/sheets.v4.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def methods() -> dict[str, Json]:
    """Methods by name without the leading "sheets."."""
    found: dict[str, Json] = {}

    def gather(resource: Json) -> None:
        for method in resource.get("methods", {}).values():
            found[method["id"].removeprefix("sheets.")] = method
        for inner in resource.get("resources", {}).values():
            gather(inner)

    gather(document())
    return found


def check_request(name: str, query: dict[str, list[str]], body: Any) -> None:
    """Raise ContractBroken when Google's document does not allow the request."""
    method = methods()[name]
    _check_query(method, query)
    _check_mask(query.get("fields", [""])[-1], method["response"]["$ref"])
    wanted = method.get("request", {}).get("$ref")
    if wanted is None:
        if body:
            raise ContractBroken(f"{name} takes no body, got {body!r:.200}")
        return
    _checked.clear()
    prefix = "data" if wanted == "ValueRange" else ""
    schema(wanted)({} if body is None else body, prefix)
    if name == "spreadsheets.batchUpdate":
        _check_kinds(body or {})


def check_reply(name: str, body: Any) -> None:
    """Raise ContractBroken when the emulator's own reply is not as the document says."""
    _checked.clear()
    schema(methods()[name]["response"]["$ref"])(body, "reply")


def _check_query(method: Json, query: dict[str, list[str]]) -> None:
    known = {**document()["parameters"], **method["parameters"]}
    for key, values in query.items():
        if key not in known:
            raise ContractBroken(
                f'Invalid JSON payload received. Unknown name "{key}": '
                f"Cannot bind query parameter. Field '{key}' could not be found in request message."
            )
        allowed = known[key].get("enum")
        for value in values:
            if allowed and value not in allowed:
                raise ContractBroken(f"Invalid value at '{snake(key)}', \"{value}\"")


def _check_kinds(body: Json) -> None:
    for number, request in enumerate(body.get("requests", [])):
        kinds = [key for key, value in request.items() if value is not None]
        if len(kinds) != 1:
            raise ContractBroken(
                f"Invalid value at 'requests[{number}]' (oneof), exactly one kind must be set, "
                f"got {kinds}"
            )
        _check_fields(kinds[0], request[kinds[0]])


@lru_cache(maxsize=256)
def _masked(kind: str) -> str | None:
    """The schema that a request kind's `fields` speaks about."""
    wanted = document()["schemas"]["Request"]["properties"][kind]["$ref"]
    properties = document()["schemas"][wanted]["properties"]
    if "fields" not in properties:
        return None
    if "rows" in properties:
        return "CellData"
    refs = [v["$ref"] for k, v in properties.items() if "$ref" in v and k not in _LOCATIONS]
    return refs[0] if len(refs) == 1 else None


def _check_fields(kind: str, content: Json) -> None:
    target = _masked(kind)
    if target and isinstance(content.get("fields"), str):
        _check_mask(content["fields"], target)


@lru_cache(maxsize=2048)
def _check_mask(text: str, schema_name: str) -> None:
    if not text:
        return
    try:
        tree = masks.parse(text)
    except Refused as refused:
        raise ContractBroken(refused.message) from refused
    _walk_mask(tree, {"$ref": schema_name}, text, ())


def _walk_mask(tree: masks.Tree | None, spec: Json, text: str, path: tuple[str, ...]) -> None:
    if tree is None:
        return
    while "$ref" in spec or spec.get("type") == "array":
        spec = document()["schemas"][spec["$ref"]] if "$ref" in spec else spec["items"]
    properties = spec.get("properties", {})
    for key, inner in tree.items():
        if key == "*":
            continue
        camel = re.sub(r"_(\w)", lambda found: found[1].upper(), key)
        if camel not in properties:
            where = ".".join((*path, key))
            raise ContractBroken(
                "Error expanding 'fields' parameter. "
                f"Cannot find matching fields for path '{where}'."
            )
        _walk_mask(inner, properties[camel], text, (*path, key))


def snake(name: str) -> str:
    """Google names fields in snake case in its refusals."""
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


@lru_cache(maxsize=1)
def _schemas() -> dict[str, Check]:
    """The checking function of every schema: made empty first, so that they can name each other."""
    fields: dict[str, dict[str, Check]] = {name: {} for name in document()["schemas"]}
    checks = {name: _object(inner) for name, inner in fields.items()}
    checks["CellFormat"] = _once(checks["CellFormat"])
    for name, inner in fields.items():
        for key, spec in document()["schemas"][name].get("properties", {}).items():
            inner[key] = _compile(spec, checks)
    return checks


def schema(name: str) -> Check:
    """The checking function of a named schema."""
    return _schemas()[name]


_checked: set[int] = set()


def _once(check: Check) -> Check:
    """Formats stand in thousands of cells of one reply: the same object is checked once."""

    def checked(value: Any, path: str) -> None:
        if id(value) not in _checked:
            check(value, path)
            _checked.add(id(value))

    return checked


def _compile(spec: Json, checks: dict[str, Check]) -> Check:
    if "$ref" in spec:
        return checks[spec["$ref"]]
    kind = spec.get("type", "any")
    if kind == "array":
        return _array(_compile(spec["items"], checks))
    if kind == "object":
        return _map(_compile(spec.get("additionalProperties", {"type": "any"}), checks))
    if kind == "any":
        return _anything
    return _scalar(kind, frozenset(spec["enum"]) if "enum" in spec else None)


def _object(fields: dict[str, Check]) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise _wrong(path, "message", value)
        for key, inner in value.items():
            found = fields.get(key)
            if found is None:
                where = f" at '{path}'" if path else ""
                raise ContractBroken(
                    f'Invalid JSON payload received. Unknown name "{key}"{where}: '
                    "Cannot find field."
                )
            if inner is not None:
                try:
                    found(inner, key)
                except ContractBroken as broken:
                    raise _deeper(broken, path) from None

    return check


def _array(item: Check) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not list:
            raise _wrong(path, "type.googleapis.com/google.protobuf.ListValue", value)
        for number, inner in enumerate(value):
            try:
                item(inner, "")
            except ContractBroken as broken:
                raise _deeper(broken, f"{path}[{number}]") from None

    return check


def _map(item: Check) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise _wrong(path, "map", value)
        for key, inner in value.items():
            item(inner, key)

    return check


def _anything(value: Any, path: str) -> None:
    """Any JSON is allowed."""


def _scalar(kind: str, allowed: frozenset[str] | None) -> Check:
    plain = {"string": str, "boolean": bool, "integer": int, "number": float}[kind]

    def check(value: Any, path: str) -> None:
        if allowed is None and type(value) is plain:
            return
        if not _fits(kind, value) or (allowed is not None and value not in allowed):
            raise _wrong(path, _TYPES[kind] if allowed is None else "TYPE_ENUM", value)

    return check


def _fits(kind: str, value: Any) -> bool:
    if kind == "string":
        return type(value) is str
    if kind == "boolean":
        return type(value) is bool
    if kind == "integer":
        return type(value) is int or (type(value) is str and value.lstrip("-").isdigit())
    return type(value) in {int, float} or value in {"NaN", "Infinity", "-Infinity"}


def _wrong(path: str, kind: str, value: Any) -> ContractBroken:
    broken = ContractBroken()
    broken.where, broken.kind, broken.value = path, kind, value
    _say(broken)
    return broken


def _deeper(broken: ContractBroken, path: str) -> ContractBroken:
    if hasattr(broken, "where"):
        tail = broken.where
        broken.where = path + ("" if not tail or tail[0] == "[" or not path else ".") + tail
        _say(broken)
    elif path:
        text = str(broken)
        where = re.search(r" at '([^']*)'", text)
        if where:
            text = text.replace(where[0], f" at '{path}.{where[1]}'")
        else:
            text = text.replace(": Cannot find", f" at '{path}': Cannot find")
        broken.args = (text,)
    return broken


def _say(broken: ContractBroken) -> None:
    where = snake(broken.where).replace(".[", "[")
    broken.args = (f"Invalid value at '{where}' ({broken.kind}), {json.dumps(broken.value)[:200]}",)


def refusal(body: Any, broken: ContractBroken) -> Refused:
    """The 400 that Google gives for a malformed body."""
    message = str(broken)
    field = snake(getattr(broken, "where", ""))
    violation = {"field": field, "description": message} if field else {"description": message}
    details = [
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
    ]
    return Refused(message, details=details, whole=True)
