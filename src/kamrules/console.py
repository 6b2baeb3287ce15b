"""Where the command line writes: results to standard output, all else to standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from kamrules.errors import Fault
from kamrules.source import visible

_PLAIN_WIDTH = 120  # of tables that go to a file or a pipe


class _Console(Console):
    """Leaves a pipe that was closed to the command: the library would end with exit code 1, findings."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def results() -> Console:
    """Return the console of results; plain, and of a fixed width, when it is no terminal."""
    console = _Console(highlight=False)
    return (
        console if console.is_terminal else _Console(highlight=False, width=max(console.width, _PLAIN_WIDTH))
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
