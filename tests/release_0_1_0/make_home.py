"""Writes `home.sql`: a small catalog with everything that release 0.1.0 kept in it.

Runs with the code of that release, whose modules are called otherwise than today's:

    cd CLONE_OF_THE_RELEASE && uv run python THIS_FILE > home.sql
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from bot.budget import Budget, Purse, SqliteLedger
from bot.feedback import Feedback
from bot.memory import Memory
from bot.rights import CollectionRule, GuildRules, Limit
from bot.team_answers import Basis, TeamAnswer, TeamAnswers
from index.catalog import BUSY_SECONDS, Catalog
from index.catalog_schema import connect
from index.vectors import ChromaVectors

from bot.bridge import Bridge
from index.chunk import chunk, estimate_tokens
from index.config import ChunkConfig
from index.load import load_bytes
from index.schema import LoadedDocument, source_id
from index.sync import Addition, Synchroniser
from tests.discord_fixtures import citation, kept

DOCUMENTS = Path(__file__).parent / "documents"
GUILD = "guild-100"
UPLOAD = b"# House rules\n\nQuiet hours begin at ten in the evening.\n"
PAGE = "The swimming pool opens in May. A ticket costs four euros."
TEAM = "Bicycles may be left in the yard.\n\nTeam answer by Ada, 26 November 2026.\n"


def main() -> None:
    """Write a home, and print it."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder))
        write_sources(catalog)
        write_memory(catalog)
        asyncio.run(spend_tokens(catalog))
        print_sql(catalog)
        catalog.close()


def write_sources(catalog: Catalog) -> None:
    """Index two files, an upload, a page and a team answer, for words only."""

    def cut(source: object) -> object:
        return chunk(source, config=ChunkConfig(), count_tokens=estimate_tokens)

    writer = Synchroniser(catalog, ChromaVectors(catalog.path.parent), None, chunk=cut)
    writer.sync_folder("documents", DOCUMENTS)
    page = LoadedDocument(
        text=PAGE,
        title="Swimming pool",
        mime="text/html",
        url="https://example.org/pool",
        modified=datetime(2026, 5, 1, tzinfo=UTC),
        warnings=("Hidden text was left out.",),
    )
    writer.add("documents", [Addition("https://example.org/pool", page)])
    upload = load_bytes(UPLOAD, name="rules.md")
    writer.add(GUILD, [Addition("rules.md", upload, added_by="Grace")])
    team = LoadedDocument(
        text=TEAM, title="Team answer: Where do I leave my bicycle?", mime="text/plain"
    )
    writer.add(GUILD, [Addition("team-answer-1.txt", team, added_by="Ada")])


def write_memory(catalog: Catalog) -> None:
    """Store one of everything that the bot remembers."""
    rules = catalog.source(source_id(GUILD, "rules.md"))
    quote = "Quiet hours begin at ten in the evening."
    given = kept("key", question="When is it quiet?", citations=(citation(rules, quote),))
    memory, feedback, answers = Memory(catalog), Feedback(catalog, names=True), TeamAnswers(catalog)
    memory.keep(given)
    memory.put_on(555, "key")
    memory.add_turns(given)
    memory.first_time(777, 1000.0)
    memory.set_fact("commands", "abc")
    named = (
        CollectionRule(
            name=GUILD, label="default", roles=Limit(limited=True, allowed=frozenset({5}))
        ),
    )
    memory.save_rules(GuildRules(guild=100, threads=frozenset({10}), named=named))
    feedback.rate(given, 7, liked=False, reason="too short", at=1001.0)
    feedback.rate(given, 8, liked=True, reason=None, at=1002.0)
    basis = Basis(
        source=rules.id, collection=GUILD, title=rules.title, sha256=rules.sha256, quote=quote
    )
    for name in ("team-answer-1.txt", "team-answer-2.txt"):
        put = answers.put(
            TeamAnswer(
                guild=100, collection=GUILD, name=name, source=source_id(GUILD, name),
                question="Where do I leave my bicycle?", text="Bicycles may be left in the yard.",
                author="Ada", at=1003.0, rests_on=(basis,),
            )
        )  # fmt: skip
    answers.drop(put.id)


async def spend_tokens(catalog: Catalog) -> None:
    """Use 120 tokens of one day."""
    bridge, connection = Bridge(), connect(str(catalog.path), busy_seconds=BUSY_SECONDS)
    purse = Purse(
        Budget(),
        SqliteLedger(connection, bridge.run),
        now=lambda: datetime(2026, 11, 26, tzinfo=UTC),
    )
    await purse.take("7", 120)
    bridge.close()
    connection.close()


def print_sql(catalog: Catalog) -> None:
    """Print statements that make the catalog again; what FTS5 keeps for itself is left to it."""
    connection = catalog.connection()
    print("PRAGMA user_version = 1;")
    made = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    ).fetchall()
    for kind, name, sql in made:
        if name.startswith("sqlite_") or re.fullmatch(r"words_\d+_\w+", name):
            continue
        print(f"{sql.strip()};")
        if kind != "table" or name.startswith("counts_"):
            continue
        columns = [f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({name})")]
        if name.startswith("words_"):
            columns.insert(0, "rowid")
        print_rows(connection, name, columns)
    print("DELETE FROM sqlite_sequence;")
    print_rows(connection, "sqlite_sequence", ["name", "seq"])


def print_rows(connection: object, table: str, columns: list[str]) -> None:
    """Print the rows of a table as statements."""
    quoted = " || ', ' || ".join(f"quote({column})" for column in columns)
    for (values,) in connection.execute(f"SELECT {quoted} FROM {table}"):
        said = values.replace(str(DOCUMENTS), "/home/ada/documents")
        print(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({said});")


if __name__ == "__main__":
    main()
