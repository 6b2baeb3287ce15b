"""The verdict on one deal in little memory, and how it is brought up to date after a change.

A `Verdict` holds what the plan says of the record in force (a byte for each rule, the rows of the tier table,
the points of each entry of the health score) and the facts that follow from it, a byte each. It says what
`flatfacts.facts_of(engine.assess(…))` says, which the tests compare.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast, get_args

from kamrules.engine import Engine
from kamrules.live.reads import Path
from kamrules.live.slices import CLAIM, Joined, Slice, Slices
from kamrules.rules.backends import python
from kamrules.rules.plan import Plan, Scorecard
from kamrules.rules.planning import late_entry_id, waiver_id
from kamrules.rules.reactions import NONE, SIDES, UNKNOWN, gate_fact
from kamrules.rules.verdict import NA, BreachStatus, Claim, GateStatus, RedLineStatus, Status, TableRows
from kamrules.rules.verdict import status_of as _status_of
from kamrules.scoring.ledger import Band, judge_health
from kamrules.scoring.milestones import judge_stage
from kamrules.scoring.taint import without_tainted
from kamrules.scoring.tiers import judge_tier

_REMEMBERED = 65_536
_NOT_NULL = re.compile(rb"[^\0]", re.DOTALL)
_TRUTHS = (False, True, None, NA)
_CODE = {truth: code for code, truth in enumerate(_TRUTHS)}
_STATUS: tuple[Status, ...] = tuple(_status_of(truth) for truth in _TRUTHS)
_RED_LINE = ("clear", "tripped", "unknown", "not_applicable")
_BREACH = ("ok", "breach", "unknown", "not_applicable")
_UNMET, _MET, _UNKNOWN = _CODE[False], _CODE[True], _CODE[None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the pack says of one deal on one day; equal verdicts are equal bit for bit.

    `truths` and `facts` are codes, `points` the low and high ends of each entry of the health score, `health`
    the ends of the score itself; all in the order of the pack.
    """

    truths: bytes
    rows: TableRows | None
    points: bytes
    health: tuple[float, float] | None
    facts: bytes


