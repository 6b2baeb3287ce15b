"""A table of a pack as a grid, and what of it neither DMN nor a workbook can carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kamrules.decisions import feel
from kamrules.decisions.columns import Cell, cells_of
from kamrules.decisions.grid import Column, Grid, Hit, Rule
from kamrules.decisions.vocabulary import Names
from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.lang import types as t
from kamrules.rules.lang.parse import parse
from kamrules.rules.pack import Pack
from kamrules.source import Text

_HITS: dict[str, Hit] = {"first": "FIRST", "unique": "UNIQUE", "collect": "COLLECT"}


def of_pack(pack: Pack, table: str) -> Grid:
    """Return a table of a pack as a grid.

    Parameters
    ----------
    pack : Pack
        A pack that loads.
    table : str
        The id of one of its tables.

    Raises
    ------
    ArgumentError
        A-REF when the pack has no such table.
    """
    if table not in pack.tables:
        hint = nearest(table, pack.tables) or f"tables are {', '.join(pack.tables) or 'none'}"
        raise ArgumentError(Fault("A-REF", f"no table `{table}` in pack {pack.id}", hint=hint))
    spec = pack.tables[table]
    kind_of = Names(pack).kind_of
    rows = {name: cells_of(parse(Text(row.when))) for name, row in spec.rows.items()}
    columns = _columns(rows.values())
    rules = tuple(
        Rule(
            name,
            tuple(feel.to_text(tests) for tests in _in_columns(cells, columns)),
            row.then,
            {
                "row": name,
                **({"name_en": row.name.en, "name_zh": row.name.zh} if row.name is not None else {}),
                **({"min_evidence": row.min_evidence} if row.min_evidence is not None else {}),
            },
        )
        for (name, row), cells in zip(spec.rows.items(), rows.values(), strict=True)
    )
    shown = tuple(
        Column(name, is_feel, _type_ref(kind_of(name)) if is_feel else "boolean")
        for name, is_feel, _ in columns
    )
    notes = (*_losses(pack, table), *_foreign(shown), *_currencies(shown, kind_of))
    return Grid(table, spec.title.en, _HITS[spec.hit], shown, rules, tuple(spec.outputs), notes=notes)


# An input, whether it is FEEL, and how many columns before this one have it, too.
_Key = tuple[str, bool, int]


def _keyed(cells: Sequence[Cell]) -> dict[_Key, feel.Tests]:
    found: dict[_Key, feel.Tests] = {}
    for cell in cells:
        number = sum(name == cell.input and is_feel == cell.is_feel for name, is_feel, _ in found)
        found[cell.input, cell.is_feel, number] = cell.tests
    return found


def _columns(rows: Iterable[Sequence[Cell]]) -> list[_Key]:
    return list(dict.fromkeys(key for cells in rows for key in _keyed(cells)))


def _in_columns(cells: Sequence[Cell], columns: Sequence[_Key]) -> list[feel.Tests]:
    found = _keyed(cells)
    return [found.get(key, feel.Tests()) for key in columns]


def _losses(pack: Pack, table: str) -> list[str]:
    spec = pack.tables[table]
    lost = [f"title: its Chinese, {spec.title.zh}"] if spec.title.zh != spec.title.en else []
    if spec.valid_for is not None:
        lost.append(f"valid_for: `{spec.valid_for.strip()}` has no place in a decision table")
    sourced = [name for name, row in spec.rows.items() if row.source is not None]
    if spec.source is not None or sourced:
        lost.append(f"source: of the table and of {len(sourced)} rows")
    proven = [name for name, row in spec.rows.items() if row.min_evidence is not None]
    if proven:
        lost.append(f"min_evidence: of {', '.join(proven)} is an annotation only; evidence is unknown to DMN")
    lost.append("unknown: a rule with a missing input does not fire in DMN; a row of the pack may hold")
    return lost


def _foreign(columns: Sequence[Column]) -> list[str]:
    own = [f"`{column.expression}`" for column in columns if not column.is_feel]
    defs = [f"`{column.expression}`" for column in columns if column.expression.startswith("def.")]
    notes = [f"input {name} is in the language of the pack, no FEEL engine can evaluate it" for name in own]
    return notes + [
        f"input {name} is a definition of the pack: give its value as input data" for name in defs
    ]


def _currencies(columns: Sequence[Column], kind_of: Callable[[str], t.Type | None]) -> list[str]:
    kinds = {column.expression: kind_of(column.expression) for column in columns if column.is_feel}
    return [
        f"input `{name}` is in {kind.currency}; FEEL has numbers only, in major units"
        for name, kind in kinds.items()
        if isinstance(kind, t.Money)
    ]


def _type_ref(kind: t.Type | None) -> str:
    """Return the FEEL type of an input; empty for what FEEL has none for."""
    match kind:
        case t.Bool():
            return "boolean"
        case t.Int() | t.Double() | t.Money() | t.Count():
            return "number"
        case t.String() | t.Enum():
            return "string"
        case t.Date():
            return "date"
        case t.Timestamp():
            return "date and time"
        case t.Duration():
            return "days and time duration"
    return ""
