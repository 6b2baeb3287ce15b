"""What a process pays before its first verdict, in times of `import pydantic`, which it would pay anyway.

    python benchmarks/imports.py [--write]

Each line is a process of its own, the least of its runs in processor time, less that of an empty one.
`--write` puts the table into docs/generated/bench-imports.md.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
PAGE = REPO / "docs" / "generated" / "bench-imports.md"
ROUNDS = 15
HELP = "from kamrules.cli import main; main(['--help'])"
READY = "import kamrules as kr; engine = kr.compile(kr.load_pack('handbook'))"
FIRST = f"{READY}; from datetime import date; engine.assess({{}}, as_of=date(2026, 6, 30), detail='brief')"
WAYS = {
    "`import pydantic`, and its models": "from pydantic import BaseModel",
    "`import kamrules`": "import kamrules",
    "`kamrules --help`": HELP,
    "of it, `import typer` and what its help loads": "import typer, typer.rich_utils",
    "`kr.compile`, not yet called": "import kamrules; kamrules.compile",
    "the handbook loaded and compiled": READY,
    "and a first brief verdict": FIRST,
}


def cpu_ms(code: str) -> float:
    """Return the processor milliseconds of a process that runs this, the least of some rounds."""
    return min(_once(code) for _ in range(ROUNDS))


def _once(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True, env=dict(os.environ))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    empty = cpu_ms("pass")
    times = {name: cpu_ms(code) - empty for name, code in WAYS.items()}
    base = next(iter(times.values()))
    lines = [
        "# What a process pays before its first verdict",
        "",
        f"Python {platform.python_version()}; `python benchmarks/imports.py --write`. Processor time, least",
        f"of {ROUNDS} processes each, less the {empty:.0f} ms of an empty one.",
        "",
        "| | ms | times `import pydantic` |",
        "|---|---|---|",
        *(f"| {name} | {found:.0f} | {found / base:.1f} |" for name, found in times.items()),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
