"""The conditions of workload W in the languages of other rule engines, printed from the core trees."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.workload import STANCE_POINTS, make_plan
from kamrules.rules.lang.core import (
    And,
    Arith,
    Compare,
    Const,
    Exists,
    Field,
    In,
    Node,
    Not,
    Or,
    Tally,
    Var,
    path_of,
    walk,
)  # fmt: skip
from kamrules.rules.lang.types import Bool
from kamrules.rules.plan import Plan

PLAN = make_plan()
ROWS = tuple((row, row.output) for row in PLAN.tables[0].rows[:-1])
# A comparison that fails of itself where a side is null.
NULL_SAFE = "=="


def scalar_rules(plan: Plan) -> tuple[str, ...]:
    """Return the rules without lists and arithmetic."""
    heavy = Exists | Tally | Arith
    return tuple(
        rule.id for rule in plan.rules if not any(isinstance(node, heavy) for node in walk(rule.when))
    )


def nodes() -> dict[str, Node]:
    return {rule.id: rule.when for rule in PLAN.rules}


def place(field: Field) -> str:
    """Return the path of a field without the record's own name."""
    return path_of(field).removeprefix("w.")


def missing_in(node: Node) -> list[Field]:
    """Return the fields below a comparison that may be missing."""
    return [one for one in dict.fromkeys(walk(node)) if isinstance(one, Field) and one.nullable]


# --- languages with infix operators


class Infix:
    """Prints conditions; subclasses say how their language writes each part."""

    both, either, deny, null, unequal = " && ", " || ", "!", "null", "!="

    def condition(self, node: Node) -> str:
        match node:
            case Const(value):
                return json.dumps(value)
            case Field():
                text = self.field(node)
                return f"({text} == true)" if node.nullable and isinstance(node.type, Bool) else text
            case Not(operand):
                return f"{self.deny}({self.condition(operand)})"
            case And(operands):
                return f"({self.both.join(map(self.condition, operands))})"
            case Or(operands):
                return f"({self.either.join(map(self.condition, operands))})"
            case Compare(op, left, right):
                guards = [] if op == NULL_SAFE else [self.present(field) for field in missing_in(node)]
                return f"({self.both.join([*guards, f'{self.value(left)} {op} {self.value(right)}'])})"
            case In(item, values):
                return f"({self.value(item)} in [{', '.join(json.dumps(one.value) for one in values)}])"
            case Exists():
                return self.exists(self.condition(node.body))
        raise AssertionError(node)

    def value(self, node: Node) -> str:
        match node:
            case Const(value):
                return json.dumps(value)
            case Field():
                return self.field(node)
            case Arith(op, left, right):
                return f"({self.value(left)} {op} {self.value(right)})"
            case Tally(_, _, body):
                return self.count(self.condition(body))
        raise AssertionError(node)

    def field(self, field: Field) -> str:
        return place(field)

    def present(self, field: Field) -> str:
        return f"{self.field(field)} {self.unequal} {self.null}"

    def exists(self, body: str) -> str:
        raise NotImplementedError

    def count(self, body: str) -> str:
        raise NotImplementedError

    def tier(self) -> str:
        text = '"D"'
        for row, output in reversed(ROWS):
            text = f'({self.condition(row.when)} ? "{output}" : {text})'
        return text


class CelText(Infix):
    def exists(self, body: str) -> str:
        return f"stakeholders.exists(s, {body})"

    def count(self, body: str) -> str:
        return f"size(stakeholders.filter(s, {body}))"

    def whole(self) -> str:
        rules = (f'"{name}": {self.condition(node)}' for name, node in nodes().items())
        return "{" + ", ".join([*rules, f'"tier": {self.tier()}']) + "}"


class CelHas(CelText):
    """For engines that refuse to compare with null: absent keys and `has`."""

    def condition(self, node: Node) -> str:
        if isinstance(node, Field) and node.nullable and isinstance(node.type, Bool):
            return f"(has({self.field(node)}) && {self.field(node)})"
        return super().condition(node)

    def present(self, field: Field) -> str:
        return f"has({self.field(field)})"


