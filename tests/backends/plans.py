"""Hypothesis strategies for whole plans over the test schema, and records in every shape they may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

from kamrules.rules.lang.core import And, Compare, Exists, Node, Tally
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.printer import to_text
from kamrules.rules.lang.typecheck import check
from kamrules.rules.lang.types import Double, ListOf, Object, Type
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
from tests.strategies import ROLE, SCOPE, TEST_SCHEMA, ageing, objects, typed_expressions

_POINTS = st.sampled_from((10.0, -4.0, 0.5))
_HITS: tuple[HitPolicy, ...] = ("first", "unique", "collect")


def promising(kind: Type, every: int) -> Type:
    """Return the type with every n-th member required, and no null elements if every one is."""
    if isinstance(kind, ListOf):
        return ListOf(promising(kind.element, every), kind.nullable and every > 1)
    if not isinstance(kind, Object):
        return kind
    members = []
    for count, member in enumerate(kind.members, start=1):
        nullable = member.nullable and count % every > 0
        members.append(replace(member, type=promising(member.type, every), nullable=nullable))
    return Object(kind.name, tuple(members))


def _schema(every: int) -> Object:
    schema = promising(TEST_SCHEMA, every)
    assert isinstance(schema, Object)
    return schema


# Nothing promised but an id, a half promised, everything promised.
SCHEMAS = (TEST_SCHEMA, _schema(2), _schema(1))


@dataclass(frozen=True)
class Terms:
    """What conditions over one schema are made of."""

    schema: Object

    def core_of_text(self, text: str) -> Node:
        """Return the core tree of a text."""
        return ageing(check(parse(Text(text)), Text(text), replace(SCOPE, schema=self.schema, defs={}), None))

    def conditions(self, kind: str = "bool") -> st.SearchStrategy[Node]:
        """Return core trees of expressions of a kind."""
        return typed_expressions(kind).map(lambda expr: self.core_of_text(to_text(expr)))

    def each(self, body: str) -> Exists:
        """Return whether some person of the deal makes the body true; gives list, variable and body."""
        found = self.core_of_text(f"deal.people.exists(p, {body})")
        assert isinstance(found, Exists)
        return found


_BODIES = (
    "p.is_contacted", 'p.role == "buyer"', "p.influence > 3", "true", "p.score * 1e300 > 1.0",
    "attested(p.role, 2) == 'user' || p.influence < deal.n",
)  # fmt: skip


@st.composite
def entries(draw: st.DrawFn, name: str, terms: Terms) -> Entry:
    """Return one entry of a scorecard."""
    points = draw(_POINTS)
    low, high = draw(st.sampled_from(((0, 5), (5, 0), (-3, 100), (0, 1), (2, 2))))
    each = terms.each(draw(st.sampled_from(_BODIES)))
    match draw(st.sampled_from(("flag", "scale", "scale", "share", "mean"))):
        case "flag":
            return Flag(name, points, draw(terms.conditions()))
        case "share":
            return Share(name, points, each.range, each.var, each.body)
        case "mean":
            return draw(means(name, terms))
    kind = draw(st.sampled_from(("int", "double", "money", "count", "limited")))
    if kind == "count":
        return Scale(name, points, Tally(each.range, each.var, each.body), low, high)
    if kind == "limited":
        return Scale(name, points, terms.core_of_text("deal.?limited.orValue(7)"), low, high)
    return Scale(name, points, draw(terms.conditions(kind)), low, high)


@st.composite
def means(draw: st.DrawFn, name: str, terms: Terms) -> Mean:
    """Return a mean of people's roles, with or without weights, perhaps with a role left out."""
    numbers = draw(st.lists(st.sampled_from((-1.0, -0.5, 0.0, 0.25, 1.0)), min_size=3, max_size=3))
    mapping = tuple(zip(ROLE.values, numbers, strict=True))[: draw(st.sampled_from((2, 3)))]
    each = terms.each("p.role == 'buyer' && p.influence == 1")
    assert isinstance(each.body, And)
    role, weight = (one.left for one in each.body.operands if isinstance(one, Compare))
    weighed = weight if draw(st.booleans()) else None
    return Mean(name, draw(_POINTS), each.range, each.var, role, mapping, weighed, 10.0)


@st.composite
def plans(draw: st.DrawFn, terms: Terms, *, size: int = 3) -> Plan:
    """Return plans with some rules, a table and a scorecard; conditions are used more than once."""
    some = draw(st.lists(terms.conditions(), min_size=2, max_size=size + 1))
    reused = st.sampled_from(some) | terms.conditions()
    rules = tuple(Rule(f"r{index}", node, draw(st.none() | reused)) for index, node in enumerate(some))
    rows = tuple(Row(f"t{index}", draw(reused), "AB"[index % 2]) for index in range(draw(st.integers(1, 4))))
    table = Table("table", draw(st.sampled_from(_HITS)), rows)
    count = draw(st.integers(1, 3))
    card = Scorecard("score", tuple(draw(entries(f"e{index}", terms)) for index in range(count)), 2.0)
    return Plan(terms.schema, rules, (table,), (card,))


@st.composite
def cases(draw: st.DrawFn, *, size: int = 3) -> tuple[Plan, list[dict[str, Any]]]:
    """Return a plan over one of the schemas, and records of that schema."""
    terms = Terms(draw(st.sampled_from(SCHEMAS)))
    plan = draw(plans(terms, size=size))
    return plan, draw(st.lists(objects(terms.schema), min_size=2, max_size=4))


def core_of_text(text: str) -> Node:
    """Return the core tree of a text over the test schema."""
    return Terms(TEST_SCHEMA).core_of_text(text)


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
