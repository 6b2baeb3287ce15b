"""Raw deals to records: validated, guarded against personal data, every fault named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from kamrules.errors import Fault, RecordError
from kamrules.privacy import PrivacyGuard
from kamrules.rules.packformat import Privacy
from kamrules.validation import faults_of, path_text, shown

_HALF_PAIR = re.compile(r"[\ud800-\udfff]")


class Intake:
    """Reads deals as records of `model`; `privacy` says what must not come in."""

    def __init__(self, model: type[BaseModel], privacy: Privacy | None) -> None:
        self.model = model
        self.guard = PrivacyGuard(privacy) if privacy is not None else None

    def read(self, deal: Any) -> tuple[BaseModel, tuple[Fault, ...]]:
        """Return the record and what was redacted on the way; RecordError lists every bad field."""
        if isinstance(deal, self.model):
            return deal, ()
        try:
            return self._validated(_mapping(deal))
        except RecursionError:
            raise RecordError(Fault("R-DEPTH", "the record is nested too deeply")) from None

    def _validated(self, data: Mapping[str, Any]) -> tuple[BaseModel, tuple[Fault, ...]]:
        redacted, issues = self._redact(data)
        broken = [] if _is_sound(redacted) else [_broken(path) for path in _broken_texts(redacted, ())]
        try:
            record = self.model.model_validate(redacted)
        except ValidationError as error:
            # A forbidden name is one the record does not have, so it always ends up here.
            refused = self.guard.refused(data) if self.guard is not None else []
            known = {fault.where for fault in (*refused, *broken)}
            found = [fault for fault in faults_of(error, self.model) if fault.where not in known]
            raise RecordError([*refused, *broken, *found]) from None
        if broken:
            raise RecordError(broken)
        return record, issues

    def read_again(self, record: BaseModel) -> None:
        """Raise RecordError if an attribute was set to a wrong value after the record had been read."""
        self.read(record.model_dump(exclude_unset=True, warnings=False))

    def refused(self, where: str, name: str) -> Fault | None:
        """Return the fault for a field `name` at `where` if its name is forbidden."""
        last = name.rpartition(".")[2]
        if self.guard is None or self.guard.kind_of(last) is None:
            return None
        return self.guard.fault(where, last)

    def read_without_bad_values(self, deal: Any) -> tuple[BaseModel, tuple[Fault, ...]] | None:
        """Return the record with every bad value removed and the faults they had; None if nothing remains."""
        try:
            given = _mapping(deal)
            return self.read(given)
        except RecordError as error:
            faults = error.faults
        if not isinstance(deal, Mapping | BaseModel):
            return None
        try:
            return self._repaired(_plain_copy(given), faults)
        except RecursionError:
            return None

    def _repaired(self, data: Any, faults: tuple[Fault, ...]) -> tuple[BaseModel, tuple[Fault, ...]] | None:
        for path in [*_broken_texts(data, ())]:
            _drop(data, path)
        while isinstance(data, dict):
            data, issues = self._redact(data)
            try:
                return self.model.model_validate(data), (*faults, *issues)
            except ValidationError as error:
                if not all(_drop(data, item["loc"]) for item in error.errors(include_url=False)):
                    return None
        return None

    def _redact(self, data: Mapping[str, Any]) -> tuple[Any, tuple[Fault, ...]]:
        found = self.guard.redactions(data) if self.guard is not None else []
        if self.guard is None or not found:
            return data, ()
        copy = _plain_copy(data)
        issues = []
        for redaction in found:
            holder = copy
            for step in redaction.path[:-1]:
                holder = holder[step]
            holder[redaction.path[-1]] = redaction.text
            kinds = ", ".join(redaction.kinds)
            message = (
                f"redacted what reads as {kinds} ({self.guard.rule.red_line}): {self.guard.rule.reason.en}"
            )
            issues.append(Fault("R-PRIVATE", message, where=path_text(redaction.path)))
        return copy, tuple(issues)


def _mapping(deal: Any) -> Mapping[str, Any]:
    if isinstance(deal, dict):
        return deal
    if isinstance(deal, BaseModel):
        return deal.model_dump(exclude_unset=True, warnings=False)
    if not isinstance(deal, Mapping):
        raise RecordError(Fault("R-VALUE", f"{shown(deal)} given, a mapping or a record expected"))
    return {**_plain_copy(deal)}


def _is_sound(data: Any) -> bool:
    """Whether every text in a mapping or list can be written; the places of others are asked for later."""
    try:
        _write(data)
    except UnicodeEncodeError:
        return False
    return True


def _write(data: Any) -> None:
    for value in data.values() if isinstance(data, dict) else data:
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, dict | list | tuple):
            _write(value)


def _broken_texts(data: Any, path: tuple[int | str, ...]) -> Iterator[tuple[int | str, ...]]:
    """Yield where a text has half of a character pair: it could be read, and never be written again."""
    if isinstance(data, str):
        if not data.isascii() and _HALF_PAIR.search(data):
            yield path
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _broken_texts(value, (*path, name))
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from _broken_texts(value, (*path, index))


def _broken(path: tuple[int | str, ...]) -> Fault:
    message = "the text has half of a character pair (`\\ud800` to `\\udfff`)"
    return Fault("R-VALUE", message, where=path_text(path))


def _plain_copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain_copy(item) for key, item in value.items()}
    return [_plain_copy(item) for item in value] if isinstance(value, list | tuple) else value


def _drop(data: Any, loc: tuple[int | str, ...]) -> bool:
    """Remove the value at `loc` (a bad list element becomes an empty record); False if not there."""
    holder = data
    for step in loc[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return False
    last = loc[-1] if loc else None
    if isinstance(holder, dict) and last in holder:
        del holder[last]
        return True
    if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        was_record = isinstance(holder[last], dict)
        holder[last] = None if was_record else {}
        return not was_record
    return False
