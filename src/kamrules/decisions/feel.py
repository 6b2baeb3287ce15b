"""Unary tests of FEEL, the subset of decision tables: text to tree and back.

Read are `-`, comparisons, ranges, lists, `not()`, `null`, numbers, strings, booleans, dates, moments and
lengths of days, and names as endpoints (OMG DMN 1.3, chapter 10, grammar rules 7 to 19).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from kamrules.rules.lang.literals import date_from, timestamp_from
from kamrules.validation import shown

# Our choice: what a person can still read in a cell.
MAX_CHARACTERS = 2_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<at>@"[^"]*")
    |(?P<call>(?:date\ and\ time|date|duration|not)\s*\()
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<sign><=|>=|!=|\.\.|[-<>=,()\[\]]))""",
    re.VERBOSE,
)
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d{1,6})?)S)?)?"
)
_RESERVED = frozenset({"null", "not", "if", "then", "else", "for", "some", "every", "in", "return"})
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

Kind = Literal["number", "string", "boolean", "date", "moment", "duration", "name"]
Scalar = Decimal | str | bool


class FeelError(ValueError):
    """A cell is no unary test of the subset; the text says why."""


@dataclass(frozen=True, slots=True)
class Value:
    """An endpoint: a literal of a kind, or a name. Dates and moments are ISO texts, durations `P…` texts."""

    kind: Kind
    value: Scalar


@dataclass(frozen=True, slots=True)
class Null:
    """The input is missing."""


@dataclass(frozen=True, slots=True)
class Compare:
    """The input stands in a relation to a value; `=` for the value alone."""

    op: Literal["<", "<=", ">", ">=", "="]
    value: Value


@dataclass(frozen=True, slots=True)
class Range:
    """The input lies between two values; an end is closed if its value belongs to the range."""

    low: Value
    high: Value
    low_closed: bool = True
    high_closed: bool = True


Positive = Null | Compare | Range


@dataclass(frozen=True, slots=True)
class Tests:
    """A cell: one of `any_of` holds, or none of them if `negated`. No test at all is `-`."""

    any_of: tuple[Positive, ...] = ()
    negated: bool = False


def to_text(tests: Tests) -> str:
    """Return a cell as FEEL."""
    inside = ", ".join(_positive(one) for one in tests.any_of)
    return f"not({inside})" if tests.negated else inside or "-"


def _positive(test: Positive) -> str:
    match test:
        case Null():
            return "null"
        case Compare(op, value):
            return value_text(value) if op == "=" else f"{op} {value_text(value)}"
        case Range(low, high, low_closed, high_closed):
            ends = ("[" if low_closed else "(", "]" if high_closed else ")")
            return f"{ends[0]}{value_text(low)}..{value_text(high)}{ends[1]}"


def value_text(value: Value) -> str:
    """Return a value as FEEL."""
    match value.kind:
        case "string":
            return quoted(str(value.value))
        case "boolean":
            return "true" if value.value else "false"
        case "date":
            return f"date({quoted(str(value.value))})"
        case "moment":
            return f"date and time({quoted(str(value.value))})"
        case "duration":
            return f"duration({quoted(str(value.value))})"
        case _:
            return str(value.value)


