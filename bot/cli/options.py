"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from index.config import SHARED_COLLECTION

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
        help="The collection to use.",
    )(command)
