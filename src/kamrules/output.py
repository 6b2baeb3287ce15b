"""Assessments of a pipeline as JSON, JSON Lines or CSV, deal by deal; a file appears whole or not at all."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from kamrules.assessment import SCHEMA_VERSION, Assessment, Rejection
from kamrules.engine import Engine
from kamrules.pipeline import Result, Summary, tier_text
from kamrules.scoring.ledger import Health
from kamrules.sheets.csvfile import safe_cell
from kamrules.wholefile import text_file

Language = Literal["en", "zh"]
Format = Literal["json", "jsonl", "csv"]
CSV_COLUMNS = (
    "row", "result", "deal_id", "deal_name", "account", "claimed", "supported", "possible", "claim",
    "blockers", "unknowns", "tier", "recorded_tier", "tier_valid_for", "health_low", "health_score",
    "health_high", "grade", "red_lines", "breaches", "ask_first", "faults",
)  # fmt: skip
_ASKED = 3


class Writer(Protocol):
    """Takes every result in order, then the summary."""

    def add(self, result: Result) -> None:
        """Write one result."""

    def close(self, summary: Summary, strays: tuple[Rejection, ...]) -> None:
        """Write what comes after the last result."""


def writer_for(form: Format, stream: TextIO, engine: Engine, as_of: date, language: Language) -> Writer:
    """Return a writer of the format that has written what comes before the first result."""
    kinds: dict[Format, type[_Json | _JsonLines | _Csv]] = {"json": _Json, "jsonl": _JsonLines, "csv": _Csv}
    return kinds[form](stream, engine, as_of, language)


class _Json:
    """One object: the run, `deals`, `rejected`, `stray_rows`, `summary`."""

    def __init__(self, stream: TextIO, engine: Engine, as_of: date, language: Language) -> None:
        self.stream = stream
        self.engine = engine
        self.language = language
        self.rejected: list[dict[str, Any]] = []
        self.lead = "\n"
        pack = {"id": engine.pack.id, "version": engine.pack.version, "hash": engine.pack.hash}
        head = {"schema_version": SCHEMA_VERSION, "as_of": as_of.isoformat(), "pack": pack}
        stream.write(f'{_dump(head)[:-1]}, "deals": [')

    def add(self, result: Result) -> None:
        if isinstance(result.outcome, Rejection):
            self.rejected.append(result.outcome.to_dict())
            return
        self.stream.write(self.lead + _dump(_deal(result, self.engine, self.language)))
        self.lead = ",\n"

    def close(self, summary: Summary, strays: tuple[Rejection, ...]) -> None:
        tail = {
            "rejected": self.rejected,
            "stray_rows": [stray.to_dict() for stray in strays],
            "summary": summary.to_dict(self.engine, self.language),
        }
        self.stream.write(f"\n], {_dump(tail)[1:]}\n")


class _JsonLines:
    """One line a deal: its assessment, or `{"rejected": …}`."""

    def __init__(self, stream: TextIO, engine: Engine, as_of: date, language: Language) -> None:  # noqa: ARG002
        self.stream = stream
        self.engine = engine
        self.language = language

    def add(self, result: Result) -> None:
        if isinstance(result.outcome, Rejection):
            data: dict[str, Any] = {"rejected": result.outcome.to_dict()}
        else:
            data = _deal(result, self.engine, self.language)
        self.stream.write(_dump(data) + "\n")

    def close(self, summary: Summary, strays: tuple[Rejection, ...]) -> None:
        pass


class _Csv:
    """One row a deal; lists in a cell are separated by `;`."""

    def __init__(self, stream: TextIO, engine: Engine, as_of: date, language: Language) -> None:  # noqa: ARG002
        self.rows = csv.writer(stream, lineterminator="\n")
        self.rows.writerow(CSV_COLUMNS)

    def add(self, result: Result) -> None:
        outcome = result.outcome
        cells = _rejected_cells(outcome) if isinstance(outcome, Rejection) else assessed_cells(outcome)
        row = {"row": str(result.row), **cells}
        self.rows.writerow([safe_cell(row.get(column, "")) for column in CSV_COLUMNS])

    def close(self, summary: Summary, strays: tuple[Rejection, ...]) -> None:
        pass


def _deal(result: Result, engine: Engine, language: Language) -> dict[str, Any]:
    assert isinstance(result.outcome, Assessment)
    return {"row": result.row, **engine.to_dict(result.outcome, language)}


def _dump(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _rejected_cells(rejection: Rejection) -> dict[str, str]:
    faults = " | ".join(str(fault) for fault in rejection.faults)
    return {"result": "rejected", "deal_id": rejection.id or "", "faults": faults}


def assessed_cells(assessment: Assessment) -> dict[str, str]:
    """Return the verdicts on one deal as texts, by the columns of the CSV; lists have `;` between."""
    stage, review = assessment.stage, assessment.tier
    return {
        "result": "assessed",
        "deal_id": assessment.deal_id or "",
        "deal_name": assessment.deal_name or "",
        "account": assessment.account_name or "",
        "claimed": stage.claimed or "",
        "supported": stage.supported or "",
        "possible": stage.possible or "",
        "claim": stage.claim,
        "blockers": ";".join(stage.blockers),
        "unknowns": ";".join(stage.unknowns),
        "tier": tier_text(assessment) if review is not None else "",
        "recorded_tier": (review.recorded or "") if review is not None else "",
        "tier_valid_for": str(review.valid_for_year or "") if review is not None else "",
        **(_health_cells(assessment.health) if assessment.health is not None else {}),
        "red_lines": ";".join(assessment.tripped),
        "breaches": ";".join(assessment.breaches),
        "ask_first": ";".join(question.path for question in assessment.ask_first[:_ASKED]),
        "faults": " | ".join(str(fault) for fault in assessment.issues),
    }


def _health_cells(health: Health) -> dict[str, str]:
    """Return the interval of the health, its middle, and the grades still possible or `veto`."""
    points = {"health_low": health.low, "health_score": health.score, "health_high": health.high}
    grade = "veto" if health.vetoed_by else "/".join(health.grades)
    return {**{name: f"{value:.2f}" for name, value in points.items()}, "grade": grade}


@contextmanager
def output_file(path: Path | None) -> Iterator[TextIO]:
    """Open `path` for text, or standard output for None; a file is there whole at the end, or unchanged.

    Raises
    ------
    ArgumentError
        A-OUTPUT when the file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    with text_file(path) as stream:
        yield stream


def write_rejects(path: Path, rejections: list[Rejection]) -> None:
    """Write one JSON line for each rejection; an empty file says that there was none."""
    with output_file(path) as stream:
        for rejection in rejections:
            stream.write(_dump(rejection.to_dict()) + "\n")
