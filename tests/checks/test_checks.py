"""Each check finds what its cases plant, at its place, and nothing else; see `CHECK.yaml` beside this file.

A case changes `base.yaml` (`null` removes a key) and says at which parts the check must speak; the other
checks must stay silent, but for those named in `also`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

import kamrules as kr
from kamrules.engine import check_pack
from kamrules.formats import Findings, written
from kamrules.rules.checks import Proofs, Report, members, proves, run_checks
from kamrules.rules.planning import plan_pack

HERE = Path(__file__).resolve().parent


def _read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def _changed(base: Any, change: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    merged = {name: _changed(base.get(name), inner) for name, inner in change.items()}
    return {name: inner for name, inner in {**base, **merged}.items() if inner is not None}


def _cases() -> Iterator[Any]:
    for code in members():
        for case in _read(HERE / f"{code}.yaml"):
            yield pytest.param(code, case, id=f"{code}: {case['name']}")


def _report(pack: Any, folder: Path, *only: str, prove: bool = False) -> Report:
    path = folder / "pack.yaml"
    path.write_text(json.dumps(pack, ensure_ascii=False, indent=1), encoding="utf-8")
    found, faults = check_pack(path)
    assert not faults, [str(fault) for fault in faults]
    return run_checks(found, plan_pack(found), only=only, prove=prove)


@pytest.mark.parametrize(("code", "case"), list(_cases()))
def test_cases(code: str, case: dict[str, Any], tmp_path: Path) -> None:
    pack = _changed(_read(HERE / "base.yaml"), case["change"])
    prove = proves(members()[code])
    if prove:
        pytest.importorskip("z3")
    report = _report(pack, tmp_path, prove=prove)
    own = [remark for remark in report.remarks if remark.code == code]
    assert [remark.at for remark in own] == case["at"]
    for remark in own:
        assert remark.span is not None
        assert remark.span.line > 1
        assert remark.severity == members()[code].SEVERITY
    others = {remark.code for remark in report.at_least("warning")} - {code}
    assert others == set(case.get("also", ()))


def test_every_check_has_cases_that_fail_and_pass_and_a_page() -> None:
    for code, member in members().items():
        cases = _read(HERE / f"{code}.yaml")
        assert any(case["at"] for case in cases), code
        assert any(not case["at"] for case in cases), code
        summary, _, body = (member.__doc__ or "").partition("\n")
        assert summary.endswith("."), code
        assert len(body.strip()) > 40, code


def test_the_base_is_clean(tmp_path: Path) -> None:
    report = _report(_read(HERE / "base.yaml"), tmp_path)
    assert report.at_least("info") == ()
    assert report.skipped == tuple(code for code, member in members().items() if proves(member))


def test_a_suppression_needs_a_check_and_something_to_suppress(tmp_path: Path) -> None:
    rules = [
        {"check": "unused-param", "at": "params.spare", "why": "for a report"},
        {"check": "unused-params", "at": "params.spare", "why": "misspelt"},
        {"check": "dead-row", "at": "tables.tier", "why": "nothing there"},
    ]
    spare = {"type": "int", "value": 1, "title": {"en": "x", "zh": "x"}, "why": {"en": "x", "zh": "x"}}
    pack = _changed(_read(HERE / "base.yaml"), {"params": {"spare": spare}, "suppress": rules})
    report = _report(pack, tmp_path)
    assert [(one.at, one.reason) for one in report.suppressed] == [("params.spare", "for a report")]
    assert [(one.code, one.severity) for one in report.remarks] == [
        ("suppress", "error"),
        ("suppress", "warning"),
    ]
    assert "did you mean `unused-param`?" in report.remarks[0].hint


def test_an_unknown_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(kr.ArgumentError, match="did you mean `dead-row`"):
        _report(_read(HERE / "base.yaml"), tmp_path, "dead-rows")


def test_the_handbook_is_clean() -> None:
    pytest.importorskip("z3")
    pack = kr.load_pack("handbook")
    report = run_checks(pack, plan_pack(pack), prove=True)
    assert report.at_least("warning") == ()
    assert report.skipped == ()
    assert set(report.proofs) == {code for code, member in members().items() if proves(member)}
    total = sum(report.proofs.values(), Proofs())
    assert total.undecided == 0
    assert total.fails == sum(proves(members()[one.code]) for one in report.suppressed)
    assert {one.code for one in report.remarks} == {"sees-missing"}


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    spare = {"type": "int", "value": 1, "title": {"en": "x", "zh": "x"}}
    rules = [{"check": "unused-param", "at": "params.spare", "why": 'for, "a: report" 100 %'}]
    pack = _changed(
        _read(HERE / "base.yaml"),
        {"params": {"spare": spare}, "scorecards": {"health": {"total": 140}}, "suppress": rules},
    )
    path = tmp_path / "p,a:ck.yaml"
    path.write_text(json.dumps(pack, indent=1), encoding="utf-8")
    found, faults = check_pack(path)
    return Findings(found, "1.2.3", faults, run_checks(found, plan_pack(found)))


def test_sarif(findings: Findings) -> None:
    run = json.loads(written(findings, "sarif", {"score-total": "about"}))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1
    assert {result["ruleId"]: result["level"] for result in run["results"]} == {
        "missing-source": "warning",
        "score-total": "error",
        "unused-param": "warning",
    }
    silent = [result for result in run["results"] if "suppressions" in result]
    assert [one["suppressions"][0]["justification"] for one in silent] == ['for, "a: report" 100 %']


def test_github_annotations(findings: Findings) -> None:
    lines = written(findings, "github", {}).splitlines()
    assert any(line.startswith("::error file=") and "title=score-total::" in line for line in lines)
    assert all("p%2Ca%3Ack.yaml" in line for line in lines)


def test_junit(findings: Findings) -> None:
    suite = ET.fromstring(written(findings, "junit", {"score-total": "about"}).encode())
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {"score-total", "missing-source"}
    assert suite.get("failures") == "2"
    assert suite.get("tests") == str(sum(not proves(member) for member in members().values()) + 1)


def test_json(findings: Findings) -> None:
    data = json.loads(written(findings, "json", {}))
    assert [one["code"] for one in data["remarks"]] == ["missing-source", "score-total"]
    assert data["suppressed"][0]["suppressed_because"].startswith("for,")


def test_the_published_process_has_the_defects_its_source_tells_of() -> None:
    """Weights of 140 and 60 of 100, bands that share an end, a percentage of two colours, stages left out."""
    pack = kr.load_pack(HERE.parents[1] / "examples" / "packs" / "posthog")
    found = {(one.code, one.at) for one in run_checks(pack, plan_pack(pack)).at_least("warning")}
    rows = {"employee_points": ["large"], "revenue_points": ["to_10", "to_100", "more"]}
    rows |= {"usage_colour": ["concerning"], "routing": ["rule_3"]}
    overlaps = {f"tables.{table}.rows.{row}.when" for table, some in rows.items() for row in some}
    assert {at for code, at in found if code == "overlapping-rows"} == overlaps
    assert {(code, at) for code, at in found if code != "overlapping-rows"} == {
        ("score-total", "scorecards.new_customer.total"),
        ("score-total", "scorecards.established_customer.total"),
        ("skipped-number", "milestones.R5"),
        ("uncovered-values", "tables.employee_points"),
    }
