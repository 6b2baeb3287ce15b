"""Laws and examples of the supported stage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kamrules.rules.verdict import Status
from kamrules.scoring.milestones import Gate, Stage, judge_stage

GATES = [
    Gate("M1", ("M1.E1",), ("M1.X1", "M1.X2")),
    Gate("M2", ("M2.E1",), ("M2.X1",)),
    Gate("M3", (), ("M3.X1",)),
    Gate("M4", ("M4.E1",), ("M4.X1",)),
]
IDS = [name for gate in GATES for name in (*gate.entry, *gate.exit)]
ORDER = [None, "M1", "M2", "M3", "M4"]
STATUSES: st.SearchStrategy[Status] = st.sampled_from(["met", "unmet", "unknown", "not_applicable"])
ALL = st.fixed_dictionaries(dict.fromkeys(IDS, STATUSES))
CLAIMS = st.sampled_from(ORDER)


def stage_of(claimed: str | None = None, **changed: Status) -> Stage:
    statuses: dict[str, Status] = dict.fromkeys(IDS, "met")
    statuses.update({name.replace("_", "."): status for name, status in changed.items()})
    return judge_stage(GATES, statuses, claimed)


def test_all_met_is_complete_at_the_last_milestone() -> None:
    stage = stage_of("M4")
    assert (stage.supported, stage.claim, stage.is_complete) == ("M4", "supported", True)


def test_a_pack_without_milestones_has_no_stage() -> None:
    stage = judge_stage([], {}, "M1")
    assert (stage.supported, stage.is_complete, stage.gate, stage.milestones) == (None, False, (), ())


def test_the_next_gate_is_the_exit_of_here_and_the_entry_of_there() -> None:
    stage = stage_of("M1", M1_X2="unmet", M2_E1="unknown")
    assert stage.gate == ("M1.X1", "M1.X2", "M2.E1")
    assert (stage.blockers, stage.unknowns) == (("M1.X2",), ("M2.E1",))


def test_a_claim_may_be_not_proven_or_contradicted_or_behind() -> None:
    assert stage_of("M3", M2_X1="unknown").claim == "not_proven"
    assert stage_of("M3", M2_X1="unmet").claim == "contradicted"
    assert stage_of("M1").claim == "behind"
    assert stage_of(None).claim == "none"


def test_a_blocked_earlier_milestone_is_regressed_or_skipped() -> None:
    stage = stage_of("M4", M1_X1="unmet", M2_X1="unmet")
    assert (stage.regressed, stage.skipped) == (("M1",), ("M2",))


def test_without_the_first_entry_nothing_is_supported() -> None:
    stage = stage_of("M2", M1_E1="unknown")
    assert (stage.supported, stage.possible, stage.gate) == (None, "M4", ("M1.E1",))


def test_a_late_entry_reaches_its_milestone_without_the_ones_before() -> None:
    statuses: dict[str, Status] = dict.fromkeys(IDS, "met")
    statuses["M2.X1"] = "unmet"
    stage = judge_stage(GATES, statuses, "M4", {"M4": "met"})
    assert (stage.supported, stage.claim, stage.skipped) == ("M4", "supported", ())
    assert judge_stage(GATES, statuses, "M4", {"M4": "unmet"}).supported == "M2"


@given(ALL, CLAIMS)
def test_possible_is_never_before_supported(statuses: dict[str, Status], claimed: str | None) -> None:
    stage = judge_stage(GATES, statuses, claimed)
    assert ORDER.index(stage.supported) <= ORDER.index(stage.possible)


@given(ALL, st.data())
def test_every_completion_of_the_unknowns_lies_between(
    statuses: dict[str, Status], data: st.DataObject
) -> None:
    stage = judge_stage(GATES, statuses, None)
    filled: dict[str, Status] = {
        name: data.draw(st.sampled_from(["met", "unmet"])) if status == "unknown" else status
        for name, status in statuses.items()
    }
    truth = judge_stage(GATES, filled, None)
    assert ORDER.index(stage.supported) <= ORDER.index(truth.supported) <= ORDER.index(stage.possible)


@given(ALL, st.sampled_from(IDS))
def test_meeting_one_more_criterion_never_sets_a_deal_back(statuses: dict[str, Status], name: str) -> None:
    before = judge_stage(GATES, statuses, None)
    after = judge_stage(GATES, {**statuses, name: "met"}, None)
    assert ORDER.index(after.supported) >= ORDER.index(before.supported)
