"""Three conversations over the sample documents with a model that obeys: every turn, whole.

The model's play rewrites follow-ups as a good model would (they stand beside each message below)
and restates the numbered sentences of its prompt. After a change that is meant to show, read what
`python -m tests.conversation.test_conversations_models` writes before you commit it.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from bot.app import open_app
from bot.schema import Answer, Scope, Turn
from bot.settings import load_settings
from index.library import open_library
from index.text.words import content_terms
from tests.doubles.model_plays import QUESTION, shown
from tests.doubles.model_server import Play, Reply, model_server

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).parent / "transcripts" / "conversations_models.txt"
SCOPE = Scope(collections=("documents",))
MESSAGE = re.compile(r"<message>\n(.+)\n</message>")
BREAKDOWN = "And how many soldiers?"
"""At this message the server is out of order."""

COST = "what does Quoth cost"
"""The part of a question of which the model says that the passages do not answer it."""

CONVERSATIONS: Mapping[str, Mapping[str, str]] = {
    "What has to be in place": {
        "Hello!": "",
        "What are the UN prerequisites for a peacekeeping mission in Ukraine?": "",
        "and who said that?": "Who is the UN Under-Secretary-General for Peace Operations?",
        "Which of them needs Russia?": "Which prerequisite needs the assent of Russia?",
        "show me 1": "",
        "Who could block it?": "Who could block a mandate for a mission with its veto?",
        "What about money?": "To how many dollars does the UN peacekeeping budget amount?",
        BREAKDOWN: "How many soldiers have military planners named?",
        "What is the capital of Australia?": "What is the capital of Australia?",
        "thanks": "",
    },
    "What Europe plans": {
        "Who hosts the Paris summit?": "",
        "When is it?": "On which day does the French president host the summit in Paris?",
        "Who else is invited?": "Which heads of state are invited to the Paris summit?",
        "And what will come out of it?": "What is the Paris summit expected to agree on?",
        "No, I mean: what did Moscow say?": "Which soldiers has Moscow rejected in Ukraine?",
        "Does it compete with the UN?": "Does the European plan compete with a UN mission?",
        "show me 1": "",
    },
    "How Quoth works": {
        "Into which folder do I put files for Quoth?": "",
        "And a web page?": "How do I add a web page to Quoth?",
        "how do I remove one?": "How do I remove a document from the index of Quoth?",
        "What does quoth show print, and what does Quoth cost?": (
            "What does quoth show print, and what does Quoth cost?"
        ),
        "Where is the index stored?": "Where is the index of Quoth stored?",
        "How do I bake bread with it?": "How do I bake sourdough bread?",
        "What does not found mean?": "What does it mean that no passage answers well enough?",
    },
}
"""By title: each message, and the question a model makes of it (none for a first one)."""


def play(prompt: str) -> Reply:
    """Rewrite a follow-up, or answer from the sentences of the prompt."""
    message = MESSAGE.search(prompt)
    if message is None:
        asked = QUESTION.search(prompt)
        assert asked is not None
        if asked[1] == CONVERSATIONS["What has to be in place"][BREAKDOWN]:
            return Reply(status=503)
        return Reply(restated(prompt, asked[1]))
    alone = [messages[message[1]] for messages in CONVERSATIONS.values() if message[1] in messages]
    return Reply(alone[0])


def restated(prompt: str, question: str) -> str:
    """Restate the sentence with most of the question's rare words, and the items it leads to."""
    pairs = shown(prompt)
    terms = [set(content_terms(text)) for _, text in pairs]
    common = Counter(term for one in terms for term in one)
    wanted = set(content_terms(question))
    scores = [sum(1 / common[term] for term in one & wanted) for one in terms]
    best = max(range(len(pairs)), key=scores.__getitem__)
    (id, text), passage = pairs[best], pairs[best][0].partition(".")[0]
    text = ": ".join(text.strip("| ").split(" | "))  # a row of a table
    if not text.endswith(":"):
        reply = f"{text} [{id}]"
        return f"{reply}\nMissing: {COST}" if COST in question else reply
    items = [pair for pair in pairs[best + 1 : best + 4] if pair[0].startswith(f"{passage}.")]
    return "\n".join([f"{text} [{id}]", *(f"- {item} [{at}]" for at, item in items)])


@asynccontextmanager
async def answering(folder: Path, url: str) -> AsyncIterator[object]:
    """Open everything as the bot does, with the model behind `url`."""
    environ = {"QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": url, "QUOTH_LLM_TIMEOUT": "60"}
    async with open_app(load_settings(environ, folder)) as app:
        yield app.answerer


async def held(folder: Path, messages: Mapping[str, str]) -> str:
    """Hold a conversation and return its transcript."""
    told: list[str] = []
    history: list[Turn] = []
    server_play: Play = play
    async with model_server(server_play) as server, answering(folder, server.url) as answerer:
        for message in messages:
            answer = await answerer.answer(message, scope=SCOPE, history=history, asker="ada")  # type: ignore[attr-defined]
            told.append("\n".join(lines(message, answer)))
            history.append(Turn(role="user", text=message))
            history.append(answer.turn)
    return "\n\n".join(told)


def lines(message: str, answer: Answer) -> Iterator[str]:
    """Yield what was asked, what was understood, and the answer with its quotes."""
    yield f"> {message}"
    if answer.standalone_question != message:
        yield f"  ({answer.standalone_question})"
    yield answer.text
    for citation in answer.citations:
        yield f'  [{citation.marker}] "{citation.quote}" {citation.link()}'
    yield f"  {answer.engine}, {answer.status}"
    if answer.notice:
        yield f"  {answer.notice}"


def recorded() -> dict[str, str]:
    """Return each recorded conversation by its title."""
    blocks = FILE.read_text(encoding="utf-8").split("## ")[1:]
    return {title: text.strip() for title, _, text in (block.partition("\n") for block in blocks)}


@pytest.fixture(scope="module")
def folder(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample documents, indexed, in a folder whose catalog may be written to."""
    own = tmp_path_factory.mktemp("conversations") / "folder"
    copytree(indexed_folder, own, ignore=ignore_patterns("models"))
    (own / ".quoth" / "models").symlink_to(indexed_folder / ".quoth" / "models")
    return own


@pytest.mark.parametrize("title", CONVERSATIONS)
async def test_a_conversation_with_a_model_reads_like_this(title: str, folder: Path) -> None:
    assert await held(folder, CONVERSATIONS[title]) == recorded()[title]


def test_each_conversation_has_six_turns_or_more() -> None:
    assert [len(messages) >= 6 for messages in CONVERSATIONS.values()] == [True] * 3


def record() -> None:
    """Write every conversation anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copytree(ROOT / "documents", folder / "documents")
        with open_library(load_settings({}, folder).index) as library:
            library.bring_in_step()
        blocks = [
            f"## {title}\n\n{asyncio.run(held(folder, messages))}\n"
            for title, messages in CONVERSATIONS.items()
        ]
    FILE.write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    record()
