"""The statements of a generated function: reads, then loops and bindings in the order they need each other.

A `Block` is the body of the function or of one loop over a list. Conditions over one list share one loop;
what identical bodies count is counted once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from kamrules.rules.lang.types import Type
from kamrules.rules.pycode import code
from kamrules.rules.pycode.branching import Step, branch


@dataclass(frozen=True, slots=True)
class Read:
    """One member of a holder, bound to `local`; `type` is None for members that no condition may name."""

    local: str
    member: str
    nullable: bool
    type: Type | None


@dataclass(slots=True)
class Holder:
    """A local that holds an object of the record, and what is read from it."""

    nullable: bool
    reads: dict[tuple[str, bool], Read] = field(default_factory=dict)


Reader = Callable[[str, Read], ast.expr]
Checker = Callable[[list[Read]], list[ast.stmt]]


@dataclass(frozen=True, slots=True)
class Style:
    """How members are read, and what is checked of what was read."""

    read: Reader
    check: Checker


@dataclass(slots=True)
class Block:
    """Statements of one scope, `depth` loops deep.

    `stages[n]` holds the loops whose bodies need the results of stages below n, and after them the
    bindings that need the results of stages up to n.
    """

    depth: int = 0
    holders: dict[str, Holder] = field(default_factory=dict)
    loops: dict[int, dict[str, Loop]] = field(default_factory=dict)
    bindings: dict[int, list[ast.stmt]] = field(default_factory=dict)

    def read(  # noqa: PLR0913 - the facts of one member
        self, names: code.Names, holder: str, member: str, type_: Type | None, *, nullable: bool, absent: bool
    ) -> Read:
        """Return the local that holds a member, reading it once; `absent` if its holder may be missing."""
        reads = self.holders.setdefault(holder, Holder(absent)).reads
        found = reads.get((member, nullable))
        if found is None:
            found = Read(names.fresh(f"{holder}_{member}"), member, nullable, type_)
            reads[member, nullable] = found
        return found

    def bind(self, stage: int, local: str, tree: ast.expr) -> None:
        """Give `local` its value once the loops of `stage` have run."""
        self.bindings.setdefault(stage, []).append(code.assign(local, tree))

    def statements(self, style: Style) -> list[ast.stmt]:
        """Return the statements in an order in which everything is bound before it is used."""
        found: list[ast.stmt] = []
        for local, holder in self.holders.items():
            found.extend(_reads(local, holder, style))
        for stage in range(max([0, *self.loops, *self.bindings]) + 1):
            for loop in self.loops.get(stage, {}).values():
                found.extend(loop.whole(style))
            found.extend(self.bindings.get(stage, []))
        return found


@dataclass(slots=True)
class Loop(Block):
    """One pass over the list in local `over`: `element` is the loop variable, `start` what it begins with."""

    over: str = ""
    over_nullable: bool = False
    element: str = ""
    start: list[ast.stmt] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    elements: Read | None = None

    def whole(self, style: Style) -> list[ast.stmt]:
        """Return the pass with what goes before it."""
        steps = branch(self.steps)
        if not steps:
            return list(self.start)
        checks = style.check([self.elements]) if self.elements else []
        body = [*checks, *self.statements(style), *steps]
        run = code.loop(self.element, code.name(self.over), body)
        if self.over_nullable:
            run = code.when(code.compare(code.name(self.over), "is not", code.const(None)), [run])
        return [*self.start, run]


def _reads(local: str, holder: Holder, style: Style) -> list[ast.stmt]:
    reads = list(holder.reads.values())
    if not reads:
        return []
    found = [code.assign(read.local, style.read(local, read)) for read in reads]
    checked = [*found, *style.check(reads)]
    if not holder.nullable:
        return checked
    nothing = code.assign_all([read.local for read in reads], code.const(None))
    return [code.when(code.compare(code.name(local), "is", code.const(None)), [nothing], checked)]
