"""Decision tables in DMN: written as 1.3, read from 1.1 to 1.5.

The decision has one table with one output. Inputs in the language of the pack carry its name as their
`expressionLanguage`; ids and names of rows are annotations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from xml.etree.ElementTree import Element as Tag  # writing only: what is read goes through `safexml`
from xml.etree.ElementTree import SubElement, indent, tostring

from kamrules.decisions import feel
from kamrules.decisions.grid import HITS, Column, Grid, Hit, Rule
from kamrules.decisions.safexml import Element, read_xml
from kamrules.errors import Fault, InputError, nearest

DMN_1_3 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_READ = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    DMN_1_3: "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
KRL = "urn:kamrules:krl"
_OWN_NAMESPACE = "urn:kamrules:decisions"
_NOTES = ("row", "name_en", "name_zh", "min_evidence")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_dmn(grid: Grid) -> str:
    """Return a table as a DMN 1.3 document."""
    root = Tag("definitions", {"xmlns": DMN_1_3, "id": "kamrules", "name": _clean(grid.id)})
    root.set("namespace", _OWN_NAMESPACE)
    decision = Tag("decision", {"id": "decision", "name": _clean(grid.id)})
    _text_in(
        decision, "description", "\n".join((grid.title, *(f"not carried: {note}" for note in grid.notes)))
    )
    SubElement(decision, "variable", {"name": _clean(grid.id), "typeRef": "string"})
    roots = _roots(grid)
    for number, _ in enumerate(roots, start=1):
        needed = SubElement(decision, "informationRequirement", {"id": f"needs_{number}"})
        SubElement(needed, "requiredInput", {"href": f"#data_{number}"})
    _table(decision, grid)
    root.append(decision)
    for number, name in enumerate(roots, start=1):
        data = SubElement(root, "inputData", {"id": f"data_{number}", "name": name})
        SubElement(data, "variable", {"name": name})
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _roots(grid: Grid) -> list[str]:
    """Return the names of the input data: what every path of the table begins with."""
    paths = [column.expression for column in grid.columns if column.is_feel]
    for rule in grid.rules:
        for cell in rule.cells:
            paths += [str(value.value) for value in _names(feel.parse_tests(cell))]
    return list(dict.fromkeys(path.split(".")[0] for path in paths))


def _names(tests: feel.Tests) -> Iterator[feel.Value]:
    for test in tests.any_of:
        values = {feel.Range: ("low", "high"), feel.Compare: ("value",)}.get(type(test), ())
        found = (getattr(test, name) for name in values)
        yield from (value for value in found if value.kind == "name")


def _table(decision: Tag, grid: Grid) -> None:
    table = SubElement(decision, "decisionTable", {"id": "table", "hitPolicy": grid.hit})
    for number, column in enumerate(grid.columns, start=1):
        given = SubElement(table, "input", {"id": f"input_{number}", "label": _clean(column.expression)})
        expression = SubElement(given, "inputExpression", {"id": f"expression_{number}"})
        if column.type:
            expression.set("typeRef", column.type)
        if not column.is_feel:
            expression.set("expressionLanguage", KRL)
        _text_in(expression, "text", column.expression)
    output = SubElement(table, "output", {"id": "output", "name": _clean(grid.id), "typeRef": "string"})
    values = SubElement(output, "outputValues", {"id": "output_values"})
    _text_in(values, "text", ", ".join(feel.quoted(value) for value in grid.outputs))
    if grid.default is not None:
        _text_in(SubElement(output, "defaultOutputEntry"), "text", feel.quoted(grid.default))
    notes = [name for name in _NOTES if any(name in rule.notes for rule in grid.rules)]
    for name in notes:
        SubElement(table, "annotation", {"name": name})
    for number, rule in enumerate(grid.rules, start=1):
        row = SubElement(table, "rule", {"id": f"rule_{number}"})
        for place, cell in enumerate(rule.cells, start=1):
            _text_in(SubElement(row, "inputEntry", {"id": f"in_{number}_{place}"}), "text", cell)
        entry = SubElement(row, "outputEntry", {"id": f"out_{number}"})
        _text_in(entry, "text", feel.quoted(rule.output))
        for name in notes:
            _text_in(SubElement(row, "annotationEntry"), "text", rule.notes.get(name, ""))


def _text_in(parent: Tag, name: str, text: str) -> None:
    SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def read_dmn(path: Path, table: str | None = None) -> Grid:
    """Read a decision table.

    Parameters
    ----------
    path : Path
        A DMN document of version 1.1 to 1.5.
    table : str, optional
        The id or name of the decision; needed when there are several with a table.

    Raises
    ------
    InputError
        I-XML, I-DMN with all that makes it unreadable, I-TABLE for a part outside the subset.
    """
    root = read_xml(path)
    if root.name != "definitions" or root.space not in _READ:
        message = f"`{root.name}` in namespace `{root.space}` is no DMN document of 1.1 to 1.5"
        raise InputError(Fault("I-DMN", message, where=path.name))
    decision = _chosen(root, table, path.name)
    found = decision.one("decisionTable")
    assert found is not None, "the decision was chosen for its table"
    return _Reading(decision, found, path.name).grid()


def _chosen(root: Element, wanted: str | None, name: str) -> Element:
    known = [one for one in root.all("decision") if one.one("decisionTable") is not None]
    if wanted is not None:
        known_names = [one.attributes.get(key, "") for one in known for key in ("id", "name")]
        known = [one for one in known if wanted in {one.attributes.get("id"), one.attributes.get("name")}]
        if not known:
            hint = nearest(wanted, known_names)
            raise InputError(Fault("I-DMN", f"no decision table `{wanted}`", where=name, hint=hint))
    if len(known) != 1:
        names = ", ".join(f"`{one.attributes.get('name', '')}`" for one in known) or "none"
        hint = "name one with --id" if known else ""
        raise InputError(Fault("I-DMN", f"one decision table expected, seen: {names}", where=name, hint=hint))
    return known[0]


class _Reading:
    """Reads one decision table, collecting every part outside the subset."""

    def __init__(self, decision: Element, table: Element, file: str) -> None:
        self.decision = decision
        self.table = table
        self.file = file
        self.faults: list[Fault] = []
        self.notes: list[str] = []

    def fault(self, message: str, element: Element, hint: str = "") -> None:
        """Add a fault with the line of an element."""
        self.faults.append(Fault("I-TABLE", message, where=f"{self.file} line {element.line}", hint=hint))

    def grid(self) -> Grid:
        """Return the table."""
        hit = self._hit()
        columns = tuple(self._column(one) for one in self.table.all("input"))
        outputs = self.table.all("output")
        if len(outputs) != 1:
            self.fault(f"{len(outputs)} outputs given, a table of a pack has one", self.table)
        values = self._literals(outputs[0].one("outputValues")) if outputs else []
        default = self._literals(outputs[0].one("defaultOutputEntry")) if outputs else []
        names = [one.attributes.get("name", "") for one in self.table.all("annotation")]
        rules = tuple(self._rule(one, len(columns), names) for one in self.table.all("rule"))
        self._note_losses()
        name = self.decision.attributes.get("name") or self.decision.attributes.get("id") or "table"
        about = self.decision.one("description")
        if hit == "PRIORITY" and not values:
            self.fault("hit policy PRIORITY needs the output values in their order", self.table)
        if self.faults:
            raise InputError(self.faults)
        title = about.text.strip().splitlines()[0] if about is not None and about.text.strip() else name
        return Grid(
            name,
            title,
            cast("Hit", hit),
            columns,
            rules,
            tuple(values),
            next(iter(default), None),
            tuple(self.notes),
        )

    def _hit(self) -> str:
        hit = self.table.attributes.get("hitPolicy", "UNIQUE")
        if hit not in HITS:
            self.fault(f"hit policy `{hit}` has no counterpart, {', '.join(HITS)} expected", self.table)
        aggregation = self.table.attributes.get("aggregation")
        if aggregation:
            self.fault(f"aggregation `{aggregation}` has no counterpart in a pack", self.table)
        return hit

    def _column(self, element: Element) -> Column:
        expression = element.one("inputExpression")
        text = self._text(expression) if expression is not None else ""
        if expression is None or not text:
            self.fault("an input has no expression", element)
            return Column("")
        language = expression.attributes.get("expressionLanguage", "")
        if element.one("inputValues") is not None:
            self.notes.append(f"input `{text}`: its list of allowed values; a field of the pack has its own")
        return Column(text, language != KRL, expression.attributes.get("typeRef", ""))

    def _rule(self, element: Element, width: int, names: list[str]) -> Rule:
        cells = tuple(self._text(one) or "-" for one in element.all("inputEntry"))
        if len(cells) != width:
            self.fault(f"{len(cells)} input entries given, {width} inputs expected", element)
            cells = (*cells, *["-"] * width)[:width]
        entries = element.all("outputEntry")
        output = self._literals(entries[0]) if len(entries) == 1 else []
        if len(output) != 1:
            self.fault("one output entry with one literal is expected", element)
        texts = [self._text(one) for one in element.all("annotationEntry")]
        notes = {name: text for name, text in zip(names, texts, strict=False) if text}
        strange = {name: text for name, text in notes.items() if name not in _NOTES}
        self.notes += [f"annotation `{name}`: {text}" for name, text in strange.items()]
        known = {name: text for name, text in notes.items() if name in _NOTES}
        about = element.one("description")
        if about is not None and about.text.strip():
            self.notes.append(f"description of a rule: {about.text.strip()}")
        return Rule(element.attributes.get("id", ""), cells, next(iter(output), ""), known)

    def _literals(self, element: Element | None) -> list[str]:
        """Return the literals in an element as the texts that outputs of a pack are."""
        if element is None or not self._text(element):
            return []
        try:
            tests = feel.parse_tests(self._text(element))
            found = [test.value for test in tests.any_of if isinstance(test, feel.Compare) and test.op == "="]
            if tests.negated or len(found) < len(tests.any_of) or any(one.kind == "name" for one in found):
                self.fault(f"`{self._text(element)}` is no literal; outputs of a pack are fixed", element)
        except feel.FeelError as problem:
            self.fault(str(problem), element)
            return []
        return [feel.value_text(one) if one.kind == "boolean" else str(one.value) for one in found]

    def _text(self, element: Element) -> str:
        found = element.one("text")
        return found.text.strip() if found is not None else ""

    def _note_losses(self) -> None:
        for name in ("knowledgeRequirement", "authorityRequirement", "question", "allowedAnswers"):
            if self.decision.all(name):
                self.notes.append(f"`{name}` of the decision")
        for needed in self.decision.all("informationRequirement"):
            if needed.one("requiredDecision") is not None:
                self.notes.append("a required decision: its result must come in as an input")
