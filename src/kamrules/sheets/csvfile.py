"""One CSV file: a header, then rows with their spreadsheet row number; what is wrong with a row is data.

Promises: bounded memory for a line, a cell and a row; a byte order mark, CRLF and quoted line breaks are
read; a row that is ragged or not UTF-8 yields a `Line` with a fault and never ends the file. What makes
the rest of a file unreadable (an unclosed quote) raises `InputError`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from kamrules.errors import Fault, InputError

# Our choice: larger than any CRM export seen, small enough that a wrong file fails at once.
MAX_LINE_BYTES = 4_000_000
MAX_COLUMNS = 2_000
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}

# A spreadsheet runs a cell that starts with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(cell: str) -> str:
    """Return a text as a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


@dataclass(frozen=True, slots=True)
class Line:
    """One row: `row` counts as a spreadsheet does, the header being 1; `fault` says why it is unusable."""

    row: int
    cells: tuple[str, ...]
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file whose header was read and found sound."""

    path: Path
    name: str
    header: tuple[str, ...]
    delimiter: str = ","
    fixes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    only: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def with_only(self, only: Mapping[int, frozenset[str]]) -> CsvFile:
        """Return the file without the rows whose cell in a column is none of the texts, by casefold."""
        return replace(self, only=only)

    def with_fixes(self, fixes: Mapping[int, Mapping[str, str]]) -> CsvFile:
        """Return the file with known wrong cells corrected as its rows are read, by column and text."""
        return replace(self, fixes=fixes)

    def lines(self) -> Iterator[Line]:
        """Yield every row that has a filled cell, in file order.

        Raises
        ------
        InputError
            I-CSV or I-SIZE when the rest of the file cannot be told apart into rows.
        """
        for row, cells, is_clean in self._filled():
            if self._left_out_by(cells) is not None:
                continue
            for index, table in self.fixes.items():
                if index < len(cells):
                    cells[index] = table.get(cells[index].strip(), cells[index])
            yield Line(row, tuple(cells), self._fault(row, cells, is_clean=is_clean))

    def left_out(self) -> Counter[str]:
        """Return how many rows `only` leaves out, by the column that does."""
        found = (self._left_out_by(cells) for _, cells, _ in self._filled()) if self.only else ()
        return Counter(self.header[index] for index in found if index is not None)

    def raw_rows(self) -> Iterator[tuple[int, list[str], bool]]:
        """Yield every row with its number and whether it is clean text, the header being row 1."""
        return _rows(self.path, self.name, self.delimiter)

    def _filled(self) -> Iterator[tuple[int, list[str], bool]]:
        for row, cells, is_clean in self.raw_rows():
            if row > 1 and any(cell.strip() for cell in cells):
                yield row, cells, is_clean

    def _left_out_by(self, cells: list[str]) -> int | None:
        for index, texts in self.only.items():
            if index < len(cells) and cells[index].strip().casefold() not in texts:
                return index
        return None

    def _fault(self, row: int, cells: list[str], *, is_clean: bool) -> Fault | None:
        where = row_place(self.name, row)
        if not is_clean:
            return Fault(
                "R-UTF8", "the row has bytes that are not UTF-8", where=where, hint="save the file as UTF-8"
            )
        if len(cells) != len(self.header):
            message = f"{len(cells)} cells given, {len(self.header)} expected as in the header"
            return Fault("R-RAGGED", message, where=where, hint="quote cells that hold a comma")
        if any("\0" in cell for cell in cells):
            return Fault("R-NUL", "the row has a NUL character", where=where)
        return None


def row_place(name: str, row: int, column: str = "") -> str:
    """Return how a place in a CSV file is shown, such as `deals.csv row 7, column est_value`."""
    return f"{name} row {row}, column {column}" if column else f"{name} row {row}"


def open_csv(path: Path, *, name: str = "", delimiter: str = ",") -> CsvFile:
    """Read the header of a CSV file.

    Raises
    ------
    InputError
        With every fault of the header: unreadable, empty, not UTF-8, unnamed or repeated columns.
    """
    name = name or path.name
    for _, header, is_clean in _rows(path, name, delimiter):
        names = tuple(cell.strip() for cell in header)
        if faults := list(_header_faults(name, names, is_clean=is_clean)):
            raise InputError(faults)
        return CsvFile(path, name, names, delimiter)
    raise InputError(Fault("I-EMPTY", "the file is empty, a header row is expected", where=name))


def _header_faults(name: str, names: tuple[str, ...], *, is_clean: bool) -> Iterator[Fault]:
    where = row_place(name, 1)
    if not is_clean or any("\0" in column for column in names):
        yield Fault("I-UTF8", "the header is not UTF-8 text", where=where, hint="save the file as UTF-8")
        return
    if not any(names):
        yield Fault("I-EMPTY", "the header row is blank, column names are expected", where=where)
        return
    if len(names) > MAX_COLUMNS:
        yield Fault("I-SIZE", f"{len(names)} columns given, at most {MAX_COLUMNS} are read", where=where)
        return
    seen: set[str] = set()
    for number, column in enumerate(names, start=1):
        if not column:
            yield Fault("I-COLUMN", f"column {number} has no name", where=where, hint="name or delete it")
        elif column in seen:
            yield Fault("I-COLUMN", f"column `{column}` appears twice", where=where, hint="keep one of them")
        seen.add(column)


def separator_hint(header: tuple[str, ...]) -> str:
    """Return a hint when a header of one column looks as if another separator was meant."""
    if len(header) == 1:
        for separator, words in _SEPARATORS.items():
            if separator in header[0]:
                return f"the file seems to be separated by {words}, save it with commas"
    return ""


class _Decoder:
    """Lines of a binary file as text; `is_clean` tells whether all since the last `take` were UTF-8."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file = file
        self.name = name
        self.is_clean = True
        self.number = 0

    def __iter__(self) -> _Decoder:
        return self

    def __next__(self) -> str:
        raw = self.file.readline(MAX_LINE_BYTES + 1)
        if not raw:
            raise StopIteration
        self.number += 1
        if len(raw) > MAX_LINE_BYTES:
            message = f"line {self.number} is longer than {MAX_LINE_BYTES} bytes"
            raise InputError(Fault("I-SIZE", message, where=self.name, hint="is this a CSV file?"))
        if self.number == 1:
            if raw.startswith(_WIDE_MARKS):
                raise InputError(
                    Fault("I-UTF8", "the file is UTF-16", where=self.name, hint="save the file as UTF-8")
                )
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.is_clean = False
            return raw.decode("utf-8", errors="replace")

    def take(self) -> bool:
        """Return whether the lines read since the last call were clean, and start over."""
        was, self.is_clean = self.is_clean, True
        return was


