"""The names a condition mentions, read off its text: before parameters and definitions are put in."""

from __future__ import annotations

from kamrules.rules.lang.lexer import tokens
from kamrules.source import Text


def words_of(text: str) -> frozenset[str]:
    """Return every name that stands in a condition, not those inside quoted texts.

    Examples
    --------
    >>> sorted(words_of('deal.bid.price > param.most && deal.name != "param.least"'))
    ['bid', 'deal', 'most', 'name', 'param', 'price']
    """
    return frozenset(token.text for token in tokens(Text(text)) if token.kind == "name")


def members_read(text: str, root: str) -> frozenset[str]:
    """Return the members of `root` (`param` or `def`) that a condition reads.

    Examples
    --------
    >>> sorted(members_read("deal.n > param.most || def.is_big && deal.n != param.least", "param"))
    ['least', 'most']
    """
    found = tokens(Text(text))
    return frozenset(
        name.text
        for head, dot, name in zip(found, found[1:], found[2:], strict=False)
        if head.kind == "name" and head.text == root and dot.text == "." and name.kind == "name"
    )
