"""Workload W in other rule engines.

A peer gives what it can: some of the 30 conditions, the tier, the score. They are two-valued, so a test on a
missing fact fails, as in the hand-written programs; null is asked for where their language needs it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from benchmarks.printers import (
    PLAN,
    ROWS,
    CelKeys,
    CelText,
    JsonLogic,
    RuleEngineText,
    ZenText,
    nodes,
    scalar_rules,
    zen_graph,
)  # fmt: skip
from benchmarks.workload import CONDITIONS, REGIONS, STAGES, Deal, make_deals
from kamrules.rules.lang.core import And, Compare, Const, Field, In, Node, Not, Or, walk
from kamrules.rules.lang.types import Bool

PeerResult = tuple[dict[str, bool], str | None, float | None]
INVERSE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}


class Peer:
    """One engine: what it expresses, and `load`, after which `judge(record)` gives its result."""

    name: ClassVar[str]
    module: ClassVar[str]
    rules: tuple[str, ...] = tuple(CONDITIONS)
    tier = True
    score = True
    batch = 0
    note = ""
    judge: Callable[[Deal], PeerResult]
    judge_many: Callable[[list[Deal]], list[PeerResult]]

    def load(self) -> None:
        raise NotImplementedError

    @property
    def share(self) -> float:
        """How much of the 30 conditions, the tier and the score is expressed."""
        return (len(self.rules) + self.tier + self.score) / (len(CONDITIONS) + 2)


def _split(found: dict[str, Any]) -> PeerResult:
    tier, score = found.pop("tier", None), found.pop("score", None)
    return found, tier, score


class ZenExpression(Peer):
    name, module, note = "ZEN, one compiled expression", "zen", "Rust"

    def load(self) -> None:
        import zen

        text = ZenText()
        parts = [f"{name}: {text.condition(node)}" for name, node in nodes().items()]
        parts += [f"tier: {text.tier()}", f"score: {text.score()}"]
        run = zen.compile_expression("{" + ", ".join(parts) + "}").evaluate
        self.judge = lambda record: _split(run(record))


class ZenDecision(Peer):
    name, module, note = "ZEN, decision graph", "zen", "Rust"

    def load(self) -> None:
        import zen

        self._engine = zen.ZenEngine()
        decision = self._engine.create_decision(json.dumps(zen_graph()))
        self.judge = lambda record: _split(decision.evaluate(record)["result"])


class ZenBatch(Peer):
    name, module, note, batch = "ZEN, decision graph, 500 at once", "zen", "Rust", 500

    def load(self) -> None:
        import zen

        content = {"w": zen_graph()}
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": content}})
        run = self._engine.evaluate_batch
        self.judge_many = lambda records: [
            _split(one["data"]["result"])
            for one in run([{"key": "w", "context": record} for record in records])
        ]
        self.judge = lambda record: self.judge_many([record])[0]


class CelCpp(Peer):
    name, module, score, note = (
        "cel-expr-python",
        "cel_expr_python.cel",
        False,
        "Google's C++; CEL has no sum",
    )

    def load(self) -> None:
        from cel_expr_python import cel

        kinds = {"account": cel.Type.DYN, "deal": cel.Type.DYN, "stakeholders": cel.Type.List(cel.Type.DYN)}
        run = cel.NewEnv(variables=kinds).compile(CelText().whole()).eval

        def judge(record: Deal) -> PeerResult:
            return _split({key: value.value() for key, value in run(data=record).value().items()})

        self.judge = judge


class CelRust(Peer):
    name, module, score, note = "common-expression-language", "cel", False, "Rust; CEL has no sum"

    def load(self) -> None:
        import cel

        run = cel.compile(CelText().whole()).execute
        self.judge = lambda record: _split(run(record))


class CelPy(Peer):
    name, module, score, note = "cel-python, compiled", "celpy", False, "pure Python; CEL has no sum"

    def load(self) -> None:
        import celpy

        text, env = CelKeys(), celpy.Environment(runner_class=celpy.CompiledRunner)
        programs = {name: env.program(env.compile(text.condition(node))) for name, node in nodes().items()}
        tier, convert = env.program(env.compile(text.tier())), celpy.json_to_cel

        def judge(record: Deal) -> PeerResult:
            facts = {key: convert(value) for key, value in _without_null(record).items()}
            found = {name: bool(program.evaluate(facts)) for name, program in programs.items()}
            return found, str(tier.evaluate(facts)), None

        self.judge = judge


def _without_null(record: Deal) -> Deal:
    holders = ("account", "deal")
    known = {name: {key: one for key, one in record[name].items() if one is not None} for name in holders}
    return {**known, "stakeholders": record["stakeholders"]}


class RuleEngine(Peer):
    name, module, note = "rule-engine", "rule_engine", "pure Python"

    def load(self) -> None:
        import rule_engine

        text = RuleEngineText()
        rules = {name: rule_engine.Rule(text.condition(node)) for name, node in nodes().items()}
        tier, score = rule_engine.Rule(text.tier()), rule_engine.Rule(text.score())

        def judge(record: Deal) -> PeerResult:
            found = {name: rule.matches(record) for name, rule in rules.items()}
            return found, tier.evaluate(record), float(score.evaluate(record))

        self.judge = judge


class Datalogic(Peer):
    name, module, note = "datalogic-py", "datalogic_py", "Rust, JSONLogic, one template"

    def load(self) -> None:
        import datalogic_py

        self._engine = datalogic_py.Engine(templating=True)
        run = self._engine.compile(JsonLogic().whole()).evaluate
        self.judge = lambda record: _split(run(record))


class Panzi(Peer):
    name, module, note = "panzi-json-logic", "json_logic", "pure Python, JSONLogic"

    def load(self) -> None:
        from json_logic import jsonLogic

        parts = JsonLogic().whole()
        tier, score = parts.pop("tier"), parts.pop("score")

        def judge(record: Deal) -> PeerResult:
            found = {name: bool(jsonLogic(part, record)) for name, part in parts.items()}
            return found, jsonLogic(tier, record), jsonLogic(score, record)

        self.judge = judge


# --- engines of flat facts: no lists, no arithmetic, a value that fails the test for what is missing

_NEVER_LOW = {"annual_sales_rank", "profit_rank", "decision_date_days"}


def flat_facts(record: Deal) -> dict[str, Any]:
    """Return the facts of the account and the deal in one mapping, sentinels for what is missing."""
    return {
        name: _sentinel(name) if value is None else value
        for holder in ("account", "deal")
        for name, value in record[holder].items()
    }


def _sentinel(name: str) -> Any:
    if name in _BOOLS:
        return False
    return 10**9 if name in _NEVER_LOW else -(10**9)


_BOOLS = {
    node.name
    for rule in PLAN.rules for node in walk(rule.when)
    if isinstance(node, Field) and isinstance(node.type, Bool)
}  # fmt: skip


class DurableRules(Peer):
    name, module, score, note = (
        "durable-rules",
        "durable.lang",
        False,
        "C; its safe form: flat facts, no state kept",
    )
    rules = scalar_rules(PLAN)

    def load(self) -> None:
        from durable import lang
        from durable.engine import MessageNotHandledException

        fired: list[str] = []
        with lang.ruleset("w"):
            for name in self.rules:
                lang.rule("all", True, self._condition(lang.m, nodes()[name]))(_remember(fired, name))
            for index, (row, _) in enumerate(ROWS):
                lang.rule("all", True, self._condition(lang.m, row.when))(_remember(fired, f"{index}"))

        def judge(record: Deal) -> PeerResult:
            fired.clear()
            fact = {"id": "1", **flat_facts(record)}
            for step in (lang.assert_fact, lang.retract_fact):
                try:
                    step("w", fact)
                except MessageNotHandledException:  # no rule wants the fact
                    break
            hits = set(fired)
            rows = sorted(int(name) for name in hits if name.isdigit())
            return {name: name in hits for name in self.rules}, ROWS[rows[0]][1] if rows else "D", None

        self.judge = judge

    def _condition(self, m: Any, node: Node, *, denied: bool = False) -> Any:
        match node:
            case Not(operand):
                return self._condition(m, operand, denied=not denied)
            case And(operands) | Or(operands):
                parts = [self._condition(m, one, denied=denied) for one in operands]
                whole = parts[0]
                for part in parts[1:]:
                    whole = whole & part if isinstance(node, And) is not denied else whole | part
                return whole
            case Field(_, name):
                return getattr(m, name) == (not denied)
            case In(item, values):
                whole = None
                for one in values:
                    test = getattr(m, _name(item)) == one.value
                    whole = test if whole is None else whole | test
                return whole
            case Compare(op, left, Const(value)):
                return _METHODS[INVERSE[op] if denied else op](getattr(m, _name(left)), value)
        raise AssertionError(node)


def _remember(fired: list[str], name: str) -> Callable[[Any], None]:
    def action(_: Any) -> None:
        fired.append(name)

    return action


def _name(node: Node) -> str:
    assert isinstance(node, Field)
    return node.name


_METHODS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


class BusinessRules(Peer):
    name, module, score, note = (
        "business-rules",
        "business_rules",
        False,
        "pure Python; lists have to be coded",
    )
    rules = scalar_rules(PLAN)

    def load(self) -> None:
        from business_rules import actions, fields, run_all, variables

        kinds = {
            bool: variables.boolean_rule_variable, str: variables.string_rule_variable,
            int: variables.numeric_rule_variable, float: variables.numeric_rule_variable,
        }  # fmt: skip

        def variable(name: str, sample: Any) -> Any:
            def read(facts: Any) -> Any:
                return facts.facts[name]

            read.__name__ = name
            return kinds[type(sample)]()(read)

        def start(facts: Any, record: Deal) -> None:
            facts.facts = flat_facts(record)

        members = {name: variable(name, value) for name, value in flat_facts(make_deals(1)[0]).items()}
        facts_class = type("Facts", (variables.BaseVariables,), {**members, "__init__": start})

        class Actions(actions.BaseActions):
            def __init__(self) -> None:
                self.fired: set[str] = set()

            @actions.rule_action(params={"name": fields.FIELD_TEXT})
            def fire(self, name: str) -> None:
                self.fired.add(name)

        rules = [self._rule(name, nodes()[name]) for name in self.rules]
        rows = [self._rule(output, row.when) for row, output in ROWS]

        def judge(record: Deal) -> PeerResult:
            facts, found, tiers = facts_class(record), Actions(), Actions()
            run_all(rules, facts, found)
            run_all(rows, facts, tiers, stop_on_first_trigger=True)
            return {name: name in found.fired for name in self.rules}, next(iter(tiers.fired), "D"), None

        self.judge = judge

    def _rule(self, name: str, node: Node) -> dict[str, Any]:
        condition = self._condition(node)
        whole = condition if set(condition) <= {"all", "any"} else {"all": [condition]}
        return {"conditions": whole, "actions": [{"name": "fire", "params": {"name": name}}]}

    def _condition(self, node: Node, *, denied: bool = False) -> dict[str, Any]:
        match node:
            case Not(operand):
                return self._condition(operand, denied=not denied)
            case And(operands) | Or(operands):
                word = "all" if isinstance(node, And) is not denied else "any"
                return {word: [self._condition(one, denied=denied) for one in operands]}
            case Field(_, name):
                return {"name": name, "operator": "is_false" if denied else "is_true", "value": None}
            case In(item, values):
                return {"any": [_equal(_name(item), one.value) for one in values]}
            case Compare("==", left, Const(value)):
                domain = {"region": REGIONS, "stage": STAGES}.get(_name(left), ())
                others = [one for one in domain if one != value]
                return (
                    {"any": [_equal(_name(left), one) for one in others]}
                    if denied
                    else _equal(_name(left), value)
                )
            case Compare(op, left, Const(value)):
                word = _WORDS[INVERSE[op] if denied else op]
                return {"name": _name(left), "operator": word, "value": value}
        raise AssertionError(node)


_WORDS = {
    "<": "less_than", "<=": "less_than_or_equal_to", ">": "greater_than", ">=": "greater_than_or_equal_to",
}  # fmt: skip


def _equal(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "operator": "equal_to", "value": value}


PEERS: tuple[type[Peer], ...] = (
    Datalogic, ZenExpression, ZenBatch, ZenDecision, CelCpp, CelRust, BusinessRules, DurableRules, Panzi,
    CelPy, RuleEngine,
)  # fmt: skip
