"""The figures and the health of the bot, read by HTTP while people ask over a local Discord."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from pathlib import Path

import aiohttp
import pytest

from bot.community.fair_queue import AT_ONCE, PER_PERSON
from bot.operation.figures import Figures, Moment
from bot.operation.home_size import HomeSize
from index.config import SHARED_COLLECTION
from index.errors import ConfigurationError
from index.store.work_state import WorkState
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import Stage, eventually, source, staged
from tests.doubles.discord.server import Person
from tests.doubles.discord.world import Channel

QUESTION = "Which ceasefire conditions has canaryquestion?"
SENTENCE = "A ceasefire agreement must be in place."


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def read(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a page, which must come within two seconds."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
        session.get(f"http://127.0.0.1:{port}/{path}") as response,
    ):
        return response.status, await response.text()


async def figures(port: int) -> dict[str, float]:
    """Return every figure by its name and the values of its labels, as Prometheus reads it."""
    from prometheus_client.parser import text_string_to_metric_families

    status, text = await read(port, "metrics")
    assert status == 200
    assert "canary" not in text
    assert not re.search(r"(?<![\d.])\d{17,}", text), "an id of Discord"
    return {
        f"{one.name}{''.join(f' {value}' for _, value in sorted(one.labels.items()))}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def health(port: int) -> tuple[int, str]:
    status, text = await read(port, "healthz")
    return status, text.strip()


@pytest.mark.parametrize("shards", [1, pytest.param(2, marks=pytest.mark.long)])
async def test_what_people_ask_is_counted_and_never_told(tmp_path: Path, shards: int) -> None:
    port = free_port()
    async with staged(tmp_path / "home", QUOTH_METRICS_PORT=str(port)) as stage:
        stage.discord.gateway.shards = shards
        stage.documents.put(source(SHARED_COLLECTION, "canary.txt", SENTENCE, title="canary"))
        acme = stage.discord.guild("canaryserver")
        general, ann, ben = acme.text("general"), acme.member("canaryann"), acme.member("Ben")
        await stage.start()
        await eventually(lambda: stage.bot is not None and stage.bot.is_ready())
        assert await health(port) == (200, "ready")
        await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        await ann.mention(QUESTION, in_=general)
        await ann.sees(lambda seen: SENTENCE in seen.text, in_=general)
        stage.answerer.changes = {"engine": "openai/canarymodel", "confidence": 0.3}
        await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        stage.answerer.changes, stage.answerer.sure = {}, False
        await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        stage.answerer.error = RuntimeError("canary")
        await ann.sees("reference", to=await ann.slash("ask", question=QUESTION, in_=general))
        await ann.sees(to=await ann.slash("sources", in_=general))

        async def is_told() -> bool:
            return not await stage.service.open_answers.count()

        await eventually(is_told)
        counted = await figures(port)
        assert counted["quoth_questions_total high extractive answered"] == 2
        assert counted["quoth_questions_total low openai answered"] == 1
        assert counted["quoth_questions_total high extractive unsure"] == 1
        assert counted["quoth_questions_failed_total failed"] == 1
        assert counted["quoth_answer_seconds_count"] == 4
        assert counted["quoth_queue_seconds_count"] == 5
        assert counted["quoth_first_sign_seconds_count"] == 6  # the list of sources has one, too
        assert 0 < counted["quoth_first_sign_seconds_sum"] < counted["quoth_answer_seconds_sum"] + 6
        assert counted["quoth_sync_last_success_timestamp_seconds folder"] > time.time() - 60
        assert counted["process_resident_memory_bytes"] > 0
        assert (counted["quoth_gateway_connected"], counted["quoth_model_tokens_total"]) == (1, 0)
        await _queued(stage, port, ann, ben, general)
    with pytest.raises(aiohttp.ClientConnectionError):
        await health(port)


async def _queued(stage: Stage, port: int, ann: Person, ben: Person, general: Channel) -> None:
    """Look while answers are under way, others wait, and one is too many."""
    stage.answerer.error, stage.answerer.held = None, asyncio.Event()
    for person in (ann, ben):
        for _ in range(PER_PERSON):
            await person.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.service.questions.waiting == 2 * PER_PERSON - 2)
    refused = await ann.slash("ask", question=QUESTION, in_=general)
    await ann.sees("of yours to answer", to=refused)
    counted = await figures(port)
    assert AT_ONCE > counted["quoth_questions_under_way"] == 2
    assert counted["quoth_questions_waiting"] == 2 * PER_PERSON - 2
    assert counted["quoth_questions_failed_total refused"] == 1
    stage.answerer.held.set()
    await eventually(lambda: not stage.service.under_way.tasks)
    await eventually(lambda: stage.service.questions.under_way == 0)


async def test_health_says_in_one_word_why_the_bot_does_not_answer(tmp_path: Path) -> None:
    port = free_port()
    async with staged(tmp_path / "home", QUOTH_METRICS_PORT=str(port)) as stage:
        acme = stage.discord.guild("Acme")
        general, ann = acme.text("general"), acme.member("Ann")
        gateway = stage.discord.gateway
        gateway.refusing = True
        starting = asyncio.create_task(stage.start())
        words = []

        async def says(word: str) -> None:
            async def is_said() -> bool:
                with_status = None
                try:
                    with_status = await health(port)
                except aiohttp.ClientError:
                    return False
                words.append(with_status)
                return with_status[1] == word

            await eventually(is_said, within=20)

        await says("starting")
        gateway.refusing = False
        await starting
        await says("ready")
        gateway.refusing = True
        await gateway.drop()
        await says("disconnected")
        assert (await figures(port))["quoth_gateway_connected"] == 0
        gateway.refusing = False
        await says("ready")
        assert set(words) == {(503, "starting"), (200, "ready"), (503, "disconnected")}
        assert (await figures(port))["quoth_gateway_reconnects_total"] == 1
        stage.answerer.held = asyncio.Event()
        await ann.slash("ask", question=QUESTION, in_=general)
        await eventually(lambda: stage.answerer.asked)
        ending = asyncio.create_task(stage.stop())
        await says("stopping")
        stage.answerer.held.set()
        await ending


async def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        async with staged(tmp_path / "home", QUOTH_METRICS_PORT=port) as stage:
            with pytest.raises(ConfigurationError, match=rf"port {port} .*QUOTH_METRICS_PORT"):
                await stage.start()


def test_the_documentation_names_every_figure() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    table = "".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    home = HomeSize(sources=0, passages=0, failed=0, parts={}, free=0, owed=0, work=WorkState())
    moment = Moment(connected=True, home=home)
    newer, media_type = Figures().exposed(moment, "application/openmetrics-text;version=1.0.0")
    assert (newer.endswith(b"# EOF\n"), "openmetrics" in media_type) == (True, True)
    exposed, media_type = Figures().exposed(moment, "*/*")
    assert media_type.startswith("text/plain")
    names = set(re.findall(r"^# HELP (quoth_\w+)", exposed.decode(), re.MULTILINE))
    names = {name for name in names if not name.endswith("_created")}
    assert set(re.findall(r"`(quoth_\w+)`", table)) == names
