"""The frozen values that the edges (command line, Discord) see: answers, citations, turns.

The values of the index (sources, passages, hits) are in `index.schema`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import Field

from index.protocols import Vectors
from index.schema import Coverage, Evidence, PictureBox, Source, Span, Value
from index.text.blob_lines import is_file_on_host, marked_lines
from index.text.list_marks import is_numbered
from index.text.message_address import message_address
from index.text.text_fragment import text_fragment

Status = Literal["answered", "partial", "unsure", "not_found"]

CLAIMED: frozenset[Status] = frozenset(("answered", "partial"))
"""Outcomes that say the sources answer; `unsure` shows the closest that was found without it."""

AnswerKind = Literal["answer", "greeting", "thanks", "question_back", "shown"]
"""What an answer is: only `answer` says whether the sources answer; `shown` repeats a quote."""

Role = Literal["sentence", "lead", "item", "row"]
"""How a statement is set: a list keeps its lead-in and its items."""

Change = Literal["removed", "changed"]
Changes: TypeAlias = dict[str, Change]
"""What became of sources since they were quoted, by title; empty when all of them stand."""

Embed: TypeAlias = Callable[[Sequence[str]], Awaitable[Vectors]]
"""Embeds texts without blocking the loop: rows of unit length, shape (n, dimension)."""

EXTRACTIVE = "extractive"
"""Name of the engine that answers by quoting, without a language model."""

NOT_IN_SOURCES = "The sources do not say."
"""The one sentence for "not in the sources", shared by prompts, engines and tests."""

NOT_SURE = "I am not sure this answers it. The closest I found:"
"""What stands above quotes that may answer, but are not claimed to."""


BROKE_OFF = "The language model stopped in the middle. This is what it had written by then."
"""Notice of an answer that a model did not finish."""

# fmt: off
_RENDERED = (
    ".html", ".htm", ".xhtml", ".docx", ".docm", ".odt", ".ott", ".rtf", ".pptx", ".pptm", ".odp",
    ".otp", ".xlsx", ".xlsm", ".ods", ".ots", ".epub", ".eml", ".mbox", ".msg",
    ".ipynb", ".srt", ".vtt", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp",
)
# fmt: on
"""Files whose canonical text is made from them: its lines are not the file's."""

_DOWNLOADED = re.compile(r"application/(?!xhtml\+xml$)|text/(?:csv|tab-separated-values|rtf)$")
"""Media types in which no browser looks for words: it downloads them, or shows them its own way."""

_LINES_OF_FILE = re.compile(r"line=(\d{1,9})(?:-(\d{1,9}))?")
"""What tells lines of a file whose canonical text has others."""


_TEAM_ANSWER = re.compile(r"team-answer-[\w-]+\.txt")


def is_team_answer(uri: str) -> bool:
    """Say whether a source is an answer that a manager of a server wrote."""
    return _TEAM_ANSWER.fullmatch(uri) is not None


class Scope(Value):
    """What a person may read: the collections that are opened for one question."""

    collections: tuple[str, ...] = Field(description="Names of the collections to open.")
    source: str | None = Field(default=None, description="Only this source (its id), if given.")


