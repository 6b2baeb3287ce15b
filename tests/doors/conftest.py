from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import kamrules.arguments
import kamrules.cli
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word

EXPORTS = Path(__file__).parents[2] / "examples" / "crm"


@cache
def engine_in(currency: str | None) -> Engine:
    return compile(load_pack("handbook", currency=currency))


@pytest.fixture(scope="session")
def engines() -> Callable[[str | None], Engine]:
    """The handbook in a currency; compiled once for all tests of doors."""
    return engine_in


@pytest.fixture(scope="session")
def exports() -> Path:
    return EXPORTS


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    """Run the command line; the commands of these tests share their engines, for time."""
    runner, app = CliRunner(), kamrules.cli.application()

    def pack_in(pack: str, *, params: Any, currency: str | None) -> str:
        assert (pack, params) == ("handbook", {})
        return currency or "USD"

    def call(*arguments: object) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kamrules.arguments, "load_pack", pack_in)
            patch.setattr(kamrules.arguments, "compile", engine_in)
            return runner.invoke(app, [str(one) for one in arguments])

    return call
