"""A passed gate as a small document that can be checked later, without the CRM it came from.

It holds what the gate asked, the status and facts of each criterion, which pack (by hash) said so of
which record (by hash) as of which day. A digest over all of it shows that something was changed; with a
secret key it is an HMAC, which nobody without the key can make anew. With the pack, and if it is still
there the record, the verdict itself is made again and compared.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kamrules.assessment import Assessment, CriterionResult
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, InputError, nearest
from kamrules.jsontext import plain_data
from kamrules.validation import faults_of

Method = Literal["sha256", "hmac-sha256"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CertifiedFact(_Part):
    """One fact a criterion read: where it stands, what it was, how well it was known."""

    path: str
    value: Any = None
    evidence: str | None = None
    known_on: str | None = None


class CertifiedCriterion(_Part):
    """One hard criterion of the gate: `met`, or `not_applicable`, with the facts that decided it."""

    id: str
    status: Literal["met", "not_applicable"]
    facts: tuple[CertifiedFact, ...] = ()


class Certificate(_Part):
    """That a deal passed a gate (`M4.exit`) on a day, by one pack and one record."""

    format: Literal[1] = 1
    gate: str
    deal_id: str | None
    as_of: date
    pack_id: str
    pack_version: str
    pack_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    record_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    criteria: tuple[CertifiedCriterion, ...]
    method: Method = "sha256"
    digest: str = ""

    def to_json(self) -> str:
        """Return the certificate as JSON, one fact a line for whoever reads it."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def certify(engine: Engine, deal: Any, *, gate: str, as_of: date, key: bytes | None = None) -> Certificate:
    """Return the certificate of a gate that a deal passes.

    Parameters
    ----------
    engine : a compiled pack
    deal : mapping or record
    gate : milestone and side, such as `M3.exit`
    as_of : the day of the assessment
    key : a secret; with it the digest is an HMAC-SHA256, without it a plain SHA-256

    Raises
    ------
    ArgumentError
        No such gate (A-GATE), or the deal does not pass it (A-GATE): every criterion in the way is named.
    RecordError
        The deal is no record (R-*).

    Examples
    --------
    >>> from kamrules.engine import compile, load_pack
    >>> engine = compile(load_pack("handbook"))
    >>> deal = {"id": "D1", "account": {"name": "Lingang", "industry": "shipbuilding"}}
    >>> certify(engine, deal, gate="M1.entry", as_of=date(2026, 6, 30)).criteria[0].id
    'M1.E1'
    """
    names = _criteria_of(engine, gate)
    record = engine.read(deal)
    assessment = engine.assess(record, as_of=as_of)
    results = {one.id: one for one in assessment.criteria}
    faults = [
        Fault("A-GATE", f"`{name}` is {results[name].status}", where=gate)
        for name in names
        if results[name].status not in {"met", "not_applicable"}
    ]
    if faults:
        raise ArgumentError(faults)
    bare = Certificate(
        gate=gate,
        deal_id=assessment.deal_id,
        as_of=as_of,
        pack_id=engine.pack.id,
        pack_version=engine.pack.version,
        pack_hash=engine.pack.hash,
        record_hash=record_hash(record),
        criteria=tuple(_certified(results[name]) for name in names),
        method="sha256" if key is None else "hmac-sha256",
    )
    return bare.model_copy(update={"digest": _digest(bare, key)})


def _criteria_of(engine: Engine, gate: str) -> list[str]:
    pack = engine.pack
    names = [name for name, spec in pack.criteria.items() if spec.gate == gate and spec.kind == "hard"]
    if not names:
        gates = {spec.gate for spec in pack.criteria.values() if spec.kind == "hard"}
        message = f"`{pack.id}` has no gate `{gate}` with a hard criterion"
        raise ArgumentError(Fault("A-GATE", message, hint=nearest(gate, gates)))
    return names


