"""How results show themselves in a notebook: by the words that the command line writes of them.

The modules that write them lie floors above what they write of. So they are named here, and loaded when a
notebook asks; `import kamrules` loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def html_by(writer: str, value: Any) -> str | None:
    """Return a result as HTML by a writer such as `kamrules.explanation:assessment_html`.

    The writer gets the engine that made the result. None, for which a notebook shows the `repr`, when no
    engine of the result's pack is in memory.
    """
    engine = import_module("kamrules.engine").engine_of(value.pack.hash)
    return None if engine is None else _written(writer, engine, value)


def pack_html(pack: Any) -> str:
    """Return a pack as HTML."""
    return _written("kamrules.handbook:pack_html", pack)


def _written(writer: str, *values: Any) -> str:
    module, _, name = writer.partition(":")
    written: str = getattr(import_module(module), name)(*values)
    return written
