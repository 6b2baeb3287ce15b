"""What a pack lets the cells of a table name, and whether a condition made of them is one of the pack's."""

from __future__ import annotations

from kamrules.errors import ExpressionError, Fault
from kamrules.rules.lang import types as t
from kamrules.rules.lang.core import type_of
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.typecheck import check
from kamrules.rules.pack import Pack
from kamrules.rules.vocabulary import Vocabulary
from kamrules.source import Text


class Names:
    """The fields of a deal, parameters and definitions of a pack, with their types."""

    def __init__(self, pack: Pack) -> None:
        self._scope = Vocabulary(pack).scope()

    def kind_of(self, path: str) -> t.Type | None:
        """Return the type of an input; None for what the pack does not know."""
        try:
            return type_of(check(parse(Text(path)), Text(path), self._scope, None))
        except ExpressionError:
            return None

    def faults_in(self, condition: str) -> tuple[Fault, ...]:
        """Return what keeps a text from being a condition of the pack."""
        try:
            check(parse(Text(condition)), Text(condition), self._scope)
        except ExpressionError as problem:
            return problem.faults
        return ()
