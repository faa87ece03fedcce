"""The first request imports nothing: an import of seconds on the loop stops every other answer."""

import subprocess
import sys

# What opening a model imports in any case is imported once; then each reply is the first one of a
# process of its own.
SCRIPT = """
import asyncio, importlib, os, sys
from bot.bridge import Bridge
from bot.language_models.providers import PROVIDERS, ModelConfig, open_model
from tests.doubles.model_server import Reply, model_server

async def ask(reply):
    bridge = Bridge()
    async with model_server(lambda _: Reply("Good day.")) as server:
        config = ModelConfig(spec="openai/played", base_url=server.url, timeout=60)
        model = await bridge.run(open_model, config)
        opened = set(sys.modules)
        if reply == "whole":
            text = (await model.complete("Be brief.", "Hello?")).text
        else:
            text = "".join([piece async for piece in model.stream("Be brief.", "Hello?")])
        imported = set(sys.modules) - opened
        await model.aclose()
    bridge.close()
    print(reply, text, sorted(imported), flush=True)

importlib.import_module(PROVIDERS["openai"].module)
for reply in ("whole", "streamed"):
    if os.fork() == 0:
        sys.exit(asyncio.run(ask(reply)))
    os.wait()
"""


def test_the_first_request_after_opening_imports_no_module() -> None:
    command = [sys.executable, "-c", SCRIPT]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.stdout == "whole Good day. []\nstreamed Good day. []\n", process.stderr
