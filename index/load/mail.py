"""Mails (.eml) and mailboxes (.mbox): who wrote what, when, message by message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from index.errors import LoadError
from index.load.composed_text import ComposedText
from index.load.dates import in_utc
from index.load.mail_body import Body, body_of
from index.load.mail_headers import header_text, origin_of, section_title, sent_at, shown_moment
from index.load.quoted_replies import QuotedReplies
from index.load.titles import clean_title, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings
from index.text.layout import folded

_FROM_LINE = re.compile(rb"(?m)(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\n]*\n")
_ESCAPED_FROM = re.compile(rb"(?m)^>(?=>*From )")
_NAMED = 10
"""Attachments that a warning names."""


class Mail(NamedTuple):
    """One message."""

    subject: str
    sender: str
    """As its head has it."""
    receivers: str
    sent: datetime | None
    body: Body

    @property
    def head(self) -> str:
        """Who wrote it to whom, when, and what is attached: a list."""
        lines = (
            ("From", self.sender),
            ("To", self.receivers),
            ("Date", shown_moment(self.sent) if self.sent else ""),
            ("Attachments", ", ".join(self.body.attached[:_NAMED])),
        )
        return "\n".join(f"- {name}: {words}" for name, words in lines if words)

    @property
    def origin(self) -> str:
        """Sender and day."""
        return origin_of(self.sender, self.sent)


def load_eml(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read one mail; its subject is the title. `charset` has no meaning here."""
    if not data.strip():
        raise LoadError(name, "The file is empty.")
    try:
        message = message_from_bytes(data)
    except RecursionError as error:
        raise LoadError(name, "Its parts are nested too deeply.") from error
    if not message.keys():
        raise LoadError(name, "It is no mail, in spite of its name: it has no head.")
    return mail_document(mail_of(message, name), name, "message/rfc822")


def mail_document(mail: Mail, name: str, mime: str) -> LoadedDocument:
    """Return the document of a single mail."""
    text = ComposedText()
    if origin := mail.origin:
        text.place(f"message of {origin}")
    text.heading(1, mail.subject or title_from_name(name))
    text.add(mail.head)
    text.add(mail.body.text)
    return LoadedDocument(
        text=text.text,
        title=clean_title(mail.subject) or title_from_name(name),
        mime=mime,
        places=tuple(text.places),
        modified=in_utc(mail.sent),
        warnings=mail.body.warnings
        + attachments_warning(mail.body.attached)
        + invisible_warnings(text.text),
    )


def load_mbox(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read all messages of a mailbox; `charset` has no meaning here."""
    text, attached, unread = ComposedText(), [], 0
    warnings: tuple[str, ...] = ()
    newest: datetime | None = None
    replies = QuotedReplies()
    for number, raw in enumerate(_messages(data), start=1):
        try:
            mail = mail_of(message_from_bytes(raw), name)
        except (LoadError, RecursionError, ValueError, LookupError):
            unread += 1
            continue
        text.place("message", number, fragment="message=")
        text.heading(1, section_title(mail.subject, mail.origin))
        text.add(mail.head)
        text.add(replies.without_known(mail.body.text))
        attached += mail.body.attached
        warnings = warnings or mail.body.warnings
        sent = in_utc(mail.sent)
        newest = max(filter(None, (newest, sent)), default=None)
    if not text.text:
        raise LoadError(name, "It is no mailbox, in spite of its name: it holds no message.")
    if unread:
        warnings += (f"Messages that could not be read: {unread}.",)
    return LoadedDocument(
        text=text.text,
        title=title_from_name(name),
        mime="application/mbox",
        places=tuple(text.places),
        modified=newest,
        warnings=warnings + attachments_warning(attached) + invisible_warnings(text.text),
    )


def mail_of(message: Message, name: str) -> Mail:
    """Return a message as it is read."""
    return Mail(
        subject=header_text(message, "Subject"),
        sender=header_text(message, "From"),
        receivers=header_text(message, "To"),
        sent=sent_at(message),
        body=body_of(message, name),
    )


def _messages(data: bytes) -> Iterator[bytes]:
    """Yield the messages of a mailbox, each from below its line `From …`."""
    starts = list(_FROM_LINE.finditer(data))
    for number, found in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(data)
        raw = data[found.end() : end]
        if raw.strip():
            yield _ESCAPED_FROM.sub(b"", raw)


def attachments_warning(names: list[str]) -> tuple[str, ...]:
    """Say what is attached and not read."""
    if not names:
        return ()
    shown = ", ".join(folded(name) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (f"Attachments are not read: {shown}{more}; save them on their own to have them read.",)
