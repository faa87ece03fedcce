"""How often messages are edited while an answer is on its way, within Discord's limits."""

from __future__ import annotations

from collections import OrderedDict, deque

EDITS = 5
"""Edits that Discord takes in one channel within `WINDOW` seconds before it makes a bot wait; those
of the response to one interaction are counted on their own."""

WINDOW = 5.0

SPARE = 2
"""Of these, edits that drafts and progress leave to answers."""

MAX_CHANNELS = 1000


class EditPace:
    """Counts the edits that share one of Discord's limits."""

    def __init__(self) -> None:
        self._at: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Count the edit of something unfinished, if there is room for it beside the answers."""
        while self._at and self._at[0] <= now - WINDOW:
            self._at.popleft()
        if len(self._at) >= EDITS - SPARE:
            return False
        self._at.append(now)
        return True

    def count(self, now: float) -> None:
        """Count an edit that does not wait: an answer."""
        self._at.append(now)


class ChannelPaces:
    """The paces of the channels that messages were edited in lately."""

    def __init__(self) -> None:
        self._paces: OrderedDict[int, EditPace] = OrderedDict()

    def of(self, channel: int) -> EditPace:
        """Return the one pace of a channel."""
        pace = self._paces.setdefault(channel, EditPace())
        self._paces.move_to_end(channel)
        while len(self._paces) > MAX_CHANNELS:
            self._paces.popitem(last=False)
        return pace
