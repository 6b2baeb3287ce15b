"""A whole plan as the columns a caller gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kamrules.errors import BackendError, Fault
from kamrules.rules.framecode.columns import Expr, every, when
from kamrules.rules.framecode.scores import entry_ends
from kamrules.rules.framecode.translate import Frames, Given, Translator, anything
from kamrules.rules.framecode.values import number
from kamrules.rules.plan import Plan, Rule, Scorecard, Table

Exprs = dict[str, Expr]


@dataclass(slots=True)
class Layout:
    """The columns a caller gets, and what they need of the frames."""

    frames: Frames
    columns: Exprs = field(default_factory=dict)


def lay_out(plan: Plan, as_of: date, given: Given = anything) -> Layout:
    """Return a plan as expressions for one day.

    Raises
    ------
    BackendError
        What cannot be said with columns (B-OPERATOR), one fault a place.
    """
    layout = Layout(Frames(given))
    at = Translator(layout.frames, plan.root, as_of)
    faults: list[Fault] = []
    for kind, things in (("rule", plan.rules), ("table", plan.tables), ("scorecard", plan.scorecards)):
        for thing in things:
            try:
                layout.columns |= _columns(thing, at)
            except BackendError as error:
                faults += [
                    Fault(one.code, one.message, where=f"{kind} {thing.id}", hint=one.hint)
                    for one in error.faults
                ]
    if faults:
        raise BackendError(faults)
    return layout


def _columns(thing: Rule | Table | Scorecard, at: Translator) -> Exprs:
    match thing:
        case Rule():
            return _rule(thing, at)
        case Table():
            return _table(thing, at)
        case Scorecard():
            return _scorecard(thing, at)


def _rule(rule: Rule, at: Translator) -> Exprs:
    truth = at.truth(rule.when)
    if rule.applies is None:
        return {rule.id: truth}
    applies = at.truth(rule.applies)
    absent = (~applies).filled(False)
    return {rule.id: when(~absent, ~applies | truth), f"{rule.id}__na": absent}


def _table(table: Table, at: Translator) -> Exprs:
    return {f"{table.id}__{row}": truth for row, truth in table_truths(table, at).items()}


def table_truths(table: Table, at: Translator) -> Exprs:
    """Return for each row whether it holds: true surely, null maybe."""
    truths = {row.id: at.truth(row.when) for row in table.rows}
    if table.hit != "first":
        return truths
    # True while every earlier row is false, unknown after one that may hold, false after one that does.
    found: Exprs = {}
    earlier: list[Expr] = []
    for name, truth in truths.items():
        found[name] = every(truth, *(~one for one in earlier))
        earlier.append(truth)
    return found


def _scorecard(card: Scorecard, at: Translator) -> Exprs:
    low, high = scorecard_ends(card, at)
    return {f"{card.id}__low": low, f"{card.id}__high": high}


def scorecard_ends(card: Scorecard, at: Translator) -> tuple[Expr, Expr]:
    """Return the least and the most points of a scorecard."""
    low = high = number(card.base)
    for entry in card.entries:
        least, most = entry_ends(entry, at)
        low, high = low + least, high + most
    return low, high
