"""Reads the pieces of an RTF file and hands over paragraphs, cells and rows as they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from index.load.rtf_tables import contents_styles, encoding_of, font_encodings, heading_styles
from index.load.rtf_tokens import Token, tokens

# fmt: off
_LEFT_OUT = frozenset({
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"headerl", b"headerr",
    b"headerf", b"footer", b"footerl", b"footerr", b"footerf", b"listtable", b"listoverridetable",
    b"revtbl", b"rsidtbl", b"generator", b"fldinst", b"datafield", b"themedata", b"nonshppict",
    b"colorschememapping", b"latentstyles", b"xmlnstbl", b"objdata", b"annotation", b"atnid",
    b"atnauthor", b"atndate", b"atnref", b"atrfstart", b"atrfend", b"bkmkstart", b"bkmkend", b"sp",
    b"pnseclvl", b"pn", b"tc", b"xe", b"ftnsep", b"ftnsepc", b"ftncn", b"aftnsep", b"aftnsepc",
    b"aftncn", b"nonesttables", b"template", b"userprops", b"docvar", b"passwordhash",
    b"wgrffmtfilter", b"objclass", b"objname", b"listname", b"do", b"picprop", b"blipuid",
    b"mmathPr", b"shprslt",
})
"""Groups that hold no text of the document, or what stands on every page, or comments."""
_SIGNS = {
    b"tab": "\t", b"line": "\n", b"lbr": "\n", b"softline": "\n", b"emdash": "—", b"endash": "–",
    b"bullet": "•", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"emspace": " ", b"enspace": " ", b"qmspace": " ", b"nestcell": " ", b"nestrow": " ",
    b"page": "\n", b"column": "\n",
}
_KEPT = frozenset({b"shpinst", b"shptxt", b"footnote", b"listtext", b"pntext", b"ud"})
"""Groups that are read although older programs pass over them."""
# fmt: on
_OPEN, _STAR = Token("brace", b"{"), Token("sign", b"*")
_DEEPEST = 2_000
"""Groups that may be open, one in the other."""


@dataclass(frozen=True)
class _State:
    """What holds inside a group."""

    is_left_out: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    encoding: str = ""
    fallback: int = 1
    """Characters that stand behind one of Unicode for older programs."""
    target: str = "text"
    """`text`, `label` for the number of an item, or `note`."""


@dataclass
class Paragraph:
    """A paragraph that has ended."""

    text: str = ""
    label: str | None = None
    """The mark printed before it, where it is an item of a list or numbered."""
    level: int = 0
    heading: int | None = None
    is_contents: bool = False
    notes: list[str] = field(default_factory=list)


class RtfReader:
    """Calls back for each paragraph, and for each row of a table with its cells."""

    def __init__(
        self, paragraph: Callable[[Paragraph], None], row: Callable[[list[str]], None]
    ) -> None:
        self._paragraph, self._row = paragraph, row
        self._states: list[_State] = []
        self._state = _State()
        self._parts: dict[str, list[str]] = {"text": [], "label": [], "note": []}
        self._pending = bytearray()
        self._skip = 0
        self._star = self._fresh = False
        self._style: dict[str, int] = {}
        self._cells: list[str] = []
        self._merges: list[str] = []
        self._above: list[str] = []
        self._in_table = False
        self._notes: list[str] = []
        self.hidden: list[str] = []

    def read(self, data: bytes) -> None:
        """Read a file to its end."""
        self._fonts, self._headings = font_encodings(data), heading_styles(data)
        self._contents = contents_styles(data)
        self._default = "cp1252"
        for token in tokens(data):
            self._take(token)
        self._end_bytes()
        self._end_paragraph()

    def _take(self, token: Token) -> None:
        if token.kind == "hex":
            self._byte(bytes.fromhex(token.value.decode()))
        elif token.kind == "text":
            self._text(token.value)
        else:
            self._end_bytes()
            if token.kind == "brace":
                self._brace(token.value)
            elif token.kind == "sign":
                self._sign(token.value)
            else:
                self._word(token.value, token.number)
        self._fresh = token in (_OPEN, _STAR)

    def _brace(self, brace: bytes) -> None:
        self._star, self._skip = False, 0
        if brace == b"{":
            if len(self._states) < _DEEPEST:
                self._states.append(self._state)
        elif self._states:
            before = self._state
            self._state = self._states.pop()
            if before.target == "note" and self._state.target != "note":
                self._notes.append(_joined(self._parts["note"]))
                self._parts["note"] = []

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._star = True
        elif sign in (b"\r", b"\n"):
            self._end_paragraph()
        else:
            shown = {b"~": "\xa0", b"_": "-", b"-": "", b"\t": "\t"}
            self._add(shown.get(sign, sign.decode("latin-1") if sign in b"\\{}" else ""))

    def _byte(self, byte: bytes) -> None:
        if self._skip:
            self._skip -= 1
        elif not self._state.is_left_out:
            self._pending += byte

    def _text(self, text: bytes) -> None:
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        if not self._state.is_left_out:
            self._pending += text[skipped:]

    def _end_bytes(self) -> None:
        if self._pending:
            encoding = self._state.encoding or self._default
            self._add(self._pending.decode(encoding, "replace"))
            self._pending = bytearray()

    def _add(self, text: str) -> None:
        state = self._state
        if state.is_left_out or state.is_deleted or not text:
            return
        if state.is_hidden:
            self.hidden.append(text)
        else:
            self._parts[state.target].append(text)

    def _word(self, word: bytes, number: int | None) -> None:
        if self._fresh and (word in _LEFT_OUT or (self._star and word not in _KEPT)):
            self._state = replace(self._state, is_left_out=True)
        elif word == b"u" and number is not None:
            self._add(chr(number % 65536))
            self._skip = self._state.fallback
        elif word in _SIGNS:
            self._add(_SIGNS[word])
        elif not self._state.is_left_out:
            self._set(word, number)
        self._star = False

    def _set(self, word: bytes, number: int | None) -> None:
        """Take up what a control word says of the text behind it."""
        on = number != 0
        if word in (b"v", b"deleted", b"f", b"uc", b"plain", b"footnote", b"listtext", b"pntext"):
            self._state = self._changed(word, number, on)
        elif word in (b"ansicpg", b"mac", b"pc", b"pca"):
            names = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}
            self._default = names.get(word) or encoding_of(number)
        elif word in (b"s", b"outlinelevel", b"ilvl"):
            self._style[word.decode()] = number or 0
        elif word == b"pard":
            self._style, self._in_table = {}, False
        elif word == b"intbl":
            self._in_table = True
        else:
            self._end(word)

    def _changed(self, word: bytes, number: int | None, on: bool) -> _State:
        state = self._state
        if word == b"v":
            return replace(state, is_hidden=on)
        if word == b"deleted":
            return replace(state, is_deleted=on)
        if word == b"f":
            return replace(state, encoding=self._fonts.get(number or 0, ""))
        if word == b"uc":
            return replace(state, fallback=max(number or 0, 0))
        if word == b"plain":
            return replace(state, is_hidden=False, is_deleted=False, encoding="")
        return replace(state, target="note" if word == b"footnote" else "label")

    def _end(self, word: bytes) -> None:
        """Take up that a paragraph, a cell or a row ends, or what a row will be like."""
        if word in (b"par", b"sect"):
            if self._state.target == "note" or self._in_table:
                self._add(" ")
            else:
                self._end_paragraph()
        elif word == b"cell":
            self._cells.append(_joined([*self._parts["label"], " ", *self._parts["text"]]).strip())
            self._parts["text"], self._parts["label"] = [], []
        elif word == b"row":
            self._end_row()
        elif word == b"trowd":
            self._merges = []
        elif word in (b"clvmrg", b"clmrg"):
            self._merges.append(word.decode())
        elif word == b"cellx":
            self._merges.append("cell")

    def _end_row(self) -> None:
        cells, self._cells = self._cells, []
        for column, merge in enumerate(self._row_merges()):
            if merge == "clvmrg" and column < min(len(cells), len(self._above)):
                cells[column] = cells[column] or self._above[column]
        self._above = cells
        if any(cells):
            self._row(cells)

    def _row_merges(self) -> list[str]:
        """Return for each cell of a row whether it goes on from above."""
        found, merge = [], ""
        for word in self._merges:
            if word == "cell":
                found.append(merge)
                merge = ""
            else:
                merge = word
        return found

    def _end_paragraph(self) -> None:
        text, label = _joined(self._parts["text"]), _joined(self._parts["label"]).strip()
        has_label = bool(self._parts["label"])
        self._parts["text"], self._parts["label"] = [], []
        notes, self._notes = self._notes, []
        style = self._style.get("s", 0)
        outline = self._style.get("outlinelevel")
        heading = outline + 1 if outline is not None and outline < 9 else self._headings.get(style)
        self._above = []
        self._paragraph(
            Paragraph(
                text,
                label if has_label else None,
                self._style.get("ilvl", 0),
                heading,
                style in self._contents,
                [note for note in map(str.strip, notes) if note],
            )
        )


def _joined(parts: list[str]) -> str:
    """Return text whose characters beyond the first plane are whole again."""
    text = "".join(parts)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
