"""Write docs/settings.md from bot/settings.py: every setting, its default and what it means.

    python -m scripts.settings_page

A test compares the page with what this writes.
"""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterator
from pathlib import Path

from bot.settings import Settings, variables

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

Settings come from the environment and from a file `.env` in the folder you are in. The
environment wins, an empty value is the default, and every line is optional. `.env.example` in the
repository is a `.env` with all of them.

A `.env` may come from somebody else. So what it says of language models, servers, keys and
folders outside its own is used once you have allowed it with `quoth trust`; what you set in the
environment needs none. A name that is no setting is named by every command, with the likely one.
`quoth doctor` says where each address comes from.

This page is written by `python -m scripts.settings_page` from the code.
"""

GROUPS = {
    "Where things are": ("HOME", "DOCUMENTS", "WATCH", "DATABASE_URL", "CHROMA_URL"),
    "Models that find and read": ("EMBEDDINGS", "READER", "QUALITY", "THREADS", "MODELS"),
    "The language model": (
        "LLM", "LLM_BASE_URL", "LLM_API_KEY", "LLM_TIMEOUT", "LLM_CONCURRENCY", "TOKENS_PER_DAY",
        "TOKENS_PER_PERSON", "UNSUPPORTED", "PROMPTS",
    ),
    "Reading documents and pages": (
        "READ_SECONDS", "READ_MEGABYTES", "ALLOWED_HOSTS", "SITE_PAGES", "SITE_MEGABYTES",
        "SITE_SECONDS", "PAGE_PAUSE", "REFRESH_HOURS",
    ),
    "Discord": (
        "DISCORD_TOKEN", "MESSAGE_CONTENT", "CHANNEL_SECONDS", "COOLDOWN_SECONDS",
        "SERVER_PER_MINUTE", "GAP_NAMES", "DISCORD_API_URL", "DISCORD_GATEWAY_URL",
    ),
    "How long things are kept": ("HISTORY_DAYS", "KEEP_DAYS_AFTER_LEAVING"),
    "The log and the figures": ("LOG_LEVEL", "LOG_FORMAT", "METRICS_PORT", "METRICS_HOST"),
}  # fmt: skip
"""Headings and what stands below them, without `QUOTH_`; what is new stands at the end."""

REST = "More"


def settings_page() -> str:
    """Return the whole page."""
    described, fields = descriptions(), variables()
    placed = [_full(name) for names in GROUPS.values() for name in names]
    groups = {title: [_full(name) for name in names] for title, names in GROUPS.items()}
    if rest := [name for name in fields if name not in placed]:
        groups[REST] = rest
    return HEAD + "".join(
        f"\n## {title}\n\n| Setting | Default | What it does |\n|---|---|---|\n"
        + "".join(f"| `{name}` | {_default(fields[name].default)} | {described[name]} |\n"
                  for name in names)
        for title, names in groups.items()
    )  # fmt: skip


def descriptions() -> dict[str, str]:
    """Return what stands below each field of the settings, in one line, by its variable."""
    (declared,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(declared, ast.ClassDef)
    return dict(_described(declared))


def _described(declared: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in itertools.pairwise(declared.body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            name = Settings.model_fields[field.target.id].alias or ""
            yield name, " ".join(text.value.value.split())


def _full(name: str) -> str:
    return name if name == "DISCORD_TOKEN" else f"QUOTH_{name}"


def _default(value: object) -> str:
    if value is None or value == ():
        return "none"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
