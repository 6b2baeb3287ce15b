"""The part of a plan that a change can turn, compiled by itself.

Rules share work where they are compiled together, so a slice is one function for all the rules that read a
path; slices are made when they are first needed, at most one for each path of the record. A change of one
item of a list turns less: a `Sieve` finds the rules with a condition that the item may meet, before or after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from kamrules.engine import Engine
from kamrules.live.reads import Macro, Part, Path, Reads, condition_on, part_reads, reads_of
from kamrules.rules.backends import python
from kamrules.rules.lang import core
from kamrules.rules.plan import Plan, Rule, Scorecard

CLAIM: Path = ("milestone",)  # no rule has to read it: the stage is compared with it
MOST = 512  # slices for items: a bound on memory and on the time to compile, far above what packs need
_REMEMBERED = 1024

Seen = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A rule that is true as all of some others are, such as a gate that asks what another has asked.

    `place` and `others` are places in the plan; `applies` is the place of its `applies` among the truths of a
    slice, None for a rule that always does.
    """

    place: int
    others: tuple[int, ...]
    applies: int | None


@dataclass(frozen=True, slots=True)
class Slice:
    """What is evaluated anew: the rules and the entries of the health score by their place in the plan.

    `run` gives the truths of the rules and where `joined` ones apply, the rows of the tier table if
    `has_table`, and the points of each entry. `places` are those of all rules, joined ones included.
    """

    places: tuple[int, ...]
    rules: tuple[int, ...]
    joined: tuple[Joined, ...]
    entries: tuple[int, ...]
    has_table: bool
    has_claim: bool
    run: Callable[[Any, date], Any]


@dataclass(frozen=True, slots=True)
class Sieve:
    """The conditions that a slice has on the elements of a list, each asked of one item by itself.

    An element that surely fails a condition is none of those that exist or are counted by it. `seen` gives
    the truth of each condition for an item, `unseen` are the truths where there is no item; `picked` is the
    slice for the truths before and after a change of the item, when the list was known before, too.
    """

    list: str
    unseen: Seen
    run: Callable[[Any, date], Any]
    picked: Callable[[Seen, Seen], Slice]

    def seen(self, record: Mapping[str, Any], item: Mapping[str, Any] | None, day: date) -> Seen:
        """Return which conditions an item of a record meets: surely, not, or maybe."""
        if item is None:
            return self.unseen
        truths: Seen = self.run({**record, self.list: [item]}, day)[0]
        return truths


