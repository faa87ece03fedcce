"""Language models behind the Discord bot, good and bad, over the real index and a local server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.schema import BROKE_OFF
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import eventually, staged_for_real
from tests.doubles.discord.server import Shown
from tests.doubles.model_plays import invented_quotes, obedient
from tests.doubles.model_server import Reply, model_server

QUESTION = "What are the UN prerequisites?"


def is_done(shown: Shown) -> bool:
    return "-# …" not in shown.content


PLAYS: dict[str, tuple[Callable[[str], Reply], str]] = {
    "a good model": (lambda prompt: Reply(obedient(prompt)), "openai/played"),
    "a slow model": (
        lambda prompt: Reply(obedient(prompt), seconds_per_byte=0.0001, piece=50),
        "openai/played",
    ),
    "a model that errs": (lambda prompt: Reply(status=500), "extractive"),
    "a model that hangs": (
        lambda prompt: Reply(obedient(prompt), seconds_per_byte=5.0),
        "extractive",
    ),
    "a model that invents": (lambda prompt: Reply(invented_quotes(prompt)), "extractive"),
    "a model that breaks off": (lambda prompt: Reply("Hello.", drop_after=30), "extractive"),
}


SLOW: dict[str, Callable[[str], Reply]] = {
    "takes its time": lambda prompt: Reply(obedient(prompt), seconds_per_piece=0.5, piece=50),
    "falls silent": lambda prompt: Reply(
        f"{obedient(prompt)} {'word ' * 2000}", silent_after=100_000
    ),
}
"""Models that write for longer than they may be silent, to the end and not."""


@pytest.mark.parametrize("name", SLOW)
async def test_what_a_slow_model_has_written_stays(copied_folder: Path, name: str) -> None:
    async with (
        model_server(SLOW[name]) as model,
        staged_for_real(
            copied_folder,
            QUOTH_LLM="openai/played",
            QUOTH_LLM_BASE_URL=model.url,
            QUOTH_LLM_API_KEY="sk-secret",
            QUOTH_LLM_TIMEOUT="3",
        ) as stage,
    ):
        acme = stage.discord.guild("Acme")
        general, ann = acme.text("general"), acme.member("Ann")
        await stage.start()
        asked = await ann.slash("ask", question=QUESTION, in_=general)
        shown = await ann.sees(is_done, to=asked, within=60)
        assert "[1]" in shown.text
        assert (BROKE_OFF in shown.text) is (name == "falls silent")
        assert "only part of the question" not in shown.text

        async def engine() -> str | None:
            kept = await stage.service.memory.answer_on(int(shown.message.id))
            return kept.answer.engine if kept else None

        await eventually(engine)
        assert await engine() == "openai/played"


@pytest.mark.parametrize("name", PLAYS)
async def test_every_question_ends_with_a_cited_answer(copied_folder: Path, name: str) -> None:
    play, engine = PLAYS[name]
    async with (
        model_server(play) as model,
        staged_for_real(
            copied_folder,
            QUOTH_LLM="openai/played",
            QUOTH_LLM_BASE_URL=model.url,
            QUOTH_LLM_API_KEY="sk-secret",
            QUOTH_LLM_TIMEOUT="2" if engine == "extractive" else "30",
            QUOTH_DOCUMENTS=str(ROOT / "documents"),
        ) as stage,
    ):
        acme = stage.discord.guild("Acme")
        general, ann = acme.text("general"), acme.member("Ann")
        await stage.start()
        asked = await ann.slash("ask", question=QUESTION, in_=general)
        shown = await ann.sees(is_done, to=asked, within=60)
        assert "[1]" in shown.text
        assert "Show 1" in shown.buttons
        why = await ann.sees(to=await ann.click(shown, "Why?"))
        figures = await ann.sees(to=await ann.click(why, "Figures"))
        assert f"**Engine:** {engine}" in figures.text.replace("\\", "")
        if engine == "extractive":
            assert "language model" in shown.text
        assert "sk-secret" not in shown.text + why.text
        card = await ann.sees(to=await ann.click(shown, "Show 1"))
        assert "> " in card.text
