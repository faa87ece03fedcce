"""Text of an HTML page that a browser does not show.

It is the usual way to plant instructions or false facts for programs that read pages. Looked at
are attributes, inline styles and plain class, id and element rules of the page's own style sheets;
what external style sheets or scripts hide is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from index.text.layout import folded

_SHOWN = 80
"""Characters of hidden text that a warning repeats."""

_NEVER_SHOWN = frozenset(
    {"html", "body", "head", "title", "script", "style", "template", "noscript"}
)
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|opacity\s*:\s*0*\.?0+(?![.\d])|font-size\s*:\s*0*\.?0+(?![.\d]))",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:^|;)\s*background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_AT_BLOCK = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|@[^{};]*;|/\*.*?\*/", re.DOTALL)
_SIMPLE = re.compile(r"^([.#]?)([A-Za-z_][\w-]*)$")
_WHITE = frozenset(
    {"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgba(255,255,255,1)", "hsl(0,0%,100%)"}
)


def remove_hidden(page: Any) -> tuple[str, ...]:
    """Take the hidden text out of `page` and return a warning for it, if there is any."""
    styles = _Styles(
        rules=_rules(page), light=not page.xpath("//link[contains(@rel, 'stylesheet')]")
    )
    # Outermost first; "*" is every element, but neither comments nor instructions.
    hidden = [e for e in page.iter("*") if e.tag not in _NEVER_SHOWN and styles.hide(e)]
    found: list[str] = []
    gone: set[Any] = set()
    for element in hidden:
        if element not in gone:
            found.append(folded(element.text_content()))
            gone.update(element.iter())
            element.drop_tree()
    found = [text for text in found if text]
    if not found:
        return ()
    first = found[0] if len(found[0]) <= _SHOWN else found[0][: _SHOWN - 1] + "…"
    times = "once" if len(found) == 1 else f"{len(found)} times"
    return (f"It hides text from readers ({times}), left out; the first: {first!r}.",)


@dataclass(frozen=True)
class _Styles:
    """What is known of how a page looks."""

    rules: dict[str, str]
    """Declarations by simple selector."""
    light: bool
    """Whether an unstated background is white: with an external style sheet it is unknown."""

    def hide(self, element: Any) -> bool:
        """Say whether a browser would not show what an element holds."""
        # A browser's search finds and opens what is hidden "until-found".
        if element.get("hidden") not in (None, "until-found"):
            return True
        style = self._of(element)
        if not style:
            return False
        return bool(_HIDING.search(style)) or self._unreadable(element, style)

    def _of(self, element: Any) -> str:
        """Return the declarations that apply to an element, as far as they are known here."""
        names = [element.tag, *(f".{name}" for name in (element.get("class") or "").split())]
        names.append(f"#{element.get('id')}")
        found = [self.rules[name] for name in names if name in self.rules]
        if element.get("color"):
            found.append(f"color:{element.get('color')}")
        return ";".join([*found, element.get("style") or ""]).strip(";")

    def _unreadable(self, element: Any, style: str) -> bool:
        """Say whether text has the colour of its background."""
        colours = _COLOUR.findall(style)
        if not colours:
            return False
        colour = _name(colours[-1])
        for each in (element, *element.iterancestors()):
            backgrounds = _BACKGROUND.findall(self._of(each)) or [each.get("bgcolor")]
            if backgrounds[-1]:
                return _name(backgrounds[-1]) == colour
        return colour == "transparent" or (colour == "white" and self.light)


def _name(colour: str) -> str:
    """Return a colour in one spelling."""
    spelled = re.sub(r"\s+", "", colour.strip().lower())
    return "white" if spelled in _WHITE else spelled


def _rules(page: Any) -> dict[str, str]:
    """Return the declarations of the page's style elements by simple selector."""
    rules: dict[str, str] = {}
    for selector, declarations in _declarations(page):
        rules[selector] = f"{rules[selector]};{declarations}" if selector in rules else declarations
    return rules


def _declarations(page: Any) -> Iterator[tuple[str, str]]:
    """Yield simple selectors with their declarations; rules inside @media do not count."""
    for sheet in page.iter("style"):
        text = _AT_BLOCK.sub("", sheet.text or "")
        for selectors, declarations in _RULE.findall(text):
            for selector in selectors.split(","):
                if _SIMPLE.match(selector.strip()):
                    yield selector.strip(), declarations.strip()
