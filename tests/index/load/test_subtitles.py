"""Subtitles are joined to sentences, each with the time at which it is said."""

from __future__ import annotations

import pytest

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.loaders import load_bytes
from index.text.place_names import place_fragment, told_place
from tests.doubles.loaded_sources import source_of

SRT = """\
1
00:00:01,000 --> 00:00:03,500
{\\an8}<i>Welcome to the</i> show.
We talk

2
00:00:03,600 --> 00:00:06,000
about bridges today
3
00:00:06,000 --> 00:00:07,000
and tomorrow.

4
01:03:12,500 --> 01:03:15,000
- How long is it?

5
01:03:15,000 --> 01:03:16,000
- Five miles
"""

VTT = """\
WEBVTT - The talk

NOTE nobody reads this
nor this

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.000 align:start
<v.loud Ann>We begin &amp; go on

00:02.000 --> 00:03.000
We begin &amp; go on
with<00:00:02.500><c> the</c> rest.
"""


def told(text: str, name: str) -> list[tuple[str, str | None, str]]:
    """Return every sentence of a file with its place and its fragment."""
    source = source_of(load_bytes(text.encode(), name=name), name)
    return [
        (span.of(source.text), told_place(source, span), place_fragment(source, span))
        for each in chunk(source, ChunkConfig())
        for span in each.sentences
    ]


def test_cues_are_joined_to_sentences_with_their_times() -> None:
    assert told(SRT.replace("\n", "\r\n"), "talk.srt") == [
        ("Welcome to the show.", "00:00:01", "t=1"),
        ("We talk about bridges today and tomorrow.", "00:00:01", "t=1"),
        ("- How long is it?", "01:03:12", "t=3792"),
        ("- Five miles", "01:03:15", "t=3795"),
    ]


def test_speakers_are_named_and_what_is_shown_again_is_read_once() -> None:
    assert told(VTT, "talk.vtt") == [("Ann: We begin & go on with the rest.", "00:00:01", "t=1")]
    assert load_bytes(VTT.encode(), name="a.vtt").title == "The talk"


def test_a_long_speech_is_parted_at_its_sentences() -> None:
    cues = "\n".join(
        f"00:{n:02}:00 --> 00:{n:02}:59,9\nThis is what is said in minute {n}." for n in range(60)
    )
    text = load_bytes(cues.replace("00 -->", "00.0 -->").encode(), name="a.srt").text
    assert 2 < text.count("\n\n") < 10


@pytest.mark.parametrize("text", ["WEBVTT\n\nNOTE a\n", "1\n00:00:01,000 --> 00:00:02,000\n\n"])
def test_a_file_without_subtitles_is_refused(text: str) -> None:
    with pytest.raises(LoadError, match="The file holds no subtitles"):
        load_bytes(text.encode(), name="a.vtt")
