"""Lines of the log: as text or as objects, in a file and on standard error, without secrets."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from bot.discord_bot.process import LARGEST_LOG, logged
from bot.operation.log_lines import HIDDEN
from bot.settings import load_settings

TOKEN, KEY, OTHER = "MTIz.canary-token", "sk-canary", "co-canary-key"
WEBHOOK = "https://discord.com/api/webhooks/123/aW50ZXJhY3Rpb246canary_longer"


def say_all(folder: Path, form: str) -> str:
    """Log what may be logged, and return the file."""
    settings = load_settings(
        {
            "QUOTH_HOME": str(folder / "home"), "QUOTH_LOG_LEVEL": "debug",
            "QUOTH_LOG_FORMAT": form, "DISCORD_TOKEN": TOKEN, "QUOTH_LLM_API_KEY": KEY,
            "COHERE_API_KEY": OTHER, "COHERE_BASE_URL": "http://127.0.0.1",
        },
        folder,
    )  # fmt: skip
    ours = logging.getLogger("bot.tried")
    with logged(settings):
        ours.debug("two\nlines about %s and %s", KEY, "ü")
        logging.getLogger("httpx").debug("a request: canary")
        logging.getLogger("httpx").info("POST http://127.0.0.1 with %s", OTHER)
        try:
            raise ValueError(f"{WEBHOOK} {TOKEN}")
        except ValueError as error:
            ours.error("reference %s", "a1", exc_info=error, extra={"reference": "a1"})
    return settings.log_file.read_text("utf-8")


def test_an_object_a_line_tells_what_happened_when_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = say_all(tmp_path, "json")
    assert capsys.readouterr().err == text
    first, second, third = (json.loads(line) for line in text.splitlines())
    assert first["message"] == f"two\nlines about {HIDDEN} and ü"
    assert (first["level"], first["logger"]) == ("debug", "bot.tried")
    assert first["time"].endswith("+00:00")
    assert second["message"] == f"POST http://127.0.0.1 with {HIDDEN}"
    assert (third["reference"], third["message"]) == ("a1", "reference a1")
    assert third["traceback"].splitlines()[0] == "Traceback (most recent call last):"
    assert third["traceback"].endswith(
        f"ValueError: https://discord.com/api/webhooks/123/{HIDDEN} {HIDDEN}"
    )
    assert "canary" not in text


def test_text_holds_the_same_without_secrets(tmp_path: Path) -> None:
    text = say_all(tmp_path, "text")
    assert "DEBUG bot.tried: two\nlines about" in text
    assert "ERROR bot.tried: reference a1\nTraceback (most recent call last):\n" in text
    assert text.count(HIDDEN) == 4
    assert "canary" not in text


def test_a_log_begins_anew_before_it_fills_the_disk(tmp_path: Path) -> None:
    settings = load_settings({"QUOTH_HOME": str(tmp_path)}, tmp_path)
    with logged(settings):
        for _ in range(4):
            logging.getLogger("bot.tried").warning("x" * (LARGEST_LOG // 2 + 1))
    files = sorted(path.name for path in tmp_path.glob("quoth.log*"))
    assert files == ["quoth.log", "quoth.log.1", "quoth.log.2"]
