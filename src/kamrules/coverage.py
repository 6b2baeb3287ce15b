"""Coverage of a pack by its cases: which statuses of each rule, row, entry and reaction they come upon.

A status is seen when the record of some case has it, whether the case expects it or not; what the cases pin
down is told by mutation. An entry is read on the record as given, red lines or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from kamrules.casefile import Case, turn_of_case
from kamrules.engine import Engine
from kamrules.errors import RecordError
from kamrules.rules import plan as p
from kamrules.rules.backends.reference import entry_points, environment, truth_of
from kamrules.rules.lang.reference import Env
from kamrules.rules.planning import waiver_id
from kamrules.rules.verdict import Truth, status_of
from kamrules.source import Span

Kind = Literal["criterion", "red line", "work rule", "cadence", "deadline", "row", "entry", "reaction"]
Key = tuple[Kind, str]
_CRITERION = ("met", "unmet", "unknown")
_RED_LINE = ("tripped", "clear", "unknown")
_BREACH = ("breach", "ok", "unknown")
_CADENCE = ("ok", "due", "overdue", "unknown")
_DEADLINE = ("open", "done", "unknown")
_HELD_BACK = "held back"
_ROW = ("held", "did not", "maybe")
_ENTRY = ("met", "not met", "unknown")


@dataclass(frozen=True, slots=True)
class Covered:
    """One rule, row or entry: the statuses it may have, and those that some case has."""

    kind: Kind
    id: str
    span: Span
    statuses: tuple[str, ...]
    seen: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The statuses that no case has, in their order."""
        return tuple(status for status in self.statuses if status not in self.seen)

    def __str__(self) -> str:
        return f"{self.span}: {self.kind} {self.id}: never {', '.join(self.missing) or '-'}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases see of a pack, in the order of the pack."""

    items: tuple[Covered, ...]

    @property
    def missing(self) -> tuple[Covered, ...]:
        """What has a status that no case has."""
        return tuple(item for item in self.items if item.missing)

    @property
    def seen(self) -> int:
        """How many statuses the cases have."""
        return self.total - sum(len(item.missing) for item in self.items)

    @property
    def total(self) -> int:
        """How many statuses there are."""
        return sum(len(item.statuses) for item in self.items)

    @property
    def pct(self) -> float:
        """The percentage of statuses seen; 100 for a pack without rules."""
        return 100 * self.seen / self.total if self.total else 100.0

    def __str__(self) -> str:
        return f"coverage {self.seen} of {self.total} statuses ({self.pct:.1f} %)"


def coverage_of(engine: Engine, cases: Iterable[Case]) -> Coverage:
    """Return which statuses the records of the cases have.

    A rule that applies always is not asked to be not applicable, and a red line without a waiver not to be
    waived. A reaction is asked for once by every fact that sets it off, and once held back by its `was` or
    `while` if it has any. A row after the one that surely holds under hit policy `first` is not looked at.

    Examples
    --------
    >>> from kamrules.engine import compile, load_pack
    >>> str(coverage_of(compile(load_pack("handbook")), []))[:13]
    'coverage 0 of'
    """
    items = list(_items(engine))
    found: dict[Key, set[str]] = {(item.kind, item.id): set() for item in items}
    for case in cases:
        for key, status in _statuses(engine, case):
            found[key].add(status)
    return Coverage(tuple(_with(item, frozenset(found[item.kind, item.id])) for item in items))


def _with(item: Covered, seen: frozenset[str]) -> Covered:
    return Covered(item.kind, item.id, item.span, item.statuses, seen)


