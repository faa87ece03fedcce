"""Options that several commands share."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.completed_names import offer_collections
from index.config import SHARED_COLLECTION
from index.errors import CollectionNotFound

if TYPE_CHECKING:
    from index.library import Library

F = TypeVar("F", bound=Callable[..., Any])


def as_json(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def collection(command: F) -> F:
    """Add `--collection`."""
    return click.option(
        "--collection",
        default=SHARED_COLLECTION,
        metavar="NAME",
        show_default=True,
        shell_complete=offer_collections,
        help="The collection to use.",
    )(command)


def check_collection(library: Library, name: str) -> None:
    """Raise CollectionNotFound where `--collection` names none, the likeliest ones named first."""
    if name == SHARED_COLLECTION or name in (known := library.collections()):
        return
    near = difflib.get_close_matches(name, known, n=3)
    others = sorted({SHARED_COLLECTION, *known} - {*near})
    raise CollectionNotFound(name, [*near, *others])
