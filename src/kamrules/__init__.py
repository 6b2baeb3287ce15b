"""kamrules: a key-account sales handbook as rules a machine can run, test and prove.

>>> import kamrules as kr
>>> from datetime import date
>>> engine = kr.compile(kr.load_pack("handbook"))
>>> engine.assess({"id": "D1"}, as_of=date(2026, 6, 30)).stage.claim
'none'

Each name is imported when it is first asked for, so that `import kamrules` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kamrules.assessment import SCHEMA_VERSION, Assessment, Rejection
    from kamrules.engine import Engine, check_pack, compile, json_schema, load_pack  # noqa: A004 - `kr.compile`
    from kamrules.errors import (
        ArgumentError,
        BackendError,
        ExpressionError,
        Fault,
        InputError,
        KamrulesError,
        MissingExtraError,
        PackError,
        RecordError,
    )
    from kamrules.explanation import explain
    from kamrules.forms import FilledForm, fill_form, form_markdown
    from kamrules.frames import FrameAssessment
    from kamrules.paths import LawfulPath, shortest_path
    from kamrules.records import Account, Deal, Evidence, Stakeholder
    from kamrules.rules.pack import Pack
    from kamrules.rules.packformat import pack_json_schema

__version__ = "0.1.0"

_NAMES = {
    "kamrules.assessment": ("SCHEMA_VERSION", "Assessment", "Rejection"),
    "kamrules.engine": ("Engine", "check_pack", "compile", "json_schema", "load_pack"),
    "kamrules.errors": (
        "ArgumentError",
        "BackendError",
        "ExpressionError",
        "Fault",
        "InputError",
        "KamrulesError",
        "MissingExtraError",
        "PackError",
        "RecordError",
    ),
    "kamrules.explanation": ("explain",),
    "kamrules.forms": ("FilledForm", "fill_form", "form_markdown"),
    "kamrules.frames": ("FrameAssessment",),
    "kamrules.paths": ("LawfulPath", "shortest_path"),
    "kamrules.records": ("Account", "Deal", "Evidence", "Stakeholder"),
    "kamrules.rules.pack": ("Pack",),
    "kamrules.rules.packformat": ("pack_json_schema",),
}
_PLACES = {name: place for place, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        message = f"module `kamrules` has no attribute `{name}`"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(_PLACES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})


__all__ = [
    "SCHEMA_VERSION",
    "Account",
    "ArgumentError",
    "Assessment",
    "BackendError",
    "Deal",
    "Engine",
    "Evidence",
    "ExpressionError",
    "Fault",
    "FilledForm",
    "FrameAssessment",
    "InputError",
    "KamrulesError",
    "LawfulPath",
    "MissingExtraError",
    "Pack",
    "PackError",
    "RecordError",
    "Rejection",
    "Stakeholder",
    "__version__",
    "check_pack",
    "compile",
    "explain",
    "fill_form",
    "form_markdown",
    "json_schema",
    "load_pack",
    "pack_json_schema",
    "shortest_path",
]
