"""What the head of a mail says: words in any encoding, senders, dates."""

from __future__ import annotations

from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from index.load.titles import clean_title
from index.text.layout import folded

_LONGEST = 5_000
"""Characters of a header that are looked at: a list of many receivers has no end."""

_SHOWN = 300
"""Characters of a header that are shown."""


def header_text(message: Message, name: str, *, most: int = _SHOWN) -> str:
    """Return a header as a person reads it, on one line; "" where there is none."""
    # Of bytes without an encoding, only the raw header keeps what they are.
    raw = next((held for own, held in message.raw_items() if own.lower() == name.lower()), None)
    if raw is None:
        return ""
    words = folded(decoded_words(_unescaped(str(raw)[:_LONGEST])))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def decoded_words(raw: str) -> str:
    """Decode the encoded words of a header; what cannot be decoded stays as it is."""
    if "=?" not in raw:
        return raw
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return raw


def _unescaped(raw: str) -> str:
    """Return a header whose bytes stand there without an encoding, as UTF-8 or else Latin-1."""
    if not any("\udc80" <= character <= "\udcff" for character in raw):
        return raw
    data = raw.encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def sender_name(stated: str) -> str:
    """Return the name of a sender, or the address where there is none."""
    name, address = parseaddr(stated)
    return folded(name or address or stated)


def sent_at(message: Message) -> datetime | None:
    """Return when a mail says it was sent, in the zone of its sender."""
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))[:200])
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def origin_of(sender: str, sent: datetime | None) -> str:
    """Return sender and day, as in `Ada Lovelace, 2026-11-26`."""
    day = f"{sent:%Y-%m-%d}" if sent else ""
    return ", ".join(filter(None, (sender_name(sender), day)))


def section_title(subject: str, origin: str) -> str:
    """Return the heading of one message of several."""
    named = clean_title(subject) or "No subject"
    return f"{named} ({origin})" if origin else named


def shown_moment(moment: datetime) -> str:
    """Return a moment as the head of a mail shows it."""
    return moment.strftime("%Y-%m-%d %H:%M %z").strip()
