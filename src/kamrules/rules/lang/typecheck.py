"""Surface tree to core tree: names resolved, types checked, sugar removed, every fault of a text at once.

Promises: `check` returns a tree that keeps the INVARIANT of `core.py`, or raises one `ExpressionError` with
all faults. A part that is wrong is reported once; what depends on it is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from kamrules.errors import ExpressionError, Fault, nearest
from kamrules.rules.lang import tree
from kamrules.rules.lang.calls import call, method
from kamrules.rules.lang.core import And, Const, Field, Node, Not, Or, Var, children, type_of
from kamrules.rules.lang.macros import membership
from kamrules.rules.lang.operands import Mistake, arith, branches, compare, named, negate, require
from kamrules.rules.lang.profile import MESSAGE, NAMESPACES
from kamrules.rules.lang.tree import MAX_HEIGHT, MAX_NODES
from kamrules.rules.lang.types import Bool, Date, Double, Int, Object, String, Type
from kamrules.source import Text

_ANY_BOOL = Bool()
_RELATIONS = {"==", "!=", "<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class Scope:
    """The names a condition may use.

    Parameters
    ----------
    root : str
        Name of the record in conditions, such as `deal`.
    schema : Object
        Type of the record.
    params : mapping of str to Const
        What `param.NAME` stands for.
    defs : mapping of str to Node
        What `def.NAME` stands for, already checked.
    assumed : int, 0 to 4
        Evidence level of a present fact without recorded evidence.
    variables : mapping of str to Type
        Further names with a type, such as the element variable of a scorecard entry.
    """

    root: str
    schema: Object
    params: Mapping[str, Const] = field(default_factory=dict)
    defs: Mapping[str, Node] = field(default_factory=dict)
    assumed: int = 1
    variables: Mapping[str, Type] = field(default_factory=dict)


def check(expr: tree.Expr, text: Text, scope: Scope, expected: Type | None = _ANY_BOOL) -> Node:
    """Return the core tree of a surface tree.

    Parameters
    ----------
    expr : tree.Expr
        What `parse` gave for `text`.
    text : Text
        Where the expression stands, for the places of faults.
    scope : Scope
        The names it may use.
    expected : Type or None
        The type it must have; None allows any.

    Returns
    -------
    Node
        A well-typed core tree, at most `MAX_HEIGHT` high and of at most `MAX_NODES` nodes.

    Raises
    ------
    ExpressionError
        Every fault found: E-SYNTAX, E-NAME, E-FIELD, E-FUNC, E-ENUM, E-TYPE, E-UNIT, E-NULL, E-COUNT,
        E-NEST, E-LIT, E-RANGE, E-SIZE, E-DEPTH or E-PROFILE.
    """
    checker = _Checker(text, scope)
    node = checker.infer(expr)
    if node is not None and expected is not None:
        node = checker.fit(node, expr, expected)
    if node is None or checker.faults:
        raise ExpressionError(checker.faults)
    if _exceeds(node):
        raise checker.too_large(expr)
    return node


def _exceeds(node: Node) -> bool:
    """Whether a core tree, with definitions and literal lists written out, is too large for recursion."""
    pending, size = [(node, 1)], 0
    while pending:
        part, depth = pending.pop()
        size += 1
        if depth > MAX_HEIGHT or size > MAX_NODES:
            return True
        pending.extend((child, depth + 1) for child in children(part))
    return False


class _Passed(Exception):  # noqa: N818 - control flow: a part was faulty and has been reported
    """What depends on a faulty part is passed over."""


class _Checker:
    """One walk over a surface tree, with the faults found so far and what each name stands for."""

    def __init__(self, text: Text, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.faults: list[Fault] = []
        self.left = MAX_NODES
        self.sizes: dict[int, int] = {}
        self.env: dict[str, Node] = {
            **{name: Var(name, kind) for name, kind in scope.variables.items()},
            scope.root: Var(scope.root, scope.schema),
            "as_of": Var("as_of", Date()),
        }

    # INVARIANT: `infer` never raises a Mistake, and reports at least one fault when it returns None.

    def infer(self, expr: tree.Expr) -> Node | None:
        self.spend(1, expr)
        try:
            return self.node(expr)
        except Mistake as mistake:
            self.report(mistake, expr, mistake.pos)
        except _Passed:
            pass
        return None

    def need(self, *exprs: tree.Expr) -> tuple[Node, ...]:
        known: list[Node] = []
        for expr in exprs:  # a loop, as each comprehension would deepen the stack
            node = self.infer(expr)
            known += [] if node is None else [node]
        if len(known) < len(exprs):
            raise _Passed
        return tuple(known)

    def fit(self, node: Node, expr: tree.Expr, expected: Type) -> Node | None:
        try:
            return require(node, expected)
        except Mistake as mistake:
            self.report(mistake, expr, tree.start_of(expr))
            return None

    def conditions(self, *exprs: tree.Expr) -> list[Node]:
        known: list[Node] = []
        for expr in exprs:
            node = self.infer(expr)
            fitted = None if node is None else self.fit(node, expr, Bool())
            known += [] if fitted is None else [fitted]
        if len(known) < len(exprs):
            raise _Passed
        return known

    def condition(self, expr: tree.Expr) -> Node:
        return self.conditions(expr)[0]

    def report(self, mistake: Mistake, expr: tree.Expr, pos: int | None = None) -> None:
        """Add a fault once; an unrolled body would repeat it."""
        place = expr.pos if pos is None else pos
        if mistake.code in {"E-ENUM", "E-RANGE"}:  # point at the constant, not at the operator
            places = [
                node.pos for node, _ in tree.walk(expr) if getattr(node, "value", None) == mistake.value
            ]
            place = places[0] if mistake.value is not None and places else place
        fault = Fault(mistake.code, mistake.message, self.text.span_at(place), hint=mistake.hint)
        if fault not in self.faults:
            self.faults.append(fault)

    def spend(self, parts: int, expr: tree.Expr | None = None) -> None:
        self.left -= parts
        if self.left < 0:
            raise self.too_large(expr)

    def too_large(self, expr: tree.Expr | None) -> ExpressionError:
        limits = f"{MAX_HEIGHT} levels or {MAX_NODES} parts"
        message = f"with definitions and literal lists written out, it exceeds {limits}"
        place = self.text.span_at(0 if expr is None else tree.start_of(expr))
        return ExpressionError(
            [*self.faults, Fault("E-SIZE", message, place, hint="split it into several criteria")]
        )

    @contextmanager
    def bind(self, name: tree.Name, node: Node) -> Iterator[None]:
        if name.name in {*self.env, "param", "def"}:
            raise Mistake(
                "E-NAME", f"`{name.name}` already stands for something else", "choose another variable name"
            )
        self.env[name.name] = node
        try:
            yield
        finally:
            del self.env[name.name]

    def fresh(self) -> str:
        name = "_item"
        while name in self.env:
            name = f"_{name}"
        return name

    def known(self, node: Node, expr: tree.Expr) -> Node:
        """Return a node made earlier, its size counted again."""
        size = self.sizes.get(id(node))
        if size is None:
            pending, size = [node], 0
            while pending and size <= MAX_NODES:
                size += 1
                pending.extend(children(pending.pop()))
            self.sizes[id(node)] = size
        self.spend(size - 1, expr)
        return node

    def node(self, expr: tree.Expr) -> Node:  # noqa: C901 - one branch per node kind
        match expr:
            case tree.NullLit():
                raise Mistake("E-NULL", "there is no null: missing data is unknown", "use has(x) or !has(x)")
            case tree.BoolLit(value):
                return Const(value, Bool())
            case tree.IntLit(value):
                return Const(value, Int())
            case tree.FloatLit(value):
                return Const(value, Double())
            case tree.StringLit(value):
                return Const(value, String())
            case tree.Name(name):
                return self.name(name, expr)
            case tree.Select():
                return self.select(expr)
            case tree.Call():
                return call(self, expr, self.scope.assumed)
            case tree.Method():
                return method(self, expr, self.scope.assumed)
            case tree.ListLit():
                self.need(*expr.items)
                hint = "a list stands after `in`, or before a macro"
                raise Mistake("E-PROFILE", MESSAGE.format("a list as a value is"), hint)
            case tree.Unary("!", operand):
                return Not(*self.conditions(operand))
            case tree.Unary(_, operand):
                return negate(*self.need(operand))
            case tree.Binary():
                return self.binary(expr)
            case tree.Junction(op, operands):
                return self.junction(op, self.conditions(*operands))
            case tree.Ternary(test, then, other):
                return self.ternary(test, then, other)

    def name(self, name: str, expr: tree.Expr) -> Node:
        if name in self.env:
            return self.known(self.env[name], expr)
        if name in {"param", "def"}:
            raise Mistake("E-NAME", f"`{name}` needs a name after it", f"write `{name}.NAME`")
        if name in NAMESPACES:
            raise Mistake(
                "E-PROFILE", f"`{name}`: {MESSAGE.format('extension libraries are')}", NAMESPACES[name]
            )
        hint = (
            nearest(name, {*self.env, "param", "def"})
            or f"a text stands in quotes; the record is `{self.scope.root}`"
        )
        raise Mistake("E-NAME", f"there is nothing called `{name}`", hint)

    def select(self, expr: tree.Select) -> Node:
        if isinstance(expr.base, tree.Name) and expr.base.name in {"param", "def"}:
            return self.inlined(expr.base.name, expr)
        (base,) = self.need(expr.base)
        kind = type_of(base)
        if not (isinstance(kind, Object) and isinstance(base, Var | Field)):
            hint = "use exists, all or filter" if hasattr(kind, "element") else ""
            raise Mistake("E-FIELD", f"{named(base)} has no field `{expr.name}`", hint)
        member = kind.member(expr.name)
        if member is None:
            raise Mistake(
                "E-FIELD", f"{kind.name} has no field `{expr.name}`", nearest(expr.name, kind.names())
            )
        if expr.optional:
            raise Mistake("E-TYPE", "an optional field needs a value for when it is missing",
                          f"write `.?{expr.name}.orValue(constant)`")  # fmt: skip
        return Field(base, member.name, member.type, member.nullable)

    def inlined(self, kind: str, expr: tree.Select) -> Node:
        what, names = ("parameter", self.scope.params) if kind == "param" else ("definition", self.scope.defs)
        node = names.get(expr.name)
        if node is None:
            raise Mistake("E-NAME", f"the pack has no {what} `{expr.name}`", nearest(expr.name, names))
        return self.known(node, expr)

    def binary(self, expr: tree.Binary) -> Node:
        sides = (expr.left, expr.right)
        nulls = [side for side in sides if isinstance(side, tree.NullLit)]
        if nulls:
            for side in sides:
                if side not in nulls:
                    self.infer(side)
            message = "null cannot be compared: missing data is unknown"
            self.report(Mistake("E-NULL", message, "use has(x) or !has(x)"), nulls[0])
            raise _Passed
        if expr.op == "in":
            return membership(self, expr)
        left, right = self.need(*sides)
        return compare(expr.op, left, right) if expr.op in _RELATIONS else arith(expr.op, left, right)

    def junction(self, op: str, operands: list[Node]) -> Node:
        """Join operands; one that is a junction of the same kind is opened, as order is not observable."""
        kind = And if op == "&&" else Or
        flat: list[Node] = []
        for operand in operands:
            flat.extend(operand.operands if isinstance(operand, kind) else [operand])
        return kind(tuple(flat))

    def ternary(self, test: tree.Expr, then: tree.Expr, other: tree.Expr) -> Node:
        found = self.infer(test)
        fitted = None if found is None else self.fit(found, test, Bool())
        first, second = self.need(then, other)
        if fitted is None:
            raise _Passed
        return branches(fitted, first, second)
