"""kamrules: a key-account sales handbook as rules a machine can run, test and prove.

>>> import kamrules as kr
>>> from datetime import date
>>> engine = kr.compile(kr.load_pack("handbook"))
>>> engine.assess({"id": "D1"}, as_of=date(2026, 6, 30)).stage.claim
'none'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from kamrules.explain import explain
from kamrules.forms import FilledForm, fill_form, form_markdown
from kamrules.records import Account, Deal, Evidence, Stakeholder
from kamrules.rules.pack import Pack
from kamrules.rules.packformat import pack_json_schema

if TYPE_CHECKING:
    from kamrules.frames import FrameAssessment
    from kamrules.paths import LawfulPath, shortest_path

__version__ = "0.1.0"


_LATER = {
    "FrameAssessment": "kamrules.frames",
    "LawfulPath": "kamrules.paths",
    "shortest_path": "kamrules.paths",
}


def __getattr__(name: str) -> Any:
    """Load what needs an extra, or what most users never ask for, when it is asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    message = f"module `kamrules` has no attribute `{name}`"
    raise AttributeError(message)


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
