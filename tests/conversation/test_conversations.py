"""Three conversations over the sample documents without a language model: every turn, whole.

Each is held with everything, with the small selector alone and without it. Confidence is left
out: it moves with every fit. After a change that is meant to show, read what
`python -m tests.conversation.test_conversations` writes before you commit it.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from bot.app import open_app
from bot.schema import EXTRACTIVE, Answer, Scope, Turn
from bot.settings import load_settings
from index.library import open_library
from tests.doubles.answer_world import check, turns

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).parent / "transcripts" / "conversations.txt"
SCOPE = Scope(collections=("documents",))
WAYS = {
    "with the selector": {"QUOTH_QUALITY": "best"},
    "with the small selector": {"QUOTH_QUALITY": "fast"},
    "without the reader": {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off"},
}
CONVERSATIONS = {
    "What has to be in place": (
        "Hello!",
        "What are the UN prerequisites for a peacekeeping mission in Ukraine?",
        "and who said that?",
        "Who could block a mandate?",
        "show me 1",
        "How large is the peacekeeping budget?",
        "How many soldiers would be needed?",
        "thanks",
    ),
    "What Europe plans": (
        "Who hosts the Paris summit?",
        "When is it?",
        "Who else is invited?",
        "What are the three tiers of the European plan?",
        "Which troops would be in the third one?",
        "show me 9",
        "What is the capital of Australia?",
    ),
    "How Quoth works": (
        "How do I add documents to Quoth?",
        "Where is the index stored?",
        "How large is the peacekeeping budget and who won the 2022 World Cup?",
        'What does "not found" mean?',
        "Summarise the Quoth user guide",
        "What happens to my question when I use a language model?",
    ),
}


def test_each_conversation_has_six_turns_or_more() -> None:
    assert all(len(messages) >= 6 for messages in CONVERSATIONS.values())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("title", CONVERSATIONS)
async def test_a_conversation_reads_like_this(title: str, way: str, indexed_folder: Path) -> None:
    told = await held(indexed_folder, CONVERSATIONS[title], WAYS[way])
    assert told == recorded()[f"{title}, {way}"]


async def held(folder: Path, messages: Sequence[str], way: Mapping[str, str]) -> str:
    """Hold a conversation and return its transcript."""
    told: list[str] = []
    history: list[Turn] = []
    async with open_app(load_settings(way, folder)) as app:
        for message in messages:
            answer = await app.answerer.answer(message, scope=SCOPE, history=history)
            check(app.library.catalog, answer, SCOPE)
            assert answer.engine == EXTRACTIVE
            told.append("\n".join(lines(message, answer)))
            history += turns(message, answer)
    return "\n\n".join(told)


def lines(message: str, answer: Answer) -> Iterator[str]:
    """Yield what was asked, what was searched for, the outcome, and what was quoted."""
    yield f"> {message}"
    if answer.standalone_question != message:
        yield f"({answer.standalone_question})"
    yield answer.status
    if not answer.citations or answer.status == "partial":
        yield answer.text.rpartition("\n")[2]
    for citation in answer.citations:
        yield f"[{citation.marker}] {json.dumps(citation.quote, ensure_ascii=False)}"


def recorded() -> dict[str, str]:
    """Return each recorded conversation by its title."""
    blocks = re.split(r"^## ", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {title: text.strip() for title, _, text in (block.partition("\n") for block in blocks)}


def record() -> None:
    """Write every conversation anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "documents", folder / "documents")
        with open_library(load_settings({}, folder).index) as library:
            library.bring_in_step()
        blocks = [
            f"## {title}, {way}\n\n{asyncio.run(held(folder, messages, settings))}\n"
            for title, messages in CONVERSATIONS.items()
            for way, settings in WAYS.items()
        ]
    FILE.write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    record()
