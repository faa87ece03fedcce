"""A home of release 0.1.0 opens, and everything that people made in it is there."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.community.store.feedback import Feedback
from bot.community.store.memory import Memory
from bot.community.store.records_file import open_records
from bot.community.store.team_answer_records import TeamAnswerRecords
from bot.errors import BudgetExhausted
from bot.language_models.token_budget import TokenBudget
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import StoreError
from index.schema import source_id
from index.store import old_catalog
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors
from index.sync.synchroniser import Synchroniser
from tests.release_0_1_0 import FOLDER, write_home

NO_PLACES = NO_REGIONS = "[]"
"""The column that sources have got since."""

GUILD = "guild-100"
PAGE = ("documents", "https://example.org/pool")
UPLOAD = (GUILD, "rules.md")
TEAM_ANSWER = (GUILD, "team-answer-1.txt")
FILES = [("documents", "library.txt"), ("documents", "parking.md")]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    write_home(tmp_path / "home")
    shutil.copytree(FOLDER / "documents", tmp_path / "documents")
    time.sleep(0.025)  # what was written within a tick of the clock is looked at twice
    yield tmp_path / "home"


def sync(home: Path, catalog: Catalog) -> dict[str, object]:
    """Bring the folder in step; returns the parts of the report that are not nothing."""
    writer = Synchroniser(
        catalog,
        ChromaVectors(home),
        None,
        chunk=lambda source: chunk(source, ChunkConfig()),
        recipe="1/220",  # as that release cut documents; today they are cut anew
    )
    report = writer.sync_folder("documents", home.parent / "documents")
    return {
        key: value for key, value in report.model_dump(exclude={"seconds", "kept"}).items() if value
    }


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a file, without what FTS5 keeps for itself."""
    with closing(sqlite3.connect(path)) as file:
        names = file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'words%' "
            "AND name NOT LIKE 'counts%'"
        ).fetchall()
        return {name: file.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}


def test_every_document_is_there_and_nothing_is_indexed_anew(home: Path) -> None:
    before = tables(home / "catalog.sqlite")
    with closing(Catalog(home)) as catalog:
        for collection, uri in [*FILES, PAGE, UPLOAD, TEAM_ANSWER]:
            assert catalog.source(source_id(collection, uri)).text
        assert len(catalog.match(GUILD, "quiet hours", 5)) == 1
        assert sync(home, catalog) == {"unchanged": 2, "passages": 3}
    after = tables(home / "catalog.sqlite")
    assert after["collections"] == before["collections"]
    # Texts are those of the sources since, and vectors stand in a file of their own.
    *kept, text, digest, vectors = zip(*before["passages"], strict=True)
    assert text and vectors
    now = list(zip(*after["passages"], strict=True))
    assert now[: len(kept) + 1] == [*kept, digest]
    assert set(now[len(kept) + 1]) == {None}
    assert all(sentences for *_, sentences in tables(home / "vectors.sqlite")["vectors"])
    assert after["sources"] == [(*row, NO_PLACES, NO_REGIONS) for row in before["sources"]]
    columns = len(before["builds"][0])  # others were added since
    assert [row[:columns] for row in after["builds"]] == before["builds"]
    assert not {name for name in after if name.startswith(("bot_", "model_"))}


def test_what_people_added_stands_in_a_file_of_its_own(home: Path) -> None:
    with closing(Catalog(home)) as catalog:
        indexed = {key: catalog.source(source_id(*key)) for key in (PAGE, UPLOAD, TEAM_ANSWER)}
        with closing(catalog.open_added()) as added:
            assert {key: added.source(key) for key in added.versions()} == indexed
    assert indexed[PAGE].url == "https://example.org/pool"
    assert indexed[PAGE].modified == datetime(2026, 5, 1, tzinfo=UTC)
    assert indexed[PAGE].warnings == ("Hidden text was left out.",)
    assert (indexed[UPLOAD].added_by, indexed[TEAM_ANSWER].added_by) == ("Grace", "Ada")


async def test_everything_the_bot_remembered_is_there(home: Path) -> None:
    Catalog(home).close()
    with closing(open_records(home)) as records:
        memory, feedback = Memory(records), Feedback(records, names=True)
        kept = await memory.answer_on(555)
        assert kept is not None
        assert kept == await memory.answer("key")
        assert kept.answer.text == "Quiet hours begin at ten in the evening. [1]"
        assert kept.answer.printed_markers == {1}
        (citation,) = kept.answer.citations
        assert citation.quote == "Quiet hours begin at ten in the evening."
        asked, answered = await memory.turns("c1", since=0, collections=(GUILD,))
        assert (asked.text, answered.citations) == ("When is it quiet?", (citation,))
        assert (answered.text, answered.status) == (kept.answer.text, "answered")
        assert not await memory.first_time(777, 2000.0)
        assert await memory.fact("commands") == "abc"
        (rules,) = await memory.all_rules()
        assert (rules.guild, rules.threads) == (100, frozenset({10}))
        assert rules.named[0].roles.allowed == {5}
        assert await feedback.ratings("key") == (1, 1)
        (gap,) = await feedback.gaps(100)
        assert (gap.question, gap.reason, gap.person) == ("When is it quiet?", "too short", 7)
        (answer,) = await TeamAnswerRecords(records).all()
        assert (answer.text, answer.author) == ("Bicycles may be left in the yard.", "Ada")
        assert (answer.rests_on[0].quote, answer.rests_on[0].title) == (
            citation.quote,
            citation.title,
        )


