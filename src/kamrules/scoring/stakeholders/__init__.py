"""The stakeholder map of a deal, measured: every number an interval, every yes or no three-valued.

A blank in the CRM is no value. Each measure holds what every way of filling in the blanks could give, and
names the facts that would settle it. Filling in means any stance, role, influence, group and so on for the
people listed, with no loop in the reporting lines and no contact that contradicts `is_contacted: false`.
Not filled in are ids, names, and membership of an evaluation panel, which nobody may ask for (RL-04). The
list counts as complete; when there is none, any list may be the true one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Literal, get_args

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.records.people import Stakeholder
from kamrules.scoring.stakeholders.access import (
    Coach,
    DecisionMaker,
    Relations,
    Threads,
    coach_of,
    decision_maker_of,
    relations_of,
    threads_of,
)
from kamrules.scoring.stakeholders.interval import Answer, Interval, unique
from kamrules.scoring.stakeholders.lines import Levels, Note, levels_of, notes_of, reach_of
from kamrules.scoring.stakeholders.people import Who, read_chart
from kamrules.scoring.stakeholders.policy import MapPolicy, policy_from, policy_of
from kamrules.scoring.stakeholders.principles import Principle, Principles, principles_of
from kamrules.scoring.stakeholders.shape import (
    Completeness,
    Factions,
    Roles,
    completeness_of,
    factions_of,
    roles_of,
)
from kamrules.scoring.stakeholders.support import (
    Deeds,
    PowerfulEnemies,
    Support,
    deeds_of,
    powerful_enemies_of,
    support_of,
)

__all__ = [
    "Answer",
    "Interval",
    "MapPolicy",
    "Note",
    "Ownership",
    "Principle",
    "StakeholderMap",
    "Who",
    "map_stakeholders",
    "policy_from",
    "policy_of",
]

Ownership = Literal["soe", "government", "private", "foreign"]
Measure = Answer | Interval
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class StakeholderMap:
    """All measures of one deal's people; `is_listed` is false when the CRM holds no list.

    Each part is documented at the function that makes it: `roles_of`, `completeness_of`, `support_of`,
    `deeds_of`, `decision_maker_of`, `coach_of`, `threads_of`, `factions_of`, `powerful_enemies_of`,
    `levels_of`, `reach_of`, `relations_of`, `principles_of`, `notes_of`.
    """

    is_listed: bool
    roles: Roles
    completeness: Completeness
    support: Support
    deeds: Deeds
    decision_maker: DecisionMaker
    coach: Coach
    threads: Threads
    factions: Factions
    powerful_enemies: PowerfulEnemies
    levels: Levels
    reach: Interval
    relations: Relations
    principles: Principles
    notes: tuple[Note, ...]

    def measures(self) -> dict[str, Measure]:
        """Return every answer and interval by its dotted name, such as `support.index`."""
        return dict(_measures(self, ""))

    def missing(self) -> tuple[str, ...]:
        """Return every fact some measure waits for, each once."""
        return unique(path for measure in self.measures().values() for path in measure.missing)

    def to_dict(self) -> dict[str, Any]:
        """Return the map as plain JSON-ready data; no upper end is `null`, numbers have six decimals."""
        plain: dict[str, Any] = _plain(self)
        return plain


def map_stakeholders(
    people: Sequence[Stakeholder | Mapping[str, Any]] | None,
    *,
    ownership: Ownership | None = None,
    as_of: date | None = None,
    policy: MapPolicy | None = None,
    left_out: Collection[int] = (),
) -> StakeholderMap:
    """Measure the people of a deal.

    Parameters
    ----------
    people : list of Stakeholder or mapping, or None
        None when the CRM holds no list; an empty list is the fact that there is nobody. Known members of an
        evaluation panel are left out of every measure (RL-04, RL-06).
    ownership : {"soe", "government", "private", "foreign"}, optional
        Who owns the buyer (RM.6); None when unknown.
    as_of : date, optional
        Meetings and contacts after this day do not count; without it every recorded one does.
    policy : MapPolicy, optional
        Weights and limits; by default those of the handbook.
    left_out : collection of int
        Positions in the list that must not count either, for example because they trip a red line.

    Returns
    -------
    StakeholderMap
        No measure depends on the order of the list. An id used twice is noted, and both rows count.

    Raises
    ------
    RecordError
        A mapping does not fit the record (R-*).
    ArgumentError
        `people` is no list or `ownership` no known word (A-VALUE).

    Examples
    --------
    >>> chief = {"role": "decision_maker", "is_key_player": True, "influence": 0.75}
    >>> engineer = {"stance": "supporter", "is_key_player": True, "influence": 0.25}
    >>> found = map_stakeholders([chief, engineer])
    >>> found.support.index.low, found.support.index.high, found.support.index.missing
    (-0.625, 0.875, ('deal.stakeholders[0].stance',))
    """
    if ownership is not None and ownership not in get_args(Ownership):
        known = get_args(Ownership)
        fault = Fault("A-VALUE", f"ownership is one of {', '.join(known)}, seen: `{ownership}`")
        raise ArgumentError(Fault(fault.code, fault.message, hint=nearest(str(ownership), known)))
    chart = read_chart(people, policy or MapPolicy(), as_of, left_out)
    levels = levels_of(chart)
    return StakeholderMap(
        is_listed=chart.is_listed,
        roles=roles_of(chart),
        completeness=completeness_of(chart),
        support=support_of(chart),
        deeds=deeds_of(chart),
        decision_maker=decision_maker_of(chart),
        coach=coach_of(chart),
        threads=threads_of(chart),
        factions=factions_of(chart),
        powerful_enemies=powerful_enemies_of(chart),
        levels=levels,
        reach=reach_of(chart),
        relations=relations_of(chart),
        principles=principles_of(chart, levels, ownership),
        notes=notes_of(chart),
    )


def _measures(value: Any, name: str) -> Iterator[tuple[str, Measure]]:
    if isinstance(value, Answer | Interval):
        yield name, value
    elif is_dataclass(value):
        for part in fields(value):
            inner = getattr(value, part.name)
            yield from _measures(inner, f"{name}.{part.name}" if name else part.name)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        found = {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
        return {**found, "status": value.status} if isinstance(value, Principle) else found
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if math.isinf(value) else round(value, _DIGITS)
    return value.isoformat() if isinstance(value, date) else value
