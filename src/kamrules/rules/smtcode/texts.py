"""Texts for z3: int codes where only equality is asked, sequences of signs where a condition looks inside."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from typing import Any

from kamrules.rules.lang import core
from kamrules.rules.lang.types import String
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.logic import Formula, NotSaidError, Scalar, ite

_LAST_SIGN = 0x2FFFF  # of z3's strings; Unicode goes on to 0x10FFFF
_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def asks_for_signs(node: core.Node) -> bool:
    """Whether a condition looks into texts, beyond equality."""
    for part in core.walk(node):
        match part:
            case core.Compare(op, left, _) if op != "==" and isinstance(core.type_of(left), String):
                return True
            case core.Call(function) if function != "getFullYear":
                return True
    return False


@dataclass(slots=True)
class Texts:
    """The texts of one question: `codes` numbers those that its conditions name."""

    has_signs: bool
    codes: dict[str, int] = field(default_factory=dict)

    def code(self, text: str) -> int:
        """Return the number of a text."""
        return self.codes.setdefault(text, len(self.codes))

    def text(self, code: int) -> str:
        """Return the text of a number; one that has no name gets a fresh one."""
        for text, known in self.codes.items():
            if known == code:
                return text
        fresh = len(self.codes)
        while f"text {fresh}" in self.codes:
            fresh += 1
        self.codes[f"text {fresh}"] = code
        return f"text {fresh}"

    def alike(self, left: Scalar, right: Scalar) -> tuple[Any, Any, bool]:
        """Return two texts as values of one kind, and whether they are sequences."""
        sorts = {left.sort, right.sort}
        if sorts == {"literal"}:
            return left.value, right.value, False
        if "sequence" in sorts:
            return self.sequence(left), self.sequence(right), True
        return self.coded(left), self.coded(right), False

    def coded(self, text: Scalar) -> Any:
        """Return a text as a code."""
        return self.code(text.value) if text.sort == "literal" else text.value

    def sequence(self, text: Scalar) -> Any:
        """Return a text as a sequence of signs."""
        if text.sort == "literal":
            return z3.StringVal("".join(_escaped(sign) for sign in text.value))
        if text.sort == "sequence":
            return text.value
        found: Any = z3.StringVal("")
        for known, code in self.codes.items():
            found = ite(text.value == code, self.sequence(Scalar(True, known, "literal")), found)
        return found

    def equal(self, left: Scalar, right: Scalar) -> Formula:
        """Return whether two texts are the same."""
        one, other, _ = self.alike(left, right)
        return one == other

    def ordered(self, op: str, left: Scalar, right: Scalar) -> Formula:
        """Return whether two texts are in order, by code points."""
        one, other, has_signs = self.alike(left, right)
        if not has_signs and left.sort == "code":
            raise NotSaidError(f"`{op}` of texts")
        return _ORDER[op](one, other)

    def call(self, function: str, args: list[Scalar]) -> Any:
        """Return a function of texts: a formula or a length."""
        signs = [self.sequence(arg) for arg in args]
        match function:
            case "startsWith":
                return z3.PrefixOf(signs[1], signs[0])
            case "endsWith":
                return z3.SuffixOf(signs[1], signs[0])
            case "contains":
                return z3.Contains(signs[0], signs[1])
            case "size":
                return z3.Length(signs[0])
        raise NotSaidError(f"`{function}`")


def unescaped(text: str) -> str:
    """Return what z3 prints of a sequence as the text it is."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _escaped(sign: str) -> str:
    if ord(sign) >= _LAST_SIGN:
        raise NotSaidError(f"the sign U+{ord(sign):X} in a text")
    return sign if sign.isascii() and sign.isalnum() else f"\\u{{{ord(sign):x}}}"
