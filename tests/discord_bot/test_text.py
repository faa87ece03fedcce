"""Discord text: whole messages, hostile text, and properties over generated Markdown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.community.gap_groups import GapGroup
from bot.community.store.records import Gap, TeamAnswer
from bot.discord_bot.text.answer_grounds import figures_text, why_text
from bot.discord_bot.text.answers import (
    CARD_LIMIT,
    Rendered,
    render_answer,
    render_draft,
    show_card,
)
from bot.discord_bot.text.message_split import MESSAGE_LIMIT, split, units
from bot.discord_bot.text.pages import (
    gaps_page,
    progress,
    review_card,
    sources_page,
    sync_text,
)
from bot.discord_bot.text.quotes import ago, facts, unwrapped, web_link
from bot.discord_bot.text.safe_markdown import clean, literal, one_line, prose
from bot.discord_bot.text.tables import without_pipes
from bot.discord_bot.views import AnswerButton, gaps_view
from bot.schema import NOT_SURE, Answer, AnswerPart, Citation, HitTrace
from index.schema import Evidence, SourceEntry, SyncFailure, SyncReport
from tests.doubles.turns import stated

NOW = datetime(2026, 3, 22, 12, tzinfo=UTC)
TEXT = (
    "# Peace\nIntro line.\n\n"
    "A mission needs a ceasefire agreement. It also needs a mandate.\nEnd.\n"
)


def citation(quote: str = "A mission needs a ceasefire agreement.", **fields: object) -> Citation:
    start = TEXT.find(quote)
    known: dict[str, object] = {
        "marker": 1,
        "evidence": Evidence(
            source_id="s", sha256="v", start=max(start, 0), end=max(start, 0) + len(quote)
        ),
        "collection": "documents",
        "source": "peace.md",
        "title": "Peace plan",
        "quote": quote,
        "heading": ("Peace",),
        "lines": (4, 4),
        "modified": NOW - timedelta(days=22),
    }
    return Citation.model_validate(known | fields)


def answer(text: str, *citations: Citation, **fields: object) -> Answer:
    known: dict[str, object] = {
        "id": "a1b2",
        "status": "answered",
        "parts": stated(text, *citations),
        "citations": citations,
        "confidence": 0.9,
        "question": "What is needed?",
        "standalone_question": "What is needed?",
    }
    return Answer.model_validate(known | fields)


# --- what Discord would make of a message ----------------------------------------------------

CODE = re.compile(r"```.*?```|\\.|(`+)(?!`).*?[^`]\1(?!`)", re.DOTALL)
LIVE = re.compile(
    r"@everyone|@here|<@[!&]?\d+>|<#\d+>|<id:\w+>|</[^>]+:\d+>|[a-z][a-z0-9+.-]*://\S"
    r"|\bdiscord\.gg/\S|(?<!\\)\]\((?!<https?:)|(?<!\\)\|\||^ *#{1,3} ",
    re.IGNORECASE | re.MULTILINE,
)


def live(message: str) -> list[str]:
    """What in a message would ping, link, hide or shout, outside code and our own links."""
    ours = re.sub(r"\[open\]\(<https?://[^<>\s]+>\)", "", message)
    return LIVE.findall(CODE.sub(lambda found: found[0] if found[0][0] == "\\" else "", ours))


def assert_valid(parts: tuple[str, ...] | list[str]) -> None:
    for part in parts:
        assert part.strip()
        assert units(part) <= MESSAGE_LIMIT
        assert part.count("```") % 2 == 0
        part.encode()


# --- whole messages --------------------------------------------------------------------------


def test_an_address_without_an_end_is_none_with_what_is_set_behind_it() -> None:
    shown = render_answer(answer("q [1]", citation("q", title="http://", heading=())), now=NOW)
    assert not [part for part in shown.parts if live(part)]


def test_an_extractive_answer_is_shown_with_its_highlight_and_its_source() -> None:
    cited = citation(highlight=(18, 37), url="https://un.example/peace")
    shown = render_answer(answer(f"{cited.quote} [1]", cited), now=NOW)
    assert shown == Rendered(
        (
            "A mission needs a **ceasefire agreement**. [1]\n\n"
            "**Sources**\n"
            "[1] **Peace plan** · Peace · changed 3 weeks ago · "
            "[open](<https://un.example/peace#:~:text="
            "A%20mission%20needs%20a%20ceasefire%20agreement.>)",
        )
    )


def test_a_slide_stands_where_a_page_would() -> None:
    cited = citation(place="sheet Old [1] prices, rows 3-4", url=None)
    assert facts(cited, NOW)[0] == "sheet Old ‹1› prices, rows 3-4"
    card = show_card(citation(place="slide 3"), TEXT, now=NOW)
    assert card.body.startswith("-# slide 3 · Peace · changed 3 weeks ago\n")


def test_a_models_answer_shows_each_quote_below_its_source() -> None:
    cited = citation(highlight=(18, 27), page=3)
    shown = render_answer(
        answer(
            "You need a **ceasefire** [1].",
            cited,
            engine="ollama/llama",
            standalone_question="What is needed for peace?",
            notice="The answer took long.",
        ),
        now=NOW,
        asked=True,
    )
    assert shown.parts == (
        "-# What is needed?\n\n"
        "You need a **ceasefire** [1].\n\n"
        "-# Searched for: What is needed for peace?\n"
        "-# The answer took long.\n\n"
        "**Sources**\n"
        "[1] **Peace plan** · page 3 · Peace · changed 3 weeks ago\n"
        "> A mission needs a **ceasefire** agreement.",
    )


def test_a_question_without_an_answer_shows_the_nearest_passages() -> None:
    near = citation(marker=None)
    shown = render_answer(
        answer("The sources do not say.", status="not_found", nearest=(near,)), now=NOW
    )
    assert shown.parts == (
        "The sources do not say.\n\n"
        "**Nearest passages**\n"
        "[1] **Peace plan** · Peace · changed 3 weeks ago\n"
        "> A mission needs a ceasefire agreement.",
    )


def test_an_unsure_answer_opens_with_a_remark_in_normal_text() -> None:
    cited = citation(highlight=(18, 37))
    parts = (AnswerPart(text=NOT_SURE, role="lead"), AnswerPart(markers=(1,)))
    unsure = answer("", cited, status="unsure", parts=parts)
    assert render_answer(unsure, now=NOW).parts == (
        "I am not sure this answers it. The closest I found:\n\n"
        "A mission needs a **ceasefire agreement**. [1]\n\n"
        "**Sources**\n"
        "[1] **Peace plan** · Peace · changed 3 weeks ago",
    )


def shown_quote(quote: str, **fields: object) -> str:
    """Return what an answer made of one quote says."""
    cited = citation(quote, **fields)
    (message,) = render_answer(answer("", cited, parts=(AnswerPart(markers=(1,)),)), now=NOW).parts
    return message.partition("\n\n**Sources**")[0]


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("See the [*guide*](g.md) &amp; ask.<br>Twice.", "See the *guide* & ask.\nTwice. [1]"),
        ("<b>Note</b> <!-- why --> **bold** text", "Note **bold** text [1]"),
        ("**Note: it never ends", "Note: it never ends [1]"),
        ("it ended** before", "it ended before [1]"),
        ("**two\nlines** are one", "**two lines** are one [1]"),
        ("- **two\n- items**", "- two\n- items [1]"),
        ("2*3*4 \\*is\\* \\!", "2\\*3\\*4 \\*is\\* ! [1]"),
        ("Ask &lt;@1&gt; or &#64;everyone.", "Ask `<@1>` or `@everyone`. [1]"),
        ("`a <br> **b**` &lt;", "`a <br> **b**` < [1]"),
        ("Run:\n```sh\n# **x**\n```", "Run:\n```sh\n# **x**\n```\n [1]"),
    ],
)
def test_a_quote_of_markdown_reads_as_its_document_does(quote: str, shown: str) -> None:
    assert shown_quote(quote) == shown


@pytest.mark.parametrize("source", ["peace.txt", "https://un.example/peace"])
def test_a_quote_of_what_is_no_markdown_shows_what_it_says(source: str) -> None:
    assert shown_quote("Write &lt; or <br> here.", source=source) == (
        "Write &lt; or <br> here. [1]"
    )


def test_the_highlight_of_a_quote_survives_what_is_left_out_around_it() -> None:
    quote = "The **[truce](t.md)** of &lt;1999&gt; holds."
    assert shown_quote(quote, highlight=(6, 36)) == "The **truce of <1999>** holds. [1]"


def test_a_quote_below_its_source_is_rendered_and_the_card_shows_it_as_it_is() -> None:
    quote = "## Why\nThe **[truce](t.md)** &amp; more, **cut off"
    cited = citation(quote, highlight=(13, 27), heading=("Peace {#p}",))
    (message,) = render_answer(answer("It holds [1].", cited), now=NOW).parts
    assert message.endswith(
        "[1] **Peace plan** · Peace · changed 3 weeks ago\n> Why\n> The **truce** & more, cut off"
    )
    card = show_card(cited, quote, now=NOW)
    assert "[truce]\\(t.md)" in card.body
    assert "&amp;" in card.body


@pytest.mark.parametrize("length", [200, 3000])
@pytest.mark.parametrize("unit", ["&lt;@1&gt; ", "**a** ", "[x](y)", "<br>", "&#96;", "*a"])
def test_rendered_quotes_stay_within_a_message(unit: str, length: int) -> None:
    cited = citation(unit * length, highlight=(0, len(unit)))
    for parts in ((AnswerPart(markers=(1,)),), (AnswerPart(text="So.", markers=(1,)),)):
        shown = render_answer(answer("", cited, parts=parts), now=NOW)
        assert 1 <= len(shown.parts) <= 3
        assert_valid(shown.parts)
        assert not any(live(part) for part in shown.parts)


def test_a_partial_answer_says_so() -> None:
    (message,) = render_answer(answer("Yes [1]", citation(), status="partial"), now=NOW).parts
    assert "-# The sources answer only part of the question." in message.split("\n")


def test_a_list_answer_keeps_its_items_and_marks_each_line() -> None:
    items = citation("- first thing\n- second thing", highlight=(0, 28))
    (message,) = render_answer(answer(f"{items.quote} [1]", items), now=NOW).parts
    assert message.startswith("- **first thing**\n- **second thing** [1]\n\n**Sources**")


def test_sources_that_say_the_same_share_a_line() -> None:
    one, two = citation(), citation("Intro line.", marker=2, heading=("Peace plan", "Peace"))
    text = f"{one.quote} [1]\n\n{two.quote} [2]"
    (message,) = render_answer(answer(text, one, two), now=NOW).parts
    assert message.endswith("**Sources**\n[1] [2] **Peace plan** · Peace · changed 3 weeks ago")


def test_wrapped_lines_of_a_quote_are_joined() -> None:
    wrapped = citation("Quoth notices\nchanges. See:\n- one\n- two\n\nThe\nend", highlight=(6, 21))
    (message,) = render_answer(answer(f"{wrapped.quote} [1]", wrapped), now=NOW).parts
    assert message.startswith(
        "Quoth **notices changes**. See:\n- one\n- two\n\nThe end [1]\n\n**Sources**"
    )


@pytest.mark.parametrize(
    "text",
    ["def f():\n    return 1", "a = {\nb", "| a |\n| b |", "# Title\ntext", "a:\nb", "a  \nb",
     "```\na\nb\n```", "a\n\nb", "a\n1. b", "x;\ny;"],
)  # fmt: skip
def test_lines_that_are_meant_stay(text: str) -> None:
    assert unwrapped(text) == text


@given(st.text(alphabet="a b\n-#:`.", max_size=60))
def test_joining_lines_keeps_every_offset(text: str) -> None:
    joined = unwrapped(text)
    assert len(joined) == len(text)
    assert joined.replace("\n", " ") == text.replace("\n", " ")


def test_a_highlight_in_code_leaves_the_code_as_it_is() -> None:
    code = citation("Run `make x**y` now", highlight=(5, 14))
    (message,) = render_answer(answer(f"{code.quote} [1]", code), now=NOW).parts
    assert message.startswith("Run `make x**y` now [1]")


def test_a_long_answer_becomes_a_summary_with_everything_attached() -> None:
    cited = [citation(marker=number) for number in range(1, 4)]
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 120 for number in range(30))
    shown = render_answer(answer(text, *cited, engine="openai/x"), now=NOW)
    assert len(shown.parts) == 1
    assert_valid(shown.parts)
    assert shown.parts[0].startswith("Paragraph 0.")
    assert "**Sources**" in shown.parts[0]
    assert shown.parts[0].endswith("are in the attached file.")
    assert shown.attachment is not None
    name, content = shown.attachment
    assert name == "answer-a1b2.md"
    assert "Paragraph 29." in content.decode()
    assert content.decode().count("> A mission needs a ceasefire agreement.") == 3


def test_a_draft_is_one_message_that_says_it_goes_on() -> None:
    assert render_draft("So far @everyone") == "So far `@everyone`\n-# …"
    assert render_draft("") == "-# …"
    assert_valid([render_draft("```py\n" + "x = 1\n" * 900)])


def test_a_draft_longer_than_a_message_shows_what_was_written_last() -> None:
    text = ""
    seen = []
    for number in range(700):
        text += f"word{number} "
        shown = render_draft(text)
        assert_valid([shown])
        assert f"word{number}\n-# …" in shown
        seen.append(shown)
    assert len(set(seen)) == len(seen)
    assert seen[-1].startswith("-# …\n")
    code = render_draft("```py\n" + "".join(f"x = {number}\n" for number in range(900)))
    assert code.startswith("-# …\n```py\nx = ")
    assert code.endswith("x = 899\n```\n-# …")


def test_a_card_shows_the_quote_in_its_surroundings() -> None:
    card = show_card(citation(highlight=(18, 27)), TEXT, now=NOW, number=2, total=5)
    assert card.title == "Peace plan"
    assert card.footer == "2 of 5"
    assert card.link is None
    assert card.body == (
        "-# Peace · changed 3 weeks ago · line 4\n\n"
        "**Peace**\nIntro line.\n"
        "> A mission needs a **ceasefire** agreement.\n"
        "It also needs a mandate. End."
    )


def card_of(text: str, quote: str) -> list[str]:
    start = text.index(quote)
    evidence = Evidence(source_id="s", sha256="v", start=start, end=start + len(quote))
    shown = show_card(citation(quote, evidence=evidence), text, now=NOW)
    return shown.body.split("\n")[2:]


@pytest.mark.parametrize("mark", ["- ", "2. ", "  * "])
def test_a_quoted_item_of_a_list_keeps_its_mark(mark: str) -> None:
    text = f"# Terms\n\nThere are two\nterms:\n\n{mark}peace\n{mark}bread\n\n## Next\n"
    assert card_of(text, "peace") == [
        "**Terms**",
        "",
        "There are two terms:",
        f"> {literal(mark.lstrip())}peace",
        literal(f"{mark}bread".strip()),
    ]


def test_surroundings_are_cut_by_paragraphs_and_else_by_words() -> None:
    long = "word " * 200
    text = f"{long}\n\nShort one.\n\nThe quote.\n\nShort two.\n\n{long}"
    assert card_of(text, "The quote.") == ["Short one.", "> The quote.", "Short two."]
    above, _, below = card_of(f"{long}\nThe quote.\n{long}", "The quote.")
    assert above.startswith("… word ")
    assert below.endswith(" word …")
    assert len(above) <= 402


def test_the_number_sign_of_a_code_block_is_no_heading() -> None:
    shown = card_of("```sh\n# install\n```\n\nThe quote.", "The quote.")
    assert shown == ["```sh", "# install", "```", "> The quote."]


@pytest.mark.parametrize("length", [10, 1000, 3000, 5000, 20000])
@pytest.mark.parametrize("character", ["x", "*", "\U0001f600", "w "])
def test_a_card_fits_whatever_is_quoted(length: int, character: str) -> None:
    quote = (character * length)[:length]
    text = f"{character * 3000}{quote}{character * 3000}"
    evidence = Evidence(
        source_id="s",
        sha256="v",
        start=len(character) * 3000,
        end=len(character) * 3000 + len(quote),
    )
    card = show_card(
        citation(
            quote,
            evidence=evidence,
            title=character * 6000,
            highlight=(length // 2, length // 2 + 5),
        ),
        text,
        now=NOW,
    )
    assert units(card.body) <= CARD_LIMIT
    assert units(card.title) <= 256
    assert "> " in card.body


def test_a_card_without_its_version_shows_the_quote_alone() -> None:
    body = show_card(citation(), "Something else entirely.", now=NOW).body
    assert body.endswith("line 4\n\n> A mission needs a ceasefire agreement.")


# --- hostile text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone look", "`@everyone` look"),
        ("\\@here", "\\\\`@here`"),
        ("<@123> <@&5> <#6>", "`<@123>` `<@&5>` `<#6>`"),
        ("see https://evil.example/a_(b), ok", "see `https://evil.example/a_(b)`, ok"),
        ("[click](https://evil.example)", "[click]\\(`https://evil.example`)"),
        ("discord.gg/abc", "`discord.gg/abc`"),
        ("<https://evil.example>", "`<https://evil.example>`"),
        ("||hidden||", "\\|\\|hidden\\|\\|"),
        ("# Shout", "\\# Shout"),
        ("> quote", "\\> quote"),
        ("-# small", "\\-# small"),
        ("snake_case __init__", "snake\\_case \\_\\_init\\_\\_"),
        ("a \u202etxt.exe\u202c b\u200bc", "a txt.exe bc"),
        ("admin\u200d\u2060ist", "administ"),
        ("ctrl\x07\x1b[31m", "ctrl[31m"),
        ("a\r\nb\u2028c", "a\nb\nc"),
    ],
)
@pytest.mark.parametrize("way", [prose, literal])
def test_text_cannot_ping_link_hide_or_shout(way: object, text: str, shown: str) -> None:
    assert callable(way)
    assert way(text) == shown
    assert not live(way(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** and *slanted*", "**bold** and *slanted*"),
        ("**never closed", "\\*\\*never closed"),
        ("2 * 3 * 4", "2 \\* 3 \\* 4"),
        ("* a\n+ b\n- c\n1. d", "- a\n- b\n- c\n1. d"),
        ("`code @everyone`", "`code @everyone`"),
        ("a ```inline``` b", "a `inline` b"),
        ("stray ` tick", "stray ˋ tick"),
        ("```py\nx = '@everyone'\n```", "```py\nx = '@everyone'\n```"),
        ("```py\nnever closed", "```py\nnever closed\n```"),
        ("~~~\na ``` b\n~~~", "```\na ` ` ` b\n```"),
        ("```not a language\nx\n```", "```\nnot a language\nx\n```"),
        ("1. x\n   ```sh\n   ls\n   ```", "1. x\n```sh\nls\n```"),
        ("```python title='x'\na\n```", "```python\na\n```"),
        ("```{.sh #x}\n```", "```sh\n\n```"),
        ("~~~ rust,ignore\na\n~~~", "```rust\na\n```"),
        ("> ```sh\n> ls\n>   -l\n> ```", "```sh\nls\n  -l\n```"),
        ("2. ```sh\n   ls\n   ```\nb", "2.\n```sh\nls\n```\nb"),
    ],
)
def test_the_harmless_markdown_of_an_answer_stays(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_emoji_keep_their_joiners() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert clean(f"{family} e\u200dm") == f"{family} em"


def test_a_title_of_6000_characters_is_cut() -> None:
    (message,) = render_answer(
        answer("Yes [1]", citation(title="@everyone " + "T" * 6000)), now=NOW
    ).parts
    assert "**`@everyone` TTT" in message
    assert units(message) < 400


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://docs.example/a", True),
        ("http://docs.example/a(b)", True),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("https://good.example@evil.example/", False),
        ("https://a.example/> @everyone <", False),
        ("https://a.example/\u202e", False),
        ("https://[broken", False),
        ("https://a.example/" + "x" * 600, False),
        (None, False),
    ],
)
def test_only_plain_web_addresses_become_links(url: str | None, allowed: bool) -> None:
    link = web_link(citation(url=url))
    assert (link is not None) == allowed
    assert link is None or not set("()<>`\\ ") & set(link)


@pytest.mark.parametrize(
    ("days", "said"),
    [(-3, "today"), (0, "today"), (1, "yesterday"), (6, "6 days ago"), (13, "13 days ago"),
     (14, "2 weeks ago"), (29, "4 weeks ago"), (30, "1 month ago"), (400, "1 year ago"),
     (900, "2 years ago")],
)  # fmt: skip
def test_age_is_said_as_people_say_it(days: int, said: str) -> None:
    assert ago(NOW - timedelta(days=days), NOW) == said
    assert ago((NOW - timedelta(days=days)).replace(tzinfo=None), NOW) == said


# --- tables ----------------------------------------------------------------------------------


def test_a_narrow_table_becomes_an_aligned_block() -> None:
    table = "Plan:\n\n| Tier | Troops |\n|---|--:|\n| one | **5** |\n| 二番 | 30,000 | \n\nEnd"
    assert without_pipes(table) == (
        "Plan:\n\n```\nTier  Troops\n----  ------\none   5\n二番  30,000\n```\n\nEnd"
    )


def test_a_wide_table_becomes_bullets() -> None:
    table = f"| Name | Says |\n|---|---|\n| Ann | {'long ' * 20}|"
    assert without_pipes(table) == f"- **Ann** · Says: {('long ' * 20).strip()}"


@pytest.mark.parametrize(
    "text", ["a | b\nc | d", "```\n| a | b |\n|---|---|\n```", "|---|", "text", ""]
)
def test_what_is_no_table_stays(text: str) -> None:
    assert without_pipes(text) == text


# Shrinking documents of this size takes minutes and the example is readable as it is.
GENERATE = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])

# --- properties ------------------------------------------------------------------------------

words = st.sampled_from(
    ["peace", "[1]", "[12]", "**bold words**", "`code`", "\U0001f600", "e\u0301", "@everyone",
     "<@42>", "https://evil.example/x?a=b", "[t](https://evil.example)", "||s||", "`", "```",
     "*", "_", "__init__", "\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea", "漢字",
     "\\", "x" * 90, "|", "#"]
)  # fmt: skip
lines = st.lists(words, max_size=25).map(" ".join)
blocks = st.one_of(
    lines,
    st.lists(lines, max_size=8).map(lambda rows: "\n".join(f"- {row}" for row in rows)),
    st.tuples(st.sampled_from(["", "py", "c++"]), st.lists(lines, max_size=12)).map(
        lambda block: "```" + "\n".join([block[0], *block[1], "```"])
    ),
    st.lists(st.tuples(words, words), min_size=1, max_size=6).map(
        lambda rows: "\n".join(["| a | b |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])
    ),
    st.text(max_size=300),
)
documents = st.lists(blocks, max_size=14).map("\n\n".join)


def without_fences(text: str) -> str:
    """Text without fences, their language and white space: what must survive a cut."""
    return re.sub(r"\s", "", re.sub(r"```[A-Za-z0-9_+.#-]{0,20}(?=\n|$)", "", text))


@settings(GENERATE, max_examples=150)
@given(documents)
def test_cutting_keeps_every_part_valid_and_loses_nothing(document: str) -> None:
    markdown = prose(document)
    parts = split(markdown)
    assert_valid(parts)
    assert without_fences("\n".join(parts)) == without_fences(markdown)


@settings(GENERATE, max_examples=150)
@given(documents, st.integers(700, 1000))
def test_no_cut_brings_text_to_life(document: str, limit: int) -> None:
    for way in (prose, literal):
        for part in split(way(document), limit):
            assert units(part) <= limit
            assert not live(part)


@settings(GENERATE, max_examples=100)
@given(st.text(max_size=3000), st.integers(100, 300))
def test_any_text_can_be_cut(text: str, limit: int) -> None:
    parts = split(clean(text), limit)
    assert all(units(part) <= limit and part.count("```") % 2 == 0 for part in parts)


@settings(GENERATE, max_examples=60)
@given(documents, st.text(max_size=200), st.sampled_from(["extractive", "x/y"]))
def test_every_answer_is_one_to_three_dead_valid_messages(
    document: str, title: str, engine: str
) -> None:
    quote = document or "q"
    cited = citation(quote, title=title, highlight=(0, len(quote)), heading=(title,))
    written = answer(f"{document} [1]", cited, engine=engine, question=title or "q")
    quoted = written.model_copy(update={"parts": (AnswerPart(markers=(1,)),)})
    for one in (written, quoted):
        shown = render_answer(one, now=NOW, asked=True)
        assert 1 <= len(shown.parts) <= 3
        assert_valid(shown.parts)
        for part in shown.parts:
            assert not live(part)


def test_a_code_block_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line {number}" for number in range(30))
    first, second, *_ = split(f"Before\n```py\n{code}\n```\nAfter", 150)
    assert first.endswith("\n```")
    assert second.startswith("```py\nline ")


def test_a_marker_a_link_and_a_grapheme_are_never_cut() -> None:
    piece = "[12] [open](<https://a.example/x>) e\u0301 \U0001f468\u200d\U0001f469 "
    parts = split(piece * 30, 101)
    assert "".join(parts).count("[12]") == 30
    assert "".join(part + "|" for part in parts).count("[open](<https://a.example/x>)") == 30
    assert not any(part.startswith(("\u0301", "\u200d", "\U0001f469")) for part in parts)


# --- lists -----------------------------------------------------------------------------------


def test_sources_are_paged() -> None:
    entries = [
        SourceEntry(
            id=f"{n}",
            collection="guild-1",
            uri=f"{n}.md",
            title=f"Doc {n}",
            characters=1200,
            modified=NOW,
            added_by="Ann",
        )
        for n in range(23)
    ]
    label = {"guild-1": "hr"}.__getitem__
    page = sources_page(entries, 3, label=label, now=NOW)
    assert (page.number, page.pages) == (3, 3)
    assert page.text == (
        "**Sources** · 23 documents\n"
        "✅ **Doc 20**\n-# hr · 1,200 characters · changed today · added by Ann\n"
        "✅ **Doc 21**\n-# hr · 1,200 characters · changed today · added by Ann\n"
        "✅ **Doc 22**\n-# hr · 1,200 characters · changed today · added by Ann\n"
        "-# page 3 of 3"
    )
    assert sources_page(entries, 99, label=label, now=NOW).number == 3


def test_hostile_rows_make_more_pages_and_lose_none() -> None:
    name = "*_|@everyone" * 50
    entries = [
        SourceEntry(
            id=f"{n}", collection=name, uri=name, title=f"{n:02}{name}", added_by=name, failure=name
        )
        for n in range(20)
    ]
    first = sources_page(entries, 1, label=str, now=NOW)
    pages = [sources_page(entries, 1 + n, label=str, now=NOW) for n in range(first.pages)]
    texts = [page.text for page in pages]
    assert_valid(texts)
    assert not any(live(text) for text in texts)
    assert all(f"**{n:02}" in "".join(texts) for n in range(20))


def group_of(question: str, *persons: int | None, reason: str | None = None) -> GapGroup:
    """Return a question that these persons rated 👎 yesterday."""
    at = (NOW - timedelta(days=1)).timestamp()
    gaps = [
        Gap(id=id, question=question, kind="disliked", reason=reason, at=at, person=person)
        for id, person in enumerate(persons)
    ]
    return GapGroup(gaps=tuple(gaps))


@pytest.mark.parametrize("said", ["*" * 4000, "@everyone <@1> " * 300, "\n# a\n> b" * 400])
def test_gaps_and_reviews_stay_within_a_message_whatever_people_wrote(said: str) -> None:
    held = TeamAnswer(
        guild=1, collection="c", name="n", source="s", question=said, text=said,
        author=said, at=NOW.timestamp(), review=said,
    )  # fmt: skip
    group = group_of(said, 1 << 62, 1 << 61, 3, 4, reason=said)
    pages = [gaps_page([group] * 12, [held] * 9, number, now=NOW) for number in range(1, 13)]
    assert_valid([page.text for page in pages])
    card = review_card(held, now=NOW)
    assert units(card.title) <= 256
    assert units(card.body) <= 4096
    assert units(card.title + card.body + card.footer) <= 6000
    assert not live(card.body)


@pytest.mark.parametrize("reason", [None, "outdated " * 20])
def test_a_page_of_gaps_has_a_button_for_each_question_that_it_shows(reason: str | None) -> None:
    groups = [group_of(f"How do I reset badge {n}?", 1, 2, reason=reason) for n in range(24)]
    seen = []
    for number in range(1, gaps_page(groups, [], 1, now=NOW).pages + 1):
        page = gaps_page(groups, [], number, now=NOW)
        shown = [int(place) for place in re.findall(r"^(\d+)\. ", page.text, re.MULTILINE)]
        buttons = gaps_view(groups, [], page).children
        labels = [one.item.label for one in buttons if isinstance(one, AnswerButton)]
        assert labels == ["◀", "▶", *(f"Answer {place}" for place in shown)]
        seen += shown
    assert seen == list(range(1, 25))


def test_gaps_are_listed_with_counts() -> None:
    group = group_of("How do I reset my badge?", None, None, None)
    assert gaps_page([group], [], 1, now=NOW).text == (
        "**Gaps** · 1 question without a good answer\n"
        "-# Add what is missing with `/source add`, or answer a question yourself.\n"
        "1. How do I reset my badge? · asked 3 times, last yesterday · 👎"
    )
    assert gaps_page([], [], 1, now=NOW).pages == 1
    assert sources_page([], 1, label=str, now=NOW).pages == 1


def trace(title: str = "Peace", **fields: object) -> HitTrace:
    known: dict[str, object] = {
        "collection": "documents",
        "source": "p",
        "title": title,
        "start": 0,
        "end": 9,
        "score": 0.913,
        "dense_rank": 1,
        "used": True,
    }
    return HitTrace.model_validate(known | fields)


@pytest.mark.parametrize(
    ("hits", "fields", "said"),
    [
        (
            [trace(lexical_rank=2), trace(score=0.4)],
            {},
            "Found in 2 passages of **Peace**; the best one says it almost word for word.",
        ),
        ([trace()], {}, "Found in 1 passage of **Peace**; it says it in other words."),
        (
            [trace(lexical_rank=1, score=0.5), trace("Bread", score=0.4)],
            {},
            "Found in 2 passages of **Peace** and **Bread**; the best one speaks of it in your "
            "words.",
        ),
        (
            [trace(name, score=0.4, dense_rank=9, lexical_rank=1) for name in "ABCD"],
            {"engine": "openai/x"},
            "Written by a language model from 4 passages of **A**, **B** and 2 other documents; "
            "the best one uses the words of your question.",
        ),
        (
            [trace("@everyone", dense_rank=9)],
            {"status": "unsure"},
            "Found in 1 passage of **`@everyone`**; it only touches on it. I am not sure that it "
            "answers.",
        ),
        (
            [trace(used=False), trace("Bread", used=False)],
            {"status": "not_found", "citations": ()},
            "I looked at 2 passages, and none answers. The nearest is in **Peace**.",
        ),
        ([], {}, "Nothing in the sources came near the question."),
    ],
)
def test_why_is_one_sentence_from_the_figures(
    hits: list[HitTrace], fields: dict[str, object], said: str
) -> None:
    assert why_text(answer("x", citation(), **({"trace": tuple(hits)} | fields))) == said


def test_the_figures_show_ranks_and_scores() -> None:
    assert figures_text(answer("x", citation(), trace=(trace(),))) == (
        "**Searched for:** What is needed?\n"
        "**Engine:** extractive · **confidence** 90% · **outcome** answered\n"
        "```\n"
        "#  score  sense  words  used  source\n"
        "-  -----  -----  -----  ----  ------\n"
        "1  0.91   1      -      yes   Peace\n"
        "```\n"
        "-# sense: rank by meaning; words: rank by words; score: how likely it answers."
    )
    assert "came near" in figures_text(answer("x"))


def test_progress_and_failures_are_named() -> None:
    assert progress(3, 10, "a_b.pdf") == "`██████░░░░░░░░░░░░░░` 3 of 10 · a\\_b.pdf"
    done = SyncReport(
        added=2, failed=(SyncFailure(source="x.pdf", reason="x.pdf: it is encrypted"),)
    )
    assert sync_text(done) == "⚠️ 2 added, 1 failed.\n- ⚠️ **x.pdf**: it is encrypted"
    assert sync_text(SyncReport()) == "✅ Nothing to do."
    many = SyncReport(
        failed=tuple(SyncFailure(source=f"{n}", reason="bad " * 80) for n in range(40))
    )
    assert_valid([sync_text(many)])
    assert sync_text(many).split("\n")[-1].startswith("-# and ")


def test_one_line_folds_and_cuts() -> None:
    assert one_line(" a\n b\t c ", 100) == "a b c"
    assert one_line("abcdef", 4) == "abc…"
