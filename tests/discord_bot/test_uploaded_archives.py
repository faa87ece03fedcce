"""ZIP archives in Discord, over the real index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.discord.fixtures import Stage, staged_for_real
from tests.doubles.discord.server import Upload
from tests.index.sync.test_archives import packed


@pytest.fixture
async def stage(own_folder: Path) -> AsyncIterator[Stage]:
    async with staged_for_real(own_folder) as made:
        yield made


async def test_an_archive_is_uploaded_asked_replaced_and_removed(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    tugs = "Ships longer than ninety metres need two tugs."
    first = packed({"tugs.txt": tugs, "moorings.txt": "They close at nine.", "a.mp4": "x"})
    used = await kim.slash("source add", file1=Upload("harbour.zip", first), in_=general)
    added = await kim.sees("2 added", to=used)
    assert "**harbour.zip** in **server**" in added.text
    assert "1 not read: 1 .mp4" in added.text
    listed = await kim.sees(to=await kim.slash("sources", in_=general))
    assert "harbour.zip (archive of 2 documents)" in listed.text
    question = "How many tugs do ships longer than ninety metres need?"
    shown = await kim.sees(to=await kim.slash("ask", question=question, in_=general))
    assert "two tugs" in shown.text.replace("**", "")
    second = packed({"tugs.txt": tugs.replace("two", "three")})
    used = await kim.slash("source add", file1=Upload("harbour.zip", second), in_=general)
    await kim.sees("1 updated, 1 removed", to=used)
    assert await kim.autocomplete("source refresh", source="archive", in_=general) == []
    ((label, key), *_) = await kim.autocomplete("source remove", source="archive", in_=general)
    refused = await kim.sees(to=await kim.slash("source refresh", source=key, in_=general))
    assert "'harbour.zip' was uploaded, and I keep no copy" in refused.text
    removed = await kim.sees(to=await kim.slash("source remove", source=key, in_=general))
    assert label.startswith("harbour.zip (archive of 1 document)")
    assert "Removed **harbour.zip (archive of 1 document)**" in removed.text
    assert "no sources here" in (await kim.sees(to=await kim.slash("sources", in_=general))).text

    note = await kim.say("Our rules", in_=general, files={"harbour.zip": first})
    told = await kim.sees("1 failed", to=await kim.menu("Add to sources", note))
    assert "An archive does not follow its message" in told.text