class ZenText(Infix):
    both, either, deny = " and ", " or ", "not "

    def field(self, field: Field) -> str:
        return (
            place(field).replace("s.", "#.", 1)
            if isinstance(field.base, Var) and field.base.name == "s"
            else place(field)
        )

    def exists(self, body: str) -> str:
        return f"some(stakeholders, {body})"

    def count(self, body: str) -> str:
        return f"count(stakeholders, {body})"

    def score(self) -> str:
        points = "0"
        for stance, number in STANCE_POINTS.items():
            points = f"(#.stance == '{stance}' ? {number} : {points})"
        mass = f"sum(map(stakeholders, #.influence * {points}))"
        weight = "sum(map(stakeholders, #.influence))"
        return (
            "10 * min([deal.visits ?? 0, 5]) / 5 + (deal.budget_confirmed == true ? 15 : 0)"
            " + (deal.need_documented == true ? 10 : 0) + 8 * (deal.tech_fit ?? 0) / 10"
            " - 5 * min([deal.competitor_count ?? 0, 4]) / 4 - 10 * min([deal.days_in_stage, 90]) / 90"
            f" + 12 * deal.probability + ({weight} > 0 ? 20 * {mass} / {weight} : 0)"
            " + 6 * count(stakeholders, #.contacted) / len(stakeholders)"
            " + (some(stakeholders, #.is_coach) ? 9 : 0)"
        )


class RuleEngineText(Infix):
    both, either, deny = " and ", " or ", "not "

    def exists(self, body: str) -> str:
        return f"([s for s in stakeholders if {body}].length > 0)"

    def count(self, body: str) -> str:
        return f"[s for s in stakeholders if {body}].length"

    def score(self) -> str:
        points = "0.0"
        for stance, number in STANCE_POINTS.items():
            points = f"(s.stance == '{stance}' ? {number} : {points})"
        mass = f"$sum([s.influence * {points} for s in stakeholders])"
        weight = "$sum([s.influence for s in stakeholders])"
        return (
            "10.0 * $min([deal.visits == null ? 0 : deal.visits, 5]) / 5"
            " + (deal.budget_confirmed == true ? 15 : 0) + (deal.need_documented == true ? 10 : 0)"
            " + 8 * (deal.tech_fit == null ? 0 : deal.tech_fit) / 10"
            " - 5 * $min([deal.competitor_count == null ? 0 : deal.competitor_count, 4]) / 4"
            " - 10 * $min([deal.days_in_stage, 90]) / 90 + 12 * deal.probability"
            f" + ({weight} > 0 ? 20 * {mass} / {weight} : 0)"
            f" + 6 * {self.count('s.contacted')} / stakeholders.length"
            f" + ({self.exists('s.is_coach')} ? 9 : 0)"
        )


class CelKeys(CelHas):
    """The compiled runner has no `has`, but finds keys of mappings."""

    def condition(self, node: Node) -> str:
        if isinstance(node, Field) and node.nullable and isinstance(node.type, Bool):
            return f"({self.present(node)} && {self.field(node)})"
        return super().condition(node)

    def present(self, field: Field) -> str:
        holder, name = self.field(field).rsplit(".", 1)
        return f'("{name}" in {holder})'


def zen_graph() -> dict[str, Any]:
    """Return W as a decision graph: conditions, a first-hit table, and the score side by side."""
    text = ZenText()
    expressions = [{"id": name, "key": name, "value": text.condition(node)} for name, node in nodes().items()]
    inputs = [
        "deal.value", "account.annual_sales_rank ?? 999999", "deal.budget_confirmed ?? false",
        "deal.probability", "deal.days_in_stage", "account.industry",
    ]  # fmt: skip
    rows = [
        [">= 200000", "<= 100", "", ">= 0.6", "", "", "A"],
        [">= 200000", "", "", ">= 0.4", "", "", "B"],
        ["", "<= 50", "true", "", "", "", "A"],
        ["[50000..200000)", "", "", ">= 0.5", "<= 60", "", "B"],
        [">= 50000", "", "", "", "", "'energy', 'health'", "C"],
        ["[20000..200000)", "", "", "", "", "", "C"],
        [*[""] * 6, "D"],
    ]
    table = {
        "hitPolicy": "first",
        "passThrough": False,
        "inputs": [{"id": f"i{n}", "name": f"i{n}", "field": field} for n, field in enumerate(inputs)],
        "outputs": [{"id": "o", "name": "tier", "field": "tier"}],
        "rules": [
            {"_id": f"r{n}", "o": json.dumps(row[-1]), **{f"i{m}": cell for m, cell in enumerate(row[:-1])}}
            for n, row in enumerate(rows)
        ],
    }
    score = {"expressions": [{"id": "score", "key": "score", "value": text.score()}], "passThrough": False}
    gates = {"expressions": expressions, "passThrough": False}
    kinds = {
        "in": ("inputNode", None), "gates": ("expressionNode", gates), "tier": ("decisionTableNode", table),
        "score": ("expressionNode", score), "out": ("outputNode", None),
    }  # fmt: skip
    edges = [
        ("in", "gates"),
        ("in", "tier"),
        ("in", "score"),
        ("gates", "out"),
        ("tier", "out"),
        ("score", "out"),
    ]
    return {
        "nodes": [
            {
                "id": name,
                "name": name,
                "type": kind,
                "position": {"x": 0, "y": 0},
                **({"content": content} if content else {}),
            }
            for name, (kind, content) in kinds.items()
        ],
        "edges": [
            {"id": f"e{n}", "sourceId": a, "targetId": b, "type": "edge"} for n, (a, b) in enumerate(edges)
        ],
    }


