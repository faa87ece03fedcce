"""What the bot owes to the address for files, it does while nothing changes."""

from __future__ import annotations

from pathlib import Path

from bot.community.running_service import open_service
from bot.discord_bot.run import open_parts
from bot.settings import load_settings
from index.library import open_library
from tests.index.sync.test_kept_originals import LIONS, named

PLAIN = {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off", "QUOTH_WATCH": "off"}


async def test_the_bot_moves_files_by_itself(own_folder: Path) -> None:
    files = own_folder / "files"
    files.mkdir()
    with open_library(load_settings(PLAIN, own_folder).index) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
        library.bring_in_step()
    settings = load_settings(PLAIN | {"QUOTH_FILES": files.as_uri()}, own_folder)
    async with open_parts(settings) as parts, open_service(parts) as service:
        await service.folder.step()
    assert [path.name for path in (files / "originals").iterdir()] == named(LIONS)
    assert not list((own_folder / ".quoth" / "originals").iterdir())
