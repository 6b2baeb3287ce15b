"""What the columns of a data frame library hold: one reading of dtypes for narwhals and for Polars itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamrules.rules.framecode.border import Source, SourceKind


def sources_of(schema: Mapping[str, Any], library: Any) -> dict[str, Source]:
    """Return what each column holds, the fields of a struct under joined names (`account__industry`).

    Parameters
    ----------
    schema : the dtype of each column
    library : the module that has the dtypes, narwhals or Polars
    """
    found: dict[str, Source] = {}
    for name, dtype in schema.items():
        _add(found, (name,), dtype, library)
    return found


def _add(found: dict[str, Source], place: tuple[str, ...], dtype: Any, library: Any) -> None:
    kind = _kind(dtype, library)
    found["__".join(place)] = Source(kind, str(dtype), place=place)
    for one in dtype.fields if kind == "struct" else ():
        _add(found, (*place, one.name), one.dtype, library)


def _kind(dtype: Any, library: Any) -> SourceKind:
    if dtype.is_integer():
        return "int"
    if dtype.is_float():
        return "float"
    if dtype == library.Datetime:
        return "moment" if dtype.time_zone else "naive"
    # narwhals has no dtype for a column of nothing but nulls.
    nothing = getattr(library, "Null", library.Unknown)
    kinds: list[tuple[Any, SourceKind]] = [
        (library.Boolean, "bool"), (library.String, "text"), (library.Categorical, "category"),
        (library.Enum, "category"), (library.Date, "date"), (library.Duration, "span"),
        (library.Decimal, "decimal"), (library.List, "list"), (library.Struct, "struct"), (nothing, "null"),
    ]  # fmt: skip
    # An instance equals its class and hashes apart from it, so this is no dictionary.
    return next((kind for one, kind in kinds if dtype == one), "other")
