"""An HTTP server on loopback that writes down all it gets, and replies as a language model."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class RecordingServer:
    """A running server."""

    url: str = ""
    received: list[str] = field(default_factory=list)
    """Request line, headers and body of each request, as one text."""

    @property
    def everything(self) -> str:
        """All that ever came, as one text."""
        return "\n".join(self.received)


@contextmanager
def recording_server() -> Iterator[RecordingServer]:
    """Run a server on a free port."""
    found = RecordingServer()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.received.append(
                f"{self.requestline}\n{self.headers}\n{body.decode('utf-8', 'replace')}"
            )
            streams = '"stream":true' in body.decode("utf-8", "replace").replace(" ", "")
            reply = _streamed() if streams else json.dumps(_completion()).encode()
            self.send_response(200 if self.command == "POST" else 404)
            self.send_header("Content-Type", "text/event-stream" if streams else "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST = do_CONNECT = do_PUT = _take  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _completion(part: str = "message", kind: str = "chat.completion") -> dict[str, object]:
    message = {"role": "assistant", "content": "The sources do not say."}
    return {
        "id": "1", "object": kind, "created": 0, "model": "played",
        "choices": [{"index": 0, "finish_reason": "stop", part: message}],
    }  # fmt: skip


def _streamed() -> bytes:
    event = json.dumps(_completion("delta", "chat.completion.chunk"))
    return f"data: {event}\n\ndata: [DONE]\n\n".encode()
