"""Say for every id of the handbook digest where the pack has it, or why no rule decides it.

    python tools/handbook_coverage.py           write docs/generated/coverage.md
    python tools/handbook_coverage.py --check   write nothing; exit 1 on an id without a place or a stale page

The ids come from ../shared/HANDBOOK.md; where that folder is absent, from the page itself, so that a change
of the pack still shows. An id is placed when it is an id of the pack, stands in some `covers` or `source.id`,
or is a heading of which every member is placed (M6.T3 for M6.T3a to M6.T3e).
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import kamrules as kr
from kamrules.rules.pack import Pack

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT.parent / "shared" / "HANDBOOK.md"
PAGE = ROOT / "docs" / "generated" / "coverage.md"

# Milestone rows, numbered families, and contradictions; `M4.E*` and `C139` are no ids.
_ID = re.compile(
    r"\bM\d+\.(?:F\b|[A-Z]\d+(?:\.\d+)?[a-z]?\b)|\b(?:TI|RM|NG)\.\d+\b|\bBS\.\d+\.\d+\b|\bRL-\d\d\b|\bC\d{1,2}\b"
)
_FIRST_COLUMN = re.compile(r"^\| *([A-Z]{1,3}\d*[.-][A-Za-z0-9.]+) *\|", re.MULTILINE)
_RANGE = re.compile(r"–(?:[A-Z]+\d*[.-])?[A-Z]?(\d+)\b")
_TAIL = re.compile(r"/([A-Z]?\d+(?:\.\d+)?)(?![\w.]*[A-Z])")
_FAMILIES = ("TI", "M", "RM", "BS", "NG", "RL", "C")
_SECTIONS = (
    "criteria", "red_lines", "findings", "cadences", "deadlines", "tables", "forms", "plays", "tactics",
    "glossary", "params",
)  # fmt: skip


def ids_of(text: str) -> list[str]:
    """Return every id in a digest of the handbook, ranges and `/` lists written out, in natural order."""
    found = set(_FIRST_COLUMN.findall(text))
    for match in _ID.finditer(text):
        found.add(match.group())
        found.update(_written_out(match.group(), text[match.end() : match.end() + 40]))
    return sorted(found, key=_natural)


def _written_out(name: str, after: str) -> Iterator[str]:
    """Yield what `–X4` or `/T4/T5` behind an id adds to it."""
    if match := _RANGE.match(after):
        stem, first = _stem(name)
        for number in range(int(first) + 1, int(match.group(1)) + 1):
            yield f"{stem}{number:0{len(first)}d}"
    while match := _TAIL.match(after):
        tail = match.group(1)
        if tail[0].isalpha() or "." in tail:
            yield name[: name.index(".") + 1] + tail
        else:
            yield _stem(name)[0] + tail
        after = after[match.end() :]


def _stem(name: str) -> tuple[str, str]:
    number = re.search(r"\d+$", name)
    return (name[: number.start()], number.group()) if number else (name, "0")


def _natural(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    family = re.match(r"[A-Z]+", name)
    known = family is not None and family.group() in _FAMILIES
    parts = re.findall(r"\d+|[A-Za-z]+", name)
    rank = _FAMILIES.index(family.group()) if family is not None and known else len(_FAMILIES)
    return rank, [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def parts_of(pack: Pack) -> Iterator[tuple[str, str, Any]]:
    """Yield every part of the pack that may name a row of the handbook: section, id, part."""
    for section in _SECTIONS:
        for name, part in getattr(pack, section).items():
            yield section, name, part
    for table in pack.tables.values():
        for name, row in table.rows.items():
            yield "tables", name, row
    for card in pack.scorecards.values():
        for name, entry in card.entries.items():
            yield "scorecards", name, entry


def places_of(pack: Pack) -> dict[str, list[str]]:
    """Return for each id where the pack has it, as `section id`."""
    found: dict[str, list[str]] = {}
    for section, name, part in parts_of(pack):
        source = part.source.id if part.source is not None else None
        for row in (name, *getattr(part, "covers", []), source):
            where = f"{_WORDS[section]} `{name}`"
            if row is not None and where not in found.setdefault(row, []):
                found[row].append(where)
    return found


_WORDS = {
    "criteria": "criterion",
    "red_lines": "red line",
    "findings": "work rule",
    "cadences": "cadence",
    "deadlines": "deadline",
    "tables": "tier table",
    "forms": "form",
    "plays": "play",
    "tactics": "tactic",
    "glossary": "glossary",
    "params": "parameter",
    "scorecards": "health",
}


def coverage(names: Iterable[str], pack: Pack) -> dict[str, str]:
    """Return for each id its places or the reason why it is not executable; empty where there is neither."""
    names = list(names)
    places = places_of(pack)
    reasons = {name: f"not executable: {item.why.en}" for name, item in pack.not_executable.items()}
    cells = {name: ", ".join(places.get(name, [])) or reasons.get(name, "") for name in names}
    for name in names:
        members = [other for other in names if re.fullmatch(re.escape(name) + r"(\.\d+)?[a-z]?", other)]
        others = [other for other in members if other != name]
        if not cells[name] and others and all(cells[other] for other in others):
            cells[name] = "heading of " + ", ".join(others)
    return cells


def problems(cells: Mapping[str, str], pack: Pack) -> list[str]:
    """Return what is wrong: ids without a place, and reasons or `covers` for ids there are not."""
    places = places_of(pack)
    found = [f"{name} has no place in the pack and no reason" for name, cell in cells.items() if not cell]
    for name in pack.not_executable:
        if name not in cells:
            found.append(f"not_executable `{name}` is no id of the handbook")
        elif name in places:
            found.append(f"not_executable `{name}` is in the pack as well: {', '.join(places[name])}")
    for section, name, part in parts_of(pack):
        strays = [other for other in getattr(part, "covers", []) if other not in cells]
        found += [f"{section} `{name}` covers `{other}`, no id of the handbook" for other in strays]
    return found


def page_of(cells: Mapping[str, str]) -> str:
    """Return the coverage page."""
    apart = sum(cell.startswith("not executable") for cell in cells.values())
    lines = [
        "# Coverage of the handbook",
        "",
        f"{len(cells)} ids: {len(cells) - apart} in the pack, {apart} that no rule decides, with the reason.",
        "",
        "| id | where |",
        "|---|---|",
        *(f"| {name} | {cell or 'missing'} |" for name, cell in cells.items()),
    ]
    return "\n".join(lines) + "\n"


def names_of_page(text: str) -> list[str]:
    """Return the ids that the page lists."""
    return re.findall(r"^\| ([A-Z][\w.-]*) \|", text, re.MULTILINE)


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a hole or a stale page")
    check = parser.parse_args().check
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    names = ids_of(HANDBOOK.read_text(encoding="utf-8")) if HANDBOOK.is_file() else names_of_page(old)
    pack = kr.load_pack("handbook")
    cells = coverage(names, pack)
    wrong = problems(cells, pack)
    text = page_of(cells)
    if check and text != old:
        wrong.append(f"{PAGE.relative_to(ROOT)} is stale: run tools/handbook_coverage.py")
    if not check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
    print(*wrong, f"{len(cells)} ids, {len(wrong)} problem(s)", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
