"""Whole web sites and feeds in Discord, over the real index and a web server on this machine."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.doubles.discord.fixtures import Stage, eventually, staged_for_real
from tests.doubles.discord.server import Upload
from tests.doubles.discord.world import MANAGE_GUILD
from tests.doubles.git_server import git_server, new_repository
from tests.doubles.web_server import WebServer, web_server


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


@pytest.fixture
async def stage(own_folder: Path) -> AsyncIterator[Stage]:
    settings = {"QUOTH_ALLOWED_HOSTS": "localhost", "QUOTH_PAGE_PAUSE": "0"}
    async with staged_for_real(own_folder, **settings) as made:
        yield made


async def test_a_site_is_added_listed_asked_refreshed_and_removed(
    stage: Stage, server: WebServer
) -> None:
    server.page("/docs/", "Welcome to the harbour.", "tugs.html", title="Harbour")
    server.page("/docs/tugs.html", "Ships longer than ninety metres need two tugs.", title="Tugs")
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    used = await kim.slash("source add", url=server.url("/docs/"), site=True, in_=general)
    await kim.sees("2 added", to=used)
    listed = await kim.sees(to=await kim.slash("sources", in_=general))
    assert "1 document" in listed.text
    assert "(site of 2 pages)" in listed.text
    question = "How many tugs do ships longer than ninety metres need?"
    shown = await kim.sees(to=await kim.slash("ask", question=question, in_=general))
    assert "two tugs" in shown.text.replace("**", "")
    server.page("/docs/tugs.html", "Ships longer than ninety metres need three tugs.", title="Tugs")
    ((label, key), *_) = await kim.autocomplete("source refresh", source="site", in_=general)
    assert "(site of 2 pages)" in label
    used = await kim.slash("source refresh", source=key, in_=general)
    await kim.sees("1 updated, 1 unchanged", to=used)
    offered = await kim.autocomplete("source remove", source="", in_=general)
    assert (label, key) in offered
    removed = await kim.sees(to=await kim.slash("source remove", source=key, in_=general))
    assert "2 pages" in removed.text
    assert "no sources here" in (await kim.sees(to=await kim.slash("sources", in_=general))).text
    used = await kim.slash("source add", url=server.url("/nothing"), site=True, in_=general)
    failed = await kim.sees("1 failed", to=used)
    assert "There is no such page." in failed.text
    assert "HTTP" not in failed.text


async def test_a_site_is_cancelled_and_holds_up_nobody(stage: Stage, server: WebServer) -> None:
    server.pause = 0.1
    links = [f"p{n}" for n in range(300)]
    server.page("/docs/", "Start.", *links)
    for link in links:
        server.page(f"/docs/{link}", f"Page {link} of the harbour.")
    acme, other = stage.discord.guild("Acme"), stage.discord.guild("Other")
    general, lobby = acme.text("general"), other.text("lobby")
    kim = acme.member("Kim", acme.role("keepers", MANAGE_GUILD))
    bob = other.member("Bob", other.role("keepers", MANAGE_GUILD))
    await stage.start()
    used = await kim.slash("source add", url=server.url("/docs/"), site=True, in_=general)
    await eventually(lambda: len(server.asked) > 15)
    small = await bob.slash("source add", file1=Upload("small.txt", b"Short."), in_=lobby)
    await bob.sees("1 added", to=small)
    await kim.click(await kim.sees(server.url("/docs/")[:20], to=used), "Cancel")
    done = await kim.sees("It was cancelled; what I had read of it stays.", to=used)
    assert "failed" in done.text
    assert 15 < len(server.asked) < 250
    before = len(server.asked)
    await stage.service.sources.sites.refresh_due()
    assert len(server.asked) == before


async def test_a_feed_is_known_by_what_it_holds(stage: Stage, server: WebServer) -> None:
    entry = f"<item><title>Tides</title><link>{server.url('/tides')}</link></item>"
    feed = f"<rss><channel><title>Harbour news</title>{entry}</channel></rss>"
    server.serve("/feed", feed.encode(), "application/rss+xml")
    server.page("/tides", "The tide turns at noon.", title="Tides")
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    used = await kim.slash("source add", url=server.url("/feed"), in_=general)
    await kim.sees("1 added", to=used)
    listed = await kim.sees(to=await kim.slash("sources", in_=general))
    assert "Harbour news (feed of 1 page)" in listed.text.replace("\\", "")


@pytest.mark.skipif(shutil.which("git") is None, reason="Git is not installed")
async def test_a_repository_is_added_by_its_address_alone(stage: Stage, tmp_path: Path) -> None:
    handbook = new_repository(tmp_path / "served" / "handbook")
    handbook.commit(tugs_DOT_md="# Tugs\n\nShips longer than ninety metres need two tugs.\n")
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    with git_server(tmp_path / "served") as server:
        url = server.url("handbook/.git")
        await kim.sees("1 added", to=await kim.slash("source add", url=url, in_=general))
    listed = await kim.sees(to=await kim.slash("sources", in_=general))
    assert "handbook (repository of 1 file at " in listed.text
    for local in (f"{handbook.folder}/.git", handbook.folder.as_uri() + "/.git", "git@h:a/b.git"):
        used = await kim.slash("source add", url=local, in_=general)
        await kim.sees("Only addresses that begin with", to=used)
