"""Trees back to text.

Promises: `parse(to_text(e)) == e` for every surface tree within the limits, with no parenthesis that is not
needed. `core_text` shows a core tree in the same notation, sugar put back, for explanations.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from kamrules.currency import minor_digits
from kamrules.rules.lang import core, tree
from kamrules.rules.lang.types import Money

_TERNARY, _OR, _AND, _RELATION, _SUM, _PRODUCT, _UNARY, _MEMBER = range(8)
_BINARY = {
    **dict.fromkeys(("<", "<=", ">=", ">", "==", "!=", "in"), _RELATION),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "%"), _PRODUCT),
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FIRST_PRINTABLE = " "
_DAY = timedelta(days=1)


def to_text(expr: tree.Expr) -> str:
    """Return the text of a surface tree."""
    return _text(expr, _TERNARY)


def core_text(node: core.Node) -> str:
    """Return a core tree in the notation of conditions, for people to read."""
    return to_text(_surface(node))


def _text(expr: tree.Expr, level: int) -> str:
    """Return the text of an expression, in parentheses if it binds looser than `level`."""
    own, text = _bare(expr)
    return f"({text})" if own < level else text


def _bare(expr: tree.Expr) -> tuple[int, str]:
    match expr:
        case tree.Ternary(test, then, other):
            parts = (_text(test, _OR), _text(then, _OR), _text(other, _TERNARY))
            return _TERNARY, "{} ? {} : {}".format(*parts)
        case tree.Junction(op, operands):
            level = _OR if op == "||" else _AND
            return level, f" {op} ".join(_text(operand, level + 1) for operand in operands)
        case tree.Binary(op, left, right):
            level = _BINARY[op]
            return level, f"{_text(left, level)} {op} {_text(right, level + 1)}"
        case tree.Unary(op, operand):
            text = _text(operand, _UNARY)
            # A minus right before a number would be read as part of it.
            is_number = op == "-" and text.removeprefix("-")[0] in ".0123456789"
            return _UNARY, f"{op}({text})" if is_number else f"{op}{text}"
        case tree.Select(base, name, optional):
            return _MEMBER, f"{_text(base, _MEMBER)}{'.?' if optional else '.'}{name}"
        case tree.Method(receiver, function, args):
            return _MEMBER, f"{_text(receiver, _MEMBER)}.{function}({_list(args)})"
        case tree.Call(function, args):
            return _MEMBER, f"{function}({_list(args)})"
        case tree.ListLit(items):
            return _MEMBER, f"[{_list(items)}]"
        case _:
            return _MEMBER, _atom(expr)


def _list(items: tuple[tree.Expr, ...]) -> str:
    return ", ".join(_text(item, _TERNARY) for item in items)


def _atom(expr: tree.Expr) -> str:
    match expr:
        case tree.Name(name):
            return name
        case tree.BoolLit(value):
            return "true" if value else "false"
        case tree.IntLit(value) | tree.FloatLit(value):
            return repr(value)
        case tree.StringLit(value):
            return _quoted(value)
        case _:
            return "null"


def _quoted(value: str) -> str:
    def shown(char: str) -> str:
        if char in _ESCAPES:
            return _ESCAPES[char]
        return f"\\u{ord(char):04x}" if char < _FIRST_PRINTABLE or char == "\x7f" else char

    return '"{}"'.format("".join(map(shown, value)))


def _surface(node: core.Node) -> tree.Expr:  # noqa: C901, PLR0912 - one branch per node kind
    match node:
        case core.Const():
            return _constant(node)
        case core.Var(name):
            return tree.Name(name)
        case core.Field(base, name):
            return tree.Select(_surface(base), name)
        case core.Attested(field, minimum):
            return tree.Call("attested", (_surface(field), tree.IntLit(minimum)))
        case core.Has(field):
            return tree.Call("has", (_surface(field),))
        case core.OrValue(field, default):
            return tree.Method(_optional(field), "orValue", (_surface(default),))
        case core.Not(core.Compare("==", left, right)):
            return tree.Binary("!=", _surface(left), _surface(right))
        case core.Not(core.Exists(range_, var, core.Not(body))):
            return _macro(range_, "all", var, body)
        case core.Not(operand):
            return tree.Unary("!", _surface(operand))
        case core.And(operands) | core.Or(operands):
            op = "&&" if isinstance(node, core.And) else "||"
            shown = tuple(_surface(operand) for operand in operands)
            return tree.Junction(op, shown) if len(shown) > 1 else shown[0]
        case core.Compare(op, left, right) | core.Arith(op, left, right):
            return tree.Binary(op, _surface(left), _surface(right))
        case core.In(item, values):
            return tree.Binary(
                "in", _surface(item), tree.ListLit(tuple(_constant(value) for value in values))
            )
        case core.Negate(operand):
            return tree.Unary("-", _surface(operand))
        case core.Call(function, (receiver, *args)):
            return tree.Method(_surface(receiver), function, tuple(_surface(arg) for arg in args))
        case core.Cond(test, then, other):
            return tree.Ternary(_surface(test), _surface(then), _surface(other))
        case core.Exists(range_, var, core.Compare("==", left, item)) if left == var and var.name.startswith(
            "_item"
        ):
            return tree.Binary("in", _surface(item), _surface(range_))
        case core.Exists(range_, var, body):
            return _macro(range_, "exists", var, body)
        case core.Tally(range_, var, body):
            return tree.Method(_macro(range_, "filter", var, body), "size", ())
        case core.Size(range_):
            return tree.Method(_surface(range_), "size", ())
    raise AssertionError(node)


def _macro(range_: core.Field, name: str, var: core.Var, body: core.Node) -> tree.Expr:
    return tree.Method(_surface(range_), name, (tree.Name(var.name), _surface(body)))


def _optional(field: core.Field | core.Attested) -> tree.Expr:
    if isinstance(field, core.Attested):
        return tree.Call("attested", (_optional(field.field), tree.IntLit(field.minimum)))
    return tree.Select(_surface(field.base), field.name, optional=True)


def _constant(constant: core.Const) -> tree.Expr:
    value = constant.value
    match value:
        case bool():
            return tree.BoolLit(value)
        case int() if isinstance(constant.type, Money):
            return _constructor("money", _amount(value, constant.type.currency))
        case int():
            return tree.IntLit(value)
        case float():
            return tree.FloatLit(value)
        case str():
            return tree.StringLit(value)
        case datetime():
            return _constructor("timestamp", value.isoformat().replace("+00:00", "Z"))
        case date():
            return _constructor("date", value.isoformat())
        case timedelta():
            return _constructor("duration", _length(value))


def _constructor(name: str, text: str) -> tree.Expr:
    return tree.Call(name, (tree.StringLit(text),))


def _amount(minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f} {currency}"


def _length(value: timedelta) -> str:
    """Return a length of time in days if it is whole days, else in seconds."""
    if value % _DAY == timedelta():
        return f"{value // _DAY}d"
    sign = "-" if value < timedelta() else ""
    seconds, micros = divmod(abs(value) // timedelta(microseconds=1), 10**6)
    return f"{sign}{seconds}.{micros:06d}s" if micros else f"{sign}{seconds}s"
