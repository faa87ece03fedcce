"""The words of a mail: the plain part, or else the HTML part; what is attached is named only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from index.errors import LoadError
from index.load.composed_text import as_plain_text, lowered
from index.load.decode import decode
from index.load.html import whole_page
from index.load.mail_headers import header_text, origin_of, section_title, sent_at
from index.text.layout import folded

_QUOTED = re.compile(r"(?P<marks>(?:> ?)*)(?P<words>.*)")
_MOST_PARTS = 1_000
_LONGEST_HEADER = 2_000


@dataclass
class Body:
    """What a mail says below its head."""

    text: str = ""
    """Markdown."""
    attached: list[str] = field(default_factory=list)
    """Names of what is attached."""
    warnings: tuple[str, ...] = ()


def body_of(message: Message, name: str) -> Body:
    """Return what a mail says; parts that cannot be read are left out."""
    body = Body()
    texts = []
    for part in _shown_parts(message, body):
        text, warnings = _words(part, name)
        texts.append(text)
        body.warnings += warnings
    body.text = "\n\n".join(filter(None, (text.strip("\n") for text in texts)))
    return body


def _shown_parts(message: Message, body: Body) -> Iterator[Message]:
    """Yield the parts that a reader sees below one another, and note what is attached."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        _shorten(part)
        kind = part.get_content_type()
        if kind == "multipart/alternative":
            waiting += _best(_parts(part))
        elif part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting += reversed(_parts(part))
        elif kind == "message/rfc822" and (inside := _parts(part)):
            # A message that was forwarded, or is one of a digest.
            yield part
            waiting.append(inside[0])
        elif _is_attached(part):
            body.attached.append(_name_of(part))
        elif kind in ("text/plain", "text/html"):
            yield part


def _shorten(part: Message) -> None:
    """Cut headers that nobody wrote: their parameters take time by the square of their number."""
    for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        stated = part.get(name)
        if stated is not None and len(str(stated)) > _LONGEST_HEADER:
            part.replace_header(name, str(stated)[:_LONGEST_HEADER])


def _parts(part: Message) -> list[Message]:
    inside = part.get_payload()
    return (
        [each for each in inside if isinstance(each, Message)] if isinstance(inside, list) else []
    )


def _best(parts: list[Message]) -> list[Message]:
    """Return the one of several forms that is read: plain words, if there are any."""
    for part in parts:
        if part.get_content_type() == "text/plain" and _payload(part).strip():
            return [part]
    return parts[-1:]


def _is_attached(part: Message) -> bool:
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment":
        return True
    is_text = kind in ("text/plain", "text/html")
    return not is_text and (
        part.get_filename() is not None or part.get_content_maintype() != "text"
    )


def _name_of(part: Message) -> str:
    try:
        name = part.get_filename()
    except (LookupError, ValueError, TypeError):
        name = None
    return folded(name)[:100] if name else part.get_content_type()


def _payload(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return found if isinstance(found, bytes) else b""


def _words(part: Message, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the text of one part as Markdown, and warnings; of a message inside, its heading."""
    if part.get_content_type() == "message/rfc822":
        return _heading(_parts(part)[0]), ()
    try:
        decoded = decode(_payload(part), name=name, declared=part.get_content_charset())
        if part.get_content_type() == "text/html":
            text, hidden = whole_page(decoded.text, name)
            return lowered(text, 1), hidden
    except (LoadError, LookupError):
        return "", ()
    text = decoded.text
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _unflowed(text, joined="" if part.get_param("delsp") == "yes" else " ")
    return as_plain_text(text), ()


def _heading(message: Message) -> str:
    origin = origin_of(header_text(message, "From"), sent_at(message))
    return f"## {section_title(header_text(message, 'Subject'), origin)}"


def _unflowed(text: str, *, joined: str) -> str:
    """Join the lines of a paragraph that were cut to be sent: they end in a space."""
    lines: list[tuple[str, str]] = []
    open_line = False
    for line in text.split("\n"):
        found = _QUOTED.fullmatch(line)
        marks, words = ("", line) if found is None else (found["marks"].strip(), found["words"])
        flows = words.endswith(" ") and words != "-- "
        words = words.removeprefix(" ") if not marks else words
        if open_line and lines[-1][0] == marks:
            lines[-1] = (marks, lines[-1][1] + joined + words.rstrip(" "))
        else:
            lines.append((marks, words.rstrip(" ") if flows else words))
        open_line = flows
    return "\n".join(f"{marks} {words}" if marks else words for marks, words in lines)
