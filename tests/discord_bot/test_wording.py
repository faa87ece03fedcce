"""Every text that people in Discord can be shown speaks to people, not to whoever runs the bot.

Texts are read from the sources: what stands in the packages that talk to Discord, the sentences
of every error, and why a document could not be read.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import bot
import index
from bot.answering.language_notice import NOTICE
from bot.discord_bot.error_replies import sentence_for
from bot.discord_bot.questions import noticed
from bot.discord_bot.run import build_bot
from bot.discord_bot.text.pages import sync_text
from bot.discord_bot.text.plain_words import for_people, is_for_people
from bot.errors import ModelError
from index.errors import QuothError
from index.schema import SyncFailure, SyncReport
from tests.doubles.discord.fixtures import Stage, answer, staged

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(r"QUOTH_|DISCORD_TOKEN|HTTP \d|\bHTTP\b|`?quoth [a-z]+`|`quoth|\.env\b|pip ")

FOR_OPERATORS = ("run.py", "gateway_address.py", "process.py", "invite.py", "plain_words.py")
"""Modules of the edge that speak to whoever starts the process, and the one that looks for such
words."""


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name not in FOR_OPERATORS:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def text_of(node: ast.expr) -> str | None:
    """Return a text as it may come out: what is filled in counts as a letter."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "x" for p in node.values)
    return None


def texts(tree: ast.AST) -> Iterator[str]:
    """Yield every text in a tree once, the pieces of a filled-in text together."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
              for part in ast.walk(node) if part is not node}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in inside:
            text = text_of(node)
            if text is not None:
                yield text


def without_documentation(tree: ast.Module, *, commands: bool) -> ast.Module:
    """Drop the docstrings, but keep those of commands, which are what Discord shows of them."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", [])]
            if not (commands and any("app_commands" in each for each in decorators)):
                node.body = node.body[1:] or [ast.Pass()]
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [each for each in node.body if not _is_bare_text(each)] or [ast.Pass()]
    return tree


