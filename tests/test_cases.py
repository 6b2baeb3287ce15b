"""Every case beside a shipped pack holds: what `kamrules test` runs, one test a case."""

from functools import cache
from pathlib import Path

import pytest

from kamrules.casefile import Case, case_files, read_cases, run_case
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.rules.pack import shipped_packs

CASES = [
    pytest.param(file.pack.resolve(), case, id=f"{path.name.split('.')[0]}-{case.name}")
    for manifest in shipped_packs().values()
    for path in case_files(manifest.parent)
    for file in [read_cases(path)]
    for case in file.cases
]


@cache
def engine_of(pack: Path) -> Engine:
    return compile(load_pack(pack))


@pytest.mark.parametrize(("pack", "case"), CASES)
def test_case_of_a_shipped_pack_holds(pack: Path, case: Case) -> None:
    assert [str(difference) for difference in run_case(engine_of(pack), case)] == []


def _shown(name: str) -> set[str]:
    """Return every status some case expects of a rule of the handbook pack."""
    return {status for param in CASES for status in param.values[1].expect.get(name, ())}  # type: ignore[union-attr]  # a Case


def _rules() -> list[tuple[str, set[str]]]:
    pack = load_pack("handbook")
    criteria = [(name, {"met", "unmet", "unknown"}) for name in pack.criteria]
    red_lines = [(name, {"tripped", "clear", "unknown"}) for name in pack.red_lines]
    findings = [(name, {"breach", "ok", "unknown"}) for name in pack.findings]
    return [*criteria, *red_lines, *findings]


@pytest.mark.parametrize(("name", "statuses"), _rules())
def test_every_rule_of_the_handbook_has_cases_for_each_status(name: str, statuses: set[str]) -> None:
    assert statuses <= _shown(name)


def test_every_tier_and_the_gap_between_them_has_a_case() -> None:
    assert {"A", "B", "C", "D"} <= _shown("tier")
