"""The conformance table on the reference evaluator: the meaning of every operator, unknowns included."""

import pytest

from kamrules.rules.lang.reference import Unknown, evaluate
from tests.lang.conformance import ROWS, Row, core_of
from tests.strategies import AS_OF


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_reference_gives_the_expected_truth(row: Row) -> None:
    value = evaluate(core_of(row), row.record, AS_OF)
    assert (None if isinstance(value, Unknown) else value) is row.expected


def test_every_row_is_there_once() -> None:
    assert len({(row.expr, str(row.record)) for row in ROWS}) == len(ROWS)
