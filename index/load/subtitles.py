"""Subtitles: what is said, joined to sentences, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from index.errors import LoadError
from index.load.decode import decode
from index.load.titles import clean_title, title_from_name
from index.schema import LoadedDocument, Place
from index.text.invisible_characters import invisible_warnings

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_CUE = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_SPEAKER = re.compile(r"<v(?:\.[^<>\s]{0,60})?\s+([^<>]{1,80})>")
_MARKS = re.compile(r"</?[a-zA-Z0-9.:][^<>]{0,200}>|\{\\[^{}]{0,200}\}")
_NEW_SPEAKER = re.compile(r"\s*(?:[-–—]\s*\S|>>)")
_TITLE = re.compile(r"WEBVTT[ \t]+-?[ \t]*(\S.*)")
_ENDS = (".", "!", "?", "…", '."', '?"', '!"', "。", "！", "？")

_PAUSE = 3.0
"""Seconds of silence that part paragraphs."""

_PARAGRAPH = 500
"""Characters from which the next sentence begins a paragraph."""


@dataclass(frozen=True)
class _Cue:
    """What is shown at a time."""

    start: float
    """In seconds."""
    end: float
    lines: tuple[str, ...]
    """Without marks, none of them blank."""


def load_subtitles(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read SubRip or WebVTT; its places are the times at which something is said."""
    decoded = decode(data, name=name, declared=charset)
    parts: list[str] = []
    places: list[Place] = []
    size = 0
    for gap, start, words in _said(_cues(decoded.text.split("\n"))):
        places.append(Place(start=size + len(gap), label=_clock(start), fragment=f"t={int(start)}"))
        parts += (gap, words)
        size += len(gap) + len(words)
    if not parts:
        raise LoadError(name, "The file holds no subtitles.")
    text = "".join(parts) + "\n"
    title = _TITLE.match(decoded.text)
    return LoadedDocument(
        text=text,
        title=clean_title(title[1] if title else "") or title_from_name(name),
        mime="text/vtt" if decoded.text.startswith("WEBVTT") else "application/x-subrip",
        places=tuple(places),
        warnings=decoded.warnings + invisible_warnings(text),
    )


def _cues(lines: Sequence[str]) -> Iterator[_Cue]:
    """Yield the cues of a file; numbers, notes and styles stand outside of them."""
    at = 0
    while at < len(lines):
        timing = _CUE.match(lines[at]) if "-->" in lines[at] else None
        at += 1
        if timing is None:
            continue
        begun = at
        while at < len(lines) and lines[at].strip() and "-->" not in lines[at]:
            at += 1
        if at < len(lines) and "-->" in lines[at] and lines[at - 1].strip().isdigit():
            at -= 1  # the number of the next one, with no blank line above it
        words = tuple(filter(None, map(_plain, lines[begun:at])))
        if words:
            numbers = timing.groups()
            yield _Cue(_seconds(numbers[:4]), _seconds(numbers[4:]), words)


def _plain(line: str) -> str:
    """Return a line without the marks of its look; who speaks stands before what is said."""
    spoken = _SPEAKER.sub(lambda found: f"{found[1].strip()}: ", line)
    return " ".join(unescape(_MARKS.sub("", spoken)).split())


def _said(cues: Iterator[_Cue]) -> Iterator[tuple[str, float, str]]:
    """Yield what parts a cue from the one before, when it begins, and its words."""
    before: _Cue | None = None
    shown: set[str] = set()
    length, last = 0, ""
    for cue in cues:
        # Captions of a live programme show a line once more while the next one comes in.
        rest = " ".join(line for line in cue.lines if _unnamed(line) not in shown)
        shown = set(map(_unnamed, cue.lines))
        if not rest:
            before = cue
            continue
        gap = " "
        if before is None:
            gap = ""
        elif (
            cue.start - before.end > _PAUSE
            or _NEW_SPEAKER.match(rest)
            or (length > _PARAGRAPH and last.endswith(_ENDS))
        ):
            gap, length = "\n\n", 0
        yield gap, cue.start, rest
        length += len(rest)
        before, last = cue, rest


def _unnamed(line: str) -> str:
    """Return a line without who speaks."""
    return line.partition(": ")[2] or line


def _seconds(numbers: Sequence[str | None]) -> float:
    hours, minutes, seconds, rest = numbers
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{rest}")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