class Citation(Value):
    """A numbered, verbatim, located quote."""

    marker: int | None = Field(default=None, description="Number in the answer; None if nearest.")
    evidence: Evidence = Field(description="Which span of which version is quoted.")
    collection: str = Field(description="Collection of the source.")
    source: str = Field(description="The source's uri, as `quoth show` takes it.")
    title: str = Field(description="Title of the source.")
    mime: str = Field(default="", description="Media type of the original; empty if not known.")
    quote: str = Field(description="Always the canonical text between start and end.")
    highlight: tuple[int, int] | None = Field(
        default=None, description="The answer inside the quote: offsets into `quote`."
    )
    url: str | None = Field(default=None, description="Address of the original, from metadata.")
    page: int | None = Field(default=None, description="Page, from 1.")
    place: str | None = Field(default=None, description="Slide, row or message: `slide 3`.")
    fragment: str = Field(default="", description="That place as locators have it: `slide=3`.")
    picture: PictureBox | None = Field(
        default=None, description="Where in which picture it was read, if it was."
    )
    heading: tuple[str, ...] = Field(default=(), description="Headings above it, outermost first.")
    lines: tuple[int, int] = Field(description="First and last line, from 1.")
    modified: datetime | None = Field(default=None, description="When the source last changed.")
    author: str | None = Field(
        default=None, description="Who answered and when, where it is a team answer."
    )
    missing: bool = Field(
        default=False, description="Whether its file was not found at the last look at the folder."
    )
    stale: bool = Field(
        default=False, description="Whether its file has a newer version that could not be read."
    )

    def link(self) -> str:
        """Return where to look it up: a web text fragment, message, page, slide, row, or lines."""
        if self.url and is_file_on_host(self.url, self.source):
            if told := _LINES_OF_FILE.fullmatch(self.fragment):
                return marked_lines(self.url, (int(told[1]), int(told[2] or told[1])))
            made = self.page is not None or self.fragment or self.source.lower().endswith(_RENDERED)
            return self.url if made else marked_lines(self.url, self.lines)
        if self.url and (message := message_address(self.url, self.fragment)):
            return message
        if self.url and self.page is not None:
            return f"{self.url}#page={self.page}"
        if self.url and _DOWNLOADED.match(self.mime):
            return self.url
        if self.url:
            place = "" if "#" in self.url else "#"
            return f"{self.url}{place}:~:text={text_fragment(self.quote, self.url)}"
        if self.page is not None:
            return f"{self.source}#page={self.page}"
        if self.fragment:
            return f"{self.source}#{self.fragment}"
        if self.source.lower().endswith(_RENDERED):
            return self.source
        first, last = self.lines
        return f"{self.source}#L{first}" if first == last else f"{self.source}#L{first}-L{last}"


class Pick(Value):
    """A span that an engine chose to quote; the code prints it, nobody types it."""

    evidence: Evidence = Field(description="What is quoted.")
    highlight: Span | None = Field(
        default=None, description="The answer inside it, as a span of the source's text."
    )

    @classmethod
    def of(cls, source: Source, span: Span, highlight: Span | None = None) -> Pick:
        """Pick `source.text[span.start:span.end]`."""
        evidence = Evidence(
            source_id=source.id, sha256=source.sha256, start=span.start, end=span.end
        )
        return cls(evidence=evidence, highlight=highlight)


class DraftPart(Value):
    """One statement of an answer with what it rests on."""

    text: str | None = Field(
        default=None, description="A model's sentence; None prints the quotes themselves."
    )
    picks: tuple[Pick, ...] = Field(description="What it rests on; never empty once checked.")
    role: Role = Field(default="sentence", description="How it is set.")


class Draft(Value):
    """What an engine made of the evidence, before it is numbered and printed."""

    status: Status = Field(description="Whether the evidence answers.")
    parts: tuple[DraftPart, ...] = Field(default=(), description="In the order of the answer.")
    missing: tuple[str, ...] = Field(
        default=(), description="Parts of the question on which nothing was found."
    )
    confidence: float = Field(ge=0, le=1, description="Calibrated probability of an answer.")


class AnswerPart(Value):
    """One statement of an answer with the numbers of what it rests on."""

    text: str | None = Field(
        default=None, description="What was written; None prints the quotes themselves."
    )
    markers: tuple[int, ...] = Field(default=(), description="Of the citations, in order.")
    role: Role = Field(default="sentence", description="How it is set.")


class Turn(Value):
    """One message of a conversation; of an answer also what it was made of, where that is known."""

    role: Literal["user", "assistant"] = Field(description="Who said it.")
    text: str = Field(description="What was said.")
    citations: tuple[Citation, ...] = Field(default=(), description="What an answer rested on.")
    parts: tuple[AnswerPart, ...] = Field(default=(), description="The statements of an answer.")
    kind: AnswerKind = Field(default="answer", description="What kind of answer it was.")
    status: Status | None = Field(default=None, description="What came of it, if that is known.")

    def printed(self, part: AnswerPart) -> str:
        """Return what one of its parts says, without markers."""
        if part.text is not None:
            return part.text
        return " ".join(c.quote for c in self.citations if c.marker in part.markers)


