"""The Spark example runs as its page says, and gathers no row on the driver."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tests.frames.pipelines import DAY
from tests.frames.test_agreement import frames_of, welding
from tests.handbook import handbook as engine

pl = pytest.importorskip("polars")
pytestmark = pytest.mark.spark
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "spark_pipeline" / "assess.py"


def test_the_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyspark")
    from tests.spark import session

    session()
    records, lists = frames_of(welding())
    records.select(pl.exclude("^.*__known$"), "stakeholders__known").write_parquet(tmp_path / "deals.parquet")
    lists["stakeholders"].write_parquet(tmp_path / "people.parquet")
    runpy.run_path(str(EXAMPLE))["main"](
        str(tmp_path / "deals.parquet"), str(tmp_path / "people.parquet"), str(tmp_path / "out"), str(DAY)
    )
    assert "contradicted" in capsys.readouterr().out
    found = pl.read_parquet(tmp_path / "out" / "deals" / "*.parquet").sort("deal_id")
    known = {name: rows for name, rows in lists.items() if name == "stakeholders"}
    expected = engine().assess_frame(
        records.select(pl.exclude("^.*__known$"), "stakeholders__known"), as_of=DAY, **known
    )
    assert found["supported"].to_list() == expected.deals.sort("deal_id")["supported"].to_list()


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    pytest.importorskip("pyspark")
    from tests.spark import session

    spark: Any = session()
    tracker = spark.sparkContext.statusTracker()
    spark.sparkContext.setJobGroup("lazy", "no job")
    records, _ = frames_of(welding())
    _ = engine().assess_frame(spark.createDataFrame(records.to_arrow()), as_of=DAY).deals
    assert list(tracker.getJobIdsForGroup("lazy")) == []
