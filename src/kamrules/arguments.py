"""What the arguments of a command stand for: a day, a key, the engine of a pack, a deal of a source."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

from kamrules.console import notes, show_faults
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError, Fault
from kamrules.pipeline import find_deal, map_currency, open_source

_LEAST_KEY = 16  # bytes, our choice: 128 bits cannot be guessed


def day_or_today(text: str | None) -> date:
    """Return the day of `--as-of`; the wall clock is read here, at the border, and said so."""
    day = day_of("--as-of", text)
    if day is None:
        day = date.today()  # noqa: DTZ011 - the user's own calendar day
        notes().print(f"as of {day} (today); give --as-of for a result that can be repeated")
    return day


def day_of(option: str, text: str | None) -> date | None:
    """Return the day given for an option, None where it is left out."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"`{text}` given for {option}, a date such as 2026-06-30 expected"
        raise ArgumentError(Fault("A-DATE", message)) from None


def key_in(path: Path | None) -> bytes | None:
    """Return the secret in a file, without the line ends around it."""
    if path is None:
        return None
    key = path.read_bytes().strip()
    if len(key) < _LEAST_KEY:
        message = f"the key in `{path}` has {len(key)} bytes, at least {_LEAST_KEY} are needed"
        raise ArgumentError(Fault("A-KEY", message))
    return key


def loaded_engine(pack: str, params: list[str] | None, map_path: Path | None = None) -> Engine:
    """Return the engine of a pack; a field map that names a currency sets it."""
    given = dict(_param(text) for text in params or [])
    return compile(load_pack(pack, params=given, currency=map_currency(map_path)))


def chosen_deal(  # noqa: PLR0913 - what `open_source` takes, and the deal
    engine: Engine,
    path: str,
    deal_id: str,
    *,
    map_file: Path | None,
    bad_values: Literal["reject", "unknown"],
    ignore_column: list[str] | None,
    as_of: date,
) -> Any:
    """Return one deal of a source; what is left out of it is shown."""
    ignored = frozenset(ignore_column or ())
    reading = open_source(
        path, engine, map_path=map_file, bad_values=bad_values, ignored_columns=ignored, as_of=as_of
    )
    found = find_deal(reading, deal_id)
    show_faults(found.issues)
    if bad_values == "reject":
        return found.deal
    record, issues = engine.read_without_bad_values(found.deal)
    show_faults(issues)
    return record


def _param(text: str) -> tuple[str, bool | int | float | str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise ArgumentError(Fault("A-PARAM", f"`{text}` given for --param, NAME=VALUE expected"))
    return name.strip(), _scalar(value.strip())


def _scalar(text: str) -> bool | int | float | str:
    """Read a parameter as YAML would: a number, true or false, else a text; quotes make it a text."""
    if text in {"true", "false"}:
        return text == "true"
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if is_quoted else text
