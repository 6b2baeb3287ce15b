"""A condition shortened for one record means the same on it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kamrules.rules.lang.core import Node
from kamrules.rules.lang.reference import Place, value_of
from kamrules.rules.residual import residual
from tests.strategies import AS_OF, SCOPE, core_of, records, typed_expressions


@settings(max_examples=150)
@given(st.data())
def test_the_residual_has_the_same_value_and_causes(data: Any) -> None:
    expr = data.draw(typed_expressions())
    record = data.draw(records())
    node: Node = core_of(expr)
    env = {SCOPE.root: Place(record, SCOPE.root), "as_of": Place(AS_OF, "as_of")}
    assert value_of(residual(node, env), env) == value_of(node, env)
