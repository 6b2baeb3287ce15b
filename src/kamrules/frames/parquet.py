"""Parquet files in and out, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from kamrules.errors import Fault, InputError, MissingExtraError
from kamrules.rules.pack import Pack
from kamrules.wholefile import bytes_file

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise MissingExtraError(
        Fault("X-FRAME", "Parquet needs PyArrow", hint="install `kamrules[frame]`")
    ) from error

Kind = Literal["text", "bool", "int", "float"]
_KINDS = {"text": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
_MAGIC = b"PAR1"
_AT_ONCE = 100_000
_SAMPLE = 2_000  # rows by which the size of a row is told; our choice: a few MB even of wide rows
_BUFFER = 1 << 20  # bytes of a column read at a time, so that a large row group is not read at once
_GROUP = 10_000  # rows kept before they are written as one row group; our choice: some 5 MB of the wide table


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file that is read; `schema` has plain texts where the file has dictionaries."""

    path: Path
    file: Any
    schema: Any

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        found: list[str] = self.schema.names
        return found

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        found: int = self.file.metadata.num_rows
        return found

    def empty(self) -> Any:
        """Return a table with every column and no row."""
        return self.schema.empty_table()

    def schema_of(self, columns: list[str]) -> Any:
        """Return the schema of some columns."""
        return pa.schema([self.schema.field(name) for name in columns])

    def batches(self, columns: list[str], rows: int) -> Iterator[Any]:
        """Yield the rows of some columns, up to `rows` at a time, in the order of the file."""
        schema = self.schema_of(columns)
        with reading(self.path):
            for batch in self.file.iter_batches(rows, columns=columns):
                # A column `a.b` would come along with a column `a`.
                yield batch.select(columns).cast(schema)

    def table(self, columns: list[str]) -> Any:
        """Return all rows of some columns."""
        return pa.Table.from_batches(self.batches(columns, _AT_ONCE), self.schema_of(columns))

    def bytes_of_row(self, columns: list[str]) -> float:
        """Return about how many bytes a row takes in memory.

        The file's own numbers are not enough: they count a repeated text once.
        """
        metadata = self.file.metadata
        groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
        known = tuple({*columns, *(f"{name}." for name in columns)})
        coded = sum(
            chunk.total_uncompressed_size
            for group in groups
            for chunk in map(group.column, range(group.num_columns))
            if chunk.path_in_schema.startswith(known)
        )
        sizes = [coded / max(self.rows, 1)]
        with reading(self.path):
            for place in {0, len(groups) - 1} if groups else ():
                found = self.file.iter_batches(_SAMPLE, row_groups=[place], columns=columns)
                sizes += [batch.cast(self.schema_of(columns)).nbytes / len(batch) for batch in _first(found)]
        most: float = max(1.0, *sizes)
        return most


def _first(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        if len(batch):
            yield batch
        return


def open_parquet(path: Path) -> ParquetSource:
    """Open a Parquet file.

    Raises
    ------
    InputError
        It is none, is cut short, or names a column twice (I-FORMAT), or cannot be read (I-FILE).
    """
    if path.is_dir():
        hint = "write it as one file"
        raise InputError(Fault("I-FORMAT", f"`{path}` is a folder, a Parquet file is expected", hint=hint))
    with reading(path):
        with path.open("rb") as stream:
            head = stream.read(len(_MAGIC))
            stream.seek(-min(len(_MAGIC), stream.seek(0, 2)), 2)
            tail = stream.read()
        if head != _MAGIC:
            raise InputError(Fault("I-FORMAT", f"`{path}` is no Parquet file"))
        if tail != _MAGIC:
            hint = "write or copy it again"
            raise InputError(Fault("I-FORMAT", f"`{path}` is cut short: its end is missing", hint=hint))
        file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
        names = file.schema_arrow.names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            file.close()
            raise InputError([Fault("I-FORMAT", f"`{path}` has two columns `{name}`") for name in twice])
        schema = pa.schema([pa.field(one.name, _plain(one.type)) for one in file.schema_arrow])
    return ParquetSource(path, file, schema)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what PyArrow says of a file that cannot be read into a fault of it."""
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        text = getattr(problem, "strerror", None) or next(iter(str(problem).splitlines()), "")
        reason = f"{text[:1].lower()}{text[1:]}".rstrip(".")
        raise InputError(Fault("I-FILE", f"cannot read `{path}`: {reason}")) from None


def _plain(kind: Any) -> Any:
    """Return the type that holds the same values without a dictionary or a view, which cannot be cut."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(one.name, _plain(one.type)) for one in kind])
    if pa.types.is_list(kind) or pa.types.is_list_view(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_large_list(kind) or pa.types.is_large_list_view(kind):
        return pa.large_list(_plain(kind.value_type))
    return pa.large_string() if kind == pa.string_view() else kind


@dataclass
class Sheet:
    """A Parquet file that is written, row group after row group."""

    writer: Any
    schema: Any
    _rows: list[Mapping[str, Any]] = field(default_factory=list)

    def add_table(self, table: Any) -> None:
        """Write the rows of a table that has the sheet's columns, as row groups of their own."""
        self.writer.write_table(table.select(self.schema.names).cast(self.schema))

    def add_row(self, row: Mapping[str, Any]) -> None:
        """Write a row, sooner or later."""
        self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._rows:
            self.writer.write_table(pa.Table.from_pylist(self._rows, self.schema))
            self._rows.clear()


@contextmanager
def parquet_sheet(path: Path, columns: Mapping[str, Kind], about: Mapping[str, str]) -> Iterator[Sheet]:
    """Write a Parquet file of these columns, with `about` in its metadata; it appears whole or not at all."""
    schema = pa.schema([(name, _KINDS[kind]) for name, kind in columns.items()], metadata=dict(about))
    with bytes_file(path) as stream, pq.ParquetWriter(stream, schema) as writer:
        sheet = Sheet(writer, schema)
        yield sheet
        sheet.flush()


def free_memory() -> None:
    """Give memory that PyArrow keeps for later back: Polars, which has its own, may need it first."""
    pa.default_memory_pool().release_unused()


def about_of(pack: Pack, as_of: date) -> dict[str, str]:
    """Return what a file says of the rules and the day of its verdicts."""
    return {
        "kamrules.pack": pack.id,
        "kamrules.pack_version": pack.version,
        "kamrules.pack_hash": pack.hash,
        "kamrules.as_of": as_of.isoformat(),
    }
