"""The beat of the event loop: how late it comes is a figure; that it comes is for systemd."""

from __future__ import annotations

import asyncio
import time

from bot.observer import Observer
from bot.operation.service_notice import ServiceNotice

BEAT = 1.0
"""Seconds between two beats; fewer where systemd wants to hear more often."""


async def beat(observer: Observer, notice: ServiceNotice) -> None:
    """Beat until this is cancelled."""
    pause = min(BEAT, notice.watchdog / 2) if notice.watchdog else BEAT
    while True:
        due = time.monotonic() + pause
        await asyncio.sleep(pause)
        observer.lagged(time.monotonic() - due)
        notice.alive()
