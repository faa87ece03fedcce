"""Documents being added: how far each is, how long it will take, and how it is cancelled."""

from __future__ import annotations

import secrets
import threading

from bot.community.rights import Caller
from bot.community.server_rules import NotAvailableError, ServerRules
from bot.time_left import TimeLeft
from index.errors import Cancelled


class Work:
    """What one person is adding; told of by the thread that does it."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.key = secrets.token_urlsafe(9)
        self._cancelled = threading.Event()
        self._left = TimeLeft()

    @property
    def cancelled(self) -> bool:
        """Whether it is to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Have it stop at the next step."""
        self._cancelled.set()

    def step(self, done: int, total: int) -> None:
        """Note how many passages of the document at hand are embedded; raises Cancelled."""
        if self.cancelled:
            raise Cancelled
        self._left.step(done, total)

    def seconds_left(self) -> float | None:
        """Return how long the document at hand will take; None where that cannot be told."""
        return self._left.seconds()


class WorkUnderWay:
    """Everything that is being added."""

    def __init__(self, rules: ServerRules) -> None:
        self._rules = rules
        self._works: dict[str, Work] = {}

    def begin(self, caller: Caller) -> Work:
        """Return work that can be cancelled from now on."""
        work = Work(caller)
        self._works[work.key] = work
        return work

    def end(self, work: Work) -> None:
        """Forget work that is done."""
        self._works.pop(work.key, None)

    def cancel(self, caller: Caller, key: str) -> None:
        """Cancel work of one's own, or of the server one manages; raises NotAvailableError."""
        work = self._works.get(key)
        if work is None:
            raise NotAvailableError("This is done already.")
        if work.caller.guild != caller.guild:
            raise NotAvailableError("This is done in another server.")
        if work.caller.user != caller.user:
            self._rules.managed(caller)
        work.cancel()

    def stop(self) -> None:
        """Cancel everything."""
        for work in self._works.values():
            work.cancel()
