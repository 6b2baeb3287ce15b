"""The value of gates, and what is worth asking, for tools: JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from io import StringIO
from typing import Any

from kamrules.learning.gaming import GamingReport
from kamrules.learning.gate_value import GateReport
from kamrules.learning.gates import Found
from kamrules.rules.pack import Pack
from kamrules.sheets.csvfile import safe_cell
from kamrules.wording import Language

VALUE_COLUMNS = (
    "criterion", "name", "milestone", "verdict", "why", "met_deals", "met_won", "unmet_deals", "unmet_won",
    "unknown_deals", "unknown_won", "not_applicable_deals", "not_past", "difference", "difference_low",
    "difference_high", "p", "q", "q_less",
)  # fmt: skip
SIGNAL_COLUMNS = (
    "deal_id", "day", "kind", "gates", "measure", "as_great", "measured", "criteria", "fields", "events",
    "others",
)  # fmt: skip


def gates_json(found: Found, language: Language = "en") -> str:
    """Return everything as JSON; numbers are not rounded, shares lie between 0 and 1."""
    pack, values, gaming = found.engine.pack, found.values, found.gaming
    data: dict[str, Any] = {
        "pack": {"id": pack.id, "version": pack.version, "hash": pack.hash},
        "as_of": found.as_of,
    }
    if values is not None:
        named = [{"name": pack.criteria[gate.id].name.get(language), **asdict(gate)} for gate in values.gates]
        data |= {
            "closed_deals": values.deals,
            "won": values.won,
            "left_out": found.closed.reasons(),
            "refusal": values.refusal,
            "by_chance": None if values.by_chance is None else asdict(values.by_chance),
            "segments": list(values.segments),
            "policy": asdict(values.policy),
            "gates": named,
        }
    if gaming is not None:
        data |= {
            "gaming_policy": asdict(gaming.policy),
            "signals": [
                {**asdict(one.sight), "as_great": one.as_great, "criteria": one.criteria}
                for one in gaming.signals
            ],
            "habits": [asdict(habit) for habit in gaming.habits],
        }
    return json.dumps(data, ensure_ascii=False, indent=1, default=date.isoformat) + "\n"


def gates_csv(found: Found, language: Language = "en") -> str:
    """Return one table: of the gates, or of the signals where only they were asked for."""
    stream = StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    if found.values is not None:
        rows.writerow(VALUE_COLUMNS)
        rows.writerows(_value_cells(found.engine.pack, found.values, language))
    elif found.gaming is not None:
        rows.writerow(SIGNAL_COLUMNS)
        rows.writerows(_signal_cells(found.gaming))
    return stream.getvalue()


def _value_cells(pack: Pack, values: GateReport, language: Language) -> Iterator[list[str]]:
    for gate in values.gates:
        tallies = (gate.met, gate.unmet, gate.unknown)
        differs = gate.difference
        ends = (None,) * 3 if differs is None else (differs.value, differs.low, differs.high)
        yield [
            gate.id,
            safe_cell(pack.criteria[gate.id].name.get(language)),
            gate.milestone,
            gate.verdict,
            gate.why,
            *(str(number) for tally in tallies for number in (tally.deals, tally.won)),
            str(gate.not_applicable.deals),
            str(gate.not_past),
            *("" if number is None else f"{number:.6g}" for number in (*ends, gate.p, gate.q, gate.q_less)),
        ]


def _signal_cells(gaming: GamingReport) -> Iterator[list[str]]:
    measured = {habit.kind: habit.measured for habit in gaming.habits}
    for one in gaming.signals:
        sight = one.sight
        lists = (one.criteria, sight.fields, sight.events, sight.others)
        yield [
            safe_cell(sight.deal_id),
            sight.day.isoformat(),
            sight.kind,
            ";".join(sight.gates),
            str(sight.measure),
            str(one.as_great),
            str(measured[sight.kind]),
            *(safe_cell(";".join(some)) for some in lists),
        ]
