"""A field map as YAML that its owner reads and edits: short targets in one line, remarks behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What YAML would read as something else than this text is quoted.
_PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w ./?()-]*[\w/?)]|[A-Za-z_\u4e00-\u9fff]")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "y", "n"})
_WIDTH = 110
_INDENT = "  "
_HEAD = """\
# A field map guessed by `kamrules map init`. Remarks behind a line: `certain` is a system's own name,
# `likely` a title that fits; the others are for you to decide. A picklist value with null is unknown, and one
# that is not listed is a fault, so that a new one is noticed. `kamrules map check FOLDER --map FILE` shows
# what is read and what is dropped.
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """A value with a remark that stands behind it."""

    value: Any
    note: str = ""


def map_text(data: Mapping[str, Any], unplaced: Iterable[str]) -> str:
    """Return the map as YAML; what could not be placed is listed at the end."""
    lines = [_HEAD.rstrip("\n"), *_block(data, "")]
    listed = [f"#   {_comment(one)}" for one in unplaced]
    if listed:
        lines += ["", "# What found no place, and why:", *listed]
    return "\n".join(lines) + "\n"


def _block(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, given in data.items():
        value, note = (given.value, given.note) if isinstance(given, Noted) else (given, "")
        if value in ({}, []):
            continue
        head = f"{indent}{scalar(str(key))}:"
        flow = _flow(value)
        if flow is not None and len(head) + len(flow) < _WIDTH:
            yield _with_note(f"{head} {flow}", note or _note_in(value))
        elif isinstance(value, Mapping):
            yield _with_note(head, note)
            yield from _block(value, indent + _INDENT)
        else:
            yield _with_note(head, note)
            yield from _items(value, indent + _INDENT)


def _items(values: Sequence[Any], indent: str) -> Iterator[str]:
    for given in values:
        value, note = (given.value, given.note) if isinstance(given, Noted) else (given, "")
        flow = _flow(value)
        if flow is not None and len(indent) + len(flow) < _WIDTH:
            yield _with_note(f"{indent}- {flow}", note)
            continue
        first, *rest = _block(value, indent + _INDENT)
        yield _with_note(f"{indent}- {first.lstrip()}", note)
        yield from rest


def _flow(given: Any) -> str | None:
    """Return a value in one line; None for what is better read as a block."""
    value = given.value if isinstance(given, Noted) else given
    if isinstance(value, Mapping):
        if "to" not in value and any(isinstance(inner, Mapping | list) for inner in value.values()):
            return None
        if any(isinstance(inner, Mapping) and len(inner) > 1 for inner in value.values()):
            return None
        return _inline(value)
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], Noted):
            return _flow(value[0])
        if any(isinstance(item, Noted | Mapping) for item in value):
            return None
    return _inline(value)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        if set(value) == {"to"}:
            return scalar(value["to"])
        return f"{{{', '.join(f'{scalar(str(key))}: {_inline(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return scalar(value)


def _note_in(value: Any) -> str:
    is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], Noted)
    return value[0].note if is_one else ""


def scalar(value: Any) -> str:
    """Return a plain value as YAML that is read as this very value."""
    if value is None:
        return "null"
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.casefold() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _with_note(line: str, note: str) -> str:
    return f"{line}  # {_comment(note)}" if note else line


def _comment(text: str) -> str:
    """Return a text that ends with its line: names of columns come from files of strangers."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
