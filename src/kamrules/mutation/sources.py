"""The conditions of a pack as written, definitions left as names, and the parts of the plan made of them.

A change of one text is put into every rule that reads it: a definition wherever it is named, a criterion into
the gates that need it (`all_of`), a red line and its waiver into the gates that ask for none (`none_of`).
INVARIANT: without a change, what is made here equals the plan of the pack; a gate stays a list of ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from kamrules.rules import plan as p
from kamrules.rules.lang import core
from kamrules.rules.lang import types as t
from kamrules.rules.lang.rewrite import attest, simplify, transform
from kamrules.rules.pack import Pack
from kamrules.rules.planning import happens, late_entry_id, waiver_id
from kamrules.rules.vocabulary import Vocabulary

Path = tuple[str, ...]
# The conditions a rule may have, and whether its `min_evidence` holds for them.
_CONDITIONS = {
    "met_when": True, "trips_when": True, "breach_when": True, "applies_when": True,
    "waived_when": False, "late_entry_when": False,
}  # fmt: skip
_FORMS: tuple[Literal["all_of", "none_of"], ...] = ("all_of", "none_of")
_OVER_LIST = ("share", "mean")  # parts of an entry whose conditions read one element of a list
_DEF = core.Var("def", t.Object("def", ()))


@dataclass(frozen=True, slots=True)
class Written:
    """A condition as written: `def.NAME` stands for definitions; `level` is the evidence its claims need."""

    node: core.Node
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A gate over other criteria (`all_of`) or red lines (`none_of`)."""

    form: Literal["all_of", "none_of"]
    ids: tuple[str, ...]
    kind: type[core.And | core.Or] = core.And


Rows = tuple[tuple[str, str], ...]  # id and output of each row, in order
Source = Written | Joined | Rows | float
Edit = Mapping[Path, Source]


