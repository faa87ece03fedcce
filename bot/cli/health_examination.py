"""What is examined, and what came of looking at one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from bot.settings import Settings
from index.library import Library

State = Literal["ok", "problem", "off"]


class Finding(NamedTuple):
    """What came of looking at one thing."""

    state: State
    """`off` is what is not configured."""
    detail: str
    """What was found."""
    advice: str | None = None
    """What to do about a problem."""


@dataclass(frozen=True)
class Patient:
    """What is examined."""

    settings: Settings
    environ: Mapping[str, str]
    folder: Path
    library: Library
