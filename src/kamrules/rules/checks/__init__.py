"""Checks of a pack that loads and plans without a fault: what is well formed and still wrong, or suspicious.

Each other module of this folder is one check, named as its code is (`unused_param.py` is `unused-param`). Its
docstring is its page: a summary line, then why it matters and what to do. It offers `SEVERITY` and
`check(subject) -> Iterator[Remark]`; members are found in the folder and know nothing of each other. One
that asks the prover sets `PROVES = True`: it takes seconds and `kamrules[verify]`, so it runs only when asked
for, and is reported as skipped otherwise. It asks by `subject.prove` and `subject.can_be`, which count what
was proved.

A package of the user's offers modules of the same shape as entry points of the group `kamrules.checks`, named
by their code; `kamrules new check` writes one.

A remark is suppressed where the pack says so, with a reason:

    suppress:
      - {check: unused-param, at: params.old_cut, why: kept for last year's reports}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from kamrules.errors import ArgumentError, Fault, KamrulesError, nearest
from kamrules.rules.lang.core import Node, Var
from kamrules.rules.lang.types import Object
from kamrules.rules.pack import Pack
from kamrules.rules.plan import Flag, Rule
from kamrules.rules.planning import Planned
from kamrules.rules.smtcode.claims import Claim, Question, never
from kamrules.source import Span

if TYPE_CHECKING:  # the prover needs an extra
    from kamrules.rules.backends.smt import Proof, Prover

__all__ = [
    "GROUP",
    "SEVERITIES",
    "Member",
    "Proofs",
    "Remark",
    "Report",
    "Severity",
    "Subject",
    "known_checks",
    "members",
    "proves",
    "run_checks",
]

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
GROUP = "kamrules.checks"
_SUPPRESSION = "suppress"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing a check says of a pack: what is wrong, at which part (`at`) and place, and how to mend it.

    `code` and `severity` are filled in by `run_checks`; `reason` is why it was suppressed, if it was.
    """

    at: str
    message: str
    hint: str = ""
    span: Span | None = None
    code: str = ""
    severity: Severity = "warning"
    reason: str = ""

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        tail = f"; {self.hint}" if self.hint else ""
        return f"{place}{self.severity}: {self.code}: {self.at}: {self.message}{tail}"

    def to_dict(self) -> dict[str, Any]:
        """Return the remark as plain JSON-ready data."""
        span = self.span
        return {
            "code": self.code,
            "severity": self.severity,
            "at": self.at,
            "message": self.message,
            "hint": self.hint or None,
            "path": span.path if span else None,
            "line": span.line if span else None,
            "column": span.column if span else None,
            "suppressed_because": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class Proofs:
    """What became of the claims of one check: how many hold, fail and are not decided, in how many seconds.

    A claim that something can be, such as that a gate can be passed, holds where a deal shows it.
    """

    holds: int = 0
    fails: int = 0
    undecided: int = 0
    seconds: float = 0.0

    def __add__(self, other: Proofs) -> Proofs:
        return Proofs(
            self.holds + other.holds,
            self.fails + other.fails,
            self.undecided + other.undecided,
            self.seconds + other.seconds,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON-ready data."""
        return {
            "holds": self.holds,
            "fails": self.fails,
            "undecided": self.undecided,
            "seconds": round(self.seconds, 2),
        }


_COUNTED = {
    "proved": Proofs(holds=1),
    "refuted": Proofs(fails=1),
    "undecided": Proofs(undecided=1),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: a pack and its plan, both without a fault; `proofs` grows with each claim proved."""

    pack: Pack
    planned: Planned
    proofs: list[Proofs] = field(default_factory=list)

    def prover(
        self, timeout_ms: int = 5000, shrink_ms: int | None = 2000, *, on: Var | None = None
    ) -> Prover:
        """Return a prover of claims about deals or elements of a list; MissingExtraError without z3."""
        from kamrules.rules.backends import smt  # noqa: PLC0415 - needs an extra

        plan = self.planned.plan
        schema, root = plan.schema, plan.root
        if on is not None and isinstance(on.type, Object):
            schema, root = on.type, on.name
        return smt.Prover(schema, root, timeout_ms=timeout_ms, shrink_ms=shrink_ms)

    def prove(
        self, claim: Claim, *, timeout_ms: int = 5000, shrink_ms: int | None = 2000, on: Var | None = None
    ) -> Proof:
        """Return what becomes of a claim that is to hold of every deal, or of every element `on` may be."""
        return self.counted(self.prover(timeout_ms, shrink_ms, on=on).prove(claim))

    def can_be(self, question: Question | Node, *, timeout_ms: int = 5000, on: Var | None = None) -> Proof:
        """Return what becomes of the claim that no deal answers yes, where some deal should."""
        proof = self.prover(timeout_ms, None, on=on).prove(never(question))
        turned = {"proved": "refuted", "refuted": "proved"}.get(proof.status, proof.status)
        self.proofs.append(replace(_COUNTED[turned], seconds=proof.seconds))
        return proof

    def counted(self, proof: Proof) -> Proof:
        """Return a proof of a claim that is to hold of every deal, and count it."""
        self.proofs.append(replace(_COUNTED[proof.status], seconds=proof.seconds))
        return proof

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules of the plan by their id."""
        return {rule.id: rule for rule in self.planned.plan.rules}

    def remark(self, path: tuple[str, ...], message: str, hint: str = "") -> Remark:
        """Return a remark on the part of the pack at `path`."""
        return Remark(".".join(path), message, hint, self.pack.span(*path))

    def nodes(self) -> Iterator[tuple[tuple[str, ...], Node]]:
        """Yield every condition that is judged, parameters and definitions put in, with its path."""
        rules = {rule.id: rule for rule in self.planned.plan.rules}
        for section, key in (
            ("criteria", "met_when"),
            ("red_lines", "trips_when"),
            ("findings", "breach_when"),
        ):
            for name, spec in getattr(self.pack, section).items():
                rule = rules.get(name)
                if rule is None:
                    continue
                if getattr(spec, key) is not None:
                    yield (section, name, key), rule.when
                if rule.applies is not None:
                    yield (section, name, "applies_when"), rule.applies
        for table in self.planned.plan.tables:
            for row in table.rows:
                yield ("tables", table.id, "rows", row.id, "when"), row.when
        for card in self.planned.plan.scorecards:
            for entry in card.entries:
                if isinstance(entry, Flag):
                    yield ("scorecards", card.id, "entries", entry.id, "when"), entry.when

    def conditions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield every expression of the pack with its path, in the order of the sections."""
        pack = self.pack
        yield from _texts(pack, "defs", ("expr",))
        yield from _texts(pack, "milestones", ("late_entry_when", "max_dwell"))
        yield from _texts(pack, "criteria", ("met_when", "applies_when"))
        yield from _texts(pack, "red_lines", ("trips_when", "applies_when", "waived_when"))
        yield from _texts(pack, "findings", ("breach_when", "applies_when", "due_on"))
        yield from _texts(pack, "cadences", ("every", "applies_when", "starts"))
        for name, cadence in pack.cadences.items():
            for index, done in enumerate(cadence.done):
                for key in ("of", "when", "on"):
                    if (text := getattr(done, key)) is not None:
                        yield ("cadences", name, "done", str(index), key), text
        yield from _texts(pack, "deadlines", ("after", "before", "done_when", "applies_when"))
        for name, deadline in pack.deadlines.items():
            yield ("deadlines", name, "from"), deadline.counts_from
        yield from _texts(pack, "tables", ("valid_for",))
        for name, table in pack.tables.items():
            for row, spec in table.rows.items():
                yield ("tables", name, "rows", row, "when"), spec.when
        yield from self._inner_conditions()
        yield from _texts(pack, "plays", ("offered_when",))
        for key in ("plays_when", "stalled_when"):
            if (text := getattr(pack, key)) is not None:
                yield (key,), text
        if pack.quiet_period is not None:
            for key in ("applies_when", "begun_when", "starts", "ends"):
                if (text := getattr(pack.quiet_period, key)) is not None:
                    yield ("quiet_period", key), text

    def _inner_conditions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what scores and forms are made of."""
        for name, card in self.pack.scorecards.items():
            for key, entry in card.entries.items():
                parts = {"when": entry.when, "value": entry.value}
                for kind, over in (("share", entry.share), ("mean", entry.mean)):
                    for part in ("of", "when", "value", "weight"):
                        parts[f"{kind}.{part}"] = getattr(over, part, None)
                for part, text in parts.items():
                    if text is not None:
                        yield ("scorecards", name, "entries", key, *part.split(".")), text
        for name, form in self.pack.forms.items():
            for key, spec in form.fields.items():
                path = ("forms", name, "fields", key)
                if spec.path is not None:
                    yield (*path, "path"), spec.path
                if spec.each is not None:
                    for part in ("of", "when", "show"):
                        text = getattr(spec.each, part)
                        if text is not None:
                            yield (*path, "each", part), text


def _texts(pack: Pack, section: str, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, spec in getattr(pack, section).items():
        for key in keys:
            text = getattr(spec, key)
            if text is not None:
                yield (section, name, key), text


class Member(Protocol):
    """What each module of the folder offers."""

    __doc__: str | None
    SEVERITY: Severity
    PROVES: bool
    check: Callable[[Subject], Iterator[Remark]]


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks said: remarks in the order of the file, and those the pack suppresses.

    `skipped` are the checks that ask the prover, when nobody asked for proofs; `proofs` are the figures of
    those that did, by code.
    """

    remarks: tuple[Remark, ...]
    suppressed: tuple[Remark, ...] = ()
    checked: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    proofs: Mapping[str, Proofs] = field(default_factory=dict)

    def at_least(self, severity: Severity) -> tuple[Remark, ...]:
        """Return the remarks of this severity and worse."""
        worst = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return tuple(one for one in self.remarks if one.severity in worst)


def members() -> dict[str, Member]:
    """Return every check that comes with kamrules by its code, in alphabetical order."""
    return {
        info.name.replace("_", "-"): cast("Member", import_module(f"{__name__}.{info.name}"))
        for info in sorted(iter_modules(__path__), key=lambda module: module.name)
    }


def known_checks() -> dict[str, Member]:
    """Return every check by its code: those of kamrules, then those that installed packages offer.

    Raises
    ------
    ArgumentError
        An offered check cannot be loaded, is no check, or takes a code that is taken (A-CHECK).
    """
    found = members()
    faults: list[Fault] = []
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        try:
            member = _offered(point)
        except Exception as problem:  # noqa: BLE001 - importing a module of somebody else's may fail in any way
            faults.append(_check_fault(point, f"cannot be loaded: {type(problem).__name__}: {problem}"))
            continue
        if point.name in found:
            faults.append(_check_fault(point, "has a code that is taken", "give it another name"))
        elif getattr(member, "SEVERITY", None) not in SEVERITIES or not callable(
            getattr(member, "check", None)
        ):
            hint = f"a module with `check(subject)` and a SEVERITY of {', '.join(SEVERITIES)} is expected"
            faults.append(_check_fault(point, "is no check", hint))
        else:
            found[point.name] = member
    if faults:
        raise ArgumentError(faults)
    return found


def _offered(point: EntryPoint) -> Member:
    return cast("Member", point.load())


def _check_fault(point: EntryPoint, message: str, hint: str = "") -> Fault:
    owner = f" of the package `{point.dist.name}`" if point.dist is not None else ""
    return Fault("A-CHECK", f"the check `{point.name}` (`{point.value}`){owner} {message}", hint=hint)


def proves(member: Member) -> bool:
    """Whether a check asks the prover."""
    return getattr(member, "PROVES", False)


def run_checks(pack: Pack, planned: Planned, *, only: tuple[str, ...] = (), prove: bool = False) -> Report:
    """Run the checks on a pack that has no faults.

    Parameters
    ----------
    pack, planned : the pack and what planning it gave
    only : codes of the checks to run; all when empty
    prove : run the checks that ask the prover, too; one that `only` names runs in any case

    Raises
    ------
    ArgumentError
        `only` names no check (A-VALUE), or a check of another package fails (A-CHECK).
    MissingExtraError
        A check that asks the prover is to run and z3 is not installed.
    """
    known = known_checks()
    faults = [
        Fault("A-VALUE", f"no check `{code}`", hint=nearest(code, known))
        for code in only
        if code not in known
    ]
    if faults:
        raise ArgumentError(faults)
    wanted = {code: member for code, member in known.items() if not only or code in only}
    chosen = {code: member for code, member in wanted.items() if prove or code in only or not proves(member)}
    found, proofs = [], {}
    for code, member in chosen.items():
        subject = Subject(pack, planned)
        found += [replace(one, code=code, severity=member.SEVERITY) for one in _said(code, member, subject)]
        if proves(member):
            proofs[code] = sum(subject.proofs, Proofs())
    kept, suppressed = _suppressed(Subject(pack, planned), found, frozenset(chosen), frozenset(known))
    order = sorted(kept, key=lambda one: (one.span is None, one.span, one.code, one.at))
    skipped = tuple(code for code in wanted if code not in chosen)
    return Report(tuple(order), tuple(suppressed), tuple(chosen), skipped, proofs)


def _said(code: str, member: Member, subject: Subject) -> Iterator[Remark]:
    """Yield what a check says; where one of another package breaks down, that is said of it and not of us."""
    try:
        yield from member.check(subject)
    except KamrulesError:
        raise
    except Exception as problem:
        if code in members():
            raise
        frame = extract_tb(problem.__traceback__)[-1]
        message = f"the check `{code}` broke down: {type(problem).__name__}: {problem}"
        raise ArgumentError(
            Fault("A-CHECK", message, Span(frame.filename, frame.lineno or 1, 1))
        ) from problem


def _suppressed(
    subject: Subject, found: list[Remark], chosen: frozenset[str], known: frozenset[str]
) -> tuple[list[Remark], list[Remark]]:
    """Split the remarks into those that stay, a useless suppression among them, and the suppressed."""
    kept, silent = list(found), []
    for index, rule in enumerate(subject.pack.suppress):
        path = (_SUPPRESSION, str(index))
        if rule.check not in known:
            hint = nearest(rule.check, known)
            remark = subject.remark(path, f"no check `{rule.check}`", hint)
            kept.append(replace(remark, code=_SUPPRESSION, severity="error"))
            continue
        hit = [one for one in kept if one.code == rule.check and _is_at(one.at, rule.at)]
        kept = [one for one in kept if one not in hit]
        silent += [replace(one, reason=rule.why) for one in hit]
        if not hit and rule.check in chosen:
            message = f"`{rule.check}` says nothing at `{rule.at}`"
            remark = subject.remark(path, message, "remove the suppression")
            kept.append(replace(remark, code=_SUPPRESSION, severity="warning"))
    return kept, silent


def _is_at(place: str, at: str) -> bool:
    return place == at or place.startswith(f"{at}.")
