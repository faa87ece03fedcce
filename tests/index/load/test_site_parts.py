"""What sites are read with: robots.txt, links of pages, maps, feeds; honest ones and hostile."""

from __future__ import annotations

import gc
import gzip
import time
from collections.abc import Callable

import pytest

from index.errors import LoadError
from index.load.feeds import MAX_MAP_BYTES, Feed, SiteMap, read_feed_or_map
from index.load.page_links import SiteScope, is_same_page, links_of, plain_address
from index.load.robots import read_robots

ROBOTS = b"""\xef\xbb\xbf# rules
Sitemap: https://a.b/one.xml
User-agent: other
User-agent: Quoth   # us
Disallow: /private
Allow: /private/open$
Disallow: /*.cgi
Disallow: /caf\xc3\xa9
Crawl-delay: 2
nonsense
User-agent: *
Disallow: /
sitemap:/two.xml
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/private", False),
        ("/private/x", False),
        ("/private/open", True),
        ("/private/open/x", False),
        ("/a/b.cgi?x=1", False),
        ("/caf%C3%A9/x", False),
        ("/public", True),
    ],
)
def test_the_longest_rule_for_us_holds(path: str, allowed: bool) -> None:
    robots = read_robots(ROBOTS)
    assert robots.allows(f"https://a.b{path}") is allowed
    assert (robots.delay, robots.sitemaps) == (2.0, ("https://a.b/one.xml", "/two.xml"))


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (b"", True),
        (b"User-agent: *\nDisallow:", True),
        (b"User-agent: *\nDisallow: /", False),
        (b"Disallow: /", True),  # of nobody
        (b"User-agent: *\nDisallow: /x\nAllow: /x", True),  # of two as long, the kinder
        (b"User-agent: a\n\nUser-agent: *\nDisallow: /x*z$", True),
        (b"User-agent: *\nDisallow: /x*y$", False),
        (b"User-agent: quothbot\nDisallow: /", True),
        (b"\xff\xfe\x00U", True),
    ],
)
def test_robots_of_odd_forms(text: bytes, allowed: bool) -> None:
    assert read_robots(text).allows("https://a.b/x/y") is allowed


def test_links_are_told_as_a_browser_would() -> None:
    page = b"""<!-- <a href="/no"> --><base href="/docs/x/"><link rel='canonical' href='/docs/x/y'>
    <A class=a HREF="a.html#top">1</A> <a href='../b?c=1&amp;d=2'>2</a> <a href=plain>3</a>
    <a href="mailto:x@y.z">4</a> <a href="javascript:x()">5</a> <a rel="nofollow" href="/n">6</a>
    <a href="http://[::1">7</a> <a href="//other.org/z">8</a> <a name="x">9</a>
    <a href="a.html">again</a> <meta name="robots" content="NoFollow, noarchive">"""
    found = links_of(page, "https://h.org/start")
    assert found.links == (
        "https://h.org/docs/x/a.html",
        "https://h.org/docs/b?c=1&d=2",
        "https://h.org/docs/x/plain",
        "https://other.org/z",
    )
    assert found.canonical == "https://h.org/docs/x/y"
    assert (found.indexed, found.followed) == (True, False)
    assert not links_of(b"", "https://h.org/", robots="noindex").indexed


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("HTTPS://Docs.Example.ORG:443/a/./b/../c?utm_source=x&q=1#t", "https://docs.example.org/a/c?q=1"),
        ("http://h:8080", "http://h:8080/"),
        ("http://h/ü%20x", "http://h/%C3%BC%20x"),
        ("http://me:secret@h/", None),
        ("ftp://h/", None),
        ("http://h:99999/", None),
        ("http://h/" + "x" * 3000, None),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(url: str, plain: str | None) -> None:
    assert plain_address(url) == plain


def test_what_belongs_to_a_site() -> None:
    scope = SiteScope.of("https://h.org/en/latest/index.html")
    assert scope.url == "https://h.org/en/latest/"
    assert SiteScope.of("https://h.org/guide").url == "https://h.org/guide/"
    assert SiteScope.of("https://h.org").url == "https://h.org/"
    assert scope.holds("https://h.org/en/latest")
    assert not scope.holds("https://h.org/en/latestest/x")
    assert not scope.holds("https://h.org.evil.example/en/latest/")
    assert scope.adopted("http://h.org/en/latest/a") == "https://h.org/en/latest/a"
    assert scope.may_be_page("https://h.org/en/latest/release-1.2")
    assert not scope.may_be_page("https://h.org/en/latest/logo.PNG")
    assert not scope.may_be_page("https://h.org/en/latest/" + "a/b/" * 5)
    assert is_same_page("https://h.org/a/index.html?x=1", "https://h.org/a/")
    assert not is_same_page("https://h.org/a/", "https://h.org/")


def test_maps_and_feeds_of_odd_forms() -> None:
    cut = b"<urlset><url><loc> https://h.org/a </loc></url><url><loc>https://h.org/b</loc></ur"
    found = read_feed_or_map(cut, "https://h.org/sitemap.xml")
    assert isinstance(found, SiteMap)
    assert found.pages == ("https://h.org/a", "https://h.org/b")
    assert "no valid XML" in (found.damage or "")
    rdf = (
        b'<rdf:RDF xmlns:rdf="r" xmlns:dc="d"><channel><title>R</title></channel><item>'
        b"<title>One</title><link>https://h.org/1</link><dc:date>2026-01-02</dc:date></item>"
        b"</rdf:RDF>"
    )
    feed = read_feed_or_map(rdf, "https://h.org/feed")
    assert isinstance(feed, Feed)
    assert (feed.title, [entry.title for entry in feed.entries]) == ("R", ["One"])
    bomb = gzip.compress(b" " * (MAX_MAP_BYTES + 10))
    for data, reason in (
        (bomb, "larger than 50 MiB"),
        (b"\x1f\x8bxx", "compression"),
        (b"", "no valid XML"),
        (b"<html/>", "neither a feed"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss>&a;</rss>', "declares entities"),
    ):
        with pytest.raises(LoadError, match=reason):
            read_feed_or_map(data, "https://h.org/x")


def _links(data: bytes) -> object:
    return links_of(data, "https://h.org/")


def _rules(data: bytes) -> object:
    return read_robots(data).allows("https://h.org/" + "ab/" * 600)


def _xml(data: bytes) -> object:
    try:
        return read_feed_or_map(data, "https://h.org/x")
    except LoadError as error:
        return error


@pytest.mark.parametrize(
    ("read", "first", "unit"),
    [
        *((_links, b"", unit) for unit in (
            b"<a ", b"<a href=", b'<a href="', b"<a x='", b"<!--", b"<a href=x>", b"&amp;",
            b'<a a="b', b"<base href=", b"<a " + b"a=" * 900,
        )),
        *((_rules, b"User-agent: *\n", unit) for unit in (
            b"Disallow: /*a*b*c*d*e*f*g*h*zz$\n", b"Disallow: " + b"/*" * 30 + b"\n",
            b"User-agent: x\n", b"#", b"Sitemap: x\n",
        )),
        *((_xml, first, unit) for first, unit in (
            (b"<rss>", b"<item>"), (b"<rss>", b"<a>"), (b"<rss><item><title>", b"&lt;"),
            (b"<rss ", b"a='b' "), (b"<urlset>", b"<url><loc>https://h.org/</loc></url>"),
            (b"<rss><item><content>", b"<b x='y'/>"), (b"<rss><!--", b"-"),
            (b"<rss><![CDATA[", b"]"),
        )),
    ],
)  # fmt: skip
def test_twice_as_much_takes_about_twice_as_long(
    read: Callable[[bytes], object], first: bytes, unit: bytes
) -> None:
    def seconds(size: int) -> float:
        data = first + unit * (size // len(unit))
        best = 9e9
        for _ in range(3):
            gc.disable()  # it takes time by what else there is
            began = time.process_time()
            read(data)
            best = min(best, time.process_time() - began)
            gc.enable()
        return best

    once, twice = seconds(100_000), seconds(200_000)
    assert twice < 0.05 or twice <= 2.5 * once
