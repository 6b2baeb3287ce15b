"""Personal data that must not enter a record (RL-15): refused by field name, redacted in free text.

What counts is pack data. Names are compared without case, spaces, hyphens and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kamrules.errors import Fault
from kamrules.rules.packformat import Privacy
from kamrules.validation import path_text

_SEPARATORS = re.compile(r"[\s_\-.]+")


@dataclass(frozen=True, slots=True)
class Redaction:
    """One free-text value with terms replaced, and why."""

    path: tuple[str | int, ...]
    text: str
    kinds: tuple[str, ...]


class PrivacyGuard:
    """Finds forbidden fields and terms in a raw record.

    Examples
    --------
    >>> from kamrules.rules.packformat import Words
    >>> rule = Privacy(red_line="RL-15", reason=Words(en="not needed", zh="不需要"),
    ...                forbidden_fields={"family": ["spouse"]})
    >>> [str(fault) for fault in PrivacyGuard(rule).refused({"stakeholders": [{"Spouse": "x"}]})]
    ['stakeholders[0].Spouse: R-PRIVATE: `Spouse` is data about family (RL-15): not needed; remove it']
    """

    def __init__(self, rule: Privacy) -> None:
        self.rule = rule
        self._kinds = {_plain(name): kind for kind, names in rule.forbidden_fields.items() for name in names}
        self._terms = {kind: _pattern(terms) for kind, terms in rule.free_text.items() if terms}
        self._any_term = _pattern([term for terms in rule.free_text.values() for term in terms])
        self._text_fields = [tuple(path.split(".")[1:]) for path in rule.text_fields]

    def refused(self, data: Any) -> list[Fault]:
        """Return a fault for each field of a raw record whose name is forbidden."""
        return [self.fault(path_text(path), str(path[-1])) for path in self._forbidden(data, ())]

    def kind_of(self, name: str) -> str | None:
        """Return the kind of personal data a field name stands for, or None."""
        return self._kinds.get(_plain(name))

    def fault(self, where: str, name: str) -> Fault:
        """Return the fault for a forbidden field `name` found at `where`."""
        why = f"({self.rule.red_line}): {self.rule.reason.en}"
        message = f"`{name}` is data about {self.kind_of(name)} {why}"
        return Fault("R-PRIVATE", message, where=where, hint="remove it")

    def redactions(self, data: Any) -> list[Redaction]:
        """Return the free-text values of a raw record that hold forbidden terms, with the terms replaced."""
        if not self._terms:
            return []
        found = (self._redact(*one) for steps in self._text_fields for one in _texts_at(data, steps, ()))
        return [redaction for redaction in found if redaction is not None]

    def _forbidden(self, data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        for step, value in _items(data):
            here = (*path, step)
            if isinstance(step, str) and value is not None and self.kind_of(step):
                yield here
            else:
                yield from self._forbidden(value, here)

    def _redact(self, text: str, path: tuple[str | int, ...]) -> Redaction | None:
        if not self._any_term.search(text):
            return None
        kinds = []
        for kind, pattern in self._terms.items():
            text, count = pattern.subn(f"[{kind}]", text)
            if count:
                kinds.append(kind)
        return Redaction(path, text, tuple(kinds))


def _texts_at(
    data: Any, steps: tuple[str, ...], path: tuple[str | int, ...]
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the texts at a path of a raw record, through lists, with the place of each."""
    if isinstance(data, list | tuple):
        for index, element in enumerate(data):
            yield from _texts_at(element, steps, (*path, index))
    elif not steps:
        if isinstance(data, str):
            yield data, path
    elif isinstance(data, Mapping):
        yield from _texts_at(data.get(steps[0]), steps[1:], (*path, steps[0]))


def _items(data: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(data, Mapping):
        yield from data.items()
    elif isinstance(data, list | tuple):
        yield from enumerate(data)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def _pattern(terms: Iterable[str]) -> re.Pattern[str]:
    """Match any of the terms: a Latin one as a whole word, a Chinese one anywhere."""
    parts = [rf"\b{re.escape(term)}\b" if term.isascii() else re.escape(term) for term in terms]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)
