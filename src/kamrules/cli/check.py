"""`kamrules check PACK`: every fault of a pack, then what the checks say, at line and column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from kamrules import __version__
from kamrules.cli import FINDINGS
from kamrules.console import notes, results
from kamrules.engine import check_pack
from kamrules.formats import Findings, Form, written
from kamrules.rules.checks import Proofs, Report, known_checks, run_checks
from kamrules.rules.planning import plan_pack
from kamrules.source import visible
from kamrules.wholefile import text_file

Bar = Literal["error", "warning", "info", "never"]


def check(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,  # noqa: ARG001 - the contract of a command
    *,
    pack: Annotated[str, typer.Argument(metavar="PACK", help="A shipped pack, a pack file or its folder.")],
    form: Annotated[Form, typer.Option("--format", help="How to show what was found.")] = "text",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CHECK", help="Run this check only; may repeat.")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Ask the prover, too: some seconds, and kamrules\\[verify].")
    ] = False,
    show: Annotated[
        Literal["error", "warning", "info"],
        typer.Option("--show", help="Show remarks of this severity and worse."),
    ] = "warning",
    fail_on: Annotated[
        Bar, typer.Option("--fail-on", help="Exit with 1 on remarks this severe.")
    ] = "warning",
) -> None:
    """Check a pack: every fault with its place and a hint, then what the checks find in a sound one.

    Exits with 1 on a fault, and on remarks as severe as --fail-on says.
    """
    found, faults = check_pack(pack)
    report = (
        Report(()) if faults else run_checks(found, plan_pack(found), only=tuple(only or ()), prove=prove)
    )
    shown = replace(report, remarks=report.at_least(show))
    findings = Findings(found, __version__, faults, shown)
    text = written(findings, form, {code: summary_of(member) for code, member in known_checks().items()})
    if output is not None:
        with text_file(output) as stream:
            stream.write(text + "\n")
    elif text:
        results().out(visible(text), highlight=False)
    if form == "text" or output is not None:
        (results() if form == "text" and output is None else notes()).print(
            _closing(findings), soft_wrap=True
        )
    failing = () if fail_on == "never" else report.at_least(fail_on)
    if faults or failing:
        raise typer.Exit(FINDINGS)


def summary_of(member: object) -> str:
    """Return the first line of a check's page."""
    return next(iter((member.__doc__ or "").strip().splitlines()), "")


def _closing(findings: Findings) -> str:
    pack, count = findings.pack, len(findings.faults)
    name = f"{pack.id} {pack.version}"
    if count:
        return f"{name}: {count} fault{'' if count == 1 else 's'}"
    rules = len(pack.criteria) + len(pack.red_lines) + len(pack.findings)
    report = findings.report
    told = f"{len(report.remarks)} remarks" if report.remarks else "no faults"
    silent = f", {len(report.suppressed)} suppressed" if report.suppressed else ""
    skipped = f", {len(report.skipped)} skipped: --prove runs them" if report.skipped else ""
    closing = f"{name}: {told} in {rules} rules by {len(report.checked)} checks{silent}{skipped}"
    return "\n".join([closing, *_proved(report)])


def _proved(report: Report) -> list[str]:
    """Return the line on what the prover was asked, if it was."""
    if not report.proofs:
        return []
    total = sum(report.proofs.values(), Proofs())
    claims = total.holds + total.fails + total.undecided
    told = f"{total.holds} of {claims} claims proved, {total.fails} refuted, {total.undecided} not decided"
    return [f"proofs: {told}, in {total.seconds:.1f} s"]
