"""Questions as people type them over documents as teams have them: every screen, whole.

Besides, each case says what a person needs of its answer. After a change that is meant to show,
read what `python -m tests.answering.test_telling_cases` writes before you commit it.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.cli.answer_screen import answer_screen
from bot.cli.terminal_text import Style
from bot.schema import Answer, Scope, Status, Turn
from bot.settings import load_settings
from index.library import open_library
from index.schema import Value, source_id
from index.text.layout import folded
from tests.doubles.answer_world import check, turns

FOLDER = Path(__file__).parent / "telling_cases"
DOCUMENTS = FOLDER / "documents"
FILE = FOLDER / "transcript.txt"
COLLECTION = "documents"
STYLE = Style(root="documents/")


class Case(Value):
    """A question, what came before it, and what its answer must and must not show."""

    name: str
    kind: str
    question: str
    history: tuple[str, ...] = ()
    source: str | None = None
    """Path of the only document that is asked."""
    status: tuple[Status, ...]
    stands: tuple[str, ...] = ()
    """What is read in the quotes."""
    placed: tuple[str, ...] = ()
    """What is read in the quotes or in the places that are named below them."""
    absent: tuple[str, ...] = ()
    """What is read in neither; ` › ` stands between the headings of a place."""
    known_fault: str | None = None
    """Why it does not pass yet."""


CASES = tuple(
    Case.model_validate(case)
    for case in tomllib.loads((FOLDER / "cases.toml").read_text(encoding="utf-8"))["case"]
)


@dataclass(frozen=True)
class Desk:
    """An open Quoth that is asked one case after the other."""

    app: App
    runner: asyncio.Runner

    def told(self, case: Case) -> tuple[Answer, str]:
        """Ask a case; returns the last answer and the transcript."""
        return self.runner.run(held(self.app, case))


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Index the documents in `folder` and open Quoth over them."""
    shutil.copytree(DOCUMENTS, folder / "documents")
    settings = load_settings({}, folder)
    with open_library(settings.index) as library, asyncio.Runner() as runner:
        report = library.bring_in_step()
        assert report is not None
        assert not report.failed
        stack = AsyncExitStack()
        app = runner.run(stack.enter_async_context(open_app(settings, library)))
        try:
            yield Desk(app, runner)
        finally:
            runner.run(stack.aclose())


@pytest.fixture(scope="module")
def desk(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("telling")
    (folder / ".quoth").mkdir()
    (folder / ".quoth" / "models").symlink_to(indexed_folder / ".quoth" / "models")
    with open_desk(folder) as opened:
        yield opened


async def held(app: App, case: Case) -> tuple[Answer, str]:
    """Hold the conversation of a case; returns the last answer and the transcript."""
    scope = Scope(collections=(COLLECTION,), source=source_named(case.source))
    history: list[Turn] = []
    blocks: list[str] = []
    for message in (*case.history, case.question):
        answer = await app.answerer.answer(message, scope=scope, history=history)
        check(app.library.catalog, answer, scope)
        blocks.append(f"> {message}\n({answer.status})\n\n{answer_screen(answer, STYLE)}")
        history += turns(message, answer)
    return answer, "\n\n".join(blocks)


def source_named(path: str | None) -> str | None:
    """Return the id of the document at `path`."""
    return source_id(COLLECTION, path) if path else None


def faults(case: Case, answer: Answer) -> list[str]:
    """Return what a person would miss in an answer, or be misled by."""
    text, screen = folded(answer.text), folded(answer_screen(answer, STYLE))
    missed = [
        *(words for words in case.stands if words not in text),
        *(words for words in case.placed if words not in screen),
    ]
    strange = [words for words in case.absent if words in screen]
    return [
        *([] if answer.status in case.status else [f"it is {answer.status}"]),
        *(f"{words!r} does not stand in it" for words in missed),
        *(f"{words!r} stands in it" for words in strange),
    ]


def block(case: Case, told: str, found: Sequence[str]) -> str:
    """Return what is recorded of a case: its transcript and, of a known fault, what is wrong."""
    wrong = [f"Known fault: {'; '.join(found)}."] if case.known_fault else []
    return "\n\n".join([told.rstrip(), *wrong])


def recorded() -> dict[str, str]:
    """Return each recorded block by the name of its case."""
    blocks = re.split(r"^## ", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: text.strip() for name, _, text in (one.partition("\n") for one in blocks)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_answered_as_a_person_needs_it_and_reads_like_this(
    case: Case, desk: Desk
) -> None:
    answer, told = desk.told(case)
    found = faults(case, answer)
    if case.known_fault:
        assert found, f"{case.name!r} passes: take its `known_fault` out of cases.toml"
    else:
        assert not found, f"{case.name!r}: {'; '.join(found)}\n\n{told}"
    assert block(case, told, found) == recorded()[case.name]


def test_every_block_of_the_transcript_belongs_to_a_case() -> None:
    assert list(recorded()) == [case.name for case in CASES]


def test_there_are_thirty_cases_and_three_of_each_kind() -> None:
    kinds = Counter(case.kind for case in CASES)
    assert len(CASES) >= 30
    assert min(kinds.values()) >= 3


def test_what_must_or_must_not_stand_is_said_by_the_documents() -> None:
    said = [folded(path.read_text(encoding="utf-8")) for path in sorted(DOCUMENTS.iterdir())]
    for case in CASES:
        headings = (part for words in case.absent for part in words.split(" › "))
        for words in (*case.stands, *case.placed, *headings):
            assert any(words in one for one in said), f"{case.name!r}: {words!r}"


def record() -> None:
    """Write every block anew."""
    with tempfile.TemporaryDirectory() as name, open_desk(Path(name)) as desk:
        blocks = []
        for case in CASES:
            answer, told = desk.told(case)
            found = faults(case, answer)
            blocks.append(f"## {case.name}\n\n{block(case, told, found)}\n")
            if bool(found) != bool(case.known_fault):
                print(f"{case.name}: {'; '.join(found) or 'passes'}")
    FILE.write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    record()
