"""Reactions of a pack: every fault at its place, and what the handbook's do."""

from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

import kamrules as kr
from kamrules.flatfacts import facts_of
from kamrules.records.account import Desk
from kamrules.rules.reactions import fact_values, is_flag
from kamrules.rules.reactors import choose_reactor
from kamrules.rules.vocabulary import Vocabulary
from tests.handbook import handbook as engine

HERE = Path(__file__).parent
SMALL = (HERE / "small.yaml").read_text(encoding="utf-8")
DAY = date(2026, 6, 30)
TEXTS = "name: {en: N, zh: 名}, source: {ref: ours}"
TELL = f"{TEXTS}, do: notify, to: finance, message: {{en: M, zh: 信}}"
SET = f"{TEXTS}, do: none"


def faults_in(folder: Path, *reactions: str, pack: str = SMALL) -> list[str]:
    text = pack + "reactions:\n" + "".join(f"  {reaction}\n" for reaction in reactions)
    path = folder / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    _, faults = kr.check_pack(path)
    start = text[: text.index("reactions:\n")].count("\n") + 1
    return [
        f"{fault.span.line - start}:{fault.span.column} {fault.code} {fault.message} {fault.hint}".strip()
        for fault in faults
        if fault.span
    ]


@pytest.mark.parametrize(
    ("fact", "hint"),
    [
        ("weekly", "a cadence is seen by its work rule: `late: breach`"),
        (
            "monthly",
            "a cadence is none: write a work rule, give the cadence it as `rule`, and name its breach",
        ),
        ("objection", "a deadline is none: write a work rule and name its breach"),
    ],
)
def test_what_becomes_due_is_seen_by_its_work_rule(fact: str, hint: str, tmp_path: Path) -> None:
    due = f"""findings:
  late: {{breach_when: 'deal.status == "open"', message: {{en: M, zh: 信}}, {TEXTS}}}
cadences:
  weekly: {{done: [{{on: deal.created_on}}], every: duration("7d"), rule: late, {TEXTS}}}
  monthly: {{done: [{{on: deal.created_on}}], every: duration("30d"), {TEXTS}}}
deadlines:
  objection: {{from: deal.created_on, done_when: deal.closed_on <= as_of, {TEXTS}}}
"""
    pack = SMALL + due
    assert faults_in(tmp_path, f"R: {{becomes: {{late: breach}}, {TELL}}}", pack=pack) == []
    (fault,) = faults_in(tmp_path, f"R: {{becomes: {{{fact}: overdue}}, {TELL}}}", pack=pack)
    assert fault == f"1:17 P-FIELD no fact `{fact}` {hint}"


