"""Formula text to a tree: a scanner with spans, and a Pratt parser.

Nodes are tuples: ("value", scalar), ("ref", Ref), ("name", text), ("call", NAME, args),
("array", rows), ("-", x), ("%", x), ("infix", sign, left, right), ("missing",).
Where the locale's decimal sign is a comma, arguments are parted by ``;`` and columns of an array
by a backslash; ``;`` parts arguments in every locale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.fakes.sheets.calc_values import TYPES, UNPARSED, Fault

Node = tuple[Any, ...]

_SHEET = r"(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*|\d+[^\W\d][\w.]*)!)?"
_AREA = (
    r"\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}(?:\$?\d+)?)?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?:\$?\d+)?|\$?\d+:\$?\d+"
)
_SCAN = r"""
(?P<space>\s+)
|(?P<text>"(?:[^"]|"")*")
|(?P<error>\#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|ERROR!))
|(?P<ref>{sheet}(?:(?:{area})(?![\w.(\[])|\#REF!))
|(?P<number>(?:\d+(?:{dot}\d*)?|{dot}\d+)(?:[eE][-+]?\d+)?)
|(?P<table>[^\W\d][\w.]*\[[^\[\]]*\])
|(?P<name>[^\W\d][\w.]*)
|(?P<sign><>|<=|>=|[-+*/^&=<>%(){{}},;\\])
"""
_POWER = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2}
_POWER |= {"+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_PART = re.compile(r"(\$?)([A-Za-z]{0,3})(\$?)(\d*)")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula and where it begins."""

    kind: str
    text: str
    start: int


class Unreadable(Exception):
    """The text is no formula."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A range: 0-based, ends exclusive; None where it is open or not said."""

    sheet: str | None
    top: int
    left: int
    bottom: int | None
    right: int | None
    lost: bool = False


@lru_cache(maxsize=4)
def _scanner(comma: bool) -> re.Pattern[str]:
    told = _SCAN.format(sheet=_SHEET, area=_AREA, dot="," if comma else r"\.")
    return re.compile(told, re.VERBOSE)


def tokens(formula: str, comma: bool = False) -> list[Token]:
    """The pieces of a formula without its =, spaces included; raises Unreadable."""
    found, at = [], 0
    scanner = _scanner(comma)
    while at < len(formula):
        match = scanner.match(formula, at)
        if not match:
            raise Unreadable(formula[at:])
        found.append(Token(match.lastgroup or "", match[0], at))
        at = match.end()
    return found


def column_index(letters: str) -> int:
    """A is 0."""
    found = 0
    for letter in letters.upper():
        found = found * 26 + ord(letter) - 64
    return found - 1


def read_ref(told: str) -> Ref:
    """A reference's text as 0-based bounds."""
    sheet, _, area = told.rpartition("!") if not told.endswith("#REF!") else (told[:-6], "", "")
    title = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet or None
    if not area:
        return Ref(title, 0, 0, None, None, lost=True)
    first, _, last = area.partition(":")
    (_, left, _, top), (_, right, _, bottom) = _corner(first), _corner(last or first)
    columns = sorted(column_index(x) for x in (left, right) if x) or [0, None]
    rows = sorted(int(x) - 1 for x in (top, bottom) if x)
    return Ref(
        title,
        rows[0] if rows else 0,
        columns[0] or 0,
        rows[-1] + 1 if bottom else None,
        None if columns[-1] is None else columns[-1] + 1,
    )


def _corner(told: str) -> tuple[str, ...]:
    match = _PART.fullmatch(told)
    assert match
    return match.groups()


@lru_cache(maxsize=50_000)
def parsed(formula: str, comma: bool = False) -> Node:
    """The tree of a formula (with or without =); a fault node when it cannot be read."""
    try:
        return Parser(formula.removeprefix("="), comma).whole()
    except (Unreadable, IndexError):
        return ("value", UNPARSED)


class Parser:
    """Reads one formula."""

    def __init__(self, formula: str, comma: bool):
        found = tokens(formula, comma)
        self.tokens = [t for t in found if t.kind != "space"]
        self.at = 0
        self.comma = comma

    def whole(self) -> Node:
        node = self.expression(0)
        if self.at != len(self.tokens):
            raise Unreadable(self.tokens[self.at].text)
        return node

    def peek(self) -> str:
        """The next sign, "" when it is none."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "sign":
            return self.tokens[self.at].text
        return ""

    def take(self, sign: str = "") -> Token:
        token = self.tokens[self.at]
        if sign and token.text != sign:
            raise Unreadable(token.text)
        self.at += 1
        return token

    def expression(self, power: int) -> Node:
        left = self.operand()
        while True:
            sign = self.peek()
            if sign == "%":
                self.take()
                left = ("%", left)
            elif _POWER.get(sign, 0) > power:
                self.take()
                left = ("infix", sign, left, self.expression(_POWER[sign]))
            else:
                return left

    def operand(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                value = float(token.text.replace(",", "."))
                return ("value", int(value) if value == int(value) else value)
            case "text":
                return ("value", token.text[1:-1].replace('""', '"'))
            case "error":
                return ("value", Fault(token.text, "")) if token.text in TYPES else ("value", None)
            case "ref":
                return ("ref", read_ref(token.text))
            case "table":
                return ("table", token.text)
            case "name":
                return self.named(token.text)
        return self.signed(token.text)

    def named(self, name: str) -> Node:
        if self.peek() == "(":
            self.take()
            return ("call", name.upper(), tuple(self.arguments()))
        if name.upper() in {"TRUE", "FALSE"}:
            return ("value", name.upper() == "TRUE")
        return ("name", name)

    def signed(self, sign: str) -> Node:
        if sign in "+-":
            inner = self.expression(6)
            return ("-", inner) if sign == "-" else inner
        if sign == "(":
            inner = self.expression(0)
            self.take(")")
            return inner
        if sign == "{":
            return self.array()
        raise Unreadable(sign)

    def arguments(self) -> list[Node]:
        found: list[Node] = []
        if self.peek() == ")":
            self.take()
            return found
        while True:
            found.append(("missing",) if self.peek() in {",", ";", ")"} else self.expression(0))
            sign = self.take().text
            if sign == ")":
                return found
            if sign != ";" and (sign != "," or self.comma):
                raise Unreadable(sign)

    def array(self) -> Node:
        rows: list[list[Node]] = [[]]
        beside = "\\" if self.comma else ","
        while True:
            rows[-1].append(self.expression(0))
            sign = self.take().text
            if sign == "}":
                return ("array", tuple(tuple(row) for row in rows))
            if sign == ";":
                rows.append([])
            elif sign not in {beside, "\\"}:
                raise Unreadable(sign)
