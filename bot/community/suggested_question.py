"""A first question about a document that was just added, made from its headings. Pure."""

from __future__ import annotations

import re

from index.schema import Source
from index.text.fences import markdown_lines
from index.text.invisible_characters import without_unseen
from index.text.layout import folded
from index.text.markdown_headings import markdown_heading
from index.text.readable_markdown import markup_of, readable_title

_SAY_NOTHING = re.compile(
    r"(?:table of )?contents?|index|introduction|overview|summary|notes?|about|references|appendix"
    r"|changelog|license|[\W\d_]*",
    re.IGNORECASE,
)
_SHORTEST, _LONGEST = 4, 60


def suggested_question(source: Source) -> str | None:
    """Return a question that one of the sections of a document should answer, or None."""
    title = folded(without_unseen(source.title))
    for heading in _headings(source):
        if _is_telling(heading) and heading.casefold() != title.casefold():
            if heading.endswith("?"):
                return heading
            return f"What does {title} say about {heading.rstrip('.:!')}?"[:200]
    return None


def _headings(source: Source) -> list[str]:
    """Return the headings of sections; the first one of the first level is the document's."""
    lines = (line.text for line in markdown_lines(source.text) if line.kind == "text")
    found = [match for line in lines if (match := markdown_heading(line))]
    below = [match for match in found if match.level > 1]
    return [_readable(source, match.text) for match in below or found[1:]]


def _readable(source: Source, heading: str) -> str:
    return folded(without_unseen(readable_title(heading, markup_of(source.uri, source.mime))))


def _is_telling(heading: str) -> bool:
    fits = _SHORTEST <= len(heading) <= _LONGEST
    return fits and _SAY_NOTHING.fullmatch(heading) is None