def _items(engine: Engine) -> Iterator[Covered]:
    pack, none = engine.pack, frozenset[str]()
    for name, criterion in pack.criteria.items():
        statuses = _CRITERION if criterion.applies_when is None else (*_CRITERION, "not_applicable")
        yield Covered("criterion", name, _place(engine, "criteria", name), statuses, none)
    for name, line in pack.red_lines.items():
        waived = () if line.waived_when is None else ("waived",)
        apart = () if line.applies_when is None else ("not_applicable",)
        yield Covered(
            "red line", name, _place(engine, "red_lines", name), (*_RED_LINE, *waived, *apart), none
        )
    for name, finding in pack.findings.items():
        statuses = _BREACH if finding.applies_when is None else (*_BREACH, "not_applicable")
        yield Covered("work rule", name, _place(engine, "findings", name), statuses, none)
    for name, cadence in pack.cadences.items():
        apart = () if cadence.applies_when is None else ("not_applicable",)
        yield Covered("cadence", name, _place(engine, "cadences", name), (*_CADENCE, *apart), none)
    for name, deadline in pack.deadlines.items():
        late = "lapsed" if deadline.lapses else "overdue"
        apart = () if deadline.applies_when is None else ("not_applicable",)
        statuses = (*_DEADLINE, late, *apart)
        yield Covered("deadline", name, _place(engine, "deadlines", name), statuses, none)
    for table in engine.plan.tables:
        for row in table.rows:
            place = _place(engine, "tables", table.id, "rows", row.id)
            yield Covered("row", f"{table.id}.{row.id}", place, _ROW, none)
    for card in engine.plan.scorecards:
        for entry in card.entries:
            place = _place(engine, "scorecards", card.id, "entries", entry.id)
            yield Covered("entry", f"{card.id}.{entry.id}", place, _ENTRY, none)
    for reaction in engine.reactions:
        held = (_HELD_BACK,) if reaction.was or reaction.holds else ()
        statuses = (*(_set_off(fact) for fact, _ in reaction.becomes), *held)
        yield Covered("reaction", reaction.id, _place(engine, "reactions", reaction.id), statuses, none)


def _set_off(fact: str) -> str:
    return f"set off by {fact}"


def _place(engine: Engine, *path: str) -> Span:
    node = engine.pack.node.find(path)
    return node.key_span or node.span


def _statuses(engine: Engine, case: Case) -> Iterator[tuple[Key, str]]:
    """Yield what each rule, row and entry is on the record of a case; nothing where there is no record."""
    try:
        record = engine.read(case.deal)
    except RecordError:
        return
    pack, plan = engine.pack, engine.plan
    outcome = engine.run(record, as_of=case.as_of)
    truths = {rule.id: truth for rule, truth in zip(plan.rules, outcome.truths, strict=True)}
    for name in pack.criteria:
        yield ("criterion", name), status_of(truths[name])
    for name in pack.red_lines:
        yield ("red line", name), _line(truths[name], truths.get(waiver_id(name)))
    for name in pack.findings:
        yield ("work rule", name), _named(truths[name], _BREACH)
    for cadence in engine.cadences(record, as_of=case.as_of):
        yield ("cadence", cadence.id), cadence.status
    for deadline in engine.deadlines(record, as_of=case.as_of):
        yield ("deadline", deadline.id), deadline.status
    env = environment(plan, record, case.as_of)
    for table in plan.tables:
        yield from ((("row", f"{table.id}.{row}"), status) for row, status in _rows(table, env))
    for card in plan.scorecards:
        for entry in card.entries:
            yield ("entry", f"{card.id}.{entry.id}"), _entry(entry, env)
    yield from _reactions(engine, case)


def _reactions(engine: Engine, case: Case) -> Iterator[tuple[Key, str]]:
    """Yield what sets each reaction off in a case that changes, if the deal before is a record."""
    try:
        turn = turn_of_case(engine, case)
    except RecordError:
        return
    if turn is None:
        return
    for reaction in engine.reactions:
        facts = turn.set_off_by[reaction.id]
        if turn.held_back(reaction.id):
            yield ("reaction", reaction.id), _HELD_BACK
        else:
            yield from ((("reaction", reaction.id), _set_off(fact)) for fact in facts)


def _named(truth: Truth, words: tuple[str, ...]) -> str:
    """Return the word for a truth: the first for true, the second for false."""
    status = status_of(truth)
    return {"met": words[0], "unmet": words[1]}.get(status, status)


def _line(truth: Truth, waiver: Truth) -> str:
    return "waived" if truth is True and waiver is True else _named(truth, _RED_LINE)


def _rows(table: p.Table, env: Env) -> Iterator[tuple[str, str]]:
    for row in table.rows:
        truth = truth_of(row.when, env)
        yield row.id, "maybe" if truth is None else _ROW[0] if truth else _ROW[1]
        if truth and table.hit == "first":
            return


def _entry(entry: p.Entry, env: Env) -> str:
    """Return whether an entry gives any points, none, or may give more than one amount."""
    points = entry_points(entry, env)
    if points.low != points.high:
        return "unknown"
    return _ENTRY[0] if points.low else _ENTRY[1]
