"""Make the generated pages, fill the generated blocks of hand-written pages, and run every example.

    python tools/build_docs.py           write what changed
    python tools/build_docs.py --check   write nothing; exit 1 if a page is stale or an example fails

Generated pages: docs/generated/*.md, and the JSON Schemas beside the packs. Blocks in README.md and the
hand-written pages below docs/: ```python fences run, top to bottom, in one namespace a page; ```yaml fences
that hold a whole pack must load; ```console fences hold `$ command` lines whose output is filled in, run in
the root of the repository, or where a page says `<!-- own folder -->` one after the other in an empty folder
that has `examples`; text between `<!-- include NAME -->` and `<!-- end NAME -->` is docs/generated/NAME.md
without its title.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from api_page import api_page
from ruamel.yaml import YAML
from site_pages import benchmarks_page, examples_page, glossary_page

import kamrules as kr
from kamrules.records import Deal
from kamrules.rules.checks import members, proves
from kamrules.rules.lang.ops import ARITHMETIC, FUNCTIONS
from kamrules.rules.lang.types import describe
from kamrules.rules.pack import MANIFEST
from kamrules.rules.schema import object_of, record_models
from kamrules.scaffold import schema_texts

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "docs" / "generated"
PAGES = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if GENERATED not in path.parents),
]
PACKS = [ROOT / "src" / "kamrules" / "packs" / "handbook", ROOT / "examples" / "packs" / "posthog"]
COMMANDS = (
    "assess",
    "explain",
    "path",
    "history",
    "backtest",
    "fit",
    "agenda",
    "draw",
    "gates",
    "forecast",
    "report",
    "form",
    "handbook",
    "check",
    "test",
    "diff",
    "certify",
    "verify",
    "schema",
    "new pack",
    "new criterion",
    "new check",
    "map init",
    "map check",
    "map events",
    "export",
    "table export",
    "table import",
)
OWN_FOLDER = "<!-- own folder -->"
_FENCE = re.compile(r"^```(python|console|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INCLUDE = re.compile(r"(<!-- include ([\w-]+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def criteria_page() -> str:
    """Tables of every criterion, red line, work rule and reaction of the handbook pack."""
    pack = kr.load_pack("handbook")
    lines = [
        "# The handbook pack",
        "",
        ", ".join(
            [
                f"Version {pack.version}: {len(pack.criteria)} criteria",
                f"{len(pack.red_lines)} red lines",
                f"{len(pack.findings)} work rules",
                f"{len(pack.params)} parameters.",
            ]
        ),
    ]
    for milestone, spec in pack.milestones.items():
        lines += ["", f"## {milestone} {spec.name.en} · {spec.name.zh}", ""]
        lines += [
            "| id | side | kind | criterion | 标准 | evidence | slides |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, criterion in pack.criteria.items():
            owner, side = criterion.gate.split(".")
            if owner == milestone:
                kind = criterion.kind + (", derived" if criterion.derived else "")
                slides = ", ".join(f"p{slide}" for slide in criterion.source.slide or [])
                lines.append(
                    f"| {name} | {side} | {kind} | {criterion.name.en} | {criterion.name.zh} "
                    f"| {criterion.min_evidence or ''} | {slides} |"
                )
    lines += [
        "",
        "## Red lines (not legal advice)",
        "",
        "| id | severity | red line | lawful alternative |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {line.severity} | {line.name.en} · {line.name.zh} | {line.lawful_alternative.en} |"
        for name, line in pack.red_lines.items()
    ]
    lines += ["", "## Work rules", "", "| id | rule | 规则 |", "|---|---|---|"]
    lines += [f"| {name} | {rule.name.en} | {rule.name.zh} |" for name, rule in pack.findings.items()]
    lines += ["", "## Cadences", "", "| id | every | rule | cadence | 定期工作 |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {one.every} | {one.rule or ''} | {one.name.en} | {one.name.zh} |"
        for name, one in pack.cadences.items()
    ]
    lines += ["", "## Deadlines", "", "| id | law | deadline | 期限 |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {'; '.join(basis.law for basis in one.basis)} | {one.name.en} | {one.name.zh} |"
        for name, one in pack.deadlines.items()
    ]
    lines += ["", "## Reactions", "", "| id | when | 何时 | what | who |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {spec.name.en} | {spec.name.zh} | {spec.do} | {spec.to or ''} |"
        for name, spec in pack.reactions.items()
    ]
    lines += ["", "## Parameters", "", "| name | value | alternatives | meaning |", "|---|---|---|---|"]
    for name, param in pack.params.items():
        others = ", ".join(str(other.value) for other in param.alternatives)
        lines.append(f"| {name} | {param.value} | {others} | {param.title.en} · {param.title.zh} |")
    return "\n".join(lines) + "\n"


def records_page() -> str:
    """Tables of every record and field."""
    lines = ["# Records", "", "Every field may be missing; a missing field is unknown.", ""]
    for name, model in record_models(Deal).items():
        kind = object_of(model)
        doc = (model.__doc__ or "").strip().splitlines()[0]
        lines += [
            f"## {name}",
            "",
            doc,
            "",
            "| field | title | 名称 | type | evidence applies |",
            "|---|---|---|---|---|",
        ]
        for member in kind.members:
            info = model.model_fields[member.name]
            extra = info.json_schema_extra
            zh = extra.get("title_zh", "") if isinstance(extra, dict) else ""
            claim = "yes" if member.claim else ""
            lines.append(f"| `{member.name}` | {info.title} | {zh} | {describe(member.type)} | {claim} |")
        lines.append("")
    return "\n".join(lines)


def operators_page() -> str:
    """Tables of the operators and functions of the language."""
    lines = [
        "# Operators and functions",
        "",
        "| operator | left | right | gives | meaning |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row.symbol}` | {row.left} | {row.right} | {row.result} | {row.doc} |" for row in ARITHMETIC
    ]
    lines += ["", "| function | takes | gives | meaning |", "|---|---|---|---|"]
    lines += [
        f"| `{row.name}` | {', '.join(row.params)} | {row.result} | {row.doc} |" for row in FUNCTIONS.values()
    ]
    return "\n".join(lines) + "\n"


def checks_page() -> str:
    """Return a section for each check: its docstring, and what its cases plant."""
    yaml = YAML(typ="safe")
    lines = [
        "# Checks",
        "",
        "What `kamrules check` finds in a pack that loads without a fault, from each check's docstring and",
        "cases; those that prove run with `--prove`. `suppress` in the pack silences a remark, with a reason",
        "([packs](../packs.md)).",
    ]
    for code, member in members().items():
        summary, _, body = (member.__doc__ or "").strip().partition("\n")
        cases = yaml.load((ROOT / "tests" / "checks" / f"{code}.yaml").read_text(encoding="utf-8"))
        found = "; ".join(case["name"] for case in cases if case["at"])
        silent = "; ".join(case["name"] for case in cases if not case["at"])
        word = f"{member.SEVERITY}, proves" if proves(member) else member.SEVERITY
        lines += ["", f"## {code}", "", f"*{word}* · {summary}", "", body.strip(), ""]
        lines += [f"- Found: {found}.", f"- Not found: {silent}."]
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """Return the help of every command."""
    lines = ["# Command line", ""]
    for command in COMMANDS:
        lines += [
            f"## kamrules {command}",
            "",
            "```text",
            run(f"kamrules {command} --help").strip(),
            "```",
            "",
        ]
    return "\n".join(lines)


def run(command: str, place: Path = ROOT) -> str:
    """Return what a command prints, in the repository root, without colour and 110 columns wide."""
    folder = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "110"}
    env |= {"TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, shell=True, cwd=place, env=env, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode not in {0, 1}:
        message = f"`{command}` exited {done.returncode}: {done.stderr}"
        raise RuntimeError(message)
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


def check_pack_file(text: str) -> None:
    """Raise if a whole pack shown on a page has faults; parts of packs are not checked."""
    if "\nkamrules: 1" not in text:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(text, encoding="utf-8")
        kr.load_pack(path)


def fill(page: Path, generated: dict[Path, str]) -> str:
    """Return the page with its console output and included blocks made anew; run its Python examples."""
    text = page.read_text(encoding="utf-8")
    if OWN_FOLDER not in text:
        return filled(text, page.name, generated, ROOT)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        return filled(text, page.name, generated, Path(folder))


def filled(text: str, name: str, generated: dict[Path, str], place: Path) -> str:
    """Return the text of a page, its commands run at a place."""
    namespace: dict[str, object] = {"__name__": "example"}

    def fence(match: re.Match[str]) -> str:
        kind, body = match.groups()
        if kind == "yaml":
            check_pack_file(body)
            return match.group(0)
        if kind == "python":
            exec(compile(body, f"{name} example", "exec"), namespace)
            return match.group(0)
        parts = [
            f"$ {line[2:]}\n{run(line[2:], place)}" for line in body.splitlines() if line.startswith("$ ")
        ]
        return "```console\n" + "\n".join(part.rstrip() for part in parts) + "\n```"

    def include(match: re.Match[str]) -> str:
        path = GENERATED / f"{match.group(2)}.md"
        source = generated.get(path) or (path.read_text(encoding="utf-8") if path.exists() else "")
        body = "\n".join(line for line in source.splitlines() if not line.startswith("# ")).strip()
        return f"{match.group(1)}\n{body}\n\n{match.group(3)}"

    return _INCLUDE.sub(include, _FENCE.sub(fence, text))


def build() -> Iterator[tuple[Path, str]]:
    """Yield every page with the text it should have."""
    generated = {
        GENERATED / "handbook.md": criteria_page(),
        GENERATED / "records.md": records_page(),
        GENERATED / "operators.md": operators_page(),
        GENERATED / "cli.md": cli_page(),
        GENERATED / "checks.md": checks_page(),
        GENERATED / "api.md": api_page(),
        GENERATED / "glossary.md": glossary_page(),
        GENERATED / "benchmarks.md": benchmarks_page(GENERATED),
        GENERATED / "examples.md": examples_page(),
    }
    yield from generated.items()
    for folder in PACKS:
        yield from schema_texts(folder / MANIFEST).items()
    for page in PAGES:
        yield page, fill(page, generated)


def main() -> int:
    """Write or check all pages; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a stale page or example")
    check = parser.parse_args().check
    os.chdir(ROOT)
    stale = []
    try:
        for path, text in build():
            old = path.read_text(encoding="utf-8") if path.exists() else ""
            if old == text:
                continue
            stale.append(path)
            if check:
                name = str(path.relative_to(ROOT))
                sys.stdout.writelines(
                    difflib.unified_diff(
                        old.splitlines(True), text.splitlines(True), name, name + " (made anew)", n=1
                    )
                )
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    except Exception:  # noqa: BLE001 - an example may fail in any way; show it
        traceback.print_exc()
        return 1
    print(f"{len(stale)} page(s) {'stale' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
