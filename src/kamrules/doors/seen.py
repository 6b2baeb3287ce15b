"""What an export looks like: its files, their columns, and the values that stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kamrules.errors import Fault, InputError
from kamrules.sheets.csvfile import CsvFile, open_csv
from kamrules.sheets.jsontable import open_json_table

# Our choice: a picklist has fewer, and dates and numbers of one form are told by far fewer.
MAX_VALUES = 1_000
_SEPARATORS = (",", ";", "\t", "|")
_SIGNS = re.compile(r"[\W_]+")


def plain(name: str) -> str:
    """Return a name without case, spaces and signs, to compare names people write in several ways."""
    return _SIGNS.sub("", name).casefold()


@dataclass(frozen=True, slots=True)
class Seen:
    """One file: `values` are the filled texts of each column, no more than `MAX_VALUES` of them."""

    file: CsvFile
    rows: int
    values: dict[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The name of the file in its folder."""
        return self.file.name

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return Path(self.name).stem

    def find(self, names: Iterable[str]) -> str | None:
        """Return the column that has the first of these names, exactly or but for case and signs."""
        by_plain = {plain(column): column for column in reversed(self.file.header)}
        for name in names:
            if name in self.file.header:
                return name
            if plain(name) in by_plain:
                return by_plain[plain(name)]
        return None

    def has_all(self, names: Iterable[str]) -> bool:
        """Whether every one of these columns is there, by its exact name."""
        return all(name in self.file.header for name in names)


def look(folder: Path) -> list[Seen]:
    """Read every CSV and JSON file of a folder once, or the one file given.

    Raises
    ------
    InputError
        I-*: with the faults of every file that cannot be read.
    """
    if not folder.exists():
        raise InputError(Fault("I-FILE", f"cannot read `{folder}`: no such file or folder"))
    paths = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    found: list[Seen] = []
    faults: list[Fault] = []
    for path in paths:
        if path.suffix.lower() not in {".csv", ".json"}:
            continue
        try:
            found.append(_seen(path))
        except InputError as problem:
            faults += problem.faults
    if faults:
        raise InputError(faults)
    if not found:
        raise InputError(Fault("I-FORMAT", f"`{folder}` holds no CSV and no JSON file"))
    return found


def _seen(path: Path) -> Seen:
    file = open_json_table(path) if path.suffix.lower() == ".json" else _opened_csv(path)
    values: dict[str, dict[str, None]] = {name: {} for name in file.header}
    rows = 0
    for line in file.lines():
        rows += 1
        if line.fault is not None:
            continue
        for name, cell in zip(file.header, line.cells, strict=True):
            text = cell.strip()
            if text and len(values[name]) < MAX_VALUES:
                values[name][text] = None
    return Seen(file, rows, {name: tuple(texts) for name, texts in values.items()})


def _opened_csv(path: Path) -> CsvFile:
    """Open a CSV file by the separator that gives the most columns; a comma if none gives two."""
    opened = [open_csv(path, delimiter=separator) for separator in _SEPARATORS if _reads(path, separator)]
    return max(opened, key=lambda file: len(file.header)) if opened else open_csv(path)


def _reads(path: Path, separator: str) -> bool:
    try:
        return len(open_csv(path, delimiter=separator).header) > 1
    except InputError:
        return False
