"""Tables and scorecards of a plan as code, with the meaning of `verdict.TableRows` and `points`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from kamrules.rules.lang.core import Node, OrValue, Tally, type_of
from kamrules.rules.lang.types import INT_MAX, INT_MIN, Count, Enum, Int
from kamrules.rules.plan import Entry, Flag, Mean, Row, Scale, Scorecard, Share, Table
from kamrules.rules.points import fraction, open_mean, open_points
from kamrules.rules.pycode import code
from kamrules.rules.pycode.branching import Step
from kamrules.rules.pycode.formula import TRUE, negate, tree_of
from kamrules.rules.pycode.kleene import Kleene, guard, is_certain
from kamrules.rules.pycode.translate import Translator
from kamrules.rules.pycode.values import Value, local_value, otherwise_none, range_of
from kamrules.rules.pycode.world import Env
from kamrules.rules.verdict import Points, TableRows


@dataclass(frozen=True, slots=True)
class Ends:
    """Code of the ends of some points; `high` is None where it always equals `low`."""

    low: ast.expr
    high: ast.expr | None = None


def write_table(table: Table, translator: Translator, env: Env) -> tuple[str, list[ast.stmt]]:
    """Return the local that will hold the TableRows, and the statements that fill it."""
    local = translator.world.names.fresh(f"table_{table.id}")
    if table.hit == "first":
        return local, _first_hit(table, local, translator, env)
    sure, maybe = translator.world.names.fresh("sure_"), translator.world.names.fresh("maybe_")
    body = [code.assign_all([sure, maybe], code.const(()))]
    for row, truth in _possible(table, translator, env):
        add, hold = (code.increase(one, code.const((row.id,))) for one in (sure, maybe))
        unknown = [] if is_certain(truth) else [code.when(tree_of(negate(truth.false)), [hold])]
        body.append(code.when(tree_of(truth.true), [add], unknown))
    body.append(code.assign(local, code.call("table_rows", code.name(sure), code.name(maybe))))
    return local, body


def _possible(table: Table, translator: Translator, env: Env) -> list[tuple[Row, Kleene]]:
    """Return the rows that are not seen to be false."""
    truths = [(row, translator.truth(row.when, env)) for row in table.rows]
    return [(row, truth) for row, truth in truths if truth.false != TRUE]


def _first_hit(table: Table, local: str, translator: Translator, env: Env) -> list[ast.stmt]:
    """Return a block that is left at the first row that surely holds."""
    maybe = translator.world.names.fresh("maybe_")
    body: list[ast.stmt] = []
    doubt = False
    for row, truth in _possible(table, translator, env):
        here = translator.world.refer(TableRows((row.id,)), "hit")
        if doubt:
            behind = code.binary("+", code.name(maybe), code.const((row.id,)))
            here = code.choose(code.name(maybe), code.call("table_rows", code.const(()), behind), here)
        body.append(code.when(tree_of(truth.true), [code.assign(local, here), ast.Break()]))
        if not is_certain(truth):
            doubt = True
            hold = code.increase(maybe, code.const((row.id,)))
            body.append(code.when(tree_of(negate(truth.false)), [hold]))
    nothing = code.call("table_rows", code.const(()), code.name(maybe))
    body.extend([code.assign(local, nothing), ast.Break()])
    return [code.assign(maybe, code.const(())), ast.While(code.const(True), body, [])]


def write_score(card: Scorecard, translator: Translator, env: Env) -> tuple[ast.expr, list[ast.stmt]]:
    """Return the code of the pair of ends of a scorecard, and the statements that go before it."""
    ends = [_entry(entry, translator, env) for entry in card.entries]
    low = translator.world.names.fresh(f"score_{card.id}")
    if all(end.high is None for end in ends):
        body = [code.assign(low, _sum(card.base, [end.low for end in ends]))]
        return code.pack([code.name(low), code.name(low)]), body
    body, lows, highs = [], [], []
    for entry, end in zip(card.entries, ends, strict=True):
        local = translator.world.names.fresh(f"points_{entry.id}")
        body.append(code.assign(local, end.low))
        lows.append(code.name(local))
        highs.append(code.name(local) if end.high is None else end.high)
    body.append(code.assign(low, _sum(card.base, lows)))
    return code.pack([code.name(low), _sum(card.base, highs)]), body


def _sum(base: float, trees: Sequence[ast.expr]) -> ast.expr:
    total = code.const(float(base))
    for tree in trees:
        total = code.binary("+", total, tree)
    return total


def _entry(entry: Entry, translator: Translator, env: Env) -> Ends:
    match entry:
        case Flag():
            return _flag(entry, translator, env)
        case Scale():
            return _scale(entry, translator, env)
        case Share():
            return _share(entry, translator, env)
        case Mean():
            return _mean(entry, translator, env)


def _flag(entry: Flag, translator: Translator, env: Env) -> Ends:
    truth = translator.truth(entry.when, env)
    earned, nothing = code.const(float(entry.points)), code.const(0.0)
    surely = code.choose(tree_of(truth.true), earned, nothing)
    if is_certain(truth):
        return Ends(surely)
    possibly = code.choose(tree_of(truth.false), nothing, earned)
    return Ends(surely, possibly) if entry.points >= 0 else Ends(possibly, surely)


def _open_ends(guards: Sequence[str], known: Ends, unknown: Points) -> Ends:
    """Return ends that are `unknown` where a guard is None."""
    if not guards:
        return known
    test = code.any_of([tree_of(negate(guard(local))) for local in guards])
    low = code.choose(test, code.const(unknown.low), known.low)
    return Ends(low, code.choose(test, code.const(unknown.high), known.high or known.low))


def _scale(entry: Scale, translator: Translator, env: Env) -> Ends:
    unknown = open_points(entry.points)
    node = entry.value
    if isinstance(type_of(node), Count):
        span = translator.lists.count(node, env)
        low, high = (_scaled(entry, end) for end in (span.low, span.high))
        if (entry.points < 0) is not (entry.high < entry.low):
            low, high = high, low
        return _open_ends(span.guards, Ends(low, None if span.is_exact else high), unknown)
    if isinstance(node, OrValue) and translator.world.locate(node.field, env).nullable:
        bound = translator.world.locate(node.field, env)
        default = node.default.value
        assert isinstance(default, int | float)
        held = _scaled(entry, local_value(bound.local, nullable=False), node.field)
        given = code.const(entry.points * fraction(default, entry.low, entry.high))
        return Ends(code.choose(tree_of(guard(bound.local)), held, given))
    value = translator.numbers.value(node, env)
    if value.loose or not value.is_plain:
        tree = code.call("in_range", value.tree) if value.loose else value.tree
        local = translator.world.bind(node, env, "scale_", otherwise_none(value.guards, tree))
        value = local_value(local, nullable=value.loose or bool(value.guards))
    return _open_ends(value.guards, Ends(_scaled(entry, value, node)), unknown)


def _scaled(entry: Scale, value: Value, node: Node | None = None) -> ast.expr:
    """Return `points * fraction(value)`, the bounds left out that the reach of `node` makes idle."""
    rising = entry.high >= entry.low
    share = value.tree if entry.low == 0 else code.binary("-", value.tree, code.const(float(entry.low)))
    if entry.high - entry.low != 1:
        share = code.binary("/", share, code.const(float(entry.high - entry.low)))
    tree = code.binary("*", code.const(float(entry.points)), share)
    least, most = (
        range_of(node) if node is not None and isinstance(type_of(node), Int) else (INT_MIN, INT_MAX)
    )
    inside = entry.low <= least and most <= entry.high
    if inside and rising and entry.low < entry.high:
        return tree
    low, high = code.const(float(entry.low)), code.const(float(entry.high))
    tree = code.choose(code.compare(value.tree, "<=" if rising else ">=", low), code.const(0.0), tree)
    full = code.compare(value.tree, ">=" if rising else "<=", high)
    return code.choose(full, code.const(float(entry.points)), tree)


def _share(entry: Share, translator: Translator, env: Env) -> Ends:
    span = translator.lists.count(Tally(entry.range, entry.var, entry.when), env)
    held = translator.world.locate(entry.range, env)
    total = translator.lists.length(entry.range, env)
    low, high = (_share_of(entry.points, end, total) for end in (span.low, span.high))
    if entry.points < 0:
        low, high = high, low
    ends = Ends(low, None if span.is_exact else high)
    return _open_ends((held.local,) if held.nullable else (), ends, open_points(entry.points))


def _share_of(points: float, part: Value, total: str) -> ast.expr:
    share = code.binary("*", code.const(float(points)), code.binary("/", part.tree, code.name(total)))
    return code.choose(code.name(total), share, code.const(0.0))


def _mean(entry: Mean, translator: Translator, env: Env) -> Ends:
    """Add up in the loop what is known in full; `points.mean_points` judges the rest."""
    bodies = (entry.value,) if entry.weight is None else (entry.value, entry.weight)
    held, loop, inner = translator.lists.enter(entry.range, entry.var, bodies, env)
    value = translator.numbers.value(entry.value, inner)
    one = Value("1.0", code.const(1.0))
    weight = one if entry.weight is None else translator.numbers.settled(entry.weight, inner)
    numbers = translator.world.refer_object(dict(entry.mapping), f"numbers_{entry.id}")
    mass, total, gaps = (
        translator.world.names.fresh(f"{what}_{entry.id}") for what in ("mass", "weight", "gaps")
    )
    loop.start.append(code.assign_all([mass, total], code.const(0.0)))
    missing = (held.local,) if held.nullable else ()
    kind = type_of(entry.value)
    mapped = isinstance(kind, Enum) and {text for text, _ in entry.mapping}.issuperset(kind.values)
    if mapped and not value.guards and not weight.guards:
        number: ast.expr = ast.Subscript(numbers, value.tree, ast.Load())
        loop.steps.extend(Step((), one) for one in _add(weight, number, mass, total))
        ends = Ends(_mean_of(entry, mass, total))
    else:
        loop.start.append(code.assign(gaps, ast.List([], ast.Load())))
        loop.steps.extend(_add_known(entry, translator, value, weight, numbers, (mass, total, gaps)))
        ends = _mean_ends(entry, translator, (mass, total, gaps))
    return _open_ends(missing, ends, open_mean(entry.points, [number for _, number in entry.mapping]))


def _add(weight: Value, number: ast.expr, mass: str, total: str) -> list[ast.stmt]:
    return [code.increase(total, weight.tree), code.increase(mass, code.binary("*", weight.tree, number))]


def _add_known(  # noqa: PLR0913, PLR0917 - the parts of one sum
    entry: Mean,
    translator: Translator,
    value: Value,
    weight: Value,
    numbers: ast.expr,
    sums: tuple[str, str, str],
) -> list[Step]:
    mass, total, gaps = sums
    number = translator.world.names.fresh(f"number_{entry.id}")
    text = value.tree if value.is_plain else otherwise_none(value.guards, value.tree)
    missing = [code.compare(code.name(local), "is", code.const(None)) for local in (number, *weight.guards)]
    gap = code.pack([code.name(number), otherwise_none(weight.guards, weight.tree)])
    append = ast.Expr(code.method(code.name(gaps), "append", gap))
    add = code.when(code.any_of(missing), [append], _add(weight, code.name(number), mass, total))
    return [Step((), code.assign(number, code.method(numbers, "get", text))), Step((), add)]


def _mean_of(entry: Mean, mass: str, total: str) -> ast.expr:
    mean = code.binary(
        "*", code.const(float(entry.points)), code.binary("/", code.name(mass), code.name(total))
    )
    return code.choose(code.compare(code.name(total), ">", code.const(0.0)), mean, code.const(0.0))


def _mean_ends(entry: Mean, translator: Translator, sums: tuple[str, str, str]) -> Ends:
    mass, total, gaps = sums
    numbers = code.const(tuple(number for _, number in entry.mapping))
    points = translator.world.names.fresh(f"mean_{entry.id}")
    worth, most = code.const(float(entry.points)), code.const(float(entry.weight_max))
    judged = code.call("mean_points", worth, *map(code.name, sums), numbers, most)
    closed = _mean_of(entry, mass, total)
    # The high end is asked for after the low one, which has bound the points.
    low = code.choose(code.name(gaps), code.attribute(code.walrus(points, judged), "low"), closed)
    return Ends(low, code.choose(code.name(gaps), code.attribute(code.name(points), "high"), closed))
