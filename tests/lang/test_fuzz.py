"""Ten thousand texts, random and mutated: a tree or an ExpressionError, and nothing else."""

import random
import string

import pytest

from kamrules.errors import ExpressionError
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.printer import to_text
from kamrules.rules.lang.typecheck import check
from kamrules.source import Text
from tests.lang.conformance import ROWS
from tests.strategies import SCOPE

_PIECES = (
    *"()[]{},.?:!-+*/%<'`\\\n\x00\u5c71",
    *("deal", "deal.n", "deal.people", ".exists(p, ", "p.role", "as_of", "true", "null", "1", "0.5", '"a"'),
    *('"""', "r'", "b'", ".?", "&&", "||", "==", "!=", "<=", " in ", "has(", "size(", ".size()", ".orValue("),
    *("date(", "money(", "duration('30d')", "//", "\\u00e9", "0x", "1e", "9" * 25, "param.limit"),
    *("def.is_large", "attested(", ".filter(v, "),
)
_CHARACTERS = string.printable + "\u00e9\u5c71\u2028\ud800\x00"


def _mutated(rng: random.Random, source: str) -> str:
    """Return a condition with a few characters or pieces taken out, put in, doubled or swapped."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(source) + 1)
        match rng.randrange(5):
            case 0:
                source = source[:at] + source[at + rng.randint(1, 4) :]
            case 1:
                source = source[:at] + rng.choice(_PIECES) + source[at:]
            case 2:
                source = source[:at] + rng.choice(_CHARACTERS) + source[at:]
            case 3:
                source = source[:at] + source[max(0, at - 8) : at] + source[at:]
            case _:
                source = source[at:] + source[:at]
    return source


def _texts(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    conditions = [row.expr for row in ROWS]
    random_ones = ["".join(rng.choices(_PIECES, k=rng.randint(1, 12))) for _ in range(count // 4)]
    noise = ["".join(rng.choices(_CHARACTERS, k=rng.randint(1, 30))) for _ in range(count // 10)]
    mutated = [_mutated(rng, rng.choice(conditions)) for _ in range(count - len(random_ones) - len(noise))]
    return [*random_ones, *noise, *mutated]


@pytest.mark.parametrize("seed", range(10))
def test_any_text_gives_a_tree_or_an_expression_error(seed: int) -> None:
    read = 0
    silent: list[str] = []
    for source in _texts(seed, 1000):
        text = Text(source)
        try:
            expr = parse(text)
            assert parse(Text(to_text(expr))) == expr
            check(expr, text, SCOPE, None)
            read += 1
        except ExpressionError as error:
            is_told = bool(error.faults) and all(
                fault.code.startswith("E-") and fault.span for fault in error.faults
            )
            silent += [] if is_told else [source]
    assert silent == []
    assert read > 10  # the mutations leave enough that is still well typed
