"""The shortest lawful path: the cheapest facts and actions that open a gate, and what keeps it shut.

Costs, days and what may be done at all are the pack's `actions`. A path never crosses a red line: every line
that is clear stays clear, and a deal that has tripped one has no path until compliance has dealt with it.
What z3 finds is replayed on the reference evaluator and by a full assessment before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from kamrules.assessment import Assessment, PackRef
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, RecordError, nearest
from kamrules.notebook import html_by
from kamrules.paths.raises import Raise, best_raises
from kamrules.rules.actions import Kind
from kamrules.rules.paths import Path, Problem, Step, applied, plain_path
from kamrules.rules.places import value_at
from kamrules.rules.planning import satisfied

__all__ = ["Blocker", "LawfulPath", "Outcome", "PathStep", "Raise", "shortest_path"]

Outcome = Literal["open", "path", "red_line", "no_path", "undecided"]
_HOLDS = ("met", "not_applicable")
_SHOWN_SETS = 100  # blocking sets looked for (our choice)


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step: what to do about which fact, by whom, and when at the earliest.

    `kind` says whether a missing fact is found out, a fact confirmed to evidence `level`, a known fact
    changed, or a list given one more element. `value` is what opens the gate, `accepts` each value of a
    closed list that does; a text is shown as `…`. `cost` is that of the act, which may bring about several
    facts. `opens` are the criteria that fail without the step. `form` and `approvers` are those of the
    criteria. `on` is an ISO date.
    """

    kind: Kind
    action: str
    path: str
    value: Any
    level: str | None
    accepts: tuple[Any, ...]
    cost: int
    on: str
    opens: tuple[str, ...]
    owner: str | None
    form: str | None
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocker:
    """One fact of a blocking set as it stands: missing, too weakly known, of this value, or a list so far."""

    kind: Kind
    path: str
    action: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class LawfulPath:
    """What opens a gate.

    Parameters
    ----------
    outcome : str
        `open`: nothing is left to do; `path`: `steps` lead there; `red_line`: `tripped` comes first, with
        compliance; `no_path`: no lawful step leads there, because of `blocking[0]`; `undecided`: see
        `reason`.
    target : str or None
        The milestone the deal would be in; None for the last one passed.
    criteria : tuple of str
        The hard criteria the gate asks for.
    steps : tuple of PathStep
        In the order in which they can be done.
    cost : int
        Their cost together, least of all that lead there, in the pack's own effort points.
    opens_on : str or None
        The first day (ISO) on which all are done and the gate is open.
    blocking : tuple of tuple of Blocker
        Minimal sets of facts that keep the gate shut while they stand as they do: of each one must change.
    is_every_set : bool
        Whether `blocking` is all of them.
    raises : tuple of Raise
        What would raise the deal health most, by points for the effort.
    reason : str
        Why it is undecided, or what a path is limited to.
    """

    deal_id: str | None
    as_of: str
    pack: PackRef
    outcome: Outcome
    target: str | None
    criteria: tuple[str, ...] = ()
    steps: tuple[PathStep, ...] = ()
    cost: int = 0
    opens_on: str | None = None
    tripped: tuple[str, ...] = ()
    blocking: tuple[tuple[Blocker, ...], ...] = ()
    is_every_set: bool = True
    raises: tuple[Raise, ...] = ()
    reason: str = ""

    def _repr_html_(self) -> str | None:
        return html_by("kamrules.paths.words:path_html", self)


