"""Frames of Dask: every partition of the records meets the rows of its own lists, as plain pandas frames.

narwhals has Dask's frames without their nulls (its Boolean columns hold no unknown), so nothing is asked of
Dask but to bring together what has one key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Run = Callable[[Any, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """What is done with a partition; travels to where it lies."""

    run: Run
    paths: tuple[str, ...]

    def __call__(self, records: Any, *rows: Any) -> Any:
        return self.run(records, dict(zip(self.paths, rows, strict=True)))


def is_partitioned(native: Any) -> bool:
    """Whether a frame is one of Dask's."""
    return type(native).__module__.partition(".")[0] == "dask"


def by_partition(frame: Any, lists: Mapping[str, Any], key: str, link: str, run: Run) -> Any:
    """Return what `run` makes of the records and lists of each partition.

    Parameters
    ----------
    frame, lists
        Frames of Dask; columns `key` and `link` name the record.
    run
        Takes pandas frames and returns one; plain data with a `__call__`, so that it can travel. It is called
        here once with frames of no rows, to learn the columns.
    """
    empty = run(head_of(frame), {path: head_of(rows) for path, rows in lists.items()})
    count = frame.npartitions
    rows = [_by_key(one, link, count) for one in lists.values()]
    return _by_key(frame, key, count).map_partitions(
        _Part(run, tuple(lists)), *rows, meta=empty, align_dataframes=False, enforce_metadata=False
    )


def head_of(frame: Any) -> Any:
    """Return a frame of Dask without its rows, as a pandas frame."""
    return frame._meta  # noqa: SLF001 - Dask's own name for the columns of a frame without its rows


def _by_key(frame: Any, name: str, count: int) -> Any:
    # Keys of one value but of two dtypes would go to two partitions.
    kind = "int64[pyarrow]" if head_of(frame)[name].dtype.kind in "iu" else "string[pyarrow]"
    return frame.assign(**{name: frame[name].astype(kind)}).shuffle(on=name, npartitions=count)
