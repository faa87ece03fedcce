"""What a shell is offered for a name that is typed: sources and collections that are indexed.

Nothing is opened to write, nobody is asked, and what cannot be read offers nothing.
"""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from bot.cli.environment import Environment
from index.config import SHARED_COLLECTION
from index.errors import QuothError

MOST = 2000
"""Names that a shell is given at most."""


def offer_collections(
    context: click.Context, _: click.Parameter, typed: str
) -> list[CompletionItem[Any]]:
    """Return the collections whose names begin with what is typed."""
    from index.store.catalog_names import collection_names

    environment = context.find_object(Environment) or Environment()
    try:
        known = collection_names(environment.settings.home)
    except QuothError:
        return []
    names = sorted({SHARED_COLLECTION, *known})
    return [CompletionItem(name) for name in names if name.startswith(typed)]


def offer_sources(
    context: click.Context, _: click.Parameter, typed: str
) -> list[CompletionItem[Any]]:
    """Return the sources whose names, or paths from here, begin with what is typed."""
    from bot.cli.terminal_text import one_line
    from index.store.catalog_names import source_names

    environment = context.find_object(Environment) or Environment()
    collection = context.params.get("collection") or SHARED_COLLECTION
    try:
        found = source_names(environment.settings.home, collection, MOST)
        root = environment.style().root
    except QuothError:
        return []
    before = root if root and typed.startswith(root) else ""
    offered = [(f"{before}{uri}", title) for uri, title in found if uri.isprintable()]
    fit = [(name, title) for name, title in offered if name.startswith(typed)]
    return [CompletionItem(name, help=one_line(title) or None) for name, title in fit]


def offer_files(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[Any]]:
    """Leave it to the shell to offer files."""
    return [CompletionItem(typed, type="file")]
