"""What holds of an opened app, whatever it is asked."""

from __future__ import annotations

import gc
from pathlib import Path

from bot.app import open_app
from bot.settings import load_settings


async def test_what_is_loaded_is_not_looked_through_for_garbage_while_it_is_open(
    own_folder: Path,
) -> None:
    before = gc.get_freeze_count()
    async with open_app(load_settings({}, own_folder)):
        assert gc.get_freeze_count() > before + 10_000
    assert gc.get_freeze_count() == 0
