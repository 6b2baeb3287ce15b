"""Generated pages of the site that gather what lies elsewhere: glossary, examples, benchmarks.

A new example or benchmark comes up on its page by being there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import kamrules as kr
from kamrules.headings import HEADINGS
from kamrules.records import Deal, label_of
from kamrules.rules.schema import object_of, record_models

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
_LINK = re.compile(r"\]\((?:\.\./)+docs/(?:generated/)?")
_KINDS = {".py": "python", ".yaml": "yaml"}


def glossary_page() -> str:
    """Return words of the handbook in English and Chinese: desks, ideas, milestones, records and fields."""
    pack = kr.load_pack("handbook")
    lines = [
        "# Glossary · 术语表",
        "",
        "Made from the handbook pack and the records: the words of `--lang en` and `--lang zh`.",
        "",
        "## Words of the handbook · 手册用语",
        "",
        "| id | English | 中文 | meaning | 含义 |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {term.name.en} | {term.name.zh} | {term.meaning.en} | {term.meaning.zh} |"
        for name, term in pack.glossary.items()
    ]
    lines += ["", "## Words of a verdict · 结论用语", "", "| English | 中文 |", "|---|---|"]
    lines += [f"| {en} | {zh} |" for en, zh in HEADINGS.values() if "{" not in en]
    lines += ["", "## Milestones · 里程碑", "", "| id | English | 中文 |", "|---|---|---|"]
    lines += [f"| {name} | {spec.name.en} | {spec.name.zh} |" for name, spec in pack.milestones.items()]
    lines += ["", "## Fields · 字段", "", "| record | field | English | 中文 |", "|---|---|---|---|"]
    for record, model in record_models(Deal).items():
        for member in object_of(model).members:
            en, zh = (label_of(model, member.name, language) for language in ("en", "zh"))
            lines.append(f"| {record} | `{member.name}` | {en} | {zh} |")
    return "\n".join(lines) + "\n"


def benchmarks_page(generated: Path) -> str:
    """Return an index of the pages that benchmarks wrote, each with its title."""
    lines = [
        "# Benchmarks",
        "",
        "Each page is written by the program it names (`make bench`), with what it was run on.",
        "Ratios carry over to another machine; seconds do not.",
        "",
        "| page | by |",
        "|---|---|",
    ]
    for path in sorted(generated.glob("bench-*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        script = path.stem.removeprefix("bench-")
        lines.append(f"| [{title}]({path.name}) | `benchmarks/{script}.py` |")
    lines += [
        "",
        "Not measured here: hosted products, which cannot be run side by side, and other people's machines.",
    ]
    return "\n".join(lines) + "\n"


def examples_page() -> str:
    """Return every example with its page and its source."""
    parts = ["# Examples", "Whole programs and packs, from `examples/`. The tests run them."]
    for readme in sorted(EXAMPLES.rglob("README.md")):
        parts += _example(readme)
    return "\n\n".join(parts) + "\n"


def _example(readme: Path) -> Iterator[str]:
    yield below(readme.read_text("utf-8"))
    for path in sorted(readme.parent.iterdir()):
        if path.suffix in _KINDS and not path.name.endswith(".cases.yaml"):
            name = path.relative_to(ROOT).as_posix()
            yield f"`{name}`:\n\n```{_KINDS[path.suffix]}\n{path.read_text('utf-8').strip()}\n```"


def below(text: str) -> str:
    """Return a README as a part of a page in `docs/generated`: headings one level down, links from there."""
    return "\n".join(_demoted(_LINK.sub(lambda found: "](" if "generated/" in found[0] else "](../", text)))


def _demoted(text: str) -> Iterator[str]:
    """Yield the lines with each heading one level down; a `#` in a fence is no heading."""
    in_fence = False
    for line in text.strip().splitlines():
        in_fence ^= line.startswith("```")
        yield f"#{line}" if line.startswith("#") and not in_fence else line