def test_every_kind_of_fact_may_be_named(tmp_path: Path) -> None:
    facts = "S.X1: [met, unknown], stage: [none, M2], claim: behind, gate.M2.entry: open, tier: [A, none]"
    assert faults_in(tmp_path, f"R1: {{{TELL}, becomes: {{{facts}}}, was: {{stage: M1}}}}") == []


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [
        (f"R: {{becomes: {{S.X9: met}}, {TELL}}}", "1:17 P-FIELD no fact `S.X9` did you mean `S.X"),
        (
            f"R: {{becomes: {{S.X1: open}}, {TELL}}}",
            "1:23 P-VALUE `open` is not one of met, unmet, unknown, not_applicable",
        ),
        (
            f"R: {{becomes: {{stage: [M1, M7]}}, {TELL}}}",
            "1:29 P-VALUE `M7` is not one of M1, M2, none did you mean `M",
        ),
        (f"R: {{becomes: {{gate.M1.exits: open}}, {TELL}}}", "1:17 P-FIELD no fact `gate.M1.exits`"),
        (f"R: {{becomes: {{grade: A}}, {TELL}}}", "1:17 P-FIELD no fact `grade`"),
        (f"R: {{becomes: {{flag.x: a}}, {TELL}}}", "1:17 P-FIELD no reaction sets `flag.x`"),
        (
            f"R: {{becomes: {{S.X1: met}}, was: {{flag.x: a}}, sets: {{flag.x: a}}, {TELL}}}",
            "1:35 P-FIELD `flag.x` is never kept from before",
        ),
        (
            f"R: {{becomes: {{S.X1: met}}, sets: {{S.X2: met}}, {TELL}}}",
            "1:36 P-NAME `S.X2` cannot be set: only flags can write `flag.name`",
        ),
        (
            f"R: {{becomes: {{S.X1: met}}, was: {{S.X1: met}}, {TELL}}}",
            "1:17 P-FORM `S.X1` can never turn so",
        ),
        (
            f"R: {{becomes: {{S.X1: met}}, while: {{S.X1: unmet}}, {TELL}}}",
            "1:17 P-FORM `S.X1` can never turn so",
        ),
        (f"R: {{becomes: {{S.X1: met}}, {SET}}}", "P-FORM it does nothing and sets no flag"),
        (f"R: {{becomes: {{S.X1: met}}, sets: {{flag.x: a}}, to: finance, {SET}}}", "P-FORM `to` has no"),
        (f"R: {{becomes: {{S.X1: met}}, {TEXTS}, do: task}}", "P-MISSING `message` is missing add `message"),
        (f"R: {{becomes: {{S.X1: met}}, within: 3, {TELL}}}", "P-FORM `within` is said of a task"),
        (f"R: {{becomes: {{}}, {TELL}}}", "P-VALUE"),
        (f"R: {{becomes: {{S.X1: [ ]}}, {TELL}}}", "P-VALUE"),
        (f"R: {{becomes: {{S.X1: met}}, {TELL}, todo: x}}", "P-FIELD"),
    ],
)
def test_each_fault_is_named_at_its_place(reaction: str, expected: str, tmp_path: Path) -> None:
    found = faults_in(tmp_path, reaction)
    assert any(expected in fault for fault in found), found


def test_reactions_that_wait_for_each_other_never_start(tmp_path: Path) -> None:
    one = f"R1: {{becomes: {{flag.a: x}}, sets: {{flag.b: x}}, {SET}}}"
    two = f"R2: {{becomes: {{flag.b: x}}, sets: {{flag.a: x}}, {SET}}}"
    start = f"R3: {{becomes: {{S.X1: met}}, sets: {{flag.a: x}}, {SET}}}"
    assert [fault.split()[1] for fault in faults_in(tmp_path, one, two)] == ["P-CYCLE", "P-CYCLE"]
    assert faults_in(tmp_path, one, two, start) == []


def test_one_flag_gets_one_value_in_a_turn(tmp_path: Path) -> None:
    one = f"R1: {{becomes: {{S.X1: met}}, sets: {{flag.a: x}}, {SET}}}"
    two = f"R2: {{becomes: {{S.X2: met, S.X1: unmet}}, sets: {{flag.a: y}}, {SET}}}"
    apart = f"R2: {{becomes: {{S.X2: met, S.X1: unmet}}, while: {{S.X1: unmet}}, sets: {{flag.a: y}}, {SET}}}"
    (found,) = faults_in(tmp_path, one, two)
    assert found.startswith("2:")
    assert "P-CONFLICT `R1` may set `flag.a` to another value" in found
    assert faults_in(tmp_path, one, apart) == []


def test_an_id_that_is_another_fact_is_a_fault_where_reactions_speak_of_facts(tmp_path: Path) -> None:
    pack = SMALL.replace("S.X2:", "stage:")
    reaction = f"R1: {{becomes: {{S.X1: met}}, {TELL}}}"
    assert any("P-NAME `stage` is a fact" in fault for fault in faults_in(tmp_path, reaction, pack=pack))


# --- the handbook


def test_facts_of_an_assessment_are_the_facts_reactions_may_name() -> None:
    known = fact_values(Vocabulary(engine().pack))
    for deal in ({}, {"id": "D1", "account": {"name": "A", "industry": "shipbuilding"}, "milestone": "M4"}):
        facts = facts_of(engine().assess(deal, as_of=DAY))
        assert facts.keys() == known.keys()
        assert all(value in known[name] for name, value in facts.items())


