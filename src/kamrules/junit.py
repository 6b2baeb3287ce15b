"""Results of cases as JUnit XML, which build servers read: a suite a file, a test case a case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from kamrules.casefile import Case, Difference
from kamrules.wholefile import text_file

# What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets).
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case of a file, what of it does not hold, and how long it took."""

    path: Path
    case: Case
    differences: tuple[Difference, ...]
    seconds: float


def junit_text(results: Iterable[CaseResult]) -> str:
    """Return the results as a JUnit XML document."""
    root = ET.Element("testsuites", name="kamrules")
    suites: dict[Path, ET.Element] = {}
    for result in results:
        suite = suites.get(result.path)
        if suite is None:
            suite = suites[result.path] = ET.SubElement(root, "testsuite", name=str(result.path))
        _add(suite, result)
    for suite in suites.values():
        cases = suite.findall("testcase")
        failed = [case for case in cases if case.find("failure") is not None]
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(len(failed)))
        suite.set("errors", "0")
        suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    return f"{document(root)}\n"


def document(root: ET.Element) -> str:
    """Return an indented XML document; what XML cannot hold is written as U+FFFD."""
    ET.indent(root)
    text = _NO_XML.sub("�", ET.tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'


def write_junit(path: Path, results: Iterable[CaseResult]) -> None:
    """Write the results to a file, whole or not at all; ArgumentError (A-OUTPUT) if it cannot be written."""
    with text_file(path) as stream:
        stream.write(junit_text(results))


def _add(suite: ET.Element, result: CaseResult) -> None:
    span = result.case.span
    case = ET.SubElement(
        suite, "testcase", classname=result.path.name, name=result.case.name,
        file=span.path, line=str(span.line), time=f"{result.seconds:.3f}",
    )  # fmt: skip
    if result.differences:
        lines = [str(difference) for difference in result.differences]
        message = lines[0] if len(lines) == 1 else f"{len(lines)} expectations do not hold"
        ET.SubElement(case, "failure", message=message, type="expectation").text = "\n".join(lines)
