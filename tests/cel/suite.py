"""The CEL conformance suite against the language: every case passes, or has a reason why not.

pass        the reference gives the expected value, or unknown where CEL gives a run-time error
rejected    CEL gives an error, and the checker already refuses the text for that fault
deviation   the result differs on purpose; the number is that of the language's list of deviations
outside     the text uses what the language leaves out; the reason begins with the code of the fault
unexplained a defect of ours: no case may be
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kamrules.errors import ExpressionError, Fault
from kamrules.rules.lang.literals import duration_from, timestamp_from
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.reference import Interval, Place, Unknown, value_of
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.lang.types import (
    Bool,
    Double,
    Duration,
    Int,
    ListOf,
    Member,
    Object,
    String,
    Timestamp,
    Type,
)
from kamrules.source import Text

CASES = Path("conformance") / "cel" / "cases.jsonl"

_PRIMITIVES: dict[str, Type] = {"BOOL": Bool(), "INT64": Int(), "DOUBLE": Double(), "STRING": String()}
_MESSAGES: dict[str, Type] = {
    "google.protobuf.BoolValue": Bool(),
    "google.protobuf.Int32Value": Int(),
    "google.protobuf.Int64Value": Int(),
    "google.protobuf.DoubleValue": Double(),
    "google.protobuf.StringValue": String(),
    "google.protobuf.Timestamp": Timestamp(),
    "google.protobuf.Duration": Duration(),
}
_ROOT = "record"

# Cases whose result differs on purpose, by path and name, with the number of the deviation.
DEVIATIONS = {
    "comparisons/eq_literal/not_eq_double_nan": 2,
    "macros/exists_one/list_no_shortcircuit": 4,
    "timestamps/timestamp_arithmetic/add_time_to_duration_nanos_negative": 3,
    "timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive": 3,
    "timestamps/timestamp_range/sub_time_duration_over": 3,
    "timestamps/timestamp_range/sub_time_duration_under": 3,
}
DEVIATION_TEXTS = {
    2: "a division by zero is unknown, not infinity or NaN",
    3: "time is kept to the microsecond, and its range is that of microseconds",
    4: "partial counts are decided where CEL gives an error",
    8: "ill-typed texts are refused, not run",
}
_OUTSIDE = {
    "E-NAME": "a variable, enumeration or message type of a kind the language does not have",
    "E-FIELD": "a field of a kind the language does not have",
    "E-FUNC": "a function the language does not have",
    "E-NULL": "there is no null",
    "E-TYPE": f"{DEVIATION_TEXTS[8]} (deviation 8)",
}
_STATIC = {"E-TYPE", "E-LIT", "E-RANGE", "E-FIELD", "E-FUNC", "E-NULL"}
_SUBJECT = re.compile(r"(?:`[^`]*`: )?(.*?) (?:is|are) not part of the language")


@dataclass(frozen=True)
class Verdict:
    """What became of a case: `kind` is pass, rejected, deviation, outside or unexplained."""

    path: str
    name: str
    expr: str
    kind: str
    reason: str = ""


class _UnsupportedError(Exception):
    """A type or value that the language has no counterpart for."""


def load(shared: Path) -> list[dict[str, Any]]:
    """Return the cases of the suite."""
    lines = (shared / CASES).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def judge_all(cases: Iterable[Mapping[str, Any]]) -> list[Verdict]:
    """Return one verdict for each case, in order."""
    return [judge(case) for case in cases]


def counts(verdicts: Iterable[Verdict]) -> dict[str, Counter[str]]:
    """Return how many cases of each folder of the suite came out how."""
    found: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.path.split("/")[0], Counter())[verdict.kind] += 1
    return found


def judge(case: Mapping[str, Any]) -> Verdict:
    """Return what becomes of one case."""
    original = case["original"]
    kind, reason = _judge(original)
    number = DEVIATIONS.get(f"{case['path']}/{original['name']}")
    if number is not None:
        # A listed case that does not differ is a stale entry, and so unexplained.
        kind, reason = ("unexplained", "listed, but passes") if kind == "pass" else ("deviation", str(number))
    return Verdict(case["path"], original["name"], original["expr"], kind, reason)


def _judge(original: Mapping[str, Any]) -> tuple[str, str]:
    variables, env = _environment(original)
    text = Text(original["expr"])
    is_error = "evalError" in original
    try:
        node = check(parse(text), text, Scope(_ROOT, Object("Record", ()), variables=variables), None)
    except ExpressionError as error:
        return _refused(error.faults, is_error=is_error)
    value = value_of(node, env)
    # A case that states no result expects true.
    is_expected = (
        isinstance(value, Unknown) if is_error else _equals(value, original.get("value", {"boolValue": True}))
    )
    return ("pass", "") if is_expected else ("unexplained", f"gives {value}")


def _refused(faults: tuple[Fault, ...], *, is_error: bool) -> tuple[str, str]:
    """Return the verdict on a refused text; being outside the profile weighs more than being ill-typed."""
    fault = next((one for one in faults if one.code == "E-PROFILE"), faults[0])
    if is_error and fault.code in _STATIC:
        return "rejected", fault.code
    if fault.code == "E-PROFILE":
        match = _SUBJECT.fullmatch(fault.message)
        return ("outside", f"E-PROFILE: {match[1]}") if match else ("unexplained", fault.message)
    reason = _OUTSIDE.get(fault.code)
    return ("outside", f"{fault.code}: {reason}") if reason else ("unexplained", str(fault))


def _environment(original: Mapping[str, Any]) -> tuple[dict[str, Type], dict[str, Place]]:
    """Return types and places of the variables the language can represent."""
    types: dict[str, Type] = {}
    env = {_ROOT: Place({}, _ROOT)}
    for declared in original.get("typeEnv", ()):
        name = declared["name"]
        binding = original.get("bindings", {}).get(name, {}).get("value")
        try:
            kind = _type_of(declared.get("ident", {}).get("type", {}), binding)
            value = None if binding is None else _value_of(binding)
        except _UnsupportedError:
            continue
        types[name], env[name] = kind, Place(value, name)
    return types, env


def _type_of(declared: Mapping[str, Any], binding: Any) -> Type:
    match declared:
        case {"primitive": str(name)} if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        case {"messageType": str(name)} if name in _MESSAGES:
            return _MESSAGES[name]
        case {"listType": {"elemType": dict(element)}}:
            return ListOf(_type_of(element, None))
        case {"mapType": {"keyType": {"primitive": "STRING"}, "valueType": dict(value)}} if binding:
            names = [entry["key"]["stringValue"] for entry in binding["mapValue"].get("entries", ())]
            return Object("map", tuple(Member(name, _type_of(value, None)) for name in names))
        case {"messageType": str()} if binding:
            members = _message_members(binding.get("objectValue", {}))
            return Object("message", tuple(Member(name, kind) for name, kind, _ in members))
    raise _UnsupportedError


def _message_members(message: Mapping[str, Any]) -> list[tuple[str, Type, Any]]:
    """Return the scalar fields that a bound message sets, with names as conditions write them."""
    found: list[tuple[str, Type, Any]] = []
    for key, raw in message.items():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z])(?=[0-9]{4})", "_", key).lower()
        if re.fullmatch(r"single(Int|Sint|Sfixed)(32|64)", key):
            found.append((name, Int(), int(raw)))
        elif key in {"singleBool", "singleString"}:
            found.append((name, Bool() if key == "singleBool" else String(), raw))
        elif key in {"singleDouble", "singleFloat"}:
            found.append((name, Double(), float(raw)))
    return found


def _value_of(value: Mapping[str, Any]) -> Any:
    match value:
        case {"boolValue": bool(found)} | {"stringValue": str(found)}:
            return found
        case {"int64Value": found}:
            return int(found)
        case {"doubleValue": found}:
            return float(found)
        case {"listValue": dict(found)}:
            return [_value_of(one) for one in found.get("values", ())]
        case {"mapValue": dict(found)}:
            return {e["key"]["stringValue"]: _value_of(e["value"]) for e in found.get("entries", ())}
        case {"objectValue": {"@type": str(url), "value": found}}:
            return _message(url.rsplit("/", 1)[-1], found)
        case {"objectValue": dict(found)} if "@type" in found and "value" not in found:
            return {name: scalar for name, _, scalar in _message_members(found)}
    raise _UnsupportedError


def _message(name: str, found: Any) -> Any:
    kind = _MESSAGES.get(name)
    try:
        match kind:
            case Timestamp():
                return timestamp_from(found)
            case Duration():
                return duration_from(found)
            case Int():
                return int(found)
            case Double():
                return float(found)
            case Bool() | String():
                return found
    except ValueError:
        pass
    raise _UnsupportedError


def _equals(value: Any, expected: Mapping[str, Any]) -> bool:
    try:
        wanted = _value_of(expected)
    except _UnsupportedError:
        return False
    if isinstance(value, Interval):
        value = value.low if value.low == value.high else None
    return type(value) is type(wanted) and value == wanted
