"""Loads the generated packages before the tests import from them."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import support  # noqa: F401


@pytest.fixture(autouse=True)
def nothing_is_complained_of(
    recwarn: pytest.WarningsRecorder,
) -> Iterator[None]:
    """A coroutine that nobody awaits, or a task that is lost, fails the test."""
    yield
    gc.collect()
    forgotten = [
        str(warning.message)
        for warning in recwarn
        if issubclass(warning.category, RuntimeWarning | ResourceWarning)
    ]
    assert not forgotten
