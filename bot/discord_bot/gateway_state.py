"""Whether the bot's connections to Discord stand, in one word."""

from __future__ import annotations

from collections.abc import Callable

from bot.discord_bot.client import QuothBot, ShardedBot
from bot.observer import Observer

STARTING, DISCONNECTED, READY = "starting", "disconnected", "ready"


class GatewayState:
    """Follows the connections of one bot, one of each shard."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._shards = 1
        self._standing: set[int] = set()
        self._lost: set[int] = set()
        self._was_ready = False

    @property
    def word(self) -> str:
        """Return `ready`, or why it is not."""
        if not self._was_ready:
            return STARTING
        return READY if self.connected else DISCONNECTED

    @property
    def connected(self) -> bool:
        """Whether every connection stands."""
        return len(self._standing) == self._shards

    def follow(self, bot: QuothBot, shards: int) -> None:
        """Listen to what discord.py tells of the connections."""
        self._shards = shards
        before = "shard_" if isinstance(bot, ShardedBot) else ""
        told: dict[str, Callable[[int], None]] = {
            f"{before}connect": self._stands,
            f"{before}resumed": self._stands,
            f"{before}disconnect": self._is_lost,
            "ready": self._is_ready,
        }

        def heard(event: str, shard: object = 0, *_: object) -> None:
            if (note := told.get(event)) is not None:
                note(shard if isinstance(shard, int) else 0)

        bot.heard = heard

    def _stands(self, shard: int) -> None:
        self._standing.add(shard)
        if shard in self._lost:
            self._lost.discard(shard)
            self._observer.reconnected()

    def _is_lost(self, shard: int) -> None:
        if shard in self._standing:
            self._standing.discard(shard)
            self._lost.add(shard)

    def _is_ready(self, _: int) -> None:
        self._was_ready = True
