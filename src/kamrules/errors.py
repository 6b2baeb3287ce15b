"""The one error tree: a code, the facts, the place, what was seen and expected, and a hint.

A `Fault` is one thing wrong in what a user gave us, as data. An error carries all faults found in one
go, so that a pack with nine mistakes reports nine. Faults of ours are not caught: they crash.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kamrules.source import Span


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `code`, `message`, the place (`span` in a file, `where` in a record), `hint`."""

    code: str
    message: str
    span: Span | None = None
    where: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = ": ".join(str(part) for part in (self.span, self.where) if part)
        head = f"{place}: " if place else ""
        tail = f"; {self.hint}" if self.hint else ""
        return f"{head}{self.code}: {self.message}{tail}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as plain JSON-ready data."""
        span = self.span
        return {
            "code": self.code,
            "message": self.message,
            "path": span.path if span else None,
            "line": span.line if span else None,
            "column": span.column if span else None,
            "where": self.where or None,
            "hint": self.hint or None,
        }


class KamrulesError(Exception):
    """Base of every error kamrules raises on purpose; `faults` lists all that was wrong.

    `code` is stable and says the stage: KR1 language, KR2 pack, KR3 record, KR4 input file,
    KR5 argument, KR6 missing extra, KR7 back end, KR8 learning.
    """

    code = "KR000"

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ExpressionError(KamrulesError):
    """A condition does not parse or does not type-check (fault codes E-*)."""

    code = "KR100"


class PackError(KamrulesError):
    """A pack file is not valid: YAML, structure, names, types or references (P-* and E-*)."""

    code = "KR200"


class RecordError(KamrulesError):
    """A record does not fit its model (R-*); `where` of each fault is the path of the field."""

    code = "KR300"


class InputError(KamrulesError):
    """An input file or folder cannot be read as what it should be (I-*)."""

    code = "KR400"


class ArgumentError(KamrulesError):
    """An argument of a call is not usable (A-*)."""

    code = "KR500"


class MissingExtraError(KamrulesError):
    """An optional library is not installed; the hint names the extra to install."""

    code = "KR600"


class BackendError(KamrulesError):
    """A back end cannot express an operator; said at compile time (B-*)."""

    code = "KR700"


class LeakageError(KamrulesError):
    """Closed deals tell the outcome before it is known (L-*): a model learned from them would fool you."""

    code = "KR800"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest of `known` to `name`, or an empty string."""
    names: Sequence[str] = sorted(set(known))
    cutoff = 0.5 if len(name) <= 3 else 0.6  # noqa: PLR2004 - an id such as `M9` shares one sign with `M1`
    found = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    if not found:
        by_lower = {other.lower(): other for other in names}
        found = [by_lower[name.lower()]] if name.lower() in by_lower else []
    return f"did you mean `{found[0]}`?" if found else ""
