"""Messages that Outlook saves (.msg), read as mails are."""

from __future__ import annotations

from typing import Any

from index.errors import LoadError
from index.load.composed_text import as_plain_text, lowered
from index.load.decode import canonical
from index.load.html import whole_page
from index.load.mail import Mail, mail_document
from index.load.mail_body import Body
from index.load.mail_headers import decoded_words
from index.schema import LoadedDocument
from index.text.layout import folded

MIME = "application/vnd.ms-outlook"

_OLD = b"\xd0\xcf\x11\xe0"
_MOST_RECEIVERS = 20


def load_msg(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read one message; its subject is the title. `charset` has no meaning here."""
    if not data:
        raise LoadError(name, "The file is empty.")
    from oxmsg import Message

    if not data.startswith(_OLD):
        raise LoadError(name, "It is no Outlook message, in spite of its name; save it again.")
    try:
        message = Message.load(data)
        mail = _mail_of(message, name)
    except (OSError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise LoadError(name, "It is a damaged Outlook message; save it again.") from error
    return mail_document(mail, name, MIME)


def _mail_of(message: Any, name: str) -> Mail:
    receivers = [
        receiver.name or receiver.email_address for receiver in message.recipients[:_MOST_RECEIVERS]
    ]
    return Mail(
        subject=folded(message.subject),
        sender=folded(decoded_words(message.sender or "")),
        receivers=", ".join(map(folded, filter(None, receivers))),
        sent=message.sent_date,
        body=_body(message, name),
    )


def _body(message: Any, name: str) -> Body:
    """Return the plain text of a message, or else its HTML."""
    attached = [folded(each.file_name or "a message") for each in message.attachments]
    plain = canonical(message.body or "")
    if plain.strip():
        return Body(as_plain_text(plain).strip("\n"), attached)
    page = canonical(message.html_body or "")
    if not page.strip():
        return Body("", attached)
    text, hidden = whole_page(page, name)
    return Body(lowered(text, 1), attached, hidden)
