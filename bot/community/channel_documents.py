"""Messages of one channel or thread as one document, with a place for each. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from index.load.composed_text import ComposedText, as_plain_text, as_words
from index.schema import LoadedDocument, Value
from index.text.invisible_characters import without_unseen
from index.text.message_address import message_fragment

MARKDOWN = "text/markdown"
SPOILER = "(spoiler)"

_SPOILERS = re.compile(r"(```.*?```|``.*?``|`[^`\n]*`)|\|\|.+?\|\|", re.DOTALL)


_UNIT = re.compile(r"(?:day-\d{4}-\d\d-\d\d|thread-\d{1,20})\.md")


class ChannelMessage(Value):
    """What a person said in a channel."""

    id: int = Field(description="Id of the message.")
    author: int = Field(description="Id of who wrote it; it goes into no document.")
    name: str = Field(description="What they are called.")
    at: datetime = Field(description="When it was written, in UTC.")
    edited: datetime | None = Field(default=None, description="When it was last edited, in UTC.")
    text: str = Field(description="What it says, mentions as names.")
    files: tuple[str, ...] = Field(default=(), description="Names of the files attached to it.")


def channel_document(
    title: str, address: str, messages: Sequence[ChannelMessage]
) -> LoadedDocument | None:
    """Return what people said, in order, each under a line with name and time; None if nothing."""
    text = ComposedText()
    told = [message for message in messages if _body(message)]
    for message in sorted(told, key=lambda each: each.id):
        origin = f"{_name(message)}, {told_time(message.at)}"
        text.place(f"message of {origin}", fragment=message_fragment(message.id))
        text.add(f"{as_words(origin)}:\n{_body(message)}")
    if not told:
        return None
    return LoadedDocument(
        text=text.text,
        title=title,
        mime=MARKDOWN,
        places=tuple(text.places),
        url=address,
        modified=max(message.edited or message.at for message in told),
    )


def version_of(document: LoadedDocument) -> str:
    """Return the SHA-256 that names a version: a new name of a person or thread makes one, too."""
    places = "\0".join(f"{place.fragment} {place.label}" for place in document.places)
    said = f"{document.title}\0{document.text}\0{places}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def is_unit(name: str) -> bool:
    """Say whether a source of a channel's collection is a day or thread, by its name."""
    return _UNIT.fullmatch(name) is not None


def told_time(moment: datetime) -> str:
    """Return `3 March 2026, 14:05 UTC`."""
    return f"{told_day(moment)}, {moment:%H:%M} UTC"


def told_day(moment: datetime) -> str:
    """Return `3 March 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def without_spoilers(text: str) -> str:
    """Return a text without what its author hid, as far as it is not code."""
    return _SPOILERS.sub(lambda found: found[1] or SPOILER, text)


def _name(message: ChannelMessage) -> str:
    return " ".join(without_unseen(message.name).split()) or "Somebody"


def _body(message: ChannelMessage) -> str:
    """Return what a message says, and the names of its files."""
    said = as_plain_text(without_spoilers(without_unseen(message.text)).strip())
    said = as_plain_text(said)  # once more: behind a fence that never ends stood plain text
    files = f"Attached: {as_words(', '.join(message.files))}" if message.files else ""
    return "\n\n".join(part for part in (said, files) if part.strip())
