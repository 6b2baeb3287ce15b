"""List the mistakes in the handbook pack that no case would notice, with the reason each is left.

    python tools/mutants.py           write docs/generated/mutants.md
    python tools/mutants.py --check   write nothing; exit 1 if the page is stale or too many survive

Reasons are kept here, by rule and change; one without is open: a case may still be written.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import kamrules as kr
from kamrules.casefile import case_files, read_cases
from kamrules.mutation import MutationReport, Survivor, mutate
from kamrules.rules.pack import locate_pack

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generated" / "mutants.md"
MOST_PCT = 5.0
_SAME_REGIME = "equivalent: the condition takes either default alike"
_SAME_TACTIC = "equivalent: neither default is a tactic of this red line"
REASONS = {
    ("def.is_tender", "default turned"): _SAME_REGIME,
    ("def.is_regulated", "default turned"): _SAME_REGIME,
    ("RL-02.V", "default turned"): _SAME_REGIME,
    ("RL-01", "default turned"): _SAME_TACTIC,
    ("RL-03", "default turned"): _SAME_TACTIC,
    ("RL-06", "default turned"): _SAME_TACTIC,
    ("RL-07", "default turned"): _SAME_TACTIC,
    ("RL-11", "default turned"): _SAME_TACTIC,
    ("M4.X2", "constant moved"): "no list of fewer than 24 people tells 79 of 80 %, or 101 of 100, apart",
    ("M1.X3", "evidence E1 to E0"): "equivalent: evidence does not apply to facts of the account",
    ("M1.X3", "evidence E1 to E2"): "equivalent: evidence does not apply to facts of the account",
}


def page_of(report: MutationReport) -> str:
    """Return the page."""
    left = len(report.survivors)
    lines = [
        "# Mutants of the handbook pack",
        "",
        f"{report.mutants} mutants, {report.killed} killed, {left} survive ({report.survived_pct:.1f} %).",
        "Each is one small mistake in a rule after which every case still holds.",
        "",
        "| rule | what | before | after | why it is left |",
        "|---|---|---|---|---|",
        *(row_of(survivor) for survivor in report.survivors),
    ]
    return "\n".join(lines) + "\n"


def row_of(survivor: Survivor) -> str:
    """Return the row of a survivor."""
    mutant = survivor.mutant
    cells = (mutant.rule, mutant.what, code(mutant.before), code(mutant.after), reason(survivor))
    return "| " + " | ".join(cells) + " |"


def code(text: str) -> str:
    """Return a condition as code in a cell of a table."""
    return "`" + text.replace("|", "\\|") + "`"


def reason(survivor: Survivor) -> str:
    """Return why a mutant is left."""
    mutant = survivor.mutant
    found = REASONS.get((mutant.rule, mutant.what))
    hint = "same on every case" if survivor.never_differed else "differs on a case that expects nothing of it"
    return found or f"open: {hint}"


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a stale page")
    check = parser.parse_args().check
    engine = kr.compile(kr.load_pack("handbook"))
    folder = locate_pack("handbook")[0].parent
    cases = [case for path in case_files(folder) for case in read_cases(path).cases]
    start = time.perf_counter()
    report = mutate(engine, cases)
    text = page_of(report)
    is_stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
    if not check:
        PAGE.write_text(text, encoding="utf-8")
    print(f"{report}, {len(cases)} cases, {time.perf_counter() - start:.0f} s")
    if check and is_stale:
        print(f"{PAGE.relative_to(ROOT)} is stale: run tools/mutants.py")
    return int((check and is_stale) or report.survived_pct > MOST_PCT)


if __name__ == "__main__":
    sys.exit(main())
