"""YAML 1.2 text with the place of every node, for files people write: packs, cases, field maps.

Promises: only plain data comes out (mappings with text keys, lists, texts, numbers, booleans, null); every
node knows its line and column; size, depth and alias expansion are bounded; all faults are `Fault`s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from kamrules.errors import Fault, InputError, KamrulesError
from kamrules.source import Span, Text

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_NODES = 200_000
MAX_DIGITS = 4000  # Python refuses to read longer ints (sys.int_info.default_max_str_digits is 4300)
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Node:
    """One YAML value: a dict of text to Node, a list of Node, or a scalar, with its place.

    `key_span` is the place of the key that holds the value, `style` the scalar style (None is plain),
    `tail` what follows a plain scalar on its line.
    """

    value: Any
    span: Span
    key_span: Span | None = None
    style: str | None = None
    text: Text | None = None
    tail: str = ""

    def data(self) -> Any:
        """Return the value as plain Python data."""
        if isinstance(self.value, dict):
            return {key: child.data() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.data() for child in self.value]
        return self.value

    def find(self, path: Sequence[Any]) -> Node:
        """Return the deepest node along `path`, skipping steps that do not exist."""
        node = self
        for step in path:
            if (isinstance(node.value, dict) and step in node.value) or (
                isinstance(node.value, list) and isinstance(step, int) and step < len(node.value)
            ):
                node = node.value[step]
        return node

    def get(self, key: str) -> Node | None:
        """Return the child called `key`, or None."""
        return self.value.get(key) if isinstance(self.value, dict) else None


def read_yaml(path: Path, *, error: type[KamrulesError] = InputError, shown: str | None = None) -> Node:
    """Read one YAML file; raise `error` with a Fault for anything wrong with it."""
    name = shown or str(path)
    try:
        raw = path.read_bytes()
    except OSError as problem:
        reason = problem.strerror or "cannot be opened"
        raise error(Fault("I-FILE", f"cannot read `{name}`: {reason.lower()}")) from None
    if len(raw) > MAX_BYTES:
        raise error(Fault("I-SIZE", f"`{name}` has {len(raw)} bytes, at most {MAX_BYTES} are read"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        raise error(
            Fault(
                "I-UTF8",
                f"byte {problem.start} is not UTF-8",
                Span(name, line, 1),
                hint="save the file as UTF-8",
            )
        ) from None
    return parse_yaml(text, name, error=error)


def parse_yaml(text: str, name: str = "", *, error: type[KamrulesError] = InputError) -> Node:
    """Parse YAML text; raise `error` with all faults found."""
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # YAML lets an anchor be used again
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        span = Span(name, mark.line + 1, mark.column + 1) if mark else Span(name)
        raise error(Fault("P-YAML", _reason(problem), span)) from None
    except RecursionError:
        raise error(Fault("P-LIMIT", f"nested deeper than {MAX_DEPTH}", Span(name))) from None
    except (YAMLError, ValueError, OverflowError) as problem:
        raise error(
            Fault("P-YAML", f"not readable as YAML: {str(problem).splitlines()[0]}", Span(name))
        ) from None
    except (AssertionError, LookupError, TypeError, AttributeError):
        # The YAML library gives up on some malformed streams with bare exceptions.
        raise error(Fault("P-YAML", "not readable as YAML", Span(name))) from None
    if root is None:
        return Node({}, Span(name))
    builder = _Builder(name, text)
    node = builder.build(root, 0)
    if builder.faults:
        raise error(builder.faults)
    return node


def _reason(problem: MarkedYAMLError) -> str:
    parts = [part for part in (problem.context, problem.problem) if part]
    return (", ".join(parts) or "not readable as YAML").splitlines()[0]


class _Builder:
    """Turns composed nodes to `Node`s, counting them, and collects faults."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.faults: list[Fault] = []
        self.count = 0

    def span(self, mark: Any) -> Span:
        return Span(self.name, mark.line + 1, mark.column + 1)

    def fault(self, code: str, message: str, mark: Any, hint: str = "") -> None:
        self.faults.append(Fault(code, message, self.span(mark), hint=hint))

    def build(self, node: Any, depth: int) -> Node:
        span = self.span(node.start_mark)
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            what = (
                f"nested deeper than {MAX_DEPTH}"
                if depth > MAX_DEPTH
                else f"more than {MAX_NODES} values, aliases included"
            )
            if not any(fault.code == "P-LIMIT" for fault in self.faults):
                self.fault("P-LIMIT", what, node.start_mark)
            return Node(None, span)
        if str(node.tag) not in _TAGS:
            hint = "quote the text, or write it as a `|-` block"
            self.fault("P-TAG", f"`{node.tag}` is read as a YAML tag", node.start_mark, hint)
            return Node(None, span)
        if isinstance(node, MappingNode):
            return Node(self.mapping(node, depth), span)
        if isinstance(node, SequenceNode):
            return Node([self.build(child, depth + 1) for child in node.value], span)
        return self.scalar(node, span)

    def mapping(self, node: MappingNode, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, child in node.value:
            mark = key.start_mark
            if not isinstance(key, ScalarNode):
                self.fault("P-KEY", "a key must be a text", mark)
                continue
            name = str(key.value)
            if name in found:
                self.fault("P-DUPLICATE", f"key `{name}` appears twice", mark, "keep one of them")
                continue
            if name == "<<":
                self.fault(
                    "P-MERGE",
                    "merge keys are not part of YAML 1.2",
                    mark,
                    "use `extends` or repeat the values",
                )
                continue
            found[name] = replace(self.build(child, depth + 1), key_span=self.span(mark))
        return found

    def scalar(self, node: ScalarNode, span: Span) -> Node:
        read: Callable[[str], Any] = _SCALARS.get(str(node.tag).removeprefix(_TAG), str)
        try:
            value = read(node.value)
        except ValueError:
            self.fault(
                "P-VALUE",
                f"`{node.value}` is not a value of its YAML type",
                node.start_mark,
                "quote the text",
            )
            return Node(None, span)
        end = node.end_mark
        tail = self.lines[end.line][end.column :] if node.style is None and end.line < len(self.lines) else ""
        return Node(value, span, style=node.style, text=self.located(node), tail=tail)

    def located(self, node: ScalarNode) -> Text:
        line, column = node.start_mark.line, node.start_mark.column
        if node.style not in {"|", ">"}:
            shift = 2 if node.style in {"'", '"'} else 1
            return Text(node.value, Span(self.name, line + 1, column + shift), column + shift)
        indent = 1
        for offset, value_line in enumerate(node.value.splitlines()):
            if value_line.strip() and line + 1 + offset < len(self.lines):
                raw = self.lines[line + 1 + offset]
                indent = max(1, len(raw) - len(value_line) + 1)
                break
        return Text(node.value, Span(self.name, line + 2, indent), indent)


def _read_int(text: str) -> int:
    digits = text.replace("_", "")
    if len(digits) > MAX_DIGITS:
        message = "too many digits"
        raise ValueError(message)
    return int(digits, 0) if digits.lower().lstrip("+-").startswith(("0x", "0o", "0b")) else int(digits)


def _read_float(text: str) -> float:
    lowered = text.replace("_", "").lower()
    return float(lowered.replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _read_int,
    "float": _read_float,
}

# The plain kinds; a time, `=` and `<<` stay texts.
_TAGS = frozenset(_TAG + kind for kind in (*_SCALARS, "str", "timestamp", "value", "merge", "map", "seq"))
_RISKY_START = tuple("!'\"[{*&|>%@`")


def condition_faults(node: Node) -> Iterator[Fault]:
    """Yield why the YAML style of a condition may change its meaning (LANGUAGE.md section 1)."""
    hint = "write the condition as a `|-` block"
    if node.style == ">":
        yield Fault("P-STYLE", "a folded block loses the lines of a condition", node.span, hint=hint)
    if node.style is not None or not isinstance(node.value, str):
        return
    if ": " in node.value or " #" in node.value or node.tail.lstrip().startswith("#"):
        yield Fault("P-STYLE", "a plain condition may be cut short by `: ` or ` #`", node.span, hint=hint)
    elif node.value.startswith(_RISKY_START):
        yield Fault(
            "P-STYLE", f"a plain condition must not start with `{node.value[0]}`", node.span, hint=hint
        )


def merge(base: Node, over: Node) -> Node:
    """Lay `over` on `base`: mappings merge key by key, null deletes, everything else replaces."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    merged = dict(base.value)
    for key, child in over.value.items():
        if child.value is None:
            merged.pop(key, None)
        elif key in merged:
            merged[key] = merge(merged[key], child)
        else:
            merged[key] = child
    return replace(over, value=merged)
