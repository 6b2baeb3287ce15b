"""A record that could not be read, as data beside the good ones."""

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
