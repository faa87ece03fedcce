"""A first question about a document, made from its headings."""

from __future__ import annotations

import pytest

from bot.community.suggested_question import suggested_question
from tests.doubles.discord.fixtures import source
from tests.doubles.growth import grows_in_step


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("# Handbook\n\n## Parental leave\n", "What does Handbook say about Parental leave?"),
        ("## Who may travel?\n", "Who may travel?"),
        ("# Handbook\n## Contents\n## 1.2\n## [Pay](pay.md) ##\n", None),
        ("# Handbook\n## [Salaries](pay.md) ##\n", "What does Handbook say about Salaries?"),
        ("# News\n\nAll of it.\n", None),
        ("# Part one\n\n# Part two\n", "What does Handbook say about Part two?"),
        ("```sh\n# install it\n```\n", None),
        ("No heading.\n", None),
        (f"## {'long ' * 30}\n", None),
        ("## \u200b\u202e\n", None),
        ("", None),
    ],
)
def test_the_first_telling_heading_makes_a_question(text: str, question: str | None) -> None:
    assert suggested_question(source("c", "handbook.md", text, title="Handbook")) == question


def test_a_question_takes_no_square_of_a_line() -> None:
    def asked(text: str) -> object:
        return suggested_question(source("c", "a.md", text, title="A"))

    grows_in_step(asked, lambda n: f"# a{' ' * n}b\n", 6_000)
