"""What a quote is shown on, over a local Discord: its page, or the picture it was read from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from index.config import SHARED_COLLECTION
from index.schema import Region, Span
from tests.doubles.discord.fixtures import Stage, source, staged
from tests.doubles.drawn_pictures import as_file, drawn_picture

QUOTE = "A ceasefire agreement must be in place."
SCAN = source(SHARED_COLLECTION, "scan.png", QUOTE, title="A scan").model_copy(
    update={"regions": (Region(0, len(QUOTE), 100, 200, 900, 300),)}
)
MARK = "read from a picture"
PICTURE = as_file(drawn_picture(size=(40, 20)), "PNG")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(SCAN)
        yield made


async def test_a_quote_from_a_picture_is_marked_and_its_card_shows_it(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    stage.documents.pictures[SCAN.id] = PICTURE
    await stage.start()
    used = await ann.slash("ask", question="Which ceasefire conditions are there?", in_=general)
    shown = await ann.sees(QUOTE, to=used)
    assert MARK in shown.text
    card = await ann.sees(QUOTE, to=await ann.click(shown, "Show 1"))
    assert MARK in card.text
    (attached,) = card.attachments
    assert stage.discord.world.files[attached["id"]].content == PICTURE
    assert card.embeds[0]["image"]["url"] == f"attachment://{attached['filename']}"


async def test_a_picture_that_is_not_there_is_told_in_plain_words(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    used = await ann.slash("ask", question="Which ceasefire conditions are there?", in_=general)
    shown = await ann.sees(QUOTE, to=used)
    card = await ann.sees(QUOTE, to=await ann.click(shown, "Show 1"))
    assert card.text.endswith("-# The file was not kept.")
    assert not card.attachments
    stage.documents.put(SCAN.model_copy(update={"sha256": "7" * 64}))
    changed = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert "Its source has changed since." in changed.text


FIRST, SECOND = "A ceasefire agreement must", "be in place."
PAPER = source(SHARED_COLLECTION, "paper.pdf", f"{FIRST} {SECOND}", title="A paper").model_copy(
    update={"pages": (Span(start=0, end=26), Span(start=27, end=39))}
)


async def test_the_pages_of_a_quote_are_turned_over(tmp_path: Path) -> None:
    async with staged(tmp_path / "home") as stage:
        stage.documents.put(PAPER)
        stage.documents.pictures[PAPER.id] = b""
        acme = stage.discord.guild("Acme")
        general, ann = acme.text("general"), acme.member("Ann")
        await stage.start()
        used = await ann.slash("ask", question="Which ceasefire conditions are there?", in_=general)
        shown = await ann.sees(FIRST, to=used)
        files = stage.discord.world.files
        card = await ann.sees(to=await ann.click(shown, "Show 1"))
        seen = []
        for button in ("Whole page", "Part of page", "Page 2", "Page before"):
            (attached,) = card.attachments
            seen.append(files[attached["id"]].content)
            assert attached["description"] == f"{FIRST} {SECOND}"
            assert "-# It goes on." in card.text
            card = await ann.sees(to=await ann.click(card, button))
        assert seen == [b"page 1", b"page 1 whole", b"page 1", b"page 2"]
        assert files[card.attachments[0]["id"]].content == b"page 1"
        stage.documents.pictures.clear()
        plain = await ann.sees(to=await ann.click(shown, "Show 1"))
        assert not plain.attachments and "not kept" not in plain.text
