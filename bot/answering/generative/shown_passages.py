"""Retrieved passages as a language model sees them: numbered sentences, one a line.

Documents are untrusted. Each sentence is one line behind its id, whatever it contains, so no text
can pass for another line; what looks like an id or like the frame of the prompt is altered in what
the model sees. What is quoted later comes from the stored text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.generative.harmless_text import visible
from bot.answering.generative.reply_statements import Id
from bot.schema import Pick
from index.schema import Hit, Span
from index.text.layout import folded
from index.text.list_marks import item_mark
from index.text.table_rows import RowPart, header_in

_LOOK_ALIKE = re.compile(
    r"[\[\u3010](\s*(?:[a-z]{1,9}\s*)?\^?\d[^\[\]\u3010\u3011]{0,40})[\]\u3011]", re.IGNORECASE
)
_FRAME = re.compile(
    r"<(?=/?\s*(?:passages?|question|conversation|message|system)\b)", re.IGNORECASE
)


@dataclass(frozen=True)
class ShownSentence:
    """One sentence that the model was shown."""

    passage: int
    """Number of its passage, from 1."""
    hit: Hit
    """The passage it stands in."""
    span: Span
    """Where it stands in the source, without list glyph and white space."""
    before: Span | None = None
    """The sentence before it in the passage."""
    header: str = ""
    """The header of the table that it is a row of."""

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.span.of(self.hit.source.text)

    @property
    def as_read(self) -> str:
        """The sentence; of a table's row, each cell behind the name of its column."""
        return RowPart.of(self.hit.source.text, self.header, self.span).as_read

    @property
    def pick(self) -> Pick:
        """The sentence as something to quote."""
        return Pick.of(self.hit.source, self.span)


class ShownPassages:
    """The passages of one request and the only sentences its ids can name."""

    def __init__(self, hits: Sequence[Hit], *, limit: int) -> None:
        """Number the sentences of `hits` until the prompt would be longer than `limit` characters.

        The first passage is always shown, cut at a sentence if need be.
        """
        self._passages: list[tuple[ShownSentence, ...]] = []
        blocks: list[str] = []
        for hit in hits:
            block, shown = _numbered(hit, len(self._passages) + 1, limit)
            if not shown or (blocks and len(block) > limit):
                continue
            blocks.append(block)
            self._passages.append(shown)
            limit -= len(block)
        self.prompt = "\n\n".join(blocks)

    def __len__(self) -> int:
        return len(self._passages)

    def of(self, passage: int) -> tuple[ShownSentence, ...]:
        """Return the sentences of a passage by its number; none for a number never shown."""
        return self._passages[passage - 1] if 1 <= passage <= len(self._passages) else ()

    def sentence(self, id: Id) -> ShownSentence | None:
        """Return the sentence that an id names, if it was shown."""
        shown = self.of(id.passage)
        if id.sentence is None or not 1 <= id.sentence <= len(shown):
            return None
        return shown[id.sentence - 1]


def inert(text: str) -> str:
    """Return `text` on one line, with nothing in it that looks like an id or a frame."""
    text = _LOOK_ALIKE.sub(r"(\1)", folded(visible(text)))
    return _FRAME.sub("\u2039", text)


def _numbered(hit: Hit, number: int, limit: int) -> tuple[str, tuple[ShownSentence, ...]]:
    """Return a passage as the model sees it, and its sentences in order."""
    header = header_in(hit.source, hit.passage)
    lines = [f"Passage {number}, from {_origin(hit, header)}"]
    shown: list[ShownSentence] = []
    length = len(lines[0])
    for span in _sentences(hit):
        before = shown[-1].span if shown else None
        sentence = ShownSentence(number, hit, span, before, header)
        line = f"[{number}.{len(shown) + 1}] {inert(sentence.text)}"
        length += len(line) + 1
        if length > limit and shown:
            break
        lines.append(line[: max(limit, 200)])
        shown.append(sentence)
    return "\n".join(lines), tuple(shown)


def _sentences(hit: Hit) -> list[Span]:
    """Return the spans of a passage's sentences that have words, without glyph and margins."""
    spans = (_trimmed(span, hit) for span in hit.passage.sentences)
    return [span for span in spans if span.end > span.start] or [
        span for span in [_trimmed(hit.passage.span, hit)] if span.end > span.start
    ]


def _trimmed(span: Span, hit: Hit) -> Span:
    words = span.of(hit.source.text)
    margin = len(words) - len(words.lstrip())
    start = span.start + (item_mark(words, hit.passage.kind) or margin)
    return Span(start=start, end=max(start, span.start + len(words.rstrip())))


def _origin(hit: Hit, header: str) -> str:
    """Name what "this page", "last year" or a cell may mean: title, headings, date, columns."""
    place = " > ".join(filter(None, map(inert, (hit.source.title, *hit.passage.heading))))
    modified = hit.source.modified
    dated = place if modified is None else f"{place} ({modified:%Y-%m-%d})"
    # A long table is cut into passages, of which only the first has the header.
    return dated if header in hit.passage.text else f"{dated}; columns: {inert(header)}"
