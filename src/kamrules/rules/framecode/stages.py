"""What is used twice is computed once: expressions as steps, each step a select over the one before.

Libraries write an expression out as a tree, so a shared part would be computed, and for SQL even spelled
out, once for each use: sharing nested ten deep is a thousand copies. A part that is used more than once, or
that has grown large, gets a column of its own, one step before the first that needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kamrules.rules.framecode.columns import Expr, walk

_LARGE = 120  # operators in one expression (our choice: DuckDB reads such a text in well under a millisecond)
_CHEAP = frozenset({"col", "lit"})


@dataclass(frozen=True, slots=True)
class Step:
    """Columns to add, each over columns that are there."""

    columns: dict[str, Expr]


@dataclass(frozen=True, slots=True)
class Staged:
    """The steps, then the columns asked for; `names` gives the column that holds an expression."""

    steps: tuple[Step, ...]
    names: Mapping[Expr, str]


def staged(roots: Iterable[Expr], prefix: str = "t") -> Staged:
    """Return the steps that compute what the roots share.

    Parameters
    ----------
    roots
        The expressions asked for.
    prefix
        The start of the names of the columns made on the way.
    """
    outputs = list(roots)
    order = list(walk(outputs))
    uses: dict[Expr, int] = {}
    for expr in order:
        # SQL spells out the operands of a division that rounds down several times.
        weight = 2 if expr.op == "arith" and expr.param == "//" else 1
        for arg in set(expr.args):
            uses[arg] = uses.get(arg, 0) + weight
    for root in outputs:
        uses[root] = uses.get(root, 0) + 1
    names: dict[Expr, str] = {}
    levels: dict[Expr, int] = {}  # how many steps must be done before an expression can be written
    sizes: dict[Expr, int] = {}
    steps: list[dict[str, Expr]] = []
    for expr in order:
        level = max((levels[arg] for arg in expr.args), default=0)
        size = 1 + sum(sizes[arg] for arg in expr.args)
        if expr.op not in _CHEAP and (uses[expr] > 1 or size > _LARGE):
            name = names[expr] = f"{prefix}{len(names)}"
            while len(steps) <= level:
                steps.append({})
            steps[level][name] = expr
            level, size = level + 1, 1
        levels[expr], sizes[expr] = level, size
    return Staged(tuple(map(Step, steps)), names)


def read_names(
    exprs: Iterable[Expr], names: Mapping[Expr, str], *, are_definitions: bool = False
) -> set[str]:
    """Return the columns that expressions read, where what has a column of its own is read from there.

    With `are_definitions` the expressions are what such columns are made of.
    """
    found: set[str] = set()
    stack = [arg for expr in exprs for arg in (expr.args if are_definitions else (expr,))]
    done: set[Expr] = set()
    while stack:
        expr = stack.pop()
        if expr in names:
            found.add(names[expr])
        elif expr.op == "col":
            found.add(expr.param)
        elif expr not in done:
            done.add(expr)
            stack += expr.args
    return found
