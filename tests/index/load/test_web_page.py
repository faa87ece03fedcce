"""Pages come from the public internet only, within limits of size and time.

The servers are real ones on this machine; they are reached by a name that the test allows.
"""

import gzip
import http.server
import io
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LoadError
from index.load.fetched_page import MAX_PAGE_BYTES
from index.load.page_types import PAGE_TYPES, media_type
from index.load.public_addresses import is_public
from index.load.web_page import fetch_page, load_page
from scripts.make_sample_pdf import document
from tests.doubles.loopback import on_loopback
from tests.doubles.office_files import open_document, paragraph, word_document, workbook, zipped

LOCAL = frozenset({"localhost"})

Answer = tuple[int, dict[str, str], bytes]

OPEN = "application/vnd.oasis.opendocument"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD = word_document(paragraph("The hall is open."))
SHEET = workbook("<sheetData><row><c><v>7</v></c></row></sheetData>")
TEXT = open_document("text", "<t:p>The hall is open.</t:p>")


@dataclass
class Site:
    """A server on this machine that records what it is asked."""

    port: int = 0
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def page(self, path: str, body: bytes, mime: str = "text/html", **headers: str) -> str:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (200, {"Content-Type": mime, **names} if mime else names, body)
        return self.url(path)

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        self.pages[path] = (status, {"Location": target}, b"")
        return self.url(path)


