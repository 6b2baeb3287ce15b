"""A decision table as a sheet of a workbook (.xlsx): the same grid as in DMN, for people who work in Excel.

Rows 1 to 5 hold id, title, hit policy, outputs and default; row 7 the inputs, row 8 their language, then one
rule a row. All cells are texts: none is written as a formula, and a formula is refused on reading.
"""

from __future__ import annotations

import zipfile
from itertools import islice
from pathlib import Path
from typing import Any, cast

from kamrules.decisions.grid import HITS, Column, Grid, Hit, Rule
from kamrules.errors import Fault, InputError, MissingExtraError
from kamrules.wholefile import bytes_file

try:
    from openpyxl import Workbook, load_workbook
    from openpyxl.utils.exceptions import IllegalCharacterError
except ImportError:
    raise MissingExtraError(
        Fault("A-EXTRA", "openpyxl is not installed", hint='pip install "kamrules[excel]"')
    ) from None

# Our choice: tables of people are far smaller, and a zip file may unpack to much more than its size.
MAX_BYTES = 10_000_000
MAX_UNPACKED = 100_000_000
MAX_ROWS = 5_000
MAX_COLUMNS = 500
_HEAD = ("table", "title", "hit", "outputs", "default")
_INPUTS, _LANGUAGE, _FIRST = 7, 8, 9
_OUTPUT = "then"
_NOTES = ("row", "name_en", "name_zh", "min_evidence")
_FEEL, _PACK = "FEEL", "pack"
_REFUSED = {"f": "a formula", "e": "an error"}


def write_workbook(path: Path, grid: Grid) -> None:
    """Write a table to a workbook; the notes stand on a second sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = "table"
    head: dict[str, list[str]] = {
        "table": [grid.id],
        "title": [grid.title],
        "hit": [grid.hit],
        "outputs": list(grid.outputs),
        "default": [grid.default] if grid.default is not None else [],
    }
    for number, name in enumerate(_HEAD, start=1):
        _put(sheet, number, [name, *head[name]])
    _put(sheet, _INPUTS, ["rule", *(column.expression for column in grid.columns), _OUTPUT, *_NOTES])
    _put(sheet, _LANGUAGE, ["language", *(_FEEL if column.is_feel else _PACK for column in grid.columns)])
    for number, rule in enumerate(grid.rules, start=_FIRST):
        notes = [rule.notes.get(name, "") for name in _NOTES]
        _put(sheet, number, [rule.id, *rule.cells, rule.output, *notes])
    lost = book.create_sheet("not carried")
    for number, note in enumerate(grid.notes, start=1):
        _put(lost, number, [note])
    with bytes_file(path) as stream:
        book.save(stream)


def _put(sheet: Any, row: int, texts: list[str]) -> None:
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(row, column)
        try:
            cell.value = text
        except IllegalCharacterError:
            cell.value = "".join(one if one.isprintable() else "\ufffd" for one in text)
        cell.data_type = "s"  # else a text that begins with `=` would be a formula


def read_workbook(path: Path) -> Grid:
    """Read a table from the first sheet of a workbook.

    Raises
    ------
    InputError
        I-FILE, I-SIZE, I-XLSX; I-TABLE with every cell that is not as it should be.
    """
    rows, faults = _rows(path)
    head = {row[0]: [text for text in row[1:] if text] for row in rows[: len(_HEAD)] if row}
    columns = rows[_INPUTS - 1] if len(rows) >= _INPUTS else []
    if _OUTPUT not in columns or "table" not in head or "hit" not in head:
        message = (
            f"rows 1 to 5 with {', '.join(_HEAD)} and row {_INPUTS} with the inputs and `{_OUTPUT}` expected"
        )
        raise InputError([*faults, Fault("I-TABLE", message, where=path.name)])
    hit = next(iter(head["hit"]), "")
    if hit not in HITS:
        message = f"hit policy `{hit}` has no counterpart, {', '.join(HITS)} expected"
        faults.append(Fault("I-TABLE", message, where=f"{path.name} row 3"))
    end = columns.index(_OUTPUT)
    languages = rows[_LANGUAGE - 1] if len(rows) >= _LANGUAGE else []
    inputs = tuple(
        Column(name, (languages[place] if place < len(languages) else _FEEL) != _PACK)
        for place, name in enumerate(columns[1:end], start=1)
    )
    rules = tuple(_rule(row, columns, end) for row in rows[_FIRST - 1 :] if any(row))
    if faults:
        raise InputError(faults)
    default = next(iter(head.get("default", [])), None)
    name = next(iter(head["table"]), "")
    title = next(iter(head.get("title", [])), name)
    return Grid(name, title, cast("Hit", hit), inputs, rules, tuple(head.get("outputs", [])), default)


def _rule(row: list[str], columns: list[str], end: int) -> Rule:
    cells = [*row, *[""] * len(columns)]
    notes = {name: cells[place] for place, name in enumerate(columns) if name in _NOTES and place > end}
    inputs = tuple(cell or "-" for cell in cells[1:end])
    return Rule(cells[0], inputs, cells[end], {name: text for name, text in notes.items() if text})


def _rows(path: Path) -> tuple[list[list[str]], list[Fault]]:
    """Return the texts of the first sheet, and a fault for each cell that is a formula or an error."""
    _check_archive(path)
    try:
        book = load_workbook(path, read_only=True, keep_links=False)
        cells = [list(row) for row in islice(book.worksheets[0].iter_rows(max_col=MAX_COLUMNS), MAX_ROWS)]
    except Exception:  # noqa: BLE001 - the library lets out what its parsers raise
        raise InputError(Fault("I-XLSX", "not a workbook that can be read", where=path.name)) from None
    if len(cells) >= MAX_ROWS:
        raise InputError(Fault("I-SIZE", f"fewer than {MAX_ROWS} rows are read", where=path.name))
    faults = [
        Fault(
            "I-TABLE",
            f"{_REFUSED[cell.data_type]} in a cell, a text expected",
            where=f"{path.name} row {row}",
        )
        for row, line in enumerate(cells, start=1)
        for cell in line
        if cell.data_type in _REFUSED
    ]
    return [_texts(line) for line in cells], faults


def _refused(kind: str, where: str) -> Fault:
    return Fault("I-TABLE", f"{_REFUSED[kind]} in a cell, a text expected", where=where)


def _texts(line: list[Any]) -> list[str]:
    texts = [_shown(cell.value) for cell in line]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _shown(value: Any) -> str:
    """Return a cell as text; Excel makes numbers and truths of what people type."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _check_archive(path: Path) -> None:
    """Refuse a file that is too large, unpacks to too much, or has a document type in one of its parts."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(Fault("I-SIZE", f"at most {MAX_BYTES} bytes are read", where=path.name))
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise InputError(
                    Fault("I-SIZE", f"unpacks to more than {MAX_UNPACKED} bytes", where=path.name)
                )
            for part in archive.infolist():
                if b"<!DOCTYPE" in archive.read(part) or b"<!ENTITY" in archive.read(part):
                    message = f"`{part.filename}` has a document type, which may hold entities"
                    raise InputError(Fault("I-XLSX", message, where=path.name))
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read `{path}`: {reason}")) from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        raise InputError(
            Fault("I-XLSX", "not a workbook: no zip file that can be read", where=path.name)
        ) from None
