"""Verdicts as a file that a CRM imports: its record id, and one column of its own for each verdict.

UTF-8 without a byte order mark, commas, a header. No cell runs as a formula in a spreadsheet: a text that
would gets an apostrophe, and a record whose id would is left out, because an altered id names no record.
Nothing is written as `none`: imports leave a field as it is where the cell is empty, and an old red line
would stay.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO, get_args

from kamrules.assessment import Assessment, Rejection
from kamrules.doors.format import Door, Verdict
from kamrules.engine import Engine
from kamrules.output import Language, assessed_cells
from kamrules.pipeline import Result
from kamrules.sheets.csvfile import safe_cell

_NUMBERS = frozenset({"health_low", "health_score", "health_high"})
_ASKED = 3  # our choice, as in the CSV of assessments: what one conversation can ask
_BETWEEN = "; "
NONE = "none"


@dataclass(slots=True)
class Written:
    """How many records the file has, and each deal left out, with the reason."""

    records: int = 0
    left_out: list[str] = field(default_factory=list)


def write_back(
    stream: TextIO, results: Iterable[Result], engine: Engine, door: Door, language: Language = "en"
) -> Written:
    """Write one row for each assessed deal; columns are those of the door.

    Parameters
    ----------
    stream : TextIO
        A text file opened without translation of line ends.
    results : iterable of Result
        As from `kamrules.pipeline.assess_source`.
    engine : Engine
        The pack that gave them; it names what to ask.
    door : Door
        The system that will import the file.
    language : "en" or "zh"
        Of what to ask next.

    Returns
    -------
    Written
        `records + len(left_out)` is the number of results.
    """
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow([door.back.id, *door.back.columns.values()])
    written = Written()
    for result in results:
        outcome = result.outcome
        problem = _problem(outcome)
        if problem or isinstance(outcome, Rejection):
            written.left_out.append(f"row {result.row}: {problem}")
            continue
        cells = _cells(outcome, engine, language)
        rows.writerow([outcome.deal_id, *(cells[verdict] for verdict in door.back.columns)])
        written.records += 1
    return written


def _problem(outcome: Assessment | Rejection) -> str:
    if isinstance(outcome, Rejection):
        return "; ".join(str(fault) for fault in outcome.faults)
    if not outcome.deal_id:
        return "the deal has no id, so no record can be found"
    if safe_cell(outcome.deal_id) != outcome.deal_id:
        return f"the id `{outcome.deal_id}` runs as a formula in a spreadsheet"
    return ""


def _cells(assessment: Assessment, engine: Engine, language: Language) -> dict[Verdict, str]:
    known = assessed_cells(assessment)
    known |= {
        "ask_first": _BETWEEN.join(
            dict.fromkeys(engine.label(one.field, language) for one in assessment.ask_first[:_ASKED])
        ),
        "as_of": assessment.as_of,
        "pack": f"{assessment.pack.id} {assessment.pack.version}",
    }
    return {
        name: known.get(name, "") if name in _NUMBERS else safe_cell(known.get(name) or NONE)
        for name in get_args(Verdict)
    }
