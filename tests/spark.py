"""One small Spark for all tests that need one: two threads of this machine, far from UTC."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import warnings
from typing import Any

import pytest


@functools.cache
def session() -> Any:
    """Return the session; a test that asks for it is skipped where there is no Java."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Spark's own, of what it imports
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").appName("kamrules tests")
        for name, value in {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.session.timeZone": "Asia/Shanghai",
        }.items():
            builder = builder.config(name, value)
        found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found
