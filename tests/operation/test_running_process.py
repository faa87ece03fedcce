"""`quoth discord` as a process: its figures, its log, what it tells systemd, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from bot.community.question_intake import StoppingError
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import eventually
from tests.doubles.discord.server import DiscordServer, Shown
from tests.doubles.model_plays import obedient
from tests.doubles.model_server import Reply, model_server
from tests.operation.test_figures import figures, free_port, health

QUESTION = "What are the UN prerequisites of canaryquestion?"
KEY = "sk-canarykey-0123456789"


@asynccontextmanager
async def bot_process(
    folder: Path, environ: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the bot; what is left of it at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "discord", cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environ,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def objects(text: str) -> list[dict[str, str]]:
    """Return the lines of a log as objects; every line must be one."""
    return [json.loads(line) for line in text.splitlines()]


def heard(systemd: socket.socket) -> list[str]:
    """Return what was told to systemd so far."""
    said = []
    with contextlib.suppress(BlockingIOError):
        while True:
            said += systemd.recv(1000).decode().splitlines()
    return said


def is_ready(said: list[str], systemd: socket.socket) -> bool:
    """Say whether that was told by now; what was told is added to `said`."""
    said += heard(systemd)
    return "READY=1" in said


def is_over(shown: Shown) -> bool:
    """Say whether somebody has an answer, or was told that it comes later."""
    return "Show 1" in shown.buttons or shown.text == str(StoppingError())


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
@pytest.mark.parametrize("engine", ["extractive", pytest.param("openai", marks=pytest.mark.long)])
async def test_a_bot_under_systemd_is_seen_from_outside_and_ends_well(
    own_folder: Path, engine: str
) -> None:
    shutil.copy(ROOT / "documents" / "un-peacekeeping-prerequisites.md", own_folder / "documents")
    (own_folder / "documents" / "broken.docx").write_bytes(b"no archive")
    port, pace = free_port(), 0.0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(own_folder / "n"))
        systemd.setblocking(False)
        async with (
            model_server(lambda prompt: Reply(obedient(prompt), seconds_per_piece=pace)) as model,
            DiscordServer() as discord,
        ):
            acme = discord.guild("canaryserver")
            general, ann, ben = acme.text("general"), acme.member("canaryann"), acme.member("Ben")
            environ = discord.settings() | {
                "QUOTH_METRICS_PORT": str(port), "QUOTH_LOG_FORMAT": "json",
                "QUOTH_LOG_LEVEL": "debug", "QUOTH_COOLDOWN_SECONDS": "0", "QUOTH_QUALITY": "fast",
                "NOTIFY_SOCKET": str(own_folder / "n"), "WATCHDOG_USEC": "2000000",
            }  # fmt: skip
            if engine == "openai":
                environ |= {
                    "QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": model.url,
                    "QUOTH_LLM_API_KEY": KEY,
                }  # fmt: skip
            async with bot_process(own_folder, environ) as process:
                said: list[str] = []
                await eventually(partial(is_ready, said, systemd), within=60)
                assert "STATUS=Answering in 1 server." in said
                assert await health(port) == (200, "ready")
                asked = await ann.slash("ask", question=QUESTION, in_=general)
                assert is_over(await ann.sees(is_over, to=asked, within=60))
                counted = await figures(port)
                answers = {name: n for name, n in counted.items() if "questions_total" in name}
                assert [name.split()[2] for name in answers] == [engine]
                assert (counted["quoth_model_tokens_total"] > 100) is (engine == "openai")
                assert counted["quoth_index_passages"] >= counted["quoth_index_sources"] == 1
                assert counted["quoth_documents_failed"] == 1
                assert counted["quoth_disk_bytes catalog"] > 100_000
                assert counted["quoth_disk_free_bytes"] > 100_000
                pace = 0.1
                waiting = [
                    (one, await one.slash("ask", question=QUESTION, in_=general))
                    for one in (ann, ben, ann)
                ]
                process.send_signal(signal.SIGTERM)
                out, err = await asyncio.wait_for(process.communicate(), 12)
            assert (process.returncode, out) == (0, b"")
            for one, used in waiting:
                assert is_over(await one.sees(is_over, to=used))
            said += heard(systemd)
            assert "WATCHDOG=1" in said
            assert "STOPPING=1" in said
            token = discord.hub.token
    log = (own_folder / ".quoth" / "quoth.log").read_text("utf-8")
    for text in (log, err.decode()):
        for secret in ("canary", "prerequisites", token):
            assert secret not in text
    assert [line["message"] for line in objects(err.decode()) if line["logger"] == "quoth"] == [
        "Answering as Quoth in 1 server. Ctrl-C stops."
    ]
    for line in (lines := objects(log)):
        assert set(line) >= {"time", "level", "logger", "message"}
        at = datetime.fromisoformat(line["time"])
        assert at.utcoffset() == timedelta(0) and datetime.now(UTC) - at < timedelta(minutes=3)
    assert {"info", "warning"} <= {line["level"] for line in lines}


@pytest.mark.long
async def test_a_bot_that_is_stopped_before_it_is_connected_ends_well(own_folder: Path) -> None:
    async with DiscordServer() as discord:
        discord.gateway.refusing = True
        discord.slow("GET /gateway/bot", 60)
        port = free_port()
        environ = discord.settings() | {"QUOTH_METRICS_PORT": str(port)}
        async with bot_process(own_folder, environ) as process:

            async def serves() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    return await health(port) == (503, "starting")
                return False

            await eventually(serves, within=60)
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.wait_for(process.communicate(), 12)
        assert (process.returncode, out) == (0, b"")
        assert "Traceback" not in err.decode()
