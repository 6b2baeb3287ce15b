"""Mutation of packs: which mistakes are tried, where they go, and which cases notice them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from kamrules.casefile import Case, case_files, read_cases, run_case
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError
from kamrules.mutation import MutationReport, Survivor, mutate
from kamrules.mutation.judging import Judge
from kamrules.mutation.mutants import mutants_of
from kamrules.mutation.sources import Parts, Sources
from kamrules.mutation.trees import turns
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.printer import core_text
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.pack import locate_pack
from kamrules.rules.plan import Rule
from kamrules.rules.planning import plan_pack, satisfied, waiver_id
from kamrules.source import Text

LAMP = Path(__file__).parent / "packs" / "lamp"
_ITEM = t.Object("Item", (t.Member("n", t.Int()), t.Member("ok", t.Bool(), claim=True)))
_DEAL = t.Object(
    "Deal",
    (
        t.Member("n", t.Int()),
        t.Member("ok", t.Bool()),
        t.Member("name", t.String()),
        t.Member("kind", t.Enum(("a", "b", "c"))),
        t.Member("on", t.Date()),
        t.Member("worth", t.Money("EUR")),
        t.Member("items", t.ListOf(_ITEM)),
        t.Member("tags", t.ListOf(t.String())),
    ),
)


def changed(text: str) -> list[str]:
    """Return the conditions that mutation makes of one."""
    node = check(parse(Text(text)), Text(text), Scope(root="deal", schema=_DEAL), t.Bool())
    return [core_text(turn.node) for turn in turns(node)]


@pytest.mark.parametrize(
    ("text", "mutants"),
    [
        ("deal.n < 5", ["deal.n <= 5", "deal.n >= 5", "deal.n < 4", "deal.n < 6"]),
        ("deal.n >= 0", ["deal.n > 0", "deal.n < 0", "deal.n >= 1"]),
        ('deal.kind == "a"', ['deal.kind != "a"']),
        ('deal.kind != "a"', ['deal.kind == "a"']),
        ("deal.ok && deal.n > 1", ["deal.ok || deal.n > 1"]),
        ("deal.ok || !deal.ok", ["deal.ok && !deal.ok", "deal.ok || deal.ok"]),
        ('deal.kind in ["a", "b"]', ['deal.kind in ["b"]', 'deal.kind in ["a"]']),
        ("has(deal.n)", ["!has(deal.n)", "true"]),
        ("!has(deal.n)", ["has(deal.n)", "false"]),
        ("deal.?ok.orValue(false)", ["deal.?ok.orValue(true)"]),
        ('deal.?kind.orValue("c") == "b"', ['deal.?kind.orValue("a") == "b"']),
        ('deal.?name.orValue("") == "x"', ['deal.?name.orValue("other") == "x"']),
        ("deal.items.exists(i, i.ok)", ["deal.items.all(i, i.ok)"]),
        ("deal.items.all(i, i.ok)", ["deal.items.exists(i, i.ok)"]),
        ('"x" in deal.tags', []),
        ("deal.items.filter(i, i.ok).size() >= 2", ["deal.items.filter(i, i.ok).size() >= 1"]),
        ("deal.items.exists(i, attested(i.ok, 4))", ["deal.items.exists(i, attested(i.ok, 3))"]),
        ("deal.ok ? deal.n > 1 : false", ["deal.ok ? false : deal.n > 1"]),
        ('deal.on > date("2026-01-31")', ['deal.on > date("2026-02-01")', 'deal.on > date("2026-01-30")']),
        ('deal.worth > money("10.00 EUR")', ['deal.worth > money("9.99 EUR")']),
        ('as_of - deal.on > duration("30d")', ['as_of - deal.on > duration("31d")']),
    ],
)
def test_a_condition_is_changed_at_one_node(text: str, mutants: list[str]) -> None:
    found = changed(text)
    assert set(mutants) <= set(found)
    assert text not in found
    assert bool(mutants) is bool(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("value", "others"),
    [
        (timedelta(hours=1), {timedelta(seconds=3599), timedelta(seconds=3601)}),
        (datetime(2026, 1, 1, tzinfo=UTC), {datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
                                            datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)}),
        (date.max, {date.max - timedelta(days=1)}),
        (0.0, {0.1}),
        (2.0, {1.8, 2.2}),
        (-1, {-2, 0}),
        (True, set()),
        ("x", set()),
    ],
)  # fmt: skip
def test_a_constant_is_moved_by_one_unit_of_its_type(value: core.Scalar, others: set[core.Scalar]) -> None:
    found = {turn.node for turn in turns(core.Const(value, t.Int()))}
    assert {node.value for node in found if isinstance(node, core.Const)} == others


def test_what_is_shown_is_the_condition_around_the_change() -> None:
    text = "deal.ok && deal.n + 1 > 5"
    node = check(parse(Text(text)), Text(text), Scope(root="deal", schema=_DEAL), t.Bool())
    shown = {(core_text(turn.before), core_text(turn.after)) for turn in turns(node)}
    assert ("deal.n + 1 > 5", "deal.n + 2 > 5") in shown


# --- a small pack


@pytest.fixture(scope="module")
def lamp() -> Engine:
    return compile(load_pack(LAMP))


@pytest.fixture(scope="module")
def lamp_cases() -> tuple[Case, ...]:
    return read_cases(LAMP / "lamp.cases.yaml").cases


@pytest.fixture(scope="module")
def report(lamp: Engine, lamp_cases: tuple[Case, ...]) -> MutationReport:
    return mutate(lamp, lamp_cases)


def survivors(report: MutationReport, name: str) -> dict[str, bool]:
    return {one.mutant.what: one.never_differed for one in report.survivors if one.mutant.rule == name}


def test_a_definition_pinned_at_its_boundary_has_no_survivors(report: MutationReport) -> None:
    assert survivors(report, "def.is_saving") == {}


def test_a_value_that_no_case_needs_survives_and_never_differs(report: MutationReport) -> None:
    assert survivors(report, "C2") == {"`green` dropped": True}


def test_a_change_that_no_case_expects_survives_though_it_differs(report: MutationReport) -> None:
    assert survivors(report, "F1")["== to !="] is True
    assert survivors(report, "size")["output turned"] is False


def test_rows_outputs_points_and_gates_are_changed(lamp: Engine) -> None:
    sources = Sources(lamp.pack, lamp.plan)
    found = {(mutant.rule, mutant.what) for mutant in mutants_of(sources)}
    assert {
        ("size", "rows swapped"),
        ("size", "output turned"),
        ("size.high", "> to >="),
        ("health.bright", "points less"),
        ("health.bright", "points turned"),
        ("C3", "all_of to any"),
        ("C3", "`C1` dropped"),
    } <= found


def test_a_change_goes_wherever_its_text_is_read(lamp: Engine) -> None:
    sources = Sources(lamp.pack, lamp.plan)
    path = ("defs", "is_saving", "expr")
    parts = sources.made({path: sources.texts[path]})
    assert set(parts.rules) == {"C1", "R1"}
    assert set(parts.gates) == {"C3", "C4"}
    path = ("criteria", "C2", "met_when")
    assert set(sources.made({path: sources.texts[path]}).gates) == {"C3"}


def test_survivors_say_where_what_and_why(report: MutationReport) -> None:
    shown = next(str(one) for one in report.survivors if one.mutant.what == "`green` dropped")
    assert shown.endswith(
        'lamp/pack.yaml:32:15: C2: `green` dropped: `deal.colour in ["red", "green"]` became '
        '`deal.colour in ["red"]` (same on every case, perhaps equivalent)'
    )
    count = len(report.survivors)
    assert str(report) == (
        f"mutants {report.mutants}, killed {report.killed}, survived {count} ({report.survived_pct:.1f} %)"
    )


def test_another_case_kills_a_survivor(lamp: Engine, lamp_cases: tuple[Case, ...], tmp_path: Path) -> None:
    path = tmp_path / "more.cases.yaml"
    cases = "[{name: a, given: {colour: green}, expect: {C2: met}}]"
    path.write_text(f"pack: x\nas_of: 2026-06-30\ncases: {cases}\n")
    found = mutate(lamp, (*lamp_cases, *read_cases(path).cases), only=["C2"])
    assert survivors(found, "C2") == {}


def test_only_takes_ids_of_every_kind(lamp: Engine) -> None:
    for name in ("C3", "R1", "F1", "size", "size.high", "high", "health", "bright", "def.is_saving"):
        assert mutate(lamp, [], only=[name]).mutants
    with pytest.raises(ArgumentError, match="nothing to mutate has the id `C9`; did you mean `C3`"):
        mutate(lamp, [], only=["C9"])


def test_without_cases_everything_survives(lamp: Engine) -> None:
    found = mutate(lamp, [], only=["R1"])
    assert (found.killed, found.survived_pct) == (0, 100)
    assert MutationReport(0, ()).survived_pct == 0


def test_a_sample_is_the_same_for_the_same_seed(lamp: Engine, lamp_cases: tuple[Case, ...]) -> None:
    def of(seed: int) -> tuple[Survivor, ...]:
        return mutate(lamp, lamp_cases, limit=20, seed=seed).survivors

    assert of(1) == of(1)
    assert mutate(lamp, lamp_cases, limit=20).mutants == 20


def test_progress_counts_to_the_end(lamp: Engine) -> None:
    seen: list[tuple[int, int]] = []
    mutate(lamp, [], limit=5, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(count, 5) for count in range(1, 6)]


# --- verdicts of the judge are those of an engine compiled from the changed plan


def compiled(engine: Engine, parts: Parts, whole: Parts) -> Engine:
    """Return the engine of the plan with these parts, gates written out."""
    rules = {rule.id: rule for rule in engine.plan.rules} | dict(parts.rules)

    def gate(name: str) -> core.Node:
        joined = parts.gates.get(name, whole.gates[name]).joined
        if joined.form == "all_of":
            nodes = (gate(other) if other in whole.gates else satisfied(rules[other]) for other in joined.ids)
        else:
            nodes = (
                core.Or((core.Not(rules[other].when), rules[waiver_id(other)].when)) for other in joined.ids
            )
        return joined.kind(tuple(nodes))

    rules |= {name: Rule(name, gate(name)) for name in parts.gates}
    tables = tuple(parts.tables.get(table.id, table) for table in engine.plan.tables)
    cards = tuple(
        replace(card, entries=tuple(parts.entries.get(entry.id, entry) for entry in card.entries))
        for card in engine.plan.scorecards
    )
    planned = plan_pack(engine.pack)
    plan = replace(planned.plan, rules=tuple(rules.values()), tables=tables, scorecards=cards)
    return Engine(engine.pack, replace(planned, plan=plan))


def test_a_mutant_is_killed_exactly_when_its_own_engine_fails_a_case(
    lamp: Engine, lamp_cases: tuple[Case, ...]
) -> None:
    sources = Sources(lamp.pack, lamp.plan)
    whole = sources.all()
    judge = Judge(lamp, lamp_cases, whole)
    for mutant in mutants_of(sources):
        parts = sources.made(mutant.edit)
        own = compiled(lamp, parts, whole)
        failed = [case.name for case in lamp_cases if run_case(own, case)]
        killer = judge.killer(parts)
        assert (killer is not None) == bool(failed), str(mutant)
        assert killer is None or killer.name in failed, str(mutant)


# --- the handbook: what mutation takes for the pack is the pack


@pytest.fixture(scope="module")
def handbook_cases() -> list[Case]:
    folder = locate_pack("handbook")[0].parent
    return [case for path in case_files(folder) for case in read_cases(path).cases]


def test_without_a_change_the_parts_are_those_of_the_plan(engine: Engine) -> None:
    parts = Sources(engine.pack, engine.plan).all()
    rules = {rule.id: rule for rule in engine.plan.rules}
    assert {name: rules[name] for name in parts.rules} == parts.rules
    unseen = {name for name in rules if name not in parts.rules and name not in parts.gates}
    assert all(name.endswith(".offered") or name == "plays_when" for name in unseen)
    assert list(parts.tables.values()) == list(engine.plan.tables)
    assert tuple(parts.entries.values()) == engine.plan.scorecards[0].entries


def test_without_a_change_every_case_is_judged_as_it_expects(
    engine: Engine, handbook_cases: list[Case]
) -> None:
    parts = Sources(engine.pack, engine.plan).all()
    judge = Judge(engine, handbook_cases, parts)
    for trial in judge._trials:
        assert judge.seen(trial, Parts(), {}) == trial.case.expect, trial.case.name


def test_without_a_change_rules_and_gates_have_the_truth_of_the_engine(
    engine: Engine, handbook_cases: list[Case]
) -> None:
    parts = Sources(engine.pack, engine.plan).all()
    judge = Judge(engine, handbook_cases[::25], parts)
    assert [judge._changed(trial, parts) for trial in judge._trials] == [{} for _ in judge._trials]
