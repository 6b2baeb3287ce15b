"""Make examples/notebooks/*.ipynb from the scripts beside them, run in a kernel.

    python tools/notebooks.py           run every notebook, write what changed
    python tools/notebooks.py --check   write nothing; exit 1 if a cell fails or a notebook is stale

The script is what is reviewed: `# %%` starts a cell of code, `# %% [markdown]` one of text. The notebook
holds its outputs, as people look before they run. It holds no times and no paths, so that it changes
only with what it shows. Where Vega puts a letter depends on the fonts of the machine: of pictures only
what they say is compared (their `aria-label`).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

PLACE = Path(__file__).resolve().parent.parent / "examples" / "notebooks"
MOST_BYTES = 400_000
_CELL = re.compile(r"^# %%(?P<markdown> \[markdown\])?\n", re.MULTILINE)
_SVG = re.compile(r"<svg.*?aria-label=(\"[^\"]*\"|'[^']*').*?</svg>", re.DOTALL)
_FORMS = ("image/svg+xml", "text/html", "text/markdown", "text/plain")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Cell(NamedTuple):
    """A cell: text as Markdown, or code."""

    kind: Literal["code", "markdown"]
    source: str


def cells_of(script: Path) -> Iterator[Cell]:
    """Yield the cells of a script; what stands before the first is none."""
    parts = _CELL.split(script.read_text(encoding="utf-8"))[1:]
    for is_text, body in zip(parts[::2], parts[1::2], strict=True):
        if is_text:
            yield Cell("markdown", re.sub(r"^# ?", "", body.strip(), flags=re.MULTILINE))
        else:
            yield Cell("code", body.strip())


def written(script: Path) -> str:
    """Return a script as the text of a notebook, its cells run in a kernel of its folder."""
    import nbformat.v4
    from nbclient import NotebookClient

    make: Any = nbformat.v4  # its functions have no types
    new = {"code": make.new_code_cell, "markdown": make.new_markdown_cell}
    cells = [
        new[cell.kind](cell.source, id=f"cell-{place}") for place, cell in enumerate(cells_of(script), 1)
    ]
    book = make.new_notebook(cells=cells, metadata=_METADATA)
    where = {"metadata": {"path": str(script.parent)}}
    NotebookClient(book, timeout=300, resources=where, record_timing=False).execute()
    book.metadata = _METADATA
    for cell in cells:
        for output in cell.get("outputs", ()):
            _lighten(output)
    return json.dumps(book, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _lighten(output: Any) -> None:
    """Keep the best of the forms in which a result shows itself."""
    data = output.get("data", {})
    best = next((form for form in _FORMS if form in data), None)
    if best is not None:
        output["data"] = {best: data[best]}


def is_same(new: str, old: str) -> bool:
    return bool(_told(new) == _told(old))


def _told(text: str) -> Any:
    """Return a notebook with what its pictures say in their place."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: told(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [told(inner) for inner in value]
        return _SVG.sub(lambda found: found[1], value) if isinstance(value, str) else value

    return told(json.loads(text or "{}"))


def main() -> int:
    """Write or check all notebooks; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a stale notebook")
    check = parser.parse_args().check
    wrong = []
    for script in sorted(PLACE.glob("*.py")):
        path = script.with_suffix(".ipynb")
        text = written(script)
        size = len(text.encode())
        if size > MOST_BYTES:
            print(f"{path.name} has {size} bytes, more than {MOST_BYTES}")
            wrong.append(path)
        if is_same(text, path.read_text(encoding="utf-8") if path.exists() else ""):
            continue
        if check:
            print(f"{path.name} is stale")
            wrong.append(path)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
