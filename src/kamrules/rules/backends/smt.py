"""The prover: claims about conditions, proved for every record the schema allows or refuted by a record.

z3 answers, the reference evaluator confirms: no witness is shown that it does not replay. What z3 cannot say,
or does not say in time, is undecided with the reason; nothing passes in silence. How conditions become
formulas is in `rules/smtcode`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter
from typing import Any, Literal

from kamrules.rules.lang.types import Object
from kamrules.rules.smtcode.claims import (
    AllOf,
    AnyOf,
    Claim,
    Is,
    Question,
    always,
    asked,
    both,
    covers,
    decided,
    disjoint,
    either,
    implies,
    is_not,
    never,
    rule_true,
    same,
    status_is,
    transition,
)
from kamrules.rules.smtcode.facts import Domain
from kamrules.rules.smtcode.logic import NotSaidError
from kamrules.rules.smtcode.needs import Needs
from kamrules.rules.smtcode.outline import Others
from kamrules.rules.smtcode.search import Asked, Problem, Search
from kamrules.rules.smtcode.steps import Lowered, reads

__all__ = [
    "AllOf",
    "AnyOf",
    "Claim",
    "Domain",
    "Is",
    "Proof",
    "Prover",
    "Question",
    "always",
    "asked",
    "both",
    "covers",
    "decided",
    "disjoint",
    "either",
    "implies",
    "is_not",
    "never",
    "rule_true",
    "same",
    "status_is",
    "transition",
]

Status = Literal["proved", "refuted", "undecided"]

_CENTURY = Domain()


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a claim.

    Parameters
    ----------
    status : str
        `proved` of every record, `refuted` by `witness`, or `undecided` because of `reason`.
    witness : mapping or None
        The smallest record that refutes the claim: fewest known facts, then fewest list elements. Replayed.
    as_of : date or None
        The day on which it does.
    bound : int or None
        The most elements of one list that were looked at; None when no list matters.
    for_any_length : bool
        Whether a proof holds for lists of any length; if not, for lists of up to `bound` elements only.
    is_smallest : bool
        Whether it was shown in time that no record smaller than the witness refutes the claim.
    reason : str
        Why it is undecided, or what a proof is limited to.
    seconds : float
        How long it took.
    """

    status: Status
    witness: Mapping[str, Any] | None = None
    as_of: date | None = None
    bound: int | None = None
    for_any_length: bool = False
    is_smallest: bool = False
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Prover:
    """Proves claims about the conditions on one type of record.

    Parameters
    ----------
    schema : Object
        The type of the record.
    root : str
        The name of the record in conditions.
    as_of : date or None
        The day of the evaluation; None for any day of the domain.
    timeout_ms : int
        How long one claim may take.
    shrink_ms : int or None
        How long the search for the smallest witness may take after that; None: any witness will do.
    domain : Domain
        The days that facts may be.
    """

    schema: Object
    root: str = "deal"
    as_of: date | None = None
    timeout_ms: int = 5000
    shrink_ms: int | None = 2000
    domain: Domain = _CENTURY

    def prove(self, claim: Claim) -> Proof:
        """Return what becomes of a claim.

        Parameters
        ----------
        claim : Claim
            See `claims`: `never`, `always`, `implies`, `disjoint`, `covers`, `same`, `transition` …

        Returns
        -------
        Proof
        """
        started = perf_counter()
        proof = self._prove(claim)
        return replace(proof, seconds=perf_counter() - started)

    def prove_step(self, lowered: Lowered) -> Proof:
        """Return what becomes of the claim that no step of a fact lowers the points of a score entry.

        A witness is the deal before the step; `lowered.move` gives the step.
        """
        started = perf_counter()
        proof = self._prove_step(lowered)
        return replace(proof, seconds=perf_counter() - started)

    def _prove_step(self, lowered: Lowered) -> Proof:
        if not reads(lowered.entry, lowered.ladder):
            return Proof("proved", for_any_length=True)
        looked_at = lowered.looked_at()
        one = {} if looked_at is None else {looked_at: 1}
        try:
            outline = self._put(replace(lowered, others=Others()), one)
            if outline.ask() == "no" and not outline.facts.rounds:
                return Proof("proved", for_any_length=True)
            needs = Needs()
            sizes = needs.sizes(lowered.as_question())
            if looked_at is not None:
                sizes[looked_at] = sizes.get(looked_at, 0) + 1
            return self._answer(self._put(lowered, sizes), needs)
        except NotSaidError as error:
            return Proof("undecided", reason=f"z3 has no word for {error}")

    def to_smtlib(self, claim: Claim) -> str:
        """Return the question z3 gets as SMT-LIB text: `sat` refutes the claim, `unsat` proves it.

        Raises
        ------
        NotSaidError
            z3 has no word for an operator; `prove` calls such a claim undecided.
        """
        return str(self._search(claim, Needs()).solver.to_smt2())

    def _search(self, claim: Claim, needs: Needs) -> Search:
        return self._put(Asked(claim.refuted_by), needs.sizes(claim.refuted_by))

    def _put(self, problem: Problem, sizes: dict[str, int]) -> Search:
        return Search(
            problem,
            self.schema,
            self.root,
            self.as_of,
            self.domain,
            self.timeout_ms,
            self.shrink_ms,
            sizes,
        )

    def _prove(self, claim: Claim) -> Proof:
        needs = Needs()
        try:
            search = self._search(claim, needs)
        except NotSaidError as error:
            return Proof("undecided", reason=f"z3 has no word for {error}")
        return self._answer(search, needs)

    def _answer(self, search: Search, needs: Needs) -> Proof:
        bound = max(search.sizes.values(), default=None)
        match search.ask():
            case "open":
                return Proof("undecided", bound=bound, reason=search.why_open())
            case "no" if search.facts.rounds:
                reason = "true of exact numbers, but doubles that are computed with are rounded"
                return Proof("undecided", bound=bound, reason=reason)
            case "no":
                limits = [f"`{path}`: {why}" for path, why in needs.open.items()]
                reason = f"for lists of up to {bound} elements: {'; '.join(limits)}" if limits else ""
                return Proof("proved", bound=bound, for_any_length=not limits, reason=reason)
        witness = search.witness()
        if witness is None:
            reason = "z3 found a record that does not refute it when replayed; doubles are rounded"
            return Proof("undecided", bound=bound, reason=reason)
        return Proof("refuted", witness.record, witness.as_of, bound, True, witness.is_smallest)
