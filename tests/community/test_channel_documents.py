"""Messages as a document: who said what and when, and where each stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.community.channel_documents import (
    ChannelMessage,
    channel_document,
    is_unit,
    version_of,
)
from bot.schema import Citation
from index.schema import Evidence, LoadedDocument, Source, Span
from index.text.place_names import fragment_span, place_fragment, told_place
from tests.doubles.growth import grows_in_step

AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
ADDRESS = "https://discord.com/channels/100/10"


def said(text: str, id: int = 1, **more: object) -> ChannelMessage:
    fields: dict[str, object] = {"author": 7, "name": "Ann", "at": AT, "id": id, "text": text}
    return ChannelMessage.model_validate(fields | more)


def made(*messages: ChannelMessage) -> LoadedDocument:
    document = channel_document("#support, 3 March 2026", ADDRESS, messages)
    assert document is not None
    return document


def test_each_message_stands_below_who_wrote_it_and_when() -> None:
    later = said("Thanks.", 2, name="Kim\n# x", at=AT + timedelta(minutes=1), files=("a.pdf",))
    document = made(later, said("Boats are green.\n\nAll of them."))
    assert document.text == (
        "Ann, 3 March 2026, 14:05 UTC:\nBoats are green.\n\nAll of them.\n\n"
        "Kim # x, 3 March 2026, 14:06 UTC:\nThanks.\n\nAttached: a.pdf"
    )
    assert document.modified == AT + timedelta(minutes=1)
    assert [place.start for place in document.places] == [0, document.text.index("Kim")]


def test_a_quote_leads_to_its_message() -> None:
    document = made(said("Boats are green."), said("Cars are red.", 2, name="Kim"))
    source = Source(
        **dict(document), id="s", collection="c", uri="day-2026-03-03.md", sha256="v", added_at=AT
    )
    start = source.text.index("Cars")
    span = Span(start=start, end=start + len("Cars are red."))
    cited = Citation(
        marker=1,
        evidence=Evidence(source_id="s", sha256="v", start=span.start, end=span.end),
        collection="c",
        source=source.uri,
        title=source.title,
        quote=span.of(source.text),
        url=source.url,
        place=told_place(source, span),
        fragment=place_fragment(source, span),
        lines=source.lines_of(span),
    )
    assert cited.place == "message of Kim, 3 March 2026, 14:05 UTC"
    assert cited.link() == f"{ADDRESS}/2"
    found = fragment_span(source, cited.fragment)
    assert found is not None
    assert found.of(source.text).startswith("Kim, 3 March 2026")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("# Big", "\\# Big", id="no heading cuts a day in two"),
        pytest.param("```py\n# x\n```", "```py\n# x\n```", id="code stays"),
        pytest.param("```py\n# x", "\\```py\n\\# x", id="code that never ends"),
        pytest.param("||a|| b ||c\nd||", "(spoiler) b (spoiler)", id="spoilers"),
        pytest.param("`a || b || c`", "`a || b || c`", id="code is no spoiler"),
        pytest.param("a\u200bb", "ab", id="what nobody sees"),
    ],
)
def test_what_is_said_is_kept_as_it_is_read(text: str, expected: str) -> None:
    assert made(said(text)).text.split(":\n", 1)[1] == expected


def test_nothing_said_is_no_document() -> None:
    assert channel_document("x", ADDRESS, [said(""), said(" \u200b ")]) is None
    assert channel_document("x", ADDRESS, []) is None


def test_a_new_name_and_a_new_message_make_a_new_version() -> None:
    first = made(said("Boats."))
    others = [
        made(said("Boats.", name="Anna")),
        made(said("Boats.", 3)),
        first.model_copy(update={"title": "#help, 3 March 2026"}),
    ]
    assert len({version_of(one) for one in [first, *others]}) == 4
    assert version_of(first) == version_of(made(said("Boats.")))


def test_days_and_threads_are_told_from_other_sources() -> None:
    assert is_unit("day-2026-03-03.md")
    assert is_unit("thread-123.md")
    assert not is_unit("team-answer-x.txt")
    assert not is_unit("notes/day-2026-03-03.md")


@pytest.mark.parametrize("hostile", ["||a", "||", "```", "`", "||a||b", "`a\n", "# \n", "\n---"])
def test_hostile_messages_and_many_take_time_in_step(hostile: str) -> None:
    grows_in_step(lambda text: made(said(f"{text}x")), lambda n: (hostile * n)[:n], 20_000)
    grows_in_step(lambda all_: made(*all_), lambda n: [said(hostile + "x")] * n, 2_000)
