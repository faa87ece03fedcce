"""When the file of what the bot remembers is opened, and by whom."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.app import open_app
from bot.community.store.postgres_tables import TODAY
from bot.community.store.records_file import Records, open_records
from bot.discord_bot.run import open_parts
from bot.settings import load_settings
from index.store.postgres_address import PostgresAddress
from index.store.sqlite_file import Row, SqliteFile, script


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


def test_a_file_comes_to_the_tables_that_a_database_begins_with(tmp_path: Path) -> None:
    with (
        closing(open_records(tmp_path)) as led_there,
        closing(SqliteFile(tmp_path / "today.sqlite", [script(TODAY)])) as today,
    ):
        assert _columns(led_there) == _columns(today)


def _columns(records: Records | SqliteFile) -> dict[str, set[tuple[object, ...]]]:
    """Return of each table the names, types and defaults of its columns, and of its indexes."""

    def info(table: str) -> list[Row]:
        return records.rows(f"PRAGMA table_info({table})")

    named = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%' AND type ="
    return {
        name: {
            *((*row[1:3], bool(row[3] or row[5]), *row[4:]) for row in info(name)),
            *records.rows(f"{named} 'index' AND tbl_name = ?", (name,)),
        }
        for (name,) in records.rows(f"{named} 'table'")
    }


def test_the_statistics_of_a_server_hold_nobody_and_nothing_that_people_wrote(
    tmp_path: Path, database_url: str
) -> None:
    with closing(open_records(tmp_path, PostgresAddress.of(database_url))) as records:
        with records.transaction() as write:
            for id in range(30):
                write.execute(
                    "INSERT INTO bot_open_answers VALUES (?, ?, 424242, 'zorblax')", (id, 100)
                )
        records.erase_traces()
        known = {
            (table, column): repr(rest)
            for table, column, *rest in records.rows(
                "SELECT tablename, attname, most_common_vals "
                "::TEXT, histogram_bounds::TEXT FROM pg_stats WHERE schemaname = 'community'"
            )
        }
    assert ("bot_open_answers", "guild") in known
    assert not [name for name, text in known.items() if "424242" in text or "zorblax" in text]
