"""What a browser shows of saved pages: their text as it stands there, and their headings.

Pages are opened in Chromium without their scripts and without a network, with their own style
sheets where those lie beside them. Talked to is the DevTools protocol on a local port.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_NEVER = "button, select, input, textarea, script, style, noscript, template, svg, iframe, object"
"""What is no text to quote: controls, and drawings."""

_SHOWN = """
((rules, never) => {
  const all = (root, selector) => selector ? [...root.querySelectorAll(selector)] : [];
  const rule = rules.find(each => document.querySelector(each.sign));
  if (!rule) return null;
  let parts = all(document, rule.main);
  parts = parts.filter(part => !parts.some(other => other !== part && other.contains(part)));
  if (!parts.length) return {family: rule.family, headings: [], text: null};
  all(document, 'details').forEach(each => each.open = true);
  const tiny = element => {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return style.position === 'absolute' && style.overflow !== 'visible'
      && box.width <= 1 && box.height <= 1;
  };
  const gone = parts.flatMap(part => [...all(part, rule.out), ...all(part, never),
    ...all(part, '*').filter(each => tiny(each) || (each.localName !== 'br' &&
      !each.checkVisibility({opacityProperty: true, visibilityProperty: true}) &&
      getComputedStyle(each).display !== 'contents'))]);
  gone.forEach(each => each.style.setProperty('display', 'none', 'important'));
  const headings = parts.flatMap(part => all(part, 'h1,h2,h3,h4,h5,h6'))
    .filter(each => each.checkVisibility()).map(each => each.innerText.trim());
  return {family: rule.family, headings: headings, text: parts.map(p => p.innerText).join('\\n')};
})
"""


@dataclass(frozen=True)
class MainPart:
    """Where pages of one kind hold their main part."""

    family: str
    """The generator, or another name for the kind."""
    sign: str
    """A selector of something that only such pages have."""
    main: str
    """A selector of the main part."""
    out: str = ""
    """A selector of what stands in the main part and is for finding one's way."""


@dataclass(frozen=True)
class ShownPage:
    """What a browser shows in the main part of a page."""

    family: str
    headings: tuple[str, ...]
    text: str | None
    """None where the page holds no such part."""


class Browser:
    """One tab of a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._calls = 0
        self._call("Page.enable")
        self._call("Emulation.setScriptExecutionDisabled", {"value": True})

    def shown(self, path: Path, rules: Sequence[MainPart]) -> ShownPage | None:
        """Return what is shown of a saved page; None where no rule is for it."""
        self._call("Page.navigate", {"url": path.resolve().as_uri()}, event="Page.loadEventFired")
        told = json.dumps([vars(rule) for rule in rules]), json.dumps(_NEVER)
        answer = self._call(
            "Runtime.evaluate",
            {"expression": f"{_SHOWN}({', '.join(told)})", "returnByValue": True},
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        value = answer["result"].get("value")
        if value is None:
            return None
        return ShownPage(value["family"], tuple(value["headings"]), value["text"])

    def _call(
        self, method: str, given: Mapping[str, object] | None = None, *, event: str = ""
    ) -> dict[str, Any]:
        """Call a method, and wait for an event that comes of it."""
        self._calls += 1
        call = {"id": self._calls, "method": method, "params": given or {}}
        self._connection.send(json.dumps(call))
        answer: dict[str, Any] | None = None
        seen = not event
        while answer is None or not seen:
            told = json.loads(self._connection.recv(timeout=60))
            seen = seen or told.get("method") == event
            if told.get("id") == self._calls:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']['message']}")
                answer = told["result"]
        return answer


@contextmanager
def open_browser(program: str) -> Iterator[Browser]:
    """Run a browser without a window for as long as the block runs."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
            f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1400,1000", "about:blank",
        ]  # fmt: skip
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            with connect(_tab(process), max_size=None) as connection:
                yield Browser(connection)
        finally:
            process.terminate()
            process.wait()


def _tab(process: subprocess.Popen[str]) -> str:
    """Return the address of the browser's first tab, which it tells when it is ready."""
    from http.client import HTTPConnection

    for line in process.stderr or ():
        if "listening on ws://" in line:
            host = line.split("ws://")[1].split("/")[0]
            connection = HTTPConnection(host, timeout=30)
            connection.request("GET", "/json/list")
            tabs = json.loads(connection.getresponse().read())
            return str(next(tab for tab in tabs if tab["type"] == "page")["webSocketDebuggerUrl"])
    raise RuntimeError("The browser did not start.")
