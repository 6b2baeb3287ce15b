"""Which reactions run: by definition, the same by every reactor, whatever the facts hold."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.errors import ArgumentError, BackendError, MissingExtraError
from kamrules.rules.reactions import Reaction
from kamrules.rules.reactors import Reactor, choose_reactor
from tests.reactors.reactions import FACT_MAPS, packs

HAS_DURABLE = True
try:
    choose_reactor("durable")
except MissingExtraError:
    HAS_DURABLE = False
needs_durable = pytest.mark.skipif(not HAS_DURABLE, reason="durable-rules is not installed")
BOTH = pytest.mark.parametrize("name", ["plain", pytest.param("durable", marks=needs_durable)])

LOST = Reaction(
    "lost", (("coach", ("unmet", "unknown")),), (("coach", ("met",)),), (("stage", ("M5", "M6")),)
)


def compiled(name: str, *reactions: Reaction) -> Reactor:
    return choose_reactor(name)(reactions)


def ids(reactor: Reactor, before: dict[str, str], now: dict[str, str]) -> list[str]:
    return [reaction.id for reaction in reactor.react(before, now)]


# --- what reactions mean


@BOTH
def test_a_reaction_needs_the_turn_what_was_before_and_what_holds_now(name: str) -> None:
    reactor = compiled(name, LOST)
    with_coach, without = {"coach": "met", "stage": "M5"}, {"coach": "unmet", "stage": "M5"}
    assert ids(reactor, with_coach, without) == ["lost"]
    assert ids(reactor, without, without) == []
    assert ids(reactor, {"coach": "unknown", "stage": "M5"}, without) == []
    assert ids(reactor, with_coach, {**without, "stage": "M4"}) == []
    assert ids(reactor, with_coach, {"coach": "unmet"}) == []


@BOTH
def test_a_fact_that_was_not_there_before_has_turned_and_one_that_is_gone_has_not(name: str) -> None:
    reactor = compiled(name, Reaction("tripped", (("RL-01", ("tripped",)),)))
    assert ids(reactor, {}, {"RL-01": "tripped"}) == ["tripped"]
    assert ids(reactor, {"RL-01": "tripped"}, {}) == []


@BOTH
def test_one_of_several_facts_has_to_turn_and_each_value_counts(name: str) -> None:
    reactor = compiled(name, Reaction("any", (("a", ("x", "y")), ("b", ("x",)))))
    assert ids(reactor, {"a": "x", "b": "n"}, {"a": "y", "b": "n"}) == ["any"]
    assert ids(reactor, {"a": "n", "b": "n"}, {"a": "n", "b": "x"}) == ["any"]
    assert ids(reactor, {"a": "x", "b": "x"}, {"a": "n", "b": "x"}) == []


@BOTH
def test_flags_chain_within_one_turn_in_any_order_and_are_forgotten(name: str) -> None:
    last = Reaction("last", (("flag.b", ("1",)),), holds=(("flag.a", ("1",)),))
    middle = Reaction("middle", (("flag.a", ("1",)),), sets=(("flag.b", "1"), ("flag.a", "1")))
    first = Reaction("first", (("x", ("1",)),), sets=(("flag.a", "1"),))
    reactor = compiled(name, last, middle, first)
    assert ids(reactor, {}, {"x": "1"}) == ["last", "middle", "first"]
    assert ids(reactor, {"x": "1"}, {"x": "1"}) == []
    assert ids(reactor, {}, {"flag.a": "1", "flag.b": "1"}) == []


@BOTH
def test_a_flag_set_to_two_values_has_both(name: str) -> None:
    reactor = compiled(
        name,
        Reaction("one", (("x", ("1",)),), sets=(("flag.a", "1"),)),
        Reaction("two", (("x", ("1",)),), sets=(("flag.a", "2"),)),
        Reaction("both", (("flag.a", ("1",)),), holds=(("flag.a", ("2",)),)),
    )
    assert ids(reactor, {}, {"x": "1"}) == ["one", "two", "both"]


@BOTH
def test_names_with_signs_of_their_own_are_not_mixed_up(name: str) -> None:
    reactor = compiled(
        name,
        Reaction("one", (("x", ("1",)),), sets=(("flag.a=b", "c"),)),
        Reaction("two", (("flag.a", ("b=c",)),)),
        Reaction("three", (("flag.a=b", ("c",)),)),
    )
    assert ids(reactor, {}, {"x": "1"}) == ["one", "three"]


@BOTH
@pytest.mark.parametrize("bad", [1, None, True, b"met", ["met"], {"a": 1}])
def test_what_is_no_text_is_refused_and_what_nobody_reads_is_not_looked_at(name: str, bad: Any) -> None:
    reactor = compiled(name, LOST)
    for before, now in (({"coach": bad}, {}), ({}, {"stage": bad})):
        with pytest.raises(ArgumentError, match="A-FACT"):
            reactor.react(before, now)
    assert reactor.react({"other": bad}, {"other": bad}) == ()
    with pytest.raises(ArgumentError, match="A-FACT"):
        reactor.react(bad if not isinstance(bad, dict) else [], {})


# --- all reactors agree


@needs_durable
@settings(max_examples=60)
@given(packs(), st.integers(0, 2**32), FACT_MAPS, FACT_MAPS)
def test_durable_rules_and_plain_python_agree(
    reactions: tuple[Reaction, ...], seed: int, before: dict[str, str], now: dict[str, str]
) -> None:
    plain, durable = (choose_reactor(name)(reactions) for name in ("plain", "durable"))
    facts = [name for one in reactions for name, _ in one.becomes + one.was + one.holds]
    random = Random(seed)
    for _ in range(40):
        assert durable.react(before, now) == plain.react(before, now)
        before, now = now, dict(now)
        for name in random.sample(facts, min(len(facts), 3)):
            now[name] = random.choice(("met", "unmet", "unknown", "没有", "other"))


@needs_durable
@given(packs(), FACT_MAPS, FACT_MAPS)
@settings(max_examples=30)
def test_the_order_of_reactions_changes_nothing_but_their_order(
    reactions: tuple[Reaction, ...], before: dict[str, str], now: dict[str, str]
) -> None:
    for name in ("plain", "durable"):
        there = choose_reactor(name)(reactions).react(before, now)
        back = choose_reactor(name)(reactions[::-1]).react(before, now)
        assert there == back[::-1]


@needs_durable
def test_threads_get_the_answers_of_one_thread() -> None:
    reactions = [
        Reaction(
            f"R{i}",
            ((f"f{i % 7}", ("a", "b")),),
            holds=((f"f{i % 5}", ("b", "c")),),
            sets=((f"flag.a{i % 3}", "1"),),
        )
        for i in range(60)
    ]
    reactions.append(Reaction("chained", (("flag.a1", ("1",)),), holds=(("flag.a2", ("1",)),)))
    plain, durable = (choose_reactor(name)(reactions) for name in ("plain", "durable"))
    random = Random(1)
    turns = [tuple({f"f{i}": random.choice("abcd") for i in range(7)} for _ in range(2)) for _ in range(1000)]
    expected = [plain.react(*turn) for turn in turns]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda turn: durable.react(*turn), turns)) == expected
    assert sum(map(len, expected)) > 1000


# --- limits of the C module


@needs_durable
@pytest.mark.parametrize(
    "reactions",
    [
        [Reaction(f"R{i}", (("a", ("x",)),)) for i in range(1100)],
        [Reaction(f"R{i}", (("a", ("x",)),), holds=((f"b{i}", ("y",)),)) for i in range(1100)],
        [Reaction(f"R{i}", ((f"b{i}", ("y",)),)) for i in range(1100)],
        [Reaction("wide", (("a", ("x",)),), holds=tuple((f"b{i}", ("y",)) for i in range(190)))],
        [Reaction("values", (("a", ("x",)),), holds=(("b0", (*(f"y{i}" for i in range(700)), "y")),))],
        [Reaction("mixed", (("a", ("x",)),), holds=tuple((f"b{i}", ("n", "y")) for i in range(12)))],
    ],
    ids=["identical", "shared first condition", "all at once", "wide", "many values", "combinations"],
)
def test_what_overflows_one_rule_set_fits_several(reactions: list[Reaction]) -> None:
    now = {"a": "x"} | {f"b{i}": "y" for i in range(1100)}
    assert choose_reactor("durable")(reactions).react({}, now) == tuple(reactions)


@needs_durable
@pytest.mark.parametrize(
    "holds",
    [
        tuple((f"b{i}", ("y",)) for i in range(201)),
        tuple((f"b{i}", ("n", "y")) for i in range(13)),
    ],
)
def test_what_fits_no_rule_set_is_refused_when_compiled(
    holds: tuple[tuple[str, tuple[str, ...]], ...],
) -> None:
    reaction = Reaction("huge", (("a", ("x",)),), holds=holds)
    with pytest.raises(BackendError, match=r"B-LIMIT.*`huge`"):
        compiled("durable", reaction)
    now = {"a": "x"} | {f"b{i}": "y" for i in range(201)}
    assert compiled("plain", reaction).react({}, now) == (reaction,)


# --- hostile input, in a process of its own because a crash of C would take pytest with it

HOSTILE = (
    "", " ", "\0", "a\0b", "\ud800", "'", '"', "\\", "{}", "$and", "$s", "sid", "id", "null", "true", "0",
    "-1", "1e999", "\n", "\x1b[0m", "\u202e", "😀" * 50, "x" * 1_000_000, "里程碑.四",
)  # fmt: skip


def hostile_run() -> None:
    """Run reactions whose every name and value is hostile, on facts that are so, by both reactors."""
    reactions = [
        Reaction(
            one, ((one, (other,)),), ((other, (other,)),), ((one, (other, one)),), ((f"flag.{one}", other),)
        )
        for one, other in product(HOSTILE, HOSTILE[::3])
    ]
    reactions += [Reaction(f"chain {one[:5]!r}", ((f"flag.{one}", HOSTILE),)) for one in HOSTILE]
    plain, durable = (choose_reactor(name)(reactions) for name in ("plain", "durable"))
    run = 0
    for shift in range(1, len(HOSTILE)):
        before = dict(zip(HOSTILE, HOSTILE, strict=True))
        now = dict(zip(HOSTILE, HOSTILE[shift:] + HOSTILE[:shift], strict=True))
        found = durable.react(before, now)
        assert found == plain.react(before, now)
        assert durable.react(now, before) == plain.react(now, before)
        run += len(found)
    assert run > 0
    print("agreed")  # noqa: T201 - what the other process looks for


@needs_durable
def test_no_text_crashes_the_c_module() -> None:
    done = run_apart("from tests.reactors.test_reactors import hostile_run; hostile_run()")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["agreed"]


def run_apart(code: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *filter(None, sys.path)])}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)


@needs_durable
def test_no_thread_is_started() -> None:
    code = """
import threading
from kamrules.rules.reactions import Reaction
from kamrules.rules.reactors import choose_reactor
choose_reactor("durable")([Reaction("r", (("a", ("x",)),))]).react({}, {"a": "x"})
print(threading.active_count())
"""
    assert run_apart(code).stdout.split() == ["1"]


# --- which reactor


def test_the_reactor_can_be_named_and_a_wrong_name_is_refused() -> None:
    assert type(compiled("plain", LOST)).__name__ == "PlainReactor"
    with pytest.raises(ArgumentError, match="did you mean `durable`"):
        choose_reactor("durabel")


def test_without_durable_rules_plain_python_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable", None)  # an import of it fails
    monkeypatch.delitem(sys.modules, "kamrules.rules.reactors.durable", raising=False)
    chosen: Callable[[Sequence[Reaction]], Reactor] = choose_reactor()
    assert type(chosen([LOST])).__name__ == "PlainReactor"
    with pytest.raises(MissingExtraError, match=r"kamrules\[live\]"):
        choose_reactor("durable")


@needs_durable
def test_with_durable_rules_it_is_chosen() -> None:
    assert type(choose_reactor()([LOST])).__name__ == "DurableReactor"
