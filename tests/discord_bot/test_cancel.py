"""Adding that is cancelled, refused at once, or small beside something large."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.community.documents import Steps
from bot.discord_bot.error_replies import OUT_OF_ORDER
from bot.time_left import time_left_text
from index.errors import StoreError
from index.schema import SyncReport
from tests.doubles.discord.fixtures import Stage, eventually, staged
from tests.doubles.discord.server import Upload
from tests.doubles.discord.world import MANAGE_GUILD


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        yield made


async def test_a_large_file_is_cancelled_and_holds_up_no_other_server(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, other = stage.discord.guild("Acme"), stage.discord.guild("Other")
    general, lobby = acme.text("general"), other.text("lobby")
    kim = acme.member("Kim", acme.role("keepers", MANAGE_GUILD))
    bob = other.member("Bob", other.role("keepers", MANAGE_GUILD))
    begun, free, documents = threading.Event(), threading.Event(), stage.documents
    add_file = documents.add_file

    def slow(
        collection: str, name: str, content: bytes, *, added_by: str | None, steps: Steps | None
    ) -> SyncReport:
        if name == "large.txt" and steps is not None:
            begun.set()
            while not free.wait(0.02):
                steps(1, 100)
        return add_file(collection, name, content, added_by=added_by)

    monkeypatch.setattr(documents, "add_file", slow)
    await stage.start()
    large = await kim.slash("source add", file1=Upload("large.txt", b"Long."), in_=general)
    await eventually(begun.is_set)
    small = await bob.slash("source add", file1=Upload("small.txt", b"Short."), in_=lobby)
    await bob.sees("1 added", to=small)
    await kim.click(await kim.sees("large.txt", to=large), "Cancel")
    assert "It was cancelled" in (await kim.sees("1 failed", to=large)).text
    assert [call[2] for call in documents.calls] == ["small.txt"]
    free.set()


async def test_what_is_not_read_is_refused_before_it_is_fetched(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), acme.member("Kim", acme.role("keepers", MANAGE_GUILD))
    await stage.start()
    used = await kim.slash("source add", file1=Upload("film.mp4", b"x"), in_=general)
    assert "are not read" in (await kim.sees("1 failed", to=used)).text
    assert stage.documents.calls == []


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (3, "About 10 seconds left."),
        (41, "About 40 seconds left."),
        (55, "About 1 minute left."),
        (130, "About 2 minutes left."),
    ],
)
def test_how_long_it_will_take(seconds: float, told: str) -> None:
    assert time_left_text(seconds) == told


async def test_what_fails_leaves_no_bar_that_moves_no_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)

    def full(*given: object, **named: object) -> SyncReport:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(stage.documents, "add_file", full)
    await stage.start()
    used = await kim.slash("source add", file1=Upload("a.txt", b"Words."), in_=general)
    await kim.sees("0 of 1", to=used)
    await kim.sees(OUT_OF_ORDER, to=used)
    assert [OUT_OF_ORDER in shown.text for shown in kim.screen(general)] == [True]
