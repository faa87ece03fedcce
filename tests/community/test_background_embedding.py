"""Answers say what is not searched by meaning yet, and the bot embeds it between questions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.answer_screen import answer_screen
from bot.cli.health_checks import examine
from bot.cli.health_examination import Patient
from bot.cli.json_output import stats_payload
from bot.cli.source_screens import sources_table
from bot.cli.stats_screen import stats_screen
from bot.cli.terminal_text import Style
from bot.community.built_service import Parts
from bot.community.running_service import open_service
from bot.discord_bot.run import open_parts
from bot.discord_bot.text.pages import BY_WORDS, sources_page, sync_text
from bot.json_shapes.answer_shapes import AnswerShape
from bot.json_shapes.source_shapes import EntryShape
from bot.schema import Answer, Scope
from bot.settings import Settings, load_settings
from index.library import Library, open_library
from index.schema import Coverage
from index.sync.time_budget import TimeBudget

NOTE = (
    "Not all documents are searched by meaning yet: 0 of 2 passages are. This may miss something."
)
LATER = TimeBudget(embedding=0.0, most=0)


async def ask(parts: Parts, question: str) -> Answer:
    return await parts.answerer.answer(question, scope=Scope(collections=("documents",)))


def settings_of(folder: Path) -> Settings:
    given = {"QUOTH_THREADS": "1", "QUOTH_QUALITY": "fast", "QUOTH_WATCH": "off"}
    return load_settings(given, folder)


def check_told(library: Library, settings: Settings, folder: Path) -> None:
    """See that every list tells what is found by words only."""
    stats = library.catalog.stats()
    whole = Coverage(passages=3, embedded=0, documents=3, read=3)
    assert stats_payload(stats, "", "")["coverage"] == whole.model_dump()
    assert "by meaning  0 of 3 passages so far" in stats_screen(stats, "", "")
    entries = library.sources("documents")
    assert "ready; 1 passage is found by words only so far" in sources_table(entries, Style())
    assert EntryShape.of(entries[0]).payload()["awaiting"] == 1
    page = sources_page(entries, 1, label=str, now=datetime.now(UTC))
    assert page.text.count(BY_WORDS) == 2
    findings = dict(examine(Patient(settings, {}, folder, library)))
    assert findings["vectors"].state == "ok"
    assert "0 of 3 passages are. `quoth sync` finishes" in findings["vectors"].detail


async def test_the_note_goes_once_the_bot_has_embedded_in_the_background(own_folder: Path) -> None:
    (own_folder / "documents" / "tides.md").write_text("# Tides\n\nThe moon pulls the sea.\n")
    (own_folder / "documents" / "lions.md").write_text("# Lions\n\nLions sleep all day.\n")
    settings = settings_of(own_folder)
    with open_library(settings.index, LATER) as library:
        library.bring_in_step()
        report = library.add_text("owls", "owl.txt", "Owls see at night.", title="Owls")
        assert report.awaiting == 1
        assert "You can ask about it now." in sync_text(report)
        check_told(library, settings, own_folder)
    async with open_parts(settings) as parts:
        held = parts.documents
        assert isinstance(held, Library)
        answer = await ask(parts, "What pulls the sea?")
        assert (answer.claims, answer.notice) == (True, NOTE)
        assert answer_screen(answer, Style()).endswith(f"{NOTE} `quoth sync` finishes.")
        told = AnswerShape.of(answer).payload()["coverage"]
        assert told == {"passages": 2, "embedded": 0, "documents": 2, "read": 2, "changed": 0}
        nothing = await ask(parts, "Which minister signs the budget of Norway?")
        assert (nothing.status, nothing.notice) == ("not_found", NOTE)
        async with open_service(parts), asyncio.timeout(60):
            while held.catalog.awaits_vectors():  # noqa: ASYNC110 - another process may embed
                await asyncio.sleep(0.1)
            answer = await ask(parts, "What pulls the sea?")
        assert (answer.claims, answer.notice) == (True, None)
        assert "coverage" not in AnswerShape.of(answer).payload()
        assert held.catalog.stats().coverage is None
