"""Values changed in a YAML text of a pack, and every other letter left where it was.

Written anew from its data, a file would keep its comments but not how its owner has laid it out, and the
review would be about that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode

from kamrules.errors import ArgumentError, Fault, KamrulesError
from kamrules.source import Span
from kamrules.yamltext import parse_yaml

Path = tuple[str, ...]
Value = str | float
_INDENT = 2
_PLAIN = re.compile(
    r"\d+\.\d+\.\d+|\.\.?/[\w./-]+", re.ASCII
)  # a version, a path: texts in YAML without quotes


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def with_values(text: str, values: Mapping[Path, Value], *, name: str = "") -> str:
    r"""Return YAML text with a text or number at each path; what is not there is put in.

    Parameters
    ----------
    text : one mapping, as `kamrules.yamltext` reads it
    values : by the keys from the root to each
    name : of the file, for faults

    Raises
    ------
    ArgumentError
        The text is laid out so that a value cannot be put there alone, such as one that an alias repeats
        (A-PLACE).

    Examples
    --------
    >>> print(with_values("a:  {points: 3} # ours\nb: 1", {("a", "points"): 4.5, ("a", "ref"): "learned"}))
    a:  {points: 4.5, ref: "learned"} # ours
    b: 1
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    root = yaml.compose(body)
    end = "\r\n" if "\r\n" in body else "\n"
    edits: list[_Edit] = []
    added: dict[Path, dict[str, Any]] = {}
    for path, value in values.items():
        place, node = _deepest(root, path)
        if len(place) == len(path) and isinstance(node, ScalarNode):
            edits.append(_Edit(node.start_mark.index, node.end_mark.index, _scalar(value)))
        else:
            _set(added.setdefault(place, {}), path[len(place) :], value)
    for place, tree in added.items():
        node = _deepest(root, place)[1]
        if not isinstance(node, MappingNode):
            raise _laid_out(values, name)
        edits.append(_insertion(node, tree, body, end))
    new = body
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        new = new[: edit.start] + edit.text + new[edit.end :]
    _prove(body, values, new, name)
    return mark + new


def depth_of(data: Any, path: Sequence[str]) -> int:
    """Return how many keys of a path are there, one below the other, in plain data."""
    depth = 0
    for key in path:
        if not isinstance(data, Mapping) or key not in data:
            break
        data, depth = data[key], depth + 1
    return depth


def _deepest(root: Any, path: Path) -> tuple[Path, Any]:
    node = root
    for depth, key in enumerate(path):
        children = node.value if isinstance(node, MappingNode) else []
        child = next((value for name, value in children if name.value == key), None)
        if child is None:
            return path[:depth], node
        node = child
    return path, node


def _set(tree: dict[str, Any], path: Path, value: Value) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _scalar(value: Value) -> str:
    if isinstance(value, int | float):
        return f"{value:g}"
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def _insertion(node: MappingNode, tree: dict[str, Any], body: str, end: str) -> _Edit:
    if node.flow_style:
        stop = node.end_mark.index - 1
        return _Edit(stop, stop, (", " if node.value else "") + _flow(tree)[1:-1])
    column = node.value[0][0].start_mark.column
    lines = list(_block(tree, 0))
    if column == 0:
        start = len(body)
        head = "" if body.endswith("\n") else end
        return _Edit(start, start, head + end.join(lines) + end)
    start = node.value[0][0].start_mark.index
    return _Edit(start, start, "".join(f"{line}{end}{' ' * column}" for line in lines))


def _flow(tree: Any) -> str:
    if not isinstance(tree, dict):
        return _scalar(tree)
    return "{" + ", ".join(f"{_key(name)}: {_flow(inner)}" for name, inner in tree.items()) + "}"


def _block(tree: dict[str, Any], depth: int) -> Iterator[str]:
    for name, inner in tree.items():
        head = " " * depth + _key(name)
        if isinstance(inner, dict) and any(isinstance(one, dict) for one in inner.values()):
            yield f"{head}:"
            yield from _block(inner, depth + _INDENT)
        else:
            yield f"{head}: {_flow(inner)}"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.lower() not in {"true", "false", "null"} else json.dumps(name)


def _prove(old: str, values: Mapping[Path, Value], new: str, name: str) -> None:
    """Refuse unless the new text holds what the old one did, but for the values."""
    expected = parse_yaml(old).data()
    for path, value in values.items():
        _set(expected, path, value)
    try:
        is_sound = parse_yaml(new).data() == expected
    except KamrulesError:
        is_sound = False
    if not is_sound:
        raise _laid_out(values, name)


def _laid_out(values: Mapping[Path, Value], name: str) -> ArgumentError:
    shown = ", ".join(".".join(path) for path in list(values)[:3])
    hint = "write each value out in its own place, one below the other"
    message = f"`{name}` is laid out so that {shown} cannot be changed alone"
    return ArgumentError(Fault("A-PLACE", message, Span(name), hint=hint))
