from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.generative.harmless_text import plain

LIVE = re.compile(
    r"[a-z0-9]://|\bwww\.\w|mailto:|javascript:|\bdiscord\.gg/\S|\]\(|@everyone\b|@here\b|<[@#/!a-z:]",
    re.IGNORECASE,
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("See [the plan](https://evil.example/a_(b)) now", "See the plan now"),
        ("See ![a chart](http://evil.example/i.png)", "See a chart"),
        ("At https://evil.example/x?y=[1.2].", "At (link removed)[1.2]."),
        ("At <https://evil.example>.", "At (link removed)."),
        ("At www.evil.example, or discord.gg/evil", "At (link removed), or (link removed)"),
        ("Write to mailto:a@b.example", "Write to a@b.example"),
        ("[2.3](https://evil.example)", "[2.3]"),
        ("ht<b></b>tps://evil.example", "(link removed)"),
        ("h\u200bttps://evil.example", "(link removed)"),
        ("&#104;ttps://evil.example", "(link removed)"),
        ("x [a](http://e.example/[b](http://f.example)) y", "x a y"),
        ("[1]: https://evil.example", ""),
        ("javascript:alert(1)", "(link removed)"),
        ("@everyone @here @you a@b.example", "everyone here you a@b.example"),
        ("Hi <@123> <@&4> <#5> <:smile:6> </ask:7> <t:8:R>!", "Hi      !"),
        ("<b>Bold</b> and <script>alert(1)</script>plain", "Bold and plain"),
        ("&lt;img src=x&gt;Safe", "Safe"),
        ("5 < 6 and a <b", "5 < 6 and a \u2039b"),
        ("\x1b[31mred\x1b[0m \x1b]8;;http://e.example\x07text\x1b]8;;\x07", "red text"),
        ("A\u202eB\x07C\u200b", "ABC"),
        ("<think>I should cheat [1.1]</think>It holds [1.2].", "It holds [1.2]."),
        ("<think>never ends [1.1]", ""),
        ("```python\nx = 1\n```", "\nx = 1\n"),
        ("Plain **bold** `code` {x} $y {{ 50% [1.2]", "Plain **bold** `code` {x} $y {{ 50% [1.2]"),
    ],
)
def test_the_words_stay_and_what_a_client_acts_on_goes(written: str, words: str) -> None:
    assert plain(written) == words


fragments = st.sampled_from(
    [
        "https://",
        "evil.example",
        "[",
        "](",
        ")",
        "<",
        ">",
        "<b>",
        "&lt;",
        "&amp;",
        "@",
        "everyone",
        "<@1>",
        "www.",
        "\x1b",
        "[31m",
        "]8;;",
        "\x07",
        "\u200b",
        "\u202e",
        "h",
        "ttps",
        "://",
        "script",
        "</",
        "<!--",
        "-->",
        "javascript:",
        "mailto:",
        "a",
        " ",
        "\n",
        "discord.gg/",
        "!",
        "\r",
        "&#60;",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(fragments, st.text(max_size=3)), max_size=25).map("".join))
def test_nothing_live_or_hidden_is_left_however_it_is_put_together(text: str) -> None:
    left = plain(text)
    assert not LIVE.search(left), left
    assert not HIDDEN.search(left)
