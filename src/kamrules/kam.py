"""`df.kam`: the frame engine at hand in a notebook. Importing this module adds it to pandas and Polars.

>>> import polars as pl
>>> from datetime import date
>>> import kamrules.kam
>>> deals = pl.DataFrame({"id": ["D1"], "account__name": ["Lingang"], "account__industry": ["ships"]})
>>> deals.kam.assess(as_of=date(2026, 6, 30)).deals["supported"].to_list()
['M1']
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.frames import FrameAssessment

__all__ = ["Kam"]


class Kam:
    """What a frame of deals can be asked; reached as `df.kam`."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def assess(self, *, as_of: date, pack: Engine | str = "handbook", **options: Any) -> FrameAssessment:
        """Assess the deals of the frame.

        Parameters
        ----------
        as_of : the day of the assessment
        pack : a compiled engine, or the pack to compile: its id, file or folder
        **options : the lists' frames (`stakeholders=…`) and options of `Engine.assess_frame`
        """
        return _engine(pack).assess_frame(self._frame, as_of=as_of, **options)

    def missing(self, *, pack: Engine | str = "handbook") -> list[str]:
        """Return the columns that the pack reads of a deal and this frame lacks: unknown for every deal."""
        there = set(self._frame.columns)
        return [name for name in _engine(pack).frame_columns()["deals"] if name not in there]


def _engine(pack: Engine | str) -> Engine:
    return pack if isinstance(pack, Engine) else _compiled(pack)


@lru_cache(maxsize=8)
def _compiled(pack: str) -> Engine:
    return compile(load_pack(pack))


if find_spec("polars") is not None:
    import polars as pl

    for register in (pl.api.register_dataframe_namespace, pl.api.register_lazyframe_namespace):
        register("kam")(Kam)
if find_spec("pandas") is not None:
    import pandas as pd

    pd.api.extensions.register_dataframe_accessor("kam")(Kam)
