"""The characters of a PDF page that its reader sees, and where each of them stands."""

from __future__ import annotations

import ctypes
from functools import cached_property
from typing import Any

from index.load.pdf_boxes import Box, upright
from index.load.pdf_hidden_text import find_hidden
from index.load.pdf_page_objects import drawing_of
from index.load.printed_signs import printed_sign

MAX_CHARACTERS = 60_000
"""Characters of a page that are compared; a page of a telephone book has 20,000."""


class PageCharacters:
    """The text of a PDFium page in the order of the file, without what is hidden.

    Places are in points from the lower left corner of the page as it is seen.
    """

    def __init__(self, page: Any, handle: Any) -> None:
        """`handle` is the raw text page, which has to stay open."""
        from pypdfium2 import raw

        self._raw = raw
        self._handle = handle
        self._upright = upright(page)
        self._rectangle = raw.FS_RECTF()
        self._of_rectangle = ctypes.byref(self._rectangle)
        self._edges = [ctypes.c_double() for _ in range(4)]
        self._of_edges = [ctypes.byref(each) for each in self._edges]
        count = raw.FPDFText_CountChars(handle)
        self.is_cut = count > MAX_CHARACTERS
        """Whether it has more characters than are looked at."""
        hidden = find_hidden(page, drawing_of(page), lambda: True)
        signs: list[str] = []
        self.characters: list[int] = []
        """Of each sign of the text, PDFium's number of it."""
        for number in range(min(count, MAX_CHARACTERS)):
            if hidden and hidden.holds(raw.FPDFText_GetTextObject(handle, number)):
                continue
            code = raw.FPDFText_GetUnicode(handle, number)
            if 0xDC00 <= code < 0xE000 and signs and "\ud800" <= signs[-1] < "\udc00":
                pair = (signs[-1] + chr(code)).encode("utf-16", "surrogatepass")
                signs[-1] = pair.decode("utf-16")
            elif 0 < code < 0x110000:
                signs.append(chr(code))
                self.characters.append(number)
        self.text = "".join(signs)

    def box(self, place: int) -> Box | None:
        """Return where a sign of the text stands, as high as its font; None for none."""
        place = self.characters[place]
        if not self._raw.FPDFText_GetLooseCharBox(self._handle, place, self._of_rectangle):
            return None
        found = self._rectangle
        return self._seen(Box(found.left, found.bottom, found.right, found.top))

    def ink(self, place: int) -> Box | None:
        """Return where the ink of a sign of the text stands; None for none."""
        place = self.characters[place]
        if not self._raw.FPDFText_GetCharBox(self._handle, place, *self._of_edges):
            return None
        left, right, bottom, top = (each.value for each in self._edges)
        return self._seen(Box(left, bottom, right, top))

    @cached_property
    def middles(self) -> tuple[tuple[int, str, float, float], ...]:
        """Of each sign that shows something, its place in the text, itself and its middle."""
        found = []
        for place, sign in enumerate(self.text):
            compared = printed_sign(sign)
            if compared and (box := self.ink(place) or self.box(place)):
                middle = (box.left + box.right) / 2, (box.bottom + box.top) / 2
                found.append((place, compared, *middle))
        return tuple(found)

    def _seen(self, box: Box) -> Box | None:
        seen = box.moved(self._upright) if self._upright else box
        return seen if seen.area > 0 else None
