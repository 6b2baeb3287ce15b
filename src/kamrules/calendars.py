"""Working days: weekends, public holidays of a country with its make-up workdays, and what a pack adds.

A `Calendar` says of a day whether people work. A day of `workdays` is one, a day of `holidays` is none,
whatever else is known of it; then the country decides, then the day of the week. Countries come from the
library `holidays` (extra `calendar`); a calendar without a country needs nothing.

For China the library knows the holidays and the weekends worked in exchange for them that the State Council
has announced, each November for the next year. Of a later year it knows the statutory days only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from kamrules.errors import ArgumentError, Fault, MissingExtraError

_DAY = timedelta(days=1)
_LONGEST = 3660  # days in a row without work after which a calendar is taken to have no working day at all


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked.

    Parameters
    ----------
    country : ISO 3166 code such as `CN`, or None for weekends only
    weekend : days of the week that are free, Monday is 0
    holidays, workdays : days that are free, or worked, whatever the country says
    time_zone : IANA name of the zone in which a moment has its day

    Examples
    --------
    >>> weekdays = Calendar()
    >>> weekdays.add_working_days(date(2026, 6, 26), 1)  # a Friday
    datetime.date(2026, 6, 29)
    >>> china = Calendar(country="CN")
    >>> china.is_working_day(date(2026, 2, 20)), china.is_working_day(date(2026, 2, 28))
    (False, True)
    """

    country: str | None = None
    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    time_zone: str = "UTC"

    def is_working_day(self, day: date) -> bool:
        """Whether people work on a day.

        Raises
        ------
        MissingExtraError
            X-CALENDAR when a country is given and `holidays` is not installed.
        """
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if self.country is not None:
            free, worked = _year_of(self.country, day.year)
            if day in free or day in worked:
                return day in worked
        return day.weekday() not in self.weekend

    def next_working_day(self, day: date) -> date:
        """Return the first working day on or after `day`."""
        return self._seek(day, _DAY)

    def last_working_day(self, day: date) -> date:
        """Return the last working day on or before `day`."""
        return self._seek(day, -_DAY)

    def add_working_days(self, day: date, number: int) -> date:
        """Return the working day that comes `number` working days after `day`; before it for less than 0.

        With 0 it is the first working day on or after `day`.
        """
        if number == 0:
            return self.next_working_day(day)
        step = _DAY if number > 0 else -_DAY
        for _ in range(abs(number)):
            day = self._seek(_moved(day, step), step)
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days come after `first`, up to and with `last`; negative backwards."""
        if last < first:
            return -self.working_days_between(last, first)
        span = (last - first).days
        return sum(self.is_working_day(first + timedelta(days=ahead)) for ahead in range(1, span + 1))

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment in the zone of the calendar."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def _seek(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST):
            if self.is_working_day(day):
                return day
            day = _moved(day, step)
        raise ArgumentError(Fault("A-DATE", f"no working day within {_LONGEST} days of {day}"))


def _moved(day: date, step: timedelta) -> date:
    try:
        return day + step
    except OverflowError:
        raise ArgumentError(Fault("A-DATE", f"no working day beyond {day}")) from None


def countries() -> frozenset[str]:
    """Return the codes of the countries whose holidays are known; MissingExtraError without `holidays`."""
    return frozenset(_library().list_supported_countries(include_aliases=False))


@lru_cache(maxsize=256)
def _year_of(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the free days of a country in a year, and the weekend days worked in exchange."""
    found = _library().country_holidays(country, years=year, expand=False)
    return frozenset(_in(year, found)), frozenset(_in(year, found.weekend_workdays))


def _in(year: int, days: Iterable[date]) -> Iterator[date]:
    return (day for day in days if day.year == year)


def _library() -> Any:
    try:
        import holidays  # noqa: PLC0415 - needs an extra
    except ImportError:
        hint = "pip install 'kamrules[calendar]'"
        raise MissingExtraError(
            Fault("X-CALENDAR", "the holidays of a country need the library `holidays`", hint=hint)
        ) from None
    return holidays
