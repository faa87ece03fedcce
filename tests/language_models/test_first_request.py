"""The first request imports nothing: an import of seconds on the loop stops every other answer."""

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys
from bot.bridge import Bridge
from bot.language_models.providers import ModelConfig, open_model
from tests.doubles.model_server import Reply, model_server

async def main():
    bridge = Bridge()
    async with model_server(lambda _: Reply("Good day.")) as server:
        config = ModelConfig(spec="openai/played", base_url=server.url, timeout=60)
        model = await bridge.run(open_model, config)
        opened = set(sys.modules)
        if sys.argv[1] == "whole":
            text = (await model.complete("Be brief.", "Hello?")).text
        else:
            text = "".join([piece async for piece in model.stream("Be brief.", "Hello?")])
        imported = set(sys.modules) - opened
        await model.aclose()
    bridge.close()
    print(text, sorted(imported))

asyncio.run(main())
"""


@pytest.mark.parametrize("reply", ["whole", "streamed"])
def test_the_first_request_after_opening_imports_no_module(reply: str) -> None:
    command = [sys.executable, "-c", SCRIPT, reply]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (process.stdout, process.returncode) == ("Good day. []\n", 0), process.stderr