def shortest_path(
    engine: Engine, deal: Any, *, as_of: date, to: str | None = None, timeout_ms: int = 30_000
) -> LawfulPath:
    """Return the cheapest lawful way to open a gate.

    Parameters
    ----------
    engine : a compiled pack with `actions`
    deal : mapping or record
    as_of : the day from which on something can be done
    to : the milestone to get to; the one after the supported milestone if left out
    timeout_ms : how long to look for the path, and again for the blocking sets

    Returns
    -------
    LawfulPath

    Raises
    ------
    ArgumentError
        No such milestone, or a pack without actions (A-VALUE).
    RecordError
        The deal is no record (R-*).
    MissingExtraError
        The gate is not a plain one and z3 is not installed (`kamrules[verify]`).

    Examples
    --------
    >>> import kamrules as kr
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> deal = {"id": "D1", "account": {"industry": "shipbuilding"}}
    >>> path = kr.shortest_path(engine, deal, as_of=date(2026, 6, 30))
    >>> path.target, path.cost, [step.path for step in path.steps]
    ('M1', 2, ['deal.account.name'])
    """
    if not engine.actions.by_id:
        raise ArgumentError(Fault("A-VALUE", f"pack `{engine.pack.id}` has no `actions` to make a path of"))
    record = engine.read(deal)
    found = engine.assess(record, as_of=as_of)
    target, names = _gate(engine, found, to)
    base = LawfulPath(found.deal_id, found.as_of, found.pack, "open", target, names)
    stop = tuple(
        line.id
        for line in found.red_lines
        if line.status == "tripped" and line.severity in {"BLOCK", "ESCALATE"}
    )
    if stop:
        return replace(base, outcome="red_line", tripped=stop)
    problem = _problem(engine, found, record.model_dump(), names, as_of)
    raises = best_raises(engine, found, problem, as_of)
    if not names or _is_reached(found, engine, target):
        return replace(base, raises=raises)
    held = frozenset(one.id for one in found.criteria if one.is_hard and one.status in _HOLDS)
    while True:
        path, lost = _search(engine, problem, base, held, timeout_ms)
        if not lost:
            return replace(path, raises=raises)
        # A step undoes what the deal had before: ask for that, too.
        problem = _problem(engine, found, problem.record, (*problem.goal, *lost), as_of)