class Judge:
    """Works out verdicts by one engine; `names` are the facts of a verdict in their order."""

    def __init__(self, engine: Engine) -> None:
        pack = engine.pack
        self.engine = engine
        self.slices = Slices(engine)
        places = {rule.id: place for place, rule in enumerate(engine.plan.rules)}
        self._rules = engine.plan.rules
        gates = [gate_fact(gate.milestone, side) for gate in engine.gates for side in SIDES]
        self._table = next((one for one in engine.plan.tables if one.id == pack.tier_table), None)
        self._card = next((one for one in engine.plan.scorecards if one.id == pack.health), None)
        last = [*gates, "stage", "claim"]
        last += ["tier"] if self._table is not None else []
        last += ["grade", "health.veto"] if self._card is not None else []
        self.names = (*pack.criteria, *pack.red_lines, *pack.findings, *last)
        self.place = {name: place for place, name in enumerate(self.names)}
        self.values = tuple(self._values())
        self._code = {value: code for code, value in enumerate(self.values)}
        criteria = [self._code[word] for word in _STATUS]
        red_lines = [self._code[word] for word in _RED_LINE]
        findings = [self._code[word] for word in _BREACH]
        self._codes: dict[int, tuple[int, list[int]]] = {}
        for names, codes in (
            (pack.criteria, criteria),
            (pack.red_lines, red_lines),
            (pack.findings, findings),
        ):
            self._codes |= {places[name]: (self.place[name], codes) for name in names}
        self._rule_of = {name: places[name] for name in (*pack.criteria, *pack.red_lines, *pack.findings)}
        waivers = {name: waiver_id(name) for name in pack.red_lines if waiver_id(name) in places}
        self._waivers = {places[name]: places[waiver] for name, waiver in waivers.items()}
        self._waived = {waiver: line for line, waiver in self._waivers.items()}
        self._late = tuple(name for name in pack.milestones if late_entry_id(name) in places)
        hard = [name for gate in engine.gates for name in (*gate.entry, *gate.exit)]
        staged = [*hard, *(late_entry_id(name) for name in self._late)]
        self._staged_ids = tuple(staged)
        self._is_staged = frozenset(places[name] for name in staged)
        self._take_staged = _taker([places[name] for name in staged])
        self._stage = lru_cache(_REMEMBERED)(self._judge_stage)
        self._first_gate = self.place[gates[0]] if gates else self.place["stage"]
        self._lines = tuple(
            (name, self.place[name], self._rules[places[name]].when, line.taints)
            for name, line in pack.red_lines.items()
        )
        self._first_line = len(pack.criteria)  # red lines stand together
        self._bands: tuple[Band, ...] = ()
        if self._card is not None:
            spec = pack.scorecards[self._card.id]
            self._bands = tuple(Band(name, float(grade.at_least)) for name, grade in spec.grades.items())
            self._veto = frozenset(
                name for name in pack.red_lines if pack.red_lines[name].severity in spec.veto
            )
            self._score = python.compile_plan(_only_card(engine, self._card)).run_raw
        self._tripped_code = self._code["tripped"]

    def _values(self) -> Iterator[str]:
        """Return every value a fact can have; a byte holds its place."""
        pack = self.engine.pack
        words: list[str] = [NONE, UNKNOWN, "yes", "no"]
        for kind in (Status, RedLineStatus, BreachStatus, GateStatus, Claim):
            words += get_args(kind)
        words += pack.milestones
        if pack.tier_table is not None:
            words += pack.tables[pack.tier_table].outputs
        if pack.health is not None:
            words += pack.scorecards[pack.health].grades
        found = dict.fromkeys(words)
        assert len(found) < 256  # noqa: PLR2004 - what a byte holds
        yield from found

    def facts(self, verdict: Verdict) -> dict[str, str]:
        """Return the facts of a verdict by name, as `flatfacts.facts_of` of the assessment."""
        values = self.values
        return {name: values[code] for name, code in zip(self.names, verdict.facts, strict=True)}

    def some_facts(self, verdict: Verdict, places: Iterable[tuple[str, int]]) -> dict[str, str]:
        """Return some facts of a verdict by name, given with their places."""
        facts, values = verdict.facts, self.values
        return {name: values[facts[place]] for name, place in places}

    def turned(self, before: Verdict, after: Verdict) -> list[tuple[str, str, str]]:
        """Return the facts that differ, with both values."""
        old, new = before.facts, after.facts
        if old == new:
            return []
        differs = (int.from_bytes(old) ^ int.from_bytes(new)).to_bytes(len(old))
        values = self.values
        return [
            (self.names[place], values[old[place]], values[new[place]])
            for place in [found.start() for found in _NOT_NULL.finditer(differs)]
        ]

    def read_by(self, fact: str) -> frozenset[Path]:
        """Return the paths that a fact was worked out from; none where it follows from other facts."""
        slices = self.slices
        if fact == "claim":
            return frozenset({CLAIM})
        if fact in {"tier", "grade"}:
            return slices.read_by_table() if fact == "tier" else slices.read_by_score()
        place = self._rule_of.get(fact)
        if place is None:
            return frozenset()
        waiver = self._waivers.get(place)
        more = frozenset() if waiver is None else slices.read_by_rule(waiver)
        return slices.read_by_rule(place) | more

    def whole(self, record: Mapping[str, Any], day: date) -> Verdict:
        """Return the verdict on a record, whatever it was before."""
        nothing = Verdict(
            bytes([len(_TRUTHS)]) * len(self._rules),
            None,
            bytes(16 * len(self._card.entries)) if self._card is not None else b"",
            None,
            bytes(len(self.names)),
        )
        return self.update(nothing, record, day, self.slices.whole)

    def update(self, before: Verdict, record: Mapping[str, Any], day: date, part: Slice) -> Verdict:
        """Return the verdict after a change that can turn only what is in `part`."""
        found, tables, ends = part.run(record, day)
        truths, rows, points, facts = before.truths, before.rows, before.points, bytearray(before.facts)
        new = bytearray(truths)
        for place, truth in zip(part.rules, found, strict=False):
            new[place] = _CODE[truth]
        for one in part.joined:
            new[one.place] = _join(one, found, new)
        changed: list[int] = []
        if new != truths:
            changed = [place for place in part.places if new[place] != truths[place]]
            truths = bytes(new)
            self._tell_rules(changed, truths, facts)
        if part.has_claim or not self._is_staged.isdisjoint(changed):
            staged = bytes(self._take_staged(truths))
            told = self._stage(staged, record.get("milestone"))
            facts[self._first_gate : self._first_gate + len(told)] = told
        if part.has_table and tables[0] != rows:
            rows = tables[0]
            facts[self.place["tier"]] = self._code[self._tier(rows)]
        health = before.health
        if self._card is not None:
            points = _with_points(points, part.entries, ends)
            health = self._health(before, points, record, day, facts)
        after = (truths, rows, points, health, bytes(facts))
        if after == (before.truths, before.rows, before.points, before.health, before.facts):
            return before
        return Verdict(*after)

    def _tell_rules(self, changed: list[int], truths: bytes, facts: bytearray) -> None:
        for place in changed:
            line = self._waived.get(place, place)
            if line not in self._codes:
                continue
            fact, codes = self._codes[line]
            facts[fact] = codes[truths[line]]
            waiver = self._waivers.get(line)
            if waiver is not None and truths[line] == _MET and truths[waiver] == _MET:
                facts[fact] = self._code["waived"]

    def _judge_stage(self, staged: bytes, claimed: str | None) -> bytes:
        """Return the facts of all gates, the stage and the claim."""
        statuses = {name: _STATUS[code] for name, code in zip(self._staged_ids, staged, strict=True)}
        late = {name: statuses[late_entry_id(name)] for name in self._late}
        stage = judge_stage(self.engine.gates, statuses, claimed, late)
        words: list[str] = []
        for gate in self.engine.gates:
            for names in (gate.entry, gate.exit):
                seen = {statuses[name] for name in names}
                words.append("shut" if "unmet" in seen else "unknown" if "unknown" in seen else "open")
        words += [stage.supported or NONE, stage.claim]
        return bytes([self._code[word] for word in words])

    def _tier(self, rows: TableRows) -> str:
        assert self._table is not None
        found = judge_tier(self._table, rows, self.engine.pack.tables[self._table.id].outputs)
        return found.decided or (UNKNOWN if found.possible else NONE)

    def _health(
        self, before: Verdict, points: bytes, record: Mapping[str, Any], day: date, facts: bytearray
    ) -> tuple[float, float]:
        """Return the ends of the health score, without what tripped a red line, and tell the grade."""
        first, last, code = self._first_line, self._first_line + len(self._lines), self._tripped_code
        is_tripped = code in facts[first:last]
        is_same = points == before.points and not is_tripped and code not in before.facts[first:last]
        if is_same and before.health is not None:
            return before.health
        tripped = [line for line in self._lines if facts[line[1]] == code] if is_tripped else []
        assert self._card is not None
        ends = None
        if tripped:
            clean: Any = without_tainted(
                cast("Any", record),
                [(when, taints) for _, _, when, taints in tripped],
                day,
                root=self.engine.plan.root,
            ).record
            if clean is not record:
                ends = self._score(clean, day)[2][0]
        if ends is None:
            ends = _sums(self._card.base, points)
        vetoed = tuple(line[0] for line in tripped if line[0] in self._veto)
        grades = judge_health(*ends, self._bands, vetoed_by=vetoed).grades
        grade = grades[0] if len(grades) == 1 else UNKNOWN if grades else NONE
        facts[self.place["grade"]] = self._code[grade]
        facts[self.place["health.veto"]] = self._code["yes" if vetoed else "no"]
        return ends


