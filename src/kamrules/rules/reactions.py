"""The reactions of a pack: what to do when a verdict turns, over flat facts that are all texts.

A fact is a verdict by name: the status of a criterion, red line or work rule by its id, `gate.M4.exit`,
`stage`, `claim`, `tier`, `grade`, `health.veto`. A *flag* (`flag.NAME`) is a fact that reactions set for
other reactions to the same turn; it is forgotten after it. Nothing can unset a flag, so the order in which
reactions are tried never matters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import get_args

from kamrules.errors import nearest
from kamrules.rules import packformat as f
from kamrules.rules.verdict import BreachStatus, Claim, GateStatus, RedLineStatus, Status
from kamrules.rules.vocabulary import Vocabulary

FLAG = "flag."
NONE, UNKNOWN = "none", "unknown"  # of `stage`, `tier` and `grade`: there is none, or several are possible
SIDES = ("entry", "exit")
_FLAG_NAME = re.compile(r"flag\.[a-z][a-z0-9_]*")
_STATUSES = {
    "criteria": get_args(Status),
    "red_lines": get_args(RedLineStatus),
    "findings": get_args(BreachStatus),
}

Asked = tuple[str, tuple[str, ...]]  # a fact, and the values of which it must have one


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction as engines see it.

    It runs when any fact of `becomes` has just turned to one of its values, while each of `was` had one of
    its values before and each of `holds` has one now. A fact turns to the value it has now when it had
    another before, or none. A flag counts in `becomes` and `holds` alike once it is set.
    """

    id: str
    becomes: tuple[Asked, ...]
    was: tuple[Asked, ...] = ()
    holds: tuple[Asked, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()


def is_flag(fact: str) -> bool:
    """Whether a fact is set by reactions."""
    return fact.startswith(FLAG)


def gate_fact(milestone: str, side: str) -> str:
    """Return the name of the fact that says whether one side of a milestone is open."""
    return f"gate.{milestone}.{side}"


def fact_values(words: Vocabulary) -> dict[str, tuple[str, ...]]:
    """Return every fact of a pack's deals and what it can be; parts that are faulty keep their names."""
    pack = words.pack
    found = {name: values for section, values in _STATUSES.items() for name in words.ids(section)}
    found |= {gate_fact(one, side): get_args(GateStatus) for one in words.ids("milestones") for side in SIDES}
    found["stage"] = (*words.ids("milestones"), NONE)
    found["claim"] = get_args(Claim)
    if pack.tier_table is not None and pack.tier_table in pack.tables:
        found["tier"] = (*pack.tables[pack.tier_table].outputs, UNKNOWN, NONE)
    if pack.health is not None and pack.health in pack.scorecards:
        found["grade"] = (*pack.scorecards[pack.health].grades, UNKNOWN, NONE)
        found["health.veto"] = ("yes", "no")
    return found


def plan_reactions(words: Vocabulary) -> tuple[Reaction, ...]:
    """Plan the reactions of a pack; what is wrong with them is reported in `words.faults`."""
    specs = words.pack.reactions
    if not specs:
        return ()
    facts = fact_values(words)
    _check_names(words, facts)
    flags: dict[str, tuple[str, ...]] = {}
    for spec in specs.values():
        for flag, value in spec.sets.items():
            flags[flag] = (*flags.get(flag, ()), value)
    for name, spec in specs.items():
        _check_sets(words, name, spec)
        _check_order(words, name, spec)
        for key, given in (("becomes", spec.becomes), ("was", spec.was), ("while", spec.holds)):
            _check_values(words, (name, key), given, facts if key == "was" else {**facts, **flags})
    planned = tuple(_plan(name, spec) for name, spec in specs.items())
    _check_turns(words, planned, facts)
    _check_starts(words, planned)
    _check_clashes(words, planned)
    return planned


def _plan(name: str, spec: f.Reaction) -> Reaction:
    return Reaction(
        id=name,
        becomes=tuple((fact, _listed(given)) for fact, given in spec.becomes.items()),
        was=tuple((fact, _listed(given)) for fact, given in spec.was.items()),
        holds=tuple((fact, _listed(given)) for fact, given in spec.holds.items()),
        sets=tuple(spec.sets.items()),
    )


def _listed(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))


def _check_names(words: Vocabulary, facts: Mapping[str, tuple[str, ...]]) -> None:
    """Report ids of rules that are the names of other facts, too."""
    own = {"stage", "claim", "tier", "grade", "health.veto"} | {name for name in facts if name[:5] == "gate."}
    for section in _STATUSES:
        for name in words.ids(section):
            if name in own or is_flag(name):
                hint = "give it another id"
                words.fault("P-NAME", f"`{name}` is a fact of reactions already", hint, section, name)


def _check_sets(words: Vocabulary, name: str, spec: f.Reaction) -> None:
    for flag in spec.sets:
        if not _FLAG_NAME.fullmatch(flag):
            message = f"`{flag}` cannot be set: only flags can"
            words.fault("P-NAME", message, "write `flag.name`", "reactions", name, "sets", flag)


