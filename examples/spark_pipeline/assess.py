"""Assess a pipeline that lies on a Spark cluster: where the claimed milestone is contradicted, and why.

    spark-submit --master 'local[2]' assess.py DEALS STAKEHOLDERS OUT [DAY]

DEALS and STAKEHOLDERS are Parquet files or folders that Spark reads; other lists are added the same way.
Every worker needs Python with `kamrules[spark]`. Nothing is collected to the driver but the counts printed at
the end.
"""

from __future__ import annotations

import sys
from datetime import date

from pyspark.sql import DataFrame, SparkSession

import kamrules as kr


def assess(deals: DataFrame, stakeholders: DataFrame, day: date) -> kr.FrameAssessment:
    """Return the verdicts of the handbook; DataFrames that nothing has computed yet."""
    engine = kr.compile(kr.load_pack("handbook"))
    return engine.assess_frame(deals, as_of=day, stakeholders=stakeholders)


def main(deals: str, stakeholders: str, out: str, day: str = "2026-06-30") -> None:
    spark = SparkSession.builder.appName("kamrules").getOrCreate()
    found = assess(spark.read.parquet(deals), spark.read.parquet(stakeholders), date.fromisoformat(day))
    found.deals.write.mode("overwrite").parquet(f"{out}/deals")
    found.rejected.write.mode("overwrite").parquet(f"{out}/rejected")
    written = spark.read.parquet(f"{out}/deals")
    written.groupBy("claimed", "supported", "claim").count().orderBy("claimed", "supported").show()
    written.where("red_lines <> ''").select("deal_id", "red_lines", "grade").show(truncate=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
