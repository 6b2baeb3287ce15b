"""Generated conditions without extensions against a CEL engine of Google's: same answers, save deviations.

Where CEL gives an error the language must give unknown. Deviations that show here: 2 (no infinities), 3 (the
range of times), 4 (counts and lists may be decided although an element is an error).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from kamrules.rules.lang import tree
from kamrules.rules.lang.core import Arith, Const, Negate, Node, Tally, walk
from kamrules.rules.lang.printer import to_text
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.rules.lang.types import Double, Duration, Timestamp
from tests.strategies import AS_OF, core_of, records, typed_expressions

cel = pytest.importorskip("cel_expr_python.cel")
ext_optional = pytest.importorskip("cel_expr_python.ext.ext_optional")

_ENV = cel.NewEnv(
    variables={"deal": cel.Type.Map(cel.Type.STRING, cel.Type.DYN)}, extensions=[ext_optional.ExtOptional()]
)
_ERROR = object()
_TIMES = {"at": "timestamp", "span": "duration"}


def _for_cel(value: Any) -> Any:
    """Return a record value as this engine's maps can hold it: no nulls, times as texts."""
    match value:
        case dict():
            return {name: _for_cel(one) for name, one in value.items() if one is not None}
        case list():
            return [_for_cel(one) for one in value if one is not None]
        case date():
            return value.isoformat()
        case timedelta():
            micros = value // timedelta(microseconds=1)
            return f"{'-' if micros < 0 else ''}{abs(micros) // 10**6}.{abs(micros) % 10**6:06d}s"
        case _:
            return value


def _with_times(expr: tree.Expr) -> tree.Expr:
    """Return the expression with times read from texts, which `_for_cel` made of them."""
    match expr:
        case tree.Select(tree.Name("deal"), name, False) if name in _TIMES:
            return tree.Call(_TIMES[name], (expr,))
        case tree.Method(tree.Select(base, name, True), "orValue", (default,)) if name in _TIMES:
            plain = tree.Select(base, name)
            return tree.Ternary(tree.Call("has", (plain,)), tree.Call(_TIMES[name], (plain,)), default)
        case tree.Call("has"):
            return expr
        case tree.Select(base):
            return replace(expr, base=_with_times(base))
        case tree.Call(args=args):
            return replace(expr, args=tuple(map(_with_times, args)))
        case tree.Method(receiver, _, args):
            return replace(expr, receiver=_with_times(receiver), args=tuple(map(_with_times, args)))
        case tree.ListLit(items):
            return tree.ListLit(tuple(map(_with_times, items)))
        case tree.Unary(op, operand):
            return tree.Unary(op, _with_times(operand))
        case tree.Binary(op, left, right):
            return tree.Binary(op, _with_times(left), _with_times(right))
        case tree.Junction(op, operands):
            return tree.Junction(op, tuple(map(_with_times, operands)))
        case tree.Ternary(test, then, other):
            return tree.Ternary(_with_times(test), _with_times(then), _with_times(other))
        case _:
            return expr


def _passable(value: Any) -> Any:
    """Return a record value without what the engine's Python binding loses: null elements, NUL in texts."""
    match value:
        case dict():
            return {name: _passable(one) for name, one in value.items()}
        case list():
            return [_passable(one) for one in value if one is not None]
        case str():
            return value.replace("\0", "")
        case _:
            return value


def _cel(expr: tree.Expr, record: dict[str, Any]) -> Any:
    program = _ENV.compile(to_text(_with_times(expr)))
    result = program.eval(data={"deal": _for_cel(record)})
    return _ERROR if result.type() == cel.Type.ERROR else result.value()


def _excused(expr: tree.Expr, node: Node, ours: Any, theirs: Any) -> bool:
    """Whether a difference is one of the deviations named above."""
    if isinstance(ours, Unknown):
        return any(isinstance(part.type, Double) for part in _arithmetic(node))
    if theirs is not _ERROR:
        return False
    is_time_made = any(
        isinstance(part, Const) and isinstance(part.type, Duration | Timestamp) for part in walk(node)
    )
    return (
        is_time_made
        or any(isinstance(part.type, Duration | Timestamp) for part in _arithmetic(node))
        or any(isinstance(part, Tally) for part in walk(node))
        or _has_lazy_list(expr)
    )


def _has_lazy_list(expr: tree.Expr) -> bool:
    """Whether an error may go unread: in a literal list, or left of an `in` with nothing to find."""
    return any(_is_lazy(part) for part, _ in tree.walk(expr))


def _is_lazy(expr: tree.Expr) -> bool:
    match expr:
        case tree.ListLit(items):
            return any(not isinstance(item, tree.Literal) for item in items)
        case tree.Binary("in", left, tree.Select() | tree.ListLit(())):
            return not isinstance(left, tree.Literal)
        case _:
            return False


def _arithmetic(node: Node) -> Iterator[Arith | Negate]:
    return (part for part in walk(node) if isinstance(part, Arith | Negate))


@given(typed_expressions(ext=False), records(is_complete=True).map(_passable))
def test_complete_records_get_the_answer_of_cel(expr: tree.Expr, record: dict[str, Any]) -> None:
    _compare(expr, record)


@given(typed_expressions(ext=False, blanks=False), records().map(_passable))
def test_an_error_of_cel_is_unknown_here(expr: tree.Expr, record: dict[str, Any]) -> None:
    _compare(expr, record)


def _compare(expr: tree.Expr, record: dict[str, Any]) -> None:
    node = core_of(expr)
    ours, theirs = evaluate(node, record, AS_OF), _cel(expr, record)
    is_same = isinstance(ours, Unknown) if theirs is _ERROR else ours == theirs
    assert is_same or _excused(expr, node, ours, theirs), f"{to_text(expr)}: {ours} here, {theirs} in CEL"
