"""Structured data: JSON, YAML, TOML and XML, as they are written."""

from __future__ import annotations

import re
from pathlib import PurePath

from index.errors import LoadError
from index.load.decode import decode
from index.schema import LoadedDocument
from index.text.code_endings import DATA_TYPE_OF
from index.text.invisible_characters import invisible_warnings

_LOCKS = frozenset(
    {
        "package-lock.json",
        "npm-shrinkwrap.json",
        "packages.lock.json",
        "pnpm-lock.yaml",
        "conda-lock.yml",
        "pylock.toml",
    }
)
"""Lists of what is installed, which programs write for themselves."""

_TOKEN = re.compile(
    r'\s++|"(?:[^"\\\n]|\\.)*+"|[\[\]{},:]|[-+\w.]++|//[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/'
)
_OPENING = {"]": "[", "}": "{"}


def load_data(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read structured data; JSON that is not well formed is read as plain text."""
    path = PurePath(name)
    if path.name.lower() in _LOCKS:
        raise LoadError(name, "A program wrote it to remember what it installed; it is left out.")
    decoded = decode(data, name=name, declared=charset)
    mime = DATA_TYPE_OF.get(path.suffix.lower()) or _guessed_type(decoded.text)
    warnings: tuple[str, ...] = ()
    if mime == "application/json" and (line := _broken_line(decoded.text)):
        mime = "text/plain"
        warnings = (f"It is not well-formed JSON (line {line}); read as plain text.",)
    return LoadedDocument(
        text=decoded.text,
        title=path.name or name,
        mime=mime,
        warnings=decoded.warnings + warnings + invisible_warnings(decoded.text),
    )


def _guessed_type(text: str) -> str:
    """Return the type of data whose name does not tell: of an answer of a server."""
    first = text.lstrip()[:1]
    if first == "<":
        return "application/xml"
    return "application/json" if first in ("[", "{") else "application/yaml"


def _broken_line(text: str) -> int:
    """Return the first line that cannot be JSON, 0 where every bracket is closed."""
    opened: list[str] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return text.count("\n", 0, at) + 1
        sign = token[0]
        if sign in ("[", "{"):
            opened.append(sign)
        elif sign in _OPENING and (not opened or opened.pop() != _OPENING[sign]):
            return text.count("\n", 0, at) + 1
        at = token.end()
    return text.count("\n") + 1 if opened else 0
