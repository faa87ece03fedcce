"""PDF files drawn by hand, for tests that need to know each operator of a page."""

from __future__ import annotations

from scripts.make_sample_pdf import assembled


def drawn(*words: tuple[float, float, str], size: float = 11) -> bytes:
    """Return operators that draw texts at places from the lower left corner, in order."""
    parts = [f"/F1 {size} Tf 1 0 0 1 {x} {y} Tm ({_escaped(text)}) Tj" for x, y, text in words]
    return "\n".join(["BT", *parts, "ET"]).encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def page(*streams: bytes, extra: str = "", more: tuple[bytes, ...] = ()) -> bytes:
    """Return a PDF with a page for each stream; `extra` goes into every page.

    `more` are further objects, numbered from 5 plus twice the number of streams.
    """
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< >>",
    ]
    for number, stream in enumerate(streams):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {6 + 2 * number} 0 R {extra} >>".encode(),
            f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
        ]
    return assembled([*objects, *more])
