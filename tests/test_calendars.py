"""Working days: what a calendar knows of a country, and the laws of counting."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamrules.calendars import Calendar, countries
from kamrules.errors import ArgumentError, MissingExtraError

CHINA = Calendar(country="CN")
SOME_DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
CALENDARS = st.builds(
    Calendar,
    country=st.sampled_from([None, "CN", "DE"]),
    weekend=st.sampled_from([frozenset(), frozenset({4, 5}), frozenset({5, 6}), frozenset(range(1, 7))]),
    holidays=st.frozensets(SOME_DAYS, max_size=4),
    workdays=st.frozensets(SOME_DAYS, max_size=4),
)


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        ("2026-02-16", False),  # New Year's Eve, a Monday
        ("2026-02-20", False),  # given for the Saturday after next
        ("2026-02-28", True),  # that Saturday
        ("2026-02-14", True),
        ("2026-02-15", False),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2025-01-26", True),  # a Sunday worked before the Spring Festival of 2025
        ("2026-06-19", False),  # Dragon Boat Festival
        ("2026-06-20", False),
        ("2026-06-22", True),
    ],
)
def test_china_has_its_holidays_and_the_weekends_worked_for_them(day: str, is_worked: bool) -> None:
    assert CHINA.is_working_day(date.fromisoformat(day)) is is_worked


def test_days_of_the_pack_come_before_those_of_the_country() -> None:
    own = Calendar(
        country="CN", holidays=frozenset({date(2026, 2, 28)}), workdays=frozenset({date(2026, 2, 16)})
    )
    assert not own.is_working_day(date(2026, 2, 28))
    assert own.is_working_day(date(2026, 2, 16))


def test_a_weekend_may_be_any_days() -> None:
    gulf = Calendar(weekend=frozenset({4, 5}))
    assert gulf.add_working_days(date(2026, 6, 25), 1) == date(2026, 6, 28)  # a Thursday, then the Sunday


def test_the_day_of_a_moment_is_that_of_the_zone() -> None:
    moment = datetime(2026, 6, 30, 20, 0, tzinfo=UTC)
    assert Calendar().day_of(moment) == date(2026, 6, 30)
    assert Calendar(time_zone="Asia/Shanghai").day_of(moment) == date(2026, 7, 1)


def test_without_the_library_a_country_says_which_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingExtraError, match=r"X-CALENDAR.*kamrules\[calendar\]"):
        Calendar(country="FR").is_working_day(date(2031, 1, 2))
    assert Calendar().is_working_day(date(2031, 1, 2))


def test_countries_are_known_by_their_codes() -> None:
    assert {"CN", "DE"} < countries()


@pytest.mark.parametrize("calendar", [Calendar(), Calendar(weekend=frozenset(range(7)))])
def test_there_is_no_working_day_beyond_the_last_day_or_in_a_calendar_without_any(calendar: Calendar) -> None:
    with pytest.raises(ArgumentError, match="no working day"):
        calendar.add_working_days(date(9999, 12, 31), 1)


@given(CALENDARS, SOME_DAYS)
def test_the_next_working_day_is_one_and_none_lies_before_it(calendar: Calendar, day: date) -> None:
    found = calendar.next_working_day(day)
    assert found >= day
    assert calendar.is_working_day(found)
    between = (day + timedelta(days=ahead) for ahead in range((found - day).days))
    assert not any(calendar.is_working_day(one) for one in between)
    assert calendar.next_working_day(found) == found


@given(CALENDARS, SOME_DAYS, st.integers(1, 40))
def test_adding_working_days_passes_that_many(calendar: Calendar, day: date, number: int) -> None:
    later = calendar.add_working_days(day, number)
    assert calendar.is_working_day(later)
    assert calendar.working_days_between(day, later) == number


@given(CALENDARS, SOME_DAYS, st.integers(-40, 40))
def test_from_a_working_day_one_comes_back(calendar: Calendar, day: date, number: int) -> None:
    start = calendar.next_working_day(day)
    assert calendar.add_working_days(calendar.add_working_days(start, number), -number) == start


@given(CALENDARS, SOME_DAYS, st.integers(0, 20), st.integers(0, 20))
def test_adding_in_two_steps_is_adding_at_once(calendar: Calendar, day: date, one: int, two: int) -> None:
    start = calendar.next_working_day(day)
    at_once = calendar.add_working_days(start, one + two)
    assert calendar.add_working_days(calendar.add_working_days(start, one), two) == at_once


@given(CALENDARS, SOME_DAYS, SOME_DAYS, SOME_DAYS)
def test_working_days_between_add_up(calendar: Calendar, a: date, b: date, c: date) -> None:
    between = calendar.working_days_between
    assert between(a, b) + between(b, c) == between(a, c)
    assert between(a, b) == -between(b, a)


@given(CALENDARS, SOME_DAYS)
def test_the_last_working_day_is_one_and_none_lies_after_it(calendar: Calendar, day: date) -> None:
    found = calendar.last_working_day(day)
    assert found <= day
    assert calendar.is_working_day(found)
    assert calendar.working_days_between(found, day) == 0
