"""What a reader yields for each deal of its input: a dict, or a rejection beside the good ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kamrules.errors import Fault


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be read: its 1-based place in the input, its id if it had one, every fault."""

    row: int
    id: str | None
    faults: tuple[Fault, ...]
    record: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return the rejection as plain JSON-ready data."""
        return {"row": self.row, "id": self.id, "faults": [fault.to_dict() for fault in self.faults]}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows of a file that its map leaves out on purpose: how many, and why."""

    file: str
    rows: int
    reason: str

    def __str__(self) -> str:
        rows = "row" if self.rows == 1 else "rows"
        return f"{self.file}: {self.rows} {rows} left out, {self.reason}"


@dataclass(frozen=True, slots=True)
class Item:
    """One deal of the input: its row (as the file counts) and its nested dict or rejection.

    `issues` are the values left out of the dict because they could not be read.
    """

    row: int
    deal: dict[str, Any] | Rejection
    issues: tuple[Fault, ...] = ()
