"""What every new thing shares: names that are safe in a file, and files that are never written over."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from kamrules.engine import compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError, Fault
from kamrules.schemas import cases_schema, pack_schema
from kamrules.wholefile import text_file

PACK_SCHEMA = "schemas/pack.schema.json"
CASES_SCHEMA = "schemas/cases.schema.json"
_YAML_WORDS = frozenset({"true", "false", "null"})


def fitting(name: str, pattern: str, what: str) -> str:
    """Return the name if it fits; ArgumentError (A-VALUE) with `what` is expected if not."""
    if re.fullmatch(pattern, name) is None:
        raise ArgumentError(Fault("A-VALUE", f"`{name}` is no name for this, {what} expected"))
    return name


def scalar(text: str) -> str:
    """Return a text as YAML that is read as this very text."""
    is_plain = re.fullmatch(r"[A-Za-z][\w./-]*", text, re.ASCII) is not None
    return text if is_plain and text.lower() not in _YAML_WORDS else json.dumps(text, ensure_ascii=False)


def write_new(files: Mapping[Path, str]) -> None:
    """Write files that are not there yet; if one is there, write none (A-OUTPUT for each)."""
    taken = [path for path in files if path.exists()]
    if taken:
        hint = "move it away, or name another place"
        raise ArgumentError(Fault("A-OUTPUT", f"`{path}` is there already", hint=hint) for path in taken)
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            reason = (problem.strerror or "cannot be made").lower()
            raise ArgumentError(Fault("A-OUTPUT", f"cannot make `{path.parent}`: {reason}")) from None
        with text_file(path) as stream:
            stream.write(text)


def schema_texts(manifest: Path) -> dict[Path, str]:
    """Return the JSON Schemas for editors that lie beside a pack, by their path."""
    pack = load_pack(manifest)
    schemas = {PACK_SCHEMA: pack_schema(pack), CASES_SCHEMA: cases_schema(compile(pack))}
    return {
        manifest.parent / name: json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
        for name, schema in schemas.items()
    }
