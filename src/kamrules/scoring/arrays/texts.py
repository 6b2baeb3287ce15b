"""Texts of people as whole numbers, so that names can be compared by the million."""

from __future__ import annotations

from typing import Any

import numpy as np

from kamrules.scoring.arrays.people import Array, Crowd, whole


def coded(crowd: Crowd, *names: str, others: tuple[tuple[Any, int], ...] = ()) -> tuple[list[Array], int]:
    """Return columns of texts as numbers in common, and the greatest of them.

    A text without the space around it has a number above 0, an empty one 0, none -1.

    Parameters
    ----------
    names : columns of the people; one that is not there is unknown for everybody
    others : Arrow columns (None: all unknown) of other rows that name the same things, each with its length
    """
    numbers: dict[str, int] = {"": 0}
    columns = [crowd.columns.get(name) for name in names]
    found = [_numbered(column, len(crowd.at), numbers) for column in columns]
    found += [_numbered(column, rows, numbers) for column, rows in others]
    return found, len(numbers) - 1


def _numbered(column: Any, rows: int, numbers: dict[str, int]) -> Array:
    if column is None or not rows:
        return np.full(rows, -1)
    chunk = whole(column.cast("large_string").dictionary_encode())
    places = [numbers.setdefault(str(text).strip(), len(numbers)) for text in chunk.dictionary.to_pylist()]
    index = chunk.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)
    found: Array = np.asarray([*places, -1])[index]
    return found