class Slices:
    """The slices of one engine."""

    def __init__(self, engine: Engine) -> None:
        pack, plan = engine.pack, engine.plan
        self._plan = plan
        self._table = next((one for one in plan.tables if one.id == pack.tier_table), None)
        card = next((one for one in plan.scorecards if one.id == pack.health), None)
        self._entries = card.entries if card is not None else ()
        # All that is evaluated, by its place: the rules, the entries of the score, the tier table.
        self._parts: tuple[Part, ...] = (
            *plan.rules,
            *self._entries,
            *([] if self._table is None else [self._table]),
        )
        self._joined = joined_rules(plan.rules)
        self._reads = [part_reads(part) for part in self._parts]
        self._first_entry = len(plan.rules)
        self._first_table = self._first_entry + len(self._entries)
        self.reads = Reads(frozenset({CLAIM}).union(*(one.paths for one in self._reads)), as_of=True)
        self._by_path: dict[Path, Slice | None] = {}
        self._sieves: dict[Path, Sieve | None] = {}
        self._picked: dict[tuple[int, ...], Slice] = {}
        self.whole = self._slice(range(len(self._parts)), has_claim=True)
        by_day = [place for place, reads in enumerate(self._reads) if reads.as_of]
        self.by_day = self._slice(by_day, has_claim=False)

    def of(self, path: Path) -> Slice | None:
        """Return what a change at or below a path can turn; None for nothing."""
        if path not in self._by_path:
            is_read = self.reads.meet(path)
            has_claim = path[:1] == CLAIM or not path
            self._by_path[path] = self._slice(self._reading(path), has_claim=has_claim) if is_read else None
        return self._by_path[path]

    def sieve(self, path: Path) -> Sieve | None:
        """Return what finds a smaller slice for a change of one item of the list a path begins with."""
        if path not in self._sieves:
            self._sieves[path] = self._sieve(path) if self.reads.meet(path) else None
        return self._sieves[path]

    def read_by_rule(self, place: int) -> frozenset[Path]:
        """Return what the rule at a place of the plan reads."""
        return self._reads[place].paths

    def read_by_table(self) -> frozenset[Path]:
        """Return what the tier table reads."""
        return frozenset() if self._table is None else self._reads[self._first_table].paths

    def read_by_score(self) -> frozenset[Path]:
        """Return what the health score reads."""
        entries = self._reads[self._first_entry : self._first_table]
        return frozenset().union(*(one.paths for one in entries))

    def _reading(self, path: Path) -> list[int]:
        return [place for place, reads in enumerate(self._reads) if reads.meet(path)]

    def _sieve(self, path: Path) -> Sieve:
        name = path[0]
        always: set[int] = set()
        asking: dict[core.Exists, set[int]] = {}
        for place in self._reading(path):

            def is_apart(macro: Macro, place: int = place) -> bool:
                condition = condition_on(name, macro)
                if condition is None:
                    return False
                if reads_of([condition]).meet(path):
                    asking.setdefault(condition, set()).add(place)
                return True

            if part_reads(self._parts[place], but=is_apart).meet(path):
                always.add(place)
        askers = list(asking.values())
        rules = tuple(Rule(str(place), condition) for place, condition in enumerate(asking))
        run = python.compile_plan(Plan(self._plan.schema, rules, root=self._plan.root)).run_raw

        def pick(before: Seen, after: Seen) -> Slice:
            touched = set(always)
            for places, *truths in zip(askers, before, after, strict=True):
                if truths != [False, False]:
                    touched |= places
            return self._slice_of(path, tuple(sorted(touched)))

        return Sieve(name, (False,) * len(rules), run, lru_cache(_REMEMBERED)(pick))

    def _slice_of(self, path: Path, places: tuple[int, ...]) -> Slice:
        """Return the slice of some parts that read a path; of all that do, once there are too many slices."""
        found = self._picked.get(places)
        if found is None and len(self._picked) < MOST:
            found = self._picked[places] = self._slice(places, has_claim=False)
        return found or self.of(path) or self.whole

    def _slice(self, places: Sequence[int], *, has_claim: bool) -> Slice:
        first_entry, first_table = self._first_entry, self._first_table
        rules = [place for place in places if place < first_entry and place not in self._joined]
        asked = [self._plan.rules[place] for place in rules]
        joined: list[Joined] = []
        for place in places:
            if place in self._joined:
                rule = self._plan.rules[place]
                joined.append(Joined(place, self._joined[place], len(asked) if rule.applies else None))
                if rule.applies is not None:
                    asked.append(Rule(rule.id, rule.applies))
        entries = [place - first_entry for place in places if first_entry <= place < first_table]
        has_table = self._table is not None and first_table in places
        plan = replace(
            self._plan,
            rules=tuple(asked),
            tables=(self._table,) if has_table and self._table is not None else (),
            # Each entry is a scorecard by itself: the points of the others are kept.
            scorecards=tuple(
                Scorecard(self._entries[place].id, (self._entries[place],)) for place in entries
            ),
        )
        run = python.compile_plan(plan).run_raw
        all_rules = tuple(place for place in places if place < first_entry)
        return Slice(all_rules, tuple(rules), tuple(joined), tuple(entries), has_table, has_claim, run)


def joined_rules(rules: Sequence[Rule]) -> dict[int, tuple[int, ...]]:
    """Return the rules that ask what some others ask together and no more, by place, with those others."""
    asked = [frozenset(_conjuncts(rule.when)) for rule in rules]
    found: dict[int, tuple[int, ...]] = {}
    for place in sorted(range(len(rules)), key=lambda one: len(asked[one])):
        less = [
            other
            for other, rule in enumerate(rules)
            if rule.applies is None and other not in found and asked[other] < asked[place]
        ]
        if less and frozenset().union(*(asked[other] for other in less)) == asked[place]:
            widest = [one for one in less if not any(asked[one] < asked[other] for other in less)]
            found[place] = tuple(widest)
    return found


def _conjuncts(node: core.Node) -> Iterator[core.Node]:
    if isinstance(node, core.And):
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node
