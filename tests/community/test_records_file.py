"""When the file of what the bot remembers is opened, and by whom."""

from __future__ import annotations

from pathlib import Path

from bot.app import open_app
from bot.discord_bot.run import open_parts
from bot.settings import load_settings


async def test_a_question_without_a_language_model_opens_no_records(own_folder: Path) -> None:
    settings = load_settings({}, own_folder)
    async with open_app(settings) as app:
        assert app.records.built is None
    assert not (settings.home / "community.sqlite").exists()


async def test_the_bot_and_the_budget_of_a_model_share_one_file(own_folder: Path) -> None:
    environ = {"QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": "http://127.0.0.1:9/v1"}
    settings = load_settings(environ, own_folder)
    async with open_parts(settings) as parts:
        assert (settings.home / "community.sqlite").exists()
        tables = parts.records.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {("model_tokens",), ("bot_answers",)} <= set(tables)