def _check_order(words: Vocabulary, name: str, spec: f.Reaction) -> None:
    """Report what is missing from what is to be done, or has no meaning with it."""
    place = ("reactions", name)
    if spec.do == "none":
        if not spec.sets:
            words.fault("P-FORM", "it does nothing and sets no flag", "name what to `do`", *place, "do")
        for key in ("to", "message", "within"):
            if getattr(spec, key) is not None:
                words.fault("P-FORM", f"`{key}` has no meaning where `do` is none", "", *place, key)
        return
    for key in ("to", "message"):
        if getattr(spec, key) is None:
            words.fault("P-MISSING", f"`{key}` is missing", f"add `{key}: …`", *place)
    if spec.within is not None and spec.do != "task":
        words.fault("P-FORM", "`within` is said of a task", "", *place, "within")


def _check_values(
    words: Vocabulary,
    place: tuple[str, str],
    given: Mapping[str, str | list[str]],
    known: Mapping[str, tuple[str, ...]],
) -> None:
    """Report facts that there are not, and values that they cannot have."""
    name, key = place
    for fact, values in given.items():
        if fact not in known:
            message, hint = f"no fact `{fact}`", _hint(words, fact) or nearest(fact, known)
            if is_flag(fact):
                message = (
                    f"no reaction sets `{fact}`" if key != "was" else f"`{fact}` is never kept from before"
                )
            words.fault("P-FIELD", message, hint, "reactions", name, key, fact)
            continue
        for index, value in enumerate([values] if isinstance(values, str) else values):
            if value not in known[fact]:
                message = f"`{value}` is not one of {', '.join(dict.fromkeys(known[fact]))}"
                inner = () if isinstance(values, str) else (index,)
                hint = nearest(value, known[fact])
                words.fault("P-VALUE", message, hint, "reactions", name, key, fact, *inner)


def _hint(words: Vocabulary, fact: str) -> str:
    """Return how a reaction sees what becomes due, which is no fact; empty for the rest."""
    if fact in words.pack.deadlines:
        return "a deadline is none: write a work rule and name its breach"
    if fact not in words.pack.cadences:
        return ""
    rule = words.pack.cadences[fact].rule
    if rule is None:
        return "a cadence is none: write a work rule, give the cadence it as `rule`, and name its breach"
    return f"a cadence is seen by its work rule: `{rule}: breach`"


def _check_turns(
    words: Vocabulary, planned: tuple[Reaction, ...], facts: Mapping[str, tuple[str, ...]]
) -> None:
    """Report facts that can never have turned as a reaction asks for."""
    for reaction in planned:
        was, holds = dict(reaction.was), dict(reaction.holds)
        for fact, values in reaction.becomes:
            now = set(values) & set(holds.get(fact, values))
            before = set(was.get(fact, facts.get(fact, ())))
            is_known = fact in facts and now <= set(facts[fact])
            if not now or (is_known and len(before | now) == 1):
                message = f"`{fact}` can never turn so"
                words.fault("P-FORM", message, "", "reactions", reaction.id, "becomes", fact)


def _check_starts(words: Vocabulary, planned: tuple[Reaction, ...]) -> None:
    """Report reactions that wait for a flag which only comes after them."""
    setters = {flag for reaction in planned for flag, _ in reaction.sets}
    started: set[tuple[str, str]] = set()
    waiting = list(planned)
    while True:
        ready = [
            one
            for one in waiting
            if any(_may_be(started, setters, *pair) for pair in one.becomes)
            and all(_may_be(started, setters, *pair) for pair in one.holds)
        ]
        if not ready:
            break
        started.update(pair for one in ready for pair in one.sets)
        waiting = [one for one in waiting if one not in ready]
    for reaction in waiting:
        flags = [fact for fact, _ in reaction.becomes + reaction.holds if fact in setters]
        message = f"it waits for {', '.join(f'`{flag}`' for flag in flags)}, set only by what waits for it"
        words.fault("P-CYCLE", message, "", "reactions", reaction.id)


def _may_be(started: set[tuple[str, str]], setters: set[str], fact: str, values: tuple[str, ...]) -> bool:
    """Whether a fact may have one of the values; a flag nobody sets was reported already."""
    return fact not in setters or any((fact, value) in started for value in values)


def _check_clashes(words: Vocabulary, planned: tuple[Reaction, ...]) -> None:
    """Report two reactions that may set one flag to two values in one turn."""
    setting = [one for one in planned if one.sets]
    for first, second in combinations(setting, 2):
        clash = [flag for flag, value in second.sets if dict(first.sets).get(flag, value) != value]
        if clash and not _exclusive(first, second):
            message = f"`{first.id}` may set `{clash[0]}` to another value in the same turn"
            hint = "let them ask for different values of one fact"
            words.fault("P-CONFLICT", message, hint, "reactions", second.id, "sets", clash[0])


def _exclusive(first: Reaction, second: Reaction) -> bool:
    """Whether some fact must have different values for the two, however they come about."""
    if _differ(first.was, second.was):
        return True
    return all(
        _differ((one, *first.holds), (two, *second.holds)) for one in first.becomes for two in second.becomes
    )


def _differ(first: tuple[Asked, ...], second: tuple[Asked, ...]) -> bool:
    return any(
        one == two and not set(values) & set(others) for one, values in first for two, others in second
    )
