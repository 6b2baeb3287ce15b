"""The family of engines: each compiles a Plan to a Program, or refuses naming place and operator.

A member module has one public function `compile_plan(plan, ...) -> Program`. A Program runs one record:
`program.run(record, as_of) -> Outcome`. All members agree with the reference on every record the plan's
schema allows; a disagreement is a defect. Members never import each other. The program of `frame` runs
a whole data frame at once, with the same meaning. `smt` compiles nothing: its `Prover` answers claims about
all records, with witnesses that the reference replays.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from kamrules.rules.verdict import Outcome


class Program(Protocol):
    """A compiled plan."""

    def run(self, record: Any, as_of: date) -> Outcome:
        """Return what the plan says of one record (a mapping or an object) on day `as_of`."""
        ...


__all__ = ["Program"]
