"""How many elements of each list suffice to answer a question: the cardinality argument.

Whether `exists` and `count >= n` hold depends only on how many elements have a property. Take a record that
answers yes, and of each list keep the elements that the parts that hold need: one for an `exists`, n for a
`count >= n`. A part that was not reached before is not reached with fewer elements, so the answer stays yes.
What is needed is added up over parts that must hold together, and is the most of parts of which one will do.

A count that is compared with another count, or a difference of counts, has no such number: the question is
answered for lists of up to `OPEN` elements only, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kamrules.rules.lang import core
from kamrules.rules.lang.core import path_of
from kamrules.rules.lang.types import Bool
from kamrules.rules.smtcode.claims import AllOf, AnyOf, Is, Kleene, Question

OPEN = 4  # elements where no number suffices (our choice: small majorities show up with four)
MOST = 24  # elements of one list at most (our choice: more of them and z3 takes minutes)
_FACTOR_MAX = 2**31

Elements = Mapping[str, int]
_NONE: Elements = {}


@dataclass(frozen=True, slots=True)
class Need:
    """Elements needed for a condition to stay true, not true, false and not false."""

    true: Elements = field(default_factory=dict)
    not_true: Elements = field(default_factory=dict)
    false: Elements = field(default_factory=dict)
    not_false: Elements = field(default_factory=dict)

    def to_stay(self, truths: frozenset[Kleene]) -> Elements:
        """Return what is needed for the truth to stay one of `truths`."""
        ways = {True: self.true, False: self.false, None: add(self.not_true, self.not_false)}
        match len(truths):
            case 3:
                return _NONE
            case 2 if None in truths:
                return self.not_false if True in truths else self.not_true
        return most(*(ways[truth] for truth in truths))

    def whole(self) -> Elements:
        """Return what is needed for the truth to stay what it is."""
        return most(*(self.to_stay(frozenset({truth})) for truth in (True, False, None)))


def add(*parts: Elements) -> Elements:
    """Return the elements needed for all parts."""
    return {path: sum(part.get(path, 0) for part in parts) for part in parts for path in part}


def most(*parts: Elements) -> Elements:
    """Return the elements needed for whichever part it is."""
    return {path: max(part.get(path, 0) for part in parts) for part in parts for path in part}


@dataclass(slots=True)
class Needs:
    """Counts what questions need; `open` are the lists for which no number suffices, with the reason."""

    open: dict[str, str] = field(default_factory=dict)

    def sizes(self, question: Question) -> dict[str, int]:
        """Return how many elements of each list are looked at to answer a question."""
        found = dict(self._question(question))
        for path, needed in found.items():
            if needed > MOST:
                self.open.setdefault(path, f"{needed} elements would be needed")
                found[path] = MOST
        for path in self.open:
            found[path] = min(MOST, found.get(path, 0) + OPEN)
        return found

    def _question(self, question: Question) -> Elements:
        match question:
            case Is(node, truths):
                return self._truth(node).to_stay(truths)
            case AllOf(parts):
                return add(*(self._question(part) for part in parts))
            case AnyOf(parts):
                return most(*(self._question(part) for part in parts))

    def _truth(self, node: core.Node) -> Need:
        match node:
            case core.Not(operand):
                found = self._truth(operand)
                return Need(found.false, found.not_false, found.true, found.not_true)
            case core.And(operands):
                return _together([self._truth(one) for one in operands])
            case core.Or(operands):
                found = _together([_swapped(self._truth(one)) for one in operands])
                return _swapped(found)
            case core.Compare(op, left, right):
                return self._compare(op, left, right)
            case core.Cond(test, then, other):
                return self._choice(test, then, other)
            case core.Exists():
                one = {path_of(node.range): 1}
                return Need(true=one, not_false=one)
        whole = add(*(self._whole(child) for child in core.children(node)))
        return Need(whole, whole, whole, whole)

    def _whole(self, node: core.Node) -> Elements:
        """Return what is needed for a part to keep its value."""
        match node:
            case core.Tally(range_) | core.Size(range_):
                self.open.setdefault(path_of(range_), "its count is not compared with a constant")
                return _NONE
            case core.Exists():
                return self._truth(node).whole()
        if isinstance(core.type_of(node), Bool):
            return self._truth(node).whole()
        return add(*(self._whole(child) for child in core.children(node)))

    def _choice(self, test: core.Node, then: core.Node, other: core.Node) -> Need:
        asked, one, two = self._truth(test), self._truth(then), self._truth(other)
        return Need(
            most(add(asked.true, one.true), add(asked.false, two.true)),
            add(most(asked.not_true, one.not_true), most(asked.not_false, two.not_true)),
            most(add(asked.true, one.false), add(asked.false, two.false)),
            add(most(asked.not_true, one.not_false), most(asked.not_false, two.not_false)),
        )

    def _compare(self, op: str, left: core.Node, right: core.Node) -> Need:
        if isinstance(left, core.Const):
            op = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
            left, right = right, left
        counted = _sum_of_counts(left)
        if counted is None or not isinstance(right, core.Const):
            whole = add(self._whole(left), self._whole(right))
            return Need(whole, whole, whole, whole)
        ranges, base = counted
        assert isinstance(right.value, int)
        limit = right.value - base

        def reach(least: int) -> Elements:
            return dict.fromkeys(ranges, max(least, 0))

        match op:
            case ">=" | ">":
                enough = reach(limit if op == ">=" else limit + 1)
                return Need(true=enough, not_false=enough)
            case "<" | "<=":
                enough = reach(limit if op == "<" else limit + 1)
                return Need(not_true=enough, false=enough)
        return Need(reach(limit), reach(limit + 1), reach(limit + 1), reach(limit))


def _together(parts: list[Need]) -> Need:
    return Need(
        add(*(part.true for part in parts)),
        most(*(part.not_true for part in parts)),
        most(*(part.false for part in parts)),
        add(*(part.not_false for part in parts)),
    )


def _swapped(need: Need) -> Need:
    return Need(need.false, need.not_false, need.true, need.not_true)


def _sum_of_counts(node: core.Node) -> tuple[frozenset[str], int] | None:
    """Return the lists and the constant of a sum of counts with factors >= 1, or None for anything else."""
    match node:
        case core.Tally(range_) | core.Size(range_):
            return frozenset({path_of(range_)}), 0
        case core.Const(int() as value):
            return frozenset(), value
        case core.Arith("+", left, right):
            one, other = _sum_of_counts(left), _sum_of_counts(right)
            return None if one is None or other is None else (one[0] | other[0], one[1] + other[1])
        case core.Arith("-", left, core.Const(int() as value)):
            one = _sum_of_counts(left)
            return None if one is None else (one[0], one[1] - value)
        case core.Arith("*", left, right):
            if isinstance(left, core.Const):
                left, right = right, left
            one = _sum_of_counts(left)
            if one is None or not isinstance(right, core.Const) or not isinstance(right.value, int):
                return None
            if right.value > _FACTOR_MAX:  # the product might overflow, and fewer elements then decide more
                return None
            return (one[0], one[1] * right.value) if right.value > 0 else (frozenset(), 0)
    return None
