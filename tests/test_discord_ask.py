"""Asking and reading, end to end: the real client over a local Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from index.config import SHARED_COLLECTION
from tests.discord_fixtures import Stage, source, staged

PEACE = (
    "Lacroix named three conditions.\n"
    "A ceasefire agreement must be in place.\n"
    "The mission needs a mandate of the Security Council.\n"
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.shelf.put(
            source(
                SHARED_COLLECTION,
                "peace.txt",
                PEACE,
                title="Peacekeeping",
                url="https://example.org/peace",
            )
        )
        yield made


async def test_a_question_is_answered_with_sources_and_buttons(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    asked = await ann.slash("ask", question="Which ceasefire conditions are there?", in_=general)
    shown = await ann.sees(to=asked)
    assert "A ceasefire agreement must be in place." in shown.text
    assert "[1] **Peacekeeping**" in shown.text
    assert shown.buttons == ["Show 1", "Show 2", "Why?", "👍", "👎", "Follow up"]
    assert not shown.ephemeral


async def test_show_opens_the_quote_in_its_place_for_the_one_who_clicked(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann, ben = acme.text("general"), acme.member("Ann"), acme.member("Ben")
    await stage.start()
    asked = await ann.slash("ask", question="Which ceasefire conditions are there?", in_=general)
    shown = await ben.sees(to=asked)
    card = await ben.sees(to=await ben.click(shown, "Show 2"))
    assert card.ephemeral
    assert "Peacekeeping" in card.text
    assert "A ceasefire agreement must be in place." in card.text
    assert "2 of 2" in card.text
    assert card.buttons == ["◀ Previous", "Next ▶", "Open original"]
    turned = await ben.sees(to=await ben.click(card, "◀ Previous"))
    assert turned.message is card.message
    assert "> **Lacroix" in turned.text or "> Lacroix named" in turned.text
