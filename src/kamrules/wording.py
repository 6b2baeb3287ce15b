"""An assessment in a person's words: field titles, values as people read them, JSON with texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from kamrules.assessment import Assessment
from kamrules.currency import minor_digits
from kamrules.records import label_of
from kamrules.rules.pack import Pack
from kamrules.rules.trace import Fact
from kamrules.validation import model_in

Language = Literal["en", "zh"]
ASSESSMENT = TypeAdapter(Assessment)
_REMEMBERED = 4096  # labels: the deals of a batch ask for the same ones


class Wording:
    """Looks texts up in one pack and its record model."""

    def __init__(self, pack: Pack, model: type[BaseModel]) -> None:
        self.pack = pack
        self.model = model
        self._label = lru_cache(_REMEMBERED)(self._read_label)

    def label(self, path: str, language: Language = "en") -> str:
        """Return the title of a fact for a path such as `deal.stakeholders[2].stance`."""
        return self._label(path, language)

    def _read_label(self, path: str, language: Language) -> str:
        words = []
        for model, name, index in self._steps(path):
            title = label_of(model, name, language) if model is not None else name
            words.append(f"{title} {int(index) + 1}" if index else title)
        return " › ".join(words) or path

    def desk(self, name: str, language: Language = "en") -> str:
        """Return the name of a desk in the words of the pack, or its id."""
        term = self.pack.glossary.get(name)
        return term.name.get(language) if term is not None else name

    def show(self, fact: Fact, language: Language = "en") -> str:
        """Return the value of a fact as a person reads it: money in major units, numbers with their unit."""
        value = fact.value
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "zh": ("否", "是")}[language][value]
        if isinstance(value, tuple):
            return {"en": "none", "zh": "无"}[language]
        if fact.currency is not None and value is not None:
            return shown_amount(value, fact.currency)
        unit = self._unit(fact.path, language) if isinstance(value, int | float) else ""
        return f"{value} {unit}" if unit else str(value)

    def _steps(self, path: str) -> Iterator[tuple[type[BaseModel] | None, str, str]]:
        """Yield the model, the field name and the list position (or "") of each step of a path."""
        model: type[BaseModel] | None = self.model
        for step in path.split(".")[1:]:
            name, _, index = step.partition("[")
            yield model, name, index.rstrip("]")
            info = model.model_fields.get(name) if model is not None else None
            model = model_in(info.annotation) if info is not None else None

    def _unit(self, path: str, language: Language) -> str:
        steps = list(self._steps(path))
        if not steps or steps[-1][0] is None:
            return ""
        model, name, _ = steps[-1]
        info = model.model_fields.get(name) if model is not None else None
        extra = info.json_schema_extra if info is not None else None
        unit = extra.get("unit_zh" if language == "zh" else "unit") if isinstance(extra, dict) else None
        return str(unit or "")

    def to_dict(self, assessment: Assessment, language: Language = "en") -> dict[str, Any]:
        """Return an assessment as JSON-ready data, with names, slides and next actions from the pack."""
        pack = self.pack
        data: dict[str, Any] = ASSESSMENT.dump_python(assessment, mode="json")
        for item in data["criteria"]:
            spec = pack.criteria[item["id"]]
            action = {"unknown": spec.if_unknown, "unmet": spec.if_unmet}.get(item["status"])
            item["name"] = spec.name.get(language)
            item["slides"] = spec.source.slide or []
            item["derived"] = spec.derived
            item["owner"] = spec.owner
            item["next_action"] = action.get(language) if action is not None else None
        for item in data["red_lines"]:
            line = pack.red_lines[item["id"]]
            item["name"] = line.name.get(language)
            item["slides"] = line.source.slide or []
            item["lawful_alternative"] = line.lawful_alternative.get(language)
            item["note"] = line.note.get(language) if line.note is not None else None
            day = date.fromisoformat(item["act_on"] or assessment.as_of)
            item["basis"] = [
                {"law": base.law, "mark": base.mark} for base in line.basis if base.applies_on(day)
            ]
        for item in data["findings"]:
            finding = pack.findings[item["id"]]
            item["name"] = finding.name.get(language)
            item["slides"] = finding.source.slide or []
            item["owner"] = finding.owner
            item["message"] = finding.message.get(language) if item["status"] == "breach" else None
        data["plays"] = [
            {
                "id": name,
                "name": pack.plays[name].name.get(language),
                "advice": pack.plays[name].advice.get(language),
                "slides": pack.plays[name].source.slide or [],
            }
            for name in assessment.plays
        ]
        data["people"] = assessment.people.to_dict() if assessment.people is not None else None
        health = assessment.health
        if health is not None and pack.health is not None:
            data["health"]["score"] = health.score
            entries = pack.scorecards[pack.health].entries
            for item in data["health"]["ledger"]:
                title = entries[item["id"]].title
                item["title"] = title.get(language) if title is not None else item["id"]
        return data


def shown_amount(minor: int, currency: str) -> str:
    """Return an amount of minor units as a person reads it.

    Examples
    --------
    >>> shown_amount(1234567, "CNY"), shown_amount(500, "JPY")
    ('12,345.67 CNY', '500 JPY')
    """
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}"


def escape_markdown(text: str) -> str:
    """Keep a user's text from being read as Markdown or HTML."""
    for char in "\\`*_[]<>|":
        text = text.replace(char, "\\" + char)
    return text.replace("\n", " ")
