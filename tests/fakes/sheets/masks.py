"""Field masks: `sheets(properties.title,data/rowData)`, with `.` or `/` between steps."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from tests.fakes.sheets.state import Refused

Tree = dict[str, Any]
"""Wanted keys; a value of None takes everything below, `{"*": None}` stands for everything."""

NO_FIELDS = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
_TOKEN = re.compile(r"[A-Za-z0-9_*]+|[.,/()]")


@lru_cache(maxsize=512)
def parse(text: str) -> Tree:
    """The tree of a mask; Refused when it cannot be read."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s+", "", text):
        raise _invalid(text)
    tree, rest = _paths(tokens, text)
    if rest:
        raise _invalid(text)
    return tree


def _invalid(text: str) -> Refused:
    return Refused(f"Invalid field mask: {text}", whole=True)


def _paths(tokens: list[str], text: str) -> tuple[Tree, list[str]]:
    tree: Tree = {}
    while True:
        tokens = _path(tree, tokens, text)
        if not tokens or tokens[0] != ",":
            return tree, tokens
        tokens = tokens[1:]


def _path(tree: Tree, tokens: list[str], text: str) -> list[str]:
    if not tokens or tokens[0] in ".,/()":
        raise _invalid(text)
    name, tokens = tokens[0], tokens[1:]
    if tokens and tokens[0] in "./":
        below: Tree = {}
        tokens = _path(below, tokens[1:], text)
    elif tokens and tokens[0] == "(":
        below, tokens = _paths(tokens[1:], text)
        if not tokens or tokens[0] != ")":
            raise _invalid(text)
        tokens = tokens[1:]
    else:
        below = None
    _join(tree, name, below)
    return tokens


def _join(tree: Tree, name: str, below: Tree | None) -> None:
    if below is None or (name in tree and tree[name] is None):
        tree[name] = None
        return
    inner = tree.setdefault(name, {})
    for key, value in below.items():
        _join(inner, key, value)


def below(tree: Tree | None, key: str) -> tuple[bool, Tree | None]:
    """Whether `key` is wanted, and the tree below it."""
    if tree is None:
        return True, None
    if key in tree:
        return True, tree[key]
    if "*" in tree:
        return True, tree["*"]
    return False, None


def pick(value: Any, tree: Tree | None) -> Any:
    """The wanted part of JSON; lists are gone through element by element."""
    if tree is None:
        return value
    if isinstance(value, list):
        return [pick(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    if "*" in tree:
        return {key: pick(item, tree["*"]) for key, item in value.items()}
    return {key: pick(value[key], inner) for key, inner in tree.items() if key in value}


def leaves(tree: Tree | None, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of a request's mask: where `update*` kinds write.  `*` gives its parent's path."""
    if tree is None or "*" in tree:
        return [prefix]
    return [leaf for key, inner in tree.items() for leaf in leaves(inner, (*prefix, key))]


def update(target: dict[str, Any], source: dict[str, Any], mask: str) -> None:
    """Write the masked fields of `source` into `target`; a masked field that is not given goes.

    This is what every `update*` kind does with `fields`.  An empty mask is Refused.
    """
    if not mask:
        raise Refused(NO_FIELDS)
    for path in leaves(parse(mask)):
        if path:
            _set(target, source, path)
        else:
            target.clear()
            target.update(source)


def _set(target: dict[str, Any], source: Any, path: tuple[str, ...]) -> None:
    for key in path[:-1]:
        target = target.setdefault(key, {})
        source = source.get(key, {}) if isinstance(source, dict) else {}
    if isinstance(source, dict) and path[-1] in source:
        target[path[-1]] = source[path[-1]]
    else:
        target.pop(path[-1], None)
