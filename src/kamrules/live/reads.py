"""Which facts a condition reads, and which conditions a changed fact can turn.

A path is the names from the deal to a fact; `*` stands for any element of a list, so that
`("stakeholders",)` is who there is, and `("stakeholders", "*", "stance")` the stance of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kamrules.rules.lang import core
from kamrules.rules.plan import Entry, Flag, Mean, Rule, Scale, Share, Table

ELEMENT = "*"
AS_OF = "as_of"
Path = tuple[str, ...]
Macro = core.Exists | core.Tally
Part = Rule | Entry | Table


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


def reads_of(nodes: Iterable[core.Node | None], *, but: Callable[[Macro], bool] = lambda _: False) -> Reads:
    """Return what conditions read; of the outermost macros, those that are not to be left out."""
    found: set[Path] = set()
    for node in nodes:
        if node is not None:
            _collect(node, {}, found, but)
    return Reads(frozenset(path for path in found if path != (AS_OF,)), (AS_OF,) in found)


def part_reads(part: Part, *, but: Callable[[Macro], bool] = lambda _: False) -> Reads:
    """Return what a rule, a decision table or an entry of a scorecard reads."""
    match part:
        case Rule():
            return reads_of((part.when, part.applies), but=but)
        case Table():
            return reads_of((row.when for row in part.rows), but=but)
        case Flag(when=node) | Scale(value=node):
            return reads_of([node], but=but)
        # A share and a mean count every element: nothing of them can be left out.
        case Share(range=range_, var=var, when=node):
            return reads_of([core.Exists(range_, var, node)])
        case Mean(range=range_, var=var, value=value, weight=weight):
            parts = [value] if weight is None else [value, weight]
            return reads_of([core.Exists(range_, var, part) for part in parts])


def condition_on(name: str, macro: Macro) -> core.Exists | None:
    """Return whether some element of a list of the deal meets what a macro asks of each, by itself.

    None for a macro over another list, and for one that asks an element about the whole list.
    """
    condition = core.Exists(macro.range, macro.var, macro.body)
    if _path(macro.range, {}) != (name,):
        return None
    inside: set[Path] = set()
    _collect(macro.body, {macro.var.name: (name, ELEMENT)}, inside, lambda _: False)
    return None if (name,) in inside else condition


def values_at(record: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return what stands at paths of a record, by its place; null is unknown, of an element left out.

    A list is the ids (or else the places) of its elements; a value with evidence is a pair with its level.

    Examples
    --------
    >>> person = {"id": "P1", "stance": "neutral", "evidence": {"stance": {"level": "E2"}}}
    >>> record = {"stakeholders": [person]}
    >>> values_at(record, [("stakeholders",), ("stakeholders", "*", "stance"), ("bid", "price")])
    {'deal.bid.price': None, 'deal.stakeholders': ['P1'], 'deal.stakeholders[P1].stance': ['neutral', 'E2']}
    """
    found: dict[str, Any] = {}
    for path in sorted(paths):
        _see(record, path, "deal", found)
    return found


def _see(holder: Any, path: Path, where: str, found: dict[str, Any]) -> None:
    for place, step in enumerate(path):
        if step == ELEMENT:
            for key, one in _keyed(holder):
                _see(one, path[place + 1 :], f"{where}[{key}]", found)
            return
        where = f"{where}.{step}"
        held = holder.get(step) if isinstance(holder, Mapping) else None
        if place + 1 < len(path):
            holder = held
            continue
        if held is None and "[" in where:
            return
        level = holder.get("evidence", {}).get(step, {}).get("level") if held is not None else None
        found[where] = _shown(held) if level is None else [_shown(held), level]


def _keyed(elements: Any) -> list[tuple[Any, Any]]:
    if not isinstance(elements, list):
        return []
    return [
        (one.get("id", place) if isinstance(one, Mapping) else place, one)
        for place, one in enumerate(elements)
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [key if isinstance(one, Mapping) else _shown(one) for key, one in _keyed(value)]
    if isinstance(value, Mapping):
        return {name: _shown(one) for name, one in value.items() if name != "evidence"}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _meets(changed: Path, read: Path) -> bool:
    if read[: len(changed)] == changed:
        return True
    # A change inside an element leaves it as it is which elements there are.
    return changed[: len(read)] == read and ELEMENT not in changed[len(read) :]


def _collect(
    node: core.Node, names: Mapping[str, Path], found: set[Path], but: Callable[[Macro], bool]
) -> None:
    match node:
        case core.Var() | core.Field() | core.Attested():
            found.add(_path(node, names))
            if isinstance(node, core.Attested) and node.half_life is not None:
                found.add((AS_OF,))  # its evidence ages
        case core.Exists(range_, var, body) | core.Tally(range_, var, body):
            if not names and but(node):
                return
            path = _path(range_, names)
            found.add(path)
            _collect(body, {**names, var.name: (*path, ELEMENT)}, found, but)
        case _:
            for child in core.children(node):
                _collect(child, names, found, but)


def _path(node: core.Var | core.Field | core.Attested, names: Mapping[str, Path]) -> Path:
    match node:
        case core.Var(name):
            return names.get(name, (AS_OF,) if name == AS_OF else ())
        case core.Field(base, name):
            return (*_path(base, names), name)
        case core.Attested(field):
            return _path(field, names)
