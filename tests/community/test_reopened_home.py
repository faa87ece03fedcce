"""A home and its service, opened and closed often in one process, leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app import open_app
from bot.schema import Scope
from bot.settings import load_settings
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the size is read from /proc")

SLACK = 16.0
"""MiB by which the memory of a process may differ, with what was just used of it."""

SLACK_OF_FEW = 40.0
"""The same after few openings, where the C library has just taken room for another thread (22 MiB
were seen once); the models that are to be freed have over 100."""


@contextmanager
def no_collection() -> Iterator[None]:
    """Let only what nobody refers to any more be freed, not what refers to itself."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_closing_frees_the_models_at_once(copied_folder: Path) -> None:
    models: list[weakref.ref[object]] = []

    async def answered() -> None:
        async with open_app(load_settings({"QUOTH_QUALITY": "best"}, copied_folder)) as app:
            answer = await app.answerer.answer(
                "what are the UN prerequisites?", scope=Scope(collections=("documents",))
            )
            assert answer.citations
            opened = app.library.models
            for model in (opened.embedder, opened.reader, opened.selector):
                assert model is not None
                models.append(weakref.ref(model))

    with no_collection():
        asyncio.run(answered())
        assert [type(one()).__name__ for one in models] == ["NoneType"] * 3


def used(folder: Path, times: int) -> list[dict[str, float]]:
    """Open and close the home of a folder in one process; return what that held each time."""
    (folder / "documents" / "gate.txt").write_text("The gate is opened by Ada.\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.doubles.reopened_home", folder, str(times)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    held = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(held) == times
    return held


def assert_nothing_is_left(held: list[dict[str, float]], slack: float = SLACK) -> None:
    """Fail when objects, files or threads are left, or more memory in the end than before."""
    for kind in ("objects", "files", "threads"):
        assert len({one[kind] for one in held[2:]}) == 1, [one[kind] for one in held]
    sizes = [one["MiB"] for one in held]
    half = len(sizes) // 2
    assert statistics.median(sizes[half:]) - max(sizes[:half]) < slack, sizes


def test_opening_a_home_six_times_leaves_nothing(own_folder: Path) -> None:
    assert_nothing_is_left(used(own_folder, 6), SLACK_OF_FEW)


@pytest.mark.long
@pytest.mark.limit(900)
def test_opening_a_home_two_hundred_times_leaves_nothing(own_folder: Path) -> None:
    assert_nothing_is_left(used(own_folder, 200))
