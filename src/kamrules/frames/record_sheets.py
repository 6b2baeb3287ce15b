"""Deals that were assessed one at a time, written as the Parquet files that whole frames give."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kamrules.assessment import Assessment
from kamrules.frames import BadValues
from kamrules.frames.parquet import Sheet, about_of, parquet_sheet
from kamrules.frames.rows import CRITERIA, columns_of, criteria_of, row_of
from kamrules.rules.pack import Pack


@dataclass(frozen=True)
class RecordSheets:
    """Takes every assessment in order."""

    deals: Sheet | None
    criteria: Sheet | None
    has_issues: bool

    def add(self, assessment: Assessment) -> None:
        """Write what is said of one deal."""
        if self.deals is not None:
            self.deals.add_row(row_of(assessment, has_issues=self.has_issues))
        if self.criteria is not None:
            for row in criteria_of(assessment):
                self.criteria.add_row(row)


@contextmanager
def record_sheets(
    pack: Pack, as_of: date, bad_values: BadValues, *, deals: Path | None, criteria: Path | None
) -> Iterator[RecordSheets]:
    """Write the wide table of deals, and the status of every criterion, where a file is given.

    Each file appears whole or not at all, and memory does not grow with the number of deals.
    """
    has_issues = bad_values == "unknown"
    about = about_of(pack, as_of)
    wide = statuses = None
    with ExitStack() as stack:
        if deals is not None:
            columns = columns_of(pack, has_issues=has_issues)
            wide = stack.enter_context(parquet_sheet(deals, columns, about))
        if criteria is not None:
            statuses = stack.enter_context(parquet_sheet(criteria, CRITERIA, about))
        yield RecordSheets(wide, statuses, has_issues)