CHAPTER = b"<chapter><title>Sea</title><para>Wet.</para></chapter>"
TOPIC = b"<topic><title>Sea</title><body><p>Wet.</p></body></topic>"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.hosts.append(self.headers["Host"])
            status, headers, body = site.pages[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with on_loopback(Handler) as site.port:
        yield site


@contextmanager
def raw_server(*pieces: bytes, pause: float = 0.0) -> Iterator[int]:
    """Serve one connection these bytes, slowly; afterwards keep it open until the end."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.recv(65536)
                for piece in pieces:
                    connection.sendall(piece)
                    done.wait(pause)
            except OSError:
                return
            if pause:
                done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def reason(url: str, allowed: frozenset[str] = LOCAL, **limits: float) -> str:
    with pytest.raises(LoadError) as caught:
        fetch_page(url, allowed_hosts=allowed, **limits)  # type: ignore[arg-type]
    assert caught.value.source == url
    return caught.value.reason


PRIVATE = (
    "The host {!r} is on a private network or on this machine; "
    "pages are fetched from the public internet only."
)


def test_a_page_is_loaded_with_the_address_it_came_from(site: Site) -> None:
    body = (
        b'<link rel="canonical" href="https://bank.example/login">'
        b"<title>News</title><main><h1>News</h1><p>Something happened.</p></main>"
    )
    stamp = "Wed, 26 Mar 2025 08:00:00 GMT"
    url = site.page("/news?day=1", body, "text/html; charset=utf-8", Last_Modified=stamp)
    loaded = load_page(url + "#top", allowed_hosts=LOCAL)
    assert loaded.text == "# News\n\nSomething happened."
    assert loaded.title == "News"
    assert loaded.url == url
    assert loaded.modified == datetime(2025, 3, 26, 8, tzinfo=UTC)
    assert site.asked == ["/news?day=1"]
    assert site.hosts == [f"localhost:{site.port}"]


@pytest.mark.parametrize(
    ("path", "mime", "body", "kind"),
    [
        pytest.param("/a.md", "text/plain", b"# A", "text/markdown", id="raw Markdown"),
        pytest.param("/a", "text/markdown", b"# A", "text/markdown", id="Markdown"),
        pytest.param("/a.txt", "", b"A", "text/plain", id="no type, known ending"),
        pytest.param("/a.pdf", "application/octet-stream", document(), "application/pdf", id="PDF"),
        pytest.param("/a", "application/xhtml+xml", b"<p>A", "text/html", id="XHTML"),
        pytest.param("/a.docx", "application/zip", WORD, DOCX, id="Word, packed"),
        pytest.param("/get?id=3", "application/octet-stream", SHEET, XLSX, id="Excel, no ending"),
        pytest.param("/a", DOCX, WORD, DOCX, id="Word"),
        pytest.param("/a.odt", "", TEXT, f"{OPEN}.text", id="OpenDocument, no type"),
        pytest.param("/a", "application/msword", b"{\\rtf1 Hall}", "application/rtf", id="RTF"),
        pytest.param("/a.csv", "text/plain", b"a,b\n1,2\n3,4\n", "text/csv", id="raw CSV"),
        pytest.param("/a", "text/csv", b"a,b\n1,2\n3,4\n", "text/csv", id="CSV"),
        pytest.param("/a", "application/json", b'{"a": 1}', "application/json", id="JSON"),
        pytest.param("/a.xml", "text/xml", CHAPTER, "application/docbook+xml", id="DocBook"),
        pytest.param("/a.dbk", "", CHAPTER, "application/docbook+xml", id="DocBook, no type"),
        pytest.param("/a", "application/xml", TOPIC, "application/dita+xml", id="DITA"),
    ],
)
def test_the_format_is_told_by_type_and_ending(
    site: Site, path: str, mime: str, body: bytes, kind: str
) -> None:
    loaded = load_page(site.page(path, body, mime), allowed_hosts=LOCAL)
    assert loaded.mime == kind


def test_the_encoding_that_the_server_states_is_used(site: Site) -> None:
    url = site.page("/", "Größe".encode("latin-1"), 'text/plain; charset="ISO-8859-1"')
    assert load_page(url, allowed_hosts=LOCAL).text == "Größe"


def test_unusual_characters_in_an_address_are_encoded(site: Site) -> None:
    site.page("/caf%C3%A9?q=%C3%BC%20b&x=1%2F2", b"<p>ok")
    assert fetch_page(site.url("/café?q=ü b&x=1%2F2"), allowed_hosts=LOCAL).body == b"<p>ok"


def test_redirects_are_followed_relative_to_the_page(site: Site) -> None:
    site.page("/new/place", b"<p>here")
    site.redirect("/new/", "place#part", 301)
    page = fetch_page(site.redirect("/old", "/new/", 307), allowed_hosts=LOCAL)
    assert (page.body, page.final_url) == (b"<p>here", site.url("/new/place"))
    assert site.asked == ["/old", "/new/", "/new/place"]


def test_five_redirects_are_enough(site: Site) -> None:
    for number in range(6):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page("/6", b"<p>end")
    assert fetch_page(site.url("/1"), allowed_hosts=LOCAL).body == b"<p>end"
    assert reason(site.url("/0")) == "It redirects more than 5 times."


@pytest.mark.parametrize(
    ("target", "host"),
    [
        pytest.param("http://127.0.0.1/", "127.0.0.1", id="loopback"),
        pytest.param("http://169.254.169.254/latest/meta-data/", "169.254.169.254", id="cloud"),
        pytest.param("//10.0.0.1/", "10.0.0.1", id="private, same scheme"),
        pytest.param("http://[::1]/", "::1", id="IPv6"),
        pytest.param("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", id="mapped"),
        pytest.param("http://2130706433/", "2130706433", id="one number"),
    ],
)
def test_a_redirect_to_a_private_address_is_refused(site: Site, target: str, host: str) -> None:
    assert reason(site.redirect("/", target)) == PRIVATE.format(host)


def test_a_redirect_to_the_same_machine_by_another_name_is_refused(site: Site) -> None:
    assert "Port" in reason(site.redirect("/", site.url("/secret", "127.0.0.1")))
    assert site.asked == ["/"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.1", "0", "0x7f000001"])
def test_names_and_spellings_of_this_machine_are_refused(host: str) -> None:
    assert reason(f"http://{host}/", frozenset()) == PRIVATE.format(host.lower().rstrip("."))


def test_a_public_name_that_resolves_to_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(host: str, port: int, **_: object) -> list[object]:
        # What a name server under somebody else's control may say.
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert reason("https://docs.example.org/") == PRIVATE.format("docs.example.org")


def test_the_name_is_resolved_once_and_that_address_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answer(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        place = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    site.page("/", b"<p>ok")
    url = site.url("/", "docs.example.org")
    page = fetch_page(url, allowed_hosts={"docs.example.org"})
    assert (page.body, asked) == (b"<p>ok", ["docs.example.org"])
    assert site.hosts == [f"docs.example.org:{site.port}"]


def test_the_next_address_is_tried_when_one_does_not_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(host: str, port: int, **_: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))
            for place in ("127.0.0.9", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert fetch_page(site.page("/", b"<p>ok"), allowed_hosts=LOCAL).body == b"<p>ok"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::1", True),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("127.0.0.1", False),
        ("168.63.129.16", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("example.org", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@given(st.ip_addresses(v=4))
def test_no_wrapping_makes_a_private_address_public(address: object) -> None:
    plain = str(address)
    wrapped = [f"::ffff:{plain}", f"64:ff9b::{plain}"]
    assert is_public(plain) or not any(is_public(each) for each in wrapped)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "ftp://example.org/a",
            "Only addresses that begin with http:// or https:// are fetched.",
            id="scheme",
        ),
        pytest.param(
            "file:///etc/passwd",
            "Only addresses that begin with http:// or https:// are fetched.",
            id="file",
        ),
        pytest.param("http:///path", "The address names no host.", id="no host"),
        pytest.param(
            "https://me:secret@example.org/",
            "The address holds a user name or password; leave them out.",
            id="password",
        ),
        pytest.param("http://[::1/", "It is not a web address.", id="bracket"),
        pytest.param("http://example.org:99999/", "It is not a web address.", id="port number"),
        pytest.param(
            "http://example.org:22/",
            "Port 22 is not one of web pages (80, 443, 8080, 8443).",
            id="port",
        ),
        pytest.param(
            "http://nowhere.invalid/",
            "There is no host 'nowhere.invalid'; check the address.",
            id="unknown host",
        ),
        pytest.param(
            f"http://{'ü' * 70}.example/",
            f"There is no host '{'ü' * 70}.example'; check the address.",
            id="impossible host",
        ),
    ],
)
def test_an_address_that_is_not_fetched_has_a_reason(url: str, expected: str) -> None:
    assert reason(url) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (204, "No page came (HTTP 204)."),
        (304, "No page came (HTTP 304)."),
        (401, "It can only be read after signing in (HTTP 401)."),
        (403, "The server refuses to give it to programs (HTTP 403)."),
        (404, "There is no such page (HTTP 404)."),
        (410, "The page is gone (HTTP 410)."),
        (429, "The server has had too many requests; try again later (HTTP 429)."),
        (503, "The server has a problem; try again later (HTTP 503)."),
    ],
)
def test_a_status_other_than_success_has_a_reason(site: Site, status: int, expected: str) -> None:
    site.pages["/"] = (status, {}, b"")
    assert reason(site.url("/")) == expected


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/gif", "of type 'image/gif'"),
        ("application/yaml; charset=utf-8", "of type 'application/yaml'"),
        ("application/octet-stream", "of type 'application/octet-stream'"),
        ("", "of no stated type"),
    ],
)
def test_a_type_that_is_not_read_is_refused(site: Site, mime: str, kind: str) -> None:
    assert reason(site.page("/x", b"{}", mime)) == (
        f"It is {kind}; only HTML, PDF, office documents, e-books, Markdown, DocBook, DITA, plain "
        "text, CSV and JSON are read."
    )


def test_a_file_to_download_is_told_by_its_name_and_by_its_bytes(site: Site) -> None:
    named = {"Content_Disposition": "attachment; filename*=UTF-8''list.csv"}
    url = site.page("/get", b"a,b\n1,2\n3,4\n", "application/octet-stream", **named)
    assert load_page(url, allowed_hosts=LOCAL).mime == "text/csv"
    packed = gzip.compress(WORD)
    url = site.page("/b.docx", packed, "application/octet-stream", Content_Encoding="gzip")
    assert load_page(url, allowed_hosts=LOCAL).mime == DOCX
    other = zipped({"a.txt": "x"})
    kind = "of type 'application/zip'"
    assert kind in reason(site.page("/c.zip", other, "application/zip"))
    not_it = "Its address ends in .docx, but what came is nothing of the kind."
    for body in (other, b"PK", b""):
        assert reason(site.page("/d.docx", body, "application/octet-stream")) == not_it
    sign_in = b"\r\n<!DOCTYPE html><html>Sign in</html>"
    for path, mime in (
        ("/e.docx", "application/octet-stream"),
        ("/f.docx", DOCX),
        ("/g", "application/pdf"),
    ):
        told = reason(site.page(path, sign_in, mime))
        assert told.endswith("but what came is a web page, perhaps one to sign in at.")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
    assert media_type("", "x", PAGE_TYPES, held.getvalue()) == "application/epub+zip"
    with_sheet = zipped({"word/embeddings/a.xlsx": SHEET, "word/document.xml": "<a/>"})
    assert media_type("application/zip", "x", PAGE_TYPES, with_sheet) == DOCX


def test_a_body_over_the_limit_is_refused_whether_stated_or_not(site: Site) -> None:
    site.page("/stated", b"x" * 3000, Content_Length="3000")
    site.page("/silent", b"x" * 3000)
    for path in ("/stated", "/silent"):
        assert reason(site.url(path), max_bytes=2048) == "It is larger than 0.00195312 MiB."
    assert fetch_page(site.url("/silent"), allowed_hosts=LOCAL, max_bytes=3000).body == b"x" * 3000
    assert MAX_PAGE_BYTES == 16 * 2**20


def test_compressed_pages_are_read_and_bombs_are_not(site: Site) -> None:
    site.page("/small", gzip.compress(b"<p>packed"), Content_Encoding="gzip")
    site.page("/bomb", gzip.compress(b"\0" * 10_000_000), Content_Encoding="gzip")
    site.page("/other", b"x", Content_Encoding="br")
    site.page("/broken", b"x", Content_Encoding="gzip")
    assert fetch_page(site.url("/small"), allowed_hosts=LOCAL).body == b"<p>packed"
    assert reason(site.url("/bomb"), max_bytes=2**20) == "It is larger than 1 MiB."
    assert reason(site.url("/other")) == "The server compresses it by 'br', which is not read."
    assert reason(site.url("/broken")) == "It is damaged: its compression cannot be undone."


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([], id="silent"),
        pytest.param([b"HTTP/1.1 200 OK\r\n"] + [b"X: y\r\n"] * 80, id="slow headers"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"] + [b"x"] * 200, id="slow body"
        ),
    ],
)
def test_a_slow_server_is_left_when_the_time_is_up(pieces: list[bytes]) -> None:
    with raw_server(*pieces, pause=0.05) as port:
        started = time.monotonic()
        assert reason(f"http://localhost:{port}/", timeout=0.4) == (
            "The server took longer than 0.4 seconds."
        )
        # Not a measurement: without a limit for everything together it would take ten.
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\nx", id="cut"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", id="endless header"),
    ],
)
def test_an_answer_that_is_not_http_has_a_reason(piece: bytes) -> None:
    with raw_server(piece) as port:
        assert reason(f"http://localhost:{port}/") in (
            "The server's answer broke off or is no web page.",
            "The connection failed: Connection reset by peer.",
        )


def test_a_closed_port_has_a_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert reason(f"http://localhost:{port}/") == "The server does not accept connections."


def test_proxies_of_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    assert fetch_page(site.page("/", b"<p>ok"), allowed_hosts=LOCAL).body == b"<p>ok"


def test_a_page_without_text_is_called_by_the_address_that_was_given(site: Site) -> None:
    site.page("/empty", b"<html></html>")
    url = site.redirect("/", "/empty")
    with pytest.raises(LoadError) as caught:
        load_page(url, allowed_hosts=LOCAL)
    assert str(caught.value) == f"{url}: The page holds no text."


def test_a_server_that_does_not_speak_tls_has_a_reason(site: Site) -> None:
    url = site.url("/").replace("http:", "https:")
    assert reason(url) == "No secure connection could be made to the server."


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        ["openssl", *made, *names, "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    return path


@contextmanager
def tls_server(certificate: Path, names: list[str | None]) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_suffix(".crt"), certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>safe")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_certificate_is_checked_against_the_name(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str | None] = []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    with tls_server(certificate, names) as port:
        page = fetch_page(f"https://localhost:{port}/", allowed_hosts=LOCAL)
    assert (page.body, names) == (b"<p>safe", ["localhost"])
    with tls_server(certificate, names) as port:
        found = reason(f"https://127.0.0.1:{port}/", frozenset({"127.0.0.1"}))
    assert found.startswith("The server's certificate is not valid (")


def test_an_unknown_certificate_is_refused(certificate: Path) -> None:
    with tls_server(certificate, []) as port:
        assert "certificate is not valid" in reason(f"https://localhost:{port}/")
