"""Reactions by durable-rules, in the one form of it in which nothing was seen to go wrong.

That form: rule sets without a host and its threads; one flat fact of short texts, asserted and taken back at
once, so that no state is kept; rules that are conjunctions of equalities; the names of the rules that fire
collected, and all chaining done here by asserting again with the flags that were set. No name or value of a
pack or a deal goes into the C module: it sees codes of ours only. docs/live.md says what each of these
avoids.

INVARIANT: the C module walks a tree of conditions with a stack of 64 entries and tables of 512, unchecked
in part. An entry that waits there leads to a rule of its own, so sets of at most `MAX_RULES` rules fill
neither; and a fact of at most `MAX_FIELDS` texts stays below its 255 properties. More reactions become more
rule sets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from math import prod
from threading import Lock
from typing import Any

from kamrules.errors import BackendError, Fault, MissingExtraError
from kamrules.rules.reactions import Asked, Reaction, is_flag
from kamrules.rules.reactors import facts_read

try:
    from durable import engine
except ImportError as error:
    raise MissingExtraError(
        Fault("X-LIVE", "this reactor needs durable-rules", hint="install `kamrules[live]`")
    ) from error

MAX_RULES = 48
MAX_FIELDS = 200
MAX_ALTERNATIVES = 4096  # of one reaction; each is a rule

# What a rule asks for: a fact that `turned` to, `was` or `is` a value, or a flag set to it.
Ask = tuple[str, str, str]


class _Native(engine.Ruleset):  # type: ignore[misc]  # the library has no types
    """Rules that only say that they fired: no host with its threads, no state written, nothing swallowed."""

    def fired_by(self, fact: dict[str, str]) -> list[str]:
        """Return the names of the rules that fire on a fact, which is taken back."""
        try:
            state = self.assert_fact(fact)
        except engine.MessageNotHandledException:  # no rule asks for it, and it is not kept
            return []
        native, fired = engine.durable_rules_engine, []
        try:
            found = native.start_action_for_state(self._handle, state)
            message = found[1] if found else None
            while message:
                fired += json.loads(message)
                message = native.complete_and_start_action(self._handle, state)
        finally:
            self.retract_fact(fact)
        return fired


_LOCK = Lock()  # around every call: the C module keeps its rule sets in one place
_NUMBERS = count(1)  # every fact is a new one: the same id twice is refused
_RULESETS: dict[str, _Native] = {}


@dataclass(slots=True)
class _RuleSet:
    """Some rules: the field and code of everything they ask for, and the reactions of each rule."""

    name: str
    fields: dict[Ask, str] = field(default_factory=dict)
    codes: dict[Ask, str] = field(default_factory=dict)
    rules: dict[frozenset[Ask], list[int]] = field(default_factory=dict)

    def room_for(self, asked: frozenset[Ask]) -> bool:
        fields = {_field_of(one) for one in asked} - self.fields.keys()
        return len(self.rules) < MAX_RULES and len(self.fields) + len(fields) <= MAX_FIELDS

    def add(self, asked: frozenset[Ask], reaction: int) -> None:
        for one in sorted(asked):
            self.fields.setdefault(_field_of(one), f"f{len(self.fields)}")
            self.codes.setdefault(one, f"v{len(self.codes)}")
        self.rules.setdefault(asked, []).append(reaction)

    def definition(self) -> dict[str, Any]:
        rules: dict[str, Any] = {}
        for index, asked in enumerate(self.rules):
            parts = [{self.fields[_field_of(one)]: self.codes[one]} for one in sorted(asked)]
            rules[f"r{index}"] = {
                "all": [{"m": parts[0] if len(parts) == 1 else {"$and": parts}}],
                "run": _never_run,
            }
        return rules


def _field_of(one: Ask) -> Ask:
    """Return what a field stands for; a flag may have several values at once, so each has a field."""
    kind, fact, _ = one
    return one if kind == "flag" else (kind, fact, "")


def _never_run(_: Any) -> None:
    """Stand for the action that every rule must have."""


def compile_reactions(reactions: Sequence[Reaction]) -> DurableReactor:
    """Return the reactor of some reactions.

    Rule sets are named by what the reactions say, so the same reactions share theirs; they stay in memory.

    Raises
    ------
    BackendError
        A reaction asks for more facts at once, or for more combinations of values, than fit (B-LIMIT).
    """
    told = tuple(reactions)
    digest = hashlib.sha256(repr(told).encode("utf-8", "backslashreplace")).hexdigest()
    sets = list(_rule_sets(told, digest))
    with _LOCK:
        for one in sets:
            if one.name not in _RULESETS:
                _RULESETS[one.name] = _Native(one.name, None, one.definition())
    return DurableReactor(told, tuple(sets))


def _rule_sets(reactions: tuple[Reaction, ...], digest: str) -> Iterator[_RuleSet]:
    found = _RuleSet(f"{digest}_0")
    number = 0
    for index, reaction in enumerate(reactions):
        for asked in _alternatives(reaction):
            if asked not in found.rules and not found.room_for(asked):
                yield found
                number += 1
                found = _RuleSet(f"{digest}_{number}")
            found.add(asked, index)
    if found.rules:
        yield found


def _alternatives(reaction: Reaction) -> Iterator[frozenset[Ask]]:
    """Yield each way to pick a fact that turned and one value for every fact a reaction asks for."""
    turned = [one for asked in reaction.becomes for one in _asks("turned", asked)]
    was = [_asks("was", asked) for asked in reaction.was]
    choices = [turned, *was, *(_asks("is", asked) for asked in reaction.holds)]
    if len(choices) > MAX_FIELDS or prod(map(len, choices)) > MAX_ALTERNATIVES:
        message = (
            f"reaction `{reaction.id}` asks for too many facts or combinations of values for durable-rules"
        )
        limits = f"at most {MAX_FIELDS} facts and {MAX_ALTERNATIVES} combinations"
        raise BackendError(Fault("B-LIMIT", message, hint=f"{limits}; the reactor `plain` has no limit"))
    yield from map(frozenset, product(*choices))


def _asks(kind: str, asked: Asked) -> list[Ask]:
    fact, values = asked
    return [("flag" if is_flag(fact) else kind, fact, value) for value in values]


class DurableReactor:
    """Reactions as rule sets of one host."""

    def __init__(self, reactions: tuple[Reaction, ...], sets: tuple[_RuleSet, ...]) -> None:
        self._reactions = reactions
        self._sets = sets
        pairs = [pair for one in reactions for pair in one.becomes + one.was + one.holds]
        self._facts = tuple(dict.fromkeys(fact for fact, _ in pairs if not is_flag(fact)))

    def react(self, before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Reaction, ...]:
        """Return the reactions that run, in the order of the pack; see `Reactor`."""
        old = facts_read(before, self._facts, "before")
        new = facts_read(now, self._facts, "now")
        turned = {("turned", fact, value) for fact, value in new.items() if old.get(fact) != value}
        known = turned | {("was", *pair) for pair in old.items()} | {("is", *pair) for pair in new.items()}
        run: set[int] = set()
        fresh = turned
        while fresh:
            known |= fresh
            fired = {index for one in self._sets if fresh & one.codes.keys() for index in _post(one, known)}
            fresh = {("flag", *pair) for index in fired - run for pair in self._reactions[index].sets} - known
            run |= fired
        return tuple(self._reactions[index] for index in sorted(run))


def _post(rule_set: _RuleSet, known: set[Ask]) -> list[int]:
    """Return the reactions of the rules that fire on what is known."""
    fact = {rule_set.fields[_field_of(one)]: code for one, code in rule_set.codes.items() if one in known}
    with _LOCK:
        fact["id"] = f"{next(_NUMBERS)}"
        fired = _RULESETS[rule_set.name].fired_by(fact)
    by_rule = list(rule_set.rules.values())
    return [index for name in fired for index in by_rule[int(name[1:])]]
