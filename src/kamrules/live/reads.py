"""Which facts a condition reads, and which conditions a changed fact can turn.

A path is the names from the deal to a fact; `*` stands for any element of a list, so that
`("stakeholders",)` is who there is, and `("stakeholders", "*", "stance")` the stance of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kamrules.rules.lang import core
from kamrules.rules.plan import Entry, Flag, Mean, Rule, Scale, Share, Table

ELEMENT = "*"
AS_OF = "as_of"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """The paths that are read, and whether the day is."""

    paths: frozenset[Path]
    as_of: bool

    def meet(self, changed: Path) -> bool:
        """Whether something that is read can differ after a change at or below a path.

        Examples
        --------
        >>> stances = Reads(frozenset({("stakeholders",), ("stakeholders", "*", "stance")}), as_of=False)
        >>> stances.meet(("stakeholders", "*", "stance")), stances.meet(("stakeholders", "*", "name"))
        (True, False)
        """
        return any(_meets(changed, path) for path in self.paths)


def reads_of(nodes: Iterable[core.Node | None]) -> Reads:
    """Return what conditions read."""
    found: set[Path] = set()
    for node in nodes:
        if node is not None:
            _collect(node, {}, found)
    return Reads(frozenset(path for path in found if path != (AS_OF,)), (AS_OF,) in found)


def rule_reads(rule: Rule) -> Reads:
    """Return what a rule reads."""
    return reads_of((rule.when, rule.applies))


def table_reads(table: Table) -> Reads:
    """Return what a decision table reads."""
    return reads_of(row.when for row in table.rows)


def entry_reads(entry: Entry) -> Reads:
    """Return what an entry of a scorecard reads."""
    match entry:
        case Flag(when=node) | Scale(value=node):
            return reads_of([node])
        case Share(range=range_, var=var, when=node):
            return reads_of([core.Exists(range_, var, node)])
        case Mean(range=range_, var=var, value=value, weight=weight):
            parts = [value] if weight is None else [value, weight]
            return reads_of([core.Exists(range_, var, part) for part in parts])


def _meets(changed: Path, read: Path) -> bool:
    if read[: len(changed)] == changed:
        return True
    # A change inside an element leaves it as it is which elements there are.
    return changed[: len(read)] == read and ELEMENT not in changed[len(read) :]


def _collect(node: core.Node, names: Mapping[str, Path], found: set[Path]) -> None:
    match node:
        case core.Var() | core.Field() | core.Attested():
            found.add(_path(node, names))
            if isinstance(node, core.Attested) and node.half_life is not None:
                found.add((AS_OF,))  # its evidence ages
        case core.Exists(range_, var, body) | core.Tally(range_, var, body):
            path = _path(range_, names)
            found.add(path)
            _collect(body, {**names, var.name: (*path, ELEMENT)}, found)
        case _:
            for child in core.children(node):
                _collect(child, names, found)


def _path(node: core.Var | core.Field | core.Attested, names: Mapping[str, Path]) -> Path:
    match node:
        case core.Var(name):
            return names.get(name, (AS_OF,) if name == AS_OF else ())
        case core.Field(base, name):
            return (*_path(base, names), name)
        case core.Attested(field):
            return _path(field, names)
