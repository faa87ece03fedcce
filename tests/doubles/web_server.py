"""A web server on this machine: pages with versions, redirects and refusals, and what was asked."""

from __future__ import annotations

import hashlib
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.doubles.loopback import on_loopback


@dataclass
class Answer:
    """What is served at one address."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    made: Callable[[str], bytes] | None = None
    """Makes the body of an address with everything behind it, instead."""


@dataclass
class WebServer:
    """What is served, by path; what no page is called has the status 404."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    conditional: list[str] = field(default_factory=list)
    """Paths asked for a newer version."""
    together: int = 0
    """Most requests that were under way at once."""
    agents: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    pause: float = 0.0
    """Seconds before each answer."""

    def url(self, path: str = "/") -> str:
        return f"http://localhost:{self.port}{path}"

    def page(self, path: str, text: str, *links: str, title: str | None = None, **meta: str) -> str:
        """Serve a page of one paragraph with links, under a version."""
        name = title or path.strip("/") or "Start"
        anchors = "".join(f'<a href="{link}">{link}</a> ' for link in links)
        head = "".join(f"<{value}>" for value in meta.values())
        body = f"<main><p>{text}</p></main><nav>{anchors}</nav>"
        page = f"<html><head><title>{name}</title>{head}</head><body>{body}</body></html>"
        return self.serve(path, page.encode())

    def serve(self, path: str, body: bytes, mime: str = "text/html", **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        self.answers[path] = Answer(body, 200, {"Content-Type": mime, "ETag": etag, **named})
        return self.url(path)

    def redirect(self, path: str, target: str, status: int = 301) -> str:
        self.answers[path] = Answer(status=status, headers={"Location": target})
        return self.url(path)

    def refuse(self, path: str, status: int, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = Answer(status=status, headers=named)
        return self.url(path)

    def answer(self, path: str) -> Answer:
        """Return what is served at a path: by itself, or by the longest beginning that makes it."""
        if path in self.answers and self.answers[path].made is None:
            return self.answers[path]
        makers = [p for p, answer in self.answers.items() if answer.made and path.startswith(p)]
        if not makers:
            return Answer(status=404)
        made = self.answers[max(makers, key=len)].made
        assert made is not None
        return Answer(made(path), headers={"Content-Type": "text/html"})


@contextmanager
def web_server() -> Iterator[WebServer]:
    """Serve until the end of the block."""
    served, lock, now = WebServer(), threading.Lock(), [0]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                now[0] += 1
                served.together = max(served.together, now[0])
                served.asked.append(self.path)
                served.times.append(time.monotonic())
                served.agents.add(self.headers["User-Agent"])
            time.sleep(served.pause)
            with lock:  # who has an answer may ask again at once
                now[0] -= 1
            self._answer(served.answer(self.path))

        def _answer(self, answer: Answer) -> None:
            known = self.headers.get("If-None-Match")
            if known:
                served.conditional.append(self.path)
            if known and known == answer.headers.get("ETag"):
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                return  # who asked has had enough

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with on_loopback(Handler) as served.port:
        yield served
