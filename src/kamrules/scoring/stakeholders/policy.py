"""The numbers of the stakeholder map: every weight and limit, with its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.pack import Pack

PREFIX = "map_"
# Parameters the gates of a pack already have under their own name.
_SHARED = {"attribute_share_pct": "attribute_share_pct"}


@dataclass(frozen=True, slots=True)
class MapPolicy:
    """Weights and limits of the stakeholder map.

    Parameters
    ----------
    mentor_points, supporter_points, opponent_points, mortal_enemy_points : float
        Ordinal of each stance, best first; they must not rise, and neutral is 0. Default +2, +1, -1, -2
        (HANDBOOK RM.2, "derived ordinal").
    attribute_share_pct : float, 0 to 100
        Share of listed people whose four attributes must be recorded. Default 80 (HANDBOOK M4.X2).
    assumed_evidence : int, 0 to 4
        Evidence level of a fact without recorded evidence. Default 1, the seller says so (our choice, as in
        the handbook pack).
    restated_evidence : int, 0 to 4
        Level at which a decision maker's own words count. Default 3 (HANDBOOK M6.X1).
    second_source_evidence : int, 0 to 4
        Level at which role, stance and decision power count as confirmed. Default 2 (HANDBOOK M4.X2; for
        RM.6 our choice, no source gives a level).
    required_levels : int, >= 0
        Levels of the reporting line we should know somebody on at a state-owned buyer. Default 2
        (HANDBOOK RM.6).
    faction_share_pct : float, 0 to 100
        Share of support inside one faction that is a risk. Default 100: one faction holds it all
        (HANDBOOK RM.5; the number is our choice).
    min_contacts : int, >= 0
        Fewer people contacted than this is a single thread. Default 2 (our choice).
    thread_share_pct : float, 0 to 100
        Support resting on one person by more than this share is a single thread. Default 50: more than all
        others together (our choice).
    line_strength : float, 0 to 1
        Strength from which an influence line carries support on. Default 0.5, half way to decisive (our
        choice).
    """

    mentor_points: float = 2
    supporter_points: float = 1
    opponent_points: float = -1
    mortal_enemy_points: float = -2
    attribute_share_pct: float = 80
    assumed_evidence: int = 1
    restated_evidence: int = 3
    second_source_evidence: int = 2
    required_levels: int = 2
    faction_share_pct: float = 100
    min_contacts: int = 2
    thread_share_pct: float = 50
    line_strength: float = 0.5

    def __post_init__(self) -> None:
        faults = [
            Fault("A-PARAM", f"`{PREFIX}{name}` is {_shown(getattr(self, name))}, {low} to {high} expected")
            for name, (low, high) in _LIMITS.items()
            if not low <= getattr(self, name) <= high
        ]
        points = self.points()
        if not (math.inf > points[0] > 0 > points[-1] > -math.inf) or list(points) != sorted(
            points, reverse=True
        ):
            shown = ", ".join(map(_shown, points))
            faults.append(
                Fault("A-PARAM", f"points of the stances are {shown}; from above 0 down to below 0 expected")
            )
        if faults:
            raise ArgumentError(faults)

    def points(self) -> tuple[float, float, float, float, float]:
        """Return the points of the stances, mentor first."""
        return (
            self.mentor_points,
            self.supporter_points,
            0.0,
            self.opponent_points,
            self.mortal_enemy_points,
        )

    def value(self, stance: str) -> float:
        """Return the points of a stance on the scale -1 to 1: divided by the largest magnitude."""
        if stance == "neutral":
            return 0.0
        scale = max(self.mentor_points, -self.mortal_enemy_points)
        return float(getattr(self, f"{stance}_points")) / scale


_LIMITS: dict[str, tuple[float, float]] = {
    "attribute_share_pct": (0, 100),
    "assumed_evidence": (0, 4),
    "restated_evidence": (0, 4),
    "second_source_evidence": (0, 4),
    "required_levels": (0, 1_000),
    "faction_share_pct": (0, 100),
    "min_contacts": (0, 1_000),
    "thread_share_pct": (0, 100),
    "line_strength": (0, 1),
}


def policy_from(params: Mapping[str, Any]) -> MapPolicy:
    """Return the policy a pack's parameters give; a field without a parameter keeps its default.

    Parameters
    ----------
    params : mapping of parameter name to value
        `map_FIELD` sets the field of `MapPolicy`; `attribute_share_pct` goes without the prefix, because a
        gate reads it too. Other parameters are not looked at.

    Returns
    -------
    MapPolicy

    Raises
    ------
    ArgumentError
        A `map_` parameter names no field, is no number, or is out of range (A-PARAM).

    Examples
    --------
    >>> policy_from({"map_min_contacts": 3, "rank_cut": 50}).min_contacts
    3
    """
    names = {_SHARED.get(field.name, PREFIX + field.name): field.name for field in fields(MapPolicy)}
    faults = [
        Fault("A-PARAM", f"no parameter `{name}`", hint=nearest(name, names))
        for name in params
        if name.startswith(PREFIX) and name not in names
    ]
    given = {name: params[name] for name in names if name in params}
    for name, value in given.items():
        is_whole = getattr(MapPolicy(), names[name]).__class__ is int and name.endswith(_WHOLE)
        kinds = (int,) if is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            kind = "a whole number" if is_whole else "a number"
            faults.append(Fault("A-PARAM", f"`{name}` is {_shown(value)}, {kind} expected"))
    if faults:
        raise ArgumentError(faults)
    return MapPolicy(**{names[name]: value for name, value in given.items()})


def policy_of(pack: Pack) -> MapPolicy:
    """Return the policy that a pack's parameters and its assumed evidence give; see `policy_from`."""
    values = {name: param.value for name, param in pack.params.items()}
    return policy_from({**values, "map_assumed_evidence": pack.assumed_evidence})


_WHOLE = ("_evidence", "_levels", "_contacts")


def _shown(value: object) -> str:
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
