"""The cheapest steps to a plain goal, without a solver.

A goal is plain when each part of it that fails hangs on one fact that may be touched, or on one element that
a list lacks. What each needs is then a lower bound of its own, the needs share nothing, and their sum is the
least there is. Anything else is left to `exact.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from kamrules.rules.actions import Action
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.lang.reference import Env, Place, evaluate, level_of, value_of
from kamrules.rules.lang.rewrite import conjuncts
from kamrules.rules.paths.problem import Path, Problem, Step, applied
from kamrules.rules.paths.schedule import ANY_TEXT, on_their_days, plainer, scheduled
from kamrules.rules.places import value_at


class _NotPlainError(Exception):
    """The goal is not plain."""


def plain_path(problem: Problem) -> Path | None:
    """Return the cheapest path to a plain goal; None when the goal is not plain, or may not be reachable."""
    try:
        steps = tuple(_steps(problem))
    except _NotPlainError:
        return None
    dated, day = scheduled(problem, steps, problem.as_of)
    moved = on_their_days(problem, dated)
    if not problem.replays(moved, day):
        return None
    acts: dict[tuple[str, str], int] = {}
    for step in moved:
        is_shared = problem.action_of(step).together and step.kind != "add"
        acts[step.action, step.path.rpartition(".")[0] if is_shared else f"{step.kind} {step.path}"] = (
            step.cost
        )
    return Path(plainer(problem, moved, day), day, sum(acts.values()))


def _steps(problem: Problem) -> Iterator[Step]:
    env: Env = {
        problem.root: Place(problem.record, problem.root),
        "as_of": Place(problem.as_of, "as_of"),
    }
    wanted: dict[str, list[core.Node]] = {}
    lacking: dict[str, core.Exists] = {}
    places: dict[str, core.Field] = {}
    for node in problem.goal.values():
        for part in conjuncts(node):
            if value_of(part, env) is True:
                continue
            if isinstance(part, core.Exists):
                path = core.path_of(part.range)
                if lacking.get(path, part) != part or not _is_out_of_reach(problem, part, env):
                    raise _NotPlainError
                lacking[path] = part
                continue
            place = _only_touchable(problem, part)
            path = core.path_of(place)
            places[path] = place
            if part not in wanted.setdefault(path, []):
                wanted[path].append(part)
    for path, parts in wanted.items():
        yield from _for_fact(problem, places[path], parts)
    for path, part in lacking.items():
        yield _for_list(problem, path, part)


def _fields(node: core.Node) -> Iterator[core.Field]:
    """Yield the facts a condition reads."""
    match node:
        case core.Field() if not isinstance(node.type, t.Object):
            yield node
        case _:
            for child in core.children(node):
                yield from _fields(child)


def _only_touchable(problem: Problem, part: core.Node) -> core.Field:
    """Return the one fact of a condition that may be touched."""
    if any(isinstance(one, core.Exists | core.Tally | core.Size) for one in core.walk(part)):
        raise _NotPlainError
    found = {core.path_of(field): field for field in _fields(part)}
    able = [field for path, field in found.items() if _touch(problem, path) is not None]
    if len(able) != 1:
        raise _NotPlainError
    return able[0]


def _touch(problem: Problem, path: str) -> Action | None:
    """Return the action that gives a fact another value."""
    return problem.actions.on("find_out" if value_at(problem.record, path) is None else "change", path)


def _for_fact(problem: Problem, place: core.Field, parts: list[core.Node]) -> Iterator[Step]:
    """Yield what makes conditions on one fact true."""
    path = core.path_of(place)
    now = value_at(problem.record, path)
    holder = value_at(problem.record, path.rpartition(".")[0]) or {}
    recorded = ((holder.get("evidence") or {}).get(place.name) or {}).get("level")
    asked = [one for part in parts for one in core.walk(part) if isinstance(one, core.Attested)]
    least = max((one.minimum for one in asked), default=0)
    level = max((one.assumed for one in asked), default=0)
    if recorded is not None:
        ages = [one.half_life for one in asked if one.half_life is not None]
        level = level_of(holder, place.name, 0, min(ages, default=None), problem.as_of)
    action = _touch(problem, path)
    assert action is not None
    bare = [_without_evidence(part) for part in parts]
    if now is None or not all(_holds(problem, part, path, now) for part in bare):
        able = [
            one
            for one in _candidates(place.type, action, bare, problem)
            if (not action.to or one in action.to) and all(_holds(problem, part, path, one) for part in bare)
        ]
        if not able:
            raise _NotPlainError
        value = able[0]
        yield Step("find_out" if now is None else "change", action.id, path, action.cost, value)
    if level < least:
        confirm = problem.actions.on("confirm", path)
        if confirm is None:
            raise _NotPlainError
        yield Step("confirm", confirm.id, path, confirm.cost, level=f"E{least}")


def _without_evidence(node: core.Node) -> core.Node:
    match node:
        case core.Attested(field):
            return field
        case core.Compare(op, left, right):
            return core.Compare(op, _without_evidence(left), _without_evidence(right))
        case core.In(item, values):
            return core.In(_without_evidence(item), values)
        case core.Not(operand):
            return core.Not(_without_evidence(operand))
        case core.And(operands):
            return core.And(tuple(map(_without_evidence, operands)))
        case core.Or(operands):
            return core.Or(tuple(map(_without_evidence, operands)))
    if any(isinstance(one, core.Attested) for one in core.walk(node)):
        raise _NotPlainError
    return node


def _holds(problem: Problem, part: core.Node, path: str, value: Any) -> bool:
    changed = applied(problem.record, (Step("change", "", path, 0, value),))
    return evaluate(part, changed, problem.as_of, root=problem.root) is True


def _candidates(kind: t.Type, action: Action, parts: Iterable[core.Node], problem: Problem) -> Iterator[Any]:
    """Yield values that may make conditions true, plain ones first."""
    match kind:
        case t.Bool():
            options: list[Any] = [True, False]
        case t.Enum(values):
            options = list(values)
        case t.String():
            options = [ANY_TEXT, *_constants(parts, str)]
        case t.Date():
            day = action.earliest(problem.as_of)
            options = [day, problem.as_of, *_constants(parts, date)]
        case t.Timestamp():
            options = [datetime.combine(action.earliest(problem.as_of), time(), UTC)]
        case t.Int() | t.Money():
            near = [number + step for number in _constants(parts, int) for step in (0, 1, -1)]
            low, high = (kind.low, kind.high) if isinstance(kind, t.Int) else (0, t.INT_MAX)
            options = [number for number in (0, low, *near) if low <= number <= high]
        case t.Double():
            options = [0.0, *_constants(parts, float), *(number + 1 for number in _constants(parts, float))]
        case t.Duration():
            options = [timedelta()]
        case _:
            raise _NotPlainError
    yield from options


def _constants(parts: Iterable[core.Node], kind: type) -> list[Any]:
    return [
        one.value
        for part in parts
        for one in core.walk(part)
        if isinstance(one, core.Const) and isinstance(one.value, kind) and not isinstance(one.value, bool)
    ]


def _is_out_of_reach(problem: Problem, part: core.Exists, env: Env) -> bool:
    """Whether no element on file can be made one that is asked for, because of what nobody may touch."""
    path = core.path_of(part.range)
    elements = value_at(problem.record, path)
    if elements is None:
        return False
    for index, element in enumerate(elements):
        inner = {**env, part.var.name: Place(element, f"{path}[{index}]")}
        fixed = [
            one
            for one in conjuncts(part.body)
            if all(
                not core.path_of(field).startswith(f"{part.var.name}.")
                or (
                    (element or {}).get(field.name) is not None
                    and problem.actions.on("change", f"{path}.{field.name}") is None
                )
                for field in _fields(one)
            )
        ]
        if not any(value_of(one, inner) is False for one in fixed):
            return False
    return True


def _for_list(problem: Problem, path: str, part: core.Exists) -> Step:
    """Return the element that a list lacks."""
    able = [
        (action, element)
        for action in problem.actions.additions(path)
        if (element := _element(problem, part, action)) is not None
    ]
    if len(able) != 1:
        raise _NotPlainError
    action, element = able[0]
    place = len(value_at(problem.record, path) or [])
    return Step("add", action.id, f"{path}[{place}]", action.cost, element)


def _element(problem: Problem, part: core.Exists, action: Action) -> dict[str, Any] | None:
    """Return an element of which the condition and the action's own hold; None if there is none."""
    bodies = [(part.var, one) for one in conjuncts(part.body)]
    if action.when is not None and action.var is not None:
        bodies += [(action.var, one) for one in conjuncts(action.when)]
    element: dict[str, Any] = {}
    kinds = (
        {one.name: one.type for one in part.var.type.members} if isinstance(part.var.type, t.Object) else {}
    )
    asked: dict[str, list[tuple[core.Var, core.Node]]] = {}
    for var, body in bodies:
        names = {field.name for field in _fields(body) if field.base == var}
        if len(names) > 1 or any(isinstance(one, core.Attested | core.Exists) for one in core.walk(body)):
            raise _NotPlainError
        asked.setdefault(next(iter(names), ""), []).append((var, body))
    for name, conditions in asked.items():
        if name == "":
            raise _NotPlainError
        if action.gives and name not in action.gives:
            return None
        nodes = [body for _, body in conditions]
        for value in _candidates(kinds[name], action, nodes, problem):
            if all(_true_of({name: value}, var, body, problem) for var, body in conditions):
                element[name] = value
                break
        else:
            if not isinstance(kinds[name], t.Bool | t.Enum):  # another value than those tried might do
                raise _NotPlainError
            return None
    return element


def _true_of(element: dict[str, Any], var: core.Var, body: core.Node, problem: Problem) -> bool:
    env: Env = {
        problem.root: Place(problem.record, problem.root),
        "as_of": Place(problem.as_of, "as_of"),
        var.name: Place(element, var.name),
    }
    return value_of(body, env) is True
