"""Deals in Parquet files: assessed in buckets, written whole or not at all, the same as deal by deal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kamrules.adapters import Request, read_deals
from kamrules.assessment import Assessment
from kamrules.cli import application
from kamrules.errors import KamrulesError
from tests.backends.frames import is_installed, polars_frames

if not (is_installed("polars") and is_installed("pyarrow")):
    pytest.skip("Polars or PyArrow is not installed", allow_module_level=True)

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from kamrules.frames.bulk import BulkSummary, Step, assess_parquet
from kamrules.frames.rows import columns_of, criteria_of, row_of
from tests.handbook import handbook

REPO = Path(__file__).resolve().parents[2]
WELDING = REPO / "examples" / "welding"
DAY = date(2026, 6, 30)
TINY = 0.5  # MB: cuts even the example into several buckets

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `kamrules assess`; the engine is compiled once for all tests of a process."""
    monkeypatch.setattr("kamrules.arguments.load_pack", lambda *_, **__: None)
    monkeypatch.setattr("kamrules.arguments.compile", lambda _: handbook())

    def invoke(*arguments: str | Path) -> Result:
        every = ["assess", *map(str, arguments), "--as-of", DAY.isoformat()]
        return CliRunner().invoke(application(), every)

    return invoke


@cache
def welding() -> tuple[Any, dict[str, Any], list[Assessment]]:
    """Return the deals of the example as frames, and what the record engine says of them."""
    engine = handbook()
    records: list[Any] = list(read_deals(WELDING, Request(engine.model)))
    deals, lists = polars_frames(engine.plan.schema, records)
    ids = pl.Series([record["id"] for record in records])
    linked = {
        name: rows.with_columns(deal_id=ids.gather(rows["deal_id"].cast(pl.Int64)))
        for name, rows in lists.items()
    }
    found = [one for one in engine.assess_many(records, as_of=DAY) if isinstance(one, Assessment)]
    assert len(found) == len(records)
    return deals.drop("row"), linked, found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The example as a folder of Parquet files."""
    folder = tmp_path / "in"
    folder.mkdir()
    deals, lists, _ = welding()
    deals.write_parquet(folder / "deals.parquet")
    for name, rows in lists.items():
        rows.write_parquet(folder / f"{name}.parquet")
    return folder


def assess(path: Path, output: Path, **options: Any) -> BulkSummary:
    return assess_parquet(handbook(), path, output, as_of=DAY, **options)


def rows_in(path: Path) -> dict[Any, dict[str, Any]]:
    """Return the rows of a wide table by their deal, sums of points rounded as sums may be."""
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return {row["deal_id"]: _rounded(row) for row in rows}


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: round(one, 9) if isinstance(one, float) else one for name, one in row.items()}


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def code_of(path: Path, output: Path, **options: Any) -> str:
    """Return the codes of the faults for which a run is refused."""
    with pytest.raises(KamrulesError) as caught:
        assess(path, output, **options)
    assert not output.exists()
    return " ".join(fault.code for fault in caught.value.faults)


def left_over(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.iterdir() if place.name.startswith("."))


# --- the same as deal by deal


@pytest.mark.parametrize("memory_mb", [TINY, 4096])
def test_buckets_say_of_each_deal_what_the_record_engine_says(
    source: Path, tmp_path: Path, memory_mb: float
) -> None:
    output, criteria = tmp_path / "out.parquet", tmp_path / "criteria.parquet"
    summary = assess(source, output, criteria=criteria, memory_mb=memory_mb)
    found = welding()[2]
    assert (summary.buckets > 3) == (memory_mb == TINY)
    assert rows_in(output) == {one.deal_id: _rounded(row_of(one)) for one in found}
    seen = {(row["deal_id"], row["criterion"]): row["status"] for row in pq.read_table(criteria).to_pylist()}
    rows = [row for one in found for row in criteria_of(one)]
    assert seen == {(row["deal_id"], row["criterion"]): row["status"] for row in rows}
    assert summary.deals_in == summary.assessed == len(found)
    assert summary.claims["contradicted"] == sum(one.stage.claim == "contradicted" for one in found)
    assert summary.red_lines.total() == sum(len(one.tripped) for one in found)
    assert summary.breaches.total() == sum(len(one.breaches) for one in found)


def test_command_line_gives_one_table_from_csv_and_from_parquet(
    source: Path, tmp_path: Path, run: Run
) -> None:
    one, other = tmp_path / "x.parquet", tmp_path / "y.parquet"
    from_parquet = run(source, "-o", one, "--memory", "1")
    from_csv = run(WELDING, "-o", other)
    assert (from_parquet.exit_code, from_csv.exit_code) == (1, 1), from_parquet.output + from_csv.output
    assert rows_in(one) == rows_in(other)
    schema = pq.read_schema(one)
    assert schema.equals(pq.read_schema(other), check_metadata=True)
    assert schema.names == list(columns_of(handbook().pack))
    assert schema.metadata[b"kamrules.pack_hash"].decode() == handbook().pack.hash
    assert schema.metadata[b"kamrules.as_of"] == b"2026-06-30"
    assert "36 deals in: 36 assessed, 0 rejected" in from_parquet.stderr
    assert "red lines: RL-16 2" in from_parquet.stderr


def test_criteria_of_records_go_to_parquet_beside_any_format(tmp_path: Path, run: Run) -> None:
    criteria = tmp_path / "criteria.parquet"
    assert run(WELDING, "--format", "csv", "-o", tmp_path / "x.csv", "--criteria", criteria).exit_code == 1
    table = pq.read_table(criteria)
    assert table.num_rows == sum(len(one.criteria) for one in welding()[2])
    assert (tmp_path / "x.csv").is_file()


def test_lists_may_be_columns_of_structs_in_one_file(tmp_path: Path) -> None:
    deals, lists, found = welding()
    for name, rows in lists.items():
        listed = rows.group_by("deal_id", maintain_order=True).agg(
            pl.struct(pl.exclude("deal_id")).alias(name)
        )
        deals = deals.join(listed, left_on="id", right_on="deal_id", how="left", maintain_order="left")
        is_known = pl.col(f"{name}__known") & pl.col(name).is_null()
        deals = deals.with_columns(pl.when(is_known).then(pl.lit([])).otherwise(pl.col(name)).alias(name))
    path, output = tmp_path / "all.parquet", tmp_path / "out.parquet"
    deals.write_parquet(path)
    assert assess(path, output, memory_mb=TINY).buckets > 1
    assert rows_in(output) == {one.deal_id: _rounded(row_of(one)) for one in found}


def test_keys_may_be_whole_numbers_of_two_widths_and_texts_dictionaries(tmp_path: Path) -> None:
    folder, output = tmp_path / "in", tmp_path / "out.parquet"
    folder.mkdir()
    count = 500
    ids = list(range(count))
    milestones = pa.array(["M1"] * count).dictionary_encode()
    pq.write_table(
        pa.table({"id": pa.array(ids, pa.int64()), "milestone": milestones}), folder / "deals.parquet"
    )
    people = pa.table({"deal_id": pa.array(ids, pa.int32()), "stance": ["supporter"] * count})
    pq.write_table(people, folder / "stakeholders.parquet")
    summary = assess(folder, output, memory_mb=0.1)
    assert summary.buckets > 1
    assert (summary.assessed, summary.stray_rows) == (count, 0)
    assert sorted(rows_in(output)) == ids
    assert pq.read_schema(output).field("deal_id").type == pa.int64()


# --- what cannot be assessed is kept


@pytest.mark.parametrize("memory_mb", [0.01, 1024])
def test_deals_without_a_key_of_their_own_and_rows_of_no_deal_are_kept(
    tmp_path: Path, memory_mb: float, run: Run
) -> None:
    folder, output, rejects = tmp_path / "in", tmp_path / "out.parquet", tmp_path / "rejects.jsonl"
    folder.mkdir()
    ids = [*(f"D{place}" for place in range(50)), "D7", None, None, "D7"]
    pl.DataFrame({"id": ids, "milestone": ["M1"] * len(ids)}).write_parquet(folder / "deals.parquet")
    people = pl.DataFrame({"deal_id": ["D1", "lost", "lost", None]})
    people.write_parquet(folder / "stakeholders.parquet")
    summary = assess(folder, output, rejects=rejects, memory_mb=memory_mb)
    assert (summary.buckets > 1) == (memory_mb < 1)
    assert summary.deals_in == summary.assessed + summary.rejected == len(ids)
    assert (summary.rejected, summary.stray_rows, summary.has_findings) == (5, 3, True)
    assert set(rows_in(output)) == set(ids) - {"D7", None}
    kept = lines_of(rejects)
    assert sorted(str(line["id"]) for line in kept if "id" in line) == ["D7", "D7", "D7", "None", "None"]
    assert {"id": None, "faults": ["no key"]} in kept
    assert {"list": "stakeholders", "deal_id": "lost", "rows": 2} in kept
    assert {"list": "stakeholders", "deal_id": None, "rows": 1} in kept
    shown = run(folder, "-o", output)
    assert shown.exit_code == 1
    assert "54 deals in: 49 assessed, 5 rejected" in shown.stderr
    assert "3 list rows belong to no deal" in shown.stderr


def test_a_bad_value_rejects_its_deal_or_is_left_unknown(tmp_path: Path) -> None:
    path, output, rejects = tmp_path / "deals.parquet", tmp_path / "out.parquet", tmp_path / "rejects.jsonl"
    pl.DataFrame({"id": ["D1", "D2"], "milestone": ["M1", "M99"]}).write_parquet(path)
    summary = assess(path, output, rejects=rejects)
    assert (summary.assessed, summary.rejected) == (1, 1)
    assert lines_of(rejects) == [{"id": "D2", "faults": ["milestone"]}]
    lenient = assess(path, output, rejects=rejects, bad_values="unknown")
    assert (lenient.assessed, lenient.rejected) == (2, 0)
    assert lines_of(rejects) == []
    rows = rows_in(output)
    assert {deal: row["issues"] for deal, row in rows.items()} == {"D1": "", "D2": "milestone"}
    deals = [{"id": "D1", "milestone": "M1"}, {"id": "D2", "milestone": "M99"}]
    found = handbook().assess_many(deals, as_of=DAY, bad_values="unknown")
    assert [rows[one.deal_id] for one in found if isinstance(one, Assessment)] == [
        _rounded(row_of(one, has_issues=True))
        for one in handbook().assess_many(deals, as_of=DAY, bad_values="unknown")
        if isinstance(one, Assessment)
    ]


def test_columns_that_are_ignored_may_hold_anything(tmp_path: Path) -> None:
    path, output = tmp_path / "deals.parquet", tmp_path / "out.parquet"
    pl.DataFrame({"id": ["D1"], "note": [b"\xff"]}).write_parquet(path)
    assert code_of(path, output) == "A-COLUMN"
    for name in ("note", "deals.parquet:note", "*"):
        assert assess(path, output, ignored_columns=[name]).assessed == 1


def test_no_deal_at_all_is_an_empty_table(tmp_path: Path) -> None:
    path, output = tmp_path / "deals.parquet", tmp_path / "out.parquet"
    pl.DataFrame({"id": pl.Series([], dtype=pl.String)}).write_parquet(path)
    summary = assess(path, output)
    assert (summary.deals_in, summary.has_findings) == (0, False)
    assert pq.read_table(output).num_rows == 0


# --- input that is not what it should be


def _cut_short(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _spoilt(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[4:2000] = b"\x00" * 1996
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_cut_short, "I-FORMAT"),
        (_spoilt, "I-FILE"),
        (lambda path: path.write_text("id,milestone\nD1,M1\n", "utf-8"), "I-FORMAT"),
        (lambda path: path.write_bytes(b""), "I-FORMAT"),
        (lambda path: (path.unlink(), path.mkdir()), "I-FORMAT"),
        (lambda path: path.unlink(), "I-FORMAT"),
        (lambda path: path.rename(path.with_name("deal.parquet")), "I-FORMAT I-FILE"),
        (lambda path: pq.write_table(pq.read_table(path).rename_columns({"id": "ID"}), path), "I-COLUMN"),
        (lambda path: pq.write_table(pq.read_table(path).drop_columns("id"), path), "I-COLUMN"),
        (lambda path: pq.write_table(pa.table([["D1"], ["D2"]], names=["id", "id"]), path), "I-FORMAT"),
        (lambda path: pq.write_table(pa.table({"id": [1.5]}), path), "A-FRAME"),
        (lambda path: pq.write_table(pa.table({"id": ["D1"], "milestone": [1]}), path), "A-FRAME"),
        (lambda path: (path.parent / "stakeholder.parquet").write_bytes(b""), "I-FILE"),
    ],
)
def test_input_that_is_not_as_it_should_be_is_one_clear_fault(
    source: Path, tmp_path: Path, run: Run, spoil: Callable[[Path], Any], code: str
) -> None:
    spoil(source / "deals.parquet")
    output = tmp_path / "out.parquet"
    assert code_of(source, output, memory_mb=TINY) == code
    shown = run(source, "-o", output)
    assert shown.exit_code == 2, shown.output
    assert code.split(maxsplit=1)[0] in shown.stderr
    assert "Traceback" not in shown.output
    assert left_over(tmp_path) == []


def test_every_spoilt_file_of_a_folder_is_named_at_once(source: Path, tmp_path: Path) -> None:
    (source / "stakeholders.parquet").write_text("no", "utf-8")
    (source / "activites.parquet").write_text("no", "utf-8")
    with pytest.raises(KamrulesError) as caught:
        assess(source, tmp_path / "out.parquet")
    assert [fault.code for fault in caught.value.faults] == ["I-FILE", "I-FORMAT"]
    assert "did you mean `activities.parquet`?" in str(caught.value)


def test_no_such_place_and_an_empty_folder_are_faults(tmp_path: Path) -> None:
    output = tmp_path / "out.parquet"
    (tmp_path / "in").mkdir()
    assert code_of(tmp_path / "in", output) == "I-FORMAT"
    assert code_of(tmp_path / "nowhere", output) == "I-FILE"
    assert code_of(tmp_path / "nowhere.parquet", output) == "I-FILE"


def test_folder_of_csv_and_parquet_files_is_refused(source: Path, tmp_path: Path, run: Run) -> None:
    (source / "deals.csv").write_text("id\nD1\n", "utf-8")
    shown = run(source, "-o", tmp_path / "out.parquet")
    assert shown.exit_code == 2
    assert "both CSV and Parquet" in shown.stderr


# --- outputs


@pytest.mark.parametrize("option", ["output", "rejects", "criteria"])
@pytest.mark.parametrize("name", ["deals.parquet", "new.parquet"])
def test_nothing_is_written_into_the_input(
    source: Path, tmp_path: Path, run: Run, option: str, name: str
) -> None:
    place, before = source / name, (source / "deals.parquet").read_bytes()
    places: dict[str, Any] = {"output": tmp_path / "out.parquet", option: place}
    with pytest.raises(KamrulesError, match=r"A-OUTPUT.*belongs to the input"):
        assess(source, **places)
    arguments = [text for one, path in places.items() for text in (f"--{one}", path)]
    assert run(source, *arguments).exit_code == 2
    assert (source / "deals.parquet").read_bytes() == before
    assert not (source / "new.parquet").exists()


def test_single_file_is_not_written_over_through_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "deals.parquet", tmp_path / "link.parquet"
    pl.DataFrame({"id": ["D1"]}).write_parquet(path)
    before = path.read_bytes()
    link.symlink_to(path)
    with pytest.raises(KamrulesError, match="A-OUTPUT"):
        assess(path, link)
    assert path.read_bytes() == before


def test_two_results_do_not_share_a_file(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.parquet"
    assert code_of(source, output, criteria=output) == "A-OUTPUT"


@pytest.mark.parametrize("place", ["nowhere/out.parquet", "file/out.parquet", "in"])
def test_place_that_cannot_be_written_is_a_fault(source: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(KamrulesError, match="A-OUTPUT"):
        assess(source, tmp_path / place, memory_mb=TINY)
    assert left_over(tmp_path) == []


class _Stopped(Exception):  # noqa: N818 - no error: somebody stops a run
    pass


@pytest.mark.parametrize("step", ["cutting", "assessing"])
def test_run_that_is_stopped_half_way_leaves_nothing_and_changes_nothing(
    source: Path, tmp_path: Path, step: Step
) -> None:
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("output", "rejects", "criteria")}
    for place in outputs.values():
        place.write_text("old", "utf-8")
    seen: list[list[str]] = []

    def stop(now: Step, done: int, total: int) -> None:
        seen.append(left_over(tmp_path))
        if now == step and 0 < done < total:
            raise _Stopped

    with pytest.raises(_Stopped):
        assess(source, memory_mb=TINY, progress=stop, **outputs)
    assert any(name.endswith(".cut") for name in seen[-1])
    assert left_over(tmp_path) == []
    assert [place.read_text("utf-8") for place in outputs.values()] == ["old"] * 3


def test_progress_counts_every_row_then_every_deal(source: Path, tmp_path: Path) -> None:
    seen: list[tuple[Step, int, int]] = []
    assess(source, tmp_path / "x.parquet", memory_mb=TINY, progress=lambda *one: seen.append(one))
    for step in ("cutting", "assessing"):
        counts = [(done, total) for one, done, total in seen if one == step]
        assert counts[0][0] == 0
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1]


@pytest.mark.parametrize(
    "arguments", [(), ("-o", "x.csv"), ("-o", "x.parquet", "--format", "csv"), ("--format", "parquet")]
)
def test_parquet_is_assessed_into_parquet_only(source: Path, run: Run, arguments: tuple[str, ...]) -> None:
    shown = run(source, *arguments)
    assert shown.exit_code == 2
    assert "A-OUTPUT" in shown.stderr
    assert "-o FILE.parquet" in shown.stderr


@pytest.mark.parametrize("missing", ["narwhals", "polars", "pyarrow"])
def test_without_the_libraries_the_extra_is_named(source: Path, tmp_path: Path, missing: str) -> None:
    pack = REPO / "tests" / "packs" / "small.yaml"
    code = f"import sys; sys.modules[{missing!r}] = None; from kamrules.cli import main; main(sys.argv[1:])"
    arguments = ["assess", source, "-o", tmp_path / "x.parquet", "--as-of", "2026-06-30", "--pack", pack]
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "X-FRAME" in done.stderr
    assert "kamrules[frame]" in done.stderr
