"""Loads an example as a script is loaded, from its own file."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
EXAMPLES = REPO / "examples"
DAY = date(2026, 6, 30)


def names(path: str) -> dict[str, Any]:
    """Return what an example defines."""
    return runpy.run_path(str(EXAMPLES / path), run_name="example")