def _certified(result: CriterionResult) -> CertifiedCriterion:
    facts = [
        CertifiedFact(
            path=fact.path, value=plain_data(fact.value), evidence=fact.evidence, known_on=fact.known_on
        )
        for fact in result.facts
        if fact.is_decisive
    ]
    status: Literal["met", "not_applicable"] = "met" if result.status == "met" else "not_applicable"
    return CertifiedCriterion(id=result.id, status=status, facts=tuple(facts))


def record_hash(record: BaseModel) -> str:
    """Return the SHA-256 of a record's facts; what is not there, or null, does not count."""
    data = record.model_dump(mode="json", exclude_none=True)
    return hashlib.sha256(_canonical(data)).hexdigest()


def _canonical(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _digest(certificate: Certificate, key: bytes | None) -> str:
    text = _canonical(certificate.model_dump(mode="json", exclude={"digest"}))
    if certificate.method == "sha256" or key is None:
        return hashlib.sha256(text).hexdigest()
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def read_certificate(path: Path) -> Certificate:
    """Read a certificate from a file; InputError (I-CERTIFICATE) where it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no JSON text"
        raise InputError(Fault("I-CERTIFICATE", f"cannot read `{path}`: {str(reason).lower()}")) from None
    if not isinstance(data, Mapping):
        raise InputError(Fault("I-CERTIFICATE", f"`{path}` is no certificate: a JSON object is expected"))
    try:
        return Certificate.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise InputError(faults_of(error, Certificate, prefix="I")) from None


def verify(
    certificate: Certificate, *, key: bytes | None = None, engine: Engine | None = None, deal: Any = None
) -> tuple[Fault, ...]:
    """Return what speaks against a certificate, nothing where it holds.

    Parameters
    ----------
    certificate : as read
    key : the secret it was signed with, if it was
    engine : the pack it names, to see that it is that pack; with `deal` the verdict is made again
    deal : the record as it is now

    Raises
    ------
    ArgumentError
        It is signed and no key is given, or the other way round (A-KEY); a deal is given without a pack.
    """
    if (certificate.method == "hmac-sha256") != (key is not None):
        seen = "signed, a key is needed" if key is None else "not signed, no key applies"
        raise ArgumentError(Fault("A-KEY", f"the certificate is {seen}"))
    if deal is not None and engine is None:
        raise ArgumentError(Fault("A-VALUE", "a deal is given without the pack that judges it"))
    faults = []
    if not hmac.compare_digest(certificate.digest, _digest(certificate, key)):
        faults.append(Fault("V-DIGEST", "it was changed after it was made, or made with another key"))
    if engine is not None:
        faults += _against_pack(certificate, engine)
    if engine is not None and deal is not None and not faults:
        faults += _against_deal(certificate, engine, deal)
    return tuple(faults)


def _against_pack(certificate: Certificate, engine: Engine) -> list[Fault]:
    pack = engine.pack
    if pack.hash == certificate.pack_hash:
        return []
    seen = f"`{pack.id}` {pack.version} ({pack.hash[:12]})"
    made = f"`{certificate.pack_id}` {certificate.pack_version} ({certificate.pack_hash[:12]})"
    return [Fault("V-PACK", f"it was made by {made}, this is {seen}")]


def _against_deal(certificate: Certificate, engine: Engine, deal: Any) -> list[Fault]:
    record = engine.read(deal)
    faults = []
    if record_hash(record) != certificate.record_hash:
        faults.append(Fault("V-RECORD", "the record has changed since"))
    found = engine.assess(record, as_of=certificate.as_of)
    return faults + list(_now_otherwise(certificate, found))


def _now_otherwise(certificate: Certificate, found: Assessment) -> list[Fault]:
    statuses = {one.id: one.status for one in found.criteria}
    return [
        Fault("V-VERDICT", f"`{one.id}` was {one.status}, it is {statuses.get(one.id, 'gone')}")
        for one in certificate.criteria
        if statuses.get(one.id) != one.status
    ]
