"""z3, imported in this one place."""

from __future__ import annotations

from kamrules.errors import Fault, MissingExtraError

try:
    import z3
except ImportError as error:
    raise MissingExtraError(
        Fault("X-VERIFY", "proofs need z3-solver", hint="install `kamrules[verify]`")
    ) from error

__all__ = ["z3"]
