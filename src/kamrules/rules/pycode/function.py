"""The one function of a plan: reads, loops, bindings, tables and scores, and last the tuple it returns."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from kamrules.rules.lang.core import Node, Tally
from kamrules.rules.lang.ops import arithmetic, in_range
from kamrules.rules.lang.reference import read
from kamrules.rules.plan import Flag, Plan, Rule, Scale, Share
from kamrules.rules.points import mean_points
from kamrules.rules.pycode import code
from kamrules.rules.pycode.formula import tree_of
from kamrules.rules.pycode.kleene import is_certain, three_of
from kamrules.rules.pycode.reading import Access, as_double, read_double, style_of
from kamrules.rules.pycode.scores import write_score, write_table
from kamrules.rules.pycode.shapes import Shapes
from kamrules.rules.pycode.translate import Translator
from kamrules.rules.pycode.world import Bound, Env, World
from kamrules.rules.verdict import NA, TableRows

# What a record that does not look as expected raises, before the careful program looks at it.
SURPRISES = (KeyError, AttributeError, TypeError, ValueError, OverflowError)
NAME = "run_plan"


@dataclass(frozen=True, slots=True)
class Written:
    """A module with one function, and the names its code refers to; `careful` is still missing there."""

    module: ast.Module
    namespace: dict[str, Any]


@lru_cache(maxsize=4096)
def table_rows(sure: tuple[str, ...], maybe: tuple[str, ...]) -> TableRows:
    """Return the rows of a table, the same object for the same rows."""
    return TableRows(sure, maybe)


def level_of(
    evidence: Any, name: str, assumed: int, half_life: int | None = None, day: date | None = None
) -> int:
    """Return the level of a fact on a day, or `assumed`; as `lang.reference.level_of` of its holder."""
    proof = _member(evidence, name)
    level = None if proof is None else _member(proof, "level")
    if level is None:
        return assumed
    number = int(level[1:])
    at = None if half_life is None else _member(proof, "at")
    if half_life is None or at is None or day is None:
        return number
    days: int = (day - at).days
    return max(number - max(days, 0) // half_life, 0)


def _member(holder: Any, name: str) -> Any:
    # Most evidence is a dict, and asking whether something is any mapping is slow.
    return holder.get(name) if type(holder) is dict else read(holder, name)


def write_function(plan: Plan, access: Access, *, checked: bool) -> Written:
    """Return the function of a plan, which gives the tuple of truths, tables and ends of scores."""
    world = World(_shapes(plan))
    translator = Translator(world, careful=access == "any")
    record, as_of = world.names.fresh(f"{plan.root}_"), world.names.fresh("as_of")
    env = {plan.root: Bound(record, False, world.root), "as_of": Bound(as_of, False, world.root)}
    truths = [_rule(rule, translator, env) for rule in plan.rules]
    tables = [write_table(table, translator, env) for table in plan.tables]
    scores = [write_score(card, translator, env) for card in plan.scorecards]
    result = [
        code.pack(truths),
        code.pack([code.name(local) for local, _ in tables]),
        code.pack([tree for tree, _ in scores]),
    ]
    hand_over = code.give(code.call("careful", code.name(record), code.name(as_of)))
    style = style_of(world, access, hand_over if checked else None)
    body = [
        *world.root.statements(style),
        *(statement for _, body in (*tables, *scores) for statement in body),
        code.give(code.pack(result)),
    ]
    if access != "any":
        handler = ast.ExceptHandler(code.name("SURPRISES"), None, [hand_over])
        body = [ast.Try(body, [handler], [], [])]
    return Written(_module(record, as_of, body), {**_NAMESPACE, **world.namespace})


_NAMESPACE: dict[str, Any] = {
    "__builtins__": {}, "len": len, "type": type, "NA": NA, "SURPRISES": SURPRISES,
    "LEAST": float("-inf"), "MOST": float("inf"), "read": read, "read_double": read_double,
    "as_double": as_double, "in_range": in_range, "arithmetic": arithmetic, "level_of": level_of,

    "table_rows": table_rows, "mean_points": mean_points,
}  # fmt: skip


def _module(record: str, as_of: str, body: list[ast.stmt]) -> ast.Module:
    # Parsing a text of ours gives the fields that newer versions of Python add.
    module = ast.parse(f"def {NAME}(record, as_of): pass")
    function = module.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args.args[0].arg, function.args.args[1].arg = record, as_of
    function.body = body
    return code.placed(module)


def load(written: Written, careful: Callable[..., Any] | None, run: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function; `run` executes the code of the module in its namespace."""
    namespace = {**written.namespace, "careful": careful}
    run(compile(written.module, "<kamrules plan>", "exec"), namespace)
    function: Callable[..., Any] = namespace[NAME]
    return function


def _shapes(plan: Plan) -> Shapes:
    shapes = Shapes()
    for node in _nodes(plan):
        shapes.count(node)
    return shapes


def _nodes(plan: Plan) -> list[Node]:
    found = [node for rule in plan.rules for node in (rule.when, rule.applies) if node is not None]
    found.extend(row.when for table in plan.tables for row in table.rows)
    for card in plan.scorecards:
        for entry in card.entries:
            match entry:
                case Flag(when=node) | Scale(value=node):
                    found.append(node)
                case Share(_, _, range_, var, when):
                    found.append(Tally(range_, var, when))
    return found


def _rule(rule: Rule, translator: Translator, env: Env) -> ast.expr:
    """Return the truth of a rule: NA, or Kleene `!applies || when`."""
    when = translator.truth(rule.when, env)
    if rule.applies is None:
        return three_of(when)
    applies = translator.bound_truth(rule.applies, env)
    met = three_of(when)
    if not is_certain(applies):
        unsure = code.choose(tree_of(when.true), code.const(True), code.const(None))
        met = code.choose(tree_of(applies.true), met, unsure)
    return code.choose(tree_of(applies.false), code.name("NA"), met)
