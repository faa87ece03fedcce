"""The bot over the real index and models, and as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from bot.community.source_refresh import FOLLOWED
from bot.discord_bot.views import READ
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import Stage, staged_for_real
from tests.doubles.discord.server import DiscordServer, Upload
from tests.operation.test_figures import free_port

QUESTION = "What are the UN prerequisites?"
PAGE = """<html><head><title>Parking</title></head><body><article><h1>Parking</h1>
<p>Visitors of the harbour office park on the roof of building seven, free of charge.</p>
<p>The roof closes at nine in the evening, and cars left there are towed.</p>
</article></body></html>"""


@pytest.fixture
async def stage(own_folder: Path) -> AsyncIterator[Stage]:
    async with staged_for_real(own_folder) as made:
        yield made


async def test_documents_are_added_asked_shown_and_removed(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    rules = "# Harbour\n\nShips longer than ninety metres need two tugs.\n\nBoats pay nothing.\n"
    used = await kim.slash(
        "source add",
        file1=Upload("harbour.md", rules.encode()),
        file2=Upload("photo.jpg", b"\xff\xd8\xff\xe0"),
        file3=Upload("empty.txt", b""),
        in_=general,
    )
    done = await kim.sees("1 added", to=used)
    assert "photo.jpg" in done.text
    assert "empty.txt" in done.text
    question = "How many tugs do ships longer than ninety metres need?"
    shown = await kim.sees(to=await kim.slash("ask", question=question, in_=general))
    assert "need two tugs" in shown.text.replace("**", "")
    card = await kim.sees(to=await kim.click(shown, "Show 1"))
    assert "line 3" in card.text
    assert "Boats pay nothing." in card.text
    offered = await kim.autocomplete("source remove", source="", in_=general)
    assert [name for name, _ in offered] == ["Harbour"]
    await kim.sees(to=await kim.slash("source remove", source=offered[0][1], in_=general))
    again = await kim.slash("ask", question=question, in_=general)
    assert "two tugs" not in (await kim.sees(to=again)).text


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://[::1]/x",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "ftp://example.org/x",
    ],
)
async def test_a_page_inside_the_network_is_refused(stage: Stage, url: str) -> None:
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    used = await kim.slash("source add", url=url, in_=general)
    shown = await kim.sees("1 failed", to=used)
    assert "root:" not in shown.text


async def test_a_page_of_an_allowed_host_is_added_and_refreshed(own_folder: Path) -> None:
    body = PAGE

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/parking", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/parking"
    try:
        async with staged_for_real(own_folder, QUOTH_ALLOWED_HOSTS="127.0.0.1") as stage:
            acme = stage.discord.guild("Acme")
            general, kim = acme.text("general"), stage.discord.owner(acme)
            await stage.start()
            used = await kim.slash("source add", url=url, in_=general)
            await kim.sees("1 added", to=used)
            question = "Where do visitors of the harbour office park?"
            shown = await kim.sees(to=await kim.slash("ask", question=question, in_=general))
            assert "roof of building seven" in shown.text.replace("**", "")
            card = await kim.sees(to=await kim.click(shown, "Show 1"))
            assert "Open original" in card.buttons
            body = PAGE.replace("building seven", "building nine")
            used = await kim.slash("source refresh", source=url, in_=general)
            await kim.sees("1 updated", to=used)
            changed = await kim.sees(to=await kim.click(shown, "Show 1"))
            assert "has changed since" in changed.text
    finally:
        await runner.cleanup()


async def test_a_team_answer_is_found_with_the_real_search(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()
    for question in ("When is the canteen open?", "What are the canteen's opening hours?"):
        asked = await kim.slash("ask", question=question, in_=general)
        await kim.sees("do not say", to=asked)
    gaps = await kim.sees(to=await kim.slash("gaps", in_=general))
    assert "asked 2 times" in gaps.text
    form = await kim.sees_modal(await kim.click(gaps, "Answer 1"))
    text = "The canteen is open from eleven to two."
    await kim.sees("1 added", to=await kim.submit(form, {"Your answer": text}))
    asked = await kim.slash("ask", question="When is the canteen open?", in_=general)
    shown = await kim.sees(to=asked)
    assert "from eleven to two" in shown.text.replace("**", "")


async def test_a_shared_file_is_followed_by_itself(stage: Stage, own_folder: Path) -> None:
    file = own_folder / "documents" / "canteen.md"
    file.write_text("# Canteen\n\nThe canteen serves lunch on weekdays.\n")
    (own_folder / "documents" / "garden.md").write_text("# Garden\n\nRoses grow there.\n")
    acme = stage.discord.guild("Acme")
    general, kim = acme.text("general"), stage.discord.owner(acme)
    await stage.start()

    async def until_told(words: str) -> None:
        async with asyncio.timeout(40):
            said = ""
            while words not in said:
                question = "What does the canteen serve on weekdays?"
                used = await kim.slash("ask", question=question, in_=general)
                said = (await kim.sees(to=used)).text.replace("**", "")

    await until_told("serves lunch")
    file.write_text("# Canteen\n\nThe canteen serves dinner on weekdays.\n")
    await until_told("serves dinner")
    used = await kim.slash("source refresh", source="canteen.md", in_=general)
    assert (await kim.sees(to=used)).text == f"✅ 1 unchanged.\n{FOLLOWED}"


async def test_a_shared_file_is_brought_in_step_and_expires_what_rests_on_it(
    own_folder: Path,
) -> None:
    async with staged_for_real(own_folder, QUOTH_WATCH="off") as stage:
        file = own_folder / "documents" / "canteen.md"
        file.write_text("# Canteen\n\nThe canteen serves lunch on weekdays.\n")
        (own_folder / "documents" / "garden.md").write_text("# Garden\n\nRoses grow there.\n")
        acme = stage.discord.guild("Acme")
        general, kim = acme.text("general"), stage.discord.owner(acme)
        await stage.start()

        async def refreshed() -> str:
            used = await kim.slash("source refresh", source="canteen.md", in_=general)
            return (await kim.sees(to=used)).text

        async def asked() -> str:
            used = await kim.slash("ask", question="Who pays for the coffee machine?", in_=general)
            return (await kim.sees(to=used)).text.replace("**", "")

        await refreshed()
        offered = await kim.autocomplete("source refresh", source="canteen", in_=general)
        assert [name for name, _ in offered] == ["Canteen"]
        assert await refreshed() == "✅ 1 unchanged."
        await asked()
        form = await kim.sees_modal(
            await kim.click(await kim.sees(to=await kim.slash("gaps", in_=general)), "Answer 1")
        )
        answer = "The company pays for the coffee machine."
        typed = {"Your answer": answer, "Source it rests on (optional)": "canteen.md"}
        await kim.sees("1 added", to=await kim.submit(form, typed))
        assert answer in await asked()
        file.write_text("# Canteen\n\nThe canteen serves dinner on weekdays.\n")
        assert await refreshed() == "✅ 1 updated."
        assert answer not in await asked()
        file.unlink()
        assert await refreshed() == "✅ 1 removed."
        assert "There is no source" in await refreshed()


async def read_until(process: asyncio.subprocess.Process, words: str) -> str:
    """Return what a process says on standard error up to the line with `words`."""
    assert process.stderr is not None
    said = ""
    async with asyncio.timeout(30):
        while words not in said and (line := await process.stderr.readline()):
            said += line.decode()
    return said


async def test_the_process_answers_restarts_and_stops_on_sigterm(own_folder: Path) -> None:
    for document in (ROOT / "documents").iterdir():
        shutil.copy(document, own_folder / "documents")
    async with DiscordServer() as discord:
        acme = discord.guild("Acme", bot_permissions=0)
        acme.guild.everyone.permissions &= ~(1 << 15)
        general, ann = acme.text("general"), acme.member("Ann")
        environ = os.environ | discord.settings() | {"QUOTH_COOLDOWN_SECONDS": "0"}
        environ |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        port = free_port()
        page = f"http://127.0.0.1:{port}"
        environ |= {"QUOTH_WEB_URL": page, "QUOTH_WEB_PORT": str(port), "QUOTH_WEB_OPEN": "off"}

        async def start() -> asyncio.subprocess.Process:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "discord", cwd=own_folder, env=environ,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            await discord.gateway.connected(within=60)
            return process

        async def stop(process: asyncio.subprocess.Process) -> str:
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.wait_for(process.communicate(), 10)
            assert process.returncode == 0, err.decode()
            assert out == b""
            return err.decode()

        process = await start()
        shown = None
        for _ in range(60):
            asked = await ann.slash("ask", question=QUESTION, in_=general)
            shown = await ann.sees(to=asked, within=60)
            if "Show 1" in shown.buttons and "do not say" not in shown.text:
                break
            await asyncio.sleep(0.5)
        assert shown is not None
        assert "[1]" in shown.text
        said = await read_until(process, "In 'Acme' I lack")
        assert "Answering as Quoth" in said + await stop(process)
        assert "In 'Acme' I lack: attach files. Invite me again: https://discord.com/" in said
        process = await start()
        card = await ann.sees(to=await ann.click(shown, "Show 1"), within=60)
        assert "> " in card.text
        link = card.component(READ)["url"]
        assert link.startswith(f"{page}/open/")
        async with httpx.AsyncClient(follow_redirects=True, timeout=60) as browser:
            assert (await browser.get(f"{page}/sources")).status_code == 403
            read = await browser.get(link)
            assert '<mark class="' in read.text
            assert (await browser.get(f"{page}/sources")).status_code == 200
            acme.leave(ann)
            assert (await browser.get(read.url)).status_code == 403
        await stop(process)
        discord.assert_clean()


@pytest.mark.parametrize(("token", "form"), [("", "text"), ("wrong", "json")])
async def test_the_process_without_a_good_token_says_one_line(
    tmp_path: Path, token: str, form: str
) -> None:
    async with DiscordServer() as discord:
        environ = os.environ | discord.settings()
        environ |= {"DISCORD_TOKEN": token, "QUOTH_LOG_FORMAT": form}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "discord", cwd=tmp_path,
            env=environ | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert out == b""
    (line,) = err.decode().strip().splitlines()
    said = json.loads(line)["message"] if form == "json" else line.removeprefix("quoth: ")
    assert "DISCORD_TOKEN" in said
    assert line.startswith("{") is (form == "json")
