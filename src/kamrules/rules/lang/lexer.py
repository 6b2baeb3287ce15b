"""Characters to tokens, as CEL writes them.

Promises: every token knows the offset of its first character; a text that is no token is an
`ExpressionError` (E-LEX, E-RANGE, E-SIZE) pointing at it. Bytes, unsigned numbers and quoted names are
tokens too: the parser says what to write instead.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from kamrules.errors import ExpressionError, Fault
from kamrules.rules.lang.types import INT_MAX
from kamrules.source import Text

MAX_CHARACTERS = 8192
_INT_DIGITS = 19  # as many as 2**63 has; longer ones are refused before Python converts them
_SHOWN = 24
_SURROGATES = range(0xD800, 0xE000)  # halves of UTF-16 pairs: no characters


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is int, float, string, name, op, bytes, uint, quoted or end."""

    kind: str
    text: str
    pos: int
    value: bool | int | float | str | None = None


_TOKEN = re.compile(
    r"""
    (?P<space>   (?:[ \t\r\n\f]+|//[^\n]*)+ )
  | (?P<string>  [bBrR]{0,2}(?:\"\"\"|'''|["']) )
  | (?P<float>   (?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+) )
  | (?P<int>     0[xX][0-9a-fA-F]+ | [0-9]+ )
  | (?P<name>    [A-Za-z_][A-Za-z0-9_]* )
  | (?P<quoted>  `[^`\n]*` )
  | (?P<op>      \|\||&&|<=|>=|==|!=|\.\?|[-+*/%!<>?:.,()\[\]{}] )
    """,
    re.VERBOSE,
)

_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:[xX](?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<o>[0-3][0-7]{2})|(?P<c>.))",
    re.DOTALL,
)

_INSTEAD = {
    "=": "write `==` to compare",
    "&": "write `&&`",
    "|": "write `||`",
    "≥": "write `>=`",
    "≤": "write `<=`",
    "≠": "write `!=`",
    "“": 'write a plain quote `"`',
    "”": 'write a plain quote `"`',
    "‘": "write a plain quote `'`",
    "’": "write a plain quote `'`",
    "（": "write a plain parenthesis `(`",
    "）": "write a plain parenthesis `)`",
    "，": "write a plain comma `,`",
    "；": "one condition is one expression",
    ";": "one condition is one expression",
    "#": "a comment starts with `//`",
}


def tokens(text: Text) -> list[Token]:
    """Return the tokens of a condition, an `end` token last.

    Raises
    ------
    ExpressionError
        E-SIZE, E-LEX or E-RANGE, at the first character that is wrong.
    """
    if len(text.text) > MAX_CHARACTERS:
        message = f"the condition has {len(text.text)} characters, at most {MAX_CHARACTERS} are allowed"
        raise fault(text, 0, "E-SIZE", message, "split it with a named expression `def.NAME`")
    return [*_scan(text), Token("end", "", len(text.text))]


def fault(text: Text, pos: int, code: str, message: str, hint: str = "") -> ExpressionError:
    """Return the error of one fault at an offset of the text."""
    return ExpressionError(Fault(code, message, text.span_at(pos), hint=hint))


def _scan(text: Text) -> Iterator[Token]:
    source, pos = text.text, 0
    while pos < len(source):
        match = _TOKEN.match(source, pos)
        if match is None:
            seen = source[pos]
            raise fault(text, pos, "E-LEX", f"unexpected character `{seen}`", _INSTEAD.get(seen, ""))
        kind, raw = str(match.lastgroup), match.group()
        if kind == "string":
            token, end = _string(text, match)
        else:
            token, end = Token(kind, raw, pos), match.end()
        if kind in {"int", "float"}:
            token, end = _number(text, token, end)
        if kind != "space":
            yield token
        pos = end


def _number(text: Text, token: Token, end: int) -> tuple[Token, int]:
    source = text.text
    if token.kind == "int" and source[end : end + 1] in {"u", "U"}:
        token, end = Token("uint", token.text + "u", token.pos), end + 1
    tail = source[end : end + 1]
    if tail.isalnum() or tail == "_":
        raise fault(text, end, "E-LEX", f"unexpected `{tail}` right after a number")
    if token.kind == "float":
        value = float(token.text)
        if not math.isfinite(value):
            raise fault(text, token.pos, "E-RANGE", f"`{_short(token.text)}` is too large for a number")
        return Token("float", token.text, token.pos, value), end
    return Token(token.kind, token.text, token.pos, _whole(text, token)), end


def _whole(text: Text, token: Token) -> int:
    """Return the value of an int token; one past the largest is allowed, for a minus sign before it."""
    digits = token.text.rstrip("u").lower()
    base = 16 if digits.startswith("0x") else 10
    significant = digits.removeprefix("0x").lstrip("0")
    value = int(significant or "0", base) if len(significant) <= _INT_DIGITS else INT_MAX + 2
    if token.kind == "uint":
        return min(value, INT_MAX)  # refused by the parser anyway
    if value > INT_MAX + 1:
        message = f"`{_short(token.text)}` does not fit a 64-bit whole number"
        raise fault(text, token.pos, "E-RANGE", message, f"the largest is {INT_MAX}")
    return value


def _short(written: str) -> str:
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"


def _string(text: Text, match: re.Match[str]) -> tuple[Token, int]:
    source, opening = text.text, match.group()
    prefix = opening.rstrip("\"'").lower()
    quote = opening[len(prefix) :]
    if sorted(prefix) not in ([], ["b"], ["r"], ["b", "r"]):
        raise fault(text, match.start(), "E-LEX", f"`{prefix}` is no prefix of a text")
    raw, start = "r" in prefix, match.end()
    end = start
    while not source.startswith(quote, end):
        if end >= len(source) or (len(quote) == 1 and source[end] in "\r\n"):
            raise fault(text, match.start(), "E-LEX", "a text is not closed", f"close it with `{quote}`")
        end += 1 if raw or source[end] != "\\" else 2
    body = source[start:end]
    value = body if raw else _unescape(text, body, start)
    kind = "bytes" if "b" in prefix else "string"
    return Token(kind, source[match.start() : end + len(quote)], match.start(), value), end + len(quote)


def _unescape(text: Text, body: str, start: int) -> str:
    def resolve(match: re.Match[str]) -> str:
        found = match.groupdict()
        if found["c"] is not None and found["c"] in _ESCAPES:
            return _ESCAPES[found["c"]]
        digits = found["x"] or found["u"] or found["U"]
        code = int(digits, 16) if digits else int(found["o"], 8) if found["o"] else -1
        if not 0 <= code <= sys.maxunicode or code in _SURROGATES:
            message = f"`{match.group()}` is no escape of a text"
            raise fault(text, start + match.start(), "E-LEX", message, "write `\\\\` for a backslash")
        return chr(code)

    return _ESCAPE.sub(resolve, body)
