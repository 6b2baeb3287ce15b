"""What a pack believes before the first deal is closed: its health points read as odds.

The one assumption, and it is our choice: a deal in the middle of the scorecard has the base rate's odds (even
ones by default), and from the fewest to the most points the odds rise from 1 : `odds` to `odds` : 1 around
it, 9 by default (10 % to 90 %). Odds are linear in the points on the log scale, as in a credit scorecard
("points to double the odds": Siddiqi, Credit Risk Scorecards, 2006). A deal that is unknown in part counts
with the middle of its interval.
Criteria and people get a prior of zero: the pack says that they matter, not how much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Plan
from kamrules.scoring.columns import Column, columns_of, fields_read, health_spans

ODDS = 9.0


@dataclass(frozen=True, slots=True)
class Prior:
    """Belief about the log-odds of winning: `log_odds` at the `centre`, plus `mean` a unit of a column.

    Parameters
    ----------
    columns : names, in the order of the matrix
    mean : log-odds a unit
    centre, spread : where a column lies and how far it strays, in its own units; `spread` is > 0
    signs : 1 where more may never lower the odds, -1 where it may never raise them, 0 where nothing is said
    log_odds : natural logarithm of the odds of a deal at the centre

    Raises
    ------
    ArgumentError
        Lengths differ, a spread is not positive, or a mean goes against its own sign (A-VALUE).

    Examples
    --------
    >>> Prior(("points",), mean=(0.04,), centre=(50.0,), spread=(20.0,), signs=(1,)).log_odds
    0.0
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    signs: tuple[int, ...]
    log_odds: float = 0.0

    def __post_init__(self) -> None:
        parts = (self.mean, self.centre, self.spread, self.signs)
        if any(len(part) != len(self.columns) for part in parts):
            raise _unusable(f"{len(self.columns)} columns have priors of other lengths")
        for name, mean, spread, sign in zip(self.columns, self.mean, self.spread, self.signs, strict=True):
            if not spread > 0:
                raise _unusable(f"the spread of `{name}` is {spread:g}, a positive number expected")
            if mean * sign < 0:
                raise _unusable(f"the prior mean of `{name}` is {mean:g}, against its sign {sign}")

    def ordered(self, names: Sequence[str]) -> Prior:
        """Return the prior of the columns `names`, in that order; each must be known.

        Raises
        ------
        ArgumentError
            A column has no prior, or a column of the prior is not there (A-COLUMN).
        """
        places = {name: index for index, name in enumerate(self.columns)}
        strange = [
            Fault("A-COLUMN", f"column `{name}` has no prior", hint=nearest(name, places))
            for name in names
            if name not in places
        ]
        lacking = [
            Fault("A-COLUMN", f"column `{name}` is missing") for name in places if name not in set(names)
        ]
        if strange or lacking:
            raise ArgumentError([*strange, *lacking])
        order = [places[name] for name in names]
        return Prior(
            tuple(names),
            tuple(self.mean[i] for i in order),
            tuple(self.centre[i] for i in order),
            tuple(self.spread[i] for i in order),
            tuple(self.signs[i] for i in order),
            self.log_odds,
        )


def prior_from(
    pack: Pack, plan: Plan, *, until: str | None = None, odds: float = ODDS, base_rate: float = 0.5
) -> Prior:
    """Return the prior of a pack over the columns of `DealFeatures`.

    A dimension of the health whose entries read a fact the scorecard is `monotone_in` may never lower the
    odds by more points.

    Parameters
    ----------
    until : the last milestone whose criteria are columns
    odds : > 1, the odds of a deal with all points where even ones are the middle
    base_rate : between 0 and 1, the share of deals won in general

    Raises
    ------
    ArgumentError
        The pack has no health scorecard, or a number is out of its range (A-VALUE).
    """
    if pack.health is None:
        raise _unusable(f"pack `{pack.id}` has no health scorecard, which a prior is made of")
    if not odds > 1 or not 0 < base_rate < 1:
        raise _unusable(f"odds {odds:g} and base rate {base_rate:g} given, > 1 and between 0 and 1 expected")
    columns = columns_of(pack, plan, until)
    spans = health_spans(pack, plan).values()
    width = sum(most - least for least, most in spans)
    slope = 2 * math.log(odds) / width
    watched = _watched(pack, plan)

    def is_health(column: Column) -> bool:
        return column.kind == "health"

    return Prior(
        tuple(column.name for column in columns),
        tuple(slope / 2 if is_health(column) else 0.0 for column in columns),
        tuple(column.centre for column in columns),
        tuple(column.spread for column in columns),
        tuple(int(is_health(column) and column.source in watched) for column in columns),
        math.log(base_rate / (1 - base_rate)),
    )


def _watched(pack: Pack, plan: Plan) -> set[str]:
    """Return the dimensions with an entry that reads a fact the scorecard is declared monotone in."""
    spec = pack.scorecards[pack.health or ""]
    fields = {ladder.field.rpartition(".")[2] for ladder in spec.monotone_in}
    card = next(card for card in plan.scorecards if card.id == pack.health)
    found = set()
    for entry in card.entries:
        nodes = [node for part in ("when", "value") if (node := getattr(entry, part, None)) is not None]
        if any(fields & fields_read(node) for node in nodes):
            found.add(spec.entries[entry.id].dimension or entry.id)
    return found


def _unusable(message: str) -> ArgumentError:
    return ArgumentError(Fault("A-VALUE", message))
