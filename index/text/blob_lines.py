"""The part of an address that marks lines of a file on the pages of a Git host."""

from __future__ import annotations

import re

_COMMIT = r"[0-9a-f]{7,64}"
_FORMS = {
    re.compile(rf"https://github\.com/.+/blob/{_COMMIT}/"): ("#L{first}", "#L{first}-L{last}"),
    re.compile(rf"https://gitlab\.[^/]+/.+/-/blob/{_COMMIT}/"): ("#L{first}", "#L{first}-{last}"),
    re.compile(rf"https://codeberg\.org/.+/src/commit/{_COMMIT}/"): (
        "#L{first}",
        "#L{first}-L{last}",
    ),
    re.compile(rf"https://bitbucket\.org/.+/src/{_COMMIT}/"): (
        "#lines-{first}",
        "#lines-{first}:{last}",
    ),
    re.compile(rf"https://git\.sr\.ht/.+/tree/{_COMMIT}/item/"): (
        "#L{first}",
        "#L{first}-{last}",
    ),
}
"""How hosts mark one line, and several, by the address of a file."""

_SET = (".md", ".markdown", ".rst")
"""What GitHub shows set, without numbers of lines, unless it is asked for the plain text."""


def is_file_on_host(url: str, source: str) -> bool:
    """Say whether `url` is where a file of a repository stands; `source` is what it came as."""
    is_page = source.startswith(("http://", "https://"))
    return not is_page and any(pattern.match(url) for pattern in _FORMS)


def marked_lines(url: str, lines: tuple[int, int]) -> str:
    """Return the address of a file on a host with its lines marked."""
    one, several = next(forms for pattern, forms in _FORMS.items() if pattern.match(url))
    first, last = lines
    form = one if first == last else several
    plain = "?plain=1" if url.lower().endswith(_SET) and "github.com" in url else ""
    return f"{url}{plain}{form.format(first=first, last=last)}"
