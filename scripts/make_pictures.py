"""Write docs/pictures/*.png: what people see in Discord, from what the bot really sends.

The real bot runs over `documents/` against the local Discord server of the tests. People ask and
click there; the payloads that arrive are set as Discord's dark theme shows them, and a headless
browser takes the pictures. Nothing outside this machine is reached.

It needs the development dependencies (Pillow comes with LlamaIndex), a Chromium and two fonts; on
Debian:

    apt-get install chromium fonts-noto-core fonts-noto-color-emoji

and is run in the root of the repository, with the browser named if it is not `chromium`:

    python -m scripts.make_pictures [BROWSER]
"""

from __future__ import annotations

import asyncio
import base64
import io
import itertools
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from bot.settings import load_settings
from index.library import open_library
from scripts.discord_look import Author, Line, page
from tests.doubles.discord.fixtures import Stage, staged_for_real
from tests.doubles.discord.people import Person, Shown
from tests.doubles.discord.world import Channel

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "pictures"

ANSWERED = "What are the UN prerequisites?"
UNANSWERED = "How long would the mission last?"

SCALE = 2
"""Pixels of a picture for each pixel of the page."""

COLOURS = 128

MAX_BYTES = 200_000

TIME = "Today at 10:24"
"""Not the time of the run, so that a run without changes leaves the pictures as they are."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_START_SECONDS = 30.0


class Screen:
    """What Ann has in front of her."""

    def __init__(self, stage: Stage, ann: Person, channel: Channel) -> None:
        self.ann, self.channel = ann, channel
        bot = stage.discord.world.bot
        self.person = Author(ann.id, ann.user.name, "#3ba55c")
        self.bot = Author(bot.id, bot.name, "#5865f2", app=True)

    async def ask(self, question: str) -> tuple[list[Line], Shown]:
        """Ask by a mention; return question and answer, and the answer to click on."""
        written = await self.ann.mention(question, in_=self.channel)
        shown = await self.ann.sees(lambda seen: bool(seen.buttons), in_=self.channel)
        asked = Line(self.person, TIME, written.content)
        return [asked, self._line(shown, (self.person, written.content))], shown

    async def click(self, on: Shown, button: str) -> list[Line]:
        """Press a button; return what it opens."""
        opened = await self.ann.sees(to=await self.ann.click(on, button))
        return [self._line(opened, (self.bot, on.content.split("\n")[0]))]

    async def use(self, command: str) -> list[Line]:
        """Use a command without options; return what it shows."""
        shown = await self.ann.sees(to=await self.ann.slash(command, in_=self.channel))
        return [self._line(shown, (self.person, f"used [/{command}](<https://discord.com>)"))]

    def _line(self, shown: Shown, before: tuple[Author, str]) -> Line:
        return Line(
            self.bot,
            TIME,
            shown.content,
            shown.embeds,
            shown.components,
            private=shown.ephemeral,
            before=before,
        )


async def pages() -> dict[str, str]:
    """Return HTML by name of a picture, from a bot that runs for it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "documents", folder / "documents")
        with open_library(load_settings({}, folder).index) as library:
            library.bring_in_step()
        async with staged_for_real(folder) as stage:
            return await _played(stage)


async def _played(stage: Stage) -> dict[str, str]:
    acme = stage.discord.guild("Acme")
    general, ann = acme.text("general"), acme.member("Ann")
    await stage.start()
    screen = Screen(stage, ann, general)
    people = (screen.person, screen.bot)
    answered, answer = await screen.ask(ANSWERED)
    card = await screen.click(answer, "Show 2")
    not_found, _ = await screen.ask(UNANSWERED)
    sources = await screen.use("sources")
    scenes = {"answer": answered, "show": card, "not-found": not_found, "sources": sources}
    return {name: page(lines, people) for name, lines in scenes.items()}


class Browser:
    """A tab of a headless Chromium."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    async def picture(self, html: str) -> bytes:
        """Return a PNG of a page, as high as what is on it."""
        frame = (await self._call("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self._call("Page.setDocumentContent", frameId=frame, html=html)
        await self._call("Runtime.evaluate", expression="document.fonts.ready", awaitPromise=True)
        box = "JSON.stringify(document.body.getBoundingClientRect())"
        size = await self._call(
            "Runtime.evaluate", expression=f"JSON.parse({box})", returnByValue=True
        )
        rectangle = size["result"]["value"]
        clip = {key: rectangle[key] for key in ("x", "y", "width", "height")} | {"scale": SCALE}
        taken = await self._call(
            "Page.captureScreenshot", clip=clip, captureBeyondViewport=True, format="png"
        )
        return in_few_colours(base64.b64decode(taken["data"]))

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        call = next(self._ids)
        await self._socket.send_json({"id": call, "method": method, "params": params})
        async for message in self._socket:
            said = message.json()
            if said.get("id") == call:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                result: dict[str, Any] = said["result"]
                return result
        raise RuntimeError(f"the browser closed before it answered {method}")


def in_few_colours(png: bytes) -> bytes:
    """Return a picture of text in a fourth of the bytes; nobody sees the difference."""
    written = io.BytesIO()
    few = Image.open(io.BytesIO(png)).quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


@asynccontextmanager
async def open_browser(program: str) -> AsyncIterator[Browser]:
    """Start a browser of its own profile; it ends with the context."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await _written(Path(profile) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as listed:
                    tabs = await listed.json()
                address = next(tab for tab in tabs if tab["type"] == "page")
                async with session.ws_connect(
                    address["webSocketDebuggerUrl"], max_msg_size=0
                ) as socket:
                    yield Browser(socket)
        finally:
            process.terminate()
            await process.wait()


async def _written(file: Path) -> str:
    """Return the first line of a file that the browser is about to write."""
    async with asyncio.timeout(_START_SECONDS):
        while not (lines := await asyncio.to_thread(_lines, file)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return lines[0]


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


async def main(program: str) -> None:
    """Write every picture; raises ValueError for one that is too large for the repository."""
    made = await pages()
    async with open_browser(program) as browser:
        taken = {name: await browser.picture(html) for name, html in made.items()}
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, content in taken.items():
        if len(content) > MAX_BYTES:
            raise ValueError(f"{name}.png has {len(content)} bytes, more than {MAX_BYTES}")
        (TARGET / f"{name}.png").write_bytes(content)
        print(f"{name}.png: {len(content)} bytes")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "chromium"))
