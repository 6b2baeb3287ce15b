"""What to ask first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kamrules.scoring.questions import rank_questions

PATHS = st.sampled_from(["deal.a", "deal.b", "deal.c[0].x", "deal.c[1].x"])
MISSING = st.dictionaries(
    st.sampled_from("ABCDE"), st.sets(PATHS, min_size=1).map(lambda s: tuple(sorted(s)))
)


@given(MISSING)
def test_weights_sum_to_the_number_of_waiting_criteria(missing: dict[str, tuple[str, ...]]) -> None:
    questions = rank_questions(missing)
    assert abs(sum(question.weight for question in questions) - len(missing)) < 1e-4
    assert [q.weight for q in questions] == sorted((q.weight for q in questions), reverse=True)


def test_the_fact_more_criteria_wait_for_comes_first() -> None:
    questions = rank_questions({"A": ("deal.x", "deal.y"), "B": ("deal.y",)})
    assert [(q.path, q.criteria, q.weight) for q in questions] == [
        ("deal.y", ("A", "B"), 1.5),
        ("deal.x", ("A",), 0.5),
    ]


def test_a_field_has_no_list_positions() -> None:
    assert rank_questions({"A": ("deal.c[12].x",)})[0].field == "deal.c[].x"
