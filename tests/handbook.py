"""The engine of the handbook, made once in a process for every test that only asks it."""

from functools import cache

import kamrules as kr


@cache
def handbook() -> kr.Engine:
    """Return the compiled pack; engines never change."""
    return kr.compile(kr.load_pack("handbook"))