@dataclass(frozen=True, slots=True)
class Gate:
    """A criterion over others: what it joins, and where it applies."""

    joined: Joined
    applies: core.Node | None


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a plan by id: rules, gates, tables, and the entries of the health scorecard."""

    rules: Mapping[str, p.Rule] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    tables: Mapping[str, p.Table] = field(default_factory=dict)
    entries: Mapping[str, p.Entry] = field(default_factory=dict)


_Part = p.Rule | Gate | p.Table | p.Entry
_Maker = Callable[["_Reader"], _Part]


class Sources:
    """What the cases of a pack can tell apart: criteria, red lines, work rules, late entries, tables, health.

    `texts` holds every source by its path in the pack. What no case can expect (plays, forms, due days) is
    left out.
    """

    def __init__(self, pack: Pack, plan: p.Plan) -> None:
        self.pack = pack
        self._plan = plan
        self._whole = Vocabulary(pack)
        self._named = copy(self._whole)
        self._named.defs = {name: _named(name, node) for name, node in self._whole.defs.items()}
        self.texts: dict[Path, Source] = {}
        self._finals: dict[Path, core.Node] = {}
        self._naming: Mapping[Path, set[Path]] = {}
        self._read_texts()
        self._naming = self._namers()
        self._makers = dict(self._parts())
        self._users = self._readers()

    # --- reading

    def _read_texts(self) -> None:
        for name in self.pack.defs:
            self._read(("defs", name, "expr"), None, expected=None)
        for section in ("criteria", "red_lines", "findings", "milestones"):
            for name, spec in getattr(self.pack, section).items():
                self._read_rule((section, name), spec)
        for table in self._plan.tables:
            self.texts["tables", table.id, "rows"] = tuple((row.id, row.output) for row in table.rows)
            for row_id, row in self.pack.tables[table.id].rows.items():
                self._read(("tables", table.id, "rows", row_id, "when"), row.min_evidence)
        for path, entry in self._health_entries():
            self.texts[*path, "points"] = entry.points
            self._read_entry(path, entry)

    def _read_rule(self, path: Path, spec: Any) -> None:
        """Read the conditions that a criterion, red line, work rule or milestone has, and what it joins."""
        for key, is_attested in _CONDITIONS.items():
            if getattr(spec, key, None) is not None:
                self._read((*path, key), spec.min_evidence if is_attested else None)
        for form in _FORMS:
            ids = getattr(spec, form, None)
            if ids is not None:
                self.texts[*path, form] = Joined(form, tuple(ids))

    def _health_entries(self) -> Iterator[tuple[Path, p.Entry]]:
        for card in self._plan.scorecards:
            if card.id == self.pack.health:
                for entry in card.entries:
                    yield ("scorecards", card.id, "entries", entry.id), entry

    def _read_entry(self, path: Path, entry: p.Entry) -> None:
        """Read the conditions of an entry; those over list elements name no definition by itself."""
        level = self.pack.scorecards[path[1]].entries[entry.id].min_evidence
        match entry:
            case p.Flag():
                self._read((*path, "when"), level)
            case p.Scale():
                self._read((*path, "value"), level, expected=None)
            case p.Share():
                self.texts[*path, "share", "when"] = Written(entry.when)
            case p.Mean():
                self.texts[*path, "mean", "value"] = Written(entry.value)
                if entry.weight is not None:
                    self.texts[*path, "mean", "weight"] = Written(entry.weight)

    def _read(self, path: Path, level: str | None, *, expected: t.Type | None = t.Bool()) -> None:  # noqa: B008 - a frozen value
        whole = self._whole.condition(path, expected=expected, level=level)
        named = self._named.condition(path, expected=expected)
        assert whole is not None  # the pack has been planned without a fault
        self._finals[path] = whole
        number = None if level is None else int(level[1:])
        if named is not None and _flat(self._final(Written(named, number), {})) == _flat(whole):
            self.texts[path] = Written(named, number)
        else:  # what only fits once the definition is written out
            self.texts[path] = Written(whole)

    # --- from sources to parts of the plan

    def _final(self, source: Source | None, edit: Edit) -> core.Node:
        """Return a condition with definitions written out and evidence demanded, as the planner does."""
        assert isinstance(source, Written)
        node = self._written_out(source.node, edit)
        return simplify(node if source.level is None else attest(node, source.level, self._assumed))

    @property
    def _assumed(self) -> int:
        return self.pack.assumed_evidence

    def _written_out(self, node: core.Node, edit: Edit) -> core.Node:
        def put(part: core.Node) -> core.Node:
            if isinstance(part, core.Field) and part.base == _DEF:
                path = ("defs", part.name, "expr")
                if path not in edit and not self._names_edited(path, edit):
                    return self._finals[path]
                source = edit.get(path, self.texts[path])
                return self._final(source, edit)
            return part

        return transform(node, put)

    def _names_edited(self, path: Path, edit: Edit) -> bool:
        return any(path in self._naming.get(part, ()) for part in edit)

    def _namers(self) -> dict[Path, set[Path]]:
        """Return for each definition the sources that name it, directly or through others."""
        named = {
            path: {("defs", name, "expr") for name in _definitions(source.node)}
            for path, source in self.texts.items()
            if isinstance(source, Written)
        }
        found: dict[Path, set[Path]] = {}
        for path, names in named.items():
            waiting = list(names)
            while waiting:
                below = waiting.pop()
                if path not in found.setdefault(below, set()):
                    found[below].add(path)
                    waiting += named[below]
        return found

    def _get(self, path: Path, edit: Edit) -> core.Node:
        source = edit.get(path, self.texts[path])
        if path in edit or (edit and self._names_edited(path, edit)):
            return self._final(source, edit)
        return self._finals.get(path) or self._final(source, edit)

    def _parts(self) -> Iterator[tuple[tuple[str, str], _Maker]]:
        """Yield how each part of the plan is made, by kind and id."""
        pack = self.pack
        for name, criterion in pack.criteria.items():
            if criterion.met_when is not None:
                yield ("rules", name), partial(self._criterion, name)
            else:
                yield ("gates", name), partial(self._gate, name)
        for name, line in pack.red_lines.items():
            yield ("rules", name), partial(self._act, "red_lines", name)
            if line.waived_when is not None:
                path = ("red_lines", name, "waived_when")
                yield ("rules", waiver_id(name)), partial(_plain, waiver_id(name), path)
        for name in pack.findings:
            yield ("rules", name), partial(self._act, "findings", name)
        for name, milestone in pack.milestones.items():
            if milestone.late_entry_when is not None:
                path = ("milestones", name, "late_entry_when")
                yield ("rules", late_entry_id(name)), partial(_plain, late_entry_id(name), path)
        for table in self._plan.tables:
            yield ("tables", table.id), partial(_table, table)
        for place, entry in self._health_entries():
            yield ("entries", entry.id), partial(_entry, place, entry)

    def _criterion(self, name: str, read: _Reader) -> p.Rule:
        when = read.node(("criteria", name, "met_when"))
        return p.Rule(name, when, read.node_if(("criteria", name, "applies_when")))

    def _gate(self, name: str, read: _Reader) -> Gate:
        form = "all_of" if self.pack.criteria[name].all_of is not None else "none_of"
        joined = read.source(("criteria", name, form))
        assert isinstance(joined, Joined)
        for other in joined.ids:  # a change of what is joined changes the gate
            if form == "none_of":
                self._act("red_lines", other, read)
                read.node_if(("red_lines", other, "waived_when"))
            elif self.pack.criteria[other].met_when is not None:
                self._criterion(other, read)
            else:
                self._gate(other, read)
        return Gate(joined, read.node_if(("criteria", name, "applies_when")))

    def _act(self, section: str, name: str, read: _Reader) -> p.Rule:
        applies = read.node_if((section, name, "applies_when"))
        key = "trips_when" if section == "red_lines" else "breach_when"
        return p.Rule(name, happens(applies, read.node((section, name, key))), applies)

    # --- what changes with a source

    def _readers(self) -> dict[Path, list[tuple[str, str]]]:
        """Return the parts of the plan that each source goes into."""
        users: dict[Path, list[tuple[str, str]]] = {path: [] for path in self.texts}
        for key, make in self._makers.items():
            read = _Reader(self, {})
            make(read)
            for path in read.seen:
                users[path].append(key)
        for path in self.texts:
            if path[0] == "defs":
                naming = (users[other] for other in self._naming.get(path, ()) if other[0] != "defs")
                users[path] = list(dict.fromkeys(key for keys in naming for key in keys))
        return users

    def is_read(self, path: Path) -> bool:
        """Whether a source goes into anything at all: a definition may serve plays alone."""
        return bool(self._users[path])

    def made(self, edit: Edit) -> Parts:
        """Return every part of the plan that the change goes into, made anew."""
        return self._make(dict.fromkeys(key for path in edit for key in self._users[path]), edit)

    def compared(self, edit: Edit) -> list[tuple[core.Node, core.Node]]:
        """Return each condition on a record that is changed, before and after."""
        return [
            (self._get(path, {}), self._get(path, edit))
            for path in edit
            if isinstance(self.texts[path], Written) and path[-2] not in _OVER_LIST
        ]

    def all(self) -> Parts:
        """Return every part as the pack has it."""
        return self._make(self._makers, {})

    def _make(self, keys: Iterable[tuple[str, str]], edit: Edit) -> Parts:
        parts = Parts({}, {}, {}, {})
        for kind, name in keys:
            getattr(parts, kind)[name] = self._makers[kind, name](_Reader(self, edit))
        return parts


class _Reader:
    """Reads sources under a change, and remembers which."""

    def __init__(self, sources: Sources, edit: Edit) -> None:
        self._sources = sources
        self._edit = edit
        self.seen: dict[Path, None] = {}

    def source(self, path: Path) -> Source:
        self.seen[path] = None
        return self._edit.get(path, self._sources.texts[path])

    def node(self, path: Path) -> core.Node:
        self.seen[path] = None
        return self._sources._get(path, self._edit)  # noqa: SLF001 - the other half of this class

    def node_if(self, path: Path) -> core.Node | None:
        return self.node(path) if path in self._sources.texts else None


def _plain(name: str, path: Path, read: _Reader) -> p.Rule:
    return p.Rule(name, read.node(path))


def _table(table: p.Table, read: _Reader) -> p.Table:
    rows = read.source(("tables", table.id, "rows"))
    assert isinstance(rows, tuple)
    made = tuple(
        p.Row(name, read.node(("tables", table.id, "rows", name, "when")), out) for name, out in rows
    )
    return replace(table, rows=made)


def _entry(path: Path, entry: p.Entry, read: _Reader) -> p.Entry:
    points = read.source((*path, "points"))
    assert isinstance(points, float)
    match entry:
        case p.Flag():
            return replace(entry, points=points, when=read.node((*path, "when")))
        case p.Scale():
            return replace(entry, points=points, value=read.node((*path, "value")))
        case p.Share():
            return replace(entry, points=points, when=read.node((*path, "share", "when")))
        case p.Mean():
            value = read.node((*path, "mean", "value"))
            weight = read.node_if((*path, "mean", "weight"))
            return replace(entry, points=points, value=value, weight=weight)


def _named(name: str, node: core.Node) -> core.Node:
    """Return what stands for a definition: its name, or itself where only a constant or a place will do."""
    kind = core.type_of(node)
    if isinstance(node, core.Const) or isinstance(kind, t.ListOf | t.Object):
        return node
    return core.Field(_DEF, name, kind)


def _flat(node: core.Node) -> core.Node:
    """Return the tree with an `and` of ands, or an `or` of ors, as one: how the checker writes them."""

    def join(part: core.Node) -> core.Node:
        if not isinstance(part, core.And | core.Or):
            return part
        lists = [one.operands if isinstance(one, type(part)) else (one,) for one in part.operands]
        return replace(part, operands=tuple(one for operands in lists for one in operands))

    return transform(node, join)


def _definitions(node: core.Node) -> set[str]:
    return {part.name for part in core.walk(node) if isinstance(part, core.Field) and part.base == _DEF}
