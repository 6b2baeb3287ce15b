"""A whole plan as expressions: conditions first, each once, then the columns a caller gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import narwhals as nw

from kamrules.errors import BackendError, Fault
from kamrules.rules.framecode.scores import entry_ends, number
from kamrules.rules.framecode.translate import Frames, Translator
from kamrules.rules.lang.core import Node
from kamrules.rules.plan import Plan, Rule, Scorecard, Table

Exprs = dict[str, nw.Expr]


@dataclass(slots=True)
class Layout:
    """Expressions in two steps: `parts` of the joined frame, `columns` of the parts."""

    frames: Frames = field(default_factory=Frames)
    parts: Exprs = field(default_factory=dict)
    columns: Exprs = field(default_factory=dict)
    named: dict[Node, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def part(self, expr: nw.Expr) -> nw.Expr:
        """Return the column that holds an expression."""
        name = f"p {len(self.parts)}"
        self.parts[name] = expr
        return nw.col(name)

    def truth(self, node: Node, at: Translator) -> nw.Expr:
        """Return the column that holds a condition's truth."""
        name = self.named.get(node)
        if name is None:
            found = self.part(at.truth(node))
            name = self.named[node] = f"p {len(self.parts) - 1}"
            return found
        return nw.col(name)


def lay_out(plan: Plan, as_of: date) -> Layout:
    """Return a plan as expressions for one day.

    Raises
    ------
    BackendError
        What cannot be said with columns (B-OPERATOR), one fault a place.
    """
    layout = Layout()
    at = Translator(layout.frames, plan.root, as_of)
    for kind, things in (("rule", plan.rules), ("table", plan.tables), ("scorecard", plan.scorecards)):
        for thing in things:
            try:
                layout.columns |= _columns(thing, layout, at)
            except BackendError as error:
                layout.faults += [
                    Fault(one.code, one.message, where=f"{kind} {thing.id}", hint=one.hint)
                    for one in error.faults
                ]
    if layout.faults:
        raise BackendError(layout.faults)
    return layout


def _columns(thing: Rule | Table | Scorecard, layout: Layout, at: Translator) -> Exprs:
    match thing:
        case Rule():
            return _rule(thing, layout, at)
        case Table():
            return _table(thing, layout, at)
        case Scorecard():
            return _scorecard(thing, layout, at)


def _rule(rule: Rule, layout: Layout, at: Translator) -> Exprs:
    when = layout.truth(rule.when, at)
    if rule.applies is None:
        return {rule.id: when}
    applies = layout.truth(rule.applies, at)
    absent = (~applies).fill_null(False)
    return {rule.id: nw.when(~absent).then(~applies | when), f"{rule.id}__na": absent}


def _table(table: Table, layout: Layout, at: Translator) -> Exprs:
    truths = [layout.truth(row.when, at) for row in table.rows]
    names = [f"{table.id}__{row.id}" for row in table.rows]
    if table.hit != "first":
        return dict(zip(names, truths, strict=True))
    found: Exprs = {}
    for index, (name, truth) in enumerate(zip(names, truths, strict=True)):
        if not index:
            found[name] = truth
            continue
        # True while every earlier row is false, unknown after one that may hold, false after one that does.
        earlier = [~one for one in truths[:index]]
        found[name] = truth & nw.all_horizontal(*earlier, ignore_nulls=False)
    return found


def _scorecard(card: Scorecard, layout: Layout, at: Translator) -> Exprs:
    low = high = number(card.base)
    for entry in card.entries:
        least, most = entry_ends(entry, at)
        low, high = low + layout.part(least), high + layout.part(most)
    return {f"{card.id}__low": low, f"{card.id}__high": high}
