"""Messages that Outlook saves."""

from __future__ import annotations

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument
from tests.doubles.outlook_file import outlook_message

SUBJECT, BODY, SENDER, ADDRESS, HEADERS, PAGE = 0x0037, 0x1000, 0x0C1A, 0x0C1F, 0x007D, 0x1013
KNOWN = {SUBJECT: "Pool hours", SENDER: "Ada Lovelace", ADDRESS: "ada@example.org"}


def loaded(data: bytes) -> LoadedDocument:
    return load_bytes(data, name="a_message.msg")


def test_a_message_is_read_as_a_mail_is() -> None:
    document = loaded(
        outlook_message(
            KNOWN | {BODY: "Nine to five.\r\n# no heading\r\n"},
            receivers=("Bob", "Carl"),
            attached=("plan.pdf",),
        )
    )
    assert document.title == "Pool hours"
    assert document.text == (
        '# Pool hours\n\n- From: "Ada Lovelace" <ada@example.org>\n- To: Bob, Carl\n'
        "- Attachments: plan.pdf\n\nNine to five.\n\\# no heading"
    )
    assert document.places[0].label == "message of Ada Lovelace"
    assert "not read: plan.pdf" in document.warnings[0]


def test_html_is_read_where_nothing_else_is_there() -> None:
    page = b"<html><head><title>x</title></head><body><h1>Hours</h1><p hidden>Buy</p>Nine</body>"
    head = "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\n"
    document = loaded(outlook_message({SUBJECT: "A", HEADERS: head}, blobs={PAGE: page}))
    assert document.text == "# A\n\n- From: Jürgen <j@example.org>\n\n## Hours\n\nNine"
    assert "Buy" in document.warnings[0]


def test_a_message_that_breaks_off_is_refused() -> None:
    whole = outlook_message(KNOWN | {BODY: "x" * 3000})
    with pytest.raises(LoadError, match="damaged Outlook message"):
        loaded(whole[:1500])
