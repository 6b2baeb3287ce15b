"""The command line. Each module of this folder is one command and offers a function of its own name.

Several commands under one name are a `typer.Typer` of that name, each of them `guarded`.
A command reads its arguments, calls the library and shows what came back. The contract of its outcome:
exit code 0 clean, 1 findings, 2 bad input or usage, 3 our defect; results on standard output, all else on
standard error; nothing a user gave ends in a traceback. `--debug` shows one for a defect of ours.

A command is imported when it is run. The list of them reads their texts from their source, so that help
does not wait for the engine.
"""

from __future__ import annotations

import ast
import functools
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, Literal, ParamSpec

import typer
from rich.markup import escape
from typer.core import TyperGroup

from kamrules import __version__
from kamrules.console import notes, show_faults
from kamrules.errors import KamrulesError
from kamrules.source import visible

__all__ = [
    "AsOf",
    "BadValues",
    "Columns",
    "IgnoreColumns",
    "KeyFile",
    "Language",
    "LastDay",
    "MapFile",
    "PackRef",
    "Params",
    "PriorDeals",
    "Until",
    "application",
    "guarded",
    "main",
]  # fmt: skip

FINDINGS = 1
BAD_INPUT = 2
DEFECT = 3
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

# Of the commands that learn from closed deals.
LastDay = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="Last day that counts; that of the last event if left out."),
]
Columns = Annotated[
    Literal["health", "all"],
    typer.Option("--columns", help="Learn of the health alone, or of criteria and people too."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="MILESTONE", help="Last milestone whose criteria are columns."),
]
PriorDeals = Annotated[
    float, typer.Option("--prior-deals", help="How many closed deals the pack's weights are worth.")
]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    application()(arguments, prog_name="kamrules")


def application() -> typer.Typer:
    """Return the application with every command of this folder."""
    app = typer.Typer(
        cls=_Commands,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        epilog=_EXIT_CODES,
    )
    app.callback()(_root)
    for info in sorted(iter_modules(__path__), key=lambda module: module.name):
        app.command(info.name, help=_help_in(Path(__path__[0]) / f"{info.name}.py", info.name))(_listed)
    return app


class _Commands(TyperGroup):
    """Has only the name and the help of each command until one is run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, _loaded(name) if name and listed else listed, rest


def _listed() -> None:
    """Stand for a command that is not imported yet."""


def _help_in(path: Path, name: str) -> str:
    """Return the help of a command: the docstring of its function, or what its `Typer` is given."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            given = {keyword.arg: keyword.value for keyword in node.value.keywords}
            if [target.id for target in node.targets if isinstance(target, ast.Name)] == [name]:
                return str(ast.literal_eval(given["help"]))
    message = f"{path.name} has no command `{name}`"
    raise LookupError(message)


def _loaded(name: str) -> Any:
    command = getattr(import_module(f"{__name__}.{name}"), name)
    if not isinstance(command, typer.Typer):
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name)(guarded(command))
        command = alone
    made = typer.main.get_command(command)
    made.name = name
    return made


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
