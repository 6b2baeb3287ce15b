"""The page of the public Python calls, from their signatures and docstrings.

NumPy sections become headings and lists, examples become sessions; the examples themselves are run by
tests/test_docstrings.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from pydantic import BaseModel

# Where users import from; a module shows its `__all__`, or else the classes and functions it defines.
MODULES = (
    "kamrules",
    "kamrules.assessment",
    "kamrules.pipeline",
    "kamrules.agenda",
    "kamrules.handbook",
    "kamrules.timeline",
    "kamrules.live.desk",
    "kamrules.live.journal",
    "kamrules.scoring.stakeholders",
    "kamrules.scoring.estimators.deal_features",
    "kamrules.scoring.estimators.scorecard_classifier",
    "kamrules.scoring.estimators.win_probability",
)
_TITLE = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_MEMBERS = (FunctionType, property, cached_property)
_WIDTH = 100  # columns of a signature in one line
_LISTS = ("Parameters", "Attributes", "Returns", "Yields", "Raises")


class _Text:
    """What is shown as it was written."""

    def __init__(self, annotation: Any) -> None:
        is_text = isinstance(annotation, str)
        self.text = annotation if is_text else inspect.formatannotation(annotation)

    def __repr__(self) -> str:
        return self.text


def signature(obj: Any) -> str:
    """Return the parameters and the result of a callable as its source has them."""

    def shown(annotation: Any) -> Any:
        return annotation if annotation is inspect.Parameter.empty else _Text(annotation)

    found = inspect.signature(obj)
    kept = [
        one.replace(annotation=shown(one.annotation), default=_in_order(one.default))
        for one in found.parameters.values()
    ]
    result = found.empty if isinstance(obj, type) else shown(found.return_annotation)
    text = str(found.replace(parameters=kept, return_annotation=result))
    if len(text) <= _WIDTH:
        return text
    names = [str(one) for one in kept]
    keyword_only = [one.kind is inspect.Parameter.KEYWORD_ONLY for one in kept]
    if True in keyword_only:
        names.insert(keyword_only.index(True), "*")
    lines = ",\n    ".join(names)
    return f"(\n    {lines},\n)" + ("" if result is found.empty else f" -> {result}")


def _in_order(default: Any) -> Any:
    """Return a default that is written alike in every process: a set has another order in each."""
    if not isinstance(default, frozenset) or not default:
        return default
    return _Text(f"frozenset({{{', '.join(sorted(map(repr, default)))}}})")


def markdown(doc: str) -> str:
    """Return a NumPy docstring as Markdown: sections as headings, `name : kind` lines as a list."""
    summary, *rest = _TITLE.split(doc)
    parts = [_prose(summary)]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        shown = _entries(body.strip("\n")) if title in _LISTS else _prose(body)
        parts += [f"**{title}**", shown]
    return "\n\n".join(parts)


def _prose(text: str) -> str:
    """Fence the Python sessions of a text."""
    kept = [
        f"```pycon\n{block}\n```" if block.lstrip().startswith(">>>") else block
        for block in re.split(r"\n\s*\n", text.strip())
    ]
    return "\n\n".join(kept).replace("\n```\n\n```pycon\n", "\n\n")


def _entries(body: str) -> str:
    """Return `name : kind` lines, each with its indented text, as a list."""
    items: list[str] = []
    for line in body.splitlines():
        if line.startswith(" ") and items:
            joint = " " if items[-1].endswith((".", ",", ";")) or line[4:5].islower() else ". "
            items[-1] += joint + line.strip()
        elif line.strip():
            name, colon, kind = line.partition(" : ")
            items.append(f"- `{name}`: {kind}" if colon else f"- {name}")
    return "\n".join(items)


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the classes and functions of a module by name."""
    own = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    for name in getattr(module, "__all__", own):
        value = getattr(module, name)
        if inspect.isclass(value) or isinstance(value, FunctionType):
            yield name, value


def _members(cls: type) -> Iterator[str]:
    """Yield the sections of the public methods and properties that a class defines itself."""
    for name, value in vars(cls).items():
        call = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        doc = inspect.getdoc(call)
        if name.startswith("_") or not doc or not isinstance(call, _MEMBERS):
            continue
        yield f"#### {cls.__name__}.{name}"
        if isinstance(call, FunctionType):
            yield f"```text\n{name}{signature(call)}\n```"
        yield markdown(doc)


def _section(name: str, value: Any) -> Iterator[str]:
    doc = markdown(inspect.getdoc(value) or "")
    if inspect.isclass(value) and issubclass(value, BaseModel):
        yield f"### {name}\n\n{doc}\n\nFields: see [records](records.md) or the source."
        return
    yield f"### {name}"
    if not (inspect.isclass(value) and issubclass(value, Exception)):
        yield f"```text\n{name}{signature(value)}\n```"
    yield doc
    if inspect.isclass(value):
        yield from _members(value)


def api_page() -> str:
    """Return the page."""
    parts = [
        "# Python calls",
        "Made from signatures and docstrings; the tests run every example. What is not here may change.",
    ]
    seen: set[int] = set()
    for name in MODULES:
        module = import_module(name)
        parts += [f"## {name}", _prose(inspect.getdoc(module) or "")]
        for each, value in _public(module):
            if id(value) not in seen:
                seen.add(id(value))
                parts += _section(each, value)
    return "\n\n".join(parts) + "\n"
