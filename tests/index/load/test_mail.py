"""Mails and mailboxes: who wrote what, when, in whatever encoding."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Span
from index.text.place_names import told_place
from tests.doubles.loaded_sources import source_of


def mail(body: str = "Hello", **headers: str) -> EmailMessage:
    message = EmailMessage()
    known = {
        "From": "Ada Lovelace <ada@example.org>", "To": "Bob <bob@example.org>",
        "Subject": "Pool hours", "Date": "Thu, 26 Nov 2026 14:30:00 +0100",
    }  # fmt: skip
    for name, words in (known | headers).items():
        message[name] = words
    message.set_content(body)
    return message


def loaded(message: EmailMessage | bytes) -> LoadedDocument:
    data = message if isinstance(message, bytes) else bytes(message)
    return load_bytes(data, name="saved_mail.eml")


HEAD = (
    "- From: Ada Lovelace <ada@example.org>\n- To: Bob <bob@example.org>\n"
    "- Date: 2026-11-26 14:30 +0100"
)


def test_a_mail_is_its_subject_a_small_head_and_its_plain_words() -> None:
    message = mail("The pool opens at nine.\n\n# no heading\n> quoted\n--\nAda\n")
    message.add_alternative("<p>The pool opens at nine, in HTML.</p>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Plän.pdf")
    document = loaded(message)
    assert document.title == "Pool hours"
    assert document.modified == datetime(2026, 11, 26, 13, 30, tzinfo=UTC)
    assert document.text == (
        f"# Pool hours\n\n{HEAD}\n- Attachments: Plän.pdf\n\n"
        "The pool opens at nine.\n\n\\# no heading\n> quoted\n\n--\nAda"
    )
    assert document.warnings == (
        "Attachments are not read: Plän.pdf; save them on their own to have them read.",
    )
    source = source_of(document, "saved_mail.eml")
    where = Span(start=source.text.index("nine"), end=len(source.text))
    assert told_place(source, where) == "message of Ada Lovelace, 2026-11-26"


def test_html_is_read_where_nothing_else_is_there_and_hidden_text_is_not() -> None:
    message = mail()
    page = "<h1>Hours</h1><p>Nine to <b>five</b></p><div style='display:none'>Buy now</div>"
    message.set_content(f"<html><body>{page}</body></html>", subtype="html")
    document = loaded(message)
    assert document.text.endswith("\n\n## Hours\n\nNine to five")
    assert "Buy now" in document.warnings[0]


def test_words_are_decoded_whatever_they_are_encoded_in() -> None:
    raw = (
        b"Subject: =?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?8J+Rjw==?=\r\n"
        b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nDate: no date\r\n"
        b"Content-Type: text/plain; charset=windows-1252; format=flowed\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Caf=E9 costs =80 2, \r\nevery day. \r\nAnd=20\r\n-- =20\r\n> a \r\n> b\r\n"
    )
    document = loaded(raw)
    assert document.title == "Grüße👏"
    assert document.modified is None
    assert "- From: Jürgen <j@example.org>\n\nCafé costs € 2, every day. And" in document.text
    assert "> a b" in document.text


def test_bytes_without_an_encoding_are_read() -> None:
    raw = "Subject: Größe\nFrom: Jürgen\n\nSüß".encode()
    assert loaded(raw).text == "# Größe\n\n- From: Jürgen\n\nSüß"
    assert loaded("Subject: Größe\n\nSüß".encode("latin-1")).title == "Größe"


def test_a_forwarded_message_is_read_below_its_own_heading() -> None:
    outer = mail("See below.")
    outer.add_attachment(mail("The inner words.", Subject="Old news", From="Carl <c@example.org>"))
    text = loaded(outer).text
    assert "See below.\n\n## Old news (Carl, 2026-11-26)\n\nThe inner words." in text


def mailbox(*messages: EmailMessage | bytes) -> LoadedDocument:
    raw = b"\n".join(
        b"From ada@example.org Thu Nov 26 14:30:00 2026\n" + bytes(message) for message in messages
    )
    return load_bytes(raw, name="pool_list.mbox")


def test_a_mailbox_is_read_message_by_message_and_quotes_once() -> None:
    asked = mail("When does the pool open?\n\nFrom nine, I hope.\n", Subject="Question")
    reply = mail(
        "Bob wrote:\n> When does the pool open?\n>\n> From nine, I hope.\n\nAt ten.\n",
        Subject="Re: Question", From="Carl <c@example.org>", Date="Fri, 27 Nov 2026 08:00:00 GMT",
    )  # fmt: skip
    later = mail("> A line that nobody wrote here.\nYes.\n", Subject="")
    document = mailbox(bytes(asked).replace(b"\nFrom nine", b"\n>From nine"), reply, later)
    assert document.title == "pool list"
    assert document.modified == datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert document.text.startswith("# Question (Ada Lovelace, 2026-11-26)\n\n- From: Ada")
    assert "\n\nFrom nine, I hope.\n\n# Re: Question (Carl, 2026-11-27)\n\n" in document.text
    assert document.text.count("When does the pool open?") == 1
    assert "Bob wrote:\n\nAt ten.\n\n# No subject (Ada" in document.text
    assert document.text.endswith("> A line that nobody wrote here.\nYes.")
    source = source_of(document, "pool_list.mbox")
    at = source.text.index("At ten")
    assert told_place(source, Span(start=at, end=at + 6)) == "message 2"


def test_what_is_no_mail_is_refused() -> None:
    for data, name, reason in (
        (b" ", "a.eml", "empty"), (b"\n\nx", "a.eml", "no head"), (b"x", "a.mbox", "no message"),
        (b"words", "a.msg", "no Outlook message"), (b"\xd0\xcf\x11\xe0" * 200, "a.msg", "damaged"),
    ):  # fmt: skip
        with pytest.raises(LoadError, match=reason):
            load_bytes(data, name=name)


def test_a_mail_without_words_is_still_found_by_its_subject() -> None:
    assert loaded(b"Subject: Nothing to add\n\n").text == "# Nothing to add"


def test_parts_nested_without_end_and_broken_ones_do_no_harm() -> None:
    begin = b"Content-Type: multipart/mixed; boundary=a%d\n\n--a%d\n"
    deep = b"".join(begin % (number, number) for number in range(1000))
    with pytest.raises(LoadError, match="nested too deeply"):
        loaded(b"Subject: Deep\n" + deep)
    broken = (
        b"Subject: =?x?Q?a?=\nDate: Thu, 99 Foo 9999\nContent-Type: text/plain; charset=no\n\nWords"
    )
    assert loaded(broken).text == "# =?x?Q?a?=\n\nWords"
