"""What CEL has and this language leaves out, and what to write instead.

The functions and macros the language does have are listed in `typecheck.py` (macros, constructors) and
`ops.py` (strict functions).
"""

from __future__ import annotations

_PATTERNS = "they are slow and differ between engines: use startsWith, endsWith, contains or `in [...]`"
_CONVERSION = "there are no conversions: the schema gives every field its type"
_BUILDING = "texts are compared, not built: compare with constants, startsWith, endsWith or contains"
_PARTS = "compare with date(...) or timestamp(...); getFullYear() is the only part of a date"
_LISTS = "use exists, all, exists_one, filter(v, p).size(), size() or `in`"
_OPTIONAL = "use has(x.f) or x.?f.orValue(constant)"
_MATH = "only + - * / % are part of the language"

_PARTS_NAMES = """
    getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMilliseconds getMinutes getMonth getSeconds
"""
_BUILDING_NAMES = """
    charAt format indexOf join lastIndexOf lowerAscii quote replace reverse split substring trim upperAscii
"""
_LIST_NAMES = """
    map transformList transformMap transformMapEntry existsOne sort sortBy distinct flatten slice first last
    sum min max
"""
_REASONS = (
    ("regular expressions are", "matches", _PATTERNS),
    ("type conversions are", "int uint double string bool bytes dyn type", _CONVERSION),
    ("the clock is", "now today", "use `as_of`"),
    ("parts of dates and durations are", _PARTS_NAMES, _PARTS),
    ("text building is", _BUILDING_NAMES, _BUILDING),
    ("list functions besides the macros are", _LIST_NAMES, _LISTS),
    ("optional values are", "hasValue value optMap optFlatMap or orOptional", _OPTIONAL),
)

EXCLUDED = {name: (what, hint) for what, names, hint in _REASONS for name in names.split()}

# Receivers that are namespaces of CEL extension libraries.
NAMESPACES = {
    "math": _MATH,
    "sets": _LISTS,
    "lists": _LISTS,
    "strings": _BUILDING,
    "base64": _BUILDING,
    "optional": _OPTIONAL,
    "cel": "name a part with `def.NAME` of the pack",
    "proto": _OPTIONAL,
    "google": _CONVERSION,
}

MESSAGE = "{} not part of the language"
