"""A condition that cannot be said with columns, so the pack does not run on data frames.

Records are assessed all the same. Most often a product of two whole numbers may overflow: give their
fields a `min` and `max`; or a text function takes a field where a constant would do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kamrules.errors import BackendError
from kamrules.rules.checks import Remark, Severity, Subject
from kamrules.rules.framecode.outputs import lay_out

SEVERITY: Severity = "warning"
_SECTIONS = ("criteria", "red_lines", "findings", "tables", "scorecards", "milestones", "plays")
_PROBE_DAY = date(2000, 1, 1)


def check(subject: Subject) -> Iterator[Remark]:
    """Yield the parts that the frame engine refuses."""
    try:
        lay_out(subject.planned.plan, _PROBE_DAY)
    except BackendError as error:
        for fault in error.faults:
            name = fault.where.partition(" ")[2]
            section = next((one for one in _SECTIONS if name in getattr(subject.pack, one)), "criteria")
            yield subject.remark((section, name), fault.message, fault.hint)