async def test_ratings_are_still_known_by_person(home: Path) -> None:
    Catalog(home).close()
    with closing(open_records(home)) as records:
        await Feedback(records).forget(8)
        assert await Feedback(records).ratings("key") == (0, 1)


async def test_tokens_that_were_used_stay_used(home: Path) -> None:
    Catalog(home).close()
    with closing(open_records(home)) as records:
        budget = TokenBudget(
            records.transaction,
            records.run,
            per_person=121,
            now=lambda: datetime(2026, 11, 26, 20, tzinfo=UTC),
        )
        with pytest.raises(BudgetExhausted):
            async with budget.spend("7", 2):
                pass
        async with budget.spend("7", 1):
            pass


async def test_a_number_that_was_given_is_not_given_again(home: Path) -> None:
    Catalog(home).close()
    with closing(open_records(home)) as records:
        answers = TeamAnswerRecords(records)
        (held,) = await answers.all()
        assert held.id == 1
        new = held.model_copy(update={"id": 0, "source": "another"})
        assert (await answers.put(new)).id == 3


def test_opening_twice_changes_nothing(home: Path) -> None:
    def everything() -> dict[str, object]:
        with closing(Catalog(home)) as catalog:
            sync(home, catalog)
        open_records(home).close()
        return {path.name: tables(path) for path in sorted(home.glob("*.sqlite"))}

    first = everything()
    assert list(first) == [
        "additions.sqlite",
        "catalog.sqlite",
        "community.sqlite",
        "vectors.sqlite",
    ]
    assert everything() == first


@pytest.mark.parametrize("step", ["_copy_table", "open_added_file"])
async def test_a_kill_in_between_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class KilledError(BaseException):
        """Stands for the end of the process."""

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(old_catalog, step, die)
        with pytest.raises(KilledError):
            Catalog(home)
    assert "bot_answers" in tables(home / "catalog.sqlite")
    test_what_people_added_stands_in_a_file_of_its_own(home)
    await test_everything_the_bot_remembered_is_there(home)


async def test_a_kill_after_both_copies_were_made_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """Stands for the end of the process."""

    def die(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(AddedDocuments, "adopt", die)
        with pytest.raises(KilledError):
            Catalog(home)
    assert tables(home / "community.sqlite")["bot_answers"]
    assert tables(home / "additions.sqlite")["documents"]
    assert "bot_answers" in tables(home / "catalog.sqlite")
    test_what_people_added_stands_in_a_file_of_its_own(home)
    await test_everything_the_bot_remembered_is_there(home)


OPENER = """
import sys
from contextlib import closing
from pathlib import Path
from bot.community.store.records_file import open_records
from index.store.catalog import Catalog
home = Path(sys.argv[1])
sys.stdin.readline()
with closing(Catalog(home)) as catalog, closing(open_records(home)) as records:
    print(catalog.stats().sources, len(records.rows("SELECT 1 FROM bot_answers")))
"""


def opened_at_once(home: Path, processes: int) -> list[str]:
    """Open a home in several processes at once; return what each counted."""
    opening = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for each in opening:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return [each.communicate()[0] for each in opening]


async def test_several_processes_may_upgrade_it_at_once(home: Path) -> None:
    assert opened_at_once(home, 4) == ["5 1\n"] * 4
    test_what_people_added_stands_in_a_file_of_its_own(home)
    await test_everything_the_bot_remembered_is_there(home)


async def test_the_catalog_may_be_lost_after_the_upgrade(home: Path) -> None:
    with closing(Catalog(home)) as catalog:
        upload = catalog.source(source_id(*UPLOAD))
    (home / "catalog.sqlite").unlink()
    with closing(Catalog(home)) as catalog:
        assert sync(home, catalog) == {"added": 2, "passages": 3}
        assert catalog.source(source_id(*UPLOAD)) == upload
    await test_everything_the_bot_remembered_is_there(home)


def test_a_damaged_home_of_that_release_is_kept_aside(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = home / "catalog.sqlite"
    content = b"x" * 100 + catalog.read_bytes()[100:]
    catalog.write_bytes(content)
    with closing(Catalog(home)) as opened:
        assert sync(home, opened) == {"added": 2, "passages": 2}
    assert (home / "catalog.sqlite.damaged").read_bytes() == content
    assert "It was moved to" in caplog.text


def test_a_newer_community_file_is_refused(home: Path) -> None:
    Catalog(home).close()
    with closing(sqlite3.connect(home / "community.sqlite")) as file:
        file.execute("PRAGMA user_version = 9")
    with pytest.raises(StoreError, match=r"community\.sqlite' has format 9.*Upgrade Quoth"):
        open_records(home)
