"""An answer as the text of a chat message, with the places of its citations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.json_shapes.answer_shapes import Link
from bot.schema import Answer, Citation, printed
from bot.web.api.chat_shapes import AnnotationShape, UrlCitationShape
from index.text.invisible_characters import DIRECTION_OVERRIDES

SOURCES = "\n\nSources:\n"
"""What stands above the list of sources; what is below is no part of the answer."""

_LOADS = re.compile(r"!(?=\[)|(?<!\\)(?P<before>\\*+)<(?=[a-z/!?])", re.IGNORECASE)
"""What begins an image, an element or a declaration: a page that shows Markdown might fetch
something there, at an address that a document chose."""

_DIRECTIONS = re.compile(f"[{DIRECTION_OVERRIDES}]")
_MARKUP = re.compile(r"([\\`*_\[\]<>|!])")


def harmless_markdown(text: str) -> str:
    """Return words of a document so that showing them fetches nothing; a backslash is added."""

    def escaped(mark: re.Match[str]) -> str:
        if mark["before"] is None:
            return "!\\"
        return mark[0] if len(mark["before"]) % 2 else f"{mark['before']}\\<"

    return _LOADS.sub(escaped, text)


def reply_text(answer: Answer) -> str:
    """Return the answer itself, without what stands below it."""
    return printed(
        answer.parts,
        answer.citations,
        missing=answer.missing,
        quote=lambda citation: harmless_markdown(citation.quote),
        written=harmless_markdown,
    )


def whole_reply(answer: Answer, link: Link) -> str:
    """Return the answer, what is to be known about it, and the list of its sources."""
    text = reply_text(answer)
    if answer.notice:
        text += f"\n\n{harmless_markdown(answer.notice)}"
    if answer.shown_citations:
        heading = SOURCES if answer.citations else "\n\nThe nearest passages:\n"
        text += heading + "\n".join(_entry(one, link) for one in answer.shown_citations)
    return text


def said_before(text: str) -> str:
    """Return an earlier reply without the list of its sources."""
    return text.partition(SOURCES)[0]


def cited_places(answer: Answer, link: Link) -> Iterator[AnnotationShape]:
    """Yield where `reply_text` cites what: the quoted words, or the number behind a sentence."""
    text, at = reply_text(answer), 0
    by_marker = {citation.marker: citation for citation in answer.citations}
    for part in answer.parts:
        for marker in part.markers:
            citation = by_marker[marker]
            quoted = harmless_markdown(citation.quote) if part.text is None else ""
            needle = f"{quoted} [{marker}]" if quoted else f"[{marker}]"
            if part.text is not None and marker == part.markers[0]:
                at = text.index(harmless_markdown(part.text), at) + len(
                    harmless_markdown(part.text)
                )
            start = text.index(needle, at)
            at = start + len(needle)
            yield AnnotationShape(
                type="url_citation",
                url_citation=UrlCitationShape(
                    start_index=start,
                    end_index=at,
                    title=citation.title,
                    url=link(citation) or citation.link(),
                ),
            )


def _entry(citation: Citation, link: Link) -> str:
    """Return `- [1] Title › Heading, page 3: address`, or a quote that is only near."""
    path = " › ".join(dict.fromkeys(map(_plain, (citation.title, *citation.heading))))
    marker = "" if citation.marker is None else f"[{citation.marker}] "
    near = "" if citation.marker is not None else f': "{_one_line(citation.quote)}"'
    address = link(citation) or citation.link()
    return f"- {marker}{path}, {_plain(_where(citation))}{near} ({_plain_address(address)})"


def _where(citation: Citation) -> str:
    if citation.page is not None:
        return f"page {citation.page}"
    first, last = citation.lines
    return citation.place or (f"line {first}" if first == last else f"lines {first}-{last}")


def _plain(text: str) -> str:
    """Return words on one line in which Markdown means nothing."""
    seen = _DIRECTIONS.sub("", text)
    return _MARKUP.sub(r"\\\1", " ".join(seen.split()))


def _one_line(text: str) -> str:
    return harmless_markdown(" ".join(text.split()))


def _plain_address(address: str) -> str:
    return address if re.fullmatch(r"https?://[^\s<>()\[\]]+", address) else _plain(address)


def grown(before: str, text: str) -> str | None:
    """Return what `text` has more than `before`; None where it begins otherwise."""
    return text[len(before) :] if text.startswith(before) else None


def models_of(collections: Sequence[str]) -> list[str]:
    """Return the names under which documents can be asked: all of them, and each collection."""
    return ["quoth", *(f"quoth/{name}" for name in collections)]
