"""Holds what takes time or does not to the size of what it is given."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from index.errors import LoadError

MOST = 2.5
"""Times as long that twice as much may take; the square of it would be four times."""

TOO_SHORT = 0.05
"""Seconds of processor time below which nothing can be told: the square of it is no harm yet."""

Given = TypeVar("Given")


def grows_in_step(act: Callable[[Given], object], made: Callable[[int], Given], size: int) -> None:
    """Compare a size with twice that size; the machine may be busy, so a few times."""
    ratios = []
    for _ in range(6):
        twice = _seconds(act, made(2 * size))
        if twice < TOO_SHORT or twice <= MOST * (once := _seconds(act, made(size))):
            return
        ratios.append(round(twice / once, 1))
    pytest.fail(f"twice as much takes {ratios} times as long")


def _seconds(act: Callable[[Given], object], given: Given) -> float:
    gc.disable()  # it takes longer the more there is of everything else
    try:
        began = time.process_time()
        with contextlib.suppress(LoadError):  # a page nested too deeply, for one
            act(given)
        return time.process_time() - began
    finally:
        gc.enable()
