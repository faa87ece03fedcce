"""The link of a citation of a web page brings a browser to the words that were quoted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.schema import Citation
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.load.loaders import load_bytes
from index.schema import Evidence, LoadedDocument, Source, Span
from index.text.text_fragment import text_fragment
from tests.doubles.browser import CHROMIUM, NO_CHROMIUM, Browser, browser
from tests.doubles.loaded_sources import source_of
from tests.doubles.web_server import WebServer, web_server

BLOCKS = {
    "plain": "<p>Ships longer than ninety metres need two tugs.</p>",
    "marked": "<p>The <b>harbour</b> master, a <a href='#'>well-known</a> person, said: "
    "“no, <code>--force</code> &amp; 50% off” and went away with the others at noon.</p>",
    "noted": "<p>Owls see well at night<sup>[3]</sup>, and hear better than they see.</p>",
    "broken": "<p>First the address line of the office<br>and then the second line of it</p>",
    "items": "<ul><li>Bring a torch and a warm coat.</li><li>Bring <i>nobody</i> else.</li></ul>",
    "steps": "<ol><li>Open the valve slowly.</li><li>Close the other valve at once.</li></ol>",
    "terms": "<dl><dt>Retry count</dt><dd>How often a failed request is sent again.</dd></dl>",
    "table": "<table><tr><th>Port</th><th>Depth in metres</th></tr>"
    "<tr><td>Old basin</td><td>eleven and a half</td></tr></table>",
    "said": "<blockquote><p>We shall never build a pier, said the council.</p></blockquote>",
    "heading": "<h2>Opening hours - winter</h2>",
    "code": "<pre><code>quoth sync --refresh\nquoth sources --pages</code></pre>",
    "letters": "<p>Größe, 日本語の文章です。 naïve café déjà-vu</p>",
}
FAR = "<div style='height:3000px'></div>"
WHERE = """new Promise(done => setTimeout(() => done([...document.querySelectorAll('[data-block]')]
  .filter(e => { const r = e.getBoundingClientRect();
    return r.bottom > 0 && r.top < innerHeight; }).map(e => e.dataset.block)), 150))"""


def page_of(blocks: dict[str, str]) -> bytes:
    inner = FAR.join(f"<div data-block='{name}'>{html}</div>" for name, html in blocks.items())
    head = "<title>Harbour rules</title><meta charset='utf-8'>"
    body = f"<main><h1>Harbour rules</h1>{FAR}{inner}{FAR}</main>"
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def quoted(source: Source, span: Span) -> Citation:
    """A citation as answers have them."""
    evidence = Evidence(source_id=source.id, sha256=source.sha256, start=span.start, end=span.end)
    return Citation(
        evidence=evidence,
        collection=source.collection,
        source=source.uri,
        title=source.title,
        mime=source.mime,
        quote=span.of(source.text),
        url=source.url,
        lines=source.lines_of(span),
    )


def spans_of(source: Source) -> list[Span]:
    """What can be quoted: each sentence, item and row, and each passage as a whole."""
    passages = chunk(source, ChunkConfig(pack=False))
    return [span for each in passages for span in (*each.sentences, each.span)]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)
def test_a_link_lands_on_each_kind_of_block(chromium: Browser, server: WebServer) -> None:
    page = page_of(BLOCKS)
    url = server.serve("/rules", page, "text/html; charset=utf-8")
    loaded = load_bytes(page, name=url, mime="text/html").model_copy(update={"url": url})
    source = source_of(loaded, url)
    assert chromium.evaluate(url, WHERE) == []  # without a fragment, nothing of them is in sight
    missed, landed = [], set[str]()
    for span in spans_of(source):
        citation = quoted(source, span)
        if citation.quote.startswith("# "):
            continue  # the title, which is where a page opens
        seen = chromium.evaluate(citation.link(), WHERE)
        landed |= set(seen)
        if not seen:
            missed.append((citation.quote, citation.link()))
    assert missed == []
    assert landed == set(BLOCKS)


@pytest.mark.parametrize(
    ("mime", "is_shown"),
    [("text/html", True), ("text/plain", True), ("text/csv", False), ("application/json", False),
     ("application/epub+zip", False), ("application/docbook+xml", False)],
)  # fmt: skip
def test_only_what_a_browser_shows_is_searched_for_words(mime: str, is_shown: bool) -> None:
    url = "https://a.example/b"
    loaded = LoadedDocument(text="Owls nest.", title="Owls", mime=mime, url=url)
    link = quoted(source_of(loaded, url), Span(start=0, end=4)).link()
    assert link == (f"{url}#:~:text=Owls" if is_shown else url)


@pytest.mark.parametrize(
    ("quote", "url", "fragment"),
    [
        ("- one-two, three & four", "https://a.b/c", "one%2Dtwo%2C%20three%20%26%20four"),
        ("# A title", "https://a.b/c", "A%20title"),
        ("# A title", "https://a.b/c.md", "%23%20A%20title"),
        ("| a b | c |\n| --- | --- |\n| d | e f |", "https://a.b/c", "a%20b,e%20f"),
        ("- a b\n- c d", "https://a.b/c", "a%20b,c%20d"),
        ("1. Name: what it is", "https://a.b/c", "what%20it%20is"),
        ("```\nx = 1\n```", "https://a.b/c", "x%20%3D%201"),
        ("a b c d e f g h i j k", "https://a.b/c", "a%20b%20c%20d%20e,g%20h%20i%20j%20k"),
        ("---", "https://a.b/c", "%2D%2D%2D"),
    ],
)
def test_what_the_loader_wrote_is_left_out(quote: str, url: str, fragment: str) -> None:
    assert text_fragment(quote, url) == fragment
