"""Tokens to the surface tree: recursive descent with CEL's precedence.

Promises: any text gives a tree or an `ExpressionError`, never another exception; a tree is at most
`MAX_HEIGHT` high and has at most `MAX_NODES` nodes. Chains (`!!x`, `a && b`, `a - b`, `x ? y : z ? ...`) are
read by loops, so only brackets recurse, at most `MAX_NESTING` deep.
"""

from __future__ import annotations

from kamrules.errors import ExpressionError, Fault
from kamrules.rules.lang import tree
from kamrules.rules.lang.lexer import Token, fault, tokens
from kamrules.rules.lang.tree import MAX_HEIGHT, MAX_NODES
from kamrules.rules.lang.types import INT_MAX
from kamrules.source import Text

MAX_NESTING = 48

# CEL's levels of binary operators, loosest first; `||` and `&&` are read by `_junction`.
_LEVELS = (("<", "<=", ">=", ">", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
_KEYWORDS = {"true", "false", "null", "in"}
_RESERVED = {
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
}  # fmt: skip
_WORD_OPERATORS = {"and": "&&", "or": "||", "not": "!", "is": "=="}
_NOTHING = {"end": "the end of the condition"}


def parse(text: Text) -> tree.Expr:
    """Return the surface tree of a condition.

    Parameters
    ----------
    text : Text
        The condition and where it stands in its file.

    Returns
    -------
    tree.Expr
        Its tree; names and types are not looked at yet.

    Raises
    ------
    ExpressionError
        E-LEX, E-SYNTAX, E-RANGE, E-SIZE, E-DEPTH or E-PROFILE.

    Examples
    --------
    >>> parse(Text("deal.visits >= 3"))
    Binary(op='>=', left=Select(base=Name(name='deal', pos=0), name='visits', optional=False, pos=5), \
right=IntLit(value=3, pos=15), pos=12)
    """
    parser = _Parser(text)
    expr = parser.whole()
    if parser.faults:
        raise ExpressionError(parser.faults)
    _limit(expr, text)
    return expr


def _limit(expr: tree.Expr, text: Text) -> None:
    hint = "split it with a named expression `def.NAME`"
    for count, (node, depth) in enumerate(tree.walk(expr), start=1):
        if depth > MAX_HEIGHT:
            raise fault(
                text, node.pos, "E-DEPTH", f"the expression is more than {MAX_HEIGHT} levels high", hint
            )
        if count > MAX_NODES:
            raise fault(text, node.pos, "E-SIZE", f"the expression has more than {MAX_NODES} parts", hint)


def _ends_in_minus(signs: list[Token]) -> bool:
    return bool(signs) and signs[-1].text == "-"


class _Parser:
    """One pass over the tokens; `faults` collects what is outside the profile but can be read past."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.nesting = 0
        self.faults: list[Fault] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def is_op(self, *ops: str) -> bool:
        token = self.token
        return token.text in ops and token.kind in {"op", "name"}

    def advance(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def fail(
        self, message: str, hint: str = "", *, code: str = "E-SYNTAX", pos: int | None = None
    ) -> ExpressionError:
        span = self.text.span_at(self.token.pos if pos is None else pos)
        return ExpressionError([*self.faults, Fault(code, message, span, hint=hint)])

    def outside(self, pos: int, message: str, hint: str) -> None:
        self.faults.append(Fault("E-PROFILE", message, self.text.span_at(pos), hint=hint))

    def expect(self, op: str) -> Token:
        if not self.is_op(op):
            raise self.fail(f"`{op}` is expected, not {self.seen()}", self.hint_for_seen())
        return self.advance()

    def seen(self) -> str:
        return _NOTHING.get(self.token.kind) or f"`{self.token.text[:24]}`"

    def hint_for_seen(self) -> str:
        word = self.token.text
        if word in _WORD_OPERATORS:
            return f"write `{_WORD_OPERATORS[word]}`"
        return "join conditions with && or ||"

    def whole(self) -> tree.Expr:
        if self.token.kind == "end":
            raise self.fail("the condition is empty")
        expr = self.expr()
        if self.token.kind != "end":
            raise self.fail(f"an operator or the end is expected, not {self.seen()}", self.hint_for_seen())
        return expr

    def nested(self, opening: Token) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            message = f"brackets are nested more than {MAX_NESTING} deep"
            raise self.fail(message, code="E-DEPTH", pos=opening.pos)

    def expr(self) -> tree.Expr:
        """Read `or [? or : expr]`; the chain after `:` is read by a loop."""
        branches: list[tuple[tree.Expr, tree.Expr, int]] = []
        last = self.junction("||")
        while self.is_op("?"):
            mark = self.advance()
            then = self.junction("||")
            if self.is_op("?"):
                hint = "write `a ? (b ? x : y) : z`"
                raise self.fail("a `? :` between `?` and `:` stands in parentheses", hint)
            self.expect(":")
            branches.append((last, then, mark.pos))
            last = self.junction("||")
        for test, then, pos in reversed(branches):
            last = tree.Ternary(test, then, last, pos)
        return last

    def junction(self, op: str) -> tree.Expr:
        operands = [self.junction("&&") if op == "||" else self.binary(0)]
        pos = self.token.pos
        while self.is_op(op):
            self.advance()
            operands.append(self.junction("&&") if op == "||" else self.binary(0))
        return operands[0] if len(operands) == 1 else tree.Junction(op, tuple(operands), pos)

    def binary(self, level: int) -> tree.Expr:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.is_op(*_LEVELS[level]):
            token = self.advance()
            left = tree.Binary(token.text, left, self.binary(level + 1), token.pos)
        return left

    def unary(self) -> tree.Expr:
        signs: list[Token] = []
        # The minus of `-5` belongs to the number, but those of `--5` are operators, as in CEL.
        while self.is_op("!", "-") and not (self.is_signed_number() and not _ends_in_minus(signs)):
            signs.append(self.advance())
        expr = self.member()
        for sign in reversed(signs):
            expr = tree.Unary(sign.text, expr, sign.pos)
        return expr

    def is_signed_number(self) -> bool:
        return self.is_op("-") and self.tokens[self.at + 1].kind in {"int", "float", "uint"}

    def member(self) -> tree.Expr:
        expr = self.primary()
        while self.is_op(".", ".?", "[", "{"):
            opening = self.advance()
            if opening.text == "[":
                self.index(opening)
            elif opening.text == "{":
                message, hint = (
                    "message literals are not part of the language",
                    "compare the fields one by one",
                )
                raise self.fail(message, hint, code="E-PROFILE", pos=opening.pos)
            else:
                expr = self.selection(expr, optional=opening.text == ".?")
        return expr

    def index(self, opening: Token) -> None:
        """Read past `[expr]`, which the profile does not have."""
        hint = "use exists, all or filter over the list; the fields of a record are named with a dot"
        self.outside(opening.pos, "indexing is not part of the language", hint)
        if self.is_op("?"):
            self.advance()
        self.nested(opening)
        self.expr()
        self.nesting -= 1
        self.expect("]")

    def selection(self, base: tree.Expr, *, optional: bool) -> tree.Expr:
        token = self.advance()
        if token.kind == "quoted":
            self.outside(
                token.pos, "quoted names are not part of the language", "field names are plain names"
            )
        elif token.kind != "name" or token.text in _KEYWORDS:
            self.at -= 1
            raise self.fail(f"a field name is expected after the dot, not {self.seen()}")
        if self.is_op("(") and not optional:
            return tree.Method(base, token.text, self.arguments(), token.pos)
        return tree.Select(base, token.text, optional, token.pos)

    def arguments(self) -> tuple[tree.Expr, ...]:
        return self.items(self.expect("("), ")")

    def items(self, opening: Token, closing: str) -> tuple[tree.Expr, ...]:
        self.nested(opening)
        found: list[tree.Expr] = []
        while not self.is_op(closing):
            if closing == "]" and self.is_op("?"):
                hint = "write the elements out"
                self.outside(self.advance().pos, "optional elements are not part of the language", hint)
            found.append(self.expr())
            if not self.is_op(","):
                break
            comma = self.advance()
            if self.is_op(closing) and closing == ")":
                raise self.fail("an argument is expected after the comma", pos=comma.pos)
        self.expect(closing)
        self.nesting -= 1
        return tuple(found)

    def primary(self) -> tree.Expr:
        token = self.advance()
        match token.kind, token.text:
            case "int" | "float" | "string" | "uint" | "bytes", _:
                return self.literal(token, token.pos)
            case "op", "-":
                return self.literal(self.advance(), token.pos, sign=-1)
            case "op", "(":
                self.nested(token)
                expr = self.expr()
                self.nesting -= 1
                self.expect(")")
                return expr
            case "op", "[":
                return tree.ListLit(self.items(token, "]"), token.pos)
            case "name", _:
                return self.named(token)
        raise self.refused(token)

    def named(self, token: Token) -> tree.Expr:
        match token.text:
            case "true" | "false":
                return tree.BoolLit(token.text == "true", token.pos)
            case "null":
                return tree.NullLit(token.pos)
        if token.text in _RESERVED or token.text in _KEYWORDS:
            raise self.fail(f"`{token.text}` is a reserved word", pos=token.pos)
        if token.text in _WORD_OPERATORS and not self.is_op("(", "."):
            hint = f"write `{_WORD_OPERATORS[token.text]}`"
            raise self.fail(f"a value is expected, not `{token.text}`", hint, pos=token.pos)
        if self.is_op("("):
            return tree.Call(token.text, self.arguments(), token.pos)
        return tree.Name(token.text, token.pos)

    def literal(self, token: Token, pos: int, *, sign: int = 1) -> tree.Expr:
        value = token.value
        match token.kind, value:
            case "float", float():
                return tree.FloatLit(sign * value, pos)
            case "int" | "uint", int():
                if token.kind == "uint":
                    self.outside(pos, "unsigned numbers are not part of the language", "leave the `u` out")
                if sign * value > INT_MAX:
                    message = f"`{token.text}` does not fit a 64-bit whole number"
                    raise self.fail(message, f"the largest is {INT_MAX}", code="E-RANGE", pos=pos)
                return tree.IntLit(sign * value, pos)
        if token.kind == "bytes":
            self.outside(pos, "bytes are not part of the language", "write a text without the `b`")
        return tree.StringLit(str(value), pos)

    def refused(self, token: Token) -> ExpressionError:
        """Return the error of a token no expression begins with."""
        self.at -= 1
        match token.text:
            case "{":
                hint = "write a list `[...]` after `in`, or compare fields one by one"
                return self.fail("map literals are not part of the language", hint, code="E-PROFILE")
            case ".":
                hint = "begin with the name of the record"
                return self.fail("a leading dot is not part of the language", hint, code="E-PROFILE")
        if token.kind == "quoted":
            hint = "names are plain names"
            return self.fail("quoted names are not part of the language", hint, code="E-PROFILE")
        return self.fail(f"a value is expected, not {self.seen()}")
