"""What all tests of learning share."""

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # ships no types


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Many small fits: threads would only wait for each other, the more so on a busy machine."""
    with threadpool_limits(1):
        yield
