"""Write documents/obstacles-to-un-involvement.pdf; the same bytes on every run.

The pages are set in Helvetica, one of the fonts that every PDF reader has, so that no font and no
library is needed: `python scripts/make_sample_pdf.py [PATH]`.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

TARGET = Path(__file__).parent.parent / "documents" / "obstacles-to-un-involvement.pdf"

TITLE = "Obstacles to UN involvement in Ukraine"
CREATED = "D:20250326090000Z"

LEFT, TOP = 72, 770
"""Where the text of an A4 page (595 by 842 points) begins."""

SIZES = {"#": 18, "##": 13, "": 11}
"""Size in points by the mark before a paragraph."""

COLUMNS = 84
"""Characters of a line at 11 points that surely fit between the margins."""

PAGES = (
    """\
# Obstacles to UN involvement in Ukraine

This note looks at what stands in the way of a United Nations mission in Ukraine, as seen in March
2025. It does not repeat the conditions that the organisation itself has set; it asks why they are
hard to meet. Three obstacles stand out: the veto, the dangers on the ground, and money.

## The veto in the Security Council

A mission needs a decision of the Security Council. Russia is one of the five permanent members and
could block any mandate with its veto. The other four are China, France, the United Kingdom and the
United States. A draft is adopted with nine of fifteen votes, but a single veto defeats it.

There is a way around the Council on paper. In 1950 the General Assembly claimed the right to
recommend collective measures when the Council is paralysed. The Assembly cannot oblige anybody,
however, and without the consent of both parties no country would be likely to send soldiers on such
a footing.

Even an adopted mandate can be hollow. Each word is negotiated, and a text that satisfies every
permanent member may leave the peacekeepers without the right to act when it matters.""",
    """\
## Operational risks

Peacekeepers who are sent into a war that has not really ended are in danger themselves. The
failures in Yugoslavia in the 1990s are the example most often recalled: lightly armed soldiers were
taken hostage, and in 1995 the safe area of Srebrenica fell while a UN battalion stood by.

The front line in Ukraine is more than 1,000 kilometres long. Drones, long-range artillery and mines
make it far more dangerous to watch than the lines of earlier missions. Military planners have named
figures from 10,000 to 100,000 soldiers, depending on the task.

## Funding shortfalls

The peacekeeping budget of the United Nations is already stretched. It amounts to about 5.6 billion
US dollars a year, and members pay late or not in full. The largest contributor, the United States,
is assessed at roughly a quarter of the total and has reviewed its payments.

A mission in Ukraine would be among the largest in the history of the organisation. Unless members
agreed on fresh money, other missions would have to shrink to make room for it.

## Outlook

None of these obstacles is absolute. A settlement that Moscow supports would remove the veto, a
truce that holds would lower the risks, and a settlement would make it easier to find the money. All
three hang on politics, not on the skill of the planners.""",
)


def paragraphs(page: str) -> list[tuple[int, list[str]]]:
    """Return the size and the lines of each paragraph of a page."""
    found = []
    for block in page.split("\n\n"):
        mark, _, words = block.partition(" ") if block.startswith("#") else ("", "", block)
        size = SIZES[mark]
        found.append((size, textwrap.wrap(" ".join(words.split()), COLUMNS * 11 // size)))
    return found


def content(page: str) -> bytes:
    """Return the drawing instructions of a page."""
    operators, y = ["BT"], TOP
    for size, lines in paragraphs(page):
        for line in lines:
            escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            operators.append(f"/F1 {size} Tf 1 0 0 1 {LEFT} {y} Tm ({escaped}) Tj")
            y -= size + 4
        y -= 10
    return "\n".join([*operators, "ET"]).encode("cp1252")


def document(pages: tuple[str, ...] = PAGES) -> bytes:
    """Return the whole file."""
    first = 5
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title ({TITLE}) /CreationDate ({CREATED}) /ModDate ({CREATED}) >>".encode(),
    ]
    for number, page in enumerate(pages):
        stream = content(page)
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {first + 2 * number + 1} 0 R >>".encode(),
            f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
        ]
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """Return the objects with their header, cross-reference table and trailer."""
    body, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    entries = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{entries}"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\n"
    return body + f"{table}{trailer}startxref\n{len(body)}\n%%EOF\n".encode()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_bytes(document())
    print(target)