def _gate(engine: Engine, found: Assessment, to: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the milestone to get to, and the hard criteria between it and the supported one."""
    order = [gate.milestone for gate in engine.gates]
    if to is not None and to not in order:
        hint = nearest(to, order)
        raise ArgumentError(Fault("A-VALUE", f"pack `{engine.pack.id}` has no milestone `{to}`", hint=hint))
    here = order.index(found.stage.supported) if found.stage.supported in order else -1
    there = here + 1 if to is None else order.index(to)
    if there >= len(order):
        return None, () if found.stage.is_complete else engine.gates[here].exit
    names = list(engine.gates[0].entry) if here < 0 else []
    for place in range(max(here, 0), there):
        names += [*engine.gates[place].exit, *engine.gates[place + 1].entry]
    return order[there], tuple(names)


def _is_reached(found: Assessment, engine: Engine, target: str | None) -> bool:
    order = [gate.milestone for gate in engine.gates]
    if target is None:
        return found.stage.is_complete
    return found.stage.supported is not None and order.index(found.stage.supported) >= order.index(target)


def _problem(
    engine: Engine, found: Assessment, record: dict[str, Any], names: tuple[str, ...], as_of: date
) -> Problem:
    rules = {rule.id: rule for rule in engine.plan.rules}
    guards = {
        line.id: (rules[line.id].when, line.status in {"clear", "not_applicable"})
        for line in found.red_lines
        if line.status not in {"tripped", "waived"}
    }
    goal = {name: satisfied(rules[name]) for name in names}
    return Problem(goal, guards, record, engine.plan.schema, engine.plan.root, engine.actions, as_of)


def _search(
    engine: Engine, problem: Problem, base: LawfulPath, held: frozenset[str], timeout_ms: int
) -> tuple[LawfulPath, tuple[str, ...]]:
    """Return the path, and which criteria of those that held before it would lose."""
    path = plain_path(problem)
    if path is not None:
        sets = [[_blocker(problem, step.kind, step.path, step.action)] for step in path.steps]
        return _shown(engine, problem, replace(base, blocking=_sorted(sets)), path, held)
    from kamrules.rules.paths.exact import Exact, UndecidedError  # noqa: PLC0415 - needs an extra

    try:
        search = Exact(problem, timeout_ms)
        path = search.cheapest()
    except UndecidedError as error:
        return replace(base, outcome="undecided", reason=str(error)), ()
    if path is None:
        why = [_blocker(problem, hold.kind, hold.path, "") for hold in search.why_not]
        return replace(base, outcome="no_path", blocking=_sorted([why]), is_every_set=False), ()
    shown, lost = _shown(engine, problem, base, path, held)
    if lost:
        return shown, lost
    search.allow(timeout_ms)
    found, is_every = search.blocking_sets(_SHOWN_SETS)
    sets = [[_blocker(problem, hold.kind, hold.path, hold.action.id) for hold in one] for one in found]
    return replace(shown, blocking=_sorted(sets), is_every_set=is_every, reason=search.limit), ()


def _shown(
    engine: Engine, problem: Problem, base: LawfulPath, path: Path, held: frozenset[str]
) -> tuple[LawfulPath, tuple[str, ...]]:
    """Return the path with its steps told, once a whole assessment says that it leads there."""
    try:
        after = engine.assess(applied(problem.record, path.steps), as_of=path.opens_on)
    except RecordError as error:
        reason = f"the steps found make no valid record: {error.faults[0].message}"
        return replace(base, outcome="undecided", reason=reason), ()
    if not _is_reached(after, engine, base.target):
        lost = [one.id for one in after.criteria if one.id in held and one.status not in _HOLDS]
        fresh = tuple(name for name in lost if name not in problem.goal)
        if fresh:
            return base, fresh
        return replace(base, outcome="undecided", reason="the steps found do not open the gate"), ()
    told = sorted((_told(engine, step) for step in path.steps), key=lambda step: (step.on, step.path))
    opens_on = path.opens_on.isoformat()
    return replace(base, outcome="path", steps=tuple(told), cost=path.cost, opens_on=opens_on), ()


def _blocker(problem: Problem, kind: Kind, path: str, action: str) -> Blocker:
    place = path.rpartition("[")[0] if kind == "add" and path.endswith("]") else path
    return Blocker(kind, place, action, _value(problem, place))


def _sorted(sets: list[list[Blocker]]) -> tuple[tuple[Blocker, ...], ...]:
    sets = [sorted(one, key=lambda fact: (fact.path, fact.kind)) for one in sets]
    return tuple(
        map(tuple, sorted(sets, key=lambda one: (len(one), [(fact.path, fact.kind) for fact in one])))
    )


def _value(problem: Problem, path: str) -> Any:
    found = value_at(problem.record, path)
    return None if isinstance(found, Mapping | list) else found


def _told(engine: Engine, step: Step) -> PathStep:
    """Return a step with its owner, form and approvers."""
    action = engine.pack.actions[step.action]
    own = tuple(name for name in step.serves if engine.pack.criteria[name].all_of is None)
    specs = [engine.pack.criteria[name] for name in own or step.serves]
    owner = action.owner or next((spec.owner for spec in specs if spec.owner is not None), None)
    form = next((spec.form for spec in specs if spec.form is not None), None)
    approvers: dict[str, None] = {}
    if step.kind == "add" and "by" in step.value:
        owner = step.value["by"]  # an approval is its own approver
    else:
        for spec in specs:
            given = spec.approver if isinstance(spec.approver, list) else [spec.approver]
            approvers.update(dict.fromkeys(desk for desk in given if desk not in {None, owner}))
    assert step.on is not None
    return PathStep(
        kind=step.kind,
        action=step.action,
        path=step.path,
        value=step.value,
        level=step.level,
        accepts=step.accepts,
        cost=step.cost,
        on=step.on.isoformat(),
        opens=own or step.serves,
        owner=owner,
        form=form,
        approvers=tuple(approvers),
    )
