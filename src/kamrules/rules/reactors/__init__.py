"""The family of reactors: each says which reactions run when the facts of a deal turn from some to others.

A member module has one public function `compile_reactions(reactions) -> Reactor`. All members agree with
`plain` on every two mappings of texts to texts; a disagreement is a defect. Members never import each other.
A reactor keeps nothing between two calls and may be shared between threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, Protocol, get_args

from kamrules.errors import ArgumentError, Fault, MissingExtraError, nearest
from kamrules.rules.reactions import Reaction
from kamrules.validation import shown

Name = Literal["durable", "plain"]


class Reactor(Protocol):
    """Compiled reactions."""

    def react(self, before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Reaction, ...]:
        """Return the reactions that run when facts turn from `before` to `now`, in the order of the pack.

        Facts no reaction reads are ignored, and so are flags: those are set by the reactions themselves.
        Raises ArgumentError (A-FACT) where a fact that is read is no text.
        """
        ...


def choose_reactor(name: str | None = None) -> Callable[[Sequence[Reaction]], Reactor]:
    """Return what compiles reactions: by durable-rules where that is installed, else in plain Python.

    Raises
    ------
    MissingExtraError
        KR600 when `durable` is asked for by name and is not installed.

    Examples
    --------
    >>> stuck = Reaction("stuck", becomes=(("claim", ("contradicted",)),))
    >>> reactor = choose_reactor("plain")([stuck])
    >>> [one.id for one in reactor.react({"claim": "supported"}, {"claim": "contradicted"})]
    ['stuck']
    """
    known = get_args(Name)
    if name is not None and name not in known:
        message = f"`{name}` given for a reactor, {' or '.join(f'`{one}`' for one in known)} expected"
        raise ArgumentError(Fault("A-VALUE", message, hint=nearest(name, known)))
    for member in known if name is None else (name,):
        try:
            compiler: Callable[[Sequence[Reaction]], Reactor] = _member(member).compile_reactions
        except MissingExtraError:
            if name is not None:
                raise
        else:
            return compiler
    raise AssertionError(name)  # `plain` needs nothing


def _member(name: str) -> Any:
    return import_module(f"{__name__}.{name}")


def facts_read(given: Any, names: Iterable[str], what: str) -> dict[str, str]:
    """Return the facts among `names` that are given, checked to be texts."""
    if not isinstance(given, Mapping):
        raise ArgumentError(Fault("A-FACT", f"`{what}` is a mapping of facts to texts"))
    found = {name: given[name] for name in names if name in given}
    wrong = [name for name, value in found.items() if not isinstance(value, str)]
    if wrong:
        raise ArgumentError(
            Fault("A-FACT", f"fact `{name}` is {shown(found[name])}, a text is expected", where=what)
            for name in wrong
        )
    return found
