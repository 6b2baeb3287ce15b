"""A part of a condition as a cell of a column, and a cell as a part of a condition.

A column has an input: a field, a definition or a parameter. A part that is no unary test on one is a column
of its own, with the part as its input in the pack's language, and the cell `true`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kamrules.currency import minor_digits
from kamrules.decisions import feel
from kamrules.rules.lang import tree
from kamrules.rules.lang import types as t
from kamrules.rules.lang.literals import date_from, duration_from, money_from, timestamp_from
from kamrules.rules.lang.printer import to_text

_TURNED: dict[str, Literal["<", "<=", ">", ">="]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDER: dict[str, Literal["<", "<=", ">", ">="]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ROOTS = frozenset({"deal", "param", "def"})
_LOWER = frozenset({">", ">="})
_PRESENT = feel.Tests((feel.Null(),), negated=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """A test on an input; `is_feel` is false for an input in the pack's own language."""

    input: str
    tests: feel.Tests
    is_feel: bool = True


def cells_of(condition: tree.Expr) -> list[Cell]:
    """Return the parts of a condition that must all hold, as cells."""
    found: list[Cell] = []
    for part in _parts(condition):
        cell = _cell(part) or Cell(to_text(part), _is(feel.Value("boolean", True)), is_feel=False)
        joined = next(((index, both) for index, one in enumerate(found) if (both := _range(one, cell))), None)
        if joined is not None:
            found[joined[0]] = joined[1]
        elif cell not in found:
            found.append(cell)
    return found


def _parts(condition: tree.Expr) -> Iterator[tree.Expr]:
    if isinstance(condition, tree.Junction) and condition.op == "&&":
        for operand in condition.operands:
            yield from _parts(operand)
    elif condition != tree.BoolLit(True):
        yield condition


def _is(*values: feel.Value) -> feel.Tests:
    return feel.Tests(tuple(feel.Compare("=", value) for value in values))


def _cell(part: tree.Expr) -> Cell | None:
    match part:
        case tree.Call("has", (field,)) if (name := _name(field)) is not None:
            return Cell(name, _PRESENT)
        case tree.Unary("!", tree.Call("has", (field,))) if (name := _name(field)) is not None:
            return Cell(name, feel.Tests((feel.Null(),)))
        case tree.Unary("!", tree.Binary("in", _, _) as inner):
            return _negated(_cell(inner))
        case tree.Unary("!", field) if (name := _name(field)) is not None:
            return Cell(name, _is(feel.Value("boolean", False)))
        case tree.Junction("||", operands):
            return _either([_cell(operand) for operand in operands])
        case tree.Binary("in", field, tree.ListLit(items)) if (name := _name(field)) is not None and items:
            values = [_value(item) for item in items]
            known = [value for value in values if value is not None]
            return Cell(name, _is(*known)) if len(known) == len(values) else None
        case tree.Binary(op, left, right):
            return _compared(op, left, right) or _compared(_TURNED.get(op, op), right, left)
        case _ if (name := _name(part)) is not None:
            return Cell(name, _is(feel.Value("boolean", True)))
    return None


def _compared(op: str, left: tree.Expr, right: tree.Expr) -> Cell | None:
    name, value = _name(left), _value(right)
    if name is None or value is None:
        return None
    if op in _ORDER:
        return Cell(name, feel.Tests((feel.Compare(_ORDER[op], value),)))
    is_named = value.kind == "name"
    if op == "==" and not is_named:
        return Cell(name, _is(value))
    return _negated(Cell(name, _is(value))) if op == "!=" and not is_named else None


def _negated(cell: Cell | None) -> Cell | None:
    # With null among them a missing input is no match in FEEL either, where plain `not("A")` holds for it.
    if cell is None or cell.tests.negated:
        return None
    return Cell(cell.input, feel.Tests((*cell.tests.any_of, feel.Null()), negated=True))


def _either(cells: list[Cell | None]) -> Cell | None:
    """Return alternatives on one input as one cell; None if they are on several, or one is negated."""
    known = [cell for cell in cells if cell is not None and not cell.tests.negated]
    inputs = {cell.input for cell in known}
    if len(known) < len(cells) or len(inputs) != 1:
        return None
    return Cell(inputs.pop(), feel.Tests(tuple(test for cell in known for test in cell.tests.any_of)))


def _range(one: Cell, other: Cell) -> Cell | None:
    """Return a lower and an upper bound on one input as a range; None for anything else."""
    if one.input != other.input or one.tests.negated or other.tests.negated:
        return None
    match (*one.tests.any_of, *other.tests.any_of):
        case (feel.Compare(first, low), feel.Compare(second, high)) if first in _LOWER and second in _TURNED:
            if second in _LOWER:
                return None
            ends = feel.Range(low, high, first == ">=", second == "<=")
        case (feel.Compare(first, high), feel.Compare(second, low)) if second in _LOWER and first in _TURNED:
            ends = feel.Range(low, high, second == ">=", first == "<=")
        case _:
            return None
    return Cell(one.input, feel.Tests((ends,)))


