"""What all of a function's code shares: its names, its blocks, and where fields are read."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from kamrules.rules.lang.core import Attested, Field, Node, Var
from kamrules.rules.pycode import code
from kamrules.rules.pycode.blocks import Block
from kamrules.rules.pycode.shapes import Shapes


@dataclass(frozen=True, slots=True)
class Bound:
    """What a name of a condition stands for: a local of a block. `canon` is equal for equal loops."""

    local: str
    nullable: bool
    block: Block
    canon: str = ""


Env = Mapping[str, Bound]


def canon_of(env: Env) -> dict[str, str]:
    """Return the names of the loop variables that `Shapes` knows them by."""
    return {name: bound.canon for name, bound in env.items() if bound.canon}


class World:
    """Keeps the locals, blocks and constants of one function; `namespace` is what its code refers to."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.names = code.Names()
        self.root = Block()
        self.namespace: dict[str, Any] = {}
        # Locals that are bound once, by what they hold.
        self.locals: dict[Hashable, str] = {}

    def refer(self, value: Any, hint: str = "const") -> ast.expr:
        """Return a tree for a constant value: itself where code can hold it, else a name for it."""
        if value is None or isinstance(value, bool | int | float | str):
            return code.const(value)
        if isinstance(value, tuple | frozenset) and all(
            isinstance(one, bool | int | float | str) for one in value
        ):
            return code.const(value)
        key = ("refer", type(value), value)
        if key not in self.locals:
            self.locals[key] = self.names.fresh(f"{hint}_")
            self.namespace[self.locals[key]] = value
        return code.name(self.locals[key])

    def refer_object(self, value: object, hint: str) -> ast.expr:
        """Return a name for an object that code refers to and never changes."""
        local = self.names.fresh(hint)
        self.namespace[local] = value
        return code.name(local)

    def bind(self, node: Node, env: Env, hint: str, tree: ast.expr) -> str:
        """Bind a value of the node in the innermost block that knows all it needs; return the local."""
        local = self.names.fresh(hint)
        self.home(node, env).bind(self.shapes.stage(node), local, tree)
        return local

    def home(self, node: Node, env: Env) -> Block:
        """Return the innermost block that binds a name the node uses."""
        used = [env[name].block for name in self.shapes.free(node) if name in env]
        return max(used, key=lambda block: block.depth, default=self.root)

    def key(self, node: Node, env: Env) -> tuple[int, *tuple[str, ...]]:
        """Return what two nodes share that mean the same in the same loop."""
        inner = tuple(bound.local for bound in env.values() if bound.canon)
        return (self.shapes.number(node, canon_of(env)), *inner)

    def locate(self, node: Var | Field | Attested, env: Env) -> Bound:
        """Return the local that holds what a field reads."""
        match node:
            case Var(name):
                return env[name]
            case Field(base, name, kind, nullable):
                holder = self.locate(base, env)
                read = holder.block.read(
                    self.names, holder.local, name, kind, nullable=nullable, absent=holder.nullable
                )
                return Bound(read.local, nullable or holder.nullable, holder.block)
            case Attested():
                return self._attested(node, env)

    def _attested(self, node: Attested, env: Env) -> Bound:
        field, minimum, assumed = node.field, node.minimum, node.assumed
        key = ("attested", *self.key(node, env))
        value, holder = self.locate(field, env), self.locate(field.base, env)
        if key not in self.locals:
            evidence = holder.block.read(
                self.names, holder.local, "evidence", None, nullable=True, absent=holder.nullable
            )
            known = code.name(evidence.local)
            ageing: tuple[ast.expr, ...] = ()
            if node.half_life is not None:
                ageing = (code.const(node.half_life), code.name(env["as_of"].local))
            level = code.call("level_of", known, code.const(field.name), code.const(assumed), *ageing)
            enough = code.compare(level, ">=", code.const(minimum))
            missing = code.compare(known, "is", code.const(None))
            test = code.any_of([missing, enough]) if assumed >= minimum else code.all_of([known, enough])
            tree = code.choose(test, code.name(value.local), code.const(None))
            local = self.names.fresh(f"{value.local}_e{minimum}")
            value.block.bind(0, local, tree)
            self.locals[key] = local
        return Bound(self.locals[key], nullable=True, block=value.block)
