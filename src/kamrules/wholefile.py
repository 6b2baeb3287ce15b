"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

from kamrules.errors import ArgumentError, Fault


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """Open `path` for text; the file is there whole at the end, or unchanged.

    Raises
    ------
    ArgumentError
        A-OUTPUT when the file cannot be written.
    """
    with bytes_file(path) as raw, TextIOWrapper(raw, encoding="utf-8", newline="") as stream:
        yield stream


@contextmanager
def bytes_file(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for bytes, like `text_file`."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        # A device or a pipe cannot be replaced by a file.
        with _opened(target, target, "wb") as stream:
            yield stream
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    opened = _opened(part, path, "xb")
    try:
        with opened as stream:
            yield stream
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _opened(place: Path, shown: Path, mode: Literal["wb", "xb"]) -> BinaryIO:
    try:
        return cast("BinaryIO", place.open(mode))
    except OSError as problem:
        reason = (problem.strerror or "cannot be opened").lower()
        raise ArgumentError(Fault("A-OUTPUT", f"cannot write `{shown}`: {reason}")) from None
