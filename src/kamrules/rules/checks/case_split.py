"""A condition that stays unknown for want of a fact, though whatever the fact is, the answer is the same.

`x > 5 || x <= 5` is unknown while x is, and somebody is sent to find out x for nothing. Often two ranges were
meant to leave something out, or the fact need not be read at all. Where a condition is to hold only once the
fact is known, suppress this and say why.

Two kinds are looked for. Of a yes or no and of a word out of a list: a deal, shown by the smallest one, on
which the condition is unknown for want of it and has one answer for each of its values; that is exact, and
other facts may be missing, too. Of any other fact: an `&&` or `||` that is true, or false, of every deal
whose facts in it are known. Both are looked for in each condition and in the body of each loop that reads
nothing else of the deal. Not covered: a number, day or text that makes no difference for some deals only,
lists that are missing as a whole, and parts that read `has` or `orValue`. A single comparison that is true of
every value is no case split: it asks that the fact is known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.lang.core import Node, path_of, walk
from kamrules.rules.lang.printer import core_text
from kamrules.rules.lang.rewrite import simplify, transform
from kamrules.rules.smtcode.claims import Claim, Is, both, decided, is_not, never

SEVERITY: Severity = "warning"
PROVES = True
_WORDS = {True: "true", False: "false"}


def check(subject: Subject) -> Iterator[Remark]:
    """Yield conditions with a case split, or for which that is not decided."""
    root = core.Var(subject.planned.plan.root, subject.planned.plan.schema)
    for path, condition in subject.nodes():
        node = simplify(condition)
        loops = [one for one in dict.fromkeys(walk(node)) if isinstance(one, core.Exists | core.Tally)]
        alone = [(one.var, one.body) for one in loops if _bases(one.body) == {one.var.name}]
        for var, part in [(root, node), *alone]:
            found = next(_splits(subject, path, var, part), None)
            if found is not None:
                yield found
                break


def _splits(subject: Subject, path: tuple[str, ...], var: core.Var, node: Node) -> Iterator[Remark]:
    """Yield what there is to say of a condition on a deal, or on an element of a list."""
    if not isinstance(var.type, t.Object):
        return
    for part in _joints(node):
        # A whole condition that is never true is `never-met`.
        for answer in (True,) if part is node and var.name == subject.planned.plan.root else (True, False):
            question = both(*_all_known(part), is_not(Is(part, frozenset({answer}))))
            proof = subject.can_be(question, on=var)
            if proof.status == "undecided":
                message = f"whether `{core_text(part)}` varies is not decided: {proof.reason}"
                yield subject.remark(path, message, "simplify it")
            elif (
                proof.status == "proved"
                and subject.prover(shrink_ms=None, on=var).prove(decided(part)).status != "proved"
            ):
                message = f"`{core_text(part)}` is {_WORDS[answer]} of all facts, but unknown without"
                yield subject.remark(path, message, "leave it out, or let it leave something out")
    for field in _cases(node, var.name):
        for answer in (True, False):
            proof = subject.prove(_one_answer(node, field, answer), on=var)
            name = path_of(field)
            if proof.status == "undecided":
                message = f"whether `{name}` splits it into cases is not decided: {proof.reason}"
                yield subject.remark(path, message, "simplify it")
            elif proof.status == "refuted":
                record = json.dumps(proof.witness, ensure_ascii=False, default=str)
                message = f"it is unknown for {var.name} {record}, and {_WORDS[answer]} whatever `{name}` is"
                yield subject.remark(path, message, "leave the fact out, or let the answer depend on it")


def _joints(node: Node) -> Iterator[core.And | core.Or]:
    """Yield each `&&` and `||` outside loops of which two operands read one thing and none sees a blank."""
    if isinstance(node, core.And | core.Or):
        read = Counter(name for one in node.operands for name in {path_of(place) for place in _places(one)})
        if max(read.values(), default=0) > 1 and not any(
            isinstance(one, core.Has | core.OrValue) for one in walk(node)
        ):
            yield node
    if not isinstance(node, core.Exists | core.Tally):
        for child in core.children(node):
            yield from _joints(child)


def _places(node: Node) -> Iterator[core.Field]:
    """Yield the facts and lists a part reads; of loops the lists only."""
    match node:
        case core.Field():
            yield node
        case core.Exists(range_) | core.Tally(range_) | core.Size(range_):
            yield range_
        case _:
            for child in core.children(node):
                yield from _places(child)


def _all_known(node: Node) -> Iterator[Is]:
    """Yield that each fact a part reads is known, those of the elements of its lists, too."""
    match node:
        case core.Field() | core.Attested():
            yield Is(core.Has(node))
        case core.Exists(range_, var, body) | core.Tally(range_, var, body):
            yield _is_known(range_)
            inner = tuple(core.Not(one.node) for one in _all_known(body))
            if inner:
                yield Is(core.Not(core.Exists(range_, var, core.Or(inner))))
        case core.Size(range_):
            yield _is_known(range_)
        case _:
            for child in core.children(node):
                yield from _all_known(child)


def _is_known(range_: core.Field) -> Is:
    return Is(core.Compare(">=", core.Size(range_), core.Const(0, t.Int())))


def _cases(node: Node, root: str) -> Iterator[core.Field]:
    """Yield the yes-or-no facts and words that a condition reads in two comparisons, or chooses by."""
    for field, count in Counter(_reads(node, 1)).items():
        if count > 1 and isinstance(field.type, t.Bool | t.Enum) and path_of(field).startswith(f"{root}."):
            yield field


def _reads(node: Node, times: int) -> Iterator[core.Field]:
    """Yield the facts a condition reads, as often as it compares them; in a loop and to choose by, twice."""
    match node:
        case core.Field():
            yield from (node for _ in range(times))
        case core.Exists(_, _, body) | core.Tally(_, _, body):
            yield from _reads(body, 2)
        case core.Size():
            return
        case core.Cond(test, then, other):
            yield from _reads(test, 2)
            yield from (*_reads(then, times), *_reads(other, times))
        case _:
            for child in core.children(node):
                yield from _reads(child, times)


def _one_answer(node: Node, field: core.Field, answer: bool) -> Claim:  # noqa: FBT001 - a truth is what it is about
    """Claim that no deal without the fact leaves the condition unknown and has the answer for each value."""
    values: tuple[Any, ...] = field.type.values if isinstance(field.type, t.Enum) else (True, False)
    missing = Is(core.Has(field), frozenset({False}))
    filled = [Is(_filled(node, field, value), frozenset({answer})) for value in values]
    return never(both(Is(node, frozenset({None})), missing, *filled))


def _filled(node: Node, field: core.Field, value: Any) -> Node:
    """Return a condition with a value for a fact."""
    constant = core.Const(value, field.type)

    def change(one: Node) -> Node:
        match one:
            case core.Has(place) if _field(place) == field:
                return core.Const(True, t.Bool())
            case core.OrValue(place) if _field(place) == field:
                return constant
            case core.Field() | core.Attested() if _field(one) == field:
                return constant
        return one

    return transform(node, change)


def _field(place: core.Field | core.Attested) -> core.Field:
    return place.field if isinstance(place, core.Attested) else place


def _bases(node: Node) -> set[str]:
    """Return the names that a part reads fields of."""
    return {path_of(one).split(".", maxsplit=1)[0] for one in walk(node) if isinstance(one, core.Field)}
