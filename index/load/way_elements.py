"""Elements of an HTML page that are for finding one's way, not for reading.

Told are they by their tag or role, by the names that generators and designers give them, and by
holding nothing but links to the pages before and behind or to parts of the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from index.load.html_to_markdown import HEADINGS

_TAGS = frozenset({"nav", "header", "footer", "aside", "form", "search"})
"""Elements that stand around the content, or are for something else than reading."""

_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "complementary", "doc-toc", "menubar"}
)
_NAMES = re.compile(
    r"""(?:[\w-]*[-_])?(?:
        nav|navbar|navigation|navheader|navfooter|sidebar|sphinxsidebar|side-?nav|side-?menu
        |breadcrumbs?|toc|tocbox|table-?of-?contents|menu|submenu|footer|site-?header|page-?header
        |masthead|cookies?|cookie-?(?:banner|consent|notice|bar)|skip-?(?:link|nav)|share|sharing
        |social|social-?(?:links|media|share)|pagination|pager|prev-?next|edit-?(?:this-?)?page
        |related|advert|advertisement|ads|newsletter|linenos?|linenodiv|qindex|levels|ttc|titlearea
        |comments|comments-?area|comment-?list|comment-?respond|respond|disqus[-_]thread
    )""",
    re.VERBOSE | re.IGNORECASE,
)
"""Classes and ids of such elements; the numbers of lines of code are with them."""

_INLINE_NAMES = frozenset({
    "headerlink", "hash-link", "anchor-link", "viewcode-link", "viewcode-back", "copiable-link",
    "copiable-anchor", "lineno", "linenos", "sr-only",
})  # fmt: skip
"""Classes of elements inside a line of text that lead to it, or count it."""

_BLOCKS = frozenset(
    {"div", "ul", "ol", "dl", "table", "td", "section", "p", "aside", "nav", "pre", "tr", "menu"}
)
_CONTENTS_NAMES = re.compile(
    r"(?:[\w-]*[-_])?(?:toc|tocbox|table-?of-?contents|menu|contents)", re.IGNORECASE
)

_SECTION = re.compile(
    r"(?:sub)*(?:section|sect\d|chapter|appendix|part|unnumbered\w*|level\d)", re.IGNORECASE
)
"""Classes of the parts of a text."""

_CHAPTER = re.compile(r"^\s*(?:\w{1,3}\.)+\d*\s")
"""The number of a chapter."""

_NOTES = re.compile(
    r"(?:[\w-]*[-_])?(?:footnotes?|footnote-list|citation|topic|admonition|note|callout|tip|warning"
    r"|caution|danger|important|info|hint|alert|aside)(?:[-_][\w-]*)?",
    re.IGNORECASE,
)
"""Classes of `aside` elements that are a part of the text."""

_STEP = re.compile(
    r"\W*(?:next|previous|prev|up|home|top|back|forward|contents|index|first|last|main page"
    r"|table of contents|next page|previous page|back to top|skip to (?:main )?content)?\W*",
    re.IGNORECASE,
)
"""What links to the pages before and behind are called."""

_STEPS = (
    ".//a[@accesskey or @rel='next' or @rel='prev' or @rel='previous' or @rel='up'"
    " or @rel='contents' or @rel='index']"
)
_LONGEST_STEPS = 400
"""Characters of a line of links to the pages before and behind."""

_FEW = 3
"""Links from which a list of nothing but links to places of the same page is its contents."""

_Judge = Callable[[Any], bool]


def is_way(element: Any, *, marked: bool) -> bool:
    """Say whether an element is called or marked as something that stands around a text.

    `marked` says that it stands in what the page marks as its content.
    """
    classes = (element.get("class") or "").split()
    stands_around = element.tag in _TAGS or element.get("role") in _ROLES
    if stands_around and not _is_part(element, classes, marked=marked):
        return True
    if not _INLINE_NAMES.isdisjoint(classes):
        return element.tag not in HEADINGS
    if element.tag not in _BLOCKS:
        return False
    if "contents" in classes and not {"topic", "local"}.isdisjoint(classes):
        return True
    named = any(map(_NAMES.fullmatch, classes)) or (
        _NAMES.fullmatch(element.get("id") or "") is not None
        and not _is_named_for_heading(element, classes)
    )
    return named and not _holds(element, "h1")


def is_contents(element: Any) -> bool:
    """Say whether a way is the contents of what follows it, or of the pages below this one."""
    names = [*(element.get("class") or "").split(), element.get("id") or ""]
    return any(map(_CONTENTS_NAMES.fullmatch, names)) or _are_contents(element)


def _is_part(element: Any, classes: list[str], *, marked: bool) -> bool:
    """Say whether an element that often stands around a text is a part of this one."""
    role = element.get("role")
    if element.tag in HEADINGS or element.tag in ("main", "article", "body"):
        return True
    if element.tag == "header" or role == "banner":
        return _holds(element, *(HEADINGS if marked else ("h1",)))
    if element.tag == "aside" or role == "complementary":
        return any(map(_NOTES.fullmatch, classes)) and "contents" not in classes
    if element.tag == "footer":
        return bool(element.getparent().tag == "blockquote")
    return element.tag != "nav" and _holds(element, "h1")


def _is_named_for_heading(element: Any, classes: list[str]) -> bool:
    """Say whether an element has its id from its heading: a chapter may be about cookies."""
    if element.tag == "section" or any(map(_SECTION.fullmatch, classes)):
        return _holds(element, *HEADINGS)
    first = next(element.iter(*HEADINGS), None)
    words = "" if first is None else _CHAPTER.sub("", first.text_content())
    return _letters(element.get("id")) == _letters(words)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def way_lines(content: Any) -> Iterator[Any]:
    """Yield lines of links to the pages before and behind, and lists of the parts of the page."""
    lines = _Lines(content)
    for link in content.xpath(_STEPS):
        yield from lines.around(link, _are_steps)
    for link in content.iter("a"):
        if (link.get("href") or "").startswith("#"):
            yield from lines.around(link, _are_contents)


class _Lines:
    """Finds what links stand in that are not part of a text; each element is judged once."""

    def __init__(self, content: Any) -> None:
        self._content = content
        self._judged: dict[tuple[Any, _Judge], bool] = {}

    def around(self, link: Any, judge: _Judge) -> Iterator[Any]:
        """Yield the outermost element around a link of which this is true, if there is one."""
        found = None
        for each in link.iterancestors():
            if each is self._content or not self._is(each, judge):
                break
            if each.tag in _BLOCKS:
                found = each
        if found is not None:
            yield found

    def _is(self, element: Any, judge: _Judge) -> bool:
        key = (element, judge)
        if key not in self._judged:
            self._judged[key] = judge(element)
        return self._judged[key]


def _are_steps(element: Any) -> bool:
    """Say whether an element is a line of links to the pages before and behind."""
    if text_length(element) > _LONGEST_STEPS or _holds(element, *HEADINGS, "pre"):
        return False
    links = sum(1 for _ in element.iter("a"))
    return links > 1 or _STEP.fullmatch(element.text_content()) is not None


def _are_contents(element: Any) -> bool:
    """Say whether an element is a list of links to parts of its page, and nothing else."""
    if element.tag not in _BLOCKS:
        return True
    if _holds(element, *HEADINGS, "pre"):
        return False
    links = list(element.iter("a"))
    inside = sum(1 for link in links if (link.get("href") or "").startswith("#"))
    length = text_length(element)
    return len(links) >= _FEW and 2 * inside > len(links) and plain_length(element) < 0.1 * length


def _holds(element: Any, *tags: str) -> bool:
    return next(element.iter(*tags), None) is not None


def headings_length(element: Any) -> int:
    """Return how much text the headings in an element hold, as `text_length` does."""
    return sum(map(text_length, element.iter(*HEADINGS)))


def text_length(element: Any) -> int:
    """Return how much text an element holds, in characters that are no white space."""
    return len("".join(element.text_content().split()))


def plain_length(element: Any) -> int:
    """Return how much text an element holds outside of links, as `text_length` does."""
    return text_length(element) - sum(map(text_length, element.iter("a")))
