"""The command line. Each module of this folder is one command and offers a function of its own name.

Several commands under one name are a `typer.Typer` of that name, each of them `guarded`.
A command reads its arguments, calls the library and shows what came back. The contract of its outcome:
exit code 0 clean, 1 findings, 2 bad input or usage, 3 our defect; results on standard output, all else on
standard error; nothing a user gave ends in a traceback. `--debug` shows one for a defect of ours.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, Literal, ParamSpec, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from kamrules import __version__
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError, Fault, KamrulesError
from kamrules.page import visible
from kamrules.pipeline import find_deal, map_currency, open_source

__all__ = [
    "AsOf", "BadValues", "IgnoreColumns", "KeyFile", "Language", "MapFile", "PackRef", "Params",
    "chosen_deal", "day_of", "day_or_today", "file_console", "guarded", "key_in", "loaded_engine", "main",
    "notes", "results", "show_faults", "show_text", "shown_progress",
]  # fmt: skip

FINDINGS = 1
BAD_INPUT = 2
DEFECT = 3
_LEAST_KEY = 16  # bytes, our choice: 128 bits cannot be guessed
_PLAIN_WIDTH = 120  # of tables that go to a file or a pipe
_EXIT_CODES = "Exit code: 0 clean, 1 findings, 2 bad input or usage, 3 a defect of kamrules."
_P = ParamSpec("_P")

PackRef = Annotated[str, typer.Option("--pack", help="A shipped pack, a pack file or its folder.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Day of the assessment; today if left out.")
]
Params = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Override a parameter of the pack.")
]
MapFile = Annotated[
    Path | None, typer.Option("--map", metavar="FILE", help="Field map of another system's CSV files.")
]
BadValues = Annotated[
    Literal["reject", "unknown"],
    typer.Option("--bad-values", help="Reject a deal with a bad value, or leave the value unknown."),
]
IgnoreColumns = Annotated[
    list[str] | None,
    typer.Option("--ignore-column", metavar="NAME", help="Leave out a column, or FILE:COLUMN."),
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="A secret that signs certificates.")
]
Language = Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of texts.")]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    application()(arguments, prog_name="kamrules")


def application() -> typer.Typer:
    """Return the application with every command of this folder."""
    app = typer.Typer(
        add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, epilog=_EXIT_CODES
    )
    app.callback()(_root)
    for info in sorted(iter_modules(__path__), key=lambda module: module.name):
        module = import_module(f"{__name__}.{info.name}")
        command = getattr(module, info.name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=info.name)
        else:
            app.command(info.name)(guarded(command))
    return app


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"kamrules {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback for a defect of kamrules.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Assess key-account deals against a sales handbook: what holds, what blocks, what is unknown."""
    context.obj = {"debug": debug}


def guarded(command: Callable[_P, None]) -> Callable[_P, None]:
    """Return the command with its outcomes turned to exit codes; its first argument is the context."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except KamrulesError as problem:
            show_faults(problem.faults)
            raise typer.Exit(BAD_INPUT) from None
        except BrokenPipeError:
            # The reader has what it wanted. Python would complain again when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except OSError as problem:
            notes().print(f"cannot read or write: {escape(visible(str(problem)))}", soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from None
        except Exception as problem:  # noqa: BLE001 - what is left is a defect of ours
            _show_defect(problem, _context(kwargs))
            raise typer.Exit(DEFECT) from None

    return run


def _context(kwargs: Mapping[str, Any]) -> bool:
    context = kwargs.get("context")
    return bool(context is not None and context.obj and context.obj.get("debug"))


def _show_defect(problem: Exception, is_debug: bool) -> None:
    if is_debug:
        traceback.print_exception(problem)
    text = (
        f"this is a defect of kamrules {__version__}, please report it: {type(problem).__name__}: {problem}"
    )
    notes().print(escape(visible(text)), soft_wrap=True)
    if not is_debug:
        notes().print("kamrules --debug COMMAND … shows where it happened", soft_wrap=True)


def results() -> Console:
    """Return the console of results; plain, and of a fixed width, when it is no terminal."""
    console = Console(highlight=False)
    return (
        console if console.is_terminal else Console(highlight=False, width=max(console.width, _PLAIN_WIDTH))
    )


def file_console(stream: TextIO) -> Console:
    """Return a console that writes plain text to a file."""
    return Console(file=stream, highlight=False, width=_PLAIN_WIDTH)


def notes() -> Console:
    """Return the console of everything that is no result."""
    return Console(stderr=True, highlight=False)


def show_text(text: str) -> None:
    """Write a finished text to standard output, its control characters made visible."""
    results().out(visible(text.rstrip("\n")), highlight=False)


def show_faults(faults: Iterable[Fault], *, console: Console | None = None, indent: str = "") -> None:
    """Print one line for each fault."""
    shown = console or notes()
    for fault in faults:
        shown.print(indent + escape(visible(str(fault))), soft_wrap=True)


def day_or_today(text: str | None) -> date:
    """Return the day of `--as-of`; the wall clock is read here, at the border, and said so."""
    day = day_of("--as-of", text)
    if day is None:
        today = date.today()  # noqa: DTZ011 - the user's own calendar day
        notes().print(f"as of {today} (today); give --as-of for a result that can be repeated")
        return today
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


@contextmanager
def shown_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yield what shows how much of each named step is done, on a terminal only."""
    console = notes()
    tasks: dict[str, TaskID] = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step)
            bar.update(tasks[step], completed=done, total=total)

        yield show


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
