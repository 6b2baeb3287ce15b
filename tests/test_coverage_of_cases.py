"""Coverage of a pack by its cases: which statuses are seen, and which are asked for."""

from pathlib import Path

import pytest

from kamrules.casefile import read_cases
from kamrules.coverage import Coverage, Covered, coverage_of
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word

LAMP = Path(__file__).parent / "packs" / "lamp"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return compile(load_pack(LAMP))


@pytest.fixture(scope="module")
def coverage(engine: Engine) -> Coverage:
    return coverage_of(engine, read_cases(LAMP / "lamp.cases.yaml").cases)


def item(coverage: Coverage, name: str) -> Covered:
    return next(item for item in coverage.items if item.id == name)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("C1", ()),
        ("C2", ("unknown",)),
        ("C3", ()),
        ("R1", ()),
        ("F1", ("breach", "ok")),
        ("size.high", ("held",)),
        ("size.rest", ("did not", "maybe")),
        ("health.bright", ("not met",)),
    ],
)
def test_statuses_that_no_case_has_are_missing(
    coverage: Coverage, name: str, missing: tuple[str, ...]
) -> None:
    assert item(coverage, name).missing == missing


@pytest.mark.parametrize(
    ("name", "apart"), [("C1", ()), ("C2", ("not_applicable",)), ("R1", ("waived",)), ("F1", ())]
)
def test_only_what_a_rule_can_be_is_asked_for(coverage: Coverage, name: str, apart: tuple[str, ...]) -> None:
    assert item(coverage, name).statuses[3:] == apart


def test_a_reaction_is_asked_for_by_every_fact_and_once_held_back(tmp_path: Path) -> None:
    engine = compile(load_pack("handbook"))
    path = tmp_path / "x.cases.yaml"
    cases = """\
pack: handbook
as_of: 2026-06-30
cases:
  - name: a
    given: {approvals: []}
    then: {approvals: [{subject: JTF-004, by: ka_director, decision: approved}]}
    expect: {M5.T1: breach}
  - {name: b, then: {bid: {unproven_statement: true}}, expect: {RL-13: tripped}}
  - {name: c, given: {milestone: M9}, then: {milestone: M2}, expect: {claim: none}}
"""
    path.write_text(cases, "utf-8")
    found = coverage_of(engine, read_cases(path).cases)
    assert item(found, "plan_approval_missing").missing == ("set off by M6.T1",)
    assert item(found, "stop_work").missing == ("set off by flag.stopped",)
    assert item(found, "stop_work").seen == {"held back"}
    assert "set off by RL-13" in item(found, "red_line_blocks").seen


def test_every_kind_is_there_with_its_place(coverage: Coverage) -> None:
    assert {item.kind for item in coverage.items} == {"criterion", "red line", "work rule", "row", "entry"}
    shown = str(item(coverage, "F1"))
    assert shown.endswith("lamp/pack.yaml:61:3: work rule F1: never breach, ok")


def test_percentage_counts_statuses(coverage: Coverage) -> None:
    assert coverage.total == sum(len(item.statuses) for item in coverage.items)
    assert str(coverage) == f"coverage {coverage.seen} of {coverage.total} statuses ({coverage.pct:.1f} %)"
    assert coverage.seen == coverage.total - 7


def test_without_cases_everything_is_missing(engine: Engine) -> None:
    nothing = coverage_of(engine, [])
    assert nothing.pct == 0
    assert len(nothing.missing) == len(nothing.items)


def test_a_pack_without_rules_is_covered() -> None:
    assert Coverage(()).pct == 100


def test_a_deal_that_is_no_record_covers_nothing(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "bad.cases.yaml"
    path.write_text("pack: x\nas_of: 2026-06-30\ncases: [{name: a, given: {watts: x}, expect: {C1: met}}]\n")
    assert coverage_of(engine, read_cases(path).cases).seen == 0
