"""Former values of a system as events of deals."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from kamrules.adapters import Request
from kamrules.doors.events import Told, events_of_history
from kamrules.errors import InputError
from kamrules.timeline.events import to_dict

MAP = """\
kamrules_map: 1
dates: iso
deals:
  file: Opportunity.csv
  columns:
    Id: id
    StageName:
      - {to: status, values: {A: open, B: open, Won: won}}
      - {to: milestone, values: {A: M1, B: null, Won: M8}}
history:
  - file: OpportunityHistory.csv
    deal: OpportunityId
    at: CreatedDate
    id: Id
    columns: {StageName: StageName}
"""
FIELDS = """\
  - file: Changes.csv
    deal: OpportunityId
    at: CreatedDate
    field: Field
    value: NewValue
    fields: {StageName: StageName}
"""


def told(tmp_path: Path, history: str, text: str = MAP, changes: str = "") -> Told:
    (tmp_path / "Opportunity.csv").write_text("Id,StageName\nO1,Won\n", "utf-8")
    (tmp_path / "OpportunityHistory.csv").write_text(
        f"Id,OpportunityId,CreatedDate,StageName\n{history}", "utf-8"
    )
    if changes:
        text += FIELDS
        (tmp_path / "Changes.csv").write_text(f"OpportunityId,CreatedDate,Field,NewValue\n{changes}", "utf-8")
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    return events_of_history(tmp_path, Request(map_path=tmp_path / "map.yaml"))


def facts(found: Told) -> list[tuple[str, str, object]]:
    rows = [to_dict(event) for event in found.events]
    return [(row["effective_on"], row["path"], row.get("value")) for row in rows]


def test_each_change_is_one_event_and_a_stage_without_meaning_clears(tmp_path: Path) -> None:
    rows = [
        "H2,O1,2026-02-02T09:00:00.000+0000,B",
        "H1,O1,2026-01-02T09:00:00.000+0000,A",
        "H3,O1,2026-02-03T09:00:00.000+0000,B",
        "H4,O1,2026-03-02T09:00:00.000+0000,Won",
    ]
    assert facts(told(tmp_path, "\n".join(rows))) == [
        ("2026-01-02", "deal.status", "open"),
        ("2026-01-02", "deal.milestone", "M1"),
        ("2026-02-02", "deal.milestone", None),
        ("2026-03-02", "deal.status", "won"),
        ("2026-03-02", "deal.milestone", "M8"),
    ]


def test_field_history_names_the_field_that_changed(tmp_path: Path) -> None:
    changes = "O1,2026-01-02T09:00:00.000+0000,created,\nO1,2026-01-05T09:00:00.000+0000,StageName,A\n"
    assert facts(told(tmp_path, "", changes=changes)) == [
        ("2026-01-05", "deal.status", "open"),
        ("2026-01-05", "deal.milestone", "M1"),
    ]


def test_rows_that_tell_nothing_are_left_out_with_the_reason(tmp_path: Path) -> None:
    rows = "H1,O9,2026-01-02,A\nH2,O1,soon,A\nH3,O1,,A\nH4,O1,2026-01-02,New\nH5,O1\n"
    found = told(tmp_path, rows)
    assert found.events == []
    assert len(found.left_out) == 5
    assert any("`soon` given" in line for line in found.left_out)
    assert any("`New` is not among the values of the map" in line for line in found.left_out)
    assert "OpportunityHistory.csv: 1 rows of no deal" in found.left_out


def test_day_of_a_change_is_counted_in_the_zone_of_the_map(tmp_path: Path) -> None:
    text = MAP.replace("id: Id\n    columns", "id: Id\n    zone: Asia/Shanghai\n    columns")
    found = told(tmp_path, "H1,O1,2026-01-02T20:00:00.000+0000,A\n", text)
    assert {fact[0] for fact in facts(found)} == {"2026-01-03"}


def test_history_of_a_column_that_is_not_mapped_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="no column `Stage` among those of the deals; did you mean `StageName`"
    ):
        told(tmp_path, "", MAP.replace("StageName: StageName}", "StageName: Stage}"))


def test_map_without_history_has_no_events(tmp_path: Path) -> None:
    (tmp_path / "OpportunityHistory.csv").unlink(missing_ok=True)
    (tmp_path / "Opportunity.csv").write_text("Id,StageName\nO1,Won\n", "utf-8")
    (tmp_path / "map.yaml").write_text(MAP[: MAP.index("history:")], "utf-8")
    with pytest.raises(InputError, match="names no file of former values"):
        events_of_history(tmp_path, Request(map_path=tmp_path / "map.yaml"))


def test_history_command_reads_what_map_events_wrote(
    run: Callable[..., Result], exports: Path, tmp_path: Path
) -> None:
    run("map", "init", exports / "salesforce", "-o", tmp_path / "map.yaml")
    text = (tmp_path / "map.yaml").read_text("utf-8")
    (tmp_path / "map.yaml").write_text(text.replace("Prospecting: null", "Prospecting: M1"), "utf-8")
    field_map, events = tmp_path / "map.yaml", tmp_path / "e.jsonl"
    made = run("map", "events", exports / "salesforce", "--map", field_map, "-o", events)
    assert made.exit_code == 0, made.output
    told = run("history", events, "--deal", "006Ak00000Kq1aAIAR")
    assert "Claimed milestone = M1" in told.output


def test_events_are_not_written_over_the_export(
    run: Callable[..., Result], exports: Path, tmp_path: Path
) -> None:
    target = exports / "salesforce" / "Task.csv"
    done = run("map", "events", exports / "salesforce", "--map", tmp_path / "m.yaml", "-o", target)
    assert done.exit_code == 2
    assert "belongs to the input" in done.output
