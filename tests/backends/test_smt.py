"""The prover: formulas mean what the reference means, proofs hold, witnesses replay and are the smallest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.records import Deal
from kamrules.rules.lang import types as t
from kamrules.rules.lang.core import Compare, Const, Exists, Node, Or, Size, Tally, walk
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.rules.lang.typecheck import Scope, check
from kamrules.rules.plan import Plan, Rule
from kamrules.rules.planning import plan_pack, waiver_id
from kamrules.rules.verdict import Status
from kamrules.source import Text
from tests.backends.plans import core_of_text
from tests.lang import conformance
from tests.strategies import AS_OF, TEST_SCHEMA, core_of, records, typed_expressions

pytest.importorskip("z3")

from kamrules.rules.backends import reference, smt
from kamrules.rules.smtcode.claims import Claim, holds
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.encode import Encoder
from kamrules.rules.smtcode.facts import Domain, Facts, Spot
from kamrules.rules.smtcode.logic import Formula, NotSaidError, as_term
from kamrules.rules.smtcode.needs import Needs
from kamrules.rules.smtcode.records import pinned
from kamrules.rules.smtcode.search import Asked, Search
from kamrules.rules.smtcode.shrink import dropped, weigh
from kamrules.rules.smtcode.texts import Texts, asks_for_signs

ALL_TIME = Domain(date(1, 1, 1), date(9999, 12, 31))
_LISTS = {f"deal.{name}": 4 for name in ("people", "visits", "tags", "numbers")}
PROVER = smt.Prover(TEST_SCHEMA, timeout_ms=20_000)
SHORT = smt.Prover(TEST_SCHEMA, as_of=AS_OF, timeout_ms=1000, shrink_ms=500, domain=ALL_TIME)

# Formulas -----------------------------------------------------------------------------------------------


def _truth_by_z3(node: Node, record: dict[str, Any]) -> tuple[bool | None, bool]:
    """Return what the formulas say of a record, and whether doubles were computed with.

    NotSaidError: the formulas or z3 have no answer.
    """
    facts = Facts(ALL_TIME, Texts(asks_for_signs(node)), _LISTS)
    truth = Encoder(facts, Spot("deal", TEST_SCHEMA, True), AS_OF).truth(node)
    solver = z3.Solver()
    solver.set("timeout", 5000)
    solver.add(*[as_term(one) for one in (*facts.constraints, pinned(facts, record))])
    answer = solver.check()
    assert answer != z3.unsat, "a record the schema allows is ruled out"
    if answer != z3.sat:
        raise NotSaidError(solver.reason_unknown())
    model = solver.model()

    def says(formula: Formula) -> bool:
        return bool(z3.is_true(model.eval(as_term(formula), model_completion=True)))

    is_true, is_false = says(truth.true), says(truth.false)
    assert not (is_true and is_false)
    return True if is_true else False if is_false else None, facts.rounds


def test_conformance_rows_mean_the_same_to_z3() -> None:
    for row in conformance.ROWS:
        found, _ = _truth_by_z3(conformance.core_of(row), {"id": "d", **row.record})
        assert found is row.expected, row.id


def test_conditions_mean_the_same_to_z3() -> None:
    tried = answered = 0

    @settings(max_examples=150)
    @given(typed_expressions(), records())
    def run(expr: Any, record: Any) -> None:
        nonlocal tried, answered
        node = core_of(expr)
        tried += 1
        try:
            found, rounds = _truth_by_z3(node, record)
        except NotSaidError:
            return
        value = evaluate(node, record, AS_OF)
        if found is not (None if isinstance(value, Unknown) else value):
            assert rounds
            return
        answered += 1

    run()
    assert answered >= 0.9 * tried


@settings(max_examples=80)
@given(typed_expressions(), records())
def test_what_is_proved_holds_and_no_record_is_smaller_than_the_witness(expr: Any, record: Any) -> None:
    node = core_of(expr)
    proof = SHORT.prove(smt.never(node))
    shows = evaluate(node, record, AS_OF) is True
    if proof.status == "proved" and proof.for_any_length:
        assert not shows
    if proof.status == "refuted" and shows and proof.is_smallest:
        smaller = dropped(record, TEST_SCHEMA, AS_OF, lambda one, day: evaluate(node, one, day) is True)
        assert proof.witness is not None
        assert weigh(dict(proof.witness), TEST_SCHEMA) <= weigh(smaller, TEST_SCHEMA)


@settings(max_examples=40)
@given(typed_expressions(), typed_expressions(), records())
def test_what_two_conditions_are_proved_to_share_holds(one: Any, other: Any, record: Any) -> None:
    first, second = core_of(one), core_of(other)
    for claim in (smt.implies(first, second), smt.same(first, second), smt.covers([first, second])):
        proof = SHORT.prove(claim)
        if proof.status == "proved" and proof.for_any_length:
            assert not holds(claim.refuted_by, record, AS_OF)


# Claims with known answers ------------------------------------------------------------------------------


def _is_shown(claim: Claim, proof: smt.Proof) -> bool:
    assert proof.witness is not None
    assert proof.as_of is not None
    return holds(claim.refuted_by, proof.witness, proof.as_of)


def _text(*texts: str) -> list[Node]:
    return [core_of_text(text) for text in texts]


_TIERS = (
    "deal.n <= 20 && deal.people.exists(p, p.role == 'buyer' && p.influence > 5)",
    "deal.n <= 20 && !deal.people.exists(p, p.role == 'buyer' && p.influence > 5)",
    "deal.n > 20 && deal.people.filter(p, p.is_contacted).size() >= 2",
    "deal.n > 20 && deal.people.filter(p, p.is_contacted).size() < 2",
)


def test_a_table_with_lists_has_no_gap_and_no_overlap() -> None:
    rows = _text(*_TIERS)
    for claim in (smt.disjoint(rows), smt.covers(rows)):
        proof = PROVER.prove(claim)
        assert (proof.status, proof.for_any_length) == ("proved", True)


def test_an_overlap_of_two_rows_is_shown() -> None:
    rows = _text(*_TIERS[:3], "deal.n >= 20 && deal.people.filter(p, p.is_contacted).size() < 2")
    claim = smt.disjoint(rows)
    proof = PROVER.prove(claim)
    assert _is_shown(claim, proof)
    assert proof.witness is not None
    assert proof.witness["n"] == 20
    assert proof.is_smallest


def test_a_gap_between_two_rows_is_shown() -> None:
    rows = _text(*_TIERS[:3], "deal.n > 20 && deal.people.filter(p, p.is_contacted).size() < 1")
    claim = smt.covers(rows)
    proof = PROVER.prove(claim)
    assert _is_shown(claim, proof)
    assert proof.witness is not None
    assert proof.witness["people"] == [{"is_contacted": True}]


_NEVER = [
    "deal.n > 3 && deal.n < 4",
    "deal.stage == 'won' && deal.stage in ['open', 'lost']",
    "deal.limited > 100",
    "deal.amount > money('5.00 EUR') && deal.amount <= money('5.00 EUR')",
    "deal.people.exists(p, p.influence > 10)",
    "deal.people.all(p, p.is_contacted) && deal.people.exists(p, !p.is_contacted)",
    "deal.people.filter(p, p.influence > 3).size() > deal.people.filter(p, p.influence > 2).size()",
    "deal.people.filter(p, p.influence > 3).size() >= 5 && !(deal.people.size() >= 5)",
    "'a' in deal.tags && deal.tags.size() == 0",
    "deal.day < date('2020-01-01') && deal.day.getFullYear() == 2020",
    "deal.day + duration('30d') <= deal.day",
    "attested(deal.flag, 3) && !attested(deal.flag, 2)",
    "has(deal.account.region.code) && deal.account.region.code == 'x' && deal.account.region.code != 'x'",
    "deal.n / 0 == 1",
    "deal.n % 7 > 6",
    "deal.n + 1 < deal.n",
    "deal.name.startsWith('ab') && !deal.name.contains('b')",
    "deal.x < 0.5 && deal.x > 1.0",
]


@pytest.mark.parametrize("text", _NEVER)
def test_a_contradiction_is_proved(text: str) -> None:
    proof = PROVER.prove(smt.never(core_of_text(text)))
    assert proof.status == "proved", proof


_SOMETIMES = [
    *(text.replace("&& deal.n < 4", "&& deal.n <= 4") for text in _NEVER[:1]),
    "deal.day > date('2020-02-28') && deal.day < date('2020-03-01') && deal.day.getFullYear() == 2020",
    "deal.people.filter(p, p.influence > 3).size() == 3 && deal.people.size() == 4",
    "attested(deal.flag, 3)",
    "deal.name == 'a\\\\u{62}\"' || deal.name.size() > 3",
    "deal.name > 'zz' && deal.name.endsWith('!')",
    "deal.at - timestamp('2026-01-01T00:00:00Z') > duration('1h') && deal.at.getFullYear() == 2026",
    "deal.span > duration('3d') && deal.span < duration('4d')",
    "deal.people.all(p, p.influence > deal.n) && deal.people.size() == 2",
    "deal.x * 3.0 == 0.75",
    "deal.visits.exists(v, v.minutes > 5 && v.cost > money('2.00 EUR') && v.on < as_of)",
]


@pytest.mark.parametrize("text", _SOMETIMES)
def test_what_can_be_true_is_shown_by_a_record(text: str) -> None:
    claim = smt.never(core_of_text(text))
    proof = PROVER.prove(claim)
    assert proof.status == "refuted", proof
    assert _is_shown(claim, proof)


def test_more_evidence_is_enough_where_less_is() -> None:
    more, less = _text(
        "attested(deal.amount, 3) > money('1.00 EUR')", "attested(deal.amount, 1) > money('0.50 EUR')"
    )
    assert PROVER.prove(smt.implies(more, less)).status == "proved"
    proof = PROVER.prove(smt.implies(less, more))
    assert proof.witness == {"id": "a", "amount": 51}


def test_always_counts_a_missing_fact_and_covers_does_not() -> None:
    nodes = _text("deal.n > 5", "deal.n <= 5")
    either = Or(tuple(nodes))
    assert PROVER.prove(smt.always(either)).witness == {"id": "a"}
    assert PROVER.prove(smt.decided(either)).witness == {"id": "a"}
    assert PROVER.prove(smt.covers(nodes)).status == "proved"
    assert PROVER.prove(smt.always(core_of_text("has(deal.n) || !has(deal.n)"))).status == "proved"


def test_an_open_day_is_found_and_a_fixed_one_is_kept() -> None:
    node = core_of_text("as_of == date('2031-05-06') && as_of.getFullYear() == 2031")
    assert PROVER.prove(smt.never(node)).as_of == date(2031, 5, 6)
    assert smt.Prover(TEST_SCHEMA, as_of=AS_OF).prove(smt.never(node)).status == "proved"


def test_a_rule_that_was_sharpened_moves_deals_one_way_only() -> None:
    old, new = (Rule("r", node) for node in _text("deal.n > 5", "deal.n > 6"))
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown")
    found = {
        (before, after): PROVER.prove(smt.transition(old, new, before, after)).witness
        for before, after in product(statuses, statuses)
        if before != after
    }
    assert {move: record for move, record in found.items() if record} == {
        ("met", "unmet"): {"id": "a", "n": 6}
    }
    assert PROVER.prove(smt.same(old.when, new.when)).witness == {"id": "a", "n": 6}


@pytest.mark.parametrize("applies", [True, False, None])
@pytest.mark.parametrize("when", [True, False, None])
def test_statuses_are_those_of_the_reference(applies: bool | None, when: bool | None) -> None:
    rule = Rule("r", *_text("deal.flag", "deal.account.is_key"))
    record = {"id": "d", "flag": when, "account": {"is_key": applies}}
    (truth,) = reference.compile_plan(Plan(TEST_SCHEMA, (rule,))).run(record, AS_OF).truths
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown", "not_applicable")
    found = [status for status in statuses if holds(smt.status_is(rule, status), record, AS_OF)]
    names = {True: "met", False: "unmet", None: "unknown"}
    assert found == [names[truth] if isinstance(truth, bool | None) else "not_applicable"]


# Lists --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bound", "for_any_length"),
    [
        ("deal.n > 1 && deal.n < 1", None, True),
        ("deal.people.exists(p, p.influence > 10)", 1, True),
        ("deal.people.exists(p, p.influence > 10) && deal.people.exists(p, p.influence > 9)", 2, True),
        ("deal.people.exists(p, p.influence > 10) || deal.people.exists(p, p.influence < 0)", 1, True),
        ("deal.people.filter(p, p.influence > 10).size() >= 3", 3, True),
        ("deal.people.filter(p, p.influence > 10).size() > 3", 4, True),
        ("!(deal.people.filter(p, p.influence <= 10).size() != 3) && !has(deal.people)", 3, True),
        ("deal.people.size() * 2 + deal.tags.size() >= 7 && !has(deal.tags)", 7, True),
        ("deal.people.filter(p, p.influence > 10).size() > deal.tags.size()", 4, False),
        ("deal.people.size() - deal.tags.size() > 2 && !has(deal.tags)", 4, False),
        ("deal.people.filter(p, p.influence > 10).size() > 900", 24, False),
    ],
)
def test_a_proof_says_for_which_lists_it_holds(text: str, bound: int | None, for_any_length: bool) -> None:
    proof = PROVER.prove(smt.never(core_of_text(text)))
    assert (proof.status, proof.bound, proof.for_any_length) == ("proved", bound, for_any_length)
    assert for_any_length == (not proof.reason)


_LOOPS = (Exists, Tally, Size)
_LISTED = (
    typed_expressions().map(core_of).filter(lambda node: any(isinstance(one, _LOOPS) for one in walk(node)))
)


@settings(max_examples=30)
@given(_LISTED, _LISTED, st.sampled_from([True, False, None]))
def test_longer_lists_than_the_bound_change_no_answer(one: Node, other: Node, truth: bool | None) -> None:
    question = smt.both(smt.Is(one, frozenset({truth})), smt.Is(other, frozenset({False, None})))
    needs = Needs()
    sizes = needs.sizes(question)
    assume(not needs.open)
    longer = {path: sizes.get(path, 0) + 3 for path in _LISTS}
    answers = set()
    for size in (sizes, longer):
        with contextlib.suppress(NotSaidError):
            answers.add(Search(Asked(question), TEST_SCHEMA, "deal", AS_OF, ALL_TIME, 1000, 0, size).ask())
    assert len(answers - {"open"}) <= 1


def test_a_record_longer_than_the_bound_may_refute_what_is_proved_up_to_it() -> None:
    text = "deal.people.filter(p, p.influence > 9).size() - deal.tags.size() > 5 && deal.tags.size() == 0"
    proof = PROVER.prove(smt.never(core_of_text(text)))
    assert (proof.status, proof.for_any_length) == ("proved", False)
    assert "deal.people" in proof.reason
    record = {"tags": [], "people": [{"influence": 10}] * 6}
    assert evaluate(core_of_text(text), record, AS_OF) is True


# Small witnesses, by trying out every record ------------------------------------------------------------

TINY = t.Object(
    "Tiny",
    (
        t.Member("a", t.Bool(), claim=True),
        t.Member("n", t.Int(0, 2)),
        t.Member("kind", t.Enum(("x", "y"))),
        t.Member("at", t.Object("Place", (t.Member("m", t.Int(0, 1)),))),
        t.Member("items", t.ListOf(t.Object("Item", (t.Member("b", t.Bool()),)), nullable=True)),
    ),
)


def _tiny_records() -> Iterator[dict[str, Any]]:
    items: list[Any] = [None, {}, {"b": True}, {"b": False}]
    lists = [None, *([list(some) for size in range(3) for some in product(items, repeat=size)])]
    evidence = [None, {"a": {"level": "E0"}}, {"a": {"level": "E2"}}]
    places = [None, {"m": 0}, {"m": 1}]
    for a, n, kind, at, some, level in product(
        (None, True, False), (None, 0, 1, 2), (None, "x", "y"), places, lists, evidence
    ):
        record = {"a": a, "n": n, "kind": kind, "at": at, "items": some, "evidence": level}
        yield {name: value for name, value in record.items() if value is not None}


@pytest.mark.parametrize(
    "text",
    [
        "deal.a && deal.n > 0",
        "attested(deal.a, 2) || deal.n + deal.at.m > 2 && deal.kind == 'y'",
        "deal.items.exists(i, i.b) && deal.items.exists(i, !i.b)",
        "!has(deal.a) && (deal.n == 1 ? deal.items.size() == 2 : deal.at.m > 0 && deal.items.all(i, i.b))",
        "deal.items.filter(i, i.b).size() == 0 && deal.items.size() >= 1 || deal.a && deal.n == deal.at.m",
        "deal.items.exists(i, i.b == deal.a) && !attested(deal.a, 1)",
    ],
)
@pytest.mark.parametrize("truth", [True, False, None])
def test_no_record_is_smaller_than_the_witness(text: str, truth: bool | None) -> None:
    node = check(parse(Text(text)), Text(text), Scope("deal", TINY))
    claim = Claim("never", smt.Is(node, frozenset({truth})))
    proof = smt.Prover(TINY, as_of=AS_OF, timeout_ms=20_000, shrink_ms=20_000).prove(claim)
    weights = [weigh(one, TINY) for one in _tiny_records() if holds(claim.refuted_by, one, AS_OF)]
    assert proof.is_smallest
    assert proof.witness is not None
    assert weigh(dict(proof.witness), TINY) == min(weights)


# No silent pass -----------------------------------------------------------------------------------------


def test_what_takes_too_long_is_undecided() -> None:
    node = core_of_text("deal.n > 2 && deal.n * deal.n * deal.n == deal.limited * deal.n + 7919 * 7919")
    proof = smt.Prover(TEST_SCHEMA, timeout_ms=1).prove(smt.never(node))
    assert proof.status == "undecided"
    assert proof.witness is None
    assert "1 ms" in proof.reason


def test_what_is_true_of_reals_only_is_undecided() -> None:
    node = core_of_text("deal.x + 0.1 - 0.1 != deal.x")
    assert evaluate(node, {"x": 0.2}, AS_OF) is True
    proof = PROVER.prove(smt.never(node))
    assert (proof.status, "rounded" in proof.reason) == ("undecided", True)
    proof = PROVER.prove(smt.never(core_of_text("deal.x == 0.1 && deal.x + 0.2 == 0.3")))
    assert (proof.status, "rounded" in proof.reason) == ("undecided", True)


@pytest.mark.parametrize(
    ("text", "word"), [("deal.name == '\U0003abcd' && deal.name.size() == 2", "U+3ABCD")]
)
def test_what_z3_cannot_say_is_undecided_and_named(text: str, word: str) -> None:
    proof = PROVER.prove(smt.never(core_of_text(text)))
    assert (proof.status, word in proof.reason) == ("undecided", True)


def test_a_loop_inside_a_loop_is_undecided() -> None:
    people, tags = _text("deal.people.exists(p, p.influence > 5)", "deal.tags.exists(t, t == 'a')")
    assert isinstance(people, Exists)
    assert isinstance(tags, Exists)
    for body in (tags, Compare(">", Size(tags.range), Const(5, t.Int()))):
        proof = PROVER.prove(smt.never(Exists(people.range, people.var, body)))
        assert (proof.status, proof.reason) == ("undecided", "z3 has no word for a loop inside a loop")


def test_a_witness_that_does_not_replay_is_not_shown() -> None:
    proof = PROVER.prove(smt.never(core_of_text("deal.x * deal.x == 2.0")))
    assert (proof.status, "replayed" in proof.reason, proof.witness) == ("undecided", True, None)


def test_without_time_for_the_smallest_a_witness_has_nothing_to_spare() -> None:
    node = core_of_text("deal.people.filter(p, p.influence > 3).size() >= 2 && (deal.n > 7 || deal.flag)")
    proof = smt.Prover(TEST_SCHEMA, timeout_ms=20_000, shrink_ms=0).prove(smt.never(node))
    assert not proof.is_smallest
    assert proof.witness is not None
    record, day = dict(proof.witness), proof.as_of or AS_OF
    assert dropped(record, TEST_SCHEMA, day, lambda one, on: evaluate(node, one, on) is True) == record


def test_a_question_is_shown_as_smtlib() -> None:
    solver = z3.Solver()
    solver.from_string(PROVER.to_smtlib(smt.never(core_of_text("deal.n > 3 && deal.n < 4"))))
    assert solver.check() == z3.unsat


# The handbook -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def handbook() -> tuple[Plan, kr.Pack]:
    pack = kr.load_pack("handbook")
    return plan_pack(pack).plan, pack


def test_every_criterion_can_be_met_unmet_and_unknown(handbook: tuple[Plan, kr.Pack]) -> None:
    plan, pack = handbook
    prover = smt.Prover(plan.schema, timeout_ms=20_000, shrink_ms=100)
    statuses: tuple[Status, ...] = ("met", "unmet", "unknown")
    for rule in plan.rules:
        if rule.id in pack.criteria:
            for status in statuses:
                proof = prover.prove(smt.never(smt.status_is(rule, status)))
                assert proof.status == "refuted", (rule.id, status, proof)
                assert proof.witness is not None
                Deal.model_validate({"id": "D", **proof.witness})


def test_the_tiers_do_not_overlap_and_their_gap_is_shown(handbook: tuple[Plan, kr.Pack]) -> None:
    plan, _ = handbook
    prover = smt.Prover(plan.schema, timeout_ms=20_000)
    rows = [row.when for table in plan.tables if table.id == "tier" for row in table.rows]
    assert prover.prove(smt.disjoint(rows)).status == "proved"
    proof = prover.prove(smt.covers(rows))
    assert proof.status == "refuted"
    assert proof.witness is not None
    inside = [proof.witness["account"][name] <= 50 for name in ("rank_sales", "rank_profit")]
    assert sorted(inside) == [False, True]
    finding = next(rule for rule in plan.rules if rule.id == "unknown_tier")
    gap = smt.both(*(smt.Is(row, frozenset({False})) for row in rows))
    assert prover.prove(smt.implies(gap, finding.when)).status == "proved"


def test_no_red_lined_deal_passes_a_gate_that_names_the_line(handbook: tuple[Plan, kr.Pack]) -> None:
    plan, pack = handbook
    prover = smt.Prover(plan.schema, timeout_ms=20_000)
    rules = {rule.id: rule for rule in plan.rules}
    tried = 0
    for name, criterion in pack.criteria.items():
        for line in criterion.none_of or ():
            trips = smt.asked(rules[line].when)
            waiver = rules.get(waiver_id(line))
            if waiver is not None:
                trips = smt.both(trips, smt.is_not(waiver.when))
            proof = prover.prove(smt.implies(trips, smt.is_not(smt.status_is(rules[name], "met"))))
            assert (proof.status, proof.for_any_length) == ("proved", True), (name, line, proof)
            tried += 1
    assert tried > 0
