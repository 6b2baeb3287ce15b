"""Fixtures every test may use, and how hard Hypothesis looks."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import kamrules as kr
from tests.handbook import handbook

REPO = Path(__file__).resolve().parent.parent

# The machine may be busy with the other half of the suite, so slowness alone fails nothing.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), max_examples=300, derandomize=True)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "dev")
)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared material beside the checkout: the handbook's text, real data, conformance rows."""
    folder = REPO.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no `{folder.name}` folder beside the checkout")
    return folder


@pytest.fixture(scope="session")
def engine() -> kr.Engine:
    """Return the engine of the handbook."""
    return handbook()
