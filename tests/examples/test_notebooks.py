"""Every notebook is short, runs from top to bottom, and was made from the script beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.examples.loading import EXAMPLES
from tools.notebooks import cells_of, is_same

NOTEBOOKS = EXAMPLES / "notebooks"
SCRIPTS = sorted(NOTEBOOKS.glob("*.py"))
NEEDS = {
    "score_a_pipeline": ("polars",),
    "write_and_prove_a_rule": ("z3",),
    "fit_and_back_test": ("sklearn", "altair", "vl_convert"),
    "claimed_to_supported": ("z3", "altair", "vl_convert"),
}
by_name = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


@by_name
def test_the_cells_of_a_notebook_run_in_a_row(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in NEEDS[script.stem]:
        pytest.importorskip(library, reason=f"{library} is not installed")
    monkeypatch.chdir(NOTEBOOKS)
    namespace: dict[str, Any] = {"__name__": "notebook"}
    for place, cell in enumerate(cells_of(script), 1):
        if cell.kind == "code":
            exec(compile(cell.source, f"{script.name} cell {place}", "exec"), namespace)


@by_name
def test_a_notebook_has_the_cells_of_its_script_and_no_failure(script: Path) -> None:
    book = json.loads(script.with_suffix(".ipynb").read_text("utf-8"))
    assert [(cell["cell_type"], cell["source"]) for cell in book["cells"]] == list(cells_of(script))
    kinds = {output["output_type"] for cell in book["cells"] for output in cell.get("outputs", ())}
    assert kinds
    assert kinds <= {"display_data", "execute_result", "stream"}


@by_name
def test_a_notebook_is_short_and_its_first_cell_is_its_title(script: Path) -> None:
    cells = list(cells_of(script))
    assert 10 <= len(cells) <= 18
    assert cells[0].kind == "markdown"
    assert cells[0].source.startswith("# ")


def test_every_notebook_is_told_of_in_the_page_beside_it() -> None:
    page = (NOTEBOOKS / "README.md").read_text("utf-8")
    assert [script.stem for script in SCRIPTS if f"`{script.stem}.ipynb`" not in page] == []


def test_a_picture_is_the_same_when_it_says_the_same() -> None:
    def book(picture: str) -> str:
        return json.dumps({"outputs": [{"image/svg+xml": picture}]})

    one = book('<svg aria-label="3 deals"><text x="1"/></svg>')
    assert is_same(book('<svg aria-label="3 deals"><text x="2"/></svg>'), one)
    assert not is_same(book('<svg aria-label="4 deals"><text x="1"/></svg>'), one)
    assert not is_same("", one)
