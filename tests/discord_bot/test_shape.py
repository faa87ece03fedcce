"""Rules that every command and click of the Discord edge keeps, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COGS = sorted((ROOT / "bot" / "discord_bot" / "cogs").glob("*.py"))
QUESTIONS = ROOT / "bot" / "discord_bot" / "questions.py"
ACTIONS = tuple(
    ROOT / "bot" / "discord_bot" / f"{name}_buttons.py" for name in ("answer", "gap", "erasure")
)

FIRST = (
    "think", "response.defer", "response.send_modal", "defer_answer", "defer_written", "finished",
)  # fmt: skip
"""What gives the person a sign of life before anything is waited for."""


def handlers() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """Yield the commands and menus of the cogs, and what buttons and forms do."""
    for path in (*COGS, *ACTIONS, QUESTIONS):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef) and _handles(node, path):
                yield f"{path.stem}.{node.name}", node


def _handles(node: ast.AsyncFunctionDef, path: Path) -> bool:
    if path in ACTIONS:
        return not node.name.startswith("_") and node.name != "done"
    decorators = " ".join(ast.unparse(one) for one in node.decorator_list)
    command = "app_commands.command" in decorators or "app_commands.context_menu" in decorators
    return command or node.name == "defer_answer"


HANDLERS = dict(handlers())


def test_handlers_were_found() -> None:
    assert len(HANDLERS) > 30
    assert {"ask.ask", "ask.about_this", "sources.add_message"} <= set(HANDLERS)
    assert {"answer_buttons.show", "gap_buttons.gap_answer", "gap_buttons.rewrite"} <= set(HANDLERS)
    assert "questions.defer_answer" in HANDLERS


@pytest.mark.parametrize("name", HANDLERS)
def test_the_first_wait_of_a_handler_is_its_sign_of_life(name: str) -> None:
    waits = [
        ast.unparse(node.value) for node in ast.walk(HANDLERS[name]) if isinstance(node, ast.Await)
    ]
    assert any(first in waits[0] for first in FIRST), waits[0]


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_fits_on_one_screen(name: str) -> None:
    body = HANDLERS[name].body
    assert (body[-1].end_lineno or 0) - body[0].lineno < 25


@pytest.mark.parametrize("path", COGS, ids=lambda path: path.stem)
def test_a_cog_stays_thin(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150
