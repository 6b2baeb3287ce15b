"""Expressions in the words of a data frame library: narwhals (for all of them) or Polars itself.

Both have the same vocabulary; `Emitter` takes the module that has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamrules.rules.framecode.columns import Expr
from kamrules.rules.framecode.values import DAY
from kamrules.rules.lang.ops import COMPARISONS
from kamrules.rules.lang.types import INT_MAX, INT_MIN


class Emitter:
    """Turns expressions into those of `library`; `is_polars` says that it is Polars itself."""

    def __init__(self, library: Any, names: Mapping[Expr, str], *, is_polars: bool) -> None:
        self.library = library
        self.names = names
        self.is_polars = is_polars
        self._done: dict[Expr, Any] = {}

    def dtype(self, kind: str) -> Any:
        """Return the dtype of the columns of a kind."""
        name = {"bool": "Boolean", "int": "Int64", "float": "Float64", "text": "String", "code": "UInt8"}[
            kind
        ]
        return getattr(self.library, name)

    def emit(self, expr: Expr, *, is_definition: bool = False) -> Any:
        """Return the library's expression; one with a column of its own is that column."""
        if not is_definition and expr in self.names:
            return self.library.col(self.names[expr])
        found = self._done.get(expr)
        if found is None:
            found = self._done[expr] = self._emit(expr)
        return found

    def _emit(self, expr: Expr) -> Any:  # noqa: C901, PLR0912 - one branch for each operator
        lib = self.library
        args = [self.emit(arg) for arg in expr.args]
        match expr.op:
            case "col":
                return lib.col(expr.param)
            case "lit":
                return lib.lit(expr.param, dtype=self.dtype(expr.kind))
            case "and":
                return _folded("__and__", args)
            case "or":
                return _folded("__or__", args)
            case "not":
                return ~args[0]
            case "compare":
                return args[0] != args[1] if expr.param == "!=" else COMPARISONS[expr.param](*args)
            case "arith":
                return _ARITHMETIC[expr.param](*args)
            case "is_null":
                return args[0].is_null()
            case "filled":
                return self._filled(expr, args)
            case "when":
                return lib.when(args[0]).then(args[1]).otherwise(args[2])
            case "in":
                return args[0].is_in(list(expr.param))
            case "cast":
                return args[0].cast(self.dtype(expr.param))
            case "is_finite":
                return args[0].is_finite()
            case "least":
                return lib.min_horizontal(*args)
            case "greatest":
                return lib.max_horizontal(*args)
            case "length":
                return args[0].str.len_chars().cast(lib.Int64)
            case "startsWith":
                return args[0].str.starts_with(expr.param)
            case "endsWith":
                return args[0].str.ends_with(expr.param)
            case "contains":
                return args[0].str.contains(expr.param, literal=True)
            case "names":
                return self._names(args, *expr.param)
            case _:
                return self._read(expr.op, args[0], expr.param)

    def _names(self, tests: list[Any], names: tuple[str, ...], separator: str) -> Any:
        lib = self.library
        if self.is_polars:
            parts = [
                _looked_up(lib, tests[start : start + _BITS], names[start : start + _BITS], separator)
                for start in range(0, len(names), _BITS)
            ]
            return lib.concat_str(parts).str.strip_suffix(separator)
        nothing = lib.lit("", dtype=lib.String)
        parts = [
            lib.when(test).then(lib.lit(name + separator, dtype=lib.String)).otherwise(nothing)
            for test, name in zip(tests, names, strict=True)
        ]
        # No name starts or ends with a separator.
        return lib.concat_str(parts).str.strip_chars(separator)

    def _filled(self, expr: Expr, args: list[Any]) -> Any:
        default = expr.args[1]
        if default.op == "lit" and expr.kind != "code":
            return args[0].fill_null(default.param)
        return self.library.coalesce(args[0], args[1])

    def _read(self, form: str, column: Any, param: Any) -> Any:  # noqa: C901 - one branch for each form
        lib = self.library
        match form:
            case "plain":
                return column
            case "field":
                return column.struct.field(param)
            case "text":
                return column.cast(lib.String)
            case "float":
                return column.cast(lib.Float64)
            case "int" if self.is_polars:
                return column.cast(lib.Int64, strict=False)  # what is beyond 64 bits with a sign is null
            case "int":
                return column.cast(lib.Int64)
            case "small":
                return column.cast(lib.UInt8)
            case "whole":
                return _whole(lib, column.cast(lib.Float64))
            case "days":
                return column.cast(lib.Int32).cast(lib.Int64)
            case "date":
                return column.cast(lib.Int32).cast(lib.Date)
            case "micros":
                return column.dt.timestamp("us")
            case "naive_days":
                micros = column.dt.timestamp("us")
                return lib.when(micros % DAY == 0).then(micros // DAY)
            case "span":
                return column.dt.total_microseconds().cast(lib.Int64)
            case "year":
                zoned = column.dt.convert_time_zone("UTC") if param == "zoned" else column
                return zoned.dt.year().cast(lib.Int64)
            case "code":
                return self._code(column, param)
        raise AssertionError(form)

    def _code(self, text: Any, values: tuple[str, ...]) -> Any:
        lib = self.library
        if self.is_polars:
            return text.cast(lib.Enum(list(values)), strict=False).to_physical().cast(lib.UInt8)
        found, text = lib.lit(None, dtype=lib.UInt8), text.cast(lib.String)
        for place, value in enumerate(values):
            found = lib.when(text == value).then(lib.lit(place, dtype=lib.UInt8)).otherwise(found)
        return found


_ARITHMETIC: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
}


_BITS = 8


def _looked_up(lib: Any, tests: list[Any], names: tuple[str, ...], separator: str) -> Any:
    """Return the names whose tests are true, each with a separator after it, out of a list of all choices."""
    choices = [
        "".join(name + separator for bit, name in enumerate(names) if choice >> bit & 1)
        for choice in range(1 << len(names))
    ]
    place = tests[0].cast(lib.UInt32)
    for bit, test in enumerate(tests[1:], 1):
        place += test.cast(lib.UInt32) * (1 << bit)
    return lib.lit(lib.Series(choices)).gather(place)


def _folded(method: str, args: list[Any]) -> Any:
    found = args[0]
    for arg in args[1:]:
        found = getattr(found, method)(arg)
    return found


def _whole(lib: Any, number: Any) -> Any:
    # 2.0 ** 63 is the first double that does not fit; a NaN is in no range.
    fits = (number >= float(INT_MIN)) & (number < float(INT_MAX)) & number.is_finite()
    inside = lib.when(fits).then(number)
    return lib.when(inside % 1.0 == 0.0).then(inside).cast(lib.Int64)
