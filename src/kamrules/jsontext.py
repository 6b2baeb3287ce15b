"""JSON text, strictly: no repeated keys, no NaN, no broken characters; what is wrong comes with its place.

Python's own reader takes the last of two equal keys, and numbers JSON does not have; both would lose or
change a fact without a word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn


class JsonTextError(ValueError):
    """The text is not JSON: a code after the stage letter, the reason, and line and column if known."""

    def __init__(self, code: str, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.line = line
        self.column = column


def plain_data(value: Any) -> Any:
    """Return a value as what JSON has: mappings, lists, and texts for all it has no word for."""
    if isinstance(value, Mapping):
        return {name: plain_data(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text in UTF-8; raise `JsonTextError` with the reason if there is none."""
    try:
        value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise JsonTextError("UTF8", f"byte {problem.start} is not UTF-8", line) from None
    except json.JSONDecodeError as problem:
        reason = f"not JSON: {problem.msg[:1].lower()}{problem.msg[1:]}"
        raise JsonTextError("JSON", reason, problem.lineno, problem.colno) from None
    except RecursionError:
        raise JsonTextError("JSON", "nested too deeply") from None
    except JsonTextError:
        raise
    except ValueError:
        raise JsonTextError("JSON", "a number has too many digits") from None
    if b"\\u" in raw and not _is_text(value):
        raise JsonTextError("JSON", "a text has half of a character pair (`\\ud800` to `\\udfff`)")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise JsonTextError("JSON", f"key `{repeated}` appears twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise JsonTextError("JSON", f"`{name}` is not a JSON number")


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
