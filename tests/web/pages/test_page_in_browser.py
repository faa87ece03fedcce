"""The reading page as people use it, in Chromium: ask, open a source, read the mark, go back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.doubles.browser import CHROMIUM, NO_CHROMIUM
from tests.doubles.served_page import ServedPage

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

QUESTION = "What are the UN prerequisites?"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def opened(chromium: Browser, page: ServedPage, width: dict[str, int], **more: object) -> Page:
    """Return a tab at the first page; whatever leaves this address fails the test."""
    context: BrowserContext = chromium.new_context(
        base_url=page.url, viewport=width, **more  # type: ignore[arg-type]
    )  # fmt: skip
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    tab.on("console", lambda said: asked.append(f"console {said.text}"))
    asked: list[str] = []
    tab.goto("/")
    tab.went = asked  # type: ignore[attr-defined]
    return tab


def assert_stayed(tab: Page, page: ServedPage) -> None:
    """Check that nothing was asked of anybody else, and that nothing complained."""
    went: list[str] = tab.went  # type: ignore[attr-defined]
    assert went
    assert [url for url in went if not url.startswith(f"{page.url}/")] == []


def assert_fits(tab: Page) -> None:
    """Check that a page is no wider than its window."""
    root = "document.documentElement"
    assert tab.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


def assert_mark_is_seen(tab: Page, words: str) -> None:
    """Check that the marked words are where a person sees them."""
    mark = tab.locator("mark#quote")
    expect(mark).to_contain_text(words)
    tab.wait_for_function(
        """() => {
            const box = document.querySelector("mark#quote").getClientRects()[0];
            const seen = document.elementFromPoint(box.left + box.width / 2, box.top + 5);
            return box.top >= 0 && box.bottom <= innerHeight && seen?.closest("mark#quote");
        }"""
    )


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_person_asks_opens_a_citation_sees_the_mark_and_goes_back(
    chromium: Browser, page: ServedPage, width: dict[str, int]
) -> None:
    tab = opened(chromium, page, width)
    assert_fits(tab)
    tab.get_by_label("Your question").fill(QUESTION)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/answers/*")
    assert_fits(tab)
    answer = tab.url
    tab.get_by_label("Source 2:").first.click()
    assert_mark_is_seen(tab, "A ceasefire agreement")
    assert_fits(tab)
    beside = tab.locator("#beside")
    tab.get_by_label("Source 3:").first.click()
    assert_mark_is_seen(tab, "A mandate from the UN Security Council")
    tab.go_back()
    assert_mark_is_seen(tab, "A ceasefire agreement")
    tab.keyboard.press("Escape")
    expect(beside).to_be_hidden()
    tab.reload()
    tab.goto(f"{answer}?cite=4#quote")
    assert_mark_is_seen(tab, "Security guarantees")
    tab.locator("#beside h2 a").click()
    tab.wait_for_url("**/sources/**")
    assert_mark_is_seen(tab, "Security guarantees")
    assert_fits(tab)
    assert_stayed(tab, page)
    tab.context.close()


def test_without_scripts_and_with_the_keyboard_alone(chromium: Browser, page: ServedPage) -> None:
    tab = opened(chromium, page, DESKTOP, java_script_enabled=False)
    tab.keyboard.press("Tab")
    assert tab.locator(":focus").inner_text() == "Skip to the content"
    field = tab.get_by_label("Your question")
    for _ in range(12):
        if field.evaluate("field => field === document.activeElement"):
            break
        tab.keyboard.press("Tab")
    tab.keyboard.type(QUESTION)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/answers/*")
    marker = tab.get_by_label("Source 2:").first
    marker.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**cite=2**")
    expect(tab.locator("mark#quote")).to_be_in_viewport()
    assert_stayed(tab, page)
    tab.context.close()


def test_a_hostile_document_is_words_and_nothing_else(chromium: Browser, page: ServedPage) -> None:
    tab = opened(chromium, page, DESKTOP)
    tab.goto("/sources?find=Fees")
    tab.locator("table a").first.click()
    text = tab.locator("article.source")
    expect(text).to_contain_text("The zorbulation fee is 45 euros a day.")
    expect(text).to_contain_text("<script>alert(1)</script>")
    assert text.locator("img, script, style, a[href^='javascript']").count() == 0
    assert_stayed(tab, page)
    tab.context.close()
