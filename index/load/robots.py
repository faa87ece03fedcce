"""What a server's robots.txt asks of programs that collect pages, read as RFC 9309 says.

Own rules: the standard library knows neither `*` nor `$` in a path nor the longest match, and
patterns of a stranger are no regular expressions to be backtracked over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, urlsplit

AGENT = "quoth"
"""What a robots.txt calls Quoth, in lower case."""

MAX_ROBOTS_BYTES = 512 * 1024
"""How much of the file is read; RFC 9309 asks for 500 KiB."""

_MAX_RULES = 2_000
_MAX_STARS = 32
"""Wildcards of one rule: honest ones have two or three."""

_PLAIN = "/%:@!$&'()*+,;=~-._?"


class Rule(NamedTuple):
    """One line that allows or forbids what begins with a pattern."""

    pattern: str
    allows: bool


@dataclass
class _Group:
    """The lines that hold for some programs."""

    agents: set[str] = field(default_factory=set)
    rules: list[Rule] = field(default_factory=list)
    delay: float | None = None
    is_open: bool = True
    """Whether another User-agent line would still belong to it."""


@dataclass(frozen=True)
class Robots:
    """What a server asks of us."""

    rules: tuple[Rule, ...] = ()
    delay: float | None = None
    """Seconds between two requests."""
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Say whether a page may be read: the longest rule that fits holds, of two the kinder."""
        target = _target(url)
        fitting = [rule for rule in self.rules if _fits(rule.pattern, target)]
        if not fitting:
            return True
        return max(fitting, key=lambda rule: (len(rule.pattern), rule.allows)).allows


def read_robots(data: bytes, agent: str = AGENT) -> Robots:
    """Read a robots.txt for one program; whatever is no line of one is passed over."""
    groups: list[_Group] = []
    sitemaps: list[str] = []
    for name, value in _lines(data):
        if name == "sitemap":
            sitemaps.append(value)
        elif name == "user-agent":
            if not groups or not groups[-1].is_open:
                groups.append(_Group())
            groups[-1].agents.add(value.lower())
        elif groups:
            _take(groups[-1], name, value)
    ours = [group for group in groups if agent in group.agents]
    ours = ours or [group for group in groups if "*" in group.agents]
    rules = [rule for group in ours for rule in group.rules][:_MAX_RULES]
    delays = [group.delay for group in ours if group.delay is not None]
    return Robots(tuple(rules), max(delays, default=None), tuple(sitemaps))


def _lines(data: bytes) -> Iterator[tuple[str, str]]:
    text = data[:MAX_ROBOTS_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _take(group: _Group, name: str, value: str) -> None:
    group.is_open = False
    if name in ("allow", "disallow"):
        if value and value.count("*") <= _MAX_STARS:
            group.rules.append(Rule(quote(value, safe=_PLAIN), name == "allow"))
    elif name == "crawl-delay":
        try:
            delay = float(value)
        except ValueError:
            return
        if 0 <= delay < float("inf"):
            group.delay = delay


def _target(url: str) -> str:
    """Return path and query of an address as rules are written for them."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return quote(f"{path}?{parts.query}" if parts.query else path, safe=_PLAIN)


def _fits(pattern: str, target: str) -> bool:
    """Say whether a target begins with a pattern, in time by the length of both."""
    to_end = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        at = target.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if not others:
        return not to_end or at == len(target)
    last = others[-1]
    if to_end:
        return len(target) - len(last) >= at and target.endswith(last)
    return target.find(last, at) >= 0
