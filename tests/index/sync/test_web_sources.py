"""Sites, feeds and pages of a web server on this machine: added, refreshed, removed.

The server is a real one, reached by a name that the test allows; the stores are real ones.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from index.config import WebConfig
from index.errors import Cancelled, SourceNotFound
from index.load.loaders import load_bytes
from index.schema import SyncReport
from index.sync.due_pages import are_pages_due
from index.sync.web_lists import WebLists
from index.sync.web_reader import HostPace, WebReader
from index.sync.web_sources import WebSources
from tests.doubles.homes import Home, open_home
from tests.doubles.office_files import paragraph, word_document
from tests.doubles.traces import marked_word, traces
from tests.doubles.web_server import Answer, WebServer, web_server


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "documents").mkdir()
    with open_home(tmp_path / "home", tmp_path / "documents") as opened:
        yield opened


def web(home: Home, *, pause: float = 0.0, **limits: float) -> WebSources:
    """Sources of the web for one run of a process."""
    reader = WebReader(load_bytes, HostPace(pause), frozenset({"localhost"}))
    config = WebConfig.model_validate({"pause": pause, **limits})
    return WebSources(home.path, home.catalog, lambda: home.synchroniser, reader, config)


def uris(home: Home, server: WebServer) -> list[str]:
    """What is indexed, without the name of the server."""
    found = home.catalog.sources("documents")
    return [entry.uri.removeprefix(server.url("")) for entry in found]


def counts(report: SyncReport) -> dict[str, int]:
    names = ("added", "updated", "unchanged", "removed")
    told = {name: getattr(report, name) for name in names} | {"failed": len(report.failed)}
    return {name: count for name, count in told.items() if count}


def notes(report: SyncReport) -> str:
    return " ".join(note.reason for note in report.warnings)


def manual(server: WebServer) -> str:
    """A site of four pages below /docs/, and what does not belong to it."""
    server.page(
        "/docs/", "Welcome to the owls.", "a.html", "/docs/b/?utm_source=x", "/other", "z.zip"
    )
    server.page("/docs/a.html", "Owls hunt at night.", "b/#top", "secret/plan.html", "gone.html")
    server.page("/docs/b/", "Owls see well.", "http://example.org/", "mailto:a@b.c", "c.html")
    server.page("/docs/b/c.html", "Owls hear well.", "../a.html", "javascript:x()")
    server.page("/docs/secret/plan.html", "Nobody may know.")
    server.page("/other", "Not of the manual.")
    server.serve("/robots.txt", b"User-agent: quoth\nDisallow: /docs/secret/\n", "text/plain")
    return server.url("/docs/")


PAGES = ["/docs/", "/docs/a.html", "/docs/b/", "/docs/b/c.html"]


def test_a_site_is_read_below_its_path_and_as_robots_txt_asks(
    home: Home, server: WebServer
) -> None:
    report = web(home).add("documents", manual(server), site=True, added_by="Ada")
    assert counts(report) == {"added": 4}
    assert uris(home, server) == PAGES
    assert "/docs/secret/plan.html" not in server.asked
    assert "/other" not in server.asked
    assert "its robots.txt asks programs not to read 1" in notes(report)
    assert "1 of the addresses linked to do not exist" in notes(report)
    assert server.together == 1
    assert all(server.asked.count(path) == 1 for path in (*PAGES, "/robots.txt"))
    assert server.agents == {"Quoth/0.1 (reads pages that its users add)"}
    (entry, *_) = home.catalog.sources("documents")
    assert (entry.title, entry.url, entry.added_by) == ("docs", server.url("/docs/"), "Ada")
    (site,) = WebLists(home.catalog).sites("documents")
    assert (site.url, site.pages, site.crawling) == (server.url("/docs/"), 4, False)


def test_office_documents_of_a_site_and_a_feed_are_read(home: Home, server: WebServer) -> None:
    word = word_document(paragraph("Owls nest in the bell tower."))
    server.page("/docs/", "Welcome.", "rules.docx", "counts.csv", "film.mp4", "broken.docx")
    server.serve("/docs/rules.docx", word, "application/octet-stream")
    server.serve("/docs/counts.csv", b"owl,eggs\nbarn,4\ntawny,3\n", "text/plain")
    server.serve("/docs/broken.docx", b"<p>Sign in", "application/octet-stream")
    report = web(home).add("documents", server.url("/docs/"), site=True)
    assert counts(report) == {"added": 3}
    assert uris(home, server) == ["/docs/", "/docs/counts.csv", "/docs/rules.docx"]
    found = home.catalog.find_source(["documents"], server.url("/docs/rules.docx"))
    assert (found.text, found.url) == ("Owls nest in the bell tower.", found.uri)
    server.asked.clear()
    assert counts(web(home).refresh("documents", everything=True)) == {"unchanged": 3}
    link = f"<item><link>{server.url('/plan.docx')}</link></item>"
    server.serve("/feed", f"<rss><channel>{link}</channel></rss>".encode(), "application/rss+xml")
    server.serve("/plan.docx", word_document(paragraph("Owls moult.")), "application/msword")
    assert counts(web(home).add("documents", server.url("/feed"))) == {"added": 1}
    assert "/plan.docx" in uris(home, server)


def test_the_maps_of_a_site_name_pages_that_nothing_links_to(home: Home, server: WebServer) -> None:
    server.page("/docs/", "Welcome.")
    for name in ("one", "two", "three"):
        server.page(f"/docs/{name}", f"Page {name} of owls.")
    server.serve("/robots.txt", f"Sitemap: {server.url('/maps.xml')}\n".encode(), "text/plain")
    packed_map = f"<sitemap><loc>{server.url('/map.xml.gz')}</loc></sitemap>"
    index = f"<sitemapindex>{packed_map}</sitemapindex>"
    server.serve("/maps.xml", index.encode(), "application/xml")
    named = "".join(
        f"<url><loc>{server.url(path)}</loc><lastmod>2026-01-01</lastmod></url>"
        for path in ("/docs/one", "/docs/two", "/blog/four")
    )
    packed = gzip.compress(f'<urlset xmlns="http://s.org/0.9">{named}</urlset>'.encode())
    server.serve("/map.xml.gz", packed, "application/x-gzip")
    assert counts(web(home).add("documents", server.url("/docs/"), site=True)) == {"added": 3}
    assert uris(home, server) == ["/docs/", "/docs/one", "/docs/two"]
    # A map that is named itself stands for what it names, without its links.
    server.page("/docs/two", "Page two of owls.", "three")
    other = f"<urlset><url><loc>{server.url('/docs/two')}</loc></url></urlset>"
    server.serve("/docs/sitemap.xml", other.encode(), "text/xml")
    web(home).add("board", server.url("/docs/sitemap.xml"))
    assert [entry.uri for entry in home.catalog.sources("board")] == [server.url("/docs/two")]


def test_a_refresh_asks_for_newer_versions_only(home: Home, server: WebServer) -> None:
    url = manual(server)
    web(home).add("documents", url, site=True)
    ids = {entry.uri: entry.id for entry in home.catalog.sources("documents")}
    server.asked.clear()
    assert counts(web(home).refresh("documents")) == {}
    assert server.asked == []  # they are not a day old
    generation = home.catalog.generation()
    report = web(home).refresh("documents", everything=True)
    assert counts(report) == {"unchanged": 4}
    assert sorted(server.conditional) == PAGES
    assert home.catalog.generation() == generation
    server.page("/docs/a.html", "Owls hunt at dusk.", "b/", "new.html")
    server.page("/docs/new.html", "Owls nest.")
    assert counts(web(home).refresh("documents", everything=True)) == {
        "added": 1, "updated": 1, "unchanged": 3,
    }  # fmt: skip
    assert home.catalog.match("documents", "dusk", 5)
    assert {ids[entry.uri] for entry in home.catalog.sources("documents") if entry.uri in ids} == {
        *ids.values()
    }


def test_a_page_is_removed_when_it_is_gone_twice_and_one_that_moved_keeps_its_id(
    home: Home, server: WebServer
) -> None:
    url = manual(server)
    web(home).add("documents", url, site=True)
    before = {entry.uri: entry.id for entry in home.catalog.sources("documents")}
    server.refuse("/docs/b/c.html", 410)
    server.page("/docs/moved/a.html", "Owls hunt at night.", "../b/")
    server.redirect("/docs/a.html", "/docs/moved/a.html", 308)
    first = web(home).refresh("documents", everything=True)
    assert uris(home, server) == ["/docs/", "/docs/b/", "/docs/b/c.html", "/docs/moved/a.html"]
    assert "It has moved to" in notes(first)
    assert "The page is gone (HTTP 410). It stays until the server says so again." in notes(first)
    after = {entry.uri: entry.id for entry in home.catalog.sources("documents")}
    assert after[server.url("/docs/moved/a.html")] == before[server.url("/docs/a.html")]
    (stale,) = [
        entry
        for entry in WebLists(home.catalog).marked("documents", home.catalog.sources("documents"))
        if entry.failure
    ]
    assert (stale.uri, stale.failure) == (
        server.url("/docs/b/c.html"), "The page is gone (HTTP 410).",
    )  # fmt: skip
    second = web(home).refresh("documents", everything=True)
    assert counts(second) == {"unchanged": 3, "removed": 1}
    assert "the server said twice that it is gone" in notes(second)
    assert uris(home, server) == ["/docs/", "/docs/b/", "/docs/moved/a.html"]
    with closing(home.catalog.open_added()) as added:
        kept = {uri.removeprefix(server.url("")) for _, uri in added.versions()}
    assert kept == {"/docs/", "/docs/b/", "/docs/moved/a.html"}


def test_a_miss_that_is_made_up_for_does_not_count(home: Home, server: WebServer) -> None:
    url = server.page("/page", "Owls.")
    web(home).add("documents", url)
    for _ in range(2):
        server.refuse("/page", 404)
        web(home).refresh("documents", everything=True)
        server.page("/page", "Owls.")
        web(home).refresh("documents", everything=True)
    assert uris(home, server) == ["/page"]
    assert (
        not WebLists(home.catalog).marked("documents", home.catalog.sources("documents"))[0].failure
    )


def test_a_single_page_is_refreshed_marked_and_moved(home: Home, server: WebServer) -> None:
    url = server.page("/page", "Owls hunt.")
    web(home).add("documents", url)
    assert not are_pages_due(home.path, 24)
    (entry,) = home.catalog.sources("documents")
    server.refuse("/page", 500)
    report = web(home).refresh("documents", everything=True)
    assert report.failed[0].source == url
    assert "(HTTP 500). What was read before stays." in report.failed[0].reason
    (marked,) = WebLists(home.catalog).marked("documents", home.catalog.sources("documents"))
    assert (marked.failure or "").startswith("The server has a problem")
    server.page("/new", "Owls hunt voles.")
    server.redirect("/page", "/new", 302)
    assert counts(web(home).refresh("documents", everything=True)) == {"updated": 1}
    assert uris(home, server) == ["/page"]  # a redirect for now is no move
    server.redirect("/page", "/new", 301)
    web(home).refresh("documents", everything=True)
    (now,) = WebLists(home.catalog).marked("documents", home.catalog.sources("documents"))
    assert (now.uri, now.id, now.failure) == (server.url("/new"), entry.id, None)


def test_a_feed_brings_what_is_new(home: Home, server: WebServer) -> None:
    def feed(*items: str) -> None:
        body = "".join(f"<item>{item}</item>" for item in items)
        xml = f"<rss><channel><title>Owl news</title>{body}</channel></rss>"
        server.serve("/feed", xml.encode(), "application/rss+xml")

    server.page("/linked", "All about linked owls.")
    full = (
        f"<title>Full owls</title><link>{server.url('/full')}</link><guid>1</guid>"
        "<pubDate>Wed, 26 Mar 2025 08:00:00 GMT</pubDate>"
        "<content:encoded><![CDATA[<p>Owls <b>fly</b> far.</p>]]></content:encoded>"
    ).replace("content:encoded", "encoded")
    linked = f"<title>Linked</title><link>{server.url('/linked')}</link><description>x"
    linked += "</description>"
    feed(full, linked)
    assert counts(web(home).add("documents", server.url("/feed"))) == {"added": 2}
    assert server.asked.count("/feed") == 1
    assert "/full" not in server.asked
    first, second = home.catalog.sources("documents")
    assert (first.title, first.url) == ("Full owls", server.url("/full"))
    assert f"{first.modified:%Y-%m-%d}" == "2025-03-26"
    assert (second.title, second.uri) == ("linked", server.url("/linked"))
    assert counts(web(home).refresh("documents", everything=True)) == {"unchanged": 1}
    server.page("/third", "A third owl.")
    feed(f"<link>{server.url('/third')}</link>", full.replace("far", "farther"))
    assert counts(web(home).refresh("documents", everything=True)) == {
        "added": 1, "updated": 1, "unchanged": 1,
    }  # fmt: skip
    assert uris(home, server) == ["/full", "/linked", "/third"]  # what left the feed stays
    (listed,) = WebLists(home.catalog).sites("documents")
    assert (listed.kind, listed.title, listed.pages) == ("feed", "Owl news", 3)


def test_atom_and_bad_feeds(home: Home, server: WebServer) -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>tag:1</id>'
        "<title>One &amp; two</title><updated>2026-02-03T04:05:06Z</updated>"
        '<link rel="self" href="/no"/><link href="/one"/>'
        '<content type="xhtml"><div><p>Owls <i>nest</i>.</p></div></content></entry></feed>'
    )
    server.serve("/atom", atom.encode(), "application/atom+xml")
    web(home).add("documents", server.url("/atom"))
    (entry,) = home.catalog.sources("documents")
    assert (entry.uri, entry.title) == (server.url("/one"), "One & two")
    assert home.catalog.match("documents", "nest", 5)
    bomb = b'<!DOCTYPE r [<!ENTITY a "owl">]><rss><channel><item>&a;</item></channel></rss>'
    server.serve("/bomb", bomb, "application/rss+xml")
    server.serve("/odd", b"<svg></svg>", "text/xml")
    for path, reason in (("/bomb", "declares entities"), ("/odd", "neither a feed")):
        (failed,) = web(home).add("board", server.url(path)).failed
        assert reason in failed.reason


def test_docbook_is_told_from_feeds_by_what_it_holds(home: Home, server: WebServer) -> None:
    manual = (
        "<!DOCTYPE article PUBLIC '-//OASIS//DTD DocBook XML V4.5//EN' '' [<!ENTITY p 'Owlet'>]>"
        "<article><title>The &p; manual</title><para>Feed it at night.</para></article>"
    )
    server.serve("/manual.xml", manual.encode(), "application/xml")
    assert counts(web(home).add("documents", server.url("/manual.xml"))) == {"added": 1}
    (entry,) = home.catalog.sources("documents")
    assert (entry.title, entry.mime) == ("The Owlet manual", "application/docbook+xml")
    assert counts(web(home).refresh("documents", everything=True)) == {"unchanged": 1}


def test_a_stopped_reading_goes_on_without_fetching_again(home: Home, server: WebServer) -> None:
    server.page("/docs/", "Start.", *(f"p{n}" for n in range(24)))
    for n in range(24):
        server.page(f"/docs/p{n}", f"Page {n} of owls.")
    looked: list[str] = []

    def stop_at_15(done: int, total: int, name: str) -> None:
        looked.append(name)
        if len(looked) == 15:
            raise KeyboardInterrupt

    sources = web(home)
    begun = sources.begin("documents", server.url("/docs/"))
    assert not isinstance(begun, SyncReport)
    with pytest.raises(KeyboardInterrupt):
        sources.read_on("documents", begun.url, seconds=60, watch=stop_at_15)
    written = set(uris(home, server))
    assert len(written) == 11  # the start, then ten at a time
    assert are_pages_due(home.path, 24)
    server.asked.clear()
    assert counts(web(home).refresh("documents")) == {"added": 14}
    assert not written.intersection(server.asked)
    assert len(uris(home, server)) == 25
    assert not are_pages_due(home.path, 24)


def test_a_cancelled_site_keeps_what_was_read_and_takes_no_more(
    home: Home, server: WebServer
) -> None:
    url = manual(server)
    sources = web(home)
    begun = sources.begin("documents", url)
    assert not isinstance(begun, SyncReport)
    sources.read_on("documents", begun.url, seconds=0)
    with pytest.raises(Cancelled):
        sources.read_on("documents", begun.url, seconds=9, watch=_cancel)
    sources.stop("documents", begun.url)
    web(home).refresh("documents", everything=True)
    assert uris(home, server) == ["/docs/"]
    assert counts(web(home).add("documents", url, site=True)) == {"added": 3, "unchanged": 1}


def _cancel(done: int, total: int, name: str) -> None:
    raise Cancelled


def test_limits_cut_a_site_and_say_what_is_left_out(home: Home, server: WebServer) -> None:
    server.answers["/trap/"] = Answer(made=lambda path: (
        f"<main><p>Month {path} of the owls.</p></main>"
        f'<a href="{path.rstrip("/")}/next/">next</a><a href="?m={len(path)}">x</a>'
        f'<a href="{path}y{len(path)}/">y</a>'
    ).encode())  # fmt: skip
    report = web(home, pages=12).add("documents", server.url("/trap/"), site=True)
    assert counts(report) == {"added": 12}
    assert "Only 12 pages of it were read, which is the limit;" in notes(report)
    assert "addresses are left out" in notes(report)
    assert len(server.asked) < 20
    again = web(home, pages=12).refresh("documents", everything=True)
    assert counts(again) == {"unchanged": 12}
    assert counts(web(home, pages=15).refresh("documents", everything=True))["added"] == 3


def test_traps_and_hostile_pages_end(home: Home, server: WebServer) -> None:
    links = [f"?day={n}" for n in range(500)] + ["a/b/" * 9, "x" * 5000, "http://[", "\x00"]
    server.page("/s/", "Start of owls.", *links, "huge", "self", "away", "inside", "copy", "no")
    server.answers["/s/?day="] = Answer(made=lambda path: f"<p>Day {path} of owls.".encode())
    server.serve("/s/huge", b"<p>" + b"x" * (17 * 2**20))
    server.redirect("/s/self", "/s/self")
    server.redirect("/s/away", "http://127.0.0.1:1/secret")
    server.redirect("/s/inside", "http://169.254.169.254/latest/")
    server.page("/s/copy", "Start of owls.", title="s")
    server.page("/s/no", "Not for programs.", robots='meta name="robots" content="noindex"')
    report = web(home).add("documents", server.url("/s/"), site=True)
    assert report.added == 21
    assert "differ from others only behind the question mark" in notes(report)
    assert "1 ask programs not to take their text" in notes(report)
    assert "1 say what another page says" in notes(report)
    assert "/s/no" not in uris(home, server)


def test_a_busy_or_broken_server_is_left_alone_and_gone_on_with(
    home: Home, server: WebServer
) -> None:
    url = manual(server)
    server.refuse("/docs/a.html", 503, Retry_After="0")
    report = web(home).add("documents", url, site=True)
    assert server.asked.count("/docs/a.html") == 2
    assert "What is left of it is read the next time." in report.failed[-1].reason
    (site,) = WebLists(home.catalog).sites("documents")
    assert site.crawling
    server.page("/docs/a.html", "Owls hunt at night.", "b/")
    web(home).refresh("documents")
    web(home).refresh("documents", everything=True)
    assert uris(home, server) == PAGES


@pytest.mark.parametrize(
    ("robots", "status", "reason"),
    [
        ("User-agent: *\nDisallow: /", 200, "asks programs not to read it"),
        ("User-agent: *\nCrawl-delay: 600", 200, "600 seconds between two pages"),
        ("", 503, "robots.txt could not be read"),
    ],
)
def test_a_site_that_does_not_want_to_be_read_is_not(
    home: Home, server: WebServer, robots: str, status: int, reason: str
) -> None:
    url = manual(server)
    server.answers["/robots.txt"] = Answer(robots.encode(), status, {"Content-Type": "text/plain"})
    (failed,) = web(home).add("documents", url, site=True).failed
    assert reason in failed.reason
    assert uris(home, server) == []


def test_requests_to_a_host_keep_the_pause_that_it_asks_for(home: Home, server: WebServer) -> None:
    url = manual(server)
    server.serve("/robots.txt", b"User-agent: *\nCrawl-delay: 0.15", "text/plain")
    web(home).add("documents", url, site=True)
    asked = sorted(server.times)[2:]  # the first two come before the robots.txt is known
    assert min(after - before for before, after in pairwise(asked)) >= 0.14


def test_a_page_that_only_leads_on_is_followed(home: Home, server: WebServer) -> None:
    server.serve("/docs/", b'<meta http-equiv="refresh" content="0; url=./latest/">')
    server.page("/docs/latest/", "Welcome to the owls.", "a.html")
    server.page("/docs/latest/a.html", "Owls hunt at night.")
    report = web(home).add("documents", server.url("/docs/"), site=True)
    assert counts(report) == {"added": 2}
    sign = b'<meta http-equiv="Refresh" content="0;URL=b.html">'
    server.serve("/docs/latest/a.html", sign)
    server.page("/docs/latest/b.html", "Owls hunt at night and at dusk.")
    web(home).refresh("documents", everything=True)
    assert uris(home, server) == ["/docs/latest/", "/docs/latest/b.html"]


def test_a_page_that_was_written_when_its_reader_was_killed_belongs_to_its_site(
    home: Home, server: WebServer
) -> None:
    url = manual(server)
    sources = web(home)
    assert not isinstance(sources.begin("documents", url), SyncReport)
    home.add(server.url("/docs/a.html"), of="Owls hunt at night.")  # written, but not yet noted
    assert counts(web(home).refresh("documents")) == {"added": 3, "updated": 1}
    assert counts(web(home).remove_site("documents", url)) == {"removed": 4}


def test_a_site_is_removed_without_a_trace(home: Home, server: WebServer) -> None:
    url = manual(server)
    server.page("/docs/b/", f"The word {marked_word(1)} stands here.", title=marked_word(2))
    server.page(f"/docs/{marked_word(3)}", "An owl of its own.")
    server.page("/docs/a.html", "Owls hunt at night.", marked_word(3), "b/")
    web(home).add("documents", url, site=True)
    web(home).add("documents", server.page("/single", "A single owl."))
    found = WebLists(home.catalog).find_site("documents", url.rstrip("/"))
    assert found is not None and found.pages == 4
    assert counts(web(home).remove_site("documents", found.url)) == {"removed": 4}
    assert uris(home, server) == ["/single"]
    home.vectors.close()
    home.catalog.close()
    assert traces(home.path) == {}


def test_a_site_that_is_not_there(home: Home, server: WebServer) -> None:
    (failed,) = web(home).add("documents", server.url("/nothing/"), site=True).failed
    assert failed.reason == "There is no such page (HTTP 404)."
    with pytest.raises(SourceNotFound):
        web(home).remove_site("documents", server.url("/nothing/"))
    with pytest.raises(SourceNotFound):
        web(home).read_on("documents", server.url("/nothing/"), seconds=1)
