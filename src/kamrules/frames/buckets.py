"""Rows cut into buckets by a key, each bucket a file of its own until it is read back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kamrules.errors import Fault, InputError, MissingExtraError

try:
    import polars as pl
    import pyarrow as pa
    from polars.exceptions import PolarsError
except ImportError as error:
    raise MissingExtraError(
        Fault("X-FRAME", "Parquet needs Polars and PyArrow", hint="install `kamrules[frame]`")
    ) from error

Frames = Mapping[str, pl.DataFrame]


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Make a folder beside a file, gone at the end; where that is a device, among the temporary files."""
    is_plain = beside.is_file() or not beside.exists()
    parent = beside.parent if is_plain else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix=f".{beside.name}.", suffix=".cut", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Buckets:
    """The buckets of several tables; rows of one key are in the bucket of one number, whatever the table.

    Rows without a key are in bucket 0. In a bucket rows keep their order.
    """

    folder: Path
    count: int

    def add(self, name: str, batch: Any, key: str) -> None:
        """Append the rows of a batch of a table to its buckets."""
        told = self._bucket_of(batch.column(key)).with_row_index("row")
        parts = told.group_by("bucket", maintain_order=True).agg("row")
        for bucket, rows in parts.iter_rows():
            # A stream of its own for each piece: one file is open at a time, however many buckets there are.
            with (
                pa.OSFile(str(self._place(name, bucket)), "ab") as file,
                pa.ipc.new_stream(file, batch.schema, options=_options()) as stream,
            ):
                stream.write_batch(batch.take(pa.array(rows, pa.int64())))

    def _bucket_of(self, column: Any) -> pl.DataFrame:
        keys = pl.from_arrow(column)
        assert isinstance(keys, pl.Series)
        # Whole numbers of any width, and texts however they are kept, are one key to the engine.
        keys = keys.cast(pl.Int64, strict=False) if keys.dtype.is_integer() else keys.cast(pl.String)
        number = pl.when(pl.col("key").is_null()).then(0).otherwise(pl.col("key").hash() % self.count)
        return keys.alias("key").to_frame().select(bucket=number)

    def take(self, bucket: int, schemas: Mapping[str, Any]) -> Frames:
        """Return the rows of every table in a bucket; their files are deleted."""
        found = {}
        for name, schema in schemas.items():
            place = self._place(name, bucket)
            found[name] = frame_of(_read(place, schema), place)
            place.unlink(missing_ok=True)
        return found

    def _place(self, name: str, bucket: int) -> Path:
        return self.folder / f"{name}.{bucket}"


def frame_of(table: Any, path: Path) -> pl.DataFrame:
    """Return an Arrow table as a Polars frame; `path` is where it comes from, for InputError (I-FORMAT)."""
    try:
        found = pl.from_arrow(table)
    except PolarsError as problem:
        message = f"`{path}` holds columns of no known kind: {problem}"
        raise InputError(Fault("I-FORMAT", message)) from None
    assert isinstance(found, pl.DataFrame)
    return found


def _read(place: Path, schema: Any) -> Any:
    """Return the rows of the streams that stand one after another in a file."""
    if not place.exists():
        return schema.empty_table()
    found = []
    with pa.OSFile(str(place)) as file:
        size = file.size()
        while file.tell() < size:
            found.append(pa.ipc.open_stream(file).read_all())
    return pa.concat_tables(found)


def _options() -> Any:
    return pa.ipc.IpcWriteOptions(compression="lz4" if pa.Codec.is_available("lz4") else None)