def _name(expr: tree.Expr) -> str | None:
    """Return a path such as `deal.account.tier`; None for an optional step or another root."""
    steps: list[str] = []
    while isinstance(expr, tree.Select):
        if expr.optional:
            return None
        steps.append(expr.name)
        expr = expr.base
    if not isinstance(expr, tree.Name) or (expr.name not in _ROOTS and (steps or expr.name != "as_of")):
        return None
    return ".".join((expr.name, *reversed(steps))) if steps or expr.name == "as_of" else None


def _value(expr: tree.Expr) -> feel.Value | None:
    match expr:
        case tree.BoolLit(value):
            return feel.Value("boolean", value)
        case tree.IntLit(value) | tree.FloatLit(value):
            return feel.Value("number", Decimal(repr(value)))
        case tree.StringLit(value):
            return feel.Value("string", value)
        case tree.Call(function, (tree.StringLit(text),)):
            return _made(function, text)
    name = _name(expr)
    return feel.Value("name", name) if name is not None else None


def _made(function: str, text: str) -> feel.Value | None:
    try:
        match function:
            case "date":
                return feel.Value("date", date_from(text).isoformat())
            case "timestamp":
                return feel.Value("moment", feel.moment_text(timestamp_from(text)))
            case "duration":
                return feel.Value("duration", feel.duration_text(duration_from(text)))
            case "money":
                minor, currency = money_from(text)
                return feel.Value("number", Decimal(minor).scaleb(-minor_digits(currency)))
    except ValueError:
        return None
    return None


def condition_of(cell: Cell, kind: t.Type | None) -> str:
    """Return the part of a condition that a cell stands for; empty for `-`.

    `kind` is the type of the input, None where it is not known: then a number is written as it stands.

    Raises
    ------
    FeelError
        When a value cannot be one of the input's type.
    """
    tests = cell.tests
    if not tests.any_of:
        return ""
    if tests == _PRESENT:
        return f"has({cell.input})"
    if tests.negated:
        inner = [test for test in tests.any_of if not isinstance(test, feel.Null)]
        return f"!({_any_of(cell.input, inner, kind)})"
    text = _any_of(cell.input, tests.any_of, kind)
    return f"({text})" if len(tests.any_of) > 1 and " || " in text else text


def _any_of(name: str, tests: Sequence[feel.Positive], kind: t.Type | None) -> str:
    equal = [test for test in tests if isinstance(test, feel.Compare) and test.op == "="]
    plain = [test for test in equal if test.value.kind in {"string", "number"}]
    if len(tests) > 1 and len(plain) == len(tests) and not isinstance(kind, t.Money):
        return f"{name} in [{', '.join(_written(test.value, kind) for test in plain)}]"
    return " || ".join(_test(name, test, kind) for test in tests)


def _test(name: str, test: feel.Positive, kind: t.Type | None) -> str:
    match test:
        case feel.Null():
            return f"!has({name})"
        case feel.Compare("=", feel.Value("boolean", value)):
            return name if value else f"!{name}"
        case feel.Compare(op, value):
            return f"{name} {'==' if op == '=' else op} {_written(value, kind)}"
        case feel.Range(low, high, low_closed, high_closed):
            lower, upper = (">=" if low_closed else ">"), ("<=" if high_closed else "<")
            return f"{name} {lower} {_written(low, kind)} && {name} {upper} {_written(high, kind)}"


def _written(value: feel.Value, kind: t.Type | None) -> str:
    match value.kind:
        case "string":
            return to_text(tree.StringLit(str(value.value)))
        case "boolean":
            return "true" if value.value else "false"
        case "date":
            return f'date("{value.value}")'
        case "moment":
            return f'timestamp("{value.value}")'
        case "duration":
            length = feel.length_of(str(value.value))
            seconds = Decimal(length.days * 86_400 + length.seconds) + Decimal(length.microseconds).scaleb(-6)
            return (
                f'duration("{seconds:f}s")'
                if length.microseconds or length.seconds
                else (f'duration("{length.days}d")')
            )
        case "name":
            return str(value.value)
    return _number(Decimal(value.value), kind)


def _number(number: Decimal, kind: t.Type | None) -> str:
    is_whole = number == number.to_integral_value()
    if isinstance(kind, t.Money):
        return f'money("{number:f} {kind.currency}")'
    if isinstance(kind, t.Int | t.Count) and not is_whole:
        raise feel.FeelError(f"{number} is no whole number, and the input holds whole numbers")
    if is_whole and not isinstance(kind, t.Double):
        return f"{number.to_integral_value():f}"
    text = f"{number:f}"
    return text if "." in text else f"{text}.0"
