"""JSON Schemas of packs and cases for editors: hover texts, completions, and a line under what is misspelt.

Without a pack they say what any such file may hold. With one they know its words: a case then completes
ids, statuses and fields, and what the pack does not have is underlined; in the pack itself the known ids are
offered and new ones allowed, because the pack is where new ones are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from kamrules.casefile import STAGE, CasesSpec
from kamrules.engine import Engine
from kamrules.rules.pack import Pack
from kamrules.rules.packformat import pack_json_schema
from kamrules.rules.verdict import BreachStatus, Claim, RedLineStatus, Status
from kamrules.scoring.cadence import CadenceStatus
from kamrules.scoring.deadline import DeadlineStatus
from kamrules.turns import ReactionStatus

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STATUSES = {
    "criteria": get_args(Status),
    "red_lines": get_args(RedLineStatus),
    "findings": get_args(BreachStatus),
    "cadences": get_args(CadenceStatus),
    "deadlines": get_args(DeadlineStatus),
    "reactions": get_args(ReactionStatus),
}
_STAGE_TEXTS = {
    "supported": "milestone that the evidence supports",
    "possible": "milestone if every unknown is met",
    "claim": "what the evidence says of the claimed milestone",
}
_NOISE = frozenset({"title", "title_zh", "description_zh", "unit", "unit_zh", "claim", "default"})


def pack_schema(pack: Pack | None = None) -> dict[str, Any]:
    """Return the JSON Schema of a pack file; with a pack, its ids are offered where they may be named.

    Examples
    --------
    >>> from kamrules.engine import load_pack
    >>> gate = pack_schema(load_pack("handbook"))["$defs"]["Criterion"]["properties"]["gate"]
    >>> gate["anyOf"][0]["enum"][:2]
    ['M1.entry', 'M1.exit']
    """
    schema = pack_json_schema()
    if pack is None:
        return schema
    gates = [f"{milestone}.{side}" for milestone in pack.milestones for side in ("entry", "exit")]
    parts = schema["$defs"]
    for part, field, names in (
        ("Criterion", "gate", gates),
        ("Criterion", "all_of", pack.criteria),
        ("Criterion", "none_of", pack.red_lines),
        ("Criterion", "form", pack.forms),
        ("Finding", "form", pack.forms),
        ("Cadence", "form", pack.forms),
        ("Cadence", "rule", pack.findings),
        ("Source", "deck", pack.sources),
        ("Form", "milestone", pack.milestones),
        ("Play", "milestones", pack.milestones),
        ("Play", "never_with", pack.red_lines),
        ("Tactic", "red_lines", pack.red_lines),
    ):
        _offer(parts[part]["properties"][field], names)
    _offer(schema["properties"]["tier_table"], pack.tables)
    _offer(schema["properties"]["health"], pack.scorecards)
    return schema


def _offer(place: dict[str, Any], names: Iterable[str]) -> None:
    """Offer names where a text stands, in a list or alone; any other text stays allowed."""
    listed = list(names)
    if not listed:
        return
    options = place.get("anyOf", [place])
    for option in options:
        holder = option["items"] if option.get("type") == "array" else option
        if holder.get("type") == "string":
            plain = {key: holder.pop(key) for key in ("type", "pattern") if key in holder}
            holder["anyOf"] = [{"enum": listed}, plain]


def cases_schema(engine: Engine | None = None) -> dict[str, Any]:
    """Return the JSON Schema of a cases file; with an engine, of cases of its pack.

    Examples
    --------
    >>> from kamrules.engine import compile, load_pack
    >>> schema = cases_schema(compile(load_pack("handbook")))
    >>> schema["$defs"]["CaseSpec"]["properties"]["expect"]["properties"]["RL-01"]["anyOf"][0]["enum"]
    ['tripped', 'waived', 'clear', 'unknown', 'not_applicable']
    """
    schema = CasesSpec.model_json_schema()
    if engine is not None:
        deal = engine.model.model_json_schema()
        schema["$defs"] |= {name: _plain(part) for name, part in deal.pop("$defs", {}).items()}
        schema["$defs"]["Deal"] = _plain(deal)
        schema["properties"]["bases"]["additionalProperties"] = {"$ref": "#/$defs/Deal"}
        case = schema["$defs"]["CaseSpec"]["properties"]
        for key in ("given", "then"):
            case[key] = {"$ref": "#/$defs/Deal", "description": case[key]["description"]}
        case["expect"] |= {"properties": _expected(engine), "additionalProperties": False}
    return {"$schema": DIALECT, **schema, "title": "kamrules cases"}


def _plain(part: Any) -> Any:
    """Return a schema without what no editor shows; a field keeps one text for hovering."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {name: _field(inner) for name, inner in value.items()} if key == "properties" else _plain(value)
        for key, value in part.items()
        if key not in _NOISE
    }


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    title, about = field.get("title", ""), field.get("description", "")
    unit = f" ({field['unit']})" if "unit" in field else ""
    text = title if about in {"", title} else f"{title}: {about}"
    return {
        **_plain(field),
        "description": f"{text}{unit} · {field['title_zh']}" if "title_zh" in field else text,
    }


def _expected(engine: Engine) -> dict[str, Any]:
    """Return what a case may expect, by id, as `casefile` reads it."""
    pack = engine.pack
    milestones = list(pack.milestones)
    found: dict[str, Any] = {
        key: _outputs(get_args(Claim) if key == "claim" else milestones, _STAGE_TEXTS[key]) for key in STAGE
    }
    for section, statuses in _STATUSES.items():
        for name, spec in getattr(pack, section).items():
            found[name] = _outputs(statuses, f"{spec.name.en} · {spec.name.zh}")
    for name, table in pack.tables.items():
        found[name] = _outputs(table.outputs, f"{table.title.en} · {table.title.zh}")
    if pack.health is not None:
        title = pack.scorecards[pack.health].title
        found[pack.health] = {
            "description": f"{title.en} · {title.zh}: the least and the greatest points still possible",
            "type": "array",
            "items": {"type": ["number", "string"]},
            "minItems": 2,
            "maxItems": 2,
        }
    return found


def _outputs(values: Iterable[str], text: str) -> dict[str, Any]:
    """Return one of the values, or a list of them; null and an empty list are none."""
    one = {"enum": [*values]}
    return {"description": text, "anyOf": [one, {"type": "array", "items": one}, {"type": "null"}]}
