"""Titles say something, whatever a file states, in every format."""

from __future__ import annotations

import contextlib
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LoadError
from index.load.formats import SUFFIXES
from index.load.loaders import load_bytes
from index.load.titles import MAX_TITLE, clean_title, title_from_name
from tests.index.load.test_pdf import lines, pdf

EMPTY = [
    "", " ", "1", "2024", "1.2.3", "- 7 -", "(anonymous)", "Anonymous", "untitled", "Untitled-3",
    "Untitled Document", "Document1", "PowerPoint Presentation", "Slide 1", "Sheet1", "(no title)",
    "Microsoft Word - plan final.doc", "Microsoft PowerPoint - a.pptx", "plan_final.docx", "a.indd",
    "\0", "\0001\0", "\u200b", "…",
]  # fmt: skip


@pytest.mark.parametrize("title", EMPTY, ids=ascii)
def test_a_title_that_says_nothing_is_none(title: str) -> None:
    assert clean_title(title) == ""


@pytest.mark.parametrize(
    "title",
    [
        *("Plan 2024", "Book of hours", "Über uns", "図書館", "1984: a review", "Node.js", "C"),
        *("The untitled play", "How to read a file.pdf", "Documents", "Page layout", "Ⅳ"),
    ],
)
def test_a_title_that_says_something_stays(title: str) -> None:
    expected = "" if title == "Ⅳ" else title
    assert clean_title(title) == expected


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert clean_title("The\0 plan\u200b\n of\tMay\x1b") == "The plan of May"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("2024-07 plan_b.md", "2024 07 plan b"),
        ("1.md", "1.md"),
        ("sub/untitled.docx", "untitled.docx"),
        ("17", "document 17"),
        ("https://example.org/articles/1", "example.org/1"),
        ("https://example.org/", "example.org"),
    ],
)
def test_the_title_that_a_name_gives(name: str, title: str) -> None:
    assert title_from_name(name) == title


def says_something(title: str) -> bool:
    seen = all(unicodedata.category(letter) != "Cc" for letter in title)
    words = re.sub(r"\W", "", title)
    return seen and bool(words) and not words.isdigit() and len(title) <= MAX_TITLE


STATED = st.one_of(st.sampled_from(EMPTY), st.text(max_size=30))
NAMES = st.sampled_from(["1", "untitled", "plan b", "2024-01", "(anonymous)"])


PAGE = "<title>{}</title><h1>{}</h1><p>Some words of it, and some more.</p>"
TEXTS = {
    ".html": PAGE,
    ".xhtml": PAGE,
    ".md": "---\ntitle: '{}'\n---\n# {}\n\nSome words of it.\n",
    ".markdown": "{}\n===\n\nSome words of it.\n",
    ".rst": "{}\n=======\n\nSome words of it.\n",
    ".txt": "{}\n\nSome words of it.\n",
    ".csv": "{},\n\na,b,c\n1,2,3\n",
}
"""What states a title in each format."""


@given(STATED, NAMES, st.sampled_from(sorted(SUFFIXES - {".pdf"})))
@settings(deadline=None, max_examples=150)
def test_whatever_a_file_states_its_title_says_something(
    stated: str, stem: str, suffix: str
) -> None:
    text = TEXTS.get(suffix, TEXTS[".txt"]).replace("{}", stated)
    with contextlib.suppress(LoadError):
        loaded = load_bytes(text.encode("utf-8", "replace"), name=stem + suffix)
        assert says_something(loaded.title), loaded.title


@pytest.mark.parametrize("name", ["1.pdf", "plan b.pdf"])
def test_whatever_a_pdf_states_its_title_says_something(name: str) -> None:
    for stated in EMPTY:
        info = f"/Title <FEFF{stated.encode('utf-16-be').hex()}>"
        for line in (stated, "Some words of it."):
            drawn = lines(re.sub(r"[^ -'*-~]", "", line), "and more of them.")
            assert says_something(load_bytes(pdf(drawn, info=info), name=name).title), stated
