"""Write docs/pictures/page-*.png: the reading page as a browser shows it, over `documents/`.

It needs what `scripts.make_pictures` needs, and is run in the root of the repository, with the
browser named if it is not `chromium`:

    python -m scripts.make_page_pictures [BROWSER]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from scripts.make_pictures import ANSWERED, MAX_BYTES, ROOT, SCALE, TARGET, in_few_colours
from tests.doubles.served_page import ServedPage, served_page

LOOKS = {
    "page-answer": ({"width": 1280, "height": 720}, "light", "Source 3:"),
    "page-phone": ({"width": 390, "height": 780}, "dark", "Source 3:"),
}
"""Of each picture: size of the window, colours, and what is clicked in the answer."""

CHANGED = datetime(2026, 3, 26, 12, tzinfo=UTC)
"""Not the time of the run, so that a run without changes leaves the pictures as they are."""


def pictures(page: ServedPage, browser: str) -> dict[str, bytes]:
    """Return PNGs by their names."""
    found = {}
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        program = shutil.which(browser) or browser
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        for name, (size, colours, opened) in LOOKS.items():
            context = chromium.new_context(
                base_url=page.url,
                viewport=size,  # type: ignore[arg-type]
                color_scheme=colours,  # type: ignore[arg-type]
                device_scale_factor=SCALE,
            )
            tab = context.new_page()
            tab.goto("/")
            tab.get_by_label("Your question").fill(ANSWERED)
            tab.get_by_role("button", name="Ask").click()
            tab.wait_for_url("**/answers/*")
            tab.get_by_label(opened).first.click()
            tab.wait_for_function("document.activeElement?.id === 'quote'")
            found[name] = in_few_colours(tab.screenshot())
        chromium.close()
    return found


def main(browser: str) -> None:
    """Write every picture; raises ValueError for one that is too large for the repository."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "documents", folder / "documents")
        for document in (folder / "documents").iterdir():
            os.utime(document, (CHANGED.timestamp(), CHANGED.timestamp()))
        with served_page(folder) as page:
            page.app.library.bring_in_step()
            taken = pictures(page, browser)
    for name, content in taken.items():
        if len(content) > MAX_BYTES:
            raise ValueError(f"{name}.png has {len(content)} bytes, more than {MAX_BYTES}")
        (TARGET / f"{name}.png").write_bytes(content)
        print(f"{name}.png: {len(content)} bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "chromium")
