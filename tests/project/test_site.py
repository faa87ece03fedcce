"""The documentation as a site: every page is in it, and it is built without another host."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.settings_page import PAGE, settings_page
from tests.conftest import ROOT

DOCS = ROOT / "docs"
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""The attribute by which an element has a browser fetch something without a click."""


def test_the_navigation_names_every_page_once() -> None:
    named = list(_pages(SITE["nav"]))
    there = sorted(file.name for file in DOCS.glob("*.md"))
    assert sorted(named) == there, "give each page its line below `nav` in mkdocs.yml"


def _pages(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
        return
    for entry in nav if isinstance(nav, list) else nav.values():
        yield from _pages(entry)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_something(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]+`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = DOCS / path if path else page
        assert file.is_file(), target
        assert not anchor or anchor in _anchors(file), target
    for named in re.findall(r'--8<-- "([^":]+)', page.read_text(encoding="utf-8")):
        assert (ROOT / named).is_file(), named


def test_the_changelog_which_is_a_page_too_has_no_link_that_leads_nowhere_there() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((?!https?://)[^)]+\)", text) == [], (
        "write paths as code, `docs/web.md`: the site sets the changelog in another place"
    )


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def test_the_page_of_the_settings_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page(), (
        "write it anew: python -m scripts.settings_page"
    )


def test_every_message_that_is_explained_is_one_that_the_code_says() -> None:
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r'^\| "(.+)" \|', text, re.MULTILINE)
    assert len(messages) > 30
    said = "\n".join(_said())
    unknown = [
        part
        for message in messages
        if "command not found" not in message
        for part in re.split(r"\s*…\s*", message)
        if part.strip(" .;:") not in said
    ]
    assert unknown == []


def _said() -> Iterator[str]:
    """Yield every text of the code, with … in the place of what is filled in."""
    for room in ("bot", "index"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(
                        str(piece.value) if isinstance(piece, ast.Constant) else "…"
                        for piece in node.values
                    )


@pytest.mark.skipif(
    importlib.util.find_spec("zensical") is None, reason="the group docs is not installed"
)
def test_the_site_is_built_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    for name in ("docs", "documents"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(list(_pages(SITE["nav"])))  # and one for what is not found
    for page in pages:
        assert [address for address in _loaded(page) if "//" in address] == [], page
    for style in (tmp_path / "site").rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", text) == [], style
    home = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "answers questions" in home


def _loaded(page: Path) -> list[str]:
    reader = _Loaded()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.found


class _Loaded(HTMLParser):
    """Notes what a browser fetches to show a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("rel") in ("canonical", "next", "prev"):
            return
        if address := given.get(LOADED.get(tag, "")):
            self.found.append(address)
