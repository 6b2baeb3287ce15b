"""How frames of deals are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BadValues = Literal["reject", "unknown"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How frames are read: the columns that link them, and what to do with columns and values of no field."""

    key: str = "id"
    link: str = "deal_id"
    bad_values: BadValues = "reject"
    ignored: frozenset[str] = frozenset()
