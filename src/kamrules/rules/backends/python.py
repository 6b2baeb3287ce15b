"""The fast engine: one generated Python function for a whole plan.

The function is built as a syntax tree, never from text, so a pack cannot smuggle code in. Unknown costs
little: every condition becomes two short-circuit tests (surely true, surely false), fields are read once,
and each list is passed over once. `rules/pycode` writes it; `Access` says what it is fast at reading.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kamrules.errors import RecordError
from kamrules.rules.plan import Plan
from kamrules.rules.pycode.faults import find_faults
from kamrules.rules.pycode.function import load, write_function
from kamrules.rules.verdict import Outcome, Points

Access = Literal["get", "item", "attr"]
Raw = tuple[tuple[Any, ...], tuple[Any, ...], tuple[tuple[float, float], ...]]


@dataclass(frozen=True, slots=True)
class PythonProgram:
    """A plan compiled to a Python function.

    `run_raw(record, as_of)` returns the bare tuple of truths, TableRows and (low, high) pairs; `run`
    returns the same as an Outcome.
    """

    plan: Plan
    access: Access
    checked: bool
    run_raw: Callable[[Any, date], Raw]

    def run(self, record: Any, as_of: date) -> Outcome:
        """Return what the plan says of one record on day `as_of`.

        Raises
        ------
        RecordError
            The record does not fit the plan's schema (KR300). With `checked` this holds of everything
            the plan reads; without, of what Python stumbles over.
        """
        truths, tables, ends = self.run_raw(record, as_of)
        return Outcome(truths, tables, tuple([Points(low, high) for low, high in ends]))

    @property
    def source(self) -> str:
        """The function as text, for reading; written anew each time it is asked for."""
        return ast.unparse(write_function(self.plan, self.access, checked=self.checked).module)


def compile_plan(plan: Plan, *, access: Access = "get", checked: bool = False) -> PythonProgram:
    """Compile a plan to one Python function.

    Parameters
    ----------
    plan
        The plan; its schema says which fields may be missing.
    access
        What records are fast: `get` mappings in which a nullable member may be absent, `item` mappings
        with every member present (None for unknown), `attr` objects. Any record is right under any
        access; one that does not look as promised is read again, about ten times slower.
    checked
        Check the type and range of everything read, and raise RecordError with all faults.

    Returns
    -------
    PythonProgram
    """
    run_raw = load(write_function(plan, access, checked=checked), _Careful(plan), _execute)
    return PythonProgram(plan, access, checked, run_raw)


def _execute(compiled: Any, namespace: dict[str, Any]) -> None:
    exec(compiled, namespace)


class _Careful:
    """Takes the records that surprise the fast function: names their faults, or else runs them slowly.

    Its own function reads any shape of record, and is compiled when it is first needed.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._run: Callable[[Any, date], Raw] | None = None

    def __call__(self, record: Any, as_of: date) -> Raw:
        faults = find_faults(self._plan, record)
        if faults:
            raise RecordError(faults)
        if self._run is None:
            self._run = load(write_function(self._plan, "any", checked=False), None, _execute)
        return self._run(record, as_of)
