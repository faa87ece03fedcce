"""What people wrote into a PDF is read: fields with their labels, ticks, and comments."""

from __future__ import annotations

import io
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from index.load.loaders import load_bytes
from tests.doubles.made_pdfs import drawn, page


def filled_form() -> bytes:
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, invariant=1)
    form: Any = canvas.acroForm
    canvas.drawString(72, 750, "Application for leave")
    for height, label, name, value in (
        (700, "Name:", "applicant", "Ada Lovelace"),
        (670, "Reason", "reason", "Holiday in Turin"),
    ):
        canvas.drawString(72, height, label)
        form.textfield(name=name, x=150, y=height - 5, width=200, height=18, value=value)
    for height, label, name, checked in (
        (640, "I have told my team", "told", True),
        (610, "I take my laptop along", "laptop", False),
    ):
        canvas.drawString(100, height, label)
        form.checkbox(name=name, x=72, y=height - 4, size=16, checked=checked)
    canvas.drawString(72, 580, "Kind")
    form.choice(
        name="kind", x=150, y=575, width=120, height=18, value="Paid", options=["Paid", "Unpaid"]
    )
    canvas.drawString(72, 550, "Days:")
    for left, value, selected in ((150, "one", False), (220, "two", True)):
        form.radio(name="days", value=value, x=left, y=546, size=14, selected=selected)
        canvas.drawString(left + 20, 550, value)
    form.textfield(
        name="remark",
        tooltip="Remark of the office",
        x=72,
        y=450,
        width=300,
        height=50,
        value="Granted.\nEnjoy it.",
        fieldFlags="multiline",
    )
    form.textfield(name="empty", x=72, y=400, width=300, height=20, value="")
    form.textfield(
        name="code", x=72, y=370, width=300, height=20, value="sesame", fieldFlags="password"
    )
    canvas.textAnnotation("The signature of Charles is missing.", Rect=[400, 690, 420, 710])
    canvas.save()
    return held.getvalue()


def test_a_form_is_read_with_its_labels() -> None:
    text = load_bytes(filled_form(), name="form.pdf").text
    assert text == (
        "Application for leave\n\n"
        "Name: Ada Lovelace\n"
        "Reason: Holiday in Turin\n"
        "☒ I have told my team\n"
        "☐ I take my laptop along\n"
        "Kind: Paid\n"
        "Days: ☐ one ☒ two\n\n"
        "Remark of the office: Granted. Enjoy it.\n\n"
        "Comment: The signature of Charles is missing."
    )


def annotated(*annotations: bytes) -> str:
    """Return the text of a page of two lines that has these annotations."""
    first = 7
    names = " ".join(f"{first + number} 0 R" for number in range(len(annotations)))
    made = page(
        drawn((72, 700, "Name"), (72, 500, "The end of the page.")),
        extra=f"/Annots [{names}]",
        more=annotations,
    )
    return load_bytes(made, name="a.pdf").text


def test_comments_have_their_author_and_hidden_ones_are_not_read() -> None:
    note = b"<< /Type /Annot /Subtype /%s /Rect [300 600 320 620] /T (Grace) /Contents (%s) %s >>"
    text = annotated(
        note % (b"Text", b"Check the figures.", b""),
        note % (b"Highlight", b"Well said.", b"/QuadPoints [72 710 100 710 72 700 100 700]"),
        note % (b"Text", b"Nobody sees me.", b"/F 2"),
        note % (b"Link", b"Not a comment.", b""),
        note % (b"Popup", b"Not a comment.", b""),
    )
    assert text == (
        "Name\nThe end of the page.\n\n"
        "Comment by Grace: Check the figures.\n\nComment by Grace: Well said."
    )


def test_what_was_typed_onto_a_flat_form_stands_behind_its_label() -> None:
    typed = b"<< /Type /Annot /Subtype /FreeText /Rect [%s] /Contents (%s) /DA (/F1 11 Tf) >>"
    text = annotated(
        typed % (b"110 695 250 715", b"Ada Lovelace"), typed % (b"400 600 560 620", b"Seen.")
    )
    assert text == "Name: Ada Lovelace\n\nSeen.\n\nThe end of the page."
