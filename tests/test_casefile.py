"""Case files: what they can say, where they are wrong, and how a difference is shown."""

from pathlib import Path

import pytest

from kamrules.casefile import read_cases, run_case
from kamrules.engine import Engine
from kamrules.errors import InputError

HEAD = "pack: pack.yaml\nas_of: 2026-06-30\nbases: {base: {account: {industry: welding, name: x}}}\ncases:\n"


def write(tmp_path: Path, cases: str, head: str = HEAD) -> Path:
    path = tmp_path / "x.cases.yaml"
    path.write_text(head + cases, "utf-8")
    return path


def differences(engine: Engine, path: Path) -> list[str]:
    found = [str(item) for case in read_cases(path).cases for item in run_case(engine, case)]
    return [text.replace(f"{path.parent}/", "") for text in found]


def test_case_merges_mappings_and_null_removes(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
  - name: removed
    base: base
    given: {account: {industry: null, tier: A}, stakeholders: [{id: P1}]}
    as_of: 2026-01-02
    expect: {M1.E1: unknown}
""",
    )
    (case,) = read_cases(path).cases
    assert case.deal == {"account": {"name": "x", "tier": "A"}, "stakeholders": [{"id": "P1"}]}
    assert case.as_of.isoformat() == "2026-01-02"


def test_differences_name_place_expected_and_seen(engine: Engine, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
  - name: all hold
    base: base
    expect: {M1.E1: met, supported: M1, claim: none, tier: [A, B, C, D], RL-04: unknown}
  - name: none holds
    base: base
    expect:
      M1.E1: unmet
      tier: A
      supported: null
      M1.Z9: met
  - name: no record
    given: {milestone: M9}
    expect: {M1.E1: met}
""",
    )
    found = differences(engine, path)
    assert found[:3] == [
        "x.cases.yaml:11:7: M1.E1: `unmet` expected, `met` seen",
        "x.cases.yaml:12:7: tier: `A` expected, `A/B/C/D` seen",
        "x.cases.yaml:13:7: supported: `none` expected, `M1` seen",
    ]
    assert found[3].startswith(
        "x.cases.yaml:14:7: M1.Z9: `met` expected, no such id in the pack, did you mean `M1."
    )
    assert found[4].startswith(
        "x.cases.yaml:16:13: the deal: `a record` expected, milestone: R-VALUE: `M9` is not"
    )


def test_a_case_that_changes_tells_what_it_sets_off(engine: Engine, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
  - name: both told
    given: {milestone: M3, next_step_agreed: true}
    then: {next_step_agreed: false, risk_note: null}
    expect: {claim: contradicted, claim_contradicted: runs, stop_work: silent}
  - name: told by the day alone
    given: {initiation_status: submitted, initiation_submitted_on: 2026-06-23, meetings: []}
    then_on: 2026-07-01
    expect: {M3.R3.2: breach, application_waits: runs}
""",
    )
    assert differences(engine, path) == []
    first, second = read_cases(path).cases
    assert first.before is not None
    assert second.before is not None
    assert (first.before.deal, first.deal) == (
        {"milestone": "M3", "next_step_agreed": True},
        {"milestone": "M3", "next_step_agreed": False},
    )
    assert [str(day) for day in (second.before.as_of, second.as_of)] == ["2026-06-30", "2026-07-01"]


def test_every_mistake_about_a_change_is_told_at_its_place(engine: Engine, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
  - name: nothing changes
    given: {milestone: M2}
    expect: {claim_contradicted: runs}
  - name: misspelt and wrong
    then: {milestone: M2}
    expect:
      claim_contradictd: runs
      claim_contradicted: runs
  - name: no record before, nor after
    given: {milestone: M9, stakeholders: [{id: P1}, {stance: warm}]}
    then: {status: over}
    expect: {stop_work: silent}
""",
    )
    told = [line.partition("expected, ") for line in differences(engine, path)]
    assert [(where, what.split(":")[0]) for where, _, what in told] == [
        ("x.cases.yaml:7:14: claim_contradicted: `runs` ", "nothing changes"),
        (
            "x.cases.yaml:11:7: claim_contradictd: `runs` ",
            "no such id in the pack, did you mean `claim_contradicted`?",
        ),
        ("x.cases.yaml:12:7: claim_contradicted: `runs` ", "`silent` seen"),
        ("x.cases.yaml:14:13: the deal: `a record` ", "milestone"),
        ("x.cases.yaml:14:54: the deal: `a record` ", "stakeholders[1].stance"),
        ("x.cases.yaml:15:12: the deal: `a record` ", "status"),
    ]


def test_faults_of_a_case_file_are_all_reported_with_their_place(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
  - {name: a, base: bas, expect: {M1.E1: met}}
  - {name: a, expect: {M1.E1: met}}
""",
    )
    with pytest.raises(InputError) as caught:
        read_cases(path)
    first, second = (str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults)
    assert first == "x.cases.yaml:5:21: I-VALUE: no base `bas`; did you mean `base`?"
    assert second.startswith("x.cases.yaml:6:12: I-DUPLICATE: case `a` is there twice; first at ")


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ("  - {name: a, expects: {M1.E1: met}}\n", "no field `expects`; did you mean `expect`?"),
        ("  - {name: a, expect: {}}\n", "I-VALUE"),
        (
            "  - {name: a, then_on: 2026-06-29, expect: {claim: none}}\n",
            "x.cases.yaml:5:24: I-VALUE: 2026-06-29 is before the day of the case",
        ),
        ("  - {name: a, then: {}, expect: {claim: none}}\n", "x.cases.yaml:5:21: I-VALUE: nothing changes"),
        (
            "  - {name: a, expect: {M1.E1: 3}}\n",
            r"x.cases.yaml:5:31: cases\[0\].expect.M1.E1: I-VALUE: `3` given, a valid list",
        ),
        ("  - name: a\n    expect: [\n", "P-YAML"),
    ],
)
def test_case_file_that_is_not_well_formed_says_where(tmp_path: Path, cases: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        read_cases(write(tmp_path, cases))
