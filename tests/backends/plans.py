"""Hypothesis strategies for whole plans over the test schema, and records in every shape they may have."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from kamrules.rules.lang.core import Field, Node, Tally, Var
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.typecheck import check
from kamrules.rules.lang.types import Double, Int, ListOf, Object
from kamrules.rules.plan import (
    Entry,
    Flag,
    HitPolicy,
    Mean,
    Plan,
    Row,
    Rule,
    Scale,
    Scorecard,
    Share,
    Table,
)  # fmt: skip
from kamrules.source import Text
from tests.strategies import PERSON, ROLE, SCOPE, TEST_SCHEMA, core_of, typed_expressions

_DEAL = Var("deal", TEST_SCHEMA)
_PERSON = Var("p", PERSON)
_PEOPLE = Field(_DEAL, "people", ListOf(PERSON, nullable=True))
_POINTS = st.sampled_from((10.0, -4.0, 0.5))
_HITS: tuple[HitPolicy, ...] = ("first", "unique", "collect")


def conditions() -> st.SearchStrategy[Node]:
    """Return core trees of yes/no expressions."""
    return typed_expressions().map(core_of)


@st.composite
def bodies(draw: st.DrawFn) -> Node:
    """Return core trees that may be asked of one person of the deal."""
    texts = draw(st.sampled_from(("p.is_contacted", 'p.role == "buyer"', "p.influence > 3", "true",
        "p.score * 1e300 > 1.0", "attested(p.role, 2) == 'user' || p.influence < deal.n")))  # fmt: skip
    macro = core_of_text(f"deal.people.exists(p, {texts})")
    body: Node = macro.body  # type: ignore[union-attr]  # an Exists, or a constant that has no body
    return body


def core_of_text(text: str) -> Node:
    """Return the core tree of a text."""
    return check(parse(Text(text)), Text(text), SCOPE, None)


@st.composite
def entries(draw: st.DrawFn, name: str) -> Entry:
    """Return one entry of a scorecard."""
    points = draw(_POINTS)
    low, high = draw(st.sampled_from(((0, 5), (5, 0), (-3, 100), (0, 1), (2, 2))))
    match draw(st.sampled_from(("flag", "scale", "scale", "share", "mean"))):
        case "flag":
            return Flag(name, points, draw(conditions()))
        case "share":
            return Share(name, points, _PEOPLE, _PERSON, draw(bodies()))
        case "mean":
            return draw(means(name))
    kind = draw(st.sampled_from(("int", "double", "money", "count", "limited")))
    if kind == "count":
        return Scale(name, points, Tally(_PEOPLE, _PERSON, draw(bodies())), low, high)
    if kind == "limited":
        return Scale(name, points, core_of_text("deal.?limited.orValue(7)"), low, high)
    return Scale(name, points, core_of(draw(typed_expressions(kind))), low, high)


@st.composite
def means(draw: st.DrawFn, name: str = "m") -> Mean:
    """Return a mean of people's roles, with or without weights, perhaps with a role left out."""
    numbers = draw(st.lists(st.sampled_from((-1.0, -0.5, 0.0, 0.25, 1.0)), min_size=3, max_size=3))
    mapping = tuple(zip(ROLE.values, numbers, strict=True))[: draw(st.sampled_from((2, 3)))]
    weight = Field(_PERSON, "influence", Int(0, 10)) if draw(st.booleans()) else None
    role = Field(_PERSON, "role", ROLE)
    return Mean(name, draw(_POINTS), _PEOPLE, _PERSON, role, mapping, weight, 10.0)


@st.composite
def plans(draw: st.DrawFn, *, size: int = 3) -> Plan:
    """Return plans with some rules, a table and a scorecard; conditions are used more than once."""
    some = draw(st.lists(conditions(), min_size=2, max_size=size + 1))
    reused = st.sampled_from(some) | conditions()
    rules = tuple(Rule(f"r{index}", node, draw(st.none() | reused)) for index, node in enumerate(some))
    rows = tuple(Row(f"t{index}", draw(reused), "AB"[index % 2]) for index in range(draw(st.integers(1, 4))))
    table = Table("table", draw(st.sampled_from(_HITS)), rows)
    card = Scorecard(
        "score", tuple(draw(entries(f"e{index}")) for index in range(draw(st.integers(1, 3)))), 2.0
    )
    return Plan(TEST_SCHEMA, rules, (table,), (card,))


def as_object(value: Any) -> Any:
    """Return nested mappings as nested objects."""
    if isinstance(value, Mapping):
        return SimpleNamespace(
            **{name: member if name == "evidence" else as_object(member) for name, member in value.items()}
        )
    return [as_object(one) for one in value] if isinstance(value, list) else value


def as_complete(value: Any, kind: Any = TEST_SCHEMA) -> Any:
    """Return nested mappings with None for every absent member."""
    if isinstance(kind, Object) and isinstance(value, Mapping):
        members = {one.name: as_complete(value.get(one.name), one.type) for one in kind.members}
        return {**value, **members}
    if isinstance(kind, ListOf) and isinstance(value, list):
        return [as_complete(one, kind.element) for one in value]
    return float(value) if isinstance(kind, Double) and value is not None else value