class HitTrace(Value):
    """How one passage was found, for "Why this answer?"."""

    collection: str = Field(description="Collection of the source.")
    source: str = Field(description="The source's uri.")
    title: str = Field(description="Title of the source.")
    start: int = Field(description="Offset of the passage.")
    end: int = Field(description="Offset behind the passage.")
    score: float = Field(description="Calibrated score, 0 to 1.")
    dense_rank: int | None = Field(default=None, description="Rank by embedding.")
    lexical_rank: int | None = Field(default=None, description="Rank by words.")
    used: bool = Field(default=False, description="Whether the answer quotes it.")


class Answer(Value):
    """The outcome of one question. A failure raises; it is never an answer."""

    id: str = Field(description="Short reference of this answer.")
    kind: AnswerKind = Field(default="answer", description="What kind of answer it is.")
    status: Status = Field(description="Whether the sources answer.")
    parts: tuple[AnswerPart, ...] = Field(description="Its statements, in order.")
    missing: tuple[str, ...] = Field(
        default=(), description="Parts of the question on which nothing was found."
    )
    citations: tuple[Citation, ...] = Field(default=(), description="In the order of markers.")
    nearest: tuple[Citation, ...] = Field(
        default=(), description="The nearest passages when nothing answers, without markers."
    )
    confidence: float = Field(ge=0, le=1, description="Calibrated probability of an answer.")
    engine: str = Field(default=EXTRACTIVE, description="`extractive` or `provider/model`.")
    notice: str | None = Field(
        default=None, description="A plain sentence about the answer: a model that failed, say."
    )
    coverage: Coverage | None = Field(
        default=None, description="How far the documents were indexed, if not to the end."
    )
    question: str = Field(description="The question as asked.")
    standalone_question: str = Field(description="The question as searched for.")
    timings_ms: dict[str, float] = Field(default_factory=dict, description="By stage.")
    trace: tuple[HitTrace, ...] = Field(default=(), description="What was found, best first.")

    @property
    def text(self) -> str:
        """The answer in plain text, with markers `[1]` that refer to `citations`."""
        return printed(self.parts, self.citations, missing=self.missing)

    @property
    def searched_for(self) -> str | None:
        """The question as searched for, where it differs and reads as one.

        A follow-up behind which the words stand that it leans on does not.
        """
        searched = self.standalone_question
        words_behind = searched.endswith(")?") and not self.question.endswith(")?")
        return None if words_behind or searched == self.question else searched

    @property
    def claims(self) -> bool:
        """Whether it says that the sources answer, at least in part."""
        return self.status in CLAIMED

    @property
    def shown_citations(self) -> tuple[Citation, ...]:
        """What can be looked up: the citations or, where nothing answers, the nearest passages."""
        return self.citations or self.nearest

    @property
    def printed_markers(self) -> frozenset[int]:
        """Numbers of the citations whose quotes are the answer's own words."""
        return frozenset(m for part in self.parts if part.text is None for m in part.markers)

    @property
    def turn(self) -> Turn:
        """The answer as a later question sees it."""
        return Turn(
            role="assistant",
            text=self.text,
            citations=self.citations,
            parts=self.parts,
            kind=self.kind,
            status=self.status,
        )


def printed(
    parts: Sequence[AnswerPart],
    citations: Sequence[Citation],
    *,
    missing: Sequence[str] = (),
    quote: Callable[[Citation], str] = lambda citation: citation.quote,
    written: Callable[[str], str] = str,
) -> str:
    """Set statements below one another, lists line by line, written sentences as prose.

    `quote` and `written` say how a quote and a written sentence are printed.
    """
    by_marker = {citation.marker: citation for citation in citations}
    text = ""
    before: AnswerPart | None = None
    for part in parts:
        if part.text is None:
            line = " ".join(f"{quote(by_marker[m])} [{m}]" for m in part.markers)
        else:
            markers = "".join(f"[{marker}]" for marker in part.markers)
            line = f"{written(part.text)} {markers}" if markers else written(part.text)
        text += "" if before is None else _separator(before, part)
        text += f"- {line}" if part.role == "item" and not is_numbered(line) else line
        before = part
    if missing:
        text += f"\n\nThe sources do not say: {written('; '.join(missing))}"
    return text


def _separator(before: AnswerPart, after: AnswerPart) -> str:
    if after.role in ("item", "row") and before.role in ("lead", "item", "row"):
        return "\n"
    prose = before.text is not None and after.text is not None
    return " " if prose and before.role == after.role == "sentence" else "\n\n"
