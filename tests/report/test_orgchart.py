"""Where people stand on the map: nobody is lost, no two cards overlap, whatever the lines say."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.records import Stakeholder
from kamrules.report.orgchart import CARD, ROOM, WIDE, OrgChart, arrange, superiors_of

IDS = [f"P{row}" for row in range(12)]
# Anybody may report to anybody: themselves, nobody, an id twice, somebody who is not there.
person = st.builds(
    lambda name, superior: Stakeholder.model_validate({"id": name, "reports_to": superior}),
    st.sampled_from([*IDS, None]),
    st.sampled_from([*IDS, "Q", "", None]),
)


def overlaps(chart: OrgChart) -> list[tuple[int, int]]:
    width, height = CARD
    return [
        (one, other)
        for (one, (x, y)), (other, (u, v)) in combinations(enumerate(chart.places), 2)
        if abs(x - u) < width and abs(y - v) < height
    ]


@given(st.lists(person, max_size=14))
def test_every_person_has_a_place_of_his_own(people: list[Stakeholder]) -> None:
    chart = arrange(people)
    assert len(chart.places) == len(people)
    assert not overlaps(chart)
    for x, y in chart.places:
        assert 0 <= x <= chart.width - CARD[0]
        assert 0 <= y <= chart.height - CARD[1]


@given(st.lists(person, max_size=14))
def test_lines_that_are_drawn_lead_to_a_top(people: list[Stakeholder]) -> None:
    superiors = superiors_of(people)
    for row in range(len(people)):
        at, steps = superiors[row].row, 0
        while at is not None:
            at, steps = superiors[at].row, steps + 1
            assert steps <= len(people)


@pytest.mark.parametrize(
    ("superior", "why"), [(None, "unknown"), ("", "none"), (" ", "none"), ("Q", "unlisted"), ("P0", "loop")]
)
def test_why_nobody_stands_above_is_told_apart(superior: str | None, why: str) -> None:
    assert superiors_of([Stakeholder(id="P0", reports_to=superior)])[0].why == why


@pytest.mark.parametrize(("count", "room"), [(12, ROOM), (25, ROOM), (40, WIDE)])
def test_a_usual_organisation_stays_within_its_room(count: int, room: float) -> None:
    people = [
        Stakeholder(id=f"P{row}", reports_to="" if row == 0 else f"P{(row - 1) // 4}") for row in range(count)
    ]
    assert arrange(people).width <= room


def test_people_nobody_knows_a_line_of_wrap_like_words() -> None:
    chart = arrange([Stakeholder(id=f"P{row}") for row in range(40)])
    assert chart.width <= WIDE
    assert len({y for _, y in chart.places}) > 1


def test_a_chain_as_long_as_a_hostile_file_may_hold_is_arranged() -> None:
    chart = arrange([Stakeholder(id=f"P{row}", reports_to=f"P{row - 1}") for row in range(2_000)])
    assert len(set(chart.places)) == 2_000