def test_gates_tiers_and_grades_of_facts() -> None:
    deal = {"milestone": "M2", "account": {"name": "Lingang", "industry": "shipbuilding"}}
    found = engine().assess(deal, as_of=DAY)
    facts = facts_of(found)
    open_gates = {name for name, value in facts.items() if value == "open"}
    for state in found.stage.milestones:
        sides = {f"gate.{state.id}.{side}" for side in ("entry", "exit")}
        assert (state.status == "passed") == (sides <= open_gates)
    assert (facts["stage"], facts["claim"], facts["health.veto"]) == ("M1", "not_proven", "no")


BASE: dict[str, str] = {"stage": "M5", "claim": "supported", "health.veto": "no", "gate.M6.exit": "open"}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"RL-06": "clear"}, {"RL-06": "tripped"}, ["red_line_blocks", "stop_work"]),
        ({"RL-06": "tripped"}, {"RL-06": "tripped"}, []),
        ({"RL-06": "clear", "stage": "M1"}, {"RL-06": "tripped", "stage": "M1"}, ["red_line_blocks"]),
        ({"RL-16": "unknown"}, {"RL-16": "tripped"}, ["red_line_needs_approval"]),
        ({"RL-16": "unknown"}, {"RL-16": "waived"}, []),
        ({"gate.M4.exit": "unknown"}, {"gate.M4.exit": "open"}, ["gate_opens"]),
        ({"gate.M7.entry": "shut"}, {"gate.M7.entry": "open"}, ["bid_gate_opens"]),
        ({"gate.M7.entry": "shut"}, {"gate.M7.entry": "open", "health.veto": "yes"}, []),
        ({"M4.X4": "met"}, {"M4.X4": "unmet"}, ["coach_lost"]),
        ({"M4.X4": "met"}, {"M4.X4": "unmet", "stage": "M8"}, []),
        ({"M4.X4": "unknown"}, {"M4.X4": "unmet"}, []),
        ({"stage": "M6"}, {"stage": "M3"}, ["fell_back"]),
        ({"stage": "M3"}, {"stage": "M2"}, []),
        ({"claim": "not_proven"}, {"claim": "contradicted"}, ["claim_contradicted"]),
        ({"M3.R3.2": "ok"}, {"M3.R3.2": "breach"}, ["application_waits"]),
        ({"M6.T1": "ok"}, {"M6.T1": "breach"}, ["plan_approval_missing"]),
        ({"M4.R2.2b": "unknown"}, {"M4.R2.2b": "breach"}, ["tasks_overdue"]),
        ({"M8.R3": "ok"}, {"M8.R3": "breach"}, ["contract_late"]),
    ],
)
def test_what_the_handbook_does_when_a_verdict_turns(
    before: dict[str, str], now: dict[str, str], expected: list[str]
) -> None:
    reactor = choose_reactor("plain")(engine().reactions)
    assert [one.id for one in reactor.react(BASE | before, BASE | now)] == expected


def test_every_blocking_red_line_reaches_compliance() -> None:
    reactor = choose_reactor("plain")(engine().reactions)
    reactions = engine().pack.reactions
    for name, line in engine().pack.red_lines.items():
        run = reactor.react(BASE | {name: "clear"}, BASE | {name: "tripped"})
        told = {(reactions[one.id].do, reactions[one.id].to) for one in run}
        wanted: dict[str, Any] = {"BLOCK": ("escalate", "compliance"), "ESCALATE": ("task", "compliance")}
        assert line.severity == "CAUTION" or wanted[line.severity] in told, name


def test_a_deal_that_turns_sets_reactions_off() -> None:
    deal: dict[str, Any] = {"id": "D1", "milestone": "M2", "initiation_status": "draft"}
    waiting = {
        **deal,
        "initiation_status": "submitted",
        "initiation_submitted_on": "2026-06-01",
        "meetings": [],
    }
    before, now = (facts_of(engine().assess(one, as_of=DAY, detail="brief")) for one in (deal, waiting))
    run = choose_reactor()(engine().reactions).react(before, now)
    assert "application_waits" in {one.id for one in run}


def test_desks_and_deadlines_of_the_handbook_are_given_where_something_is_done() -> None:
    for reaction in engine().pack.reactions.values():
        assert reaction.to in get_args(Desk)
        assert (reaction.within is not None) == (reaction.do == "task")
        assert not any(is_flag(fact) for fact in reaction.was)
