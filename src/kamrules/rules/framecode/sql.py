"""Expressions as SQL, in the dialects of DuckDB and Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kamrules.rules.framecode.columns import Expr, Total
from kamrules.rules.framecode.values import DAY

Dialect = Literal["duckdb", "spark"]
_TYPES: dict[str, dict[str, str]] = {
    "duckdb": {"bool": "BOOLEAN", "int": "BIGINT", "float": "DOUBLE", "text": "VARCHAR", "code": "UTINYINT"},
    "spark": {"bool": "BOOLEAN", "int": "BIGINT", "float": "DOUBLE", "text": "STRING", "code": "SMALLINT"},
}
_FUNCTIONS = {
    "duckdb": {"startsWith": "starts_with", "endsWith": "ends_with", "contains": "contains", "//": "//"},
    "spark": {"startsWith": "startswith", "endsWith": "endswith", "contains": "contains", "//": "div"},
}
_INFINITY = "CAST('Infinity' AS DOUBLE)"


class SqlWriter:
    """Writes expressions; one that is in `names` is written as that column."""

    def __init__(self, dialect: Dialect, names: Mapping[Expr, str]) -> None:
        self.dialect = dialect
        self.names = names
        self._done: dict[Expr, str] = {}

    def write(self, expr: Expr, *, is_definition: bool = False) -> str:
        """Return the text of an expression."""
        if not is_definition and expr in self.names:
            return quoted(self.names[expr], self.dialect)
        found = self._done.get(expr)
        if found is None:
            found = self._done[expr] = self._write(expr)
        return found

    def _write(self, expr: Expr) -> str:  # noqa: C901, PLR0912 - one branch for each operator
        args = [self.write(arg) for arg in expr.args]
        words = _FUNCTIONS[self.dialect]
        match expr.op:
            case "col":
                return quoted(expr.param, self.dialect)
            case "lit":
                return self._constant(expr)
            case "and" | "or":
                return "(" + f" {expr.op.upper()} ".join(args) + ")"
            case "not":
                return f"(NOT {args[0]})"
            case "compare":
                return f"({args[0]} {_COMPARE.get(expr.param, expr.param)} {args[1]})"
            case "arith" if expr.param == "//":
                return self._floor_div(*args)
            case "arith":
                return f"({args[0]} {expr.param} {args[1]})"
            case "is_null":
                return f"({args[0]} IS NULL)"
            case "filled":
                return f"coalesce({args[0]}, {args[1]})"
            case "when":
                return f"(CASE WHEN {args[0]} THEN {args[1]} ELSE {args[2]} END)"
            case "in":
                kind = expr.args[0].kind
                return f"({args[0]} IN ({', '.join(self._value(one, kind) for one in expr.param)}))"
            case "cast":
                return f"CAST({args[0]} AS {self._type(expr.param)})"
            case "is_finite":
                return f"(abs({args[0]}) < {_INFINITY})"
            case "least" | "greatest":
                return f"{expr.op}({', '.join(args)})"
            case "length":
                return f"CAST(length({args[0]}) AS BIGINT)"
            case "startsWith" | "endsWith" | "contains":
                return f"{words[expr.op]}({args[0]}, {self._value(expr.param, 'text')})"
            case "names":
                names, separator = expr.param
                parts = [
                    f"CASE WHEN {test} THEN {self._value(name + separator, 'text')} ELSE '' END"
                    for test, name in zip(args, names, strict=True)
                ]
                # No name starts or ends with a separator.
                return f"trim(TRAILING {self._value(separator, 'text')} FROM concat({', '.join(parts)}))"
            case _:
                return self._read(expr.op, args[0], expr.param)

    def _type(self, kind: str) -> str:
        return _TYPES[self.dialect][kind]

    def _constant(self, expr: Expr) -> str:
        if expr.param is None:
            return f"CAST(NULL AS {self._type(expr.kind)})"
        return self._value(expr.param, expr.kind)

    def _value(self, value: Any, kind: str) -> str:
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, str):
            return text_literal(value, self.dialect)
        # A cast of a text: the least whole number there is, read as a minus and a number, would be too large.
        return f"CAST('{value!r}' AS {self._type(kind)})"

    def _floor_div(self, left: str, right: str) -> str:
        """SQL rounds toward zero."""
        divided = f"({left} {_FUNCTIONS[self.dialect]['//']} {right})"
        is_off = f"({left} % {right} <> 0 AND ({left} < 0) <> ({right} < 0))"
        return f"({divided} - CASE WHEN {is_off} THEN 1 ELSE 0 END)"

    def _read(self, form: str, column: str, param: Any) -> str:
        match form:
            case "plain":
                return column
            case "field" if self.dialect == "duckdb":
                return f"struct_extract({column}, {text_literal(param, 'duckdb')})"
            case "field":
                return f"{column}.{quoted(param, 'spark')}"
            case "text":
                return f"CAST({column} AS {self._type('text')})"
            case "float" | "int":
                return f"TRY_CAST({column} AS {self._type(form)})"
            case "small":
                return f"CAST({column} AS {self._type('code')})"
            case "whole":
                number = f"CAST({column} AS DOUBLE)"
                is_whole = f"abs({number}) < {_INFINITY} AND {number} = floor({number})"
                return f"(CASE WHEN {is_whole} THEN TRY_CAST({number} AS BIGINT) END)"
            case _:
                words = _duckdb_form if self.dialect == "duckdb" else _spark_form
                return words(form, column, param)


_COMPARE = {"==": "=", "!=": "<>"}


def _duckdb_form(form: str, column: str, param: Any) -> str:
    match form:
        case "days":
            return f"datediff('day', DATE '1970-01-01', {column})"
        case "date":
            return f"(DATE '1970-01-01' + CAST({column} AS INTEGER))"
        case "micros":
            return f"epoch_us({column})"
        case "naive_days":
            return (
                f"(CASE WHEN epoch_us({column}) % {DAY} = 0 THEN {_floored(f'epoch_us({column})', '//')} END)"
            )
        case "span":
            return f"epoch_us(TIMESTAMP '1970-01-01' + {column})"
        case "year":
            # The year of a moment by DuckDB itself would be that of the session's time zone.
            return f"year({f'make_timestamp(epoch_us({column}))' if param == 'zoned' else column})"
        case "code":
            # Faster than a cast to an enum of DuckDB's own.
            cases = " ".join(f"WHEN {text_literal(one, 'duckdb')} THEN {i}" for i, one in enumerate(param))
            return f"CAST(CASE {column} {cases} END AS UTINYINT)"
    raise AssertionError(form)


def _spark_form(form: str, column: str, param: Any) -> str:
    match form:
        case "days":
            return f"CAST(unix_date({column}) AS BIGINT)"
        case "date":
            return f"date_from_unix_date(CAST({column} AS INT))"
        case "micros":
            return f"unix_micros({column})"
        case "naive_days":
            day = f"CAST({column} AS DATE)"
            is_midnight = f"{column} = CAST({day} AS TIMESTAMP_NTZ)"
            return f"(CASE WHEN {is_midnight} THEN CAST(unix_date({day}) AS BIGINT) END)"
        case "span":
            return f"unix_micros(timestamp_micros(0) + {column})"
        case "year":
            day = f"date_from_unix_date(CAST({_floored(f'unix_micros({column})', 'div')} AS INT))"
            return f"CAST(year({day if param == 'zoned' else column}) AS BIGINT)"
        case "code":
            cases = " ".join(f"WHEN {text_literal(one, 'spark')} THEN {i}" for i, one in enumerate(param))
            return f"CAST(CASE {column} {cases} END AS SMALLINT)"
    raise AssertionError(form)


def _floored(micros: str, divide: str) -> str:
    """Return the days of microseconds, rounded down."""
    return f"(({micros} - (({micros} % {DAY}) + {DAY}) % {DAY}) {divide} {DAY})"


def quoted(name: str, dialect: Dialect) -> str:
    """Return a column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"' if dialect == "duckdb" else "`" + name.replace("`", "``") + "`"


def text_literal(text: str, dialect: Dialect) -> str:
    """Return a text as a constant of SQL."""
    if dialect == "spark":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "'" + text.replace("'", "''") + "'"


def aggregate(name: str, total: Total, dialect: Dialect) -> str:
    """Return the total over the rows of a key of a column, with its name."""
    column = quoted(name, dialect)
    found = {
        "any": f"bool_or({column})",
        "count": f"CAST(count_if({column}) AS BIGINT)",
        "rows": "CAST(count(*) AS BIGINT)",
        "sum": f"sum({column})",
        "last": f"max({column})",
    }[total.form]
    return f"{found} AS {column}"
