"""What the pages, the HTTP API and whatever else is served beside them are made from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.app import App
from bot.settings import Settings
from bot.web.web_address import WebAddress


class Members(Protocol):
    """Says what people of Discord may read, as Discord tells it at that moment."""

    async def collections(self, person: int, guild: int | None, channel: int) -> tuple[str, ...]:
        """Return the collections that a person may read in a channel; none for who has left."""
        ...


@dataclass(frozen=True)
class WebParts:
    """Everything that is served is built from this."""

    app: App
    """The opened Quoth: `app.library` blocks and is called through `app.bridge`."""
    settings: Settings
    address: WebAddress
    key: bytes = field(repr=False)
    """Signs links and sessions; kept in the home, for its owner alone."""
    members: Members | None = None
    """None where no bot runs in this process: nobody's rights in a server are known then."""
    answers_folder: Path | None = None
    """Where answers are kept while this process lives; None where the home can be written."""
    now: Callable[[], float] = time.time
    """Seconds since 1970."""
