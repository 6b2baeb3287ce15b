"""What was found wrong with a pack, in the forms that people and their tools read.

text for a terminal, JSON for scripts, SARIF 2.1.0 for code scanning, GitHub's annotations for a pull request,
JUnit XML for test reports. Every form has the code, the place, the message and the hint.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from xml.etree.ElementTree import Element, SubElement

from kamrules.errors import Fault
from kamrules.junit import document
from kamrules.rules.checks import Remark, Report, Severity
from kamrules.rules.pack import Pack
from kamrules.source import Span

Form = Literal["text", "json", "sarif", "github", "junit"]
FORMS: tuple[str, ...] = get_args(Form)
_SARIF_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_GITHUB_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True)
class Findings:
    """What checking a pack gave: its faults, and if it has none, what the checks say."""

    pack: Pack
    version: str
    faults: tuple[Fault, ...]
    report: Report

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Faults and remarks alike; a fault is an error."""
        return (*map(_of_fault, self.faults), *self.report.remarks)


def _of_fault(fault: Fault) -> Remark:
    return Remark(fault.where, fault.message, fault.hint, fault.span, fault.code, "error")


def written(findings: Findings, form: Form, about: Mapping[str, str]) -> str:
    """Return the findings in a form; `about` has the summary of each check by its code."""
    forms = {"json": _json, "sarif": _sarif, "github": _github, "junit": _junit}
    return _text(findings) if form == "text" else forms[form](findings, about)


def _text(findings: Findings) -> str:
    return "\n".join([*map(str, findings.faults), *map(str, findings.report.remarks)])


def _json(findings: Findings, about: Mapping[str, str]) -> str:
    pack = findings.pack
    data = {
        "pack": {"id": pack.id, "version": pack.version, "hash": pack.hash},
        "faults": [fault.to_dict() for fault in findings.faults],
        "remarks": [remark.to_dict() for remark in findings.report.remarks],
        "suppressed": [remark.to_dict() for remark in findings.report.suppressed],
        "skipped": list(findings.report.skipped),
        "proofs": {code: proofs.to_dict() for code, proofs in findings.report.proofs.items()},
        "checks": {code: about.get(code, "") for code in findings.report.checked},
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def _sarif(findings: Findings, about: Mapping[str, str]) -> str:
    remarks = [*findings.remarks, *findings.report.suppressed]
    codes = list(dict.fromkeys([*findings.report.checked, *(one.code for one in remarks)]))
    rules = [{"id": code, "shortDescription": {"text": about.get(code) or code}} for code in codes]
    driver = {"name": "kamrules", "version": findings.version, "rules": rules}
    results = [_sarif_result(one, codes.index(one.code)) for one in remarks]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    data = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(data, ensure_ascii=False, indent=2)


def _sarif_result(remark: Remark, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": remark.code,
        "ruleIndex": index,
        "level": _SARIF_LEVELS[remark.severity],
        "message": {"text": _message(remark)},
    }
    span = remark.span
    if span is not None and span.path:
        region = {"startLine": span.line, "startColumn": span.column}
        place = {"artifactLocation": {"uri": span.path}, "region": region}
        result["locations"] = [{"physicalLocation": place}]
    if remark.reason:
        result["suppressions"] = [{"kind": "inSource", "justification": remark.reason}]
    return result


def _github(findings: Findings, about: Mapping[str, str]) -> str:  # noqa: ARG001 - one signature for all forms
    return "\n".join(_annotation(remark) for remark in findings.remarks)


def _annotation(remark: Remark) -> str:
    span = remark.span or Span()
    facts = {"file": span.path, "line": span.line, "col": span.column} if span.path else {}
    listed = ",".join(
        f"{key}={_property(str(value))}" for key, value in {**facts, "title": remark.code}.items()
    )
    return f"::{_GITHUB_LEVELS[remark.severity]} {listed}::{_escaped(_message(remark))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _junit(findings: Findings, about: Mapping[str, str]) -> str:
    """A test case for each check, and one for loading; a remark of any severity but info fails its case."""
    by_code: dict[str, list[Remark]] = {code: [] for code in findings.report.checked}
    for remark in findings.report.remarks:
        by_code.setdefault(remark.code, []).append(remark)
    cases = [("load", list(map(_of_fault, findings.faults))), *by_code.items()]
    failing = [_failing(remarks) for _, remarks in cases]
    suite = Element(
        "testsuite",
        name=f"kamrules check {findings.pack.id}",
        tests=str(len(cases)),
        failures=str(sum(map(bool, failing))),
    )
    for (code, _), remarks in zip(cases, failing, strict=True):
        case = SubElement(suite, "testcase", classname=findings.pack.id, name=code)
        if remarks:
            failure = SubElement(case, "failure", message=about.get(code) or code)
            failure.text = "\n".join(map(str, remarks))
    return document(suite)


def _failing(remarks: Iterable[Remark]) -> Sequence[Remark]:
    return [remark for remark in remarks if remark.severity != "info"]


def _message(remark: Remark) -> str:
    where = f"{remark.at}: " if remark.at else ""
    return f"{where}{remark.message}" + (f"; {remark.hint}" if remark.hint else "")
