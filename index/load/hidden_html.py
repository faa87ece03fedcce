"""Text of an HTML page that a browser does not show.

It is the usual way to plant instructions or false facts for programs that read pages. Looked at
are attributes, inline styles and plain class, id and element rules of the page's own style sheets;
what external style sheets or scripts hide is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from index.load.hidden_text import hidden_warning
from index.load.removed_elements import remove_elements

_NEVER_SHOWN = frozenset(
    {"html", "body", "head", "title", "script", "style", "template", "noscript"}
)
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|(?:opacity|font-size)\s*:\s*(?:0++(?:\.0++)?|\.0++)(?![.\d]))",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:^|;)\s*background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_BRACKET = re.compile("[{};]")
_SIMPLE = re.compile(r"^([.#]?)([A-Za-z_][\w-]*)$")
_WHITE = frozenset(
    {"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)", "hsl(0,0%,100%)"}
)


def remove_hidden(page: Any) -> tuple[str, ...]:
    """Take the hidden text out of `page` and return a warning for it, if there is any."""
    styles = _Styles(
        rules=_rules(page), light=not page.xpath("//link[contains(@rel, 'stylesheet')]")
    )
    hidden = list(_hidden(page, styles))
    found: list[str] = []
    gone: set[Any] = set()
    for element in hidden:
        if element not in gone:
            found.append(element.text_content())
            gone.update(element.iter())
    remove_elements(page, hidden)
    # The sign of a link to a heading, shown when the mouse is over it, is no text.
    return hidden_warning([text for text in found if any(map(str.isalnum, text))])


def _hidden(page: Any, styles: _Styles) -> Iterator[Any]:
    """Yield the elements that a browser does not show, the outermost first."""
    from lxml import etree  # type: ignore[import-untyped]

    backgrounds = [""]
    for event, element in etree.iterwalk(page, events=("start", "end")):
        if event == "end":
            backgrounds.pop()
            continue
        look = styles.look_of(element)
        backgrounds.append(look.background or element.get("bgcolor") or backgrounds[-1])
        if element.tag not in _NEVER_SHOWN and styles.hide(element, look, backgrounds[-1]):
            yield element


def hides_by_style(declarations: str) -> bool:
    """Say whether the style of an element keeps a browser from showing its text."""
    return _HIDING.search(declarations) is not None


class _Look(NamedTuple):
    """What some declarations say of how text looks."""

    hides: bool = False
    colour: str = ""
    background: str = ""

    def under(self, stronger: _Look) -> _Look:
        """Return what both say, where they differ what the stronger one says."""
        return _Look(
            self.hides or stronger.hides,
            stronger.colour or self.colour,
            stronger.background or self.background,
        )


@dataclass(frozen=True)
class _Styles:
    """What is known of how a page looks."""

    rules: dict[str, _Look]
    """By simple selector."""
    light: bool
    """Whether an unstated background is white: with an external style sheet it is unknown."""

    def hide(self, element: Any, look: _Look, background: str) -> bool:
        """Say whether a browser would not show what an element holds."""
        # A browser's search finds and opens what is hidden "until-found".
        if element.get("hidden") not in (None, "until-found"):
            return True
        return look.hides or (bool(look.colour) and self._unreadable(look.colour, background))

    def look_of(self, element: Any) -> _Look:
        """Return what is known of an element, without what it stands in."""
        names = [element.tag, *(f".{name}" for name in (element.get("class") or "").split())]
        names.append(f"#{element.get('id')}")
        look = _Look()
        for name in names:
            if name in self.rules:
                look = look.under(self.rules[name])
        if colour := element.get("color"):
            look = look.under(_look(f"color:{colour}"))
        return look.under(_look(element.get("style") or ""))

    def _unreadable(self, colour: str, background: str) -> bool:
        """Say whether text has the colour of its background, "" where none is stated."""
        if background:
            return _name(background) == colour
        return colour == "transparent" or (colour == "white" and self.light)


def _look(declarations: str) -> _Look:
    if not declarations:
        return _Look()
    colours, backgrounds = _COLOUR.findall(declarations), _BACKGROUND.findall(declarations)
    return _Look(
        bool(_HIDING.search(declarations)),
        _name(colours[-1]) if colours else "",
        _name(backgrounds[-1]) if backgrounds else "",
    )


def _name(colour: str) -> str:
    """Return a colour in one spelling."""
    spelled = re.sub(r"\s+", "", colour.strip().lower())
    return "white" if spelled in _WHITE else spelled


def _rules(page: Any) -> dict[str, _Look]:
    """Return what the page's style elements say, by simple selector."""
    rules: dict[str, _Look] = {}
    for sheet in page.iter("style"):
        for selectors, declarations in _declarations(_without_comments(sheet.text or "")):
            look = _look(declarations)
            for selector in map(str.strip, selectors.split(",")):
                if _SIMPLE.match(selector):
                    rules[selector] = rules.get(selector, _Look()).under(look)
    return rules


def _without_comments(sheet: str) -> str:
    """Return a style sheet without comments; one that is not closed goes on to the end."""
    first, *others = sheet.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)


def _declarations(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield selectors with their declarations; rules inside @media do not count."""
    depth = at = begin = 0
    selectors = ""
    for bracket in _BRACKET.finditer(sheet):
        if bracket[0] == "{":
            if not depth:
                selectors, begin = sheet[at : bracket.start()], bracket.end()
            depth += 1
        elif bracket[0] == "}" and depth:
            depth -= 1
            if not depth and not selectors.lstrip().startswith("@"):
                yield selectors, sheet[begin : bracket.start()]
        if not depth:
            at = bracket.end()
