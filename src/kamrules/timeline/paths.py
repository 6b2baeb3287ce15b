"""Where a fact stands in a deal: `deal.account.rank_sales`, `deal.stakeholders[P1].stance`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

ROOT = "deal"
EVIDENCE = "evidence"
_PATH = re.compile(
    r"deal\.(?P<list>\w+)\[(?P<item>[^\[\]]+)\](?P<inner>(?:\.\w+)+)|deal(?P<outer>(?:\.\w+)+)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Field names from the deal, or from the item of a list, to a fact."""

    steps: tuple[str, ...]
    list: str = ""
    item: str = ""


@lru_cache(maxsize=4096)
def place_of(path: str) -> Place | None:
    """Return the place a path names, None when it names none.

    Examples
    --------
    >>> place_of("deal.stakeholders[P1].stance")
    Place(steps=('stance',), list='stakeholders', item='P1')
    >>> place_of("deal.account.rank_sales").steps
    ('account', 'rank_sales')
    """
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    if found["outer"]:
        return Place(tuple(found["outer"][1:].split(".")))
    return Place(tuple(found["inner"][1:].split(".")), found["list"], found["item"])


@lru_cache(maxsize=4096)
def natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """Return what sorts `T2` before `T10`: runs of digits count as numbers."""
    parts = re.split(r"([0-9]+)", key)
    return tuple(
        (0, int(part), part) if part.isascii() and part.isdigit() else (1, 0, part) for part in parts if part
    )
