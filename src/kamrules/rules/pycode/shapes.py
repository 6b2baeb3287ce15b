"""Which conditions of a plan are the same, however their loop variables are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping

from kamrules.rules.lang.core import (
    Arith,
    Attested,
    Call,
    Compare,
    Const,
    Exists,
    Field,
    In,
    Negate,
    Node,
    OrValue,
    Tally,
    Var,
    children,
)  # fmt: skip

Canon = Mapping[str, str]


class Shapes:
    """Numbers for conditions: two have one number exactly when they mean the same text."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[Hashable, tuple[Node, int]] = {}
        self._stages: dict[int, tuple[Node, int]] = {}
        self._free: dict[int, tuple[Node, frozenset[str]]] = {}
        self.uses: Counter[int] = Counter()
        self._tallied: set[tuple[int, int]] = set()

    def number(self, node: Node, canon: Canon) -> int:
        """Return the number of a condition whose loop variables are known by these names."""
        # INVARIANT: the node is kept with its id, so that no later node can have the same one.
        key = (id(node), *canon.items()) if canon else id(node)
        found = self._known.get(key)
        if found is None:
            shape = (type(node).__name__, *self._payload(node, canon))
            found = (node, self._numbers.setdefault(shape, len(self._numbers)))
            self._known[key] = found
        return found[1]

    def _payload(self, node: Node, canon: Canon) -> tuple[Hashable, ...]:
        match node:
            case Const(value):
                return (type(value).__name__, value)
            case Var(name):
                return (canon.get(name, name),)
            case Exists(range_, _, body) | Tally(range_, _, body):
                return (self.number(range_, canon), self.number(body, self.inside(node, canon)))
            case In(item, values):
                return (self.number(item, canon), *(self.number(value, {}) for value in values))
            case OrValue(field, default):
                return (self.number(field, canon), self.number(default, {}))
        own: tuple[Hashable, ...] = ()
        match node:
            case Field(_, name, _, nullable):
                own = (name, nullable)
            case Attested(_, minimum, assumed, half_life):
                own = (minimum, assumed, half_life)
            case Compare(op):
                own = (op,)
            case Arith(op, _, _, kind) | Negate(op, kind):
                own = (op, type(kind).__name__) if isinstance(op, str) else (type(kind).__name__,)
            case Call(function):
                own = (function,)
        return (*own, *(self.number(child, canon) for child in children(node)))

    def inside(self, macro: Exists | Tally, canon: Canon) -> Canon:
        """Return the names in the body of a macro: a loop variable is known by its list and stage."""
        return {**canon, macro.var.name: f"{self.number(macro.range, canon)}@{self.stage(macro)}"}

    def stage(self, node: Node) -> int:
        """Return how many loops must run one after the other before the condition is known."""
        found = self._stages.get(id(node))
        if found is None:
            below = max((self.stage(child) for child in children(node)), default=0)
            found = (node, below + 1 if isinstance(node, Exists | Tally) else below)
            self._stages[id(node)] = found
        return found[1]

    def free(self, node: Node) -> frozenset[str]:
        """Return the names a condition uses that no macro inside it binds."""
        found = self._free.get(id(node))
        if found is None:
            if isinstance(node, Var):
                names = frozenset({node.name})
            elif isinstance(node, Exists | Tally):
                names = self.free(node.range) | (self.free(node.body) - {node.var.name})
            else:
                names = frozenset[str]().union(*(self.free(child) for child in children(node)))
            found = (node, names)
            self._free[id(node)] = found
        return found[1]

    def count(self, node: Node, canon: Canon | None = None) -> None:
        """Count a use of the condition, and once the uses it makes of others."""
        canon = {} if canon is None else canon
        number = self.number(node, canon)
        self.uses[number] += 1
        if self.uses[number] > 1:
            return
        if isinstance(node, Exists | Tally):
            inner = self.inside(node, canon)
            if isinstance(node, Tally):
                self._tallied.add(self._loop(node, canon))
            self.count(node.body, inner)
            return
        for child in children(node):
            self.count(child, canon)

    def is_tallied(self, node: Exists | Tally, canon: Canon) -> bool:
        """Whether the elements that make this body true are counted somewhere."""
        return self._loop(node, canon) in self._tallied

    def _loop(self, node: Exists | Tally, canon: Canon) -> tuple[int, int]:
        return (self.number(node.range, canon), self.number(node.body, self.inside(node, canon)))