def _is_bare_text(node: ast.AST) -> bool:
    """Say whether a line is a text that nothing is done with: what describes a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def without_logging(tree: ast.Module) -> ast.Module:
    class Removed(ast.NodeTransformer):
        def visit_Expr(self, node: ast.Expr) -> Any:
            return None if ast.unparse(node).startswith(("logger.", "log.")) else node

    Removed().visit(tree)
    return tree


def test_the_edge_says_nothing_that_only_an_operator_understands() -> None:
    found = []
    for path, tree in modules("bot/discord_bot", "bot/community"):
        shown = without_logging(without_documentation(tree, commands=True))
        found += [(path.name, text) for text in texts(shown) if FORBIDDEN.search(text)]
    assert found == []


# --- errors ----------------------------------------------------------------------------------


@cache
def error_classes() -> dict[str, type[QuothError]]:
    for package in (bot, index):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(("bot.__main__", "index.llamaindex")):
                importlib.import_module(module.name)
    found: dict[str, type[QuothError]] = {}
    waiting = [QuothError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting += kind.__subclasses__()
    return found


def sentences() -> Iterator[tuple[type[QuothError], str]]:
    """Yield each error with each sentence that it is raised with, or that it builds itself."""
    kinds = error_classes()
    for path, tree in modules("bot", "index"):
        constants = _constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name in kinds:
                yield from ((kinds[node.name], text) for text in _arguments(node, constants))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                kind = kinds.get(node.func.id)
                for argument in node.args if kind else ():
                    if kind and (text := _text(argument, constants)):
                        yield kind, text
        assert path


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        ast.unparse(node.targets[0]): text
        for node in tree.body
        if isinstance(node, ast.Assign) and (text := text_of(node.value))
    }


def _text(node: ast.expr, constants: dict[str, str]) -> str | None:
    return text_of(node) or constants.get(ast.unparse(node))


def _arguments(tree: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("__init__"):
            yield from filter(None, (_text(each, constants) for each in node.args))


def raised(kind: type[QuothError], sentence: str) -> QuothError:
    error = kind.__new__(kind)
    Exception.__init__(error, sentence)
    return error


@cache
def every() -> list[tuple[str, str]]:
    found = {(kind.__name__, said) for kind, said in sentences() if len(said.split()) > 3}
    return sorted(found)


def test_the_errors_were_found() -> None:
    assert len(every()) > 60
    named = {name for name, _ in every()}
    assert {"Busy", "NotAvailableError", "IndexMismatch", "ModelRejected", "StoreError"} <= named
    assert any("QUOTH_" in sentence for _, sentence in every())


def test_every_error_is_told_in_words_for_people() -> None:
    kinds = error_classes()
    for name, sentence in every():
        told = sentence_for(raised(kinds[name], sentence))
        assert not FORBIDDEN.search(told), (name, told)
        assert told.split(" (reference")[0].rstrip().endswith((".", "?", "…")), (name, told)
        assert len(told) > 20, (name, told)


def test_every_kind_of_error_is_told_in_words_for_people() -> None:
    for kind in error_classes().values():
        told = sentence_for(raised(kind, "Run `quoth sync`, or set QUOTH_HOME (HTTP 404)."))
        assert not FORBIDDEN.search(told)
        assert len(told) > 20


def test_why_a_model_did_not_write_is_told_without_its_settings() -> None:
    kinds = error_classes()
    models = [text for name, text in every() if issubclass(kinds[name], ModelError)]
    assert len(models) > 5
    for notice in (*models, NOTICE):
        given = answer("What?").model_copy(update={"notice": f"{notice} Here are quotes instead."})
        told = noticed(given, "'QUOTH_HOME and .env' has changed since that answer.").notice
        assert told is not None
        assert told.endswith(
            "Here are quotes instead. 'QUOTH_HOME and .env' has changed since that answer."
        )
        assert not FORBIDDEN.search(told.rpartition(" Here are")[0]), told


# --- why a document could not be read --------------------------------------------------------


def reasons() -> list[str]:
    """Return every sentence of the loaders."""
    found = []
    for _, tree in modules("index/load", "index/sync"):
        shown = without_logging(without_documentation(tree, commands=False))
        found += [text for text in texts(shown) if re.match(r"[A-Z].* .*\.$", text)]
    return found


def test_why_a_document_is_not_read_is_told_in_words_for_people() -> None:
    assert len(reasons()) > 40
    for reason in [*reasons(), "No page came (HTTP 404)."]:
        report = SyncReport(failed=(SyncFailure(source="a.txt", reason=reason),))
        told = sync_text(report)
        assert not FORBIDDEN.search(told), told
        assert len(told.partition("**: ")[2]) > 10


# --- commands --------------------------------------------------------------------------------


async def test_the_commands_that_discord_shows_are_described_for_people(tmp_path: Path) -> None:
    async with staged(tmp_path / "home") as stage:
        await stage.start()
        said = list(_descriptions(stage))
        made = await build_bot(stage.service)
        assert len(said) > 40
        assert made is not stage.bot
    assert not any(FORBIDDEN.search(text) for text in said)


def _descriptions(stage: Stage) -> Iterator[str]:
    waiting: list[Any] = list(stage.discord.commands)
    while waiting:
        item = waiting.pop()
        yield f"{item['name']} {item.get('description', '')}"
        waiting += item.get("options") or []


# --- the words themselves --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It failed (HTTP 404). Check QUOTH_LLM.", "It failed."),
        ("It reads English best; QUOTH_X=y helps. Again.", "It reads English best. Again."),
        ("Run `quoth sync`.", ""),
        ("“QUOTH_HOME and .env” has changed.", "“QUOTH_HOME and .env” has changed."),
        ("It's Ann's. Don't.", "It's Ann's. Don't."),
        ("See https://example.org/a.", "See https://example.org/a."),
        ("", ""),
    ],
)
def test_what_only_an_operator_can_do_is_left_out(text: str, told: str) -> None:
    assert for_people(text) == told
    assert is_for_people(told)