def quoted(text: str) -> str:
    """Return a text as a FEEL string."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def parse_tests(text: str) -> Tests:
    """Return the tests of a cell.

    Raises
    ------
    FeelError
        When it is no unary test of the subset; the text says what was seen.

    Examples
    --------
    >>> to_text(parse_tests('not( "A" ,"B")'))
    'not("A", "B")'
    >>> parse_tests("]0..9.5[")
    Tests(any_of=(Range(low=Value(kind='number', value=Decimal('0')), \
high=Value(kind='number', value=Decimal('9.5')), low_closed=False, high_closed=False),), negated=False)
    """
    stripped = text.strip()
    if len(stripped) > MAX_CHARACTERS:
        raise FeelError(f"a cell has {len(stripped)} characters, at most {MAX_CHARACTERS} are read")
    if stripped in {"", "-"}:
        return Tests()
    return _Parser(stripped).whole()


class _Parser:
    """Reads one cell from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.place = 0

    def whole(self) -> Tests:
        negated = self._take_call("not")
        found = [self._positive()]
        while self._take(","):
            found.append(self._positive())
        if negated:
            self._need(")")
        if self.place < len(self.tokens):
            raise FeelError(f"{shown(self.text)} goes on after a test with `{self.tokens[self.place][1]}`")
        return Tests(tuple(found), negated)

    def _positive(self) -> Positive:
        for op in ("<=", ">=", "<", ">", "="):
            if self._take(op):
                return Compare(op, self._value())
        opening = next((sign for sign in ("[", "]", "(") if self._take(sign)), None)
        if opening is not None:
            low = self._value()
            self._need("..")
            high = self._value()
            closing = next((sign for sign in ("]", "[", ")") if self._take(sign)), None)
            if closing is None:
                raise FeelError(f"the range in {shown(self.text)} does not end")
            return Range(low, high, opening == "[", closing == "]")
        if self.place < len(self.tokens) and self.tokens[self.place] == ("name", "null"):
            self.place += 1
            return Null()
        return Compare("=", self._value())

    def _value(self) -> Value:
        if self.place >= len(self.tokens):
            raise FeelError(f"{shown(self.text)} ends where a value is expected")
        kind, text = self.tokens[self.place]
        self.place += 1
        match kind:
            case "number":
                return Value("number", Decimal(text))
            case "string":
                return Value("string", _unquoted(text))
            case "at":
                return _temporal(text[2:-1])
            case "name" if text in {"true", "false"}:
                return Value("boolean", text == "true")
            case "name" if text not in _RESERVED:
                return Value("name", text)
            case "call" if not text.startswith("not"):
                return self._call(text.rstrip("( \t\r\n"))
            case _:
                raise FeelError(f"`{text}` in {shown(self.text)} is no value of a unary test")

    def _call(self, name: str) -> Value:
        kind, text = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        if kind != "string":
            raise FeelError(f"`{name}(` in {shown(self.text)} needs a text")
        self.place += 1
        self._need(")")
        value = _temporal(_unquoted(text))
        if value.kind != {"date": "date", "date and time": "moment", "duration": "duration"}[name]:
            raise FeelError(f"{text} is no {name}")
        return value

    def _take(self, sign: str) -> bool:
        is_next = self.place < len(self.tokens) and self.tokens[self.place] == ("sign", sign)
        self.place += is_next
        return is_next

    def _take_call(self, name: str) -> bool:
        is_next = self.tokens[0][0] == "call" and self.tokens[0][1].startswith(name)
        self.place += is_next
        return is_next

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            seen = self.tokens[self.place][1] if self.place < len(self.tokens) else "the end"
            raise FeelError(f"`{sign}` expected in {shown(self.text)}, {seen} seen")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise FeelError(f"{shown(text)} is no unary test: {shown(text[place:].strip())} cannot be read")
        place = match.end()
        assert match.lastgroup is not None, "one group always matches"
        yield match.lastgroup, match[match.lastgroup]


def _unquoted(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1] is not None:
            return chr(int(match[1], 16))
        if match[2] not in _ESCAPES:
            raise FeelError(f"`\\{match[2]}` is no escape in a string")
        return _ESCAPES[match[2]]

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", plain, text[1:-1], flags=re.DOTALL)


def _temporal(text: str) -> Value:
    if _DURATION.fullmatch(text) and text.strip("-PT"):
        return Value("duration", text)
    for kind, read in (("date", date_from), ("moment", timestamp_from)):
        try:
            read(text)
        except ValueError:
            continue
        return Value("date" if kind == "date" else "moment", text)
    raise FeelError(f"{shown(text)} is no day, moment with its zone, or length of days and hours")


def length_of(text: str) -> timedelta:
    """Return the length of a FEEL duration of days, hours, minutes and seconds."""
    match = _DURATION.fullmatch(text)
    assert match is not None, "a duration was parsed"
    days, hours, minutes = (int(match[unit] or 0) for unit in "dhm")
    micros = int(Decimal(match["s"] or 0) * 1_000_000)
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, microseconds=micros)
    except OverflowError:
        raise FeelError(f"{shown(text)} is too long") from None
    return -length if match["sign"] else length


def duration_text(length: timedelta) -> str:
    """Return a length of time as the text of a FEEL duration."""
    sign, length = ("-", -length) if length < timedelta() else ("", length)
    seconds = Decimal(length.seconds) + Decimal(length.microseconds).scaleb(-6)
    time = f"T{seconds.normalize():f}S" if seconds else ""
    return f"{sign}P{length.days}D{time}" if length.days or not time else f"{sign}P{time}"


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC as FEEL writes it."""
    return moment.isoformat().replace("+00:00", "Z")
