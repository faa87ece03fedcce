"""Text of an HTML page that a browser does not show.

It is the usual way to plant instructions or false facts for programs that read pages. Looked at
are attributes, inline styles and plain class, id and element rules of the page's own style sheets;
what external style sheets or scripts hide is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
    rules = _rules(page)
    found = []
    for element in [each for each in page.iter() if isinstance(each.tag, str)]:
        if element.tag in _NEVER_SHOWN:
            continue
        if _is_hidden(element, rules) and _attached(element, page):
            found.append(" ".join(element.text_content().split()))
            element.drop_tree()
    found = [text for text in found if text]
    if not found:
        return ()
    first = found[0] if len(found[0]) <= _SHOWN else found[0][: _SHOWN - 1] + "…"
    return (f"It hides text from readers ({len(found)} times), left out; the first: {first!r}.",)


def _attached(element: Any, page: Any) -> bool:
    """Say whether an element is still in the page: its hidden parent may be gone."""
    return element is page or any(each is page for each in element.iterancestors())


def _is_hidden(element: Any, rules: dict[str, str]) -> bool:
    """Say whether a browser would not show what an element holds."""
    # A browser's search finds and opens what is hidden "until-found".
    if element.get("hidden") not in (None, "until-found"):
        return True
    style = _style(element, rules)
    if not style:
        return False
    return bool(_HIDING.search(style)) or _unreadable(element, style, rules)


def _style(element: Any, rules: dict[str, str]) -> str:
    """Return the declarations that apply to an element, as far as they are known here."""
    names = [element.tag, *(f".{name}" for name in (element.get("class") or "").split())]
    if element.get("id"):
        names.append("#" + element.get("id"))
    found = [rules[name] for name in names if name in rules]
    inline = element.get("style") or ""
    return ";".join(
        [*found, inline, f"color:{element.get('color')}" if element.get("color") else ""]
    ).strip(";")


def _unreadable(element: Any, style: str, rules: dict[str, str]) -> bool:
    """Say whether text has the colour of its background; a page without one is white."""
    colours = _COLOUR.findall(style)
    if not colours:
        return False
    colour = _name(colours[-1])
    if colour == "transparent":
        return True
    for each in (element, *element.iterancestors()):
        if backgrounds := _BACKGROUND.findall(_style(each, rules)):
            return bool(_name(backgrounds[-1]) == colour)
        if each.get("bgcolor"):
            return bool(_name(each.get("bgcolor")) == colour)
    # With an external style sheet the background is unknown, and light text on dark is common.
    sheets = element.getroottree().xpath("//link[@rel='stylesheet']")
    return colour == "white" and not sheets


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
