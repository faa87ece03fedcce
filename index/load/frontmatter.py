"""Front matter: the YAML between two `---` lines at the top of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from index.load.dates import in_utc
from index.load.titles import clean_title

_BLOCK = re.compile(
    r"\A---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)

_LIMIT = 16_384
"""Characters of front matter; a longer block is text between two rules, and slow as YAML."""


@dataclass(frozen=True)
class FrontMatter:
    """What the front matter says of its document."""

    title: str | None = None
    url: str | None = None
    modified: datetime | None = None
    warnings: tuple[str, ...] = ()


_MAX_ALIASES = 20
"""Each may double what stands before it: with more, a few lines make billions of fields."""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter and the text with as many blank lines in its place.

    Line numbers stay those of the file. A block that is no mapping in YAML stays in the text.
    """
    block = _BLOCK.match(text, 0, _LIMIT)
    if block is None:
        return FrontMatter(), text
    fields = _fields(block["yaml"])
    if fields is None:
        return FrontMatter(warnings=("Its front matter is not valid YAML; read as text.",)), text
    blank = "\n" * block[0].count("\n")
    return _front_matter(fields), blank + text[block.end() :]


def web_address(value: object) -> str | None:
    """Return `value` if it is an http or https address that can be shown as a link."""
    if not isinstance(value, str) or not value.strip().isprintable() or " " in value.strip():
        return None
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    safe = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return value.strip() if safe else None


def _fields(block: str) -> dict[object, object] | None:
    """Parse the block; None when it is no mapping."""
    import yaml

    try:
        if sum(isinstance(token, yaml.AliasToken) for token in yaml.scan(block)) > _MAX_ALIASES:
            return None
        fields = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _written(value: str | float) -> str:
    """Return a value as a title; none of a number that nobody would read."""
    try:
        return str(value)
    except ValueError:  # an integer of thousands of digits
        return ""


def _front_matter(fields: dict[object, object]) -> FrontMatter:
    """Pick the fields Quoth knows, where they have values of the right kind."""
    title = fields.get("title")
    stated = next((fields[key] for key in ("modified", "updated", "date") if key in fields), None)
    url = fields.get("url", fields.get("canonical_url"))
    warnings = []
    if url is not None and web_address(url) is None:
        warnings.append("The url in its front matter is not a web address; left out.")
    if stated is not None and in_utc(stated) is None:
        warnings.append("The date in its front matter cannot be read; left out.")
    return FrontMatter(
        title=(clean_title(_written(title)) or None)
        if isinstance(title, str | int | float)
        else None,
        url=web_address(url),
        modified=in_utc(stated),
        warnings=tuple(warnings),
    )
