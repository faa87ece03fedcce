import asyncio
import threading

import pytest

from bot.bridge import Bridge
from bot.errors import Busy


async def test_a_call_runs_on_a_thread_of_its_own_and_returns() -> None:
    bridge = Bridge()
    name = await bridge.run(lambda: threading.current_thread().name)
    assert name.startswith("quoth")
    assert await bridge.run(int, "12", base=8) == 10
    bridge.close()


async def test_an_error_crosses_the_bridge() -> None:
    bridge = Bridge()
    with pytest.raises(ValueError, match="invalid literal"):
        await bridge.run(int, "x")
    bridge.close()


async def test_a_full_queue_is_said_at_once_and_empties_again() -> None:
    bridge = Bridge(workers=1, queue=1)
    gate = threading.Event()
    running = [asyncio.ensure_future(bridge.run(gate.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="Too many questions"):
        await bridge.run(int)
    gate.set()
    assert await asyncio.gather(*running) == [True, True]
    assert await bridge.run(int) == 0
    bridge.close()


async def test_a_cancelled_call_gives_its_place_back_without_running() -> None:
    bridge = Bridge(workers=1, queue=1)
    gate, ran = threading.Event(), threading.Event()
    first = asyncio.ensure_future(bridge.run(gate.wait, 10))
    second = asyncio.ensure_future(bridge.run(ran.set))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    third = asyncio.ensure_future(bridge.run(int))
    await asyncio.sleep(0)
    gate.set()
    assert await first
    assert await third == 0
    assert not ran.is_set()
    bridge.close()


async def test_a_closed_bridge_takes_nothing() -> None:
    bridge = Bridge()
    bridge.close()
    with pytest.raises(RuntimeError):
        await bridge.run(int)
