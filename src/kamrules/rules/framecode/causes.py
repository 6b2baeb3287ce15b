"""Why a condition is unknown on a frame: which fields are missing, as expressions; and what trips a red line.

`Reasons.causes` mirrors what the reference says of causes, with a list's positions left out: the facts
`deal.stakeholders[0].role` and `[3].role` are one, `deal.stakeholders[].role`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from kamrules.rules.framecode.columns import FALSE, TRUE, Expr, Total, every, some
from kamrules.rules.framecode.translate import Translator
from kamrules.rules.framecode.values import Column, Counted, Fixed
from kamrules.rules.lang import core
from kamrules.rules.lang.core import path_of
from kamrules.rules.lang.types import ListOf, Object

Causes = dict[str, Expr]
UNDEFINED = "undefined arithmetic (zero divisor or overflow)"


def none_left_out(path: str) -> Expr:  # noqa: ARG001 - says of each list which rows do not count
    """Leave no row of any list out."""
    return FALSE


@dataclass(frozen=True, slots=True)
class Reasons:
    """Says of conditions why they are unknown; facts of rows for which `left_out` is true are no reason."""

    at: Translator
    left_out: Callable[[str], Expr] = none_left_out
    _known: dict[int, tuple[core.Node, Causes]] = field(default_factory=dict)  # by identity, as in `Frames`

    def causes(self, node: core.Node) -> Causes:
        """Return for each field whether it is among what makes the condition unknown; never null.

        A field whose expression is false always is left out. Where the condition is known, all are false.
        """
        found = self._known.get(id(node))
        if found is None:
            causes = {name: expr for name, expr in self._causes(node).items() if expr is not FALSE}
            found = self._known[id(node)] = (node, causes)
        return found[1]

    def _causes(self, node: core.Node) -> Causes:
        match node:
            case core.Const() | core.Has() | core.OrValue():
                return {}
            case core.Var() | core.Field() | core.Attested():
                return self._field(node)
            case core.Cond(test, then, other):
                truth = self.at.truth(test)
                return _merged(
                    self.causes(test),
                    _guarded(truth.filled(False), self.causes(then)),
                    _guarded((~truth).filled(False), self.causes(other)),
                )
            case core.Exists(range_, var, body):
                inner = self._elements(range_, var, body)
                return _merged(self._list(range_), _guarded(self._unknown(node), inner))
            case core.Tally(range_, var, body):
                return _merged(self._list(range_), self._elements(range_, var, body))
            case core.Size(range_):
                return self._list(range_)
            case core.Arith() | core.Negate() | core.Call():
                below = _merged(*(self.causes(part) for part in core.children(node)))
                undefined = self._unknown(node) & ~some(FALSE, *below.values())
                return {**_guarded(self._uncertain(node), below), UNDEFINED: undefined}
        below = _merged(*(self.causes(part) for part in core.children(node)))
        return _guarded(self._unknown(node), below)

    def _unknown(self, node: core.Node) -> Expr:
        value = self.at.value(node)
        one = value.low if isinstance(value, Counted) else value
        if isinstance(one, Fixed):
            return TRUE if one.value is None else FALSE
        return one.expr.is_null()

    def _uncertain(self, node: core.Node) -> Expr:
        """Return whether a value is unknown, or a count that is not exact."""
        value = self.at.value(node)
        if not isinstance(value, Counted) or value.is_exact:
            return self._unknown(node)
        # A count's own causes say that it is not exact, and those of a computed one are its operands'.
        return TRUE

    def _field(self, node: core.Var | core.Field | core.Attested) -> Causes:
        field_ = node.field if isinstance(node, core.Attested) else node
        if isinstance(field_, core.Var) and field_.name != self.at.var:
            return {}
        kind = field_.type
        if isinstance(kind, Object | ListOf):
            return {}
        value = self.at.value(node)
        assert isinstance(value, Column)
        return {self._path(field_): value.expr.is_null()}

    def _path(self, field_: core.Field | core.Var) -> str:
        name, *members = path_of(field_).split(".")
        if name == self.at.root:
            return ".".join([name, *members])
        return ".".join([f"{self.at.root}.{self.at.path.replace('__', '.')}[]", *members])

    def _list(self, range_: core.Field) -> Causes:
        return {path_of(range_): ~self.at.list_known(range_)}

    def _elements(self, range_: core.Field, var: core.Var, body: core.Node) -> Causes:
        inside = Reasons(self.at.body(range_, var), self.left_out)
        path, known = self.at.list_path(range_), self.at.list_known(range_)
        found = {}
        for name, expr in inside.causes(body).items():
            # A row left out is no reason; a field of the record stays one though such a row asks for it.
            is_of_row = name.startswith(f"{path_of(range_)}[]")
            counted = expr & ~self.left_out(path) if is_of_row else expr
            found[name] = known & self.at.frames.total(path, Total("any", counted))
        return found


def _merged(*parts: Mapping[str, Expr]) -> Causes:
    found: Causes = {}
    for part in parts:
        for name, expr in part.items():
            found[name] = found[name] | expr if name in found else expr
    return found


def _guarded(test: Expr, causes: Mapping[str, Expr]) -> Causes:
    return {name: every(test, expr) for name, expr in causes.items()}


@dataclass(frozen=True, slots=True)
class Witness:
    """List rows that make a condition true: those of the list `range` for which `body` is true.

    `holds` says of a record whether that part of the condition is true.
    """

    range: core.Field
    var: core.Var
    body: core.Node
    holds: Expr


def witnesses(node: core.Node, at: Translator, holds: Expr = TRUE) -> Iterator[Witness]:
    """Yield which list rows make a condition true, as `trace.witnesses` does of one record."""
    here = holds & at.truth(node).filled(False)
    match node:
        case core.And(operands) | core.Or(operands):
            for operand in operands:
                yield from witnesses(operand, at, here)
        case core.Exists(range_, var, body) | core.Compare(_, core.Tally(range_, var, body)):
            yield Witness(range_, var, body, here)
        case _:
            return
