"""How the letters of a PDF look: how large they are printed, and whether they are bold."""

from __future__ import annotations

import ctypes
import re
from typing import Any

from index.load.pdf_lines import Look

_BOLD = re.compile(
    r"bold|black|heavy|demi|(?:^|[+-])(?:cm|sf|ec|lm|la|tc)[a-z]*bx|(?:-|,)bd?\b", re.IGNORECASE
)
"""Names of fonts whose letters are bold; those of TeX have a "bx" in them."""

_BOLD_WEIGHT = 600
"""Weight from which a font is bold, where the file says it."""

_LONGEST = 200
"""Bytes of the name of a font that are looked at."""


class Looks:
    """Tells how characters of the pages of one document look."""

    def __init__(self) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(_LONGEST)
        self._flags = ctypes.c_int()
        self._is_bold: dict[bytes, bool] = {}

    def of_line(self, page: Any, first: int, last: int) -> Look | None:
        """Return the look of a line by its first and last character; None where its size changes.

        It is bold where both are.
        """
        one, other = self._of(page, first), self._of(page, last)
        return Look(one.size, one.bold and other.bold) if one.size == other.size else None

    def _of(self, page: Any, index: int) -> Look:
        raw, matrix = self._raw, self._matrix
        size = raw.FPDFText_GetFontSize(page, index)
        if raw.FPDFText_GetMatrix(page, index, ctypes.byref(matrix)):
            size *= (matrix.c**2 + matrix.d**2) ** 0.5
        return Look(round(2 * size) / 2, self._bold(page, index))

    def _bold(self, page: Any, index: int) -> bool:
        raw, name = self._raw, self._name
        raw.FPDFText_GetFontInfo(page, index, name, _LONGEST, ctypes.byref(self._flags))
        known = self._is_bold.get(name.value)
        if known is None:
            weight = raw.FPDFText_GetFontWeight(page, index)
            named = _BOLD.search(name.value.decode("latin-1")) is not None
            known = named or weight >= _BOLD_WEIGHT
            self._is_bold[name.value] = known
        return known