def _rows(path: Path, name: str, delimiter: str) -> Iterator[tuple[int, list[str], bool]]:
    try:
        file = path.open("rb")
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise InputError(Fault("I-FILE", f"cannot read the file: {reason}", where=name)) from None
    with file:
        decoder = _Decoder(file, name)
        reader = csv.reader(decoder, delimiter=delimiter, strict=True)
        row = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                raise InputError(_broken(name, row + 1, str(problem))) from None
            except OSError as problem:
                reason = (problem.strerror or "cannot be read").lower()
                raise InputError(Fault("I-FILE", f"cannot read the file: {reason}", where=name)) from None
            row += 1
            yield row, cells, decoder.take()


def _broken(name: str, row: int, reason: str) -> Fault:
    where = row_place(name, row)
    if "field larger" in reason:
        message = f"a cell is longer than {csv.field_size_limit()} characters"
        return Fault("I-CSV", message, where=where, hint="is a quote not closed?")
    if "end of data" in reason:
        return Fault(
            "I-CSV",
            "a quoted cell does not end",
            where=where,
            hint='close the quote, write `""` for a quote inside',
        )
    if "new-line" in reason:
        return Fault(
            "I-CSV", "a lone carriage return ends a line", where=where, hint="save with LF or CRLF line ends"
        )
    hint = 'quote the whole cell and write `""` for a quote inside'
    return Fault(
        "I-CSV",
        "a quote stands inside a cell" if "expected after" in reason else reason,
        where=where,
        hint=hint,
    )