# --- JSONLogic


class JsonLogic:
    """Prints conditions as JSONLogic."""

    def condition(self, node: Node) -> Any:
        match node:
            case Const(value):
                return value
            case Field():
                read = self.value(node)
                return {"===": [read, True]} if node.nullable and isinstance(node.type, Bool) else read
            case Not(operand):
                return {"!": [self.condition(operand)]}
            case And(operands):
                return {"and": [self.condition(one) for one in operands]}
            case Or(operands):
                return {"or": [self.condition(one) for one in operands]}
            case Compare(op, left, right):
                test = {"===" if op == NULL_SAFE else op: [self.value(left), self.value(right)]}
                guards = [{"!==": [self.value(field), None]} for field in missing_in(node)]
                return {"and": [*guards, test]} if guards and op != NULL_SAFE else test
            case In(item, values):
                return {"in": [self.value(item), [one.value for one in values]]}
            case Exists(_, _, body):
                return {"some": [{"var": "stakeholders"}, self.condition(body)]}
        raise AssertionError(node)

    def value(self, node: Node) -> Any:
        match node:
            case Const(value):
                return value
            case Field():
                return {"var": place(node).removeprefix("s.")}
            case Arith(op, left, right):
                return {op: [self.value(left), self.value(right)]}
            case Tally(_, _, body):
                kept = {"filter": [{"var": "stakeholders"}, self.condition(body)]}
                return {"reduce": [kept, {"+": [{"var": "accumulator"}, 1]}, 0]}
        raise AssertionError(node)

    def tier(self) -> Any:
        branches = [part for row, output in ROWS for part in (self.condition(row.when), output)]
        return {"if": [*branches, "D"]}

    def score(self) -> Any:
        def total(term: Any) -> Any:
            return {"reduce": [{"var": "stakeholders"}, {"+": [{"var": "accumulator"}, term]}, 0]}

        def or_zero(path: str) -> Any:
            return {"if": [{"===": [{"var": path}, None]}, 0, {"var": path}]}

        def flag(path: str, points: int) -> Any:
            return {"if": [{"===": [{"var": path}, True]}, points, 0]}

        def part(points: float, amount: Any, most: int) -> Any:
            return {"/": [{"*": [points, {"min": [amount, most]}]}, most]}

        weight, mapped = {"var": "current.influence"}, []
        for stance, number in STANCE_POINTS.items():
            mapped += [{"===": [{"var": "current.stance"}, stance]}, number]
        mass = total({"*": [weight, {"if": [*mapped, 0]}]})
        mean = {"if": [{">": [total(weight), 0]}, {"/": [{"*": [20, mass]}, total(weight)]}, 0]}
        met = {"/": [{"*": [6, total({"if": [{"var": "current.contacted"}, 1, 0]})]}, total(1)]}
        coach = {"if": [{"some": [{"var": "stakeholders"}, {"var": "is_coach"}]}, 9, 0]}
        return {"+": [
            part(10, or_zero("deal.visits"), 5),
            flag("deal.budget_confirmed", 15), flag("deal.need_documented", 10),
            part(8, or_zero("deal.tech_fit"), 10), part(-5, or_zero("deal.competitor_count"), 4),
            part(-10, {"var": "deal.days_in_stage"}, 90), {"*": [12, {"var": "deal.probability"}]},
            mean, met, coach,
        ]}  # fmt: skip

    def whole(self) -> dict[str, Any]:
        rules = {name: self.condition(node) for name, node in nodes().items()}
        return {**rules, "tier": self.tier(), "score": self.score()}