@lru_cache(maxsize=8)
def judge_of(engine: Engine) -> Judge:
    """Return the judge of an engine; desks share it, and the slices it has compiled."""
    return Judge(engine)


def _join(one: Joined, found: tuple[Any, ...], truths: bytearray) -> int:
    """Return the truth of a rule by the truths of others: Kleene `!applies || (one && another …)`."""
    seen = {truths[place] for place in one.others}
    all_of = _UNMET if _UNMET in seen else _UNKNOWN if _UNKNOWN in seen else _MET
    applies = True if one.applies is None else found[one.applies]
    if applies is None:
        return _MET if all_of == _MET else _UNKNOWN
    return all_of if applies else _CODE[NA]


def _taker(places: list[int]) -> Callable[[bytes], Iterable[int]]:
    """Return what takes the bytes at some places."""
    return itemgetter(*places) if len(places) > 1 else lambda held: [held[place] for place in places]


def _only_card(engine: Engine, card: Scorecard) -> Plan:
    return replace(engine.plan, rules=(), tables=(), scorecards=(card,))


def _with_points(points: bytes, places: tuple[int, ...], ends: Iterable[tuple[float, float]]) -> bytes:
    """Return the points of all entries, those at `places` anew."""
    if not places:
        return points
    found = array("d", points)
    for place, (low, high) in zip(places, ends, strict=True):
        found[2 * place], found[2 * place + 1] = low, high
    return found.tobytes()


def _sums(base: float, points: bytes) -> tuple[float, float]:
    """Return both sums in the order of the entries, one addition after another as a compiled plan has it."""
    low = high = float(base)
    ends = iter(array("d", points))
    for one, other in zip(ends, ends, strict=True):
        low += one
        high += other
    return low, high
