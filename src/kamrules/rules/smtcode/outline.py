"""A record of which only one element of a list is looked at; all others are summed up in free numbers.

Whatever the others are, each loop over them gives some truth or count, so what holds of every outline holds
of every record, with lists of any length. The converse is not so: an outline may have no record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kamrules.rules.lang import core
from kamrules.rules.smtcode.door import z3
from kamrules.rules.smtcode.encode import Encoder, Env, how_many
from kamrules.rules.smtcode.logic import Counted, Truth, Value, conj, disj, neg

_LONGEST = 2**31  # elements that a list may have (our choice: no deal comes near, and no count overflows)


@dataclass(slots=True)
class Others:
    """What loops give over the elements that nobody looks at; `constraints` hold of every record."""

    truths: dict[core.Exists, Truth] = field(default_factory=dict)
    counts: dict[core.Tally, Counted] = field(default_factory=dict)
    sizes: dict[core.Field, Any] = field(default_factory=dict)
    constraints: list[Any] = field(default_factory=list)

    def truth(self, node: core.Exists) -> Truth:
        """Return whether another element has a property."""
        if node not in self.truths:
            name = f"others {len(self.truths)}"
            found = self.truths[node] = Truth(z3.Bool(f"some {name}"), z3.Bool(f"none {name}"))
            self.constraints.append(z3.Not(z3.And(found.true, found.false)))
        return self.truths[node]

    def count(self, node: core.Tally) -> Counted:
        """Return how many other elements have a property."""
        if node not in self.counts:
            name = f"others {len(self.counts)}"
            found = self.counts[node] = Counted(True, z3.Int(f"sure {name}"), z3.Int(f"most {name}"))
            most = self.size(node.range)
            self.constraints.append(z3.And(found.low >= 0, found.low <= found.high, found.high <= most))
        return self.counts[node]

    def size(self, range_: core.Field) -> Any:
        """Return how many other elements a list has."""
        if range_ not in self.sizes:
            self.sizes[range_] = z3.Int(f"size {len(self.sizes)}")
            self.constraints.append(z3.And(self.sizes[range_] >= 0, self.sizes[range_] <= _LONGEST))
        return self.sizes[range_]


@dataclass(slots=True)
class Outline(Encoder):
    """Encodes conditions of outlines: slots of a list are the elements looked at, `others` are the rest."""

    others: Others = field(default_factory=Others)

    def _encode(self, node: core.Node, env: Env, element: str) -> Value:
        match node:
            case core.Exists():
                known, bodies = self._elements(node, env, element)
                rest = self.others.truth(node)
                some = disj(rest.true, *(conj(inside, body.true) for inside, body in bodies))
                none = conj(rest.false, *(disj(neg(inside), body.false) for inside, body in bodies))
                return Truth(conj(known, some), conj(known, none))
            case core.Tally():
                known, bodies = self._elements(node, env, element)
                more = self.others.count(node)
                sure = how_many([conj(inside, body.true) for inside, body in bodies])
                most = how_many([conj(inside, neg(body.false)) for inside, body in bodies])
                return Counted(known, sure + more.low, most + more.high)
            case core.Size(range_):
                slots = self._slots(range_, env, element)
                total = how_many(list(slots.inside)) + self.others.size(range_)
                return Counted(slots.known, total, total)
        return Encoder._encode(self, node, env, element)  # noqa: SLF001 - its own base
